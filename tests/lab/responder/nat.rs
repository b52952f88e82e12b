//! A router that rewrites what passes: source address, port or ident, IP identification, and the checksum with them.
//!
//! What a prober sees of it is what routers behind it quote, after the answer has passed the translator once more: some
//! put everything back, many only addresses and ports, and some nothing.

use std::net::IpAddr;

use serde::Deserialize;

use super::log::Kind;
use super::message::{add16, put_address};
use super::packet::{Ip, checksum, checksum_at, seal_v4};
use super::scenario::of_family;
use super::values::many;

/// The translator of a router.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Nat {
    /// The source becomes this, one a family.
    #[serde(default, deserialize_with = "many")]
    pub source: Vec<IpAddr>,
    /// Added to the source port, or the ident of an ICMP query.
    #[serde(default)]
    pub port_add: u16,
    /// Added to the identification of IPv4 packets.
    #[serde(default)]
    pub id_add: u16,
    /// What it puts back in the quotations that pass it on their way home.
    #[serde(default)]
    pub restores: Restores,
}

/// How much of its own work a translator undoes in a quotation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restores {
    /// Source and port; the checksum and the identification stay as it had made them.
    #[default]
    Addresses,
    /// All of it.
    Everything,
    /// Nothing of it.
    Nothing,
}

/// What the rewritten fields were before.
#[derive(Clone, Debug)]
pub struct Before {
    src: IpAddr,
    port: [u8; 2],
    sum: [u8; 2],
    id: [u8; 2],
}

/// Where the port or ident stands behind the IP header.
fn port_at(kind: Kind) -> Option<usize> {
    match kind {
        Kind::Udp | Kind::Tcp => Some(0),
        Kind::Echo | Kind::Timestamp => Some(4),
        Kind::Other => None,
    }
}

fn get(packet: &[u8], at: Option<usize>) -> [u8; 2] {
    at.and_then(|at| packet.get(at..at + 2)?.try_into().ok()).unwrap_or_default()
}

fn set(packet: &mut [u8], at: Option<usize>, value: [u8; 2]) {
    if let Some(field) = at.and_then(|at| packet.get_mut(at..at + 2)) {
        field.copy_from_slice(&value);
    }
}

fn source_at(v4: bool) -> usize {
    if v4 { 12 } else { 8 }
}

impl Nat {
    /// Rewrites a packet on its way out. The checksum is corrected, not made anew: a wrong one stays wrong.
    pub fn apply(&self, ip: &mut Ip, kind: Kind, packet: &mut [u8]) -> Before {
        let v4 = ip.src.is_ipv4();
        let port = port_at(kind).map(|at| ip.header_len + at);
        let sum = checksum_at(ip.protocol).map(|at| ip.header_len + at);
        let id = v4.then_some(4);
        let before = Before { src: ip.src, port: get(packet, port), sum: get(packet, sum), id: get(packet, id) };
        let summed = |ip: &Ip, packet: &[u8]| {
            // ICMP for IPv4 has no pseudo-header: only what stands in the message counts.
            let address = &packet[source_at(v4)..ip.header_len.min(if v4 { 16 } else { 24 })];
            let address = if ip.protocol == super::packet::ICMP { &[][..] } else { address };
            u32::from(!checksum(&[address, &get(packet, port)]))
        };
        let old = summed(ip, packet);
        if let Some(source) = of_family(&self.source, ip.src) {
            put_address(packet, source_at(v4), Some(source));
            ip.src = source;
        }
        if let Some(at) = port {
            add16(packet, at, self.port_add);
        }
        if let Some(at) = id {
            add16(packet, at, self.id_add);
        }
        let new = summed(ip, packet);
        // RFC 1624; a UDP checksum of zero means none.
        let was = u16::from_be_bytes(before.sum);
        if !(kind == Kind::Udp && was == 0) {
            let mut total = u32::from(!was) + (0xffff - old) + new;
            while total > 0xffff {
                total = (total & 0xffff) + (total >> 16);
            }
            set(packet, sum, (!(total as u16)).to_be_bytes());
        }
        if v4 {
            seal_v4(packet, ip.header_len);
        }
        before
    }

    /// Puts back in a quoted packet what this translator puts back.
    pub fn restore(&self, before: &Before, ip: &Ip, kind: Kind, quoted: &mut [u8]) {
        if self.restores == Restores::Nothing {
            return;
        }
        let v4 = before.src.is_ipv4();
        put_address(quoted, source_at(v4), Some(before.src));
        set(quoted, port_at(kind).map(|at| ip.header_len + at), before.port);
        if self.restores == Restores::Everything {
            set(quoted, checksum_at(ip.protocol).map(|at| ip.header_len + at), before.sum);
            set(quoted, v4.then_some(4), before.id);
        }
    }
}
