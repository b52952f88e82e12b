//! JSON Lines: one object a line, whole and flushed, each with the version, its event's name and a time.
//!
//! Foreign text stays what it was, but whatever has no place before human eyes is escaped, as JSON has it (RFC 8259 §7):
//! a terminal that shows a line shows all of it, and nothing moves.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};

use super::clean::is_unfit;

/// JSON in one line, in which no character paints.
struct Plain(CompactFormatter);

impl Formatter for Plain {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        // What every line is made of. Control characters below are serde_json's own to escape.
        if fragment.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            return self.0.write_string_fragment(out, fragment);
        }
        for piece in fragment.split_inclusive(is_unfit) {
            let last = piece.chars().next_back().filter(|c| is_unfit(*c));
            let plain = piece.len() - last.map_or(0, char::len_utf8);
            out.write_all(piece.get(..plain).unwrap_or_default().as_bytes())?;
            for unit in last.unwrap_or_default().encode_utf16(&mut [0; 2]).iter().take_while(|_| last.is_some()) {
                write!(out, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

/// Writes a value as JSON in one line, every character that has no place in one escaped.
pub(super) fn to_writer<T: Serialize + ?Sized>(out: &mut dyn Write, value: &T) -> io::Result<()> {
    let mut writer = serde_json::Serializer::with_formatter(out, Plain(CompactFormatter));
    value.serialize(&mut writer).map_err(io::Error::from)
}

/// What every line has.
#[derive(Serialize)]
struct Line<T> {
    v: u8,
    event: &'static str,
    ts_ns: i64,
    #[serde(flatten)]
    body: T,
}

/// A writer of events.
pub(super) struct Lines<'w> {
    out: Box<dyn Write + 'w>,
    line: Vec<u8>,
}

impl<'w> Lines<'w> {
    /// To `out`.
    pub(super) fn new(out: Box<dyn Write + 'w>) -> Self {
        Lines { out, line: Vec::new() }
    }

    /// Writes one event, timed in nanoseconds of the wall clock.
    pub(super) fn write<T: Serialize>(&mut self, event: &'static str, ts_ns: i64, body: T) -> io::Result<()> {
        self.line.clear();
        to_writer(&mut self.line, &Line { v: 1, event, ts_ns, body })?;
        self.line.push(b'\n');
        self.out.write_all(&self.line)?;
        self.out.flush()
    }

    /// Writes out what a buffering writer holds back.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        to_writer(&mut out, text).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn marks_are_escaped_and_names_are_not() {
        assert_eq!(written("bücher.例え"), "\"bücher.例え\"");
        assert_eq!(written("a\u{1b}[31m\"\\\n"), r#""a\u001b[31m\"\\\n""#);
        assert_eq!(written("x\u{202e}y\u{9b}\u{7f}\u{2066}"), r#""x\u202ey\u009b\u007f\u2066""#);
        assert_eq!(written("\u{e0041}é"), r#""\udb40\udc41é""#);
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_was_written(text in any::<String>()) {
            let line = written(&text);
            prop_assert!(!line.chars().any(is_unfit));
            prop_assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
        }
    }
}
