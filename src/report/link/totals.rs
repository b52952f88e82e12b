//! The first line of `rlink serve`, and the last of it and of `rlink send`.

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use serde::Serialize;

use super::FrameReport;
use crate::clock::{WallTime, as_ns};
use crate::link::Counts;
use crate::report::clean;
use crate::report::number::plural;
use crate::units::{EtherType, MacAddr};

/// What a server is about to do.
#[derive(Clone, Copy, Debug)]
pub struct Serving {
    /// Its address.
    pub mac: MacAddr,
    /// The type of frames it hears.
    pub ether_type: EtherType,
    /// The VLAN it serves.
    pub vlan: Option<u16>,
    /// Whether it answers echo requests.
    pub answers: bool,
    /// When it begins.
    pub at: WallTime,
}

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
    /// Of those, that the kernel was asked to stamp.
    pub asked: u64,
    /// Of those, that it stamped as the driver took them: they left.
    pub stamped: u64,
    /// Refused by this host.
    pub not_sent: u64,
    /// From the first to the last.
    pub took: Duration,
    /// When it ended.
    pub at: WallTime,
}

#[derive(Serialize)]
struct ServingBody {
    mac: String,
    ethertype: u16,
    vlan: Option<u16>,
    answers: bool,
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
    asked: u64,
    stamped: u64,
    not_sent: u64,
    took_ns: u64,
}

impl FrameReport<'_> {
    /// A server begins.
    ///
    /// # Errors
    /// The writer's.
    pub fn serving(&mut self, serving: &Serving) -> io::Result<()> {
        let body = ServingBody {
            mac: serving.mac.to_string(),
            ethertype: serving.ether_type.0,
            vlan: serving.vlan,
            answers: serving.answers,
        };
        self.write("serving", serving.at, body, |interface| serving_text(interface, serving))
    }

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
            asked: totals.asked,
            stamped: totals.stamped,
            not_sent: totals.not_sent,
            took_ns: as_ns(totals.took),
        };
        self.write("sent", totals.at, body, |interface| sent_text(interface, totals))
    }
}

fn list(line: &mut String, counted: &[(u64, &str)]) {
    for (n, what) in counted.iter().filter(|(n, _)| *n > 0) {
        let _ = write!(line, ", {n} {what}");
    }
}

fn serving_text(interface: &str, serving: &Serving) -> String {
    let Serving { mac, ether_type, vlan, answers, .. } = *serving;
    let mut line = format!("SERVE {mac} on {}, frames of type {ether_type}", clean(interface));
    if let Some(vlan) = vlan {
        let _ = write!(line, " in VLAN {vlan}");
    }
    line.push_str(if answers { "\n" } else { ", nothing is answered\n" });
    line
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
    let SendTotals { sent, asked, stamped, .. } = *totals;
    let interface = clean(interface);
    let mut line = format!("{stamped} frame{} left {interface}", plural(stamped));
    if asked < sent {
        let _ = write!(line, " of {asked} that were looked after; {sent} sent");
    } else if stamped == 0 && sent > 0 {
        line = format!("{sent} frame{} sent by {interface}, which does not say when they leave", plural(sent));
    } else if stamped < sent {
        let _ = write!(line, ", {} sent without a word from it", sent - stamped);
    }
    list(&mut line, &[(totals.not_sent, "not sent")]);
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_many_left_is_told_from_how_many_were_sent() {
        let totals = |sent, asked, stamped, not_sent| {
            sent_text("eth0", &SendTotals { sent, asked, stamped, not_sent, ..SendTotals::default() })
        };
        assert_eq!(totals(1, 1, 1, 0), "1 frame left eth0\n");
        assert_eq!(totals(3, 3, 2, 1), "2 frames left eth0, 1 sent without a word from it, 1 not sent\n");
        assert_eq!(totals(640, 10, 10, 0), "10 frames left eth0 of 10 that were looked after; 640 sent\n");
        assert_eq!(totals(2, 2, 0, 0), "2 frames sent by eth0, which does not say when they leave\n");
        assert_eq!(totals(0, 0, 0, 2), "0 frames left eth0, 2 not sent\n");
    }

    #[test]
    fn a_server_says_what_it_did_not_answer() {
        let counts =
            Counts { heard: 7, answered: 3, plain: 2, replies: 1, malformed: 1, dropped: 4, ..Counts::default() };
        let totals = ServeTotals { counts, took: Duration::from_millis(1500), at: WallTime::default() };
        assert_eq!(
            served_text("eth0", &totals),
            "\n--- eth0 served for 1.500 s ---\n7 frames heard, 3 echo requests answered, 1 that are replies, \
             2 of other programs, 1 malformed\n4 dropped by the kernel for want of room\n"
        );
    }
}
