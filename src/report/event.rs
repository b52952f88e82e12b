//! Events that several commands write, field for field in the order they are written.
//!
//! What each field means stands in `schema/events.json`, which a test holds against every one of them.

use std::borrow::Cow;
use std::io;
use std::net::IpAddr;

use serde::Serialize;

use super::address::Address;
use super::lines::Lines;
use super::{Failed, Names};
use crate::clock::{WallTime, as_ns};
use crate::probe::counters::Counters;
use crate::probe::reply::ReplyKind;
use crate::probe::times::Rtt;
use crate::probe::token::Proof;
use crate::sys::errno::Errno;
use crate::units::Ttl;
use crate::wire::icmp::IcmpError;

/// Whom it is about.
#[derive(Serialize)]
pub(super) struct About<'a> {
    pub(super) target: Cow<'a, str>,
    pub(super) address: Option<Address<'a>>,
}

/// Which probe.
#[derive(Serialize)]
pub(super) struct Probe<'a> {
    #[serde(flatten)]
    pub(super) about: About<'a>,
    pub(super) seq: u64,
    pub(super) wire_seq: u16,
}

#[derive(Serialize)]
pub(super) struct Plain<'a> {
    #[serde(flatten)]
    pub(super) probe: Probe<'a>,
}

/// The event of a reply of this kind.
pub(super) fn name_of(kind: ReplyKind) -> &'static str {
    match kind {
        ReplyKind::Good => "reply",
        ReplyKind::Late => "late",
        ReplyKind::Duplicate => "duplicate",
        ReplyKind::Corrupt { .. } => "corrupt",
        ReplyKind::WrongSource => "wrong_source",
    }
}

#[derive(Serialize)]
pub(super) struct Reply<'a> {
    #[serde(flatten)]
    pub(super) probe: Probe<'a>,
    pub(super) from: Address<'a>,
    pub(super) name: Option<&'a str>,
    pub(super) to: Option<IpAddr>,
    pub(super) bytes: usize,
    pub(super) truncated: bool,
    pub(super) ttl: Option<u8>,
    pub(super) tos: Option<u8>,
    pub(super) rtt_ns: Option<u64>,
    pub(super) clock: Option<&'static str>,
    pub(super) counted: bool,
    pub(super) proof: &'static str,
    pub(super) queue_ns: Option<u64>,
    pub(super) wake_ns: Option<u64>,
    pub(super) reordered: bool,
    pub(super) wrong_byte: Option<usize>,
    pub(super) wrong_byte_sent: Option<u8>,
    pub(super) wrong_byte_came: Option<u8>,
    pub(super) ip_options: Option<String>,
    pub(super) far: Option<Far>,
}

#[derive(Serialize)]
pub(super) struct Far {
    pub(super) offset_ms: Option<i32>,
    pub(super) receive_ms: u32,
    pub(super) transmit_ms: u32,
}

/// An ICMP message in its numbers, its stable name and iputils' words.
#[derive(Serialize)]
pub(super) struct Icmp {
    pub(super) icmp_type: u8,
    pub(super) icmp_code: u8,
    pub(super) icmp_name: &'static str,
    pub(super) icmp_info: u32,
    pub(super) text: String,
}

#[derive(Serialize)]
pub(super) struct Error<'a> {
    #[serde(flatten)]
    pub(super) probe: Probe<'a>,
    pub(super) from: IpAddr,
    pub(super) name: Option<&'a str>,
    #[serde(flatten)]
    pub(super) icmp: Icmp,
    pub(super) ttl: Option<u8>,
    pub(super) after_ns: Option<u64>,
    pub(super) clock: Option<&'static str>,
    pub(super) proof: &'static str,
}

#[derive(Serialize)]
pub(super) struct NotSent<'a> {
    #[serde(flatten)]
    pub(super) probe: Probe<'a>,
    pub(super) errno: i32,
    pub(super) error: String,
    pub(super) text: String,
    pub(super) mtu: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct Redirect<'a> {
    #[serde(flatten)]
    pub(super) probe: Probe<'a>,
    pub(super) from: IpAddr,
    pub(super) gateway: IpAddr,
    pub(super) icmp_type: u8,
    pub(super) icmp_code: u8,
}

