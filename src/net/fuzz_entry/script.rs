//! A fuzzer's bytes, read as what happens: numbers, choices and pieces of packets, one after the other until none is left.
//!
//! Nothing here fails: a script that is over goes on with zeros, and whoever plays it asks whether it is.

use std::ops::Range;

/// A fuzzer's input.
#[derive(Clone, Copy, Debug)]
pub struct Script<'a> {
    left: &'a [u8],
}

impl<'a> Script<'a> {
    /// The whole input.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Script<'a> {
        Script { left: bytes }
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.left.is_empty()
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.left.split_first() else { return 0 };
        self.left = rest;
        *first
    }

    /// The next two.
    pub fn short(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    /// The next eight.
    pub fn long(&mut self) -> u64 {
        u64::from_be_bytes(std::array::from_fn(|_| self.byte()))
    }

    /// A choice.
    pub fn is(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// Nanoseconds: mostly those of a network, at times those at the end of time.
    pub fn nanoseconds(&mut self) -> u64 {
        let shift = u32::from(self.byte()) % 66;
        let more = u64::from(self.byte());
        1_u64.checked_shl(shift).map_or(u64::MAX, |ns| ns.saturating_add(ns.saturating_mul(more) / 256))
    }

    /// Some bytes as they are, at most 255 where a packet is short and 65,535 where it is not.
    pub fn piece(&mut self) -> &'a [u8] {
        let len = match self.byte() {
            u8::MAX => usize::from(self.short()),
            short => usize::from(short),
        };
        let (piece, rest) = self.left.split_at(len.min(self.left.len()));
        self.left = rest;
        piece
    }

    /// An index below `len`, the last ones by the lowest numbers; `None` if there is none.
    pub fn recent(&mut self, len: usize) -> Option<usize> {
        let back = usize::from(self.byte()).checked_rem(len)?;
        Some(len - 1 - back)
    }

    /// What is done to a true packet: some of its bytes changed, its end cut off, or more put behind it.
    pub fn spoil(&mut self, packet: &mut Vec<u8>, from: usize) {
        let how = self.byte();
        for _ in 0..how & 7 {
            let (at, value) = (usize::from(self.short()), self.byte());
            let room: Range<usize> = from..packet.len();
            let place = at.checked_rem(room.len()).and_then(|at| packet.get_mut(room.start + at));
            if let Some(byte) = place {
                *byte = value;
            }
        }
        if how & 8 != 0 {
            let keep = usize::from(self.short()).checked_rem(packet.len() + 1).unwrap_or(0);
            packet.truncate(keep);
        }
        if how & 16 != 0 {
            packet.extend_from_slice(self.piece());
        }
    }
}
