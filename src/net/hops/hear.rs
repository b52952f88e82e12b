//! What the kernel hands us about UDP and TCP probes, read as events: pure, so that every lie is tested without a network.
//!
//! Errors quote a probe: protocol and ports must be a flow's, and the number is read from wherever this numbering puts
//! it. Answers come to the flow's source port from its destination port; a segment must acknowledge a number that was
//! sent. Checksums of answers are not looked at: a raw socket may show the pseudo-header's sum alone where the sender's
//! card was to finish it (lab_kernel 12), and ports and numbers prove more.

use std::net::IpAddr;

use super::options::{Method, Numbering};
use super::protocol::Hops;
use super::write::TcpFields;
use crate::net::channel::errors::{self, Quotes};
use crate::net::channel::{Heard, Hears};
use crate::net::socket::SocketKind;
use crate::net::{Claim, Event, Exchange, Peer, Reached, Reply};
use crate::sys::ancillary::ExtError;
use crate::units::{Family, Port, Seq};
use crate::wire::quoted::{self, Quoted, QuotedProbe};
use crate::wire::tcp::{Segment, flag};
use crate::wire::{icmp, udp};

impl Hops {
    /// Reads a packet.
    pub(super) fn hear<'a>(&self, heard: &Heard<'a>) -> Event<'a> {
        let ip_header = self.kind == SocketKind::Raw && self.family == Family::V4;
        let Some(outer) = heard.outer(ip_header) else { return Event::Foreign { from: heard.from.addr } };
        let event = match heard.by {
            Hears::Icmp => icmp::parse(self.family, outer.message).ok().and_then(|message| {
                let whose = |quoted: &Quoted<'a>| self.whose(quoted);
                errors::received(self.family, heard, ip_header, &outer, &message, whose)
            }),
            Hears::Transport => {
                let answer = match (self.kind, self.method) {
                    (SocketKind::Dgram, _) => self.datagram(heard),
                    (SocketKind::Raw, Method::Udp(_)) => self.raw_datagram(outer.message),
                    (SocketKind::Raw, Method::Tcp(_)) => self.segment(outer.message),
                };
                answer.map(|Told { flow, seq, how, tcp, payload }| {
                    let peer = Peer { addr: outer.from.addr, scope: outer.from.scope };
                    let claim = Claim { peer, exchange: self.method.exchange(), seq, flow: Some(flow) };
                    Event::Reached(Reached {
                        claim,
                        arrival: outer.arrival(heard),
                        from: outer.from,
                        how,
                        tcp,
                        payload,
                    })
                })
            }
        };
        event.unwrap_or(Event::Foreign { from: outer.from.addr })
    }

    /// Reads an error from an ordinary socket's error queue: what it quotes begins behind the UDP header (lab_kernel 8).
    pub(super) fn hear_queued<'a>(&self, heard: &Heard<'a>, error: &ExtError) -> Event<'a> {
        errors::queued(self.family, heard, error, udp::HEADER_LEN, |payload| {
            let flow = self.only?;
            let seq = match self.method {
                Method::Udp(Numbering::Classic) => self.distance(flow, Port(heard.port)),
                _ => number_in(payload),
            };
            Some(Quotes { exchange: Exchange::Udp, seq, flow: Some(flow), checksum: None, payload })
        })
    }

    /// Destination and number of our own probe.
    pub(super) fn own_probe(&self, packet: &[u8]) -> Option<(IpAddr, Seq)> {
        let quoted = quoted::parse(self.family, packet).ok()?;
        Some((quoted.dst, self.whose(&quoted)?.seq?))
    }

    /// The probe that a quoted packet is.
    fn whose<'a>(&self, quoted: &Quoted<'a>) -> Option<Quotes<'a>> {
        match (quoted.what, self.method) {
            (QuotedProbe::Udp { src_port, dst_port, length, checksum, payload }, Method::Udp(numbering)) => {
                let flow = self.flow(src_port, dst_port)?;
                let seq = match numbering {
                    Numbering::Paris if self.kind == SocketKind::Dgram => number_in(payload),
                    Numbering::Paris => self.number(checksum, quoted.ip_ident),
                    Numbering::Classic => self.distance(flow, dst_port),
                    Numbering::Dublin => match quoted.ip_ident {
                        Some(ident) => self.sent_ident(ident),
                        None => length.checked_sub(udp::HEADER_LEN as u16).map(Seq),
                    },
                };
                Some(Quotes { exchange: Exchange::Udp, seq, flow: Some(flow), checksum: Some(checksum), payload })
            }
            (QuotedProbe::Tcp { src_port, dst_port, seq, checksum, payload, .. }, Method::Tcp(_)) => {
                let flow = self.flow(src_port, dst_port)?;
                let in_header = self.tcp.as_ref().and_then(|tcp| low_half(seq, tcp.base));
                // A firewall that draws sequence numbers of its own leaves the ident, mostly.
                let seq = in_header.map(Seq).or_else(|| self.sent_ident(quoted.ip_ident?));
                Some(Quotes { exchange: Exchange::Tcp, seq, flow: Some(flow), checksum, payload })
            }
            _ => None,
        }
    }

    /// The flow of these ports.
    fn flow(&self, src_port: Port, dst_port: Port) -> Option<u16> {
        let counts = self.method == Method::Udp(Numbering::Classic);
        let fits = |(src, dst): &(Port, Port)| *src == src_port && (counts || *dst == dst_port);
        self.flows.iter().position(fits).and_then(|index| u16::try_from(index).ok())
    }

    /// How far a port is from the flow's.
    fn distance(&self, flow: u16, dst_port: Port) -> Option<Seq> {
        let first = self.flows.get(usize::from(flow))?.1;
        Some(Seq(dst_port.0.wrapping_sub(first.0)))
    }

    /// The number of a probe that carries it in its checksum, and in its ident where that is ours. Somebody on the way may
    /// have changed the one (NAT; a card that was to finish it) or the other (in the order of a machine's bytes).
    fn number(&self, checksum: u16, ident: Option<u16>) -> Option<Seq> {
        let ident = ident.filter(|_| self.ip.is_some());
        match ident {
            Some(ident) if ident == checksum => self.numbers.first([checksum]),
            Some(ident) => self.numbers.first([checksum, ident, ident.swap_bytes()]),
            None => self.numbers.first([checksum]),
        }
        .filter(|number| *number != 0)
        .map(Seq)
    }

    /// The number of a probe that carries it in its ident.
    fn sent_ident(&self, ident: u16) -> Option<Seq> {
        self.ip?;
        self.numbers.first([ident, ident.swap_bytes()]).map(Seq)
    }

    /// Data to an ordinary socket.
    fn datagram<'a>(&self, heard: &Heard<'a>) -> Option<Told<'a>> {
        let flow = self.only?;
        let (src_port, _) = *self.flows.get(usize::from(flow))?;
        self.flow(src_port, Port(heard.port)).filter(|found| *found == flow)?;
        Some(self.data(flow, Port(heard.port), heard.bytes))
    }

    fn raw_datagram<'a>(&self, message: &'a [u8]) -> Option<Told<'a>> {
        let header = udp::Header::new_checked(message).ok()?;
        let flow = self.flow(header.dst_port(), header.src_port())?;
        Some(self.data(flow, header.src_port(), header.payload()))
    }

    fn data<'a>(&self, flow: u16, port: Port, payload: &'a [u8]) -> Told<'a> {
        let counts = self.method == Method::Udp(Numbering::Classic);
        let seq = if counts { self.distance(flow, port) } else { None };
        Told { flow, seq, how: Reply::Data, tcp: &[], payload }
    }

    /// A segment, if it acknowledges a probe.
    fn segment<'a>(&self, message: &'a [u8]) -> Option<Told<'a>> {
        let segment = Segment::new_checked(message).ok()?;
        let flow = self.flow(segment.fields.dst_port(), segment.fields.src_port())?;
        let (seq, ack, flags) = segment.numbers;
        let how = match flags {
            _ if flags & flag::RST != 0 => Reply::Rst,
            _ if flags & flag::SYN != 0 && flags & flag::ACK != 0 => Reply::SynAck,
            _ => Reply::Segment,
        };
        let number = self.acknowledged(self.tcp.as_ref()?, how, (seq, ack, flags))?;
        Some(Told { flow, seq: Some(Seq(number)), how, tcp: segment.header, payload: segment.payload })
    }

    /// The number that a segment acknowledges (RFC 9293 §3.10.7): a RST to what had ACK set says it as its own sequence
    /// number; everything else acknowledges the SYN, FIN and data of the probe, or the SYN alone.
    fn acknowledged(&self, tcp: &TcpFields, how: Reply, (seq, ack, flags): (u32, u32, u8)) -> Option<u16> {
        if how == Reply::Rst && tcp.acknowledges() {
            if let Some(number) = low_half(seq, tcp.ack_base).and_then(|n| self.numbers.first([n])) {
                return Some(number);
            }
        }
        if flags & flag::ACK == 0 {
            return None;
        }
        let control = u32::from(tcp.flags & flag::SYN != 0) + u32::from(tcp.flags & flag::FIN != 0);
        let of = |taken: u32| low_half(ack.wrapping_sub(taken), tcp.base);
        let (bare, whole) = (of(control), of(control.wrapping_add(self.tcp_payload)));
        let order = if how == Reply::Rst { [whole, bare] } else { [bare, whole] };
        self.numbers.first(order.into_iter().flatten())
    }
}

/// What an answer says.
struct Told<'a> {
    flow: u16,
    seq: Option<Seq>,
    how: Reply,
    tcp: &'a [u8],
    payload: &'a [u8],
}

/// The low half of a number whose high half is this.
fn low_half(number: u32, high: u16) -> Option<u16> {
    // The two halves of 32 bits.
    (number >> 16 == u32::from(high)).then_some((number & 0xffff) as u16)
}

/// The number in the first two octets of a payload, if they are quoted.
fn number_in(payload: &[u8]) -> Option<Seq> {
    let number = u16::from_be_bytes(*payload.first_chunk()?);
    (number != 0).then_some(Seq(number))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
