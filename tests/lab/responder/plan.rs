//! What all the matching rules together make of one answer.
//!
//! Times add up, faults pile up, and where only one can be (a source, a TTL) the last rule wins.

use std::net::IpAddr;

use super::faults::{ErrorSpec, Strangers};
use super::message::add16;
use super::packet::{ICMP, ICMPV6, Outgoing, TCP, UDP, checksum_at, upper_checksum};
use super::scenario::{Rule, of_family};
use super::transport::FLAGS_AT;
use super::values::Random;

/// The rules that hold for one probe.
#[derive(Debug, Default)]
pub struct Plan<'a> {
    rules: Vec<&'a Rule>,
}

impl<'a> Plan<'a> {
    /// From the rules that match, in file order.
    pub fn new(rules: Vec<&'a Rule>) -> Plan<'a> {
        Plan { rules }
    }

    fn last<T>(&self, pick: impl Fn(&'a Rule) -> Option<T>) -> Option<T> {
        self.rules.iter().rev().find_map(|r| pick(r))
    }

    /// There is to be no answer.
    pub fn drops(&self) -> bool {
        self.rules.iter().any(|r| r.drop)
    }

    /// The time that the rules add, nanoseconds.
    pub fn delay(&self, random: &mut Random) -> u64 {
        self.rules.iter().map(|r| ns(r.delay.0) + jitter(r.jitter.0, random)).sum()
    }

    /// Copies beyond the first.
    pub fn copies(&self) -> u64 {
        self.rules.iter().map(|r| u64::from(r.copies)).sum()
    }

    /// Time between copies, nanoseconds.
    pub fn spacing(&self) -> u64 {
        self.last(|r| (r.spacing.0 > 0).then_some(ns(r.spacing.0))).unwrap_or(0)
    }

    /// How many later answers go first.
    pub fn behind(&self) -> u32 {
        self.rules.iter().map(|r| r.behind).max().unwrap_or(0)
    }

    /// The errors to send.
    pub fn errors(&self) -> Vec<&'a ErrorSpec> {
        self.rules.iter().filter_map(|r| r.error.as_ref()).collect()
    }

    /// The bursts of strangers to set off.
    pub fn strangers(&self) -> Vec<&'a Strangers> {
        self.rules.iter().filter_map(|r| r.strangers.as_ref()).collect()
    }

    /// The source of the answer, if a rule sets it.
    pub fn source(&self, like: IpAddr) -> Option<IpAddr> {
        self.last(|r| of_family(&r.source, like))
    }

    /// Twists an answer whose checksum is still to be written, and writes it.
    pub fn finish(&self, mut out: Outgoing) -> Vec<u8> {
        let icmp = matches!(out.protocol, ICMP | ICMPV6);
        let message = &mut out.payload;
        if let Some(other) = self.last(|r| r.message.as_ref()).filter(|_| icmp) {
            message.clone_from(&other.0);
        }
        // Where the fields stand: behind which octet the data begin, and what names the exchange.
        let (data, ident, seq) = match out.protocol {
            TCP => (20, 2, 0),
            UDP => (8, 2, 0),
            _ => (8, 4, 6),
        };
        if icmp {
            put(message, 0, self.last(|r| r.kind_byte));
            put(message, 1, self.last(|r| r.code));
        }
        if out.protocol == TCP {
            put(message, FLAGS_AT, self.last(|r| r.tcp_flags));
        }
        for rule in &self.rules {
            add16(message, ident, rule.ident_add);
            add16(message, seq, rule.seq_add);
            if out.protocol == TCP {
                add32(message, 8, rule.ack_add);
            }
            for write in &rule.write {
                for (i, byte) in write.hex.0.iter().enumerate() {
                    put(message, data + write.at + i, Some(*byte));
                }
            }
            for at in &rule.flip {
                let old = message.get(data + at).copied();
                put(message, data + at, old.map(|b| !b));
            }
        }
        out.ttl = self.last(|r| r.reply_ttl).unwrap_or(out.ttl);
        out.tos = self.last(|r| r.tos).unwrap_or(out.tos);
        if let Some(options) = self.last(|r| r.options.as_ref()) {
            out.options.clone_from(&options.0);
        }
        self.seal(out)
    }

    /// Cuts and checksums.
    fn seal(&self, mut out: Outgoing) -> Vec<u8> {
        let cut = self.last(|r| r.truncate);
        let keep = self.rules.iter().any(|r| r.keep_length);
        if let Some(cut) = cut.filter(|_| !keep) {
            let header = out.build().len() - out.payload.len();
            out.payload.truncate(cut.saturating_sub(header));
        }
        let bad = self.rules.iter().any(|r| r.bad_checksum);
        let field = checksum_at(out.protocol).map(|at| at..at + 2).filter(|f| f.end <= out.payload.len());
        if let Some(field) = field {
            out.payload[field.clone()].fill(0);
            let sum = match upper_checksum(out.src, out.dst, out.protocol, &out.payload) {
                0 if out.protocol == UDP => 0xffff,
                sum => sum,
            };
            let sum = if bad { sum ^ 0x5555 } else { sum };
            out.payload[field].copy_from_slice(&sum.to_be_bytes());
        }
        let mut bytes = out.build();
        if let Some(cut) = cut {
            bytes.truncate(cut);
        }
        bytes
    }
}

fn add32(message: &mut [u8], at: usize, add: u32) {
    if let Some(field) = message.get_mut(at..at + 4) {
        let old = u32::from_be_bytes([field[0], field[1], field[2], field[3]]);
        field.copy_from_slice(&old.wrapping_add(add).to_be_bytes());
    }
}

fn put(message: &mut [u8], at: usize, value: Option<u8>) {
    if let (Some(byte), Some(value)) = (message.get_mut(at), value) {
        *byte = value;
    }
}

/// A span that cannot be negative here.
pub fn ns(span: i64) -> u64 {
    span.max(0) as u64
}

/// An even spread from 0 to `most`.
pub fn jitter(most: i64, random: &mut Random) -> u64 {
    if most > 0 { random.up_to(ns(most)) } else { 0 }
}
