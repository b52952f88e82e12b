//! The dots of a flood: one for each probe, taken back by its reply, so that what stays is what is missing.
//!
//! They are collected and written at the end of a turn of the loop: a system call for each dot would cost more than the
//! probe itself. At most a screen line of unanswered probes is shown.

use std::io::{self, Write};

/// Dots shown and dots left out.
pub(super) struct Dots {
    width: u64,
    shown: u64,
    left_out: u64,
    pending: Vec<u8>,
}

impl Dots {
    pub(super) fn new(width: usize) -> Self {
        Dots { width: width.try_into().unwrap_or(u64::MAX), shown: 0, left_out: 0, pending: Vec::new() }
    }

    /// A probe left.
    pub(super) fn sent(&mut self) {
        if self.shown < self.width {
            self.shown += 1;
            self.pending.push(b'.');
        } else {
            self.left_out += 1;
        }
    }

    /// Its reply came.
    pub(super) fn reply(&mut self) {
        if self.take_one() {
            self.pending.extend_from_slice(b"\x08 \x08");
        }
    }

    /// Its reply came, damaged.
    pub(super) fn corrupt(&mut self) {
        let shown = self.take_one();
        self.pending.extend_from_slice(if shown { b"\x08C" } else { b"C" });
    }

    /// An error came: written at once, as all that is rare.
    pub(super) fn error(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let shown = self.take_one();
        self.pending.extend_from_slice(if shown { b"\x08E" } else { b"E" });
        self.flush(out)?;
        out.flush()
    }

    /// A probe was not sent; `tells`: a line about it follows, and the dots go on below.
    pub(super) fn not_sent(&mut self, tells: bool) {
        self.pending.extend_from_slice(if tells { b"E\n" } else { b"E" });
    }

    /// Rings.
    pub(super) fn bell(&mut self) {
        self.pending.push(b'\x07');
    }

    /// A probe is lost: its dot stays for good and no longer counts as unanswered.
    pub(super) fn settled(&mut self) {
        self.take_one();
    }

    pub(super) fn flush(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let result = out.write_all(&self.pending);
        self.pending.clear();
        result
    }

    /// Whether there was a dot for it.
    fn take_one(&mut self) -> bool {
        if self.left_out > 0 {
            self.left_out -= 1;
            return false;
        }
        let had = self.shown > 0;
        self.shown = self.shown.saturating_sub(1);
        had
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn written(width: usize, f: impl FnOnce(&mut Dots)) -> String {
        let (mut dots, mut out) = (Dots::new(width), Vec::new());
        f(&mut dots);
        dots.flush(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_answered_leaves_no_dot() {
        let text = written(80, |d| {
            d.sent();
            d.sent();
            d.reply();
            d.corrupt();
            d.not_sent(false);
        });
        assert_eq!(text, "..\x08 \x08\x08CE");
    }

    #[test]
    fn dots_past_the_screen_are_neither_shown_nor_taken_back() {
        let text = written(2, |d| {
            (0..4).for_each(|_| d.sent());
            (0..5).for_each(|_| d.reply());
        });
        assert_eq!(text, "..\x08 \x08\x08 \x08");
    }

    #[test]
    fn lost_ones_make_room() {
        let text = written(1, |d| {
            d.sent();
            d.settled();
            d.sent();
        });
        assert_eq!(text, "..");
    }
}
