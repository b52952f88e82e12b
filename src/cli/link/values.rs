//! Values that several subcommands take: MAC addresses, types and tags.

use crate::cli::Refusal;
use crate::cli::values::{whole, word};
use crate::net::packet::LinkError;
use crate::report::clean;
use crate::units::{EtherType, MacAddr, Tag};

/// Reads a MAC address, the operand of a subcommand.
///
/// # Errors
/// One line, where it is none, or no destination.
pub(super) fn mac(text: &str) -> Result<MacAddr, Refusal> {
    let mac: MacAddr = text.parse().map_err(|why| Refusal::of("MAC", text, why))?;
    if mac == MacAddr::ZERO {
        return Err(Refusal::of("MAC", text, "no station's address; see the other host's: rlink interfaces"));
    }
    Ok(mac)
}

/// Reads the type of frames.
///
/// # Errors
/// One line, where it is a length or announces a tag.
pub(super) fn ether_type(text: Option<&String>) -> Result<EtherType, Refusal> {
    let Some(text) = text else { return Ok(EtherType::EXPERIMENTAL) };
    let option = "--ethertype";
    let ether_type = EtherType(word(option, text, u64::from(u16::MAX))? as u16);
    if ether_type.is_length() {
        let least = EtherType::LEAST;
        return Err(Refusal::of(option, text, format!("a length, and no type: {least} <= value <= 0xffff")));
    }
    if ether_type.is_tag() {
        return Err(Refusal::of(option, text, "announces a VLAN tag, which --vlan writes"));
    }
    Ok(ether_type)
}

/// Reads a VLAN, and perhaps a priority behind a colon.
///
/// # Errors
/// One line, where either is none.
pub(super) fn tag(text: Option<&String>) -> Result<Option<Tag>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    let (id, priority) = text.split_once(':').map_or((text.as_str(), None), |(id, priority)| (id, Some(priority)));
    let id = whole("--vlan", id, 0, u64::from(Tag::MAX_ID))? as u16;
    let priority = priority.map(|priority| whole("--vlan priority", priority, 0, u64::from(Tag::MAX_PRIORITY)));
    Ok(Some(Tag { id, priority: priority.transpose()?.unwrap_or(0) as u8, drop_eligible: false }))
}

/// The line of a link that cannot be used. Its interface was named by the user.
pub(super) fn refusal(error: &LinkError) -> Refusal {
    Refusal::new(clean(&error.to_string()).into_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn said<T: std::fmt::Debug>(result: Result<T, Refusal>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn types_and_tags_have_limits() {
        let of = |text: &str| ether_type(Some(&text.to_owned()));
        assert_eq!(ether_type(None), Ok(EtherType::EXPERIMENTAL));
        assert_eq!(of("0x88B6"), Ok(EtherType(0x88b6)));
        assert_eq!(of("2048"), Ok(EtherType::IPV4));
        assert_eq!(said(of("0x5ff")), "--ethertype 0x5ff: a length, and no type: 0x0600 <= value <= 0xffff");
        assert_eq!(said(of("0x8100")), "--ethertype 0x8100: announces a VLAN tag, which --vlan writes");
        assert!(said(of("88b5")).starts_with("--ethertype 88b5: not a whole number"));
        assert!(said(of("0x10000")).starts_with("--ethertype 0x10000: out of range"));
        let of = |text: &str| tag(Some(&text.to_owned()));
        assert_eq!(of("5:3"), Ok(Some(Tag { id: 5, priority: 3, drop_eligible: false })));
        assert_eq!(of("0"), Ok(Some(Tag::default())));
        assert_eq!(said(of("4095")), "--vlan 4095: out of range: 0 <= value <= 4094");
        assert_eq!(said(of("5:8")), "--vlan priority 8: out of range: 0 <= value <= 7");
        assert!(said(of("five")).starts_with("--vlan five: not a whole number"));
        assert!(said(of("5:")).starts_with("--vlan priority '': not a whole number"));
    }

    #[test]
    fn a_destination_is_somebody() {
        assert!(mac("ff:ff:ff:ff:ff:ff").unwrap().is_broadcast());
        assert!(said(mac("00:00:00:00:00:00")).starts_with("MAC 00:00:00:00:00:00: no station's address"));
        assert!(said(mac("192.0.2.1")).starts_with("MAC 192.0.2.1: not a MAC address; six pairs"));
    }
}
