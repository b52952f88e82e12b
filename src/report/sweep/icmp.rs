//! ICMP errors in fping's words, which its callers' patterns know.

use std::net::IpAddr;

use super::roster::Name;
use crate::units::Family;
use crate::wire::icmp::IcmpError;

/// Destination unreachable (RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1), by code.
const UNREACHABLE: [&str; 16] = [
    "ICMP Network Unreachable",
    "ICMP Host Unreachable",
    "ICMP Protocol Unreachable",
    "ICMP Port Unreachable",
    "ICMP Unreachable (Fragmentation Needed)",
    "ICMP Unreachable (Source Route Failed)",
    "ICMP Unreachable (Destination Network Unknown)",
    "ICMP Unreachable (Destination Host Unknown)",
    "ICMP Unreachable (Source Host Isolated)",
    "ICMP Unreachable (Communication with Network Prohibited)",
    "ICMP Unreachable (Communication with Host Prohibited)",
    "ICMP Unreachable (Network Unreachable For Type Of Service)",
    "ICMP Unreachable (Host Unreachable For Type Of Service)",
    "ICMP Unreachable (Communication Administratively Prohibited)",
    "ICMP Unreachable (Host Precedence Violation)",
    "ICMP Unreachable (Precedence cutoff in effect)",
];

/// ICMPv6 destination unreachable (RFC 4443 §3.1), by code.
const UNREACHABLE6: [&str; 10] = [
    "No route to destination",
    "Communication with destination administratively prohibited",
    "Beyond scope of source address",
    "Address unreachable",
    "Port unreachable",
    "Source address failed ingress/egress policy",
    "Reject route to destination",
    "Error in Source Routing Header",
    "Headers too long",
    "Error in P-Route",
];

/// ICMPv6 time exceeded (RFC 4443 §3.3), by code.
const EXCEEDED6: [&str; 2] = ["Hop limit exceeded in transit", "Fragment reassembly time exceeded"];

/// ICMPv6 parameter problem (RFC 4443 §3.4, RFC 8883), by code.
const PROBLEM6: [&str; 11] = [
    "Erroneous header field encountered",
    "Unrecognized Next Header type encountered",
    "Unrecognized IPv6 option encountered",
    "IPv6 First Fragment has incomplete IPv6 Header Chain",
    "SR Upper-layer Header Error",
    "Unrecognized Next Header type encountered by intermediate node",
    "Extension header too big",
    "Extension header chain too long",
    "Too many extension headers",
    "Too many options in extension header",
    "Option too big",
];

/// The line about an error that came from `from` for a probe to `host`.
pub(super) fn line(error: &IcmpError, from: IpAddr, host: Name<'_>) -> String {
    let of = |codes: &[&'static str], what: &str| match codes.get(usize::from(error.code)) {
        Some(text) => format!("{what} ({text})"),
        None => format!("{what} (Code {})", error.code),
    };
    let (what, asked) = match error.family {
        Family::V4 => {
            let unreachable = UNREACHABLE.get(usize::from(error.code)).copied();
            let what = match error.ty {
                3 => unreachable.unwrap_or("ICMP Unreachable (Invalid Code)").to_owned(),
                4 => "ICMP Source Quench".to_owned(),
                5 => "ICMP Redirect".to_owned(),
                11 => "ICMP Time Exceeded".to_owned(),
                12 => "ICMP Parameter Problem".to_owned(),
                ty => format!("ICMP {ty}"),
            };
            (what, "ICMP Echo")
        }
        Family::V6 => {
            let what = match error.ty {
                1 => of(&UNREACHABLE6, "ICMPv6 Destination Unreachable"),
                2 => "ICMPv6 Packet Too Big".to_owned(),
                3 => of(&EXCEEDED6, "ICMPv6 Time Exceeded"),
                4 => of(&PROBLEM6, "ICMPv6 Parameter Problem"),
                ty => format!("ICMPv6 Type {ty} Code {}", error.code),
            };
            (what, "ICMPv6 Echo Request")
        }
    };
    format!("{what} from {from} for {asked} sent to {host}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_in_fpings_words() {
        let of = |family, ty, code| {
            let from = if family == Family::V4 { "192.0.2.9" } else { "2001:db8::9" };
            line(&IcmpError { family, ty, code, info: 0 }, from.parse().unwrap(), Name::Text("host"))
        };
        for (family, ty, code, expect) in [
            (Family::V4, 3, 1, "ICMP Host Unreachable from 192.0.2.9 for ICMP Echo sent to host"),
            (Family::V4, 3, 99, "ICMP Unreachable (Invalid Code) from 192.0.2.9 for ICMP Echo sent to host"),
            (Family::V4, 11, 0, "ICMP Time Exceeded from 192.0.2.9 for ICMP Echo sent to host"),
            (
                Family::V6,
                1,
                3,
                "ICMPv6 Destination Unreachable (Address unreachable) from 2001:db8::9 for ICMPv6 Echo Request sent to host",
            ),
            (Family::V6, 3, 7, "ICMPv6 Time Exceeded (Code 7) from 2001:db8::9 for ICMPv6 Echo Request sent to host"),
            (Family::V6, 2, 0, "ICMPv6 Packet Too Big from 2001:db8::9 for ICMPv6 Echo Request sent to host"),
        ] {
            assert_eq!(of(family, ty, code), expect);
        }
    }
}
