//! What an ICMP error says, in the words that `check_icmp` has for it.
//!
//! Alert texts are matched by people's scripts, so the words stay; what the plugin has no word for (ICMPv6) is said in ours.

use crate::check::Refusal;
use crate::units::Family;
use crate::wire::icmp::IcmpError;

/// What refused, in words.
pub(super) fn words(what: &Refusal) -> String {
    match what {
        Refusal::Icmp(error) => of_error(error),
        Refusal::Reset => "Connection refused".to_owned(),
    }
}

/// The plugin's words.
fn of_error(error: &IcmpError) -> String {
    let known = match (error.family, error.ty, error.code) {
        (Family::V4, 3, code) => {
            let unreachable = [
                "Net unreachable",
                "Host unreachable",
                "Protocol unreachable (firewall?)",
                "Port unreachable (firewall?)",
                "Fragmentation needed",
                "Source route failed",
                "Unknown network",
                "Unknown host",
                "Source host isolated",
                "Network denied (firewall?)",
                "Host denied (firewall?)",
                "Bad TOS for network (firewall?)",
                "Bad TOS for host (firewall?)",
                "Prohibited by filter (firewall)",
                "Host precedence violation",
                "Precedence cutoff",
            ];
            unreachable.get(usize::from(code)).copied().unwrap_or("Invalid code")
        }
        (Family::V4, 11, 0) => "Time to live exceeded in transit",
        (Family::V4, 11, 1) => "Fragment reassembly time exceeded",
        (Family::V4, 4, _) => "Transmitting too fast",
        (Family::V4, 12, _) => "Bad IP header (required option absent)",
        _ => return error.to_string(),
    };
    known.to_owned()
}
