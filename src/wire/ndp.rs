//! Neighbour discovery for IPv6 (RFC 4861): the four messages by which hosts find neighbours and routers.
//!
//! [`parse`] reads an ICMPv6 message; [`validate`] does what RFC 4861 §6.1 and §7.1 ask of a receiver, of which the hop
//! limit of 255 is the whole of the protection: nobody beyond a router can send it. Options stand in [`option`]; a
//! message with an option of length zero is discarded, as the RFC asks. Redirects are `icmp`'s, for they concern a probe.

pub mod option;
mod repr;

pub use option::{NdOption, Options};
pub use repr::Repr;

use std::net::Ipv6Addr;

use super::bytes::{array, be32};
use super::icmp;
use super::malformed::{Malformed, Part};
use crate::units::{MacAddr, Ttl};

/// ICMPv6 message types (IANA "ICMPv6 'type' Numbers").
pub mod kind {
    #![allow(missing_docs)] // the registry's names say it all
    pub const ROUTER_SOLICITATION: u8 = 133;
    pub const ROUTER_ADVERTISEMENT: u8 = 134;
    pub const NEIGHBOR_SOLICITATION: u8 = 135;
    pub const NEIGHBOR_ADVERTISEMENT: u8 = 136;
}

/// The hop limit that every message leaves and arrives with (RFC 4861 §3.1).
pub const HOP_LIMIT: Ttl = Ttl(255);

/// All nodes of the link (RFC 4291 §2.7.1).
pub const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
/// All routers of the link.
pub const ALL_ROUTERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 2);

/// Octets of a router solicitation without options.
pub const ROUTER_SOLICITATION_LEN: usize = 8;
/// Octets of a router advertisement without options.
pub const ROUTER_ADVERTISEMENT_LEN: usize = 16;
/// Octets of a neighbour solicitation or advertisement without options.
pub const NEIGHBOR_LEN: usize = 24;

/// The group that everybody joins whose address has the same last 24 bits (RFC 4291 §2.7.1).
#[must_use]
pub fn solicited_node(of: Ipv6Addr) -> Ipv6Addr {
    let [.., a, b, c] = of.octets();
    Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00 | u16::from(a), u16::from_be_bytes([b, c]))
}

/// How much a host should like a router or a route (RFC 4191 §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Preference {
    /// 11.
    Low,
    /// 00, and the reserved 10.
    Medium,
    /// 01.
    High,
}

impl Preference {
    /// Of two bits.
    #[must_use]
    pub const fn of(bits: u8) -> Preference {
        match bits & 3 {
            1 => Preference::High,
            3 => Preference::Low,
            _ => Preference::Medium,
        }
    }

    /// The RFC's word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Preference::Low => "low",
            Preference::Medium => "medium",
            Preference::High => "high",
        }
    }
}

/// What a router says of itself (RFC 4861 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advertisement {
    /// The hop limit that hosts should use; 0: not told.
    pub hop_limit: Ttl,
    /// Addresses come by DHCPv6 (M).
    pub managed: bool,
    /// Other settings come by DHCPv6 (O).
    pub other: bool,
    /// It is a mobile node's home agent (H, RFC 6275 §7.1).
    pub home_agent: bool,
    /// It is a neighbour discovery proxy (P, RFC 4389 §4.1.3.3).
    pub proxy: bool,
    /// How much a host should like it.
    pub preference: Preference,
    /// For how many seconds it is a default router; 0: it is none.
    pub lifetime_s: u16,
    /// For how many milliseconds a neighbour counts as reachable; 0: not told.
    pub reachable_ms: u32,
    /// Milliseconds between two solicitations; 0: not told.
    pub retransmit_ms: u32,
}

impl Advertisement {
    fn of(fixed: [u8; ROUTER_ADVERTISEMENT_LEN]) -> Advertisement {
        let [_, _, _, _, hops, flags, l0, l1, a, b, c, d, e, f, g, h] = fixed;
        let flag = |bit: u8| flags & bit != 0;
        Advertisement {
            hop_limit: Ttl(hops),
            managed: flag(0x80),
            other: flag(0x40),
            home_agent: flag(0x20),
            proxy: flag(0x04),
            preference: Preference::of(flags >> 3),
            lifetime_s: u16::from_be_bytes([l0, l1]),
            reachable_ms: u32::from_be_bytes([a, b, c, d]),
            retransmit_ms: u32::from_be_bytes([e, f, g, h]),
        }
    }
}

/// A message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// Is there a router?
    RouterSolicitation {
        /// Who asks.
        options: Options<'a>,
    },
    /// Here is one.
    RouterAdvertisement {
        /// What it says of itself.
        router: Advertisement,
        /// Prefixes, name servers and the like.
        options: Options<'a>,
    },
    /// Who has this address?
    NeighborSolicitation {
        /// The address.
        target: Ipv6Addr,
        /// Who asks.
        options: Options<'a>,
    },
    /// I have this address.
    NeighborAdvertisement {
        /// It is a router (R).
        router: bool,
        /// It answers a solicitation (S).
        solicited: bool,
        /// It should replace what is known (O).
        replaces: bool,
        /// The address.
        target: Ipv6Addr,
        /// Where it is.
        options: Options<'a>,
    },
}

