//! The line of a hop: who answered, when, and what that gives evidence of.

use std::fmt::Write;

use super::{Style, Traced, least_width, who};
use crate::net::{Peer, Reply};
use crate::report::Names;
use crate::report::number::Ms;
use crate::report::trace::marks;
use crate::trace::{Answer, Evidence, Hop, Reach, Try, What};

/// Columns of one time, its unit included, where columns are aligned.
const TIME: usize = 11;

/// A line, and how wide its address column is.
pub(super) struct Line {
    pub(super) text: String,
    pub(super) width: usize,
}

impl Line {
    pub(super) fn of(style: &Style, traced: &Traced, tos: u8, hop: &Hop, names: &dyn Names, width: usize) -> Line {
        let own = style.shape == super::Shape::Own;
        let mut text = format!("{:2} ", hop.distance);
        let mut width = width.max(if style.aligned { least_width(traced.host.family()) } else { 0 });
        let mut last: Option<Peer> = None;
        let mut evidence: Option<String> = None;
        for one in &hop.tries {
            let answer = match one {
                Try::Answer(answer) => answer,
                Try::Silent { .. } => {
                    if style.aligned && last.is_some() {
                        let _ = write!(text, " {:>TIME$}", "*");
                    } else {
                        text.push_str(" *");
                    }
                    continue;
                }
                Try::NotSent { errno, .. } => {
                    let _ = write!(text, " not sent: {errno}");
                    continue;
                }
            };
            if last != Some(answer.from) {
                let who = who(style, answer.from, names);
                if style.aligned && last.is_none() {
                    width = width.max(who.chars().count());
                    let _ = write!(text, " {}", paint(style, BOLD, &format!("{who:width$}")));
                } else {
                    let _ = write!(text, " {}", paint(style, BOLD, &who));
                }
                last = Some(answer.from);
                evidence = None;
            }
            let time = format!("{} ms", Ms(answer.rtt.time));
            if style.aligned {
                let _ = write!(text, " {time:>TIME$}");
            } else {
                let _ = write!(text, "  {time}");
            }
            marks_of(&mut text, style, answer);
            // What a router says besides is the same for each of its answers, as a rule.
            let says = says(style, tos, hop.distance, answer);
            if evidence.as_ref() != Some(&says) {
                text.push_str(&says);
                evidence = Some(says);
            }
        }
        if own {
            if hop.limited {
                text.push_str(&paint(style, DIM, "  limited"));
            }
            if hop.per_packet {
                text.push_str(&paint(style, DIM, "  per-packet"));
            }
        }
        Line { text, width }
    }
}

/// A hop that was told as silent and answers after all.
pub(super) fn revised(style: &Style, distance: u8, answer: &Answer, names: &dyn Names) -> String {
    let mut text = format!("{distance:2}  {}  {} ms", who(style, answer.from, names), Ms(answer.rtt.time));
    marks_of(&mut text, style, answer);
    text
}

/// What stands directly behind the time.
fn marks_of(text: &mut String, style: &Style, answer: &Answer) {
    match answer.what {
        What::TimeExceeded(error) | What::Error(error) | What::Reached(Reach::PortUnreachable(error)) => {
            if let Some(mark) = marks::mark(&error) {
                let _ = write!(text, " {}", paint(style, RED, &mark));
            }
        }
        What::Reached(Reach::Reply(reply)) if style.reply => {
            let flags = match reply {
                Reply::SynAck => "<syn,ack>",
                Reply::Rst => "<rst>",
                Reply::Segment => "<ack>",
                Reply::Data => "<data>",
            };
            let _ = write!(text, " {flags}");
        }
        What::Reached(_) => {}
    }
    if style.shape == super::Shape::Own && answer.late {
        text.push_str(" late");
    }
}

/// What the answer tells besides: extensions, the way back, translation, rewritten fields.
fn says(style: &Style, tos: u8, distance: u8, answer: &Answer) -> String {
    let mut text = String::new();
    if let Some(extensions) = answer.extensions.as_ref().filter(|_| style.extensions) {
        let _ = write!(text, " {}", marks::extensions(extensions));
    }
    if let Some(back) = answer.return_length.filter(|back| style.back && differs(distance, *back)) {
        // As traceroute's --back has it.
        let _ = write!(text, " '-{back}'");
    }
    if style.shape == super::Shape::Own {
        text.push_str(&quoted(tos, answer, &answer.evidence));
    }
    text
}

/// Whether the way back has another length. By one it may differ, for some count a hop more.
fn differs(distance: u8, back: u8) -> bool {
    distance.abs_diff(back) > 1
}

/// What the quote shows that we did not send.
fn quoted(tos: u8, answer: &Answer, evidence: &Evidence) -> String {
    let mut text = String::new();
    if let Some(nat) = evidence.nat {
        text.push_str(" NAT");
        if let Some(source) = nat.source {
            let _ = write!(text, "={source}");
        }
    }
    if let Some(other) = evidence.quoted_tos.filter(|quoted| *quoted != tos) {
        let _ = write!(text, " tos={other:#04x}");
    }
    // 1 is usual of time exceeded; anything else was rewritten or decremented by what should not.
    let odd = |ttl: &crate::units::Ttl| ttl.0 != 1 && matches!(answer.what, What::TimeExceeded(_));
    if let Some(ttl) = evidence.quoted_ttl.filter(odd) {
        let _ = write!(text, " quoted-ttl={}", ttl.0);
    }
    text
}

const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";

/// Colours a piece of text, where colour is wanted (ECMA-48 SGR).
fn paint(style: &Style, code: &str, text: &str) -> String {
    if style.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}
