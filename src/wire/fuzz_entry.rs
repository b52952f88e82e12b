//! What the fuzz targets and the corpus test run: each walks over everything that can be read from its input.
//!
//! Each returns whether what it read keeps the floor's promises: every slice lies within the input, iterators end, and
//! parts do not overlap. Callers assert that; nothing here panics by itself.

use super::content::{self, Content, Transport};
use super::extension::interface::InterfaceInfo;
use super::extension::meaning::{self, Extensions, Meaning};
use super::extension::mpls::Label;
use super::icmp::Message;
use super::ip_options::IpOption;
use super::ndp::NdOption;
use super::quoted::{Quoted, QuotedProbe};
use super::{arp, ethernet, extension, icmp, ip_options, ipv4, ipv6, link_echo, ndp, quoted};
use crate::units::Family;
use std::fmt::Write;

/// Whether `inner` is a part of `outer`, or empty.
fn within(outer: &[u8], inner: &[u8]) -> bool {
    let (o, i) = (outer.as_ptr_range(), inner.as_ptr_range());
    inner.is_empty() || (o.start <= i.start && i.end <= o.end)
}

/// Discards text, but makes sure that it can be made.
struct Sink;

impl Write for Sink {
    fn write_str(&mut self, _: &str) -> std::fmt::Result {
        Ok(())
    }
}

fn shown(value: impl std::fmt::Display) -> bool {
    write!(Sink, "{value}").is_ok()
}

/// An IPv4 ICMP message.
#[must_use]
pub fn icmpv4(data: &[u8]) -> bool {
    let _ = icmp::checksum_ok(data);
    message(Family::V4, data)
}

/// An ICMPv6 message.
#[must_use]
pub fn icmpv6(data: &[u8]) -> bool {
    message(Family::V6, data)
}

fn message(family: Family, data: &[u8]) -> bool {
    match icmp::parse(family, data) {
        Ok(Message::Echo { payload, .. }) => within(data, payload) && payload.len() + 8 == data.len(),
        Ok(Message::Error { error, quote, extensions }) => {
            let after = extensions.unwrap_or_default();
            shown(error)
                && !error.name().is_empty()
                && within(data, quote)
                && within(data, after)
                && 8 + quote.len() + after.len() <= data.len()
                && one_quote(family, quote)
                && extension(after)
        }
        Ok(Message::Redirect { quote, .. }) => within(data, quote) && one_quote(family, quote),
        Ok(Message::Timestamp { .. } | Message::Other { .. }) => true,
        Err(e) => shown(e),
    }
}

/// An IP packet of either family, with the ICMP message in it.
#[must_use]
pub fn ipv4(data: &[u8]) -> bool {
    let v4 = match ipv4::Header::new_checked(data) {
        Ok(ip) => {
            let _ = ip.checksum_ok();
            within(data, ip.payload())
                && ip.header_len() + ip.payload().len() <= data.len()
                && ip.header_len() + ip.payload().len() <= usize::from(ip.total_len())
                && (ip.truncated() || ip.header_len() + ip.payload().len() == usize::from(ip.total_len()))
                && ip_options(ip.options())
                && icmpv4(ip.payload())
        }
        Err(e) => shown(e),
    };
    let v6 = match ipv6::Header::new_checked(data) {
        Ok(ip) => {
            within(data, ip.payload())
                && ip.upper().map_or_else(shown, |u| {
                    within(ip.payload(), u.payload) && u.extensions_len + u.payload.len() == ip.payload().len()
                })
        }
        Err(e) => shown(e),
    };
    v4 && v6
}

/// A quoted packet of either family.
#[must_use]
pub fn quoted(data: &[u8]) -> bool {
    one_quote(Family::V4, data) && one_quote(Family::V6, data)
}

fn one_quote(family: Family, data: &[u8]) -> bool {
    match quoted::parse(family, data) {
        Ok(Quoted { ip_options: options, what, .. }) => {
            let payload = match what {
                QuotedProbe::Echo { payload, .. }
                | QuotedProbe::Udp { payload, .. }
                | QuotedProbe::Tcp { payload, .. } => payload,
                _ => &[],
            };
            within(data, options) && ip_options(options) && within(data, payload)
        }
        Err(e) => shown(e),
    }
}

/// An RFC 4884 extension structure: its walk, and what it means.
#[must_use]
pub fn extension(data: &[u8]) -> bool {
    walked(data) && meant(data)
}

/// Nothing is dropped: what is kept and what is counted as left out is all there was (the padding of names aside).
fn meant(data: &[u8]) -> bool {
    let read = Extensions::read(data);
    let header = if extension::Structure::new(data).is_ok() { extension::HEADER_LEN } else { 0 };
    let kept: usize = read.objects.iter().map(octets).sum();
    read.objects.len() <= meaning::MAX_OBJECTS
        && header + kept <= meaning::MAX_OCTETS
        && header + kept + read.left_out <= data.len()
        && (header + kept + read.left_out == data.len() || read.objects.iter().any(is_named))
        && read.labels().all(|&l| Label::from(u32::from(l)) == l)
}

fn is_named(object: &Meaning) -> bool {
    matches!(object, Meaning::Interface(InterfaceInfo { name: Some(_), .. }))
}

