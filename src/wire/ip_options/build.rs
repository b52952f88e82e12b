//! Options as they go to `setsockopt(IP_OPTIONS)`: record route and timestamps.
//!
//! A route begins with a NOP so that its slots stand on 32-bit boundaries, as every peer does it.

use super::{MAX_LEN, NOP, RECORD_ROUTE, StampKind, TIMESTAMP};
use std::net::Ipv4Addr;

/// Addresses that a record route option holds.
const ROUTE_SLOTS: usize = 9;
/// Address and time pairs that a timestamp option holds.
const PAIR_SLOTS: usize = 4;

/// Options of at most 40 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Built {
    bytes: [u8; MAX_LEN],
    len: usize,
}

impl Built {
    /// The octets.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&self.bytes)
    }

    fn start(head: &[u8], len: usize) -> Built {
        let mut built = Built { bytes: [0; MAX_LEN], len: len.min(MAX_LEN) };
        for (to, from) in built.bytes.iter_mut().zip(head) {
            *to = *from;
        }
        built
    }

    /// Writes an address every `step` octets from `at` on.
    fn addresses(mut self, at: usize, step: usize, hosts: &[Ipv4Addr]) -> Built {
        let slots = self.bytes.get_mut(at..).unwrap_or_default().chunks_exact_mut(step);
        for (slot, host) in slots.zip(hosts) {
            if let Some(address) = slot.first_chunk_mut::<4>() {
                *address = host.octets();
            }
        }
        self
    }
}

/// More hosts than the option has room for, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given} hosts where an IP option holds 1 to {max}")]
pub struct TooManyHosts {
    /// Hosts given.
    pub given: usize,
    /// The most there can be.
    pub max: usize,
}

fn check(hosts: &[Ipv4Addr], max: usize) -> Result<(), TooManyHosts> {
    if (1..=max).contains(&hosts.len()) { Ok(()) } else { Err(TooManyHosts { given: hosts.len(), max }) }
}

/// Record route with nine empty slots: 40 octets.
#[must_use]
pub fn record_route() -> Built {
    Built::start(&[NOP, RECORD_ROUTE, (3 + 4 * ROUTE_SLOTS) as u8, 4], MAX_LEN)
}

/// Timestamps alone (nine slots, 40 octets) or with addresses (four slots, 36 octets). For [`StampKind::TsPrespec`]
/// see [`timestamp_prespecified`]; any other kind is taken as [`StampKind::TsAndAddr`].
#[must_use]
pub fn timestamp(kind: StampKind) -> Built {
    match kind {
        StampKind::TsOnly => Built::start(&[TIMESTAMP, 40, 5, 0], 40),
        _ => Built::start(&[TIMESTAMP, 36, 5, 1], 36),
    }
}

/// Timestamps of one to four hosts given in advance.
///
/// # Errors
/// No host, or more than four.
pub fn timestamp_prespecified(hosts: &[Ipv4Addr]) -> Result<Built, TooManyHosts> {
    check(hosts, PAIR_SLOTS)?;
    let len = 4 + 8 * hosts.len();
    Ok(Built::start(&[TIMESTAMP, len as u8, 5, 3], len).addresses(4, 8, hosts))
}
