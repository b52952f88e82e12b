//! What an echo server makes of a frame: which it answers, and which never.
//!
//! Two servers must not answer each other, one frame must not be answered by a storm, and whoever forges a source must
//! gain nothing. So only a request is answered, to one station that is not ourselves, by one frame that is no longer than
//! what came.

use crate::clock::WallTime;
use crate::sys::address::Direction;
use crate::units::{EtherType, MacAddr, Tag};
use crate::wire::Malformed;
use crate::wire::ethernet::{self, Frame};
use crate::wire::link_echo::{self, Kind, Message};

/// A frame as a packet socket showed it.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Whether our buffer was too small for it.
    pub cut: bool,
    /// How it stands to this host.
    pub direction: Direction,
    /// The tag that was taken out of it.
    pub stripped: Option<(EtherType, Tag)>,
    /// When it arrived; `None` where the kernel did not stamp it.
    pub at: Option<WallTime>,
}

/// Why a frame is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// It is no echo request: another program's frame.
    Plain,
    /// It is itself a reply.
    IsReply,
    /// It claims to come from a group, from nobody or from ourselves.
    Source,
    /// It was not sent to us (nor to a group), or to us within a VLAN that we do not serve.
    NotForUs,
    /// It is not whole.
    Cut,
    /// Answering is switched off.
    Off,
}

/// A frame, understood.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The frame, its stripped tag included.
    pub frame: Frame<'a>,
    /// The echo message it carries.
    pub echo: Option<Message<'a>>,
    /// Why it is not answered; `None`: it is.
    pub silence: Option<Silence>,
    /// Whether it came within a VLAN that this host has no interface for, whose tag the kernel took away without a word
    /// (`sys::packet`).
    pub hidden_vlan: bool,
}

impl<'a> Seen<'a> {
    /// The payload without padding, where anything says how long it is.
    #[must_use]
    pub fn unpadded(&self) -> Option<&'a [u8]> {
        match &self.echo {
            Some(message) => self.frame.payload.get(..message.len()),
            None => self.frame.unpadded(),
        }
    }
}

/// What a server has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames heard.
    pub heard: u64,
    /// Echo requests answered.
    pub answered: u64,
    /// Echo requests not answered, for whatever reason but a full queue on the way out.
    pub unanswered: u64,
    /// Echo requests whose answer this host did not send.
    pub not_sent: u64,
    /// Replies: somebody else's, or a mistake.
    pub replies: u64,
    /// Frames of other programs.
    pub plain: u64,
    /// Frames without a whole header.
    pub malformed: u64,
    /// Frames that found no room in the socket's queue, by the kernel's count.
    pub dropped: u64,
}

/// An echo server's judgement.
#[derive(Clone, Copy, Debug)]
pub struct Answerer {
    /// Our own address.
    pub mac: MacAddr,
    /// The VLAN served; `None`: what comes without a tag.
    pub vlan: Option<u16>,
    /// Whether requests are answered at all.
    pub answers: bool,
}

impl Answerer {
    /// Looks at a frame.
    ///
    /// # Errors
    /// When it has no whole header.
    pub fn look<'a>(&self, heard: &Heard<'a>) -> Result<Seen<'a>, Malformed> {
        let frame = Frame::new_checked(heard.bytes)?.with_stripped(heard.stripped);
        let echo = Message::new_checked(frame.payload).ok();
        let silence = self.silence(heard, &frame, echo.as_ref());
        let is_for_us = frame.dst == self.mac || frame.dst.is_group();
        let hidden_vlan = heard.direction == Direction::Other && is_for_us && frame.tag.is_none();
        Ok(Seen { frame, echo, silence, hidden_vlan })
    }

    fn silence(&self, heard: &Heard<'_>, frame: &Frame<'_>, echo: Option<&Message<'_>>) -> Option<Silence> {
        let for_us = match heard.direction {
            Direction::Host => frame.dst == self.mac,
            Direction::Broadcast | Direction::Multicast => frame.dst.is_group(),
            Direction::Other | Direction::Outgoing | Direction::Unknown(_) => false,
        };
        let vlan = frame.tag.map_or(0, |(_, tag)| tag.id);
        Some(match echo {
            None => Silence::Plain,
            Some(message) if message.kind == Kind::Reply => Silence::IsReply,
            Some(_) if !frame.src.is_station() || frame.src == self.mac => Silence::Source,
            Some(_) if !for_us || vlan != self.vlan.unwrap_or(0) || frame.inner_tag.is_some() => Silence::NotForUs,
            Some(message) if heard.cut || message.data.len() < message.data_len => Silence::Cut,
            Some(_) if !self.answers => Silence::Off,
            Some(_) => return None,
        })
    }

    /// Writes the answer to a frame that gets one. The tag goes back with it.
    pub fn answer(&self, seen: &Seen<'_>, replies: &mut Replies) {
        let Some(message) = seen.unpadded().filter(|_| seen.silence.is_none()) else { return };
        let repr = ethernet::Repr {
            dst: seen.frame.src,
            src: self.mac,
            tag: seen.frame.tag.map(|(_, tag)| tag),
            ether_type: seen.frame.ether_type,
        };
        let start = replies.bytes.len();
        let head = start + repr.header_len();
        replies.bytes.resize(head, 0);
        replies.bytes.extend_from_slice(message);
        // The room for the header has just been made.
        let written = repr.emit(replies.bytes.get_mut(start..head).unwrap_or_default());
        debug_assert!(written.is_ok());
        link_echo::turn_to_reply(replies.bytes.get_mut(head..).unwrap_or_default());
        replies.ends.push(replies.bytes.len());
    }
}

impl Counts {
    /// Counts a frame. Whether an answer left is counted when it did.
    pub fn count(&mut self, seen: &Result<Seen<'_>, Malformed>) {
        self.heard += 1;
        match seen {
            Err(_) => self.malformed += 1,
            Ok(seen) => match seen.silence {
                Some(Silence::Plain) => self.plain += 1,
                Some(Silence::IsReply) => self.replies += 1,
                Some(_) => self.unanswered += 1,
                None => {}
            },
        }
    }
}

/// Answers on their way out, one behind the other in memory that is reused.
#[derive(Clone, Debug, Default)]
pub struct Replies {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Replies {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Those from the `first` on.
    pub fn from(&self, first: usize) -> impl Iterator<Item = &[u8]> {
        let start = |i: usize| i.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        (first..self.ends.len()).filter_map(move |i| self.bytes.get(start(i)..*self.ends.get(i)?))
    }

    /// Forgets them and keeps their memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
