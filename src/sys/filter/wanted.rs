//! A classic BPF program that lets only the frames reach a packet socket that somebody wants to see.
//!
//! A tag that the kernel took out of the frame is not in the program's way; one that is still in it (our own frames,
//! inner tags) is looked behind, up to two. The program is generous where being exact would take a loop: a packet with
//! IPv6 extension headers passes if its addresses fit. Whoever reads the socket judges exactly.

use std::net::IpAddr;

use super::{
    ACCEPT, ADD_X, AND, Insn, JA, JEQ, JSET, LDB, LDB_X, LDH, LDH_X, LDW_X, LDX_IMM, LSH, Program, RET, TAX, To,
};
use crate::units::{EtherType, Port};

/// What frames carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// TCP over either family.
    Tcp,
    /// UDP over either family.
    Udp,
    /// ICMP over IPv4.
    Icmp,
    /// ICMPv6.
    Icmp6,
    /// ARP.
    Arp,
    /// Whatever has this type.
    Type(EtherType),
}

/// Which frames are wanted: those that fit all that is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// What they carry.
    pub protocol: Option<Protocol>,
    /// From or to this address; ARP that asks for it or tells of it, too.
    pub host: Option<IpAddr>,
    /// From or to this port of TCP or UDP.
    pub port: Option<Port>,
}

impl Wanted {
    /// Whether every frame is wanted.
    #[must_use]
    pub fn is_all(&self) -> bool {
        *self == Wanted::default()
    }

    /// Whether frames of this type can be wanted at all.
    #[must_use]
    pub fn may_be(&self, ether_type: EtherType) -> bool {
        let protocol = match (self.protocol, ether_type) {
            (None, _) => true,
            (Some(Protocol::Type(wanted)), _) => wanted == ether_type,
            (Some(Protocol::Arp), EtherType::ARP) => true,
            (Some(Protocol::Icmp), EtherType::IPV4) | (Some(Protocol::Icmp6), EtherType::IPV6) => true,
            (Some(Protocol::Tcp | Protocol::Udp), EtherType::IPV4 | EtherType::IPV6) => true,
            _ => false,
        };
        let host = match self.host {
            None => true,
            Some(IpAddr::V4(_)) => matches!(ether_type, EtherType::IPV4 | EtherType::ARP),
            Some(IpAddr::V6(_)) => ether_type == EtherType::IPV6,
        };
        let ports = matches!(ether_type, EtherType::IPV4 | EtherType::IPV6)
            && !matches!(self.protocol, Some(Protocol::Icmp | Protocol::Icmp6));
        protocol && host && (ports || self.port.is_none())
    }

    /// The IP protocols that are wanted; none: any.
    #[must_use]
    pub fn ip_protocols(&self) -> &'static [u8] {
        match (self.protocol, self.port) {
            (Some(Protocol::Tcp), _) => &[TCP],
            (Some(Protocol::Udp), _) => &[UDP],
            (Some(Protocol::Icmp), _) => &[1],
            (Some(Protocol::Icmp6), _) => &[58],
            (_, Some(_)) => &[TCP, UDP],
            _ => &[],
        }
    }
}

// IANA "Assigned Internet Protocol Numbers".
const TCP: u8 = 6;
const UDP: u8 = 17;

/// IPv6 headers behind which anything may stand: hop-by-hop, routing, fragment, authentication, destination, mobility,
/// HIP, Shim6 (IANA "IPv6 Extension Header Types").
const EXTENSIONS: [u8; 8] = [0, 43, 44, 51, 60, 135, 139, 140];

// Where the payload of an untagged frame begins; a tag in the frame is in X.
const AT: u32 = 14;

