//! ICMP, UDP and TCP sockets without a kernel: the writers and readers of [`crate::net::icmp`] and [`crate::net::hops`],
//! with a far side between them that a fuzzer plays.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Script;
use super::answers::{header_v4, icmp_answer, tcp_answer, udp_answer};
use super::far::{Far, Mail, Sent, beside, taken};
use crate::clock::{Now, Stage, WallTime};
use crate::net::channel::{Heard, Hears, Protocol, ip_packet};
use crate::net::hops::{self, Method};
use crate::net::socket::SocketKind;
use crate::net::{Batch, Event, NotSent, Peer, SentAt, icmp as icmp_net};
use crate::sys::ancillary::{Ancillary, ExtError, Origin, Rfc4884};
use crate::sys::errno::Errno;
use crate::units::{Family, Ttl};
use crate::wire::icmp::{v4, v6};
use crate::wire::{checksum, ipv4, ipv6, protocol};

/// This host.
const US: (Ipv4Addr, Ipv6Addr) = (Ipv4Addr::new(10, 0, 0, 1), Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1));
/// Somebody on the way.
const ROUTER: (Ipv4Addr, Ipv6Addr) = (Ipv4Addr::new(10, 0, 0, 254), Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0xfe));

/// What the kernel makes of an error of the network (`EHOSTUNREACH`).
const UNREACHABLE: Errno = Errno(113);

fn of(family: Family, (four, six): (Ipv4Addr, Ipv6Addr)) -> IpAddr {
    match family {
        Family::V4 => four.into(),
        Family::V6 => six.into(),
    }
}

/// One family's sockets.
pub struct Packets {
    protocol: Box<dyn Protocol>,
    kind: SocketKind,
    mail: Mail,
}

impl std::fmt::Debug for Packets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packets").field("kind", &self.kind).field("mail", &self.mail).finish_non_exhaustive()
    }
}

impl Packets {
    /// ICMP: raw sockets, or ping sockets.
    #[must_use]
    pub fn icmp(family: Family, kind: SocketKind) -> Packets {
        Packets { protocol: Box::new(icmp_net::without_kernel(family, kind)), kind, mail: Mail::default() }
    }

    /// UDP or TCP, source port 40000 and destination port 33434.
    #[must_use]
    pub fn hops(method: Method, family: Family, kind: SocketKind) -> Packets {
        let protocol = Box::new(hops::without_kernel(method, family, kind, of(family, US)));
        Packets { protocol, kind, mail: Mail::default() }
    }

    fn family(&self) -> Family {
        self.protocol.family()
    }

    /// Whether the sockets show IP headers.
    fn shows_headers(&self) -> bool {
        self.kind == SocketKind::Raw && self.family() == Family::V4
    }

    fn is_icmp(&self) -> bool {
        matches!(self.protocol.number(), protocol::ICMP | protocol::ICMPV6)
    }

    /// What a socket shows of a message, as the kernel hands it out.
    fn shown(&self, script: &mut Script<'_>, from: IpAddr, number: u8, message: &[u8]) -> Vec<u8> {
        if !self.shows_headers() {
            return message.to_vec();
        }
        let mut options = if script.byte() % 8 == 0 { script.piece().to_vec() } else { Vec::new() };
        options.truncate(40);
        options.resize(options.len().next_multiple_of(4), 0);
        let IpAddr::V4(src) = from else { return message.to_vec() };
        [header_v4((src, US.0), number, &options, message.len()), message.to_vec()].concat()
    }

    fn packet(&self, heard: &Heard<'_>, tell: Tell<'_>) {
        tell(&self.protocol.packet(heard), self.mail.is_proven(heard.bytes));
    }

