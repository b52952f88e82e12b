//! The numbers of the wire as types of their own, so that a sequence number is never passed for an ident.
//!
//! Each is exactly as wide as its field. What counts past the field's width (a probe's own number) is a plain `u64`
//! elsewhere and never one of these.

mod link;
pub mod prefix;

use std::fmt;
use std::net::IpAddr;

pub use link::{EtherType, MacAddr, NotAMacAddr, Tag};

/// IPv4 or IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// IPv4 and ICMP.
    V4,
    /// IPv6 and ICMPv6.
    V6,
}

impl Family {
    /// The family of an address.
    #[must_use]
    pub fn of(addr: IpAddr) -> Family {
        if addr.is_ipv4() { Family::V4 } else { Family::V6 }
    }

    /// Bits of an address.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Family::V4 => 32,
            Family::V6 => 128,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Family::V4 => "IPv4",
            Family::V6 => "IPv6",
        })
    }
}

macro_rules! field {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<$inner> for $name {
            fn from(v: $inner) -> Self {
                $name(v)
            }
        }
    };
}

field!(
    /// IPv4 time to live or IPv6 hop limit (RFC 791 §3.1, RFC 8200 §3).
    Ttl(u8)
);
field!(
    /// ICMP echo sequence number as the wire carries it (RFC 792): the low 16 bits of a probe's number.
    Seq(u16)
);
field!(
    /// ICMP echo identifier (RFC 792).
    Ident(u16)
);
field!(
    /// TCP or UDP port.
    Port(u16)
);

impl Seq {
    /// The sequence number that a probe's own, never-wrapping number has on the wire.
    #[must_use]
    pub fn of_number(number: u64) -> Seq {
        Seq((number & 0xffff) as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_wraps_on_the_wire_only() {
        assert_eq!(Seq::of_number(65_535), Seq(65_535));
        assert_eq!(Seq::of_number(65_536), Seq(0));
        assert_eq!(Seq::of_number(70_000), Seq(4_464));
    }
}