const TAGGED: To = To::Place(0);
const TAGGED_TWICE: To = To::Place(1);
const JUDGE: To = To::Place(2);
const ARP: To = To::Place(3);
const V4: To = To::Place(4);
const V6: To = To::Place(5);
const FITS: To = To::Place(6);
const V4_HOST: To = To::Place(7);
const V4_PROTOCOL: To = To::Place(8);
const V4_PORT: To = To::Place(9);
const V6_SECOND: To = To::Place(10);
const V6_PROTOCOL: To = To::Place(11);
const V6_PORT: To = To::Place(12);

/// The program; `None` where every frame is wanted.
#[must_use]
pub fn wanted_filter(wanted: &Wanted) -> Option<Vec<Insn>> {
    if wanted.is_all() {
        return None;
    }
    let mut p = Program::new();
    p.op(LDH, 12);
    p.jump(JEQ, EtherType::VLAN.0.into(), TAGGED, To::Next);
    p.jump(JEQ, EtherType::SERVICE_VLAN.0.into(), TAGGED, To::Next);
    p.op(LDX_IMM, 0);
    p.jump(JA, 0, JUDGE, JUDGE);
    p.label(TAGGED);
    p.op(LDH, 16);
    p.jump(JEQ, EtherType::VLAN.0.into(), TAGGED_TWICE, To::Next);
    p.jump(JEQ, EtherType::SERVICE_VLAN.0.into(), TAGGED_TWICE, To::Next);
    p.op(LDX_IMM, 4);
    p.jump(JA, 0, JUDGE, JUDGE);
    p.label(TAGGED_TWICE);
    p.op(LDH, 20);
    p.op(LDX_IMM, 8);

    p.label(JUDGE); // A: the type, X: the octets of tags
    if let Some(Protocol::Type(ether_type)) = wanted.protocol {
        if ![EtherType::IPV4, EtherType::IPV6, EtherType::ARP].contains(&ether_type) && wanted.may_be(ether_type) {
            p.jump(JEQ, ether_type.0.into(), FITS, To::Drop);
        }
    }
    let families = [(EtherType::ARP, ARP), (EtherType::IPV4, V4), (EtherType::IPV6, V6)];
    let possible = families.map(|(ether_type, place)| wanted.may_be(ether_type).then_some((ether_type, place)));
    for (ether_type, place) in possible.into_iter().flatten() {
        p.jump(JEQ, ether_type.0.into(), place, To::Next);
    }
    p.jump(JA, 0, To::Drop, To::Drop);
    if wanted.may_be(EtherType::ARP) {
        p.label(ARP);
        arp(&mut p, wanted);
    }
    if wanted.may_be(EtherType::IPV4) {
        p.label(V4);
        v4(&mut p, wanted);
    }
    if wanted.may_be(EtherType::IPV6) {
        p.label(V6);
        v6(&mut p, wanted);
    }
    p.label(FITS);
    p.op(RET, ACCEPT);
    Some(p.finish())
}

/// Lets ICMPv6 of these types through, in frames without tags and packets without extension headers: neighbour discovery
/// and what else is asked of a link.
#[must_use]
pub fn icmp6_filter(types: &[u8]) -> Vec<Insn> {
    let mut p = Program::new();
    p.op(LDB, AT + 6);
    p.jump(JEQ, 58, To::Next, To::Drop);
    p.op(LDB, AT + 40);
    for ty in types {
        p.jump(JEQ, (*ty).into(), FITS, To::Next);
    }
    p.jump(JA, 0, To::Drop, To::Drop);
    p.label(FITS);
    p.op(RET, ACCEPT);
    p.finish()
}

/// Lets through what tells of neighbours: ARP, neighbour discovery (router advertisements and solicitations, too, for they
/// come from somebody), and replies to ICMPv6 echo. Frames with tags in them are no concern of an untagged link.
#[must_use]
pub fn neighbour_filter() -> Vec<Insn> {
    let mut p = Program::new();
    p.op(LDH, 12);
    p.jump(JEQ, EtherType::ARP.0.into(), FITS, To::Next);
    p.jump(JEQ, EtherType::IPV6.0.into(), To::Next, To::Drop);
    p.op(LDB, AT + 6);
    p.jump(JEQ, 58, To::Next, To::Drop);
    p.op(LDB, AT + 40);
    for ty in [129, 133, 134, 135, 136] {
        p.jump(JEQ, ty, FITS, To::Next);
    }
    p.jump(JA, 0, To::Drop, To::Drop);
    p.label(FITS);
    p.op(RET, ACCEPT);
    p.finish()
}

