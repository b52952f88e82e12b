//! The far side as a fuzzer plays it: it has every probe that was sent, and answers with what a script makes of it.
//!
//! Bytes and control messages go through the same readers that the sockets' do, so that a machine hears what it would have
//! heard from a kernel. Whether any probe's proof is in the bytes is told beside each event: a machine must count no
//! packet as an answer that has none.

use std::collections::VecDeque;

use super::Script;
use crate::clock::Now;
use crate::net::{Batch, Event, Key, NotSent, Peer, SentAt};
use crate::sys::ancillary::{Ancillary, decode};
use crate::sys::errno::ENOBUFS;

/// So many probes can be answered: the last ones.
const REMEMBERED: usize = 64;
/// So many proofs are looked for; beyond, every packet may hold one.
const PROOFS: usize = 128;
/// Octets of a proof, and how many of them may be damaged (`probe::token`).
const PROOF: usize = 8;
const DAMAGED: usize = 2;

/// What a machine under test sends to, and hears from.
pub trait Far {
    /// Takes the probes of a batch.
    fn send(&mut self, script: &mut Script<'_>, now: Now, batch: &mut Batch, done: &mut Vec<Result<SentAt, NotSent>>);

    /// Whatever the script makes of it; `tell` gets the event, and whether a probe's proof was in its bytes.
    fn hear(&mut self, script: &mut Script<'_>, now: Now, tell: &mut dyn FnMut(&Event<'_>, bool));
}

/// A probe as it left.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) key: Key,
    pub(super) to: Peer,
    /// The packet, its IP or Ethernet header included.
    pub(super) packet: Vec<u8>,
    /// Octets of that header.
    pub(super) head: usize,
}

/// The probes that were sent.
#[derive(Debug, Default)]
pub(super) struct Mail {
    sent: VecDeque<Sent>,
    proofs: Vec<[u8; PROOF]>,
}

impl Mail {
    /// Takes a probe; `payload` begins with its proof.
    pub(super) fn post(&mut self, sent: Sent, payload: &[u8]) {
        if let Some(proof) = payload.first_chunk() {
            self.proofs.push(*proof);
        }
        if self.sent.len() >= REMEMBERED {
            self.sent.pop_front();
        }
        self.sent.push_back(sent);
    }

    /// One of the last probes.
    pub(super) fn pick(&self, script: &mut Script<'_>) -> Option<Sent> {
        script.recent(self.sent.len()).and_then(|at| self.sent.get(at)).cloned()
    }

    /// Whether a probe's proof is in these bytes, damaged as a machine would still take it.
    pub(super) fn is_proven(&self, bytes: &[u8]) -> bool {
        let alike = |window: &[u8], proof: &[u8; PROOF]| {
            window.iter().zip(proof).filter(|(one, other)| one != other).count() <= DAMAGED
        };
        self.proofs.len() > PROOFS || bytes.windows(PROOF).any(|w| self.proofs.iter().any(|proof| alike(w, proof)))
    }
}

/// What the kernel says of a probe: it took it, or it did not.
pub(super) fn taken(script: &mut Script<'_>, now: Now, checksum: Option<u16>) -> Result<SentAt, NotSent> {
    match script.byte() {
        0xff => Err(NotSent { errno: ENOBUFS, mtu: None }),
        _ => Ok(SentAt { at: now, checksum }),
    }
}

/// What the kernel says beside a packet: as it would be, or whatever control messages the script has.
pub(super) fn beside(script: &mut Script<'_>, now: Now) -> Ancillary {
    match script.byte() % 8 {
        0 => decode(script.piece()),
        1 => Ancillary::default(),
        _ => Ancillary { rx_soft: Some(now.wall), ..Ancillary::default() },
    }
}
