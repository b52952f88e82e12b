//! A frame as a line: when, from whom, to whom, what, and its payload as text and hex.
//!
//! Padding is told from payload where something says how long the payload is. Where nothing does, and the frame is as long
//! as the shortest on a cable, the zeros at its end may be padding, and the line says so.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;

use super::LinkState;
use crate::clock::WallTime;
use crate::link::Seen;
use crate::report::lines::Lines;
use crate::report::number::{TimeOfPacket, hex, plural};
use crate::units::Tag;
use crate::wire::ethernet::{HEADER_LEN, MIN_LEN, TAG_LEN};
use crate::wire::link_echo::Kind;

/// Bytes of payload that a line shows.
const SHOWN: usize = 64;

/// Whose clock a frame's time is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameClock {
    /// The kernel stamped it.
    Kernel,
    /// Ours, as we read or sent it.
    User,
}

impl FrameClock {
    const fn name(self) -> &'static str {
        match self {
            FrameClock::Kernel => "kernel",
            FrameClock::User => "user",
        }
    }
}

/// A frame to be told of.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// When it passed.
    pub at: WallTime,
    /// By whose clock.
    pub clock: FrameClock,
    /// Whether this host sent it.
    pub outgoing: bool,
    /// The frame.
    pub seen: Seen<'a>,
}

#[derive(Serialize)]
struct Body<'a> {
    interface: &'a str,
    direction: &'static str,
    clock: &'static str,
    dst: String,
    src: String,
    vlan: Option<u16>,
    priority: Option<u8>,
    inner_vlan: Option<u16>,
    hidden_vlan: bool,
    ethertype: u16,
    payload_bytes: usize,
    padding: Option<usize>,
    payload: String,
    echo: Option<Echo>,
    answered: bool,
}

#[derive(Serialize)]
struct Echo {
    kind: &'static str,
    ident: u32,
    seq: u16,
    data_bytes: usize,
}

#[derive(Serialize)]
struct StateBody<'a> {
    interface: &'a str,
    state: &'static str,
}

#[derive(Serialize)]
struct OnInterface<'a, T> {
    interface: &'a str,
    #[serde(flatten)]
    body: T,
}

/// Tells of frames, in text or JSON Lines.
pub struct FrameReport<'w> {
    interface: String,
    out: Out<'w>,
}

enum Out<'w> {
    Text(Box<dyn Write + 'w>),
    Json(Lines<'w>),
}

impl<'w> FrameReport<'w> {
    /// Of frames on this interface.
    #[must_use]
    pub fn new(interface: &str, json: bool, out: Box<dyn Write + 'w>) -> Self {
        let out = if json { Out::Json(Lines::new(out)) } else { Out::Text(out) };
        FrameReport { interface: interface.to_owned(), out }
    }

    /// Writes a frame's line.
    ///
    /// # Errors
    /// The writer's.
    pub fn frame(&mut self, shown: &Shown<'_>) -> io::Result<()> {
        match &mut self.out {
            Out::Text(out) => {
                out.write_all(text(shown).as_bytes())?;
                out.flush()
            }
            Out::Json(lines) => lines.write("frame", shown.at.as_ns(), body(&self.interface, shown)),
        }
    }

    /// Writes that the interface went, or is back: an event for programs; people are told on stderr ([`state_text`]).
    ///
    /// [`state_text`]: super::state_text
    ///
    /// # Errors
    /// The writer's.
    pub fn state(&mut self, state: LinkState, at: WallTime) -> io::Result<()> {
        let body = StateBody { interface: &self.interface, state: state.name() };
        match &mut self.out {
            Out::Text(_) => Ok(()),
            Out::Json(lines) => lines.write("link", at.as_ns(), body),
        }
    }

    /// Writes a line of text, or an event where the report is for programs.
    ///
    /// # Errors
    /// The writer's.
    pub(super) fn write<T: Serialize>(
        &mut self,
        event: &'static str,
        at: WallTime,
        body: T,
        text: impl FnOnce(&str) -> String,
    ) -> io::Result<()> {
        let interface = &self.interface;
        match &mut self.out {
            Out::Text(out) => {
                out.write_all(text(interface).as_bytes())?;
                out.flush()
            }
            Out::Json(lines) => lines.write(event, at.as_ns(), OnInterface { interface, body }),
        }
    }
}

impl FrameReport<'_> {
    /// Whether it is for programs.
    pub(super) fn is_json(&self) -> bool {
        matches!(self.out, Out::Json(_))
    }

    /// As [`FrameReport::write`], of an event that names no interface.
    pub(super) fn write_plain<T: Serialize>(
        &mut self,
        event: &'static str,
        at: WallTime,
        body: T,
        text: impl FnOnce() -> String,
    ) -> io::Result<()> {
        match &mut self.out {
            Out::Text(out) => {
                out.write_all(text().as_bytes())?;
                out.flush()
            }
            Out::Json(lines) => lines.write(event, at.as_ns(), body),
        }
    }
}

