//! A frame in one line: who to whom, by what, and what it says, by our own reading of its bytes.
//!
//! Everything shown is a number, an address or a word of ours, so that no stranger's byte reaches a terminal; the few
//! texts that frames carry (domains, portals) are cleaned. What is broken is named with its place, behind what could be read.

use std::fmt::{self, Display, Formatter};
use std::net::IpAddr;

use crate::report::clean_bytes;
use crate::units::{Family, Port};
use crate::wire::arp::{self, Operation};
use crate::wire::content::{self, Content, Fragment, Ip, Transport};
use crate::wire::ethernet::Frame;
use crate::wire::icmp::Message;
use crate::wire::ndp::{self, Advertisement, NdOption};
use crate::wire::quoted::{self, QuotedProbe};
use crate::wire::{protocol, tcp};

/// A frame, shown in one line without its time.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a>(pub &'a Frame<'a>);

impl Display for Line<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let frame = self.0;
        write!(f, "{} > {} ", frame.src, frame.dst)?;
        for (_, tag) in [frame.tag, frame.inner_tag].into_iter().flatten() {
            write!(f, "vlan {tag} ")?;
        }
        match content::read(frame) {
            Ok(Content::Arp(packet)) => arp(f, &packet),
            Ok(Content::Ip(ip)) => packet(f, &ip),
            Ok(Content::Other) => {
                match frame.ether_type.name() {
                    Some(name) => write!(f, "{name} ({})", frame.ether_type)?,
                    None if frame.ether_type.is_length() => write!(f, "802.3")?,
                    None => write!(f, "type {}", frame.ether_type)?,
                }
                write!(f, ", {} bytes", frame.unpadded().unwrap_or(frame.payload).len())
            }
            Err(why) => {
                let name = frame.ether_type.name().unwrap_or("frame");
                write!(f, "{name}, broken: {why}")
            }
        }
    }
}

fn arp(f: &mut Formatter<'_>, p: &arp::Packet) -> fmt::Result {
    match p.operation {
        _ if p.is_probe() => write!(f, "ARP is {} in use?", p.target),
        _ if p.is_announcement() => write!(f, "ARP {} is announced at {}", p.sender, p.sender_mac),
        Operation::Request => write!(f, "ARP who has {}? tell {}", p.target, p.sender),
        Operation::Reply => write!(f, "ARP {} is at {}", p.sender, p.sender_mac),
        Operation::Other(code) => write!(f, "ARP operation {code}, {} to {}", p.sender, p.target),
    }?;
    Ok(())
}

/// An address, with a port where there is one.
struct End(IpAddr, Option<Port>);

impl Display for End {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self {
            End(IpAddr::V6(addr), Some(port)) => write!(f, "[{addr}]:{port}"),
            End(addr, Some(port)) => write!(f, "{addr}:{port}"),
            End(addr, None) => write!(f, "{addr}"),
        }
    }
}

fn packet(f: &mut Formatter<'_>, ip: &Ip<'_>) -> fmt::Result {
    let ports = ip.transport.ok().and_then(|transport| transport.ports());
    let (src, dst) = (End(ip.src, ports.map(|p| p.0)), End(ip.dst, ports.map(|p| p.1)));
    write!(f, "{} {src} > {dst} ", Family::of(ip.src))?;
    match &ip.transport {
        Ok(Transport::Tcp(header)) => segment(f, header)?,
        Ok(Transport::Udp(header)) => write!(f, "UDP, {} bytes", header.payload().len())?,
        Ok(Transport::Icmp(message)) => icmp(f, Family::of(ip.src), message)?,
        Ok(Transport::Ndp(message)) => neighbour(f, message)?,
        Ok(Transport::Fragment(bytes)) => write!(f, "{}, {} bytes", Proto(ip.protocol), bytes.len())?,
        Ok(Transport::Other(bytes)) => write!(f, "{}, {} bytes", Proto(ip.protocol), bytes.len())?,
        Err(why) => write!(f, "{}, broken: {why}", Proto(ip.protocol))?,
    }
    write!(f, ", {} {}", if ip.src.is_ipv4() { "ttl" } else { "hlim" }, ip.hop_limit)?;
    if let Some(Fragment { ident, offset, more }) = ip.fragment {
        write!(f, ", fragment {ident:#x} at {offset}{}", if more { "+" } else { "" })?;
    }
    if ip.cut {
        write!(f, ", cut")?;
    }
    Ok(())
}

/// A protocol by name, where it has one here.
struct Proto(u8);

impl Display for Proto {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            protocol::ICMP => "ICMP",
            2 => "IGMP",
            protocol::TCP => "TCP",
            protocol::UDP => "UDP",
            41 => "IPv6 in IP",
            47 => "GRE",
            50 => "ESP",
            protocol::AUTHENTICATION => "AH",
            protocol::ICMPV6 => "ICMPv6",
            59 => "nothing",
            89 => "OSPF",
            112 => "VRRP",
            132 => "SCTP",
            other => return write!(f, "protocol {other}"),
        })
    }
}

fn segment(f: &mut Formatter<'_>, header: &tcp::Header<'_>) -> fmt::Result {
    let (Some(flags), Some(ack), Some(window)) = (header.flags(), header.ack(), header.window()) else {
        return write!(f, "TCP seq {}, cut", header.seq());
    };
    write!(f, "TCP {} seq {}", tcp::Flags(flags), header.seq())?;
    if flags & tcp::flag::ACK != 0 {
        write!(f, " ack {ack}")?;
    }
    match header.header_len() {
        Some(len) if len < tcp::MIN_HEADER_LEN => write!(f, " win {window}, broken: header of {len} bytes"),
        _ => write!(f, " win {window}, {} bytes", header.payload().len()),
    }
}