/// Nanoseconds of a round-trip time.
pub(super) fn rtt_ns(rtt: Option<Rtt>) -> Option<u64> {
    rtt.map(|r| as_ns(r.time))
}

/// Whose stamps it is the difference of.
pub(super) fn clock(rtt: Option<Rtt>) -> Option<&'static str> {
    rtt.map(|r| r.clock.name())
}

/// A hop limit's number.
pub(super) fn raw(ttl: Option<Ttl>) -> Option<u8> {
    ttl.map(|t| t.0)
}

/// The counters of a summary: a contract, these and no others, in this order.
#[derive(Serialize)]
pub(super) struct Figures {
    attempted: u64,
    not_sent: u64,
    sent: u64,
    received: u64,
    replied: u64,
    late: u64,
    lost: u64,
    errors: u64,
    in_flight: u64,
    duplicates: u64,
    corrupt: u64,
    reordered: u64,
    foreign: u64,
}

impl Figures {
    pub(super) fn new(c: &Counters) -> Self {
        Figures {
            attempted: c.attempted,
            not_sent: c.not_sent,
            sent: c.sent,
            received: c.received(),
            replied: c.replied,
            late: c.late,
            lost: c.lost,
            errors: c.errors,
            in_flight: c.in_flight,
            duplicates: c.duplicates,
            corrupt: c.corrupt,
            reordered: c.reordered,
            foreign: c.foreign,
        }
    }
}

impl Icmp {
    fn new(e: &IcmpError) -> Self {
        Icmp { icmp_type: e.ty, icmp_code: e.code, icmp_name: e.name(), icmp_info: e.info, text: e.to_string() }
    }
}

impl<'a> Error<'a> {
    pub(super) fn new(
        probe: Probe<'a>,
        from: IpAddr,
        error: &IcmpError,
        how_sure: Proof,
        after: Option<Rtt>,
        ttl: Option<Ttl>,
        names: &'a dyn Names,
    ) -> Self {
        Error {
            probe,
            from,
            name: names.name(from),
            icmp: Icmp::new(error),
            ttl: raw(ttl),
            after_ns: rtt_ns(after),
            clock: clock(after),
            proof: how_sure.name(),
        }
    }
}

impl<'a> NotSent<'a> {
    pub(super) fn new(probe: Probe<'a>, errno: Errno, mtu: Option<u32>) -> Self {
        NotSent { probe, errno: errno.0, error: errno.name(), text: errno.to_string(), mtu }
    }
}

impl<'a> Redirect<'a> {
    pub(super) fn new(probe: Probe<'a>, from: IpAddr, gateway: IpAddr, error: &IcmpError) -> Self {
        Redirect { probe, from, gateway, icmp_type: error.ty, icmp_code: error.code }
    }
}

#[derive(Serialize)]
struct Dropped {
    packets: u64,
}

#[derive(Serialize)]
struct Stepped {
    by_ns: i64,
}

#[derive(Serialize)]
struct Skipped {
    slots: u64,
}

#[derive(Serialize)]
struct NotProbed<'a> {
    target: &'a str,
    reason: &'a str,
    temporary: bool,
}

/// What happens to a run as a whole: every command tells it alike.
impl Lines<'_> {
    /// An operand is not probed.
    pub(super) fn not_probed(&mut self, failed: &Failed) -> io::Result<()> {
        let body = NotProbed { target: &failed.operand, reason: &failed.reason, temporary: failed.temporary };
        self.write("not_probed", failed.at.as_ns(), body)
    }

    /// Our own socket had no room for so many packets.
    pub(super) fn dropped(&mut self, at: WallTime, packets: u64) -> io::Result<()> {
        self.write("dropped", at.as_ns(), Dropped { packets })
    }

    /// The wall clock was set.
    pub(super) fn stepped(&mut self, at: WallTime, by_ns: i64) -> io::Result<()> {
        self.write("stepped", at.as_ns(), Stepped { by_ns })
    }

    /// Slots of the schedule were missed and are not made up.
    pub(super) fn skipped(&mut self, at: WallTime, slots: u64) -> io::Result<()> {
        self.write("skipped", at.as_ns(), Skipped { slots })
    }
}
