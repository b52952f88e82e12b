//! Packets of probes and their answers for a capture file, told as the probe settles, each with its outcome.
//!
//! A probe's packet is the copy that the kernel loops back with its departure stamp. Where none came, it is put together
//! again from the ICMP header on: the payload was kept, and the ident follows from the checksum. Only this mode allocates
//! for each probe.

use std::collections::HashMap;

use super::session::Session;
use super::{Note, Reply, ReplyKind};
use crate::clock::WallTime;
use crate::net::{Answer, Exchange, Key, Peer, SentAt, Trouble};
use crate::units::{Family, Seq};

/// ICMP type 8 (RFC 792).
const ECHO_REQUEST: u8 = 8;

/// Packets of probes that are not settled.
#[derive(Clone, Debug, Default)]
pub(super) struct Capture {
    probes: HashMap<Key, Sent>,
}

#[derive(Clone, Debug)]
struct Sent {
    seq: Seq,
    payload: Vec<u8>,
    checksum: Option<u16>,
    left: Option<WallTime>,
    copy: Vec<u8>,
}

/// A packet that came in.
#[derive(Clone, Debug)]
pub(super) struct Packet {
    bytes: Vec<u8>,
    has_ip_header: bool,
}

impl Packet {
    pub(super) fn of_answer(answer: &Answer<'_>) -> Self {
        Packet { bytes: answer.packet.to_vec(), has_ip_header: answer.has_ip_header }
    }
}

impl Capture {
    pub(super) fn entered(&mut self, key: Key, seq: Seq, payload: &[u8]) {
        let sent = Sent { seq, payload: payload.to_vec(), checksum: None, left: None, copy: Vec::new() };
        self.probes.insert(key, sent);
    }

    pub(super) fn sent(&mut self, key: Key, at: SentAt) {
        if let Some(sent) = self.probes.get_mut(&key) {
            sent.checksum = at.checksum;
            sent.left = Some(at.at.wall);
        }
    }

    pub(super) fn stamped(&mut self, key: Key, at: WallTime, packet: &[u8]) {
        if let Some(sent) = self.probes.get_mut(&key) {
            sent.left = Some(at);
            if !packet.is_empty() {
                sent.copy = packet.to_vec();
            }
        }
    }

    pub(super) fn forget(&mut self, key: Key) {
        self.probes.remove(&key);
    }
}

impl Sent {
    /// The packet, and whether it begins with an IP header; `None` if it cannot be known.
    fn packet(self, family: Family, exchange: Exchange) -> Option<(Vec<u8>, bool)> {
        if !self.copy.is_empty() {
            return Some((self.copy, true));
        }
        let checksum = self.checksum.filter(|_| family == Family::V4 && exchange == Exchange::Echo)?;
        let mut bytes = vec![ECHO_REQUEST, 0, 0, 0, 0, 0];
        bytes.extend_from_slice(&self.seq.0.to_be_bytes());
        bytes.extend_from_slice(&self.payload);
        // The checksum is the complement of the sum of all else (RFC 1071), so the ident is what the sum lacks.
        let ident = ones_sum(u32::from(!checksum), u32::from(!sum(&bytes)));
        bytes[2..4].copy_from_slice(&checksum.to_be_bytes());
        bytes[4..6].copy_from_slice(&ident.to_be_bytes());
        Some((bytes, false))
    }
}

/// The ones' complement sum of 16-bit words (RFC 1071 §1).
fn sum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|word| u32::from(u16::from_be_bytes([word[0], word.get(1).copied().unwrap_or(0)])));
    words.fold(0, |sum, word| ones_sum(u32::from(sum), word))
}

fn ones_sum(a: u32, b: u32) -> u16 {
    let sum = a + b;
    ((sum & 0xffff) + (sum >> 16)) as u16
}

impl Session {
    /// A reply was told.
    pub(super) fn capture_reply(&mut self, key: Key, reply: &Reply, packet: Packet) {
        let outcome = match reply.kind {
            ReplyKind::Good => "replied",
            ReplyKind::Late => "late",
            ReplyKind::Duplicate => "duplicate",
            ReplyKind::Corrupt { .. } => "corrupt",
            ReplyKind::WrongSource => "wrong source",
        };
        if reply.kind != ReplyKind::WrongSource {
            self.capture_probe(key, outcome);
        }
        self.notes.push(Note::Packet {
            target: reply.target,
            number: reply.number,
            at: reply.at,
            outgoing: false,
            peer: reply.from,
            local: reply.to,
            ttl: reply.ttl,
            tos: reply.tos,
            bytes: packet.bytes,
            has_ip_header: packet.has_ip_header,
            outcome,
        });
    }

    /// An error settled a probe.
    pub(super) fn capture_error(&mut self, key: Key, trouble: &Trouble<'_>) {
        if self.capture.is_none() {
            return;
        }
        self.capture_probe(key, "error");
        let Some((target, number)) = self.name_of(key).filter(|_| !trouble.packet.is_empty()) else { return };
        let arrival = &trouble.arrival;
        self.notes.push(Note::Packet {
            target,
            number,
            at: arrival.kernel.unwrap_or(arrival.read.wall),
            outgoing: false,
            peer: Peer::from(trouble.offender),
            local: arrival.to,
            ttl: arrival.ttl,
            tos: arrival.tos,
            bytes: trouble.packet.to_vec(),
            has_ip_header: trouble.has_ip_header,
            outcome: "error",
        });
    }

    /// The probe's own packet, once, with what became of it.
    pub(super) fn capture_probe(&mut self, key: Key, outcome: &'static str) {
        let Some(sent) = self.capture.as_mut().and_then(|capture| capture.probes.remove(&key)) else { return };
        let Some((target, number)) = self.name_of(key) else { return };
        let Some(peer) = self.targets.get(target.0 as usize).map(|target| target.peer) else { return };
        let at = sent.left.unwrap_or_default();
        let Some((bytes, has_ip_header)) = sent.packet(Family::of(peer.addr), self.config.exchange) else { return };
        self.notes.push(Note::Packet {
            target,
            number,
            at,
            outgoing: true,
            peer,
            local: None,
            ttl: None,
            tos: None,
            bytes,
            has_ip_header,
            outcome,
        });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_ident_follows_from_the_checksum() {
        let mut packet = vec![ECHO_REQUEST, 0, 0, 0, 0xbe, 0xef, 0x12, 0x34, 1, 2, 3, 0xff, 0xfe];
        let checksum = !sum(&packet);
        packet[2..4].copy_from_slice(&checksum.to_be_bytes());
        let sent = Sent {
            seq: Seq(0x1234),
            payload: packet[8..].to_vec(),
            checksum: Some(checksum),
            left: None,
            copy: Vec::new(),
        };
        assert_eq!(sent.packet(Family::V4, Exchange::Echo).unwrap(), (packet, false));
    }
}
