//! The addresses, types and tags of the link layer (IEEE 802), as users write them and the wire carries them.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// A 48-bit hardware address (EUI-48).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MacAddr(pub [u8; 6]);

impl MacAddr {
    /// Every station of a link.
    pub const BROADCAST: MacAddr = MacAddr([0xff; 6]);
    /// No station: the address of loopback, and of what has none.
    pub const ZERO: MacAddr = MacAddr([0; 6]);

    /// Whether it stands for many stations: the bit that is sent first (IEEE 802, the I/G bit); broadcast included.
    #[must_use]
    pub const fn is_group(self) -> bool {
        self.0[0] & 1 != 0
    }

    /// Whether it is the broadcast address.
    #[must_use]
    pub fn is_broadcast(self) -> bool {
        self == MacAddr::BROADCAST
    }

    /// Whether it can be one station's own: neither a group nor zero.
    #[must_use]
    pub fn is_station(self) -> bool {
        !self.is_group() && self != MacAddr::ZERO
    }

    /// The group address that carries an IP multicast group (RFC 1112 §6.4, RFC 2464 §7); `None` for another address.
    #[must_use]
    pub fn of_group(group: IpAddr) -> Option<MacAddr> {
        match group {
            IpAddr::V4(group) if group.is_multicast() => {
                let [_, b, c, d] = group.octets();
                Some(MacAddr([0x01, 0x00, 0x5e, b & 0x7f, c, d]))
            }
            IpAddr::V6(group) if group.is_multicast() => {
                let [.., a, b, c, d] = group.octets();
                Some(MacAddr([0x33, 0x33, a, b, c, d]))
            }
            _ => None,
        }
    }

    /// The link-local IPv6 address whose interface identifier is this address (modified EUI-64, RFC 4291 appendix A):
    /// one for each, so that [`MacAddr::of_link_local`] gives the address back.
    #[must_use]
    pub const fn link_local(self) -> Ipv6Addr {
        let [a, b, c, d, e, f] = self.0;
        Ipv6Addr::from_bits(u128::from_be_bytes([0xfe, 0x80, 0, 0, 0, 0, 0, 0, a ^ 2, b, c, 0xff, 0xfe, d, e, f]))
    }

    /// The address that a link-local IPv6 address was formed from; `None` where it was formed otherwise.
    #[must_use]
    pub fn of_link_local(addr: Ipv6Addr) -> Option<MacAddr> {
        match addr.octets() {
            [0xfe, 0x80, 0, 0, 0, 0, 0, 0, a, b, c, 0xff, 0xfe, d, e, f] => Some(MacAddr([a ^ 2, b, c, d, e, f])),
            _ => None,
        }
    }
}

impl fmt::Display for MacAddr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, f] = self.0;
        // Padded as a whole, for columns.
        out.pad(&format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}"))
    }
}

/// A text that is no hardware address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a MAC address; six pairs of hexadecimal digits are, as in 02:00:5e:10:00:01")]
pub struct NotAMacAddr;

impl FromStr for MacAddr {
    type Err = NotAMacAddr;

    /// `02:00:5e:10:00:01`, `02-00-5e-10-00-01`, `0200.5e10.0001`, and octets of one digit (`2:0:5e:10:0:1`).
    fn from_str(text: &str) -> Result<MacAddr, NotAMacAddr> {
        let separator = text.chars().find(|c| matches!(c, ':' | '-' | '.')).ok_or(NotAMacAddr)?;
        let (groups, widest) = if separator == '.' { (3, 4) } else { (6, 2) };
        let mut octets = [0_u8; 6];
        let mut count = 0;
        for (group, digits) in text.split(separator).enumerate() {
            let is_hex = !digits.is_empty() && digits.len() <= widest && digits.bytes().all(|b| b.is_ascii_hexdigit());
            let exact = separator != '.' || digits.len() == widest;
            let value = u16::from_str_radix(digits, 16).ok().filter(|_| is_hex && exact).ok_or(NotAMacAddr)?;
            let width = widest / 2;
            let place = octets.get_mut(group * width..(group + 1) * width).ok_or(NotAMacAddr)?;
            place.copy_from_slice(value.to_be_bytes().get(2 - width..).unwrap_or_default());
            count += 1;
        }
        if count == groups { Ok(MacAddr(octets)) } else { Err(NotAMacAddr) }
    }
}

/// What a frame carries (IEEE 802 numbers); below 0x0600 the field is a length instead (IEEE 802.3 §3.2.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EtherType(pub u16);

impl EtherType {
    /// IPv4.
    pub const IPV4: EtherType = EtherType(0x0800);
    /// ARP.
    pub const ARP: EtherType = EtherType(0x0806);
    /// IPv6.
    pub const IPV6: EtherType = EtherType(0x86dd);
    /// A VLAN tag (IEEE 802.1Q).
    pub const VLAN: EtherType = EtherType(0x8100);
    /// An outer VLAN tag (IEEE 802.1ad).
    pub const SERVICE_VLAN: EtherType = EtherType(0x88a8);
    /// Local Experimental 1: nobody's, for experiments within one network.
    pub const EXPERIMENTAL: EtherType = EtherType(0x88b5);
    /// The least number that is a type and no length.
    pub const LEAST: EtherType = EtherType(0x0600);

    /// Whether it announces a VLAN tag.
    #[must_use]
    pub const fn is_tag(self) -> bool {
        matches!(self, EtherType::VLAN | EtherType::SERVICE_VLAN)
    }

