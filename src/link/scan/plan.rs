//! What is asked for, and in which order.

use std::net::IpAddr;
use std::time::Duration;

use crate::link::ask::Asker;
use crate::units::prefix::{address, number, span};
use crate::units::{Family, Ident};

/// Addresses that follow each other, asked for one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// Who asks.
    pub asker: Asker,
    /// The first of them.
    pub first: IpAddr,
    /// How many.
    pub count: u32,
}

impl Sweep {
    /// The addresses of hosts in a prefix: of IPv4 without the network's own and its broadcast address (but of /31 and /32
    /// all, RFC 3021), of IPv6 without the routers' anycast address (RFC 4291 §2.6.1). `None`: more than `most`.
    #[must_use]
    pub fn of_prefix(asker: Asker, addr: IpAddr, len: u8, most: u32) -> Option<Sweep> {
        let (network, last) = Some(span(addr, len.into())).filter(|_| u32::from(len) <= Family::of(addr).bits())?;
        let size = (last - network).checked_add(1)?;
        let (skip, ends) = match (addr, size) {
            (_, 1 | 2) => (0, 0),
            (IpAddr::V4(_), _) => (1, 2),
            (IpAddr::V6(_), _) => (1, 1),
        };
        let count = u32::try_from(size - ends).ok().filter(|count| *count <= most)?;
        Some(Sweep { asker, first: address(Family::of(addr), network + skip), count })
    }

    /// Which of them an address is.
    #[must_use]
    pub fn index_of(&self, addr: IpAddr) -> Option<u32> {
        let offset = number(addr).checked_sub(number(self.first))?;
        let same = Family::of(addr) == Family::of(self.first);
        u32::try_from(offset).ok().filter(|offset| same && *offset < self.count)
    }

    /// The address of this index.
    #[must_use]
    pub fn addr(&self, index: u32) -> IpAddr {
        address(Family::of(self.first), number(self.first).saturating_add(index.into()))
    }
}

/// A run.
#[derive(Clone, Debug)]
pub struct Config {
    /// Prefixes to go through, one after the other in each round.
    pub sweeps: Vec<Sweep>,
    /// From which of our addresses all nodes are called.
    pub calls: Vec<Asker>,
    /// Our own addresses, which are not asked for.
    pub own: Vec<IpAddr>,
    /// Index of the interface.
    pub scope: u32,
    /// Frames a second; at least 1.
    pub rate: u32,
    /// Rounds; at least 1.
    pub rounds: u32,
    /// How long the last answers are waited for.
    pub wait: Duration,
    /// How often its owner wants to know how far it is; `None`: never.
    pub progress: Option<Duration>,
    /// ICMP ident of calls.
    pub ident: Ident,
    /// Keys the tokens of calls.
    pub token_key: [u8; 16],
}

impl Config {
    /// How many addresses are swept over, our own included.
    #[must_use]
    pub fn addresses(&self) -> u32 {
        self.sweeps.iter().fold(0, |all, sweep| all.saturating_add(sweep.count))
    }

    /// The sweep that place `at` of a round belongs to, and the address there.
    pub(super) fn place(&self, at: u32) -> Option<(&Sweep, IpAddr)> {
        let mut left = at;
        for sweep in &self.sweeps {
            if left < sweep.count {
                return Some((sweep, sweep.addr(left)));
            }
            left -= sweep.count;
        }
        None
    }

    /// The place of an address in a round.
    pub(super) fn place_of(&self, addr: IpAddr) -> Option<u32> {
        let mut before: u32 = 0;
        for sweep in &self.sweeps {
            if let Some(index) = sweep.index_of(addr) {
                return Some(before.saturating_add(index));
            }
            before = before.saturating_add(sweep.count);
        }
        None
    }
}
