//! A packet on its way: what the routers passed so far have made of it, and which of several routers it meets next.

use std::borrow::Cow;
use std::net::IpAddr;

use super::log::Kind;
use super::nat::{Before, Nat};
use super::packet::{Ip, seal_v4};
use super::probe::Probe;
use super::router::{Balance, Branch, Hop};
use super::values::Random;

/// A packet on its way.
pub struct Way<'p, 's> {
    /// Its header; the source may be a translator's.
    pub ip: Ip,
    /// All of it, as the next router gets it (but for the TTL).
    pub packet: Cow<'p, [u8]>,
    /// The TTL or hop limit that is left.
    pub ttl: u8,
    /// The time that the routers so far add to a round trip.
    pub delay: u64,
    /// Hops of the scenario that were not on its way.
    pub absent: usize,
    /// The last router that passed it on, and its place in the scenario.
    pub last: Option<(usize, &'s Hop)>,
    kind: Kind,
    nats: Vec<(&'s Nat, Before)>,
    /// Which branch it took at which hop.
    taken: Vec<(usize, usize)>,
}

impl<'p, 's> Way<'p, 's> {
    /// At its beginning.
    pub fn new(probe: &Probe<'p>) -> Way<'p, 's> {
        Way {
            ip: probe.ip.clone(),
            packet: Cow::Borrowed(probe.packet),
            ttl: probe.ip.ttl,
            delay: 0,
            absent: 0,
            last: None,
            kind: probe.kind,
            nats: Vec::new(),
            taken: Vec::new(),
        }
    }

    /// The branch of hop `at` that it takes.
    pub fn branch(&mut self, hop: &'s Hop, at: usize, random: &mut Random) -> Option<&'s Branch> {
        let several = u64::try_from(hop.branch.len()).ok().filter(|n| *n > 0)?;
        let before = hop.follows.and_then(|h| self.taken.iter().rev().find(|t| t.0 == h));
        let chosen = match before {
            Some((_, chosen)) => *chosen as u64,
            None if hop.balance == Balance::Packet => random.next(),
            None => self.hash(hop.balance, at),
        } % several;
        self.taken.push((at, chosen as usize));
        hop.branch.get(chosen as usize)
    }

    /// What a router's line card computes of the fields that its balance looks at; each hop has a seed of its own.
    fn hash(&self, balance: Balance, at: usize) -> u64 {
        let mut random = Random(at as u64);
        let mut mix = |bytes: &[u8]| {
            for byte in bytes {
                random.0 = random.next() ^ u64::from(*byte);
            }
        };
        mix(&octets(self.ip.dst));
        if balance != Balance::Destination {
            mix(&octets(self.ip.src));
            mix(&[self.ip.protocol]);
            mix(self.first_four());
        }
        if balance == Balance::Label {
            mix(&self.ip.label.to_be_bytes());
            mix(&[self.ip.tos]);
        }
        random.next()
    }

    fn first_four(&self) -> &[u8] {
        let body = self.packet.get(self.ip.header_len..).unwrap_or_default();
        body.get(..4).unwrap_or(body)
    }

    /// The router `at` sends it on: one hop less to live, and what it rewrites is rewritten.
    pub fn leave(&mut self, at: usize, hop: &'s Hop) {
        self.last = Some((at, hop));
        self.ttl = self.ttl.saturating_sub(1);
        if hop.dscp.is_some() || hop.ecn.is_some() {
            let dscp = hop.dscp.map_or(self.ip.tos & 0xfc, |d| d << 2);
            self.ip.tos = dscp | hop.ecn.unwrap_or(self.ip.tos) & 3;
            let (tos, packet) = (self.ip.tos, self.packet.to_mut());
            if self.ip.src.is_ipv4() {
                packet[1] = tos;
                seal_v4(packet, self.ip.header_len);
            } else {
                packet[0] = packet[0] & 0xf0 | tos >> 4;
                packet[1] = packet[1] & 0x0f | tos << 4;
            }
        }
        if let Some(nat) = &hop.nat {
            let before = nat.apply(&mut self.ip, self.kind, self.packet.to_mut());
            self.nats.push((nat, before));
        }
    }

    /// The packet as a quotation made here shows it to its sender.
    pub fn quoted(&self) -> Cow<'_, [u8]> {
        let mut quoted = Cow::Borrowed(&*self.packet);
        for (nat, before) in self.nats.iter().rev() {
            nat.restore(before, &self.ip, self.kind, quoted.to_mut());
        }
        quoted
    }
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(a) => a.octets().to_vec(),
        IpAddr::V6(a) => a.octets().to_vec(),
    }
}
