//! The whole receive path of a ping, for fuzzing: bytes and control messages, the network's readers, the machine, what it
//! believes.
//!
//! Whatever is heard, the two equations hold; a packet that is nobody's answer changes nothing but the count of strangers;
//! and no packet without a probe's proof counts as an answer where probes carry one.

use std::net::IpAddr;
use std::time::Duration;

use super::{Command, Config, Counters, Pace, Session, Summary, Target, Until};
use crate::clock::Now;
use crate::net::fuzz_entry::{Far, Frames, INTERFACE, Packets, Script};
use crate::net::icmp::SocketKind;
use crate::net::{Exchange, Peer};
use crate::probe::fuzz_entry::{Heard, play};
use crate::probe::token::TOKEN_LEN;
use crate::units::{Family, MacAddr};

/// Echo and timestamp requests by ICMP sockets of either family and kind.
#[must_use]
pub fn icmp(data: &[u8]) -> bool {
    let mut script = Script::new(data);
    let family = if script.is() { Family::V6 } else { Family::V4 };
    let kind = if script.is() { SocketKind::Dgram } else { SocketKind::Raw };
    let addr = |n: u8| -> Peer {
        match family {
            Family::V4 => IpAddr::from([10, 9, 0, n]).into(),
            Family::V6 => IpAddr::from([0xfd00, 9, 0, 0, 0, 0, 0, u16::from(n)]).into(),
        }
    };
    let mut targets: Vec<Target> =
        (0..=script.byte() % 3).map(|n| Target { peer: addr(n + 1), group: false }).collect();
    if script.byte() % 8 == 0 {
        let peer = addr(255);
        targets.push(Target { peer, group: true });
    }
    let exchange = if family == Family::V4 && script.byte() % 8 == 0 { Exchange::Timestamp } else { Exchange::Echo };
    run(Config { exchange, ..config(&mut script, targets) }, &mut Packets::icmp(family, kind), script)
}

/// Echo between stations of a link.
#[must_use]
pub fn link(data: &[u8]) -> bool {
    let mut script = Script::new(data);
    let station = |n: u8| Target { peer: Peer::station(MacAddr([2, 0, 0, 0, 0, n]), INTERFACE), group: false };
    let targets = (0..=script.byte() % 3).map(|n| station(n + 2)).collect();
    run(config(&mut script, targets), &mut Frames::echo(), script)
}

fn config(script: &mut Script<'_>, targets: Vec<Target>) -> Config {
    let plain = Config::new(targets, [7; 16]);
    let bits = script.byte();
    Config {
        count: (bits & 1 != 0).then(|| u64::from(script.byte())),
        pace: match bits >> 1 & 3 {
            0 => Pace::Flood,
            1 => Pace::Adaptive { floor: Duration::from_millis(1) },
            _ => Pace::Interval,
        },
        interval: Duration::from_millis(10),
        timeout: if bits & 8 != 0 { Some(Duration::from_millis(50)) } else { plain.timeout },
        size: if bits & 16 != 0 { usize::from(script.byte() % 80) } else { plain.size },
        capture: bits & 32 != 0,
        note_unanswered: bits & 64 != 0,
        until: (bits & 128 != 0).then(|| Until::Up(u32::from(script.byte()))),
        ..plain
    }
}

fn run(config: Config, far: &mut dyn Far, script: Script<'_>) -> bool {
    let carries_proof = config.exchange == Exchange::Echo && config.size >= TOKEN_LEN;
    let look = |session: &Session, now: Now| -> Vec<Summary> {
        session.target_ids().filter_map(|id| session.summary(id, now)).collect()
    };
    let judge = |session: &Session, now: Now, before: &Vec<Summary>, heard: Heard| {
        let after = look(session, now);
        let kept = before.iter().zip(&after).all(|(before, after)| match heard {
            Heard::Stranger => is_untouched(before, after),
            Heard::Unproven if carries_proof => are_no_answers(before, after),
            _ => true,
        });
        kept && after.iter().all(|summary| summary.counters.balanced() && fits(summary))
    };
    play(&mut Session::new(config), far, script, || Command::Stop, look, judge)
}

/// The statistics are of answers and of nothing else.
fn fits(summary: &Summary) -> bool {
    let c = &summary.counters;
    c.corrupt <= c.received() && summary.rtt.count() + c.corrupt.min(c.received()) <= c.received() + c.corrupt
}

fn is_untouched(before: &Summary, after: &Summary) -> bool {
    let strangers = |c: &Counters| Counters { foreign: 0, ..*c };
    strangers(&before.counters) == strangers(&after.counters) && have_same_times(before, after)
}

/// Errors may be believed on weaker proof, and say so.
fn are_no_answers(before: &Summary, after: &Summary) -> bool {
    let of = |c: &Counters| (c.replied, c.late, c.duplicates, c.corrupt, c.truncated);
    of(&before.counters) == of(&after.counters) && have_same_times(before, after)
}

fn have_same_times(before: &Summary, after: &Summary) -> bool {
    let of = |s: &Summary| (s.rtt.count(), s.rtt.min(), s.rtt.max(), s.rtt.mean(), s.clocks);
    of(before) == of(after)
}
