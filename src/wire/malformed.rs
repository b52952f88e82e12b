//! The one error of this floor: which part of a packet is wrong, at which byte, and how.
//!
//! It is small and `Copy`, so that a flood of broken packets costs nothing, and says enough to be shown to a person.

/// A part of a packet that can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// An Ethernet header with its VLAN tags, IEEE 802.3 and 802.1Q.
    Ethernet,
    /// An ARP packet, RFC 826.
    Arp,
    /// An echo message between stations.
    LinkEcho,
    /// The IPv4 header, RFC 791.
    Ipv4,
    /// The options of an IPv4 header.
    IpOptions,
    /// The IPv6 fixed header, RFC 8200.
    Ipv6,
    /// An IPv6 extension header.
    Ipv6Extension,
    /// An ICMP message, RFC 792.
    Icmp,
    /// An ICMPv6 message, RFC 4443.
    Icmpv6,
    /// A message of neighbour discovery, RFC 4861.
    Ndp,
    /// An option of such a message.
    NdpOption,
    /// An RFC 4884 extension structure.
    Extension,
    /// An object within an RFC 4884 extension structure.
    ExtensionObject,
    /// A UDP header.
    Udp,
    /// A TCP header.
    Tcp,
}

impl Part {
    /// What a person calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Part::Ethernet => "Ethernet header",
            Part::Arp => "ARP packet",
            Part::LinkEcho => "link echo message",
            Part::Ipv4 => "IPv4 header",
            Part::IpOptions => "IP option",
            Part::Ipv6 => "IPv6 header",
            Part::Ipv6Extension => "IPv6 extension header",
            Part::Icmp => "ICMP message",
            Part::Icmpv6 => "ICMPv6 message",
            Part::Ndp => "neighbour discovery message",
            Part::NdpOption => "neighbour discovery option",
            Part::Extension => "ICMP extension structure",
            Part::ExtensionObject => "ICMP extension object",
            Part::Udp => "UDP header",
            Part::Tcp => "TCP header",
        }
    }
}

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Fault {
    /// It ends too early.
    #[error("{need} bytes needed, {have} there")]
    Truncated {
        /// Bytes that the part needs.
        need: usize,
        /// Bytes that are left.
        have: usize,
    },
    /// A version field with another value than the format has.
    #[error("version {0}")]
    Version(u8),
    /// A type field with a value that the format has no meaning for here.
    #[error("type {0}")]
    Kind(u16),
    /// A length field that cannot be, in octets.
    #[error("impossible length {0}")]
    Length(usize),
    /// An address of a family that is neither IPv4 nor IPv6 (IANA "Address Family Numbers").
    #[error("address family {0}")]
    AddressFamily(u16),
    /// A pointer field that points to no slot.
    #[error("pointer {0} to no slot")]
    Pointer(u8),
    /// More headers in a chain than any honest packet has.
    #[error("too many headers")]
    Chain,
    /// What was to be written does not fit the format: octets asked for, and the most there can be.
    #[error("{len} bytes where {max} is the most")]
    TooLong {
        /// Octets asked for.
        len: usize,
        /// The most there can be.
        max: usize,
    },
}

/// What is wrong, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}, byte {at}: {fault}", part.name())]
pub struct Malformed {
    /// The part of the packet.
    pub part: Part,
    /// The offset of the fault from the start of the bytes that were given, or of the part.
    pub at: usize,
    /// The fault.
    pub fault: Fault,
}

impl Malformed {
    /// `part` should have `need` bytes and has `have`.
    pub(super) const fn truncated(part: Part, need: usize, have: usize) -> Malformed {
        Malformed { part, at: have, fault: Fault::Truncated { need, have } }
    }

    /// `part` would be `len` bytes long, where `max` is the most there can be.
    pub(super) const fn too_long(part: Part, len: usize, max: usize) -> Malformed {
        Malformed { part, at: max, fault: Fault::TooLong { len, max } }
    }

    /// `part` has `fault` at byte `at`.
    pub(super) const fn new(part: Part, at: usize, fault: Fault) -> Malformed {
        Malformed { part, at, fault }
    }
}
