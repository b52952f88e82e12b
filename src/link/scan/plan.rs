//! What is asked for, and in which order.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use crate::link::ask::Asker;
use crate::units::Ident;

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
        let (bits, width) = match addr {
            IpAddr::V4(addr) => (u128::from(addr.to_bits()), 32_u32),
            IpAddr::V6(addr) => (addr.to_bits(), 128),
        };
        let host_bits = width.checked_sub(u32::from(len))?;
        let size = 1u128.checked_shl(host_bits)?;
        let network = bits & !(size - 1);
        let (skip, ends) = match (addr, size) {
            (_, 1 | 2) => (0, 0),
            (IpAddr::V4(_), _) => (1, 2),
            (IpAddr::V6(_), _) => (1, 1),
        };
        let count = u32::try_from(size - ends).ok().filter(|count| *count <= most)?;
        Some(Sweep { asker, first: nth(addr, network, skip), count })
    }

    /// Which of them an address is.
    #[must_use]
    pub fn index_of(&self, addr: IpAddr) -> Option<u32> {
        let offset = match (self.first, addr) {
            (IpAddr::V4(first), IpAddr::V4(addr)) => u128::from(addr.to_bits().checked_sub(first.to_bits())?),
            (IpAddr::V6(first), IpAddr::V6(addr)) => addr.to_bits().checked_sub(first.to_bits())?,
            _ => return None,
        };
        u32::try_from(offset).ok().filter(|offset| *offset < self.count)
    }

    /// The address of this index.
    #[must_use]
    pub fn addr(&self, index: u32) -> IpAddr {
        match self.first {
            IpAddr::V4(first) => nth(self.first, first.to_bits().into(), index),
            IpAddr::V6(first) => nth(self.first, first.to_bits(), index),
        }
    }
}

/// The address `more` after `bits`, of the family of `like`.
fn nth(like: IpAddr, bits: u128, more: u32) -> IpAddr {
    let bits = bits.saturating_add(u128::from(more));
    match like {
        IpAddr::V4(_) => Ipv4Addr::from_bits(u32::try_from(bits).unwrap_or(u32::MAX)).into(),
        IpAddr::V6(_) => Ipv6Addr::from_bits(bits).into(),
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
