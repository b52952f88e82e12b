//! The lines of a reply.

use std::fmt::Write as _;
use std::io;

use super::{Text, Tone, named};
use crate::ping::{Reply, ReplyKind};
use crate::report::Names;
use crate::report::number::Ms;

impl Text<'_> {
    pub(super) fn reply(&mut self, r: &Reply, names: &dyn Names) -> io::Result<()> {
        if self.style.quiet {
            return Ok(());
        }
        if self.style.flood {
            return self.reply_in_flood(r);
        }
        let mut text = self.stamp(r.at);
        let _ = write!(text, "{} bytes from {}: {}={}", r.bytes, named(r.from, names), self.run.seq(), r.number);
        let host = self.run.host(r.target);
        if let (Some(ident), true) = (host.and_then(|h| h.ident), self.style.verbose) {
            let _ = write!(text, " ident={ident}");
        }
        if let Some(ttl) = r.ttl {
            let _ = write!(text, " ttl={ttl}");
        }
        if r.truncated {
            // iputils says no more of these.
            text.push_str(" (truncated)");
            return self.say(Some(r.target), Tone::Bad, &text);
        }
        if let Some(rtt) = r.rtt {
            let _ = write!(text, " time={} ms", Ms(rtt.time));
        }
        if let (Some(far), false) = (r.far, self.style.peer) {
            let _ = match far.offset_ms {
                Some(ms) => write!(text, " offset={ms:+} ms"),
                None => write!(text, " offset=unknown (not standard time)"),
            };
        }
        let is_group = host.is_some_and(|h| h.group);
        let tone = self.mark(r, is_group, &mut text);
        if self.style.bell {
            text.push('\x07');
        }
        if let Some(options) = &r.options {
            self.last_route.describe(options.as_bytes(), names, &mut text);
        }
        self.say(Some(r.target), tone, &text)?;
        self.breakdown(r)
    }

    /// What is wrong with it, behind the line and below it.
    fn mark(&self, r: &Reply, is_group: bool, text: &mut String) -> Tone {
        match r.kind {
            ReplyKind::Good => Tone::Plain,
            ReplyKind::Late => {
                if !self.style.peer {
                    text.push_str(" (late)");
                }
                Tone::Odd
            }
            // Many answer a group: only who wants to see all is told.
            ReplyKind::Duplicate if is_group && !self.style.verbose => Tone::Plain,
            ReplyKind::Duplicate => {
                text.push_str(" (DUP!)");
                Tone::Odd
            }
            ReplyKind::Corrupt { at: None } => {
                text.push_str(" (BAD CHECKSUM!)");
                Tone::Bad
            }
            ReplyKind::Corrupt { at: Some(at) } => {
                let _ = write!(text, "\nwrong data byte #{at}");
                if let Some((sent, came)) = r.wrong_byte {
                    let _ = write!(text, " should be {sent:#x} but was {came:#x}");
                }
                Tone::Bad
            }
            ReplyKind::WrongSource => {
                text.push_str(" (DIFFERENT ADDRESS!)");
                Tone::Bad
            }
        }
    }

    fn breakdown(&mut self, r: &Reply) -> io::Result<()> {
        if !self.style.breakdown || self.style.peer {
            return Ok(());
        }
        let mut parts = Vec::new();
        if let Some(queue) = r.breakdown.queue {
            parts.push(format!("queue {} ms", Ms(queue)));
        }
        if let Some(wake) = r.breakdown.wake {
            parts.push(format!("wake {} ms", Ms(wake)));
        }
        if let Some(rtt) = r.rtt {
            parts.push(format!("clock {}", rtt.clock.name()));
        }
        if parts.is_empty() {
            return Ok(());
        }
        self.say(Some(r.target), Tone::Plain, &format!("  this host: {}", parts.join(", ")))
    }

    fn reply_in_flood(&mut self, r: &Reply) -> io::Result<()> {
        match r.kind {
            ReplyKind::Good => self.dots.reply(),
            ReplyKind::Corrupt { .. } => self.dots.corrupt(),
            // A late one's dot has been given up, a duplicate's and a stranger's never was.
            ReplyKind::Late | ReplyKind::Duplicate | ReplyKind::WrongSource => {}
        }
        if self.style.bell {
            self.dots.bell();
        }
        Ok(())
    }
}