impl<'a> Message<'a> {
    /// Its options.
    #[must_use]
    pub fn options(&self) -> Options<'a> {
        match self {
            Message::RouterSolicitation { options }
            | Message::RouterAdvertisement { options, .. }
            | Message::NeighborSolicitation { options, .. }
            | Message::NeighborAdvertisement { options, .. } => *options,
        }
    }

    /// The Ethernet address of the sender, where an option tells it.
    #[must_use]
    pub fn source_mac(&self) -> Option<MacAddr> {
        self.options().flatten().find_map(|o| if let NdOption::SourceAddress(mac) = o { mac } else { None })
    }

    /// The Ethernet address of the target, where an option tells it.
    #[must_use]
    pub fn target_mac(&self) -> Option<MacAddr> {
        self.options().flatten().find_map(|o| if let NdOption::TargetAddress(mac) = o { mac } else { None })
    }
}

/// Reads a message from its ICMPv6 type on; `None` for other types.
///
/// # Errors
/// Fewer bytes than the type needs. Checksum and code are [`validate`]'s.
pub fn parse(message: &[u8]) -> Result<Option<Message<'_>>, Malformed> {
    let cut = |need| Malformed::truncated(Part::Ndp, need, message.len());
    let options = |at| match message.get(at..) {
        Some(options) => Ok(Options::new(options)),
        None => Err(cut(at)),
    };
    let target = || array::<16>(message, 8).map(Ipv6Addr::from).ok_or(cut(NEIGHBOR_LEN));
    Ok(Some(match message.first() {
        Some(&kind::ROUTER_SOLICITATION) => Message::RouterSolicitation { options: options(ROUTER_SOLICITATION_LEN)? },
        Some(&kind::ROUTER_ADVERTISEMENT) => {
            let fixed = message.first_chunk().ok_or(cut(ROUTER_ADVERTISEMENT_LEN))?;
            Message::RouterAdvertisement {
                router: Advertisement::of(*fixed),
                options: options(ROUTER_ADVERTISEMENT_LEN)?,
            }
        }
        Some(&kind::NEIGHBOR_SOLICITATION) => {
            Message::NeighborSolicitation { target: target()?, options: options(NEIGHBOR_LEN)? }
        }
        Some(&kind::NEIGHBOR_ADVERTISEMENT) => {
            let flags = be32(message, 4).ok_or(cut(NEIGHBOR_LEN))?;
            Message::NeighborAdvertisement {
                router: flags & 1 << 31 != 0,
                solicited: flags & 1 << 30 != 0,
                replaces: flags & 1 << 29 != 0,
                target: target()?,
                options: options(NEIGHBOR_LEN)?,
            }
        }
        Some(_) => return Ok(None),
        None => return Err(cut(ROUTER_SOLICITATION_LEN)),
    }))
}

/// Why a message is not to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// It is broken.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// It came through a router, or might have.
    #[error("hop limit {0} instead of 255")]
    HopLimit(Ttl),
    /// The checksum is wrong.
    #[error("wrong checksum")]
    Checksum,
    /// The code is not 0.
    #[error("code {0} instead of 0")]
    Code(u8),
    /// A router's address must be link-local (RFC 4861 §6.1.2).
    #[error("a router's source that is not link-local")]
    Source,
    /// The target is a group, which has no neighbour.
    #[error("a group as target")]
    Target,
    /// From the unspecified address, with another destination than the solicited-node group or with a link address
    /// (RFC 4861 §7.1.1).
    #[error("from nobody, but not as duplicate address detection asks")]
    Unspecified,
    /// An answer to a solicitation that was sent to a group (RFC 4861 §7.1.2).
    #[error("solicited, but sent to a group")]
    Solicited,
}

/// Reads a message and holds it against RFC 4861 §6.1 and §7.1; `None` for other types of ICMPv6.
///
/// # Errors
/// The first rule that it breaks.
pub fn validate(src: Ipv6Addr, dst: Ipv6Addr, hop_limit: Ttl, message: &[u8]) -> Result<Option<Message<'_>>, Invalid> {
    let Some(read) = parse(message)? else { return Ok(None) };
    if hop_limit != HOP_LIMIT {
        return Err(Invalid::HopLimit(hop_limit));
    }
    if !icmp::checksum_ok_v6(src, dst, message) {
        return Err(Invalid::Checksum);
    }
    match message.get(1) {
        Some(0) => {}
        code => return Err(Invalid::Code(code.copied().unwrap_or_default())),
    }
    if let Some(Err(broken)) = read.options().find(Result::is_err) {
        return Err(broken.into());
    }
    match read {
        Message::RouterSolicitation { .. } if src.is_unspecified() && has_source_address(&read) => {
            Err(Invalid::Unspecified)
        }
        Message::RouterAdvertisement { .. } if !src.is_unicast_link_local() => Err(Invalid::Source),
        Message::NeighborSolicitation { target, .. } | Message::NeighborAdvertisement { target, .. }
            if target.is_multicast() =>
        {
            Err(Invalid::Target)
        }
        Message::NeighborSolicitation { target, .. }
            if src.is_unspecified() && (dst != solicited_node(target) || has_source_address(&read)) =>
        {
            Err(Invalid::Unspecified)
        }
        Message::NeighborAdvertisement { solicited: true, .. } if dst.is_multicast() => Err(Invalid::Solicited),
        _ => Ok(Some(read)),
    }
}

fn has_source_address(message: &Message<'_>) -> bool {
    message.options().flatten().any(|option| matches!(option, NdOption::SourceAddress(_)))
}

#[cfg(test)]
mod tests;