    /// A probe's answer, spoiled.
    fn answer(&self, script: &mut Script<'_>, now: Now, tell: Tell<'_>) {
        let Some(sent) = self.mail.pick(script) else { return };
        let from = if script.byte() % 16 == 0 { Peer::from(of(self.family(), ROUTER)) } else { sent.to };
        let probe = sent.packet.get(sent.head..).unwrap_or_default();
        let (by, number) = if self.is_icmp() {
            (Hears::Icmp, self.protocol.number())
        } else {
            (Hears::Transport, self.protocol.number())
        };
        let mut message = match (self.protocol.number(), self.kind) {
            (protocol::TCP, _) => tcp_answer(probe, script.byte()),
            (protocol::UDP, SocketKind::Raw) => udp_answer(probe, script.piece()),
            (protocol::UDP, SocketKind::Dgram) => script.piece().to_vec(),
            _ => icmp_answer(self.family(), probe),
        };
        script.spoil(&mut message, 0);
        let bytes = self.shown(script, from.addr, number, &message);
        let ancillary = beside(script, now);
        for _ in 0..=script.byte() / 200 {
            let (bytes, ancillary) = (&bytes, &ancillary);
            self.packet(&Heard { by, from, port: 33_434, bytes, cut: false, ancillary, read: now }, tell);
        }
    }

    /// An error that quotes a probe; by the error queue where that is the way.
    fn error(&self, script: &mut Script<'_>, now: Now, tell: Tell<'_>) {
        let Some(sent) = self.mail.pick(script) else { return };
        let family = self.family();
        let (ty, code) = match script.byte() % 6 {
            0 => (script.byte(), script.byte()),
            1 | 2 => {
                (if family == Family::V4 { v4::DEST_UNREACHABLE } else { v6::DEST_UNREACHABLE }, script.byte() % 16)
            }
            _ => (if family == Family::V4 { v4::TIME_EXCEEDED } else { v6::TIME_EXCEEDED }, 0),
        };
        let word = if script.is() { script.long() as u32 } else { 0 };
        let mut quote = sent.packet.clone();
        if self.kind == SocketKind::Dgram {
            let hidden = sent.head + if self.is_icmp() { 0 } else { 8 };
            quote = quote.split_off(hidden.min(quote.len()));
            script.spoil(&mut quote, 0);
            let queued = self.queue_error(script, (ty, code, word));
            let ancillary = Ancillary { error: Some(queued), ..beside(script, now) };
            let heard = Heard {
                by: Hears::Icmp,
                from: sent.to,
                port: 33_434,
                bytes: &quote,
                cut: false,
                ancillary: &ancillary,
                read: now,
            };
            return tell(&self.protocol.queued(&heard, &queued), self.mail.is_proven(&quote));
        }
        script.spoil(&mut quote, 0);
        let mut message = vec![ty, code, 0, 0];
        message.extend(word.to_be_bytes());
        message.extend(&quote);
        script.spoil(&mut message, 8);
        let sum = checksum::checksum(&message);
        if let Some(place) = message.get_mut(2..4).filter(|_| family == Family::V4) {
            place.copy_from_slice(&sum.to_be_bytes());
        }
        let from = of(family, ROUTER);
        let number = if family == Family::V4 { protocol::ICMP } else { protocol::ICMPV6 };
        let (bytes, ancillary) = (&self.shown(script, from, number, &message), &beside(script, now));
        let from = from.into();
        self.packet(&Heard { by: Hears::Icmp, from, port: 0, bytes, cut: false, ancillary, read: now }, tell);
    }

    fn queue_error(&self, script: &mut Script<'_>, (ty, code, info): (u8, u8, u32)) -> ExtError {
        let of_network = if self.family() == Family::V4 { Origin::Icmp } else { Origin::Icmp6 };
        let origin = if script.byte() % 16 == 0 { Origin::Local } else { of_network };
        let extended = script.byte() % 4 == 0;
        ExtError {
            errno: UNREACHABLE,
            origin,
            ty,
            code,
            info,
            data: 0,
            offender: Some(of(self.family(), ROUTER)),
            rfc4884: extended.then(|| Rfc4884 { offset: script.short(), invalid: script.is() }),
        }
    }

    /// Bytes that have nothing to do with us, from anybody, by any way.
    fn noise(&self, script: &mut Script<'_>, now: Now, tell: Tell<'_>) {
        let from = match (script.is(), self.mail.pick(script)) {
            (true, Some(sent)) => sent.to,
            _ => of(self.family(), ROUTER).into(),
        };
        let by = if script.is() { Hears::Icmp } else { Hears::Transport };
        let bytes = script.piece();
        let ancillary = &beside(script, now);
        let heard = Heard { by, from, port: script.short(), bytes, cut: script.is(), ancillary, read: now };
        match (self.kind, ancillary.error) {
            (SocketKind::Dgram, Some(error)) => {
                tell(&self.protocol.queued(&heard, &error), self.mail.is_proven(bytes));
            }
            _ => self.packet(&heard, tell),
        }
    }

