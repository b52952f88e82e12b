//! The last line of `rlink serve` and of `rlink send`.

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use serde::Serialize;

use super::FrameReport;
use crate::clock::{WallTime, as_ns};
use crate::link::Counts;
use crate::report::clean;

/// What a server has come to.
#[derive(Clone, Copy, Debug)]
pub struct ServeTotals {
    /// Its counts.
    pub counts: Counts,
    /// How long it listened.
    pub took: Duration,
    /// When it ended.
    pub at: WallTime,
}

/// What sending has come to.
#[derive(Clone, Copy, Debug, Default)]
pub struct SendTotals {
    /// Frames that were to be sent.
    pub attempted: u64,
    /// Taken by the kernel.
    pub sent: u64,
    /// Of those, stamped by the kernel as they left.
    pub stamped: u64,
    /// Refused by this host.
    pub not_sent: u64,
    /// From the first to the last.
    pub took: Duration,
    /// When it ended.
    pub at: WallTime,
}

#[derive(Serialize)]
struct Served {
    heard: u64,
    answered: u64,
    unanswered: u64,
    not_sent: u64,
    replies: u64,
    plain: u64,
    malformed: u64,
    dropped: u64,
    took_ns: u64,
}

#[derive(Serialize)]
struct Sent {
    attempted: u64,
    sent: u64,
    stamped: u64,
    not_sent: u64,
    took_ns: u64,
}

impl FrameReport<'_> {
    /// The end of a server.
    ///
    /// # Errors
    /// The writer's.
    pub fn served(&mut self, totals: &ServeTotals) -> io::Result<()> {
        let c = totals.counts;
        let body = Served {
            heard: c.heard,
            answered: c.answered,
            unanswered: c.unanswered,
            not_sent: c.not_sent,
            replies: c.replies,
            plain: c.plain,
            malformed: c.malformed,
            dropped: c.dropped,
            took_ns: as_ns(totals.took),
        };
        self.write("served", totals.at, body, |interface| served_text(interface, totals))
    }

    /// The end of sending.
    ///
    /// # Errors
    /// The writer's.
    pub fn sent(&mut self, totals: &SendTotals) -> io::Result<()> {
        let body = Sent {
            attempted: totals.attempted,
            sent: totals.sent,
            stamped: totals.stamped,
            not_sent: totals.not_sent,
            took_ns: as_ns(totals.took),
        };
        self.write("sent", totals.at, body, |interface| sent_text(interface, totals))
    }
}

fn plural(n: u64) -> &'static str {
    if n == 1 { "" } else { "s" }
}

fn list(line: &mut String, counted: &[(u64, &str)]) {
    for (n, what) in counted.iter().filter(|(n, _)| *n > 0) {
        let _ = write!(line, ", {n} {what}");
    }
}

fn served_text(interface: &str, totals: &ServeTotals) -> String {
    let c = totals.counts;
    let mut line = format!(
        "\n--- {} served for {:.3} s ---\n{} frame{} heard, {} echo request{} answered",
        clean(interface),
        totals.took.as_secs_f64(),
        c.heard,
        plural(c.heard),
        c.answered,
        plural(c.answered)
    );
    list(
        &mut line,
        &[
            (c.unanswered, "not to be answered"),
            (c.not_sent, "answers not sent"),
            (c.replies, "that are replies"),
            (c.plain, "of other programs"),
            (c.malformed, "malformed"),
        ],
    );
    let _ = writeln!(line, "\n{} dropped by the kernel for want of room", c.dropped);
    line
}

fn sent_text(interface: &str, totals: &SendTotals) -> String {
    let mut line = format!("{} frame{} left by {}", totals.sent, plural(totals.sent), clean(interface));
    if totals.stamped == totals.sent && totals.sent > 0 {
        line.push_str(", each stamped by the kernel as it went");
    } else {
        let _ = write!(line, ", {} stamped by the kernel as they went", totals.stamped);
    }
    list(&mut line, &[(totals.not_sent, "not sent")]);
    line.push('\n');
    line
}
