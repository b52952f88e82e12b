//! What ICMP errors are called: the words of iputils' ping for a person, one stable name for a machine.
//!
//! `Display` prints for every type and code of both families what iputils prints, letter for letter, because scripts
//! read it. [`ErrorKind`] says what both families mean by it, with one name where the meaning is one.

use super::{v4, v6};
use crate::units::Family;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// An ICMP error as the wire or the kernel's error queue tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IcmpError {
    /// ICMP or ICMPv6.
    pub family: Family,
    /// Type.
    pub ty: u8,
    /// Code.
    pub code: u8,
    /// MTU, pointer or gateway (an IPv4 redirect's) as the type has it, 0 otherwise; the kernel's `ee_info`.
    pub info: u32,
}

/// What an error means, for both families.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names are the registry's
pub enum ErrorKind {
    /// IPv6: no route to destination.
    NetUnreachable,
    /// IPv6: address unreachable.
    HostUnreachable,
    ProtocolUnreachable,
    PortUnreachable,
    /// IPv4: fragmentation needed and "don't fragment" set. IPv6: packet too big.
    PacketTooBig {
        /// The next hop's MTU, in octets; 0 from routers older than RFC 1191.
        mtu: u32,
    },
    /// IPv6: error in source routing header (RFC 6554).
    SourceRouteFailed,
    NetUnknown,
    HostUnknown,
    SourceIsolated,
    NetProhibited,
    HostProhibited,
    NetUnreachableForTos,
    HostUnreachableForTos,
    /// IPv4: communication administratively prohibited (RFC 1812), "Packet filtered". IPv6: administratively prohibited.
    AdminProhibited,
    PrecedenceViolation,
    PrecedenceCutoff,
    /// IPv6: beyond scope of source address.
    BeyondScope,
    /// IPv6: source address failed ingress/egress policy.
    SourcePolicyFailed,
    /// IPv6: reject route to destination.
    RejectRoute,
    /// IPv6: headers too long (RFC 8883).
    HeadersTooLong,
    /// "Destination unreachable" with a code that is not known.
    UnreachableOther,
    SourceQuench,
    Redirect,
    /// TTL or hop limit ran out on the way.
    TimeExceededTransit,
    /// A fragment was missing for too long.
    TimeExceededReassembly,
    /// "Time exceeded" with a code that is not known.
    TimeExceededOther,
    ParameterProblem {
        /// The octet of the packet that was disliked.
        pointer: u32,
    },
    /// No error that is known.
    Other,
}

impl ErrorKind {
    /// A short name that never changes, for machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            ErrorKind::NetUnreachable => "net_unreachable",
            ErrorKind::HostUnreachable => "host_unreachable",
            ErrorKind::ProtocolUnreachable => "protocol_unreachable",
            ErrorKind::PortUnreachable => "port_unreachable",
            ErrorKind::PacketTooBig { .. } => "packet_too_big",
            ErrorKind::SourceRouteFailed => "source_route_failed",
            ErrorKind::NetUnknown => "net_unknown",
            ErrorKind::HostUnknown => "host_unknown",
            ErrorKind::SourceIsolated => "source_isolated",
            ErrorKind::NetProhibited => "net_prohibited",
            ErrorKind::HostProhibited => "host_prohibited",
            ErrorKind::NetUnreachableForTos => "net_unreachable_for_tos",
            ErrorKind::HostUnreachableForTos => "host_unreachable_for_tos",
            ErrorKind::AdminProhibited => "admin_prohibited",
            ErrorKind::PrecedenceViolation => "precedence_violation",
            ErrorKind::PrecedenceCutoff => "precedence_cutoff",
            ErrorKind::BeyondScope => "beyond_scope",
            ErrorKind::SourcePolicyFailed => "source_policy_failed",
            ErrorKind::RejectRoute => "reject_route",
            ErrorKind::HeadersTooLong => "headers_too_long",
            ErrorKind::UnreachableOther => "unreachable_other",
            ErrorKind::SourceQuench => "source_quench",
            ErrorKind::Redirect => "redirect",
            ErrorKind::TimeExceededTransit => "time_exceeded",
            ErrorKind::TimeExceededReassembly => "reassembly_time_exceeded",
            ErrorKind::TimeExceededOther => "time_exceeded_other",
            ErrorKind::ParameterProblem { .. } => "parameter_problem",
            ErrorKind::Other => "other",
        }
    }
}

