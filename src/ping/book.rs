//! Which target an address belongs to.
//!
//! Two operands may have one address, and a link-local address belongs to several interfaces, so an address gives a run of
//! targets. Replies come in trains from one host: the last answer is tried first.

use std::net::IpAddr;

use super::Target;
use crate::net::Peer;

/// The targets by address.
#[derive(Clone, Debug)]
pub(super) struct Book {
    /// Sorted by address, then index.
    by_addr: Vec<(Peer, u32)>,
    groups: Vec<u32>,
    last: (usize, usize),
}

impl Book {
    pub(super) fn new(targets: &[Target]) -> Self {
        let mut by_addr: Vec<(Peer, u32)> = (0..).zip(targets).map(|(index, target)| (target.peer, index)).collect();
        by_addr.sort_by_key(|(peer, index)| (peer.addr, *index));
        let groups = (0..).zip(targets).filter(|(_, target)| target.group).map(|(index, _)| index).collect();
        Book { by_addr, groups, last: (0, 0) }
    }

    /// The targets with this address, on this interface where both sides name one.
    pub(super) fn of(&mut self, peer: Peer) -> impl Iterator<Item = u32> {
        let run = self.by_addr.get(self.last.0..self.last.1).unwrap_or_default();
        let cached = run.first().is_some_and(|(first, _)| first.addr == peer.addr);
        if !cached {
            let from = self.by_addr.partition_point(|(other, _)| other.addr < peer.addr);
            let run = self.by_addr.get(from..).unwrap_or_default();
            self.last = (from, from + run.partition_point(|(other, _)| other.addr == peer.addr));
        }
        let run = self.by_addr.get(self.last.0..self.last.1).unwrap_or_default();
        run.iter().filter(move |(other, _)| same_link(other.scope, peer.scope)).map(|(_, index)| *index)
    }

    /// The targets that any unicast host may answer for, if this is one.
    pub(super) fn groups(&self, from: IpAddr) -> &[u32] {
        let unicast = match from {
            IpAddr::V4(v4) => !v4.is_multicast() && !v4.is_broadcast(),
            IpAddr::V6(v6) => !v6.is_multicast(),
        };
        if unicast { &self.groups } else { &[] }
    }
}

fn same_link(a: u32, b: u32) -> bool {
    a == b || a == 0 || b == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(addr: &str, scope: u32) -> Peer {
        Peer { addr: addr.parse().unwrap_or(IpAddr::from([0, 0, 0, 0])), scope }
    }

    #[test]
    fn one_address_may_be_several_targets() {
        let target = |addr, scope, group| Target { peer: peer(addr, scope), group };
        let mut book = Book::new(&[
            target("192.0.2.2", 0, false),
            target("192.0.2.1", 0, false),
            target("192.0.2.2", 0, false),
            target("fe80::1", 2, false),
            target("fe80::1", 3, false),
            target("224.0.0.1", 0, true),
        ]);
        for _ in 0..2 {
            assert_eq!(book.of(peer("192.0.2.2", 0)).collect::<Vec<_>>(), [0, 2]);
            assert_eq!(book.of(peer("192.0.2.1", 0)).collect::<Vec<_>>(), [1]);
            assert_eq!(book.of(peer("fe80::1", 3)).collect::<Vec<_>>(), [4]);
            assert_eq!(book.of(peer("fe80::1", 0)).collect::<Vec<_>>(), [3, 4]);
            assert_eq!(book.of(peer("192.0.2.9", 0)).count(), 0);
            assert_eq!(book.of(peer("255.0.2.9", 0)).count(), 0);
        }
        assert_eq!(book.groups(peer("192.0.2.77", 0).addr), [5]);
        assert!(book.groups(peer("224.0.0.1", 0).addr).is_empty());
    }
}