/// Octets of an object on the wire, of a name the fewest.
fn octets(object: &Meaning) -> usize {
    let header = extension::HEADER_LEN;
    match object {
        Meaning::Mpls(stack) => header + 4 * stack.len(),
        Meaning::Interface(of) => {
            let number = |n: Option<u32>| if n.is_some() { 4 } else { 0 };
            let address = of.address.map_or(0, |a| if a.is_ipv4() { 8 } else { 20 });
            header
                + number(of.index)
                + address
                + of.name.as_ref().map_or(0, |n| (n.len() + 1).next_multiple_of(4))
                + number(of.mtu)
        }
        Meaning::Unknown { bytes, .. } => header + bytes.len(),
        Meaning::Malformed { why, bytes } if shown(why) => bytes.len(),
        Meaning::Malformed { .. } => usize::MAX / 2,
    }
}

fn walked(data: &[u8]) -> bool {
    let Ok(structure) = extension::Structure::new(data) else { return true };
    let _ = structure.checksum();
    let mut used = extension::HEADER_LEN;
    for object in structure.objects() {
        let (bytes, head) = match object {
            Ok(object) => (object.bytes, extension::HEADER_LEN),
            Err(broken) if shown(broken.why) => (broken.bytes, 0),
            Err(_) => return false,
        };
        used += head + bytes.len();
        if !within(data, bytes) {
            return false;
        }
    }
    used == data.len()
}

/// IPv4 options.
#[must_use]
pub fn ip_options(data: &[u8]) -> bool {
    ip_options::iter(data).count() <= ip_options::MAX_LEN
        && ip_options::iter(data).all(|option| match option {
            IpOption::RecordRoute(r) | IpOption::LooseSourceRoute(r) | IpOption::StrictSourceRoute(r) => {
                within(data, r.recorded_bytes()) && r.recorded().count() <= r.all().count() && r.all().count() <= 9
            }
            IpOption::Timestamp(t) => t.recorded().count() <= t.all().count() && t.all().count() <= 9,
            IpOption::Unknown { data: bytes, .. } => within(data, bytes),
            IpOption::Malformed { bytes, why, .. } => within(data, bytes) && shown(why),
            IpOption::End | IpOption::Nop => true,
        })
}

/// An Ethernet frame, with the IP packet in it.
#[must_use]
pub fn ethernet(data: &[u8]) -> bool {
    match ethernet::Frame::new_checked(data) {
        Ok(frame) => {
            let tags = usize::from(frame.tag.is_some()) + usize::from(frame.inner_tag.is_some());
            within(data, frame.payload)
                && ethernet::HEADER_LEN + tags * ethernet::TAG_LEN + frame.payload.len() == data.len()
                && frame.unpadded().is_none_or(|bytes| within(frame.payload, bytes))
                && shown(frame.dst)
                && shown(frame.ether_type)
                && ipv4(frame.payload)
                && link_echo(frame.payload)
        }
        Err(e) => shown(e),
    }
}

fn link_echo(data: &[u8]) -> bool {
    match link_echo::Message::new_checked(data) {
        Ok(message) => {
            within(data, message.data)
                && message.data.len() <= message.data_len
                && message.len() == link_echo::HEADER_LEN + message.data_len
        }
        Err(e) => shown(e),
    }
}

/// An ARP packet.
#[must_use]
pub fn arp(data: &[u8]) -> bool {
    match arp::Packet::parse(data) {
        Ok(packet) => {
            data.get(6..arp::LEN) == packet.emit().get(6..) && !(packet.is_probe() && packet.is_announcement())
        }
        Err(e) => shown(e),
    }
}

/// A message of neighbour discovery.
#[must_use]
pub fn ndp(data: &[u8]) -> bool {
    match ndp::parse(data) {
        Ok(Some(message)) => message.options().all(|option| match option {
            Ok(NdOption::Redirected(bytes) | NdOption::Nonce(bytes) | NdOption::CaptivePortal(bytes)) => {
                within(data, bytes)
            }
            Ok(NdOption::Unknown { body, .. }) => within(data, body),
            Ok(NdOption::Rdnss { servers, .. }) => servers.count() * 16 <= data.len(),
            Ok(NdOption::Dnssl { domains, .. }) => {
                domains.count() <= data.len() && domains.into_iter().all(|d| shown(d) && d.labels().count() > 0)
            }
            Ok(_) => true,
            Err(e) => shown(e),
        }),
        Ok(None) => true,
        Err(e) => shown(e),
    }
}

/// What a frame carries, from its type to its transport.
#[must_use]
pub fn content(data: &[u8]) -> bool {
    let Ok(frame) = ethernet::Frame::new_checked(data) else { return true };
    match content::read(&frame) {
        Ok(Content::Ip(ip)) => match ip.transport {
            Ok(Transport::Tcp(tcp)) => within(data, tcp.payload()),
            Ok(Transport::Udp(udp)) => within(data, udp.payload()),
            Ok(Transport::Fragment(bytes) | Transport::Other(bytes)) => within(data, bytes),
            Ok(Transport::Icmp(_) | Transport::Ndp(_)) => true,
            Err(e) => shown(e),
        },
        Ok(Content::Arp(_) | Content::Other) => true,
        Err(e) => shown(e),
    }
}
