//! Which routers are on this link? Router solicitation (RFC 4861 §6.3.7) as a machine.
//!
//! A router may take half a second to answer, and three more where it has just told everybody (MAX_RA_DELAY_TIME,
//! MIN_DELAY_BETWEEN_RAS), so four seconds pass before it is asked again; once one has answered, nobody is, and the wait
//! goes on to its end for the others.

use std::net::Ipv6Addr;
use std::time::Duration;

use super::Happening;
use super::ask::{Asker, router_of};
use crate::clock::{BootTime, Now, WallTime};
use crate::net::{Batch, Event, Exchange, Frame, Key, NotSent, Peer, Probe, SentAt};
use crate::probe::table::{Limits, State, Table};
use crate::probe::times::{Rtt, times};
use crate::probe::{Command, Machine, Next};
use crate::sys::address::Direction;
use crate::sys::errno::Errno;
use crate::units::{MacAddr, Seq};
use crate::wire::{ethernet, ndp};

/// Advertisements that are told apart; a router that tells more in a run repeats itself.
const MOST: usize = 1024;

/// A run.
#[derive(Clone, Debug)]
pub struct Config {
    /// Who asks; without a source the answer goes to everybody.
    pub asker: Asker,
    /// Index of the interface.
    pub scope: u32,
    /// Solicitations at the most.
    pub count: u64,
    /// How long each is waited for.
    pub wait: Duration,
    /// It ends with the first answer.
    pub first: bool,
}

/// A router's advertisement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advertised {
    /// Who it is.
    pub from: Ipv6Addr,
    /// The station that sent it.
    pub mac: MacAddr,
    /// When it came.
    pub at: WallTime,
    /// Time since the last solicitation: mostly the router's own delay.
    pub after: Option<Rtt>,
    /// The ICMPv6 message, which has been held against the rules: for [`ndp::parse`].
    pub message: Vec<u8>,
}

/// What a run tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A router says what it is; the same once only.
    Router(Advertised),
    /// This host did not send a solicitation.
    NotSent {
        /// When.
        at: WallTime,
        /// Why.
        errno: Errno,
    },
    /// Something befell the run.
    Happened(Happening),
}

/// The machine.
#[derive(Debug)]
pub struct Session {
    config: Config,
    table: Table,
    attempted: u64,
    sent: u64,
    last: Option<Key>,
    due: Option<BootTime>,
    heard: Vec<(Ipv6Addr, Vec<u8>)>,
    notes: Vec<Note>,
    stopping: bool,
}

impl Session {
    /// A run; nothing is sent yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Session {
            config,
            table: Table::new(Limits::default()),
            attempted: 0,
            sent: 0,
            last: None,
            due: None,
            heard: Vec::new(),
            notes: Vec::new(),
            stopping: false,
        }
    }

    /// Solicitations that left.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// How many routers have been heard.
    #[must_use]
    pub fn routers(&self) -> usize {
        let mut all: Vec<Ipv6Addr> = self.heard.iter().map(|(from, _)| *from).collect();
        all.sort_unstable();
        all.dedup();
        all.len()
    }

    fn frame(&mut self, now: Now, frame: &Frame<'_>) {
        // What has a tag belongs to another link; priority alone (VLAN 0) does not make one.
        let tagged = frame.stripped.is_some_and(|(_, tag)| tag.id != 0);
        if tagged || matches!(frame.direction, Direction::Outgoing | Direction::Other) {
            return;
        }
        let Ok(read) = ethernet::Frame::new_checked(frame.bytes) else { return };
        let Some((from, message)) = router_of(&read) else { return };
        let known = self.heard.iter().any(|(router, said)| *router == from && said == message);
        if known || self.heard.len() >= MOST || read.src == self.config.asker.mac {
            return;
        }
        self.heard.push((from, message.to_vec()));
        let slot = self.last.and_then(|key| self.table.get(key));
        self.notes.push(Note::Router(Advertised {
            from,
            mac: read.src,
            at: frame.arrival.kernel.unwrap_or(now.wall),
            after: slot.map(|slot| times(slot, &frame.arrival, false).rtt),
            message: message.to_vec(),
        }));
    }
}

impl Machine for Session {
    type Note = Note;
    type Command = Command;

    fn fill(&mut self, now: Now, out: &mut Batch) -> Next {
        let due = *self.due.get_or_insert(now.boot);
        let answered = !self.heard.is_empty();
        if self.stopping || (self.config.first && answered) {
            return Next::Done;
        }
        if now.boot < due {
            return Next::At(due);
        }
        if answered || self.attempted >= self.config.count {
            return Next::Done;
        }
        self.attempted += 1;
        let next = due.max(now.boot) + self.config.wait;
        self.due = Some(next);
        let key = self.table.enter(0, self.attempted, [0; 8], now, true);
        let to = Peer { addr: ndp::ALL_ROUTERS.into(), scope: self.config.scope };
        let bytes = self.config.asker.router_question();
        let probe = Probe::new(key, to, Exchange::Echo, Seq::of_number(self.attempted));
        out.push(probe, bytes.as_slice().len()).copy_from_slice(bytes.as_slice());
        Next::At(next)
    }

    fn sent(&mut self, now: Now, key: Key, how: Result<SentAt, NotSent>) {
        match how {
            Ok(sent) => {
                self.table.sent(key, sent);
                self.table.settle(key, State::Lost, now.boot);
                self.sent += 1;
                self.last = Some(key);
            }
            Err(NotSent { errno, .. }) => {
                self.table.forget(key);
                self.notes.push(Note::NotSent { at: now.wall, errno });
            }
        }
    }

    fn heard(&mut self, now: Now, event: &Event<'_>) {
        match event {
            Event::Stamp { key, stage, at, .. } => {
                let _ = self.table.stamp(*key, *stage, *at);
            }
            Event::Frame(frame) => self.frame(now, frame),
            _ => self.notes.extend(Happening::of(now, event).map(Note::Happened)),
        }
    }

    fn command(&mut self, _: Now, command: Command) {
        match command {
            Command::Stop => self.stopping = true,
        }
    }

    fn notes(&mut self, tell: &mut dyn FnMut(&Note)) {
        self.notes.drain(..).for_each(|note| tell(&note));
    }
}

#[cfg(test)]
mod tests;
