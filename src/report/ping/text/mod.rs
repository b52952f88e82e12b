//! Text for people, and for the scripts that read `ping`'s: with one target line for line what iputils prints.
//!
//! Four things differ on purpose: three decimals always; `icmp_seq` is the probe's own number and never wraps; a duplicate
//! takes no dot of a flood away; and what this host did not send is told from what was lost. What iputils has no line
//! for (late replies, clocks, percentiles, …) is said in lines of its own, never under `ping`'s own name
//! ([`Style::peer`]), and the `rtt` line stays the last. With several targets every line begins with the operand.
//!
//! Replies, errors and statistics go to `out`; what this host did wrong, and status lines, to `err`.

mod flood;
mod options;
mod reply;
mod statistics;
mod table;
mod trouble;

use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::IpAddr;
use std::sync::Arc;

use super::{MtuFound, Report, Run};
use crate::clock::WallTime;
use crate::net::Peer;
use crate::ping::{NoReply, Note, Summary, TargetId};
use crate::report::address::Address;
use crate::report::number::{Ms, UnixTime, hex, plural};
use crate::report::{Failed, Names, clean};
use crate::units::Family;
use flood::Dots;
use options::LastRoute;
use trouble::Trouble;

/// How text looks.
#[derive(Clone, Debug)]
pub struct Style {
    /// What messages begin with: the name the command was called by.
    pub program: String,
    /// Called by `ping`'s own name: nothing that iputils would not print.
    pub peer: bool,
    /// Only first line and statistics (`-q`).
    pub quiet: bool,
    /// Idents, and the many answers of a group (`-v`).
    pub verbose: bool,
    /// Seconds since 1970 before each line (`-D`).
    pub timestamps: bool,
    /// A bell for each reply (`-a`).
    pub bell: bool,
    /// Dots and backspaces instead of lines (`-f`).
    pub flood: bool,
    /// What this host added to each reply (`--breakdown`).
    pub breakdown: bool,
    /// Colour by escape sequences.
    pub color: bool,
    /// Columns of the screen: so many dots of a flood are shown.
    pub width: usize,
}

impl Style {
    /// Plain lines.
    #[must_use]
    pub fn new(program: &str) -> Self {
        Style {
            program: program.to_owned(),
            peer: false,
            quiet: false,
            verbose: false,
            timestamps: false,
            bell: false,
            flood: false,
            breakdown: false,
            color: false,
            width: 80,
        }
    }
}

/// What a line says, for its colour.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tone {
    Plain,
    /// Right, but not in its time or number: late, duplicate.
    Odd,
    /// An error, a damaged reply, no answer.
    Bad,
}

/// The text report.
pub struct Text<'w> {
    run: Arc<Run>,
    style: Style,
    out: Box<dyn Write + 'w>,
    err: Box<dyn Write + 'w>,
    trouble: Trouble,
    failed: Vec<Failed>,
    last_route: LastRoute,
    dots: Dots,
    line: String,
}

impl<'w> Text<'w> {
    /// A report of this run, results to `out`, diagnostics to `err`.
    #[must_use]
    pub fn new(run: Arc<Run>, style: Style, out: Box<dyn Write + 'w>, err: Box<dyn Write + 'w>) -> Self {
        let trouble = Trouble::new(run.hosts.len());
        let dots = Dots::new(style.width);
        let (failed, last_route, line) = (Vec::new(), LastRoute::default(), String::new());
        Text { run, style, out, err, trouble, failed, last_route, dots, line }
    }

    /// Writes lines about a target to `out`: each with its operand before it if there are several.
    fn say(&mut self, target: Option<TargetId>, tone: Tone, text: &str) -> io::Result<()> {
        let prefix = target.filter(|_| self.run.several).and_then(|t| self.run.host(t)).map(|h| clean(&h.operand));
        let (on, off) = match tone {
            _ if !self.style.color => ("", ""),
            Tone::Plain => ("", ""),
            Tone::Odd => ("\x1b[33m", "\x1b[0m"),
            Tone::Bad => ("\x1b[31m", "\x1b[0m"),
        };
        self.line.clear();
        for part in text.split('\n') {
            if let Some(operand) = prefix.as_deref().filter(|_| !part.is_empty()) {
                self.line.extend([operand, ": "]);
            }
            self.line.extend([on, part, off, "\n"]);
        }
        self.dots.flush(&mut self.out)?;
        self.out.write_all(self.line.as_bytes())?;
        self.out.flush()
    }