    /// Whether the field is the length of what follows.
    #[must_use]
    pub const fn is_length(self) -> bool {
        self.0 < EtherType::LEAST.0
    }

    /// What it is called, where it is one of the few that everybody knows.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            EtherType::IPV4 => "IPv4",
            EtherType::ARP => "ARP",
            EtherType::IPV6 => "IPv6",
            EtherType::VLAN => "802.1Q",
            EtherType::SERVICE_VLAN => "802.1ad",
            EtherType(0x88cc) => "LLDP",
            EtherType(0x888e) => "802.1X",
            EtherType(0x8847) => "MPLS",
            EtherType(0x8863) => "PPPoE discovery",
            EtherType(0x8864) => "PPPoE",
            EtherType(0x88f7) => "PTP",
            EtherType(0x9000) => "loopback test",
            _ => return None,
        })
    }
}

impl fmt::Display for EtherType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:04x}", self.0)
    }
}

/// A VLAN tag's control information (IEEE 802.1Q §9.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag {
    /// Which VLAN, 12 bits; 0: none, only a priority.
    pub id: u16,
    /// Priority, 3 bits.
    pub priority: u8,
    /// May be dropped first.
    pub drop_eligible: bool,
}

impl Tag {
    /// The largest VLAN number; 4095 is reserved.
    pub const MAX_ID: u16 = 4094;
    /// The largest priority.
    pub const MAX_PRIORITY: u8 = 7;

    /// From the 16 bits on the wire.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Tag {
        Tag { id: bits & 0x0fff, priority: (bits >> 13) as u8, drop_eligible: bits & 0x1000 != 0 }
    }

    /// The 16 bits on the wire; what is too large is cut.
    #[must_use]
    pub const fn bits(self) -> u16 {
        (self.id & 0x0fff) | ((self.priority & 7) as u16) << 13 | (self.drop_eligible as u16) << 12
    }
}

impl fmt::Display for Tag {
    /// `5`, or `5:3` with a priority.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.id)?;
        if self.priority != 0 { write!(f, ":{}", self.priority) } else { Ok(()) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        let mac = MacAddr([0x02, 0x00, 0x5e, 0x10, 0x00, 0x01]);
        for text in ["02:00:5e:10:00:01", "02-00-5E-10-00-01", "0200.5e10.0001", "2:0:5e:10:0:1"] {
            assert_eq!(text.parse(), Ok(mac), "{text}");
        }
        assert_eq!(mac.to_string(), "02:00:5e:10:00:01");
        assert_eq!(format!("{mac:20}|"), "02:00:5e:10:00:01   |");
        for text in [
            "",
            ":",
            "02:00:5e:10:00",
            "02:00:5e:10:00:01:02",
            "02:00:5e:10:00:1g",
            "02:00:5e:10:00:",
            "02005e100001",
            "02:00-5e:10:00:01",
            "200.5e10.0001",
            "0200.5e10.0001.0002",
            "+2:00:5e:10:00:01",
            "002:0:5e:10:0:1",
            "fe80::1",
            "192.0.2.1",
        ] {
            assert_eq!(text.parse::<MacAddr>(), Err(NotAMacAddr), "{text}");
        }
    }

    #[test]
    fn groups_and_stations() {
        assert!(MacAddr::BROADCAST.is_group() && MacAddr::BROADCAST.is_broadcast());
        assert!(!MacAddr::ZERO.is_station() && !MacAddr::ZERO.is_group());
        assert!(MacAddr([2, 0, 0, 0, 0, 1]).is_station());
        let group = |text: &str| MacAddr::of_group(text.parse().unwrap()).map(|m| m.to_string());
        assert_eq!(group("224.129.2.3").as_deref(), Some("01:00:5e:01:02:03"));
        assert_eq!(group("ff02::1:ff01:203").as_deref(), Some("33:33:ff:01:02:03"));
        assert_eq!(group("192.0.2.1"), None);
        assert_eq!(group("fe80::1"), None);
    }

    #[test]
    fn types_and_tags() {
        assert_eq!(EtherType::EXPERIMENTAL.to_string(), "0x88b5");
        assert!(EtherType(1500).is_length() && !EtherType::IPV4.is_length());
        assert_eq!(Tag::from_bits(0x6005), Tag { id: 5, priority: 3, drop_eligible: false });
        assert_eq!(Tag::from_bits(0xffff).to_string(), "4095:7");
        assert_eq!(Tag { id: 5, ..Tag::default() }.to_string(), "5");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read(octets: [u8; 6], bits: u16) {
            let mac = MacAddr(octets);
            prop_assert_eq!(mac.to_string().parse(), Ok(mac));
            prop_assert_eq!(MacAddr::of_link_local(mac.link_local()), Some(mac));
            prop_assert!(mac.link_local().is_unicast_link_local());
            prop_assert_eq!(Tag::from_bits(bits).bits(), bits);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,24}") {
            let _ = text.parse::<MacAddr>();
        }
    }

    #[test]
    fn only_addresses_formed_from_a_mac_give_one() {
        for text in ["fe80::1", "2001:db8::200:5eff:fe10:1", "fe80:0:0:1:0:5eff:fe10:1", "fe80::200:5eff:ff10:1"] {
            assert_eq!(MacAddr::of_link_local(text.parse().unwrap()), None, "{text}");
        }
        let mac = MacAddr([0x00, 0x00, 0x5e, 0x10, 0x00, 0x01]);
        assert_eq!(mac.link_local().to_string(), "fe80::200:5eff:fe10:1");
    }
}