    /// A departure stamp, found by the copy of the packet that older kernels bring with it.
    fn stamp(&self, script: &mut Script<'_>, now: Now, tell: Tell<'_>) {
        let Some(sent) = self.mail.pick(script) else { return };
        let mut copy = [vec![0; usize::from(script.byte() % 20)], sent.packet.clone()].concat();
        script.spoil(&mut copy, 0);
        let packet = ip_packet(&copy, self.protocol.number()).unwrap_or_default();
        let _ = self.protocol.probe_in(packet);
        let _ = self.protocol.quotes_us(&copy);
        let stage = [Stage::Sched, Stage::Driver, Stage::Nic][usize::from(script.byte() % 3)];
        let at = match script.byte() % 4 {
            0 => WallTime::from_ns(script.long() as i64),
            _ => WallTime::from_ns(now.wall.as_ns().saturating_sub_unsigned(u64::from(script.short()) * 1000)),
        };
        tell(&Event::Stamp { key: sent.key, stage, at, packet }, true);
    }
}

/// Who hears.
type Tell<'a> = &'a mut dyn FnMut(&Event<'_>, bool);

impl Far for Packets {
    fn send(&mut self, script: &mut Script<'_>, now: Now, batch: &mut Batch, done: &mut Vec<Result<SentAt, NotSent>>) {
        for index in 0..batch.len() {
            let payload = batch.payload(index).map(|(_, payload)| payload.to_vec()).unwrap_or_default();
            let Some((probe, room)) = batch.packet_mut(index) else { continue };
            let probe = *probe;
            let family = Family::of(probe.to.addr);
            let written = match self.protocol.write(room, &probe, now) {
                Ok(written) if family == self.family() => written,
                Ok(_) => {
                    done.push(Err(NotSent { errno: crate::sys::errno::EAFNOSUPPORT, mtu: None }));
                    continue;
                }
                Err(errno) => {
                    done.push(Err(NotSent { errno, mtu: None }));
                    continue;
                }
            };
            let bytes = batch.packet(index, written.len).unwrap_or_default();
            let (head, packet) = match (self.shows_headers() && !self.is_icmp(), self.is_icmp()) {
                (true, _) => (ipv4::MIN_HEADER_LEN, bytes.to_vec()),
                (false, true) => self.with_header(probe.to.addr, bytes),
                (false, false) if self.kind == SocketKind::Raw => self.with_header(probe.to.addr, bytes),
                // The kernel writes the UDP header, too.
                (false, false) => self.with_header(probe.to.addr, &[&[0; 8], bytes].concat()),
            };
            let how = taken(script, now, written.checksum);
            if how.is_ok() {
                self.mail.post(Sent { key: probe.key, to: probe.to, packet, head }, &payload);
            }
            done.push(how);
        }
    }

    fn hear(&mut self, script: &mut Script<'_>, now: Now, tell: &mut dyn FnMut(&Event<'_>, bool)) {
        match script.byte() % 8 {
            0..=2 => self.answer(script, now, tell),
            3 | 4 => self.error(script, now, tell),
            5 => self.stamp(script, now, tell),
            _ => self.noise(script, now, tell),
        }
    }
}

impl Packets {
    /// The packet that the kernel makes of a message, and the length of its header.
    fn with_header(&self, to: IpAddr, message: &[u8]) -> (usize, Vec<u8>) {
        let number = self.protocol.number();
        match to {
            IpAddr::V4(dst) => {
                let header = header_v4((US.0, dst), number, &[], message.len());
                (header.len(), [header, message.to_vec()].concat())
            }
            IpAddr::V6(dst) => {
                let repr = ipv6::Repr {
                    src: US.1,
                    dst,
                    traffic_class: 0,
                    flow_label: 0,
                    next_header: number,
                    hop_limit: Ttl(1),
                    payload_len: message.len(),
                };
                let mut header = vec![0; ipv6::HEADER_LEN];
                let _ = repr.emit(&mut header);
                (header.len(), [header, message.to_vec()].concat())
            }
        }
    }
}