    /// `[sec.usec] ` of `-D`.
    fn stamp(&self, at: WallTime) -> String {
        if self.style.timestamps { format!("[{}] ", UnixTime(at)) } else { String::new() }
    }

    /// One or both lines of a target's header.
    fn header(&mut self, target: TargetId) -> io::Result<()> {
        let run = Arc::clone(&self.run);
        let Some(host) = run.host(target) else { return Ok(()) };
        if host.station {
            let device = clean(host.device.as_deref().unwrap_or_default()).into_owned();
            let s = format!("PING {} on {device}, {} bytes of data.", host.address(), run.size);
            return self.say(Some(target), Tone::Plain, &s);
        }
        let mut s = format!("PING {} ({}) ", clean(host.title()), host.address());
        if let (Some(label), Family::V6) = (run.flow_label, host.family()) {
            let _ = write!(s, ", flow 0x{label:05x}, ");
        }
        if let (Some(source), true) = (host.source, host.show_source) {
            let _ = write!(s, "from {source} {}: ", clean(host.device.as_deref().unwrap_or_default()));
        }
        let _ = match host.family() {
            Family::V4 => write!(s, "{}({}) bytes of data.", run.size, run.size + 28 + run.ip_options),
            Family::V6 => write!(s, "{} data bytes", run.size),
        };
        self.say(Some(target), Tone::Plain, &s)
    }

    /// Whether the lines of single probes are printed.
    fn tells_probes(&self) -> bool {
        !self.style.quiet && !self.style.flood
    }

    fn no_reply(&mut self, t: TargetId, number: u64, at: WallTime, why: &NoReply, names: &dyn Names) -> io::Result<()> {
        match why {
            NoReply::Lost => {
                self.dots.settled();
                Ok(())
            }
            NoReply::NotSent { errno, mtu } => self.not_sent(t, number, at, *errno, *mtu),
            NoReply::Error { .. } if self.style.quiet => Ok(()),
            NoReply::Error { .. } if self.style.flood => self.dots.error(&mut self.out),
            NoReply::Error { from, error, .. } => {
                let who = self.who(t, *from, names);
                let text = format!("{}From {who} {}={number} {error}", self.stamp(at), self.run.seq());
                self.say(Some(t), Tone::Bad, &text)
            }
        }
    }

    /// An address of somebody on the way, with its name if that is known. A link-local one is on the target's own link.
    fn who(&self, target: TargetId, addr: IpAddr, names: &dyn Names) -> String {
        let is_local = matches!(addr, IpAddr::V6(a) if a.is_unicast_link_local());
        let scope = self.run.host(target).map_or(0, |h| h.peer.scope);
        named(Peer { addr, scope: if is_local { scope } else { 0 } }, names)
    }
}

/// "name (address)", or the address alone where there is no other name.
fn named(peer: Peer, names: &dyn Names) -> String {
    let address = Address::of(peer, names);
    match names.name(peer.addr).map(clean) {
        Some(name) if !name.is_empty() && name != address.to_string() => format!("{name} ({address})"),
        _ => address.to_string(),
    }
}

