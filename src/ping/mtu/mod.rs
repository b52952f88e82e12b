//! The largest packet that reaches a host in one piece, found with echo probes that may not be fragmented.
//!
//! [`crate::probe::mtu::Search`] chooses the sizes; this machine sends them one at a time, several times each before silence
//! is believed, and tells of every size who said what. That the kernel sets the don't-fragment bit and neither fragments by
//! itself nor refuses by what it remembers of the path is for the network it runs on.

mod note;

use std::net::IpAddr;

use super::{Pattern, Proof};
use crate::clock::{BootTime, Now};
use crate::net::{Answer, Batch, Claim, Event, Exchange, Key, NotSent, Probe, SentAt, Trouble};
use crate::probe::mtu::{Found, Outcome, Search};
use crate::probe::payload::{Likeness, Payload};
use crate::probe::table::{Limits, Slot, Table};
use crate::probe::times::times;
use crate::probe::{Machine, Next};
use crate::sys::errno::{EMSGSIZE, Errno};
use crate::units::{Family, Seq};

pub use note::{MtuConfig, MtuNote, MtuResult, MtuStep};

/// Bytes in front of the payload: IP and ICMP headers.
const fn headers(family: Family) -> u32 {
    match family {
        Family::V4 => 28,
        Family::V6 => 48,
    }
}

/// The largest packet there is (without jumbograms).
const LARGEST: u32 = 65_535;

/// The size that is being tried.
#[derive(Clone, Copy, Debug)]
struct Trying {
    size: u32,
    tries: u32,
    refused: Option<Errno>,
    until: BootTime,
}

/// A search for a path's MTU.
#[derive(Debug)]
pub struct MtuSession {
    config: MtuConfig,
    search: Search,
    payload: Payload,
    table: Table,
    /// Of probe 1, 2, …
    sizes: Vec<u32>,
    trying: Option<Trying>,
    /// Who said so, and of how large a packet.
    limited: Option<(u32, IpAddr)>,
    notes: Vec<MtuNote>,
    result: Option<MtuResult>,
    stopping: bool,
}

impl MtuSession {
    /// A search that begins with the first turn.
    #[must_use]
    pub fn new(config: MtuConfig) -> Self {
        let headers = headers(Family::of(config.peer.addr));
        // A payload holds a token at least.
        let max = config.max.clamp(headers + 8, LARGEST);
        let min = config.min.clamp(headers + 8, max);
        let size = (max - headers) as usize;
        MtuSession {
            search: Search::new(min, max),
            payload: Payload::new(Exchange::Echo, size, &Pattern::Counting, &config.token_key),
            table: Table::new(Limits::default()),
            sizes: Vec::new(),
            trying: None,
            limited: None,
            notes: Vec::new(),
            result: None,
            stopping: false,
            config,
        }
    }

    /// How it ended; `None` while it goes on.
    #[must_use]
    pub fn result(&self) -> Option<MtuResult> {
        self.result
    }

    fn end(&mut self, now: Now, result: MtuResult) {
        if self.result.is_none() {
            self.result = Some(result);
            self.notes.push(MtuNote::Ended { result, at: now.wall });
        }
    }

    /// A size is settled.
    fn settle(&mut self, now: Now, size: u32, step: MtuStep) {
        let outcome = match step {
            MtuStep::Fits { .. } => Outcome::Fits,
            MtuStep::TooBig { from, error, .. } => {
                self.limited = Some((size, from));
                Outcome::TooBig((error.info > 0).then_some(error.info))
            }
            MtuStep::TooBigHere { mtu } => {
                let here = match Family::of(self.config.peer.addr) {
                    Family::V4 => IpAddr::from([0; 4]),
                    Family::V6 => IpAddr::from([0; 16]),
                };
                self.limited = Some((size, here));
                Outcome::TooBig(mtu)
            }
            MtuStep::Silent => Outcome::Silent,
        };
        let trying = self.trying.take_if(|trying| trying.size == size);
        let tries = trying.map_or(1, |trying| trying.tries);
        self.search.tried(size, outcome);
        self.notes.push(MtuNote::Step { size, step, tries, at: now.wall });
    }

    fn answer(&mut self, now: Now, answer: &Answer<'_>) {
        if answer.claim.peer.addr != self.config.peer.addr || !answer.checksum_ok {
            return;
        }
        let same =
            |slot: &Slot| self.payload.compare(slot.token(), answer.payload) == Likeness::Same(Proof::Token, None);
        let Some(seq) = answer.claim.seq else { return };
        let Some((key, slot)) = self.table.candidates(0, seq).find(|(_, slot)| same(slot)) else { return };
        let Some(size) = self.size_of(slot) else { return };
        if answer.icmp_len as u64 + u64::from(headers(Family::of(self.config.peer.addr))) == u64::from(size) + 8 {
            let rtt = times(slot, &answer.arrival, false).rtt;
            self.forget(key);
            self.settle(now, size, MtuStep::Fits { rtt });
        }
    }

