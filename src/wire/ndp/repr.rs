//! Messages of neighbour discovery to be written, checksum included: no kernel finishes what goes through a packet socket.

use std::net::Ipv6Addr;

use super::{Advertisement, NEIGHBOR_LEN, Preference, ROUTER_ADVERTISEMENT_LEN, ROUTER_SOLICITATION_LEN, kind, option};
use crate::units::MacAddr;
use crate::wire::icmp;
use crate::wire::malformed::{Malformed, Part};

/// A message to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repr<'a> {
    /// Is there a router?
    RouterSolicitation {
        /// Our address; none where the packet's source is the unspecified address.
        from: Option<MacAddr>,
    },
    /// Here is one.
    RouterAdvertisement {
        /// What it says of itself.
        router: Advertisement,
        /// Its options, as bytes.
        options: &'a [u8],
    },
    /// Who has this address?
    NeighborSolicitation {
        /// The address.
        target: Ipv6Addr,
        /// Our address; none where the packet's source is the unspecified address.
        from: Option<MacAddr>,
        /// A number by which we know our own solicitation again (RFC 3971 §5.3.2, for RFC 7527).
        nonce: Option<[u8; 6]>,
    },
    /// I have this address.
    NeighborAdvertisement {
        /// R.
        router: bool,
        /// S.
        solicited: bool,
        /// O.
        replaces: bool,
        /// The address.
        target: Ipv6Addr,
        /// Where it is.
        at: Option<MacAddr>,
    },
}

impl Repr<'_> {
    /// Octets of the message.
    #[must_use]
    pub fn len(&self) -> usize {
        let option = |is: bool| if is { option::ADDRESS_LEN } else { 0 };
        match self {
            Repr::RouterSolicitation { from } => ROUTER_SOLICITATION_LEN + option(from.is_some()),
            Repr::RouterAdvertisement { options, .. } => ROUTER_ADVERTISEMENT_LEN + options.len(),
            Repr::NeighborSolicitation { from, nonce, .. } => {
                NEIGHBOR_LEN + option(from.is_some()) + option(nonce.is_some())
            }
            Repr::NeighborAdvertisement { at, .. } => NEIGHBOR_LEN + option(at.is_some()),
        }
    }

    /// Never.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Writes the message for these addresses, checksum included, over the first [`Repr::len`] bytes of `out`.
    ///
    /// # Errors
    /// An `out` that is too short.
    pub fn emit(&self, src: Ipv6Addr, dst: Ipv6Addr, out: &mut [u8]) -> Result<usize, Malformed> {
        let (len, have) = (self.len(), out.len());
        let Some(message) = out.get_mut(..len) else { return Err(Malformed::truncated(Part::Ndp, len, have)) };
        message.fill(0);
        let mut fields = Fields { left: message };
        match self {
            Repr::RouterSolicitation { from } => {
                fields.put(&[kind::ROUTER_SOLICITATION, 0, 0, 0, 0, 0, 0, 0]);
                fields.address(option::SOURCE_ADDRESS, *from);
            }
            Repr::RouterAdvertisement { router: r, options } => {
                let bits = [(r.managed, 0x80), (r.other, 0x40), (r.home_agent, 0x20), (r.proxy, 0x04)];
                let preference: u8 = match r.preference {
                    Preference::Low => 3,
                    Preference::Medium => 0,
                    Preference::High => 1,
                };
                let flags = bits.iter().filter(|(set, _)| *set).fold(preference << 3, |all, (_, bit)| all | bit);
                fields.put(&[kind::ROUTER_ADVERTISEMENT, 0, 0, 0, r.hop_limit.0, flags]);
                fields.put(&r.lifetime_s.to_be_bytes());
                fields.put(&r.reachable_ms.to_be_bytes());
                fields.put(&r.retransmit_ms.to_be_bytes());
                fields.put(options);
            }
            Repr::NeighborSolicitation { target, from, nonce } => {
                fields.put(&[kind::NEIGHBOR_SOLICITATION, 0, 0, 0, 0, 0, 0, 0]);
                fields.put(&target.octets());
                fields.address(option::SOURCE_ADDRESS, *from);
                if let Some(nonce) = nonce {
                    fields.put(&[option::NONCE, 1]);
                    fields.put(nonce);
                }
            }
            Repr::NeighborAdvertisement { router, solicited, replaces, target, at } => {
                let bits = [(*router, 0x80), (*solicited, 0x40), (*replaces, 0x20)];
                let flags = bits.iter().filter(|(set, _)| *set).fold(0, |all, (_, bit)| all | bit);
                fields.put(&[kind::NEIGHBOR_ADVERTISEMENT, 0, 0, 0, flags, 0, 0, 0]);
                fields.put(&target.octets());
                fields.address(option::TARGET_ADDRESS, *at);
            }
        }
        icmp::fill_checksum_v6(src, dst, message);
        Ok(len)
    }
}

/// A place to write to, field by field.
struct Fields<'a> {
    left: &'a mut [u8],
}

impl Fields<'_> {
    fn put(&mut self, bytes: &[u8]) {
        if let Some((to, left)) = std::mem::take(&mut self.left).split_at_mut_checked(bytes.len()) {
            to.copy_from_slice(bytes);
            self.left = left;
        }
    }

    fn address(&mut self, ty: u8, mac: Option<MacAddr>) {
        if let Some(mac) = mac {
            self.put(&[ty, 1]);
            self.put(&mac.0);
        }
    }
}
