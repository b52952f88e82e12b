//! Operands: hosts as users type them. Addresses are known at once; everything else is a name for the resolver.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Refusal;
use super::refusal::shown;
use crate::units::Family;

/// Longest name that DNS has (RFC 1035 §2.3.4, as text).
const LONGEST_NAME: usize = 253;

/// What an operand names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// An address, with the zone behind its `%`.
    Address {
        /// The address.
        addr: IpAddr,
        /// Interface name or index of a scoped IPv6 address.
        zone: Option<String>,
    },
    /// A name to look up.
    Name,
}

/// A host to probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operand {
    /// As typed.
    pub text: String,
    /// What it is.
    pub host: Host,
}

impl Operand {
    /// Its address, if it is one.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        match self.host {
            Host::Address { addr, .. } => Some(addr),
            Host::Name => None,
        }
    }

    /// The family of its address, if it is one.
    #[must_use]
    pub fn family(&self) -> Option<Family> {
        self.address().map(Family::of)
    }

    /// Reads one.
    ///
    /// # Errors
    /// One line, where it can be neither address nor name.
    pub fn read(text: &str) -> Result<Operand, Refusal> {
        let host = |addr, zone| Operand { text: text.to_owned(), host: Host::Address { addr, zone } };
        if text.is_empty() {
            return Err(Refusal::new("'': an empty host; give a name or an address"));
        }
        if let Some(addr) = parse_ipv4(text) {
            // Nobody has the address 0: `ping 0` has always meant this host.
            let addr = if addr.is_unspecified() { Ipv4Addr::LOCALHOST } else { addr };
            return Ok(host(addr.into(), None));
        }
        let (addr, zone) = text.split_once('%').map_or((text, None), |(addr, zone)| (addr, Some(zone)));
        if let Ok(addr) = addr.parse::<Ipv6Addr>() {
            if zone == Some("") {
                return Err(Refusal::new(format!("{}: an interface must follow the %", shown(text))));
            }
            let addr = if addr.is_unspecified() { Ipv6Addr::LOCALHOST } else { addr };
            return Ok(host(addr.into(), zone.map(str::to_owned)));
        }
        let problem = if text.contains(':') {
            "neither an IPv6 address nor a name"
        } else if text.len() > LONGEST_NAME {
            "a name has at most 253 characters"
        } else if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '/' || c == '%') {
            "not a name: it holds a character that no name has"
        } else {
            return Ok(Operand { text: text.to_owned(), host: Host::Name });
        };
        Err(Refusal::new(format!("{}: {problem}", shown(text))))
    }
}

/// Whether an address means nothing without its interface.
pub(super) fn is_link_local(addr: IpAddr) -> bool {
    match addr {
        IpAddr::V4(_) => false,
        // ff02::/16 and ff01::/16: multicast on a link or an interface (RFC 4291 §2.7).
        IpAddr::V6(addr) => addr.is_unicast_link_local() || matches!(addr.segments()[0] & 0xff0f, 0xff01 | 0xff02),
    }
}

/// IPv4 as `inet_aton` reads it: one to four numbers, decimal, octal or hexadecimal, the last filling the rest (`127.1`).
fn parse_ipv4(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<&str> = text.split('.').collect();
    let (last, bytes) = parts.split_last()?;
    if bytes.len() > 3 {
        return None;
    }
    let mut value: u32 = 0;
    for byte in bytes {
        value = (value << 8) | u32::from(u8::try_from(parse_c_number(byte)?).ok()?);
    }
    let rest_bits = 32 - 8 * bytes.len() as u32;
    let last = parse_c_number(last)?;
    if u64::from(last) >> rest_bits != 0 {
        return None;
    }
    Some(Ipv4Addr::from((u64::from(value) << rest_bits) as u32 | last))
}

fn parse_c_number(text: &str) -> Option<u32> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => (hex, 16),
        None if text.len() > 1 && text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    is_number.then(|| u32::from_str_radix(digits, radix).ok()).flatten()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ipv4_is_read_as_inet_aton_reads_it() {
        for (text, expect) in [
            ("127.0.0.1", Some([127, 0, 0, 1])),
            ("127.1", Some([127, 0, 0, 1])),
            ("10.1.2", Some([10, 1, 0, 2])),
            ("0x7f.1", Some([127, 0, 0, 1])),
            ("017.0.0.1", Some([15, 0, 0, 1])),
            ("2130706433", Some([127, 0, 0, 1])),
            ("255.255.255.255", Some([255; 4])),
            ("0", Some([0; 4])),
            ("256.0.0.1", None),
            ("1.2.3.256", None),
            ("1.2.65536", None),
            ("4294967296", None),
            ("1.2.3.4.5", None),
            ("1..2", None),
            ("08.0.0.1", None),
            ("0x", None),
            ("+1", None),
            ("", None),
            ("a", None),
        ] {
            assert_eq!(parse_ipv4(text), expect.map(Ipv4Addr::from), "{text}");
        }
    }

    #[test]
    fn only_some_addresses_need_an_interface() {
        for (addr, expect) in [
            ("fe80::1", true),
            ("ff02::1", true),
            ("ff12::1", true),
            ("ff01::1", true),
            ("ff05::1", false),
            ("2001:db8::1", false),
            ("::1", false),
            ("169.254.0.1", false),
            ("224.0.0.1", false),
        ] {
            assert_eq!(is_link_local(addr.parse().unwrap()), expect, "{addr}");
        }
    }

    proptest! {
        #[test]
        fn any_address_comes_back(bits: u32) {
            let addr = Ipv4Addr::from(bits);
            prop_assert_eq!(parse_ipv4(&addr.to_string()), Some(addr));
            prop_assert_eq!(parse_ipv4(&bits.to_string()), Some(addr));
        }

        #[test]
        fn any_text_is_a_host_or_an_error(text in "\\PC{0,300}") {
            let _ = Operand::read(&text);
        }
    }
}
