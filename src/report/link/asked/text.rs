//! The lines that people read of a run of `rlink arp` or `rlink ndp`.

use std::fmt::Write as _;

use super::{Asked, sender};
use crate::clock::as_ns;
use crate::link::ask::Claim;
use crate::link::neighbour::{Answer, Kind, Summary, Verdict};
use crate::report::clean;
use crate::report::number::{Ms, percent_lost, plural};

/// " by MAC", where another station spoke.
pub(super) fn by(claim: &Claim) -> String {
    sender(claim).map_or_else(String::new, |sender| format!(" (said by {sender})"))
}

pub(super) fn answer_text(run: &Asked, answer: &Answer) -> String {
    let mut line = format!("{} is at {}", run.address(), answer.claim.mac);
    if answer.number > 0 {
        let _ = write!(line, " seq={}", answer.number);
    }
    if let Some(rtt) = answer.rtt {
        let _ = write!(line, " time={} ms", Ms(rtt.time));
    }
    line.push_str(match answer.kind {
        Kind::Good => "",
        Kind::Late => " (late)",
        Kind::Another => " (another station)",
        Kind::Duplicate => " (DUP!)",
        Kind::Unasked => " (unasked)",
    });
    line.push_str(&by(&answer.claim));
    line.push('\n');
    line
}

pub(super) fn verdict_text(run: &Asked, s: &Summary, verdict: Verdict) -> String {
    let (address, sent) = (run.address(), s.counters.sent);
    let probes = format!("{sent} probe{}", plural(sent));
    match verdict {
        Verdict::Free => format!("{address} is free: {probes} and no objection\n"),
        Verdict::Taken => {
            let macs: Vec<String> = s.stations.iter().map(|station| station.mac.to_string()).collect();
            format!("{address} is taken: {}\n", macs.join(", "))
        }
        Verdict::Undecided => format!("{address} is undecided: {probes} sent, and not enough to tell\n"),
    }
}

pub(super) fn statistics(run: &Asked, s: &Summary) -> String {
    let c = &s.counters;
    let title = clean(&run.operand);
    let mut text = format!("\n--- {title} {} statistics ---\n", run.protocol().to_lowercase());
    let _ = write!(text, "{} question{} sent ({} to all)", c.sent, plural(c.sent), s.to_all);
    let _ = write!(text, ", {} answered", c.received());
    for (n, what) in [(c.duplicates, "duplicates"), (c.late, "late"), (c.not_sent, "not sent")] {
        if n > 0 {
            let _ = write!(text, ", +{n} {what}");
        }
    }
    let settled = c.sent.saturating_sub(c.in_flight);
    if settled > 0 {
        let _ = write!(text, ", {}% unanswered", percent_lost(settled, c.received()));
    }
    let _ = writeln!(text, ", time {}ms", as_ns(s.sending).saturating_add(500_000) / 1_000_000);
    for (n, what) in [
        (s.dropped, "frames dropped by our own socket for want of room"),
        (s.skipped, "questions skipped, too late for the schedule"),
    ] {
        if n > 0 {
            let _ = writeln!(text, "{n} {what}");
        }
    }
    if s.stations.len() > 1 {
        let macs: Vec<String> = s.stations.iter().map(|station| station.mac.to_string()).collect();
        let _ = writeln!(text, "CONFLICT: {} stations: {}", macs.len(), macs.join(", "));
    }
    let r = &s.rtt;
    if let (Some(min), Some(avg), Some(max), Some(mdev)) = (r.min(), r.mean(), r.max(), r.mdev()) {
        let _ = writeln!(text, "rtt min/avg/max/mdev = {}/{}/{}/{} ms", Ms(min), Ms(avg), Ms(max), Ms(mdev));
    }
    text
}
