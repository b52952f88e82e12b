//! What all the matching rules together make of one answer.
//!
//! Times add up, faults pile up, and where only one can be (a source, a TTL) the last rule wins.

use std::net::IpAddr;

use super::faults::{ErrorSpec, Strangers};
use super::message::add16;
use super::packet::{Outgoing, icmp_checksum};
use super::scenario::{Rule, of_family};
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
        let message = &mut out.payload;
        if let Some(other) = self.last(|r| r.message.as_ref()) {
            message.clone_from(&other.0);
        }
        put(message, 0, self.last(|r| r.kind_byte));
        put(message, 1, self.last(|r| r.code));
        for rule in &self.rules {
            add16(message, 4, rule.ident_add);
            add16(message, 6, rule.seq_add);
            for write in &rule.write {
                for (i, byte) in write.hex.0.iter().enumerate() {
                    put(message, 8 + write.at + i, Some(*byte));
                }
            }
            for at in &rule.flip {
                let old = message.get(8 + at).copied();
                put(message, 8 + at, old.map(|b| !b));
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
        if let Some(field) = out.payload.get_mut(2..4) {
            field.fill(0);
            let sum = icmp_checksum(out.src, out.dst, &out.payload);
            let sum = if bad { sum ^ 0x5555 } else { sum };
            if let Some(field) = out.payload.get_mut(2..4) {
                field.copy_from_slice(&sum.to_be_bytes());
            }
        }
        let mut bytes = out.build();
        if let Some(cut) = cut {
            bytes.truncate(cut);
        }
        bytes
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
