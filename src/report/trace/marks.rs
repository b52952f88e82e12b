//! The short marks of traceroute: `!H` and its like behind a time, what routers add in angle brackets.

use std::fmt::Write;

use crate::report::clean_bytes;
use crate::report::number::hex;
use crate::units::Family;
use crate::wire::extension::Checksum;
use crate::wire::extension::interface::{InterfaceInfo, Role};
use crate::wire::extension::meaning::{Extensions, Meaning};
use crate::wire::extension::mpls::Label;
use crate::wire::icmp::{ErrorKind, IcmpError};

/// The mark of an error; nothing for one that is the usual end of a probe: time exceeded, port unreachable.
pub(super) fn mark(error: &IcmpError) -> Option<String> {
    let mark = match error.kind() {
        ErrorKind::TimeExceededTransit | ErrorKind::PortUnreachable => return None,
        ErrorKind::NetUnreachable
        | ErrorKind::NetUnknown
        | ErrorKind::SourceIsolated
        | ErrorKind::NetUnreachableForTos => "!N",
        ErrorKind::HostUnreachable
        | ErrorKind::HostUnknown
        | ErrorKind::HostUnreachableForTos
        | ErrorKind::BeyondScope => "!H",
        ErrorKind::ProtocolUnreachable => "!P",
        // IPv6 says so with a parameter problem (RFC 4443 §3.4, code 1).
        ErrorKind::ParameterProblem { .. } if error.family == Family::V6 && error.code == 1 => "!P",
        ErrorKind::NetProhibited | ErrorKind::HostProhibited | ErrorKind::AdminProhibited => "!X",
        ErrorKind::SourceRouteFailed => "!S",
        ErrorKind::PrecedenceViolation => "!V",
        ErrorKind::PrecedenceCutoff => "!C",
        ErrorKind::PacketTooBig { mtu: 0 } => "!F",
        ErrorKind::PacketTooBig { mtu } => return Some(format!("!F-{mtu}")),
        ErrorKind::SourcePolicyFailed
        | ErrorKind::RejectRoute
        | ErrorKind::HeadersTooLong
        | ErrorKind::UnreachableOther
        | ErrorKind::TimeExceededReassembly
        | ErrorKind::TimeExceededOther => return Some(format!("!<{}>", error.code)),
        ErrorKind::SourceQuench | ErrorKind::Redirect | ErrorKind::ParameterProblem { .. } | ErrorKind::Other => {
            return Some(format!("!<{}-{}>", error.ty, error.code));
        }
    };
    Some(mark.to_owned())
}

/// What a router added, as traceroute's `-e` prints it: `<MPLS:L=16,E=0,S=1,T=1>`, `<INC:3,"eth1",mtu=1500>`,
/// `<5/1:0a0b>` for what nobody knows.
pub(super) fn extensions(extensions: &Extensions) -> String {
    let mut marks = extensions.objects.iter().map(object).collect::<Vec<_>>().join(";");
    if extensions.left_out > 0 {
        let _ = write!(marks, ";and {} more", extensions.left_out);
    }
    if extensions.checksum == Checksum::Wrong {
        marks.push_str(";wrong checksum");
    }
    format!("<{}>", marks.trim_start_matches(';'))
}

fn object(meaning: &Meaning) -> String {
    match meaning {
        Meaning::Mpls(labels) => {
            format!("MPLS:{}", labels.iter().map(label).collect::<Vec<_>>().join("/"))
        }
        Meaning::Interface(info) => interface(info),
        Meaning::Unknown { class, c_type, bytes } => format!("{class}/{c_type}:{}", hex(bytes)),
        Meaning::Malformed { why, bytes, .. } => format!("malformed ({why}):{}", hex(bytes)),
    }
}

fn label(label: &Label) -> String {
    format!("L={},E={},S={},T={}", label.label, label.tc, u8::from(label.bottom), label.ttl)
}

fn interface(info: &InterfaceInfo) -> String {
    let role = match info.role {
        Role::Incoming => "INC",
        Role::SubIp => "SUB",
        Role::Outgoing => "OUT",
        Role::NextHop => "NXT",
    };
    let parts = [
        info.index.map(|index| index.to_string()),
        info.address.map(|address| address.to_string()),
        info.name.as_ref().map(|name| format!("\"{}\"", clean_bytes(name))),
        info.mtu.map(|mtu| format!("mtu={mtu}")),
    ];
    format!("{role}:{}", parts.into_iter().flatten().collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::icmp::{v4, v6};

    fn error(family: Family, ty: u8, code: u8, info: u32) -> Option<String> {
        mark(&IcmpError { family, ty, code, info })
    }

    #[test]
    fn marks_are_traceroutes() {
        let four = |code| error(Family::V4, v4::DEST_UNREACHABLE, code, 0);
        let marks: Vec<_> = (0..=16).map(|code| four(code).unwrap_or_default()).collect();
        let expect = "!N,!H,!P,,!F,!S,!N,!H,!N,!X,!X,!N,!H,!X,!V,!C,!<16>";
        assert_eq!(marks.join(","), expect);
        assert_eq!(error(Family::V4, v4::DEST_UNREACHABLE, 4, 1400).as_deref(), Some("!F-1400"));
        assert_eq!(error(Family::V4, v4::TIME_EXCEEDED, 0, 0), None);
        let six: Vec<_> =
            (0..=6).map(|code| error(Family::V6, v6::DEST_UNREACHABLE, code, 0).unwrap_or_default()).collect();
        assert_eq!(six.join(","), "!N,!X,!H,!H,,!<5>,!<6>");
        assert_eq!(error(Family::V6, v6::PACKET_TOO_BIG, 0, 1280).as_deref(), Some("!F-1280"));
        assert_eq!(error(Family::V6, v6::PARAMETER_PROBLEM, 1, 40).as_deref(), Some("!P"));
        assert_eq!(error(Family::V4, 12, 0, 20).as_deref(), Some("!<12-0>"));
    }
}