fn icmp(f: &mut Formatter<'_>, family: Family, message: &Message<'_>) -> fmt::Result {
    let name = if family == Family::V4 { "ICMP" } else { "ICMPv6" };
    let which = |request: bool| if request { "request" } else { "reply" };
    match message {
        Message::Echo { request, ident, seq, payload } => {
            write!(f, "{name} echo {} ident {ident} seq {seq}, {} bytes", which(*request), payload.len())
        }
        Message::Timestamp { request, ident, seq, .. } => {
            write!(f, "{name} timestamp {} ident {ident} seq {seq}", which(*request))
        }
        Message::Error { error, quote, .. } => {
            write!(f, "{name} {error}")?;
            about(f, family, quote)
        }
        Message::Redirect { gateway, quote, .. } => {
            write!(f, "{name} redirect to {gateway}")?;
            about(f, family, quote)
        }
        Message::Other { ty, code } => match (family, ty) {
            (Family::V6, 130) => write!(f, "{name} multicast listener query"),
            (Family::V6, 131) => write!(f, "{name} multicast listener report"),
            (Family::V6, 132) => write!(f, "{name} multicast listener done"),
            (Family::V6, 143) => write!(f, "{name} multicast listener report v2"),
            (Family::V4, 9) => write!(f, "{name} router advertisement"),
            (Family::V4, 10) => write!(f, "{name} router solicitation"),
            _ => write!(f, "{name} type {ty} code {code}"),
        },
    }
}

/// What an error quotes.
fn about(f: &mut Formatter<'_>, family: Family, quote: &[u8]) -> fmt::Result {
    let Ok(quoted) = quoted::parse(family, quote) else { return Ok(()) };
    let ports = match quoted.what {
        QuotedProbe::Udp { src_port, dst_port, .. } | QuotedProbe::Tcp { src_port, dst_port, .. } => {
            Some((src_port, dst_port))
        }
        _ => None,
    };
    let (src, dst) = (End(quoted.src, ports.map(|p| p.0)), End(quoted.dst, ports.map(|p| p.1)));
    write!(f, " about {src} > {dst} {}", Proto(quoted.protocol))?;
    match quoted.what {
        QuotedProbe::Echo { ident, seq, .. } => write!(f, " echo request ident {ident} seq {seq}"),
        _ => Ok(()),
    }
}

fn neighbour(f: &mut Formatter<'_>, message: &ndp::Message<'_>) -> fmt::Result {
    match message {
        ndp::Message::NeighborSolicitation { target, .. } => match message.source_mac() {
            Some(mac) => write!(f, "NDP who has {target}? tell {mac}"),
            None => write!(f, "NDP is {target} in use?"),
        },
        ndp::Message::NeighborAdvertisement { router, solicited, replaces, target, .. } => {
            write!(f, "NDP {target} is at ")?;
            match message.target_mac() {
                Some(mac) => write!(f, "{mac}")?,
                None => write!(f, "the sender")?,
            }
            let flags = [(*router, "router"), (*solicited, "solicited"), (*replaces, "override")];
            flags.iter().filter(|(set, _)| *set).try_for_each(|(_, name)| write!(f, " {name}"))
        }
        ndp::Message::RouterSolicitation { .. } => write!(f, "NDP is there a router?"),
        ndp::Message::RouterAdvertisement { router, options } => {
            write!(f, "NDP router")?;
            settings(f, router)?;
            for option in *options {
                match option {
                    Ok(option) => shown_option(f, &option)?,
                    Err(why) => return write!(f, ", broken: {why}"),
                }
            }
            Ok(())
        }
    }
}

fn settings(f: &mut Formatter<'_>, router: &Advertisement) -> fmt::Result {
    write!(f, " for {} s, preference {}", router.lifetime_s, router.preference.name())?;
    let flags = [
        (router.managed, "managed"),
        (router.other, "other"),
        (router.home_agent, "home-agent"),
        (router.proxy, "proxy"),
    ];
    flags.iter().filter(|(set, _)| *set).try_for_each(|(_, name)| write!(f, " {name}"))
}

/// The options by which a router is known.
fn shown_option(f: &mut Formatter<'_>, option: &NdOption<'_>) -> fmt::Result {
    match option {
        NdOption::Prefix(p) => write!(f, ", prefix {}/{}", p.prefix, p.len),
        NdOption::Mtu(mtu) => write!(f, ", mtu {mtu}"),
        NdOption::Route(r) => write!(f, ", route {}/{}", r.prefix, r.len),
        NdOption::Rdnss { servers, .. } => { *servers }.try_for_each(|server| write!(f, ", dns {server}")),
        NdOption::Dnssl { domains, .. } => {
            { *domains }.try_for_each(|domain| write!(f, ", search {}", clean_bytes(domain.to_string().as_bytes())))
        }
        NdOption::CaptivePortal(uri) => write!(f, ", portal {}", clean_bytes(uri)),
        NdOption::Pref64 { prefix, len: Some(len), .. } => write!(f, ", nat64 {prefix}/{len}"),
        _ => Ok(()),
    }
}

/// Whether a line can be made of these bytes and is one line that paints no terminal: what the fuzz target asserts.
#[doc(hidden)]
#[must_use]
pub fn is_fit(bytes: &[u8]) -> bool {
    let Ok(frame) = Frame::new_checked(bytes) else { return true };
    let line = Line(&frame).to_string();
    !line.is_empty() && line.chars().all(|c| !c.is_control())
}

#[cfg(test)]
mod tests;