impl Report for Text<'_> {
    fn start(&mut self) -> io::Result<()> {
        if !self.run.pattern.is_empty() && !self.style.quiet {
            self.say(None, Tone::Plain, &format!("PATTERN: 0x{}", hex(&self.run.pattern)))?;
        }
        (0..self.run.hosts.len()).try_for_each(|i| self.header(TargetId(u32::try_from(i).unwrap_or(u32::MAX))))
    }

    fn note(&mut self, note: &Note, names: &dyn Names) -> io::Result<()> {
        match note {
            Note::Sent { .. } if self.style.flood && !self.style.quiet => {
                self.dots.sent();
                Ok(())
            }
            Note::Reply(reply) => self.reply(reply, names),
            Note::NoReply { target, number, at, why } => self.no_reply(*target, *number, *at, why, names),
            // Asked for by itself (`-O`): iputils says it in a quiet run and in a flood, too.
            Note::Unanswered { target, number, at } => {
                let text = format!("{}no answer yet for {}={number}", self.stamp(*at), self.run.seq());
                self.say(Some(*target), Tone::Bad, &text)
            }
            Note::Redirect { target, number, at, from, gateway, error } if self.tells_probes() => {
                let who = self.who(*target, *from, names);
                let mut text = format!("{}From {who}: icmp_seq={number} ", self.stamp(*at));
                let _ = match error.family {
                    Family::V4 => write!(text, "{error}"),
                    Family::V6 => write!(text, "Redirect(New nexthop: {gateway})"),
                };
                self.say(Some(*target), Tone::Odd, &text)
            }
            Note::Recovered { target, at, not_sent } => self.recovered(*target, *at, *not_sent),
            Note::Dropped { at, more } => self.dropped(*at, *more),
            Note::Stepped { at, ns } => self.stepped(*at, *ns),
            Note::Skipped { at, slots } => self.skipped(*at, *slots),
            Note::Sent { .. } | Note::Redirect { .. } | Note::Packet { .. } => Ok(()),
        }
    }

    fn failed(&mut self, failed: &Failed) -> io::Result<()> {
        self.failed.push(failed.clone());
        Ok(())
    }

    fn mtu(&mut self, found: &MtuFound) -> io::Result<()> {
        let text = match (found.mtu, found.size) {
            (Some(mtu), Some(size)) => {
                let mut text = format!("largest packet that gets through: {mtu} bytes (-s {size})");
                if let Some(refused) = found.refused {
                    let _ = match found.said_by {
                        Some(router) => write!(text, "; {refused} is too big, says {router}"),
                        None if found.black_hole => write!(text, "; {refused} vanishes without a word (a black hole)"),
                        None => write!(text, "; {refused} is too big"),
                    };
                }
                text
            }
            _ => "no packet got through".to_owned(),
        };
        let probes = found.probes;
        self.say(Some(found.target), Tone::Plain, &format!("{text}, {probes} probe{}", plural(probes)))
    }

    fn status(&mut self, so_far: &[Summary]) -> io::Result<()> {
        self.flush()?;
        so_far.iter().try_for_each(|s| self.status_line(s))?;
        self.err.flush()
    }

    fn summary(&mut self, ends: &[Summary]) -> io::Result<()> {
        ends.iter().try_for_each(|s| self.statistics(s))?;
        if self.run.several && !self.run.hosts.is_empty() {
            self.table(ends)?;
        }
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.dots.flush(&mut self.out)?;
        self.out.flush()
    }
}

impl Text<'_> {
    /// The line of SIGQUIT, to stderr, with its carriage return (over a `^\`).
    fn status_line(&mut self, s: &Summary) -> io::Result<()> {
        let host = self.run.host(s.target).filter(|_| self.run.several);
        let mut text = host.map_or_else(String::new, |h| format!("{}: ", clean(&h.operand)));
        let (transmitted, settled) = self.denominators(s);
        let received = s.counters.received();
        let loss = settled.saturating_sub(received).saturating_mul(100) / settled.max(1);
        let _ = write!(text, "{received}/{transmitted} packets, {loss}% loss");
        if let (Some(min), Some(avg), Some(ewma), Some(max)) = (s.rtt.min(), s.rtt.mean(), s.rtt.ewma(), s.rtt.max()) {
            let _ = write!(text, ", min/avg/ewma/max = {}/{}/{}/{} ms", Ms(min), Ms(avg), Ms(ewma), Ms(max));
        }
        self.err.write_all(format!("\r{text}\n").as_bytes())
    }
}
