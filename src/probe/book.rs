//! Which target an address belongs to.
//!
//! Two operands may have one address, and a link-local address belongs to several interfaces, so an address gives a run of
//! targets. Replies come in trains from one host: the last answer is tried first.

use std::net::IpAddr;

use crate::net::Peer;

/// The targets by address.
#[derive(Clone, Debug)]
pub struct Book {
    /// Sorted by address, then index.
    by_addr: Vec<(Peer, u32)>,
    last: (usize, usize),
}

impl Book {
    /// Of these targets, which are named by their place.
    pub fn new(targets: impl IntoIterator<Item = Peer>) -> Self {
        let mut by_addr: Vec<(Peer, u32)> = targets.into_iter().zip(0..).collect();
        by_addr.sort_by_key(|(peer, index)| (peer.addr, *index));
        Book { by_addr, last: (0, 0) }
    }

    /// The targets with this address, on this interface where both sides name one.
    #[inline]
    pub fn of(&mut self, peer: &Peer) -> impl Iterator<Item = u32> {
        if self.run().first().is_none_or(|(first, _)| first.addr != peer.addr) {
            self.turn_to(peer.addr);
        }
        let scope = peer.scope;
        self.run().iter().filter(move |(other, _)| other.may_be_on(scope)).map(|(_, index)| *index)
    }

    /// Those of the address that was asked for last.
    fn run(&self) -> &[(Peer, u32)] {
        self.by_addr.get(self.last.0..self.last.1).unwrap_or_default()
    }

    fn turn_to(&mut self, addr: IpAddr) {
        let from = self.by_addr.partition_point(|(other, _)| other.addr < addr);
        let run = self.by_addr.get(from..).unwrap_or_default();
        self.last = (from, from + run.partition_point(|(other, _)| other.addr == addr));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(addr: &str, scope: u32) -> Peer {
        Peer { addr: addr.parse().unwrap_or(IpAddr::from([0, 0, 0, 0])), scope }
    }

    #[test]
    fn one_address_may_be_several_targets() {
        let mut book = Book::new([
            peer("192.0.2.2", 0),
            peer("192.0.2.1", 0),
            peer("192.0.2.2", 0),
            peer("fe80::1", 2),
            peer("fe80::1", 3),
        ]);
        for _ in 0..2 {
            assert_eq!(book.of(&peer("192.0.2.2", 0)).collect::<Vec<_>>(), [0, 2]);
            assert_eq!(book.of(&peer("192.0.2.1", 0)).collect::<Vec<_>>(), [1]);
            assert_eq!(book.of(&peer("fe80::1", 3)).collect::<Vec<_>>(), [4]);
            assert_eq!(book.of(&peer("fe80::1", 0)).collect::<Vec<_>>(), [3, 4]);
            assert_eq!(book.of(&peer("192.0.2.9", 0)).count(), 0);
            assert_eq!(book.of(&peer("255.0.2.9", 0)).count(), 0);
        }
    }
}
