//! Where probes leave from, as an option says it: an address of this host, an interface, or an address with its interface.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Refusal;
use crate::net::Peer;
use crate::net::icmp::Options;
use crate::units::Family;

/// An address, an address with its interface, or an interface.
pub(super) fn device_or_source(option: &str, options: &mut Options, text: &str) -> Result<(), Refusal> {
    if let Ok(addr) = text.parse::<Ipv4Addr>() {
        source(options, addr.into());
    } else if text.contains(':') {
        let (addr, zone) = text.split_once('%').map_or((text, None), |(addr, zone)| (addr, Some(zone)));
        let addr: Ipv6Addr = addr.parse().map_err(|_| Refusal::of(option, text, "invalid source address"))?;
        source(options, addr.into());
        if let Some(zone) = zone {
            options.device = Some(device(option, zone, text)?);
        }
    } else {
        options.device = Some(device(option, text, text)?);
    }
    Ok(())
}

/// One source a family, the last one given.
pub(super) fn source(options: &mut Options, addr: IpAddr) {
    options.sources.retain(|other| Family::of(other.addr) != Family::of(addr));
    options.sources.push(Peer::from(addr));
}

/// A word that can be an interface's name (dev_valid_name in the kernel's net/core/dev.c).
pub(super) fn device(option: &str, name: &str, text: &str) -> Result<String, Refusal> {
    let possible = !matches!(name, "" | "." | "..")
        && name.len() < 16
        && !name.chars().any(|c| c == '/' || c == ':' || c.is_whitespace() || c.is_control());
    if possible {
        Ok(name.to_owned())
    } else {
        Err(Refusal::of(option, text, "neither an address nor an interface's name"))
    }
}
