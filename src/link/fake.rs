//! A link of invented stations in virtual time, for the tests of this floor: what a frame of ours meets there, and when
//! the answers come back. Time stands still but for `wait`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use super::ask::{Announce, Asker, Claim, How};
use crate::clock::{BootTime, Now, Stage, WallTime};
use crate::net::{Arrival, Batch, Event, Frame, Key, Network, NotSent, SentAt, Woken};
use crate::sys::address::Direction;
use crate::sys::errno::Errno;
use crate::units::MacAddr;
use crate::wire::ethernet;

/// Us.
pub(super) const US: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);

/// A station that has an address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Station {
    pub(super) addr: IpAddr,
    pub(super) mac: MacAddr,
    pub(super) delay: Duration,
    /// Answers questions with these numbers, counted over the whole link from 1.
    pub(super) answers: fn(u64) -> bool,
}

/// What comes.
pub(super) enum Coming {
    Frame(Vec<u8>, Direction),
    Stamp(Key),
}

/// The link.
pub(super) struct Link {
    pub(super) stations: Vec<Station>,
    /// Frames that we sent, with their times.
    pub(super) sent: Vec<(BootTime, Vec<u8>)>,
    /// The kernel refuses frames with these numbers, from 1.
    pub(super) refuses: fn(u64) -> bool,
    pub(super) stamps: bool,
    /// Nanoseconds that sending a frame takes.
    pub(super) send_cost: u64,
    pub(super) now: u64,
    pub(super) tried: u64,
    pub(super) coming: BTreeMap<(u64, u64), Coming>,
    pub(super) order: u64,
}

const WALL: i64 = 1_700_000_000_000_000_000;
/// From our call to the driver.
const QUEUE: u64 = 10_000;

pub(super) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(super) fn mac(last: u8) -> MacAddr {
    MacAddr([2, 0, 0, 0, 0, last])
}

/// A station that answers everything within a millisecond.
pub(super) fn station(addr: &str, last: u8) -> Station {
    Station { addr: ip(addr), mac: mac(last), delay: Duration::from_millis(1), answers: |_| true }
}

impl Link {
    pub(super) fn new(stations: Vec<Station>) -> Link {
        Link {
            stations,
            sent: Vec::new(),
            refuses: |_| false,
            send_cost: 0,
            stamps: true,
            now: 1_000_000_000,
            tried: 0,
            coming: BTreeMap::new(),
            order: 0,
        }
    }

    fn at(&self, ns: u64) -> Now {
        Now { boot: BootTime::from_ns(ns), wall: WallTime::from_ns(WALL + ns as i64), ..Now::default() }
    }

    pub(super) fn later(&mut self, delay: Duration, frame: Vec<u8>, direction: Direction) {
        self.push(self.now + delay.as_nanos() as u64, Coming::Frame(frame, direction));
    }

    fn push(&mut self, at: u64, coming: Coming) {
        self.order += 1;
        self.coming.insert((at, self.order), coming);
    }

    /// Time passes without anybody noticing: a suspend.
    pub(super) fn sleep(&mut self, time: Duration) {
        self.now += time.as_nanos() as u64;
    }

    fn answer(&mut self, bytes: &[u8], number: u64) {
        let frame = ethernet::Frame::new_checked(bytes).unwrap();
        for station in self.stations.clone() {
            let for_it = frame.dst.is_group() || frame.dst == station.mac;
            if for_it && (station.answers)(number) {
                if let Some(answer) = super::station::answer(station.mac, Some(station.addr), &frame) {
                    self.later(station.delay, answer, Direction::Host);
                }
            }
        }
    }
}

/// Somebody's announcement.
pub(super) fn announced(addr: &str, last: u8) -> Vec<u8> {
    Asker { mac: mac(last), source: None }.announcement(ip(addr), Announce::Request).as_slice().to_vec()
}

/// Somebody's wish for an address.
pub(super) fn wished(addr: &str, last: u8) -> Vec<u8> {
    let bytes = Asker { mac: mac(last), source: None }.question(ip(addr), None, None);
    let claim = Claim::of(&ethernet::Frame::new_checked(bytes.as_slice()).unwrap()).unwrap();
    assert_eq!(claim.how, How::Wish { nonce: None });
    bytes.as_slice().to_vec()
}

impl Network for Link {
    fn now(&mut self) -> Now {
        self.at(self.now)
    }

    fn send(&mut self, batch: &mut Batch, done: &mut Vec<Result<SentAt, NotSent>>) {
        for index in 0..batch.len() {
            let (probe, bytes) = batch.payload(index).unwrap();
            self.tried += 1;
            self.now += self.send_cost;
            if (self.refuses)(self.tried) {
                done.push(Err(NotSent { errno: Errno(100), mtu: None }));
                continue;
            }
            let (key, bytes) = (probe.key, bytes.to_vec());
            if self.stamps && probe.stamp {
                self.push(self.now + QUEUE, Coming::Stamp(key));
            }
            self.answer(&bytes, self.tried);
            self.sent.push((BootTime::from_ns(self.now), bytes));
            done.push(Ok(SentAt { at: self.at(self.now), checksum: None }));
        }
    }

    fn take(&mut self, hear: &mut dyn FnMut(Now, &Event<'_>)) -> io::Result<bool> {
        while let Some((&(at, order), _)) = self.coming.first_key_value().filter(|((at, _), _)| *at <= self.now) {
            let read = self.at(self.now);
            let stamp = self.at(at).wall;
            match self.coming.remove(&(at, order)).unwrap() {
                Coming::Stamp(key) => {
                    hear(read, &Event::Stamp { key, stage: Stage::Driver, at: stamp, packet: &[] });
                }
                Coming::Frame(bytes, direction) => {
                    let arrival = Arrival { kernel: Some(stamp), ..Arrival::unstamped(read) };
                    let frame = Frame { bytes: &bytes, len: bytes.len(), stripped: None, direction, arrival };
                    hear(read, &Event::Frame(frame));
                }
            }
        }
        Ok(false)
    }

    fn wait(&mut self, until: Option<BootTime>, _: &[BorrowedFd<'_>]) -> io::Result<Woken> {
        let next = self.coming.first_key_value().map(|((at, _), _)| *at);
        let until = until.map(BootTime::as_ns);
        let to = [next, until].into_iter().flatten().min().expect("something happens or is waited for");
        self.now = self.now.max(to);
        Ok(if next == Some(to) { Woken::Ready } else { Woken::Time })
    }

    fn fds(&self) -> Vec<BorrowedFd<'_>> {
        Vec::new()
    }
}
