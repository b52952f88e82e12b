//! The options of neighbour discovery (RFC 4861 §4.6) and of the RFCs that added to them.
//!
//! Type, length in units of eight bytes, body. An option whose length is zero or runs out of the message ends the walk
//! with an error, for such a message is to be discarded whole. Options that nobody here knows are passed on as bytes.

use std::net::Ipv6Addr;

use super::Preference;
use crate::units::MacAddr;
use crate::wire::bytes::{array, be16, be32, rest, u8_at};
use crate::wire::malformed::{Fault, Malformed, Part};

/// RFC 4861 §4.6.1.
pub(super) const SOURCE_ADDRESS: u8 = 1;
/// RFC 4861 §4.6.1.
pub(super) const TARGET_ADDRESS: u8 = 2;
const PREFIX: u8 = 3;
const REDIRECTED: u8 = 4;
const MTU: u8 = 5;
/// RFC 3971 §5.3.2.
pub(super) const NONCE: u8 = 14;
const ROUTE: u8 = 24;
const RDNSS: u8 = 25;
const DNSSL: u8 = 31;
const CAPTIVE_PORTAL: u8 = 37;
const PREF64: u8 = 38;

/// Octets of an option that holds an Ethernet address.
pub(super) const ADDRESS_LEN: usize = 8;

/// A prefix of the link (RFC 4861 §4.6.2). Lifetimes of `u32::MAX` are infinite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// The prefix.
    pub prefix: Ipv6Addr,
    /// Its length, bits.
    pub len: u8,
    /// Its addresses are on the link (L).
    pub on_link: bool,
    /// Hosts may make addresses of it (A).
    pub autonomous: bool,
    /// `prefix` is the router's whole address (R, RFC 6275 §7.2).
    pub is_address: bool,
    /// Seconds that it is on the link and its addresses are valid.
    pub valid_s: u32,
    /// Seconds that its addresses are preferred.
    pub preferred_s: u32,
}

/// A route by way of the router (RFC 4191 §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The destination.
    pub prefix: Ipv6Addr,
    /// Its length, bits.
    pub len: u8,
    /// How much to like it.
    pub preference: Preference,
    /// Seconds.
    pub lifetime_s: u32,
}

/// An option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NdOption<'a> {
    /// The sender's link address; `None` if it is not an Ethernet address.
    SourceAddress(Option<MacAddr>),
    /// The target's link address; `None` if it is not an Ethernet address.
    TargetAddress(Option<MacAddr>),
    /// A prefix of the link.
    Prefix(Prefix),
    /// The packet that a redirect is about.
    Redirected(&'a [u8]),
    /// The link's MTU.
    Mtu(u32),
    /// A number by which a solicitation is known again (RFC 3971 §5.3.2).
    Nonce(&'a [u8]),
    /// A route.
    Route(Route),
    /// Name servers (RFC 8106 §5.1).
    Rdnss {
        /// Seconds.
        lifetime_s: u32,
        /// Their addresses.
        servers: Addresses<'a>,
    },
    /// Domains to search in (RFC 8106 §5.2).
    Dnssl {
        /// Seconds.
        lifetime_s: u32,
        /// The domains.
        domains: Domains<'a>,
    },
    /// Where a captive portal's interface is (RFC 8910 §2.3): a URI, unchecked.
    CaptivePortal(&'a [u8]),
    /// The prefix by which this network maps IPv4 (RFC 8781).
    Pref64 {
        /// The prefix.
        prefix: Ipv6Addr,
        /// Its length, bits; `None` for a code that has none.
        len: Option<u8>,
        /// Seconds.
        lifetime_s: u16,
    },
    /// Any other.
    Unknown {
        /// Type.
        ty: u8,
        /// What follows its first two bytes.
        body: &'a [u8],
    },
}

/// Walks over options; ends after a broken one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options<'a> {
    left: &'a [u8],
    at: usize,
}

impl<'a> Options<'a> {
    /// The options in these bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Options<'a> {
        Options { left: bytes, at: 0 }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = Result<NdOption<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let (bytes, at) = (self.left, self.at);
        if bytes.is_empty() {
            return None;
        }
        self.left = &[];
        let (Some(ty), Some(words)) = (u8_at(bytes, 0), u8_at(bytes, 1)) else {
            let fault = Fault::Truncated { need: 8, have: bytes.len() };
            return Some(Err(Malformed::new(Part::NdpOption, at, fault)));
        };
        let len = usize::from(words) * 8;
        let whole = match bytes.get(..len) {
            Some(whole) if len > 0 => whole,
            Some(_) => return Some(Err(Malformed::new(Part::NdpOption, at, Fault::Length(0)))),
            None => {
                let fault = Fault::Truncated { need: len, have: bytes.len() };
                return Some(Err(Malformed::new(Part::NdpOption, at, fault)));
            }
        };
        self.left = rest(bytes, len);
        self.at += len;
        Some(match read(ty, whole) {
            Some(option) => Ok(option),
            None => Err(Malformed::new(Part::NdpOption, at, Fault::Length(len))),
        })
    }
}