fn arp(p: &mut Program, wanted: &Wanted) {
    if let Some(IpAddr::V4(host)) = wanted.host {
        p.op(LDW_X, AT + 14);
        p.jump(JEQ, host.to_bits(), FITS, To::Next);
        p.op(LDW_X, AT + 24);
        p.jump(JEQ, host.to_bits(), FITS, To::Drop);
    } else {
        p.jump(JA, 0, FITS, FITS);
    }
}

fn v4(p: &mut Program, wanted: &Wanted) {
    if let Some(IpAddr::V4(host)) = wanted.host {
        p.label(V4_HOST);
        p.op(LDW_X, AT + 12);
        p.jump(JEQ, host.to_bits(), V4_PROTOCOL, To::Next);
        p.op(LDW_X, AT + 16);
        p.jump(JEQ, host.to_bits(), V4_PROTOCOL, To::Drop);
    }
    p.label(V4_PROTOCOL);
    one_of(p, AT + 9, wanted.ip_protocols(), V4_PORT);
    p.label(V4_PORT);
    let Some(Port(port)) = wanted.port else { return p.jump(JA, 0, FITS, FITS) };
    p.op(LDH_X, AT + 6);
    p.jump(JSET, 0x1fff, To::Drop, To::Next); // later fragments have no ports
    p.op(LDB_X, AT);
    p.op(AND, 0x0f);
    p.op(LSH, 2);
    p.op(ADD_X, 0);
    p.op(TAX, 0); // X: tags and header
    either_port(p, AT, port);
}

fn v6(p: &mut Program, wanted: &Wanted) {
    if let Some(IpAddr::V6(host)) = wanted.host {
        let words = host.octets();
        let word = |i: usize| words.get(4 * i..).and_then(|w| w.first_chunk()).map_or(0, |w| u32::from_be_bytes(*w));
        for (source, other) in [(8, V6_SECOND), (24, To::Drop)] {
            for i in 0..4 {
                p.op(LDW_X, AT + source + 4 * i as u32);
                p.jump(JEQ, word(i), if i == 3 { V6_PROTOCOL } else { To::Next }, other);
            }
            if other == V6_SECOND {
                p.label(V6_SECOND);
            }
        }
    }
    p.label(V6_PROTOCOL);
    let protocols = wanted.ip_protocols();
    if !protocols.is_empty() {
        p.op(LDB_X, AT + 6);
        for extension in EXTENSIONS {
            p.jump(JEQ, extension.into(), FITS, To::Next);
        }
    }
    one_of(p, AT + 6, protocols, V6_PORT);
    p.label(V6_PORT);
    match wanted.port {
        Some(Port(port)) => either_port(p, AT + 40, port),
        None => p.jump(JA, 0, FITS, FITS),
    }
}

/// The byte at X + `at` is one of these; none: anything.
fn one_of(p: &mut Program, at: u32, protocols: &[u8], then: To) {
    if let Some((last, others)) = protocols.split_last() {
        p.op(LDB_X, at);
        for protocol in others {
            p.jump(JEQ, (*protocol).into(), then, To::Next);
        }
        p.jump(JEQ, (*last).into(), then, To::Drop);
    }
}

/// One of the two ports at X + `at` is this.
fn either_port(p: &mut Program, at: u32, port: u16) {
    p.op(LDH_X, at);
    p.jump(JEQ, port.into(), FITS, To::Next);
    p.op(LDH_X, at + 2);
    p.jump(JEQ, port.into(), FITS, To::Drop);
}

#[cfg(test)]
mod tests;