fn body<'a>(interface: &'a str, shown: &Shown<'_>) -> Body<'a> {
    let (seen, frame) = (&shown.seen, &shown.seen.frame);
    let unpadded = seen.unpadded();
    let payload = unpadded.unwrap_or(frame.payload);
    Body {
        interface,
        direction: if shown.outgoing { "out" } else { "in" },
        clock: shown.clock.name(),
        dst: frame.dst.to_string(),
        src: frame.src.to_string(),
        vlan: frame.tag.map(|(_, tag)| tag.id),
        priority: frame.tag.map(|(_, tag)| tag.priority),
        inner_vlan: frame.inner_tag.map(|(_, tag)| tag.id),
        hidden_vlan: seen.hidden_vlan,
        ethertype: frame.ether_type.0,
        payload_bytes: payload.len(),
        padding: unpadded.map(|payload| frame.payload.len() - payload.len()),
        payload: hex(payload),
        echo: seen.echo.map(|message| Echo {
            kind: kind(message.kind),
            ident: message.ident,
            seq: message.seq.0,
            data_bytes: message.data_len,
        }),
        answered: is_answered(shown),
    }
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Request => "request",
        Kind::Reply => "reply",
    }
}

fn is_answered(shown: &Shown<'_>) -> bool {
    !shown.outgoing && shown.seen.silence.is_none()
}

fn text(shown: &Shown<'_>) -> String {
    let frame = &shown.seen.frame;
    let mut line = format!("{} {} > {}", TimeOfPacket(shown.at), frame.src, frame.dst);
    for (_, tag) in [frame.tag, frame.inner_tag].into_iter().flatten() {
        push_tag(&mut line, tag);
    }
    if shown.seen.hidden_vlan {
        line.push_str(" vlan ?");
    }
    let payload = shown.seen.unpadded().unwrap_or(frame.payload);
    let what = if frame.ether_type.is_length() { "802.3".to_owned() } else { frame.ether_type.to_string() };
    let len = payload.len();
    let _ = write!(line, " {what} {len} byte{}", plural(len as u64));
    push_padding(&mut line, shown, payload.len());
    if let Some(message) = &shown.seen.echo {
        let _ = write!(line, ", echo {} seq={} ident=0x{:08x}", kind(message.kind), message.seq, message.ident);
        if is_answered(shown) {
            line.push_str(", answered");
        }
    } else {
        push_payload(&mut line, payload);
    }
    line.push('\n');
    line
}

fn push_tag(line: &mut String, tag: Tag) {
    let _ = write!(line, " vlan {}", tag.id);
    if tag.priority > 0 {
        let _ = write!(line, " priority {}", tag.priority);
    }
}

/// How much of the frame is padding: known, or a guess that is called one.
fn push_padding(line: &mut String, shown: &Shown<'_>, payload: usize) {
    let frame = &shown.seen.frame;
    if shown.seen.unpadded().is_some() {
        let padding = frame.payload.len() - payload;
        if padding > 0 {
            let _ = write!(line, " + {padding} of padding");
        }
        return;
    }
    let header = HEADER_LEN + frame.tag.iter().chain(&frame.inner_tag).count() * TAG_LEN;
    let zeros = frame.payload.iter().rev().take_while(|byte| **byte == 0).count();
    // A card pads to the same length whether or not a tag was taken out of the frame since.
    let is_shortest = [MIN_LEN, MIN_LEN + TAG_LEN].contains(&(header + frame.payload.len()));
    if is_shortest && zeros > 0 && !shown.outgoing {
        let _ = write!(line, " (its last {zeros} zeros may be padding)");
    }
}

/// Payload as text, where dots stand for what is none, and as hex; the beginning of it.
fn push_payload(line: &mut String, payload: &[u8]) {
    if payload.is_empty() {
        return;
    }
    let start = payload.get(..SHOWN).unwrap_or(payload);
    let printable = |byte: &u8| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '.' };
    let more = if start.len() < payload.len() { "..." } else { "" };
    let text: String = start.iter().map(printable).collect();
    let _ = write!(line, ": {text}{more} | {}{more}", hex(start));
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