/// Reads an option of at least eight bytes; `None` if it is too short for its type.
fn read(ty: u8, whole: &[u8]) -> Option<NdOption<'_>> {
    let body = rest(whole, 2);
    let mac = || (whole.len() == ADDRESS_LEN).then(|| array(body, 0).map(MacAddr)).flatten();
    Some(match ty {
        SOURCE_ADDRESS => NdOption::SourceAddress(mac()),
        TARGET_ADDRESS => NdOption::TargetAddress(mac()),
        PREFIX => {
            let flags = u8_at(whole, 3)?;
            NdOption::Prefix(Prefix {
                prefix: array::<16>(whole, 16)?.into(),
                len: u8_at(whole, 2)?,
                on_link: flags & 0x80 != 0,
                autonomous: flags & 0x40 != 0,
                is_address: flags & 0x20 != 0,
                valid_s: be32(whole, 4)?,
                preferred_s: be32(whole, 8)?,
            })
        }
        REDIRECTED => NdOption::Redirected(rest(whole, 8)),
        MTU => NdOption::Mtu(be32(whole, 4)?),
        NONCE => NdOption::Nonce(body),
        ROUTE => {
            // The prefix is cut to as many words as the length says (RFC 4191 §2.3).
            let mut prefix = [0; 16];
            for (to, from) in prefix.iter_mut().zip(rest(whole, 8)) {
                *to = *from;
            }
            NdOption::Route(Route {
                prefix: prefix.into(),
                len: u8_at(whole, 2)?,
                preference: Preference::of(u8_at(whole, 3)? >> 3),
                lifetime_s: be32(whole, 4)?,
            })
        }
        RDNSS => {
            let servers = rest(whole, 8);
            if servers.is_empty() || servers.len() % 16 != 0 {
                return None;
            }
            NdOption::Rdnss { lifetime_s: be32(whole, 4)?, servers: Addresses { left: servers } }
        }
        DNSSL => NdOption::Dnssl { lifetime_s: be32(whole, 4)?, domains: Domains { left: rest(whole, 8) } },
        CAPTIVE_PORTAL => {
            // Padded with zeros to whole words.
            let end = body.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            NdOption::CaptivePortal(body.get(..end)?)
        }
        PREF64 => {
            let (word, head): (u16, [u8; 12]) = (be16(whole, 2)?, array(whole, 4)?);
            let mut prefix = [0; 16];
            for (to, from) in prefix.iter_mut().zip(head) {
                *to = from;
            }
            // RFC 8781 §4: 13 bits of lifetime in units of 8 s, and a code for the prefix's length.
            let len = [96, 64, 56, 48, 40, 32].get(usize::from(word & 7)).copied();
            NdOption::Pref64 { prefix: prefix.into(), len, lifetime_s: word & !7 }
        }
        _ => NdOption::Unknown { ty, body },
    })
}

/// Addresses that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses<'a> {
    left: &'a [u8],
}

impl Iterator for Addresses<'_> {
    type Item = Ipv6Addr;

    fn next(&mut self) -> Option<Ipv6Addr> {
        let (first, left) = self.left.split_first_chunk::<16>()?;
        self.left = left;
        Some(Ipv6Addr::from(*first))
    }
}

/// Domain names that follow each other, each a chain of labels (RFC 1035 §3.1, uncompressed), padded with zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Domains<'a> {
    left: &'a [u8],
}

impl<'a> Iterator for Domains<'a> {
    type Item = Domain<'a>;

    fn next(&mut self) -> Option<Domain<'a>> {
        let all = self.left;
        let mut at = 0;
        loop {
            match u8_at(all, at) {
                // A label too long is a pointer, which must not be here: nothing behind it can be read.
                Some(len @ 1..=63) if all.len() > at + 1 + usize::from(len) => at += 1 + usize::from(len),
                Some(0) if at > 0 => break,
                _ => {
                    self.left = &[];
                    return None;
                }
            }
        }
        self.left = rest(all, at + 1);
        all.get(..at).map(|labels| Domain { labels })
    }
}

/// A domain name: foreign bytes, to be cleaned before a terminal sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Domain<'a> {
    labels: &'a [u8],
}

impl<'a> Domain<'a> {
    /// Its labels, first to last.
    pub fn labels(self) -> impl Iterator<Item = &'a [u8]> {
        let mut left = self.labels;
        std::iter::from_fn(move || {
            let len = usize::from(u8_at(left, 0)?);
            let label = left.get(1..1 + len)?;
            left = rest(left, 1 + len);
            Some(label)
        })
    }
}

impl std::fmt::Display for Domain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, label) in self.labels().enumerate() {
            let dot = if i > 0 { "." } else { "" };
            write!(f, "{dot}{}", String::from_utf8_lossy(label))?;
        }
        Ok(())
    }
}