    fn trouble(&mut self, now: Now, trouble: &Trouble<'_>) {
        if trouble.claim.peer.addr != self.config.peer.addr {
            return;
        }
        let quoted = |slot: &Slot| self.payload.quoted(slot.token(), trouble.quoted_payload);
        let sums = |slot: &Slot| trouble.quoted_checksum.zip(slot.checksum()).is_none_or(|(a, b)| a == b);
        let Some(seq) = trouble.claim.seq else { return };
        let found = self.table.candidates(0, seq).find_map(|(key, slot)| {
            let proof = quoted(slot)?;
            (proof == Proof::Token || sums(slot)).then_some((key, proof, self.size_of(slot)?))
        });
        let Some((key, proof, size)) = found else { return };
        let (from, error) = (trouble.offender, trouble.error);
        let too_big = matches!((error.family, error.ty, error.code), (Family::V4, 3, 4) | (Family::V6, 2, _));
        self.forget(key);
        if too_big {
            self.settle(now, size, MtuStep::TooBig { from, error, proof });
        } else {
            self.end(now, MtuResult::Refused { from, error });
        }
    }

    fn too_big_here(&mut self, now: Now, key: Key, mtu: Option<u32>) {
        if let Some(size) = self.table.get(key).and_then(|slot| self.size_of(slot)) {
            self.forget(key);
            self.settle(now, size, MtuStep::TooBigHere { mtu });
        }
    }

    fn size_of(&self, slot: &Slot) -> Option<u32> {
        self.sizes.get(usize::try_from(slot.number() - 1).ok()?).copied()
    }

    /// One word about a probe is enough.
    fn forget(&mut self, key: Key) {
        self.table.forget(key);
    }

    fn push(&mut self, now: Now, size: u32, out: &mut Batch) {
        self.sizes.push(size);
        let number = self.sizes.len() as u64;
        let token = self.payload.token(0, number);
        let key = self.table.enter(0, number, token, now, true);
        let probe = Probe::new(key, self.config.peer, Exchange::Echo, Seq::of_number(number));
        let len = size.saturating_sub(headers(Family::of(self.config.peer.addr)));
        self.payload.write(&token, out.push(probe, len as usize));
    }
}

impl Machine for MtuSession {
    type Note = MtuNote;
    type Command = super::Command;

    fn fill(&mut self, now: Now, out: &mut Batch) -> Next {
        if self.stopping {
            self.end(now, MtuResult::Stopped);
        }
        // Twice at the most: a size that has been waited for in vain, and the next.
        while self.result.is_none() {
            let Some(mut trying) = self.trying else {
                match (self.search.next(), self.search.found()) {
                    (Some(size), _) => {
                        self.trying = Some(Trying { size, tries: 0, refused: None, until: now.boot });
                        continue;
                    }
                    (None, Some(Found::Mtu { mtu, black_hole })) => {
                        let limited_by = self.limited.filter(|(size, _)| *size > mtu && !black_hole).map(|(_, by)| by);
                        self.end(now, MtuResult::Mtu { mtu, limited_by, black_hole });
                    }
                    (None, _) => self.end(now, MtuResult::NoAnswer),
                }
                break;
            };
            if now.boot < trying.until {
                return Next::At(trying.until);
            }
            if trying.tries >= self.config.tries.max(1) {
                match trying.refused {
                    Some(errno) => self.end(now, MtuResult::NotSent { errno }),
                    None => self.settle(now, trying.size, MtuStep::Silent),
                }
                continue;
            }
            trying.tries += 1;
            trying.until = now.boot + self.config.timeout;
            self.trying = Some(trying);
            self.push(now, trying.size, out);
            return Next::At(trying.until);
        }
        Next::Done
    }

    fn sent(&mut self, now: Now, key: Key, how: Result<SentAt, NotSent>) {
        match how {
            Ok(at) => {
                self.table.sent(key, at);
                if let Some(trying) = &mut self.trying {
                    trying.refused = None;
                }
            }
            Err(why) if why.errno == EMSGSIZE => self.too_big_here(now, key, why.mtu),
            Err(why) => {
                self.forget(key);
                if let Some(trying) = &mut self.trying {
                    trying.refused = Some(why.errno);
                }
            }
        }
    }

    fn heard(&mut self, now: Now, event: &Event<'_>) {
        if self.result.is_some() {
            return;
        }
        match event {
            Event::Stamp { key, stage, at, .. } => {
                let _ = self.table.stamp(*key, *stage, *at);
            }
            Event::Answer(answer) => self.answer(now, answer),
            Event::Error(trouble) => self.trouble(now, trouble),
            Event::Local { claim: Some(Claim { seq: Some(seq), .. }), errno: EMSGSIZE, mtu } => {
                let key = self.table.candidates(0, *seq).next().map(|(key, _)| key);
                if let Some(key) = key {
                    self.too_big_here(now, key, *mtu);
                }
            }
            Event::Local { .. }
            | Event::Reached(_)
            | Event::Redirect { .. }
            | Event::Foreign { .. }
            | Event::Frame(_)
            | Event::Link(_)
            | Event::Dropped { .. }
            | Event::Stepped { .. } => {}
        }
    }

    fn command(&mut self, _now: Now, command: super::Command) {
        match command {
            super::Command::Stop => self.stopping = true,
        }
    }

    fn notes(&mut self, tell: &mut dyn FnMut(&MtuNote)) {
        self.notes.iter().for_each(tell);
        self.notes.clear();
    }
}