impl IcmpError {
    /// A redirect, which is no error, in the shape of one: for its words and its name.
    #[must_use]
    pub fn redirect(gateway: IpAddr, code: u8) -> IcmpError {
        match gateway {
            IpAddr::V4(a) => IcmpError { family: Family::V4, ty: v4::REDIRECT, code, info: a.to_bits() },
            IpAddr::V6(_) => IcmpError { family: Family::V6, ty: v6::REDIRECT, code, info: 0 },
        }
    }

    /// What it means.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self.family {
            Family::V4 => self.kind_v4(),
            Family::V6 => self.kind_v6(),
        }
    }

    /// A short name that never changes, for machines.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.kind().name()
    }

    const fn kind_v4(&self) -> ErrorKind {
        match (self.ty, self.code) {
            (v4::DEST_UNREACHABLE, 0) => ErrorKind::NetUnreachable,
            (v4::DEST_UNREACHABLE, 1) => ErrorKind::HostUnreachable,
            (v4::DEST_UNREACHABLE, 2) => ErrorKind::ProtocolUnreachable,
            (v4::DEST_UNREACHABLE, 3) => ErrorKind::PortUnreachable,
            (v4::DEST_UNREACHABLE, v4::CODE_FRAGMENTATION_NEEDED) => ErrorKind::PacketTooBig { mtu: self.info },
            (v4::DEST_UNREACHABLE, 5) => ErrorKind::SourceRouteFailed,
            (v4::DEST_UNREACHABLE, 6) => ErrorKind::NetUnknown,
            (v4::DEST_UNREACHABLE, 7) => ErrorKind::HostUnknown,
            (v4::DEST_UNREACHABLE, 8) => ErrorKind::SourceIsolated,
            (v4::DEST_UNREACHABLE, 9) => ErrorKind::NetProhibited,
            (v4::DEST_UNREACHABLE, 10) => ErrorKind::HostProhibited,
            (v4::DEST_UNREACHABLE, 11) => ErrorKind::NetUnreachableForTos,
            (v4::DEST_UNREACHABLE, 12) => ErrorKind::HostUnreachableForTos,
            (v4::DEST_UNREACHABLE, 13) => ErrorKind::AdminProhibited,
            (v4::DEST_UNREACHABLE, 14) => ErrorKind::PrecedenceViolation,
            (v4::DEST_UNREACHABLE, 15) => ErrorKind::PrecedenceCutoff,
            (v4::DEST_UNREACHABLE, _) => ErrorKind::UnreachableOther,
            (v4::SOURCE_QUENCH, _) => ErrorKind::SourceQuench,
            (v4::REDIRECT, _) => ErrorKind::Redirect,
            (v4::TIME_EXCEEDED, 0) => ErrorKind::TimeExceededTransit,
            (v4::TIME_EXCEEDED, 1) => ErrorKind::TimeExceededReassembly,
            (v4::TIME_EXCEEDED, _) => ErrorKind::TimeExceededOther,
            (v4::PARAMETER_PROBLEM, _) => ErrorKind::ParameterProblem { pointer: self.info },
            _ => ErrorKind::Other,
        }
    }

    const fn kind_v6(&self) -> ErrorKind {
        match (self.ty, self.code) {
            (v6::DEST_UNREACHABLE, 0) => ErrorKind::NetUnreachable,
            (v6::DEST_UNREACHABLE, 1) => ErrorKind::AdminProhibited,
            (v6::DEST_UNREACHABLE, 2) => ErrorKind::BeyondScope,
            (v6::DEST_UNREACHABLE, 3) => ErrorKind::HostUnreachable,
            (v6::DEST_UNREACHABLE, 4) => ErrorKind::PortUnreachable,
            (v6::DEST_UNREACHABLE, 5) => ErrorKind::SourcePolicyFailed,
            (v6::DEST_UNREACHABLE, 6) => ErrorKind::RejectRoute,
            (v6::DEST_UNREACHABLE, 7) => ErrorKind::SourceRouteFailed,
            (v6::DEST_UNREACHABLE, 8) => ErrorKind::HeadersTooLong,
            (v6::DEST_UNREACHABLE, _) => ErrorKind::UnreachableOther,
            (v6::PACKET_TOO_BIG, _) => ErrorKind::PacketTooBig { mtu: self.info },
            (v6::TIME_EXCEEDED, 0) => ErrorKind::TimeExceededTransit,
            (v6::TIME_EXCEEDED, 1) => ErrorKind::TimeExceededReassembly,
            (v6::TIME_EXCEEDED, _) => ErrorKind::TimeExceededOther,
            // Code 1, an unknown next header, is how a host says what IPv4 calls an unreachable protocol. A router may
            // say it too, so it is not given that name; the pointer tells which header it was.
            (v6::PARAMETER_PROBLEM, _) => ErrorKind::ParameterProblem { pointer: self.info },
            (v6::REDIRECT, _) => ErrorKind::Redirect,
            _ => ErrorKind::Other,
        }
    }

    fn fmt_v4(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (code, info) = (self.code, self.info);
        let text = match self.ty {
            v4::ECHO_REPLY => "Echo Reply",
            v4::DEST_UNREACHABLE => match code {
                0 => "Destination Net Unreachable",
                1 => "Destination Host Unreachable",
                2 => "Destination Protocol Unreachable",
                3 => "Destination Port Unreachable",
                4 => return write!(f, "Frag needed and DF set (mtu = {info})"),
                5 => "Source Route Failed",
                6 => "Destination Net Unknown",
                7 => "Destination Host Unknown",
                8 => "Source Host Isolated",
                9 => "Destination Net Prohibited",
                10 => "Destination Host Prohibited",
                11 => "Destination Net Unreachable for Type of Service",
                12 => "Destination Host Unreachable for Type of Service",
                13 => "Packet filtered",
                14 => "Precedence Violation",
                15 => "Precedence Cutoff",
                _ => return write!(f, "Dest Unreachable, Bad Code: {code}"),
            },
            v4::SOURCE_QUENCH => "Source Quench",
            v4::REDIRECT => {
                match code {
                    0 => f.write_str("Redirect Network")?,
                    1 => f.write_str("Redirect Host")?,
                    2 => f.write_str("Redirect Type of Service and Network")?,
                    3 => f.write_str("Redirect Type of Service and Host")?,
                    _ => write!(f, "Redirect, Bad Code: {code}")?,
                }
                return write!(f, "(New nexthop: {})", Ipv4Addr::from(info));
            }
            v4::ECHO_REQUEST => "Echo Request",
            v4::TIME_EXCEEDED => match code {
                0 => "Time to live exceeded",
                1 => "Frag reassembly time exceeded",
                _ => return write!(f, "Time exceeded, Bad Code: {code}"),
            },
            v4::PARAMETER_PROBLEM => return write!(f, "Parameter problem: pointer = {info}"),
            v4::TIMESTAMP => "Timestamp",
            v4::TIMESTAMP_REPLY => "Timestamp Reply",
            15 => "Information Request",
            16 => "Information Reply",
            17 => "Address Mask Request",
            18 => "Address Mask Reply",
            ty => return write!(f, "Bad ICMP type: {ty}"),
        };
        f.write_str(text)
    }

    fn fmt_v6(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (code, info) = (self.code, self.info);
        let text = match self.ty {
            v6::DEST_UNREACHABLE => {
                f.write_str("Destination unreachable: ")?;
                match code {
                    0 => "No route",
                    1 => "Administratively prohibited",
                    2 => "Beyond scope of source address",
                    3 => "Address unreachable",
                    4 => "Port unreachable",
                    5 => "Source address failed ingress/egress policy",
                    6 => "Reject route to destination",
                    _ => return write!(f, "Unknown code {code}"),
                }
            }
            v6::PACKET_TOO_BIG => {
                write!(f, "Packet too big: mtu={info}")?;
                return if code == 0 { Ok(()) } else { write!(f, ", code={code}") };
            }
            v6::TIME_EXCEEDED => {
                f.write_str("Time exceeded: ")?;
                match code {
                    0 => "Hop limit",
                    1 => "Defragmentation failure",
                    _ => return write!(f, "code {code}"),
                }
            }
            v6::PARAMETER_PROBLEM => {
                f.write_str("Parameter problem: ")?;
                match code {
                    0 => f.write_str("Wrong header field ")?,
                    1 => f.write_str("Unknown header ")?,
                    2 => f.write_str("Unknown option ")?,
                    _ => write!(f, "code {code} ")?,
                }
                return write!(f, "at {info}");
            }
            v6::ECHO_REQUEST => "Echo request",
            v6::ECHO_REPLY => "Echo reply",
            130 => "MLD Query",
            131 => "MLD Report",
            132 => "MLD Reduction",
            ty => return write!(f, "unknown icmp type: {ty}"),
        };
        f.write_str(text)
    }
}

impl fmt::Display for IcmpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.family {
            Family::V4 => self.fmt_v4(f),
            Family::V6 => self.fmt_v6(f),
        }
    }
}
