//! What a frame shall carry, as users give it: text, hex digits, a file or standard input.

use std::fs::File;
use std::io::{self, Read};

use crate::cli::Refusal;
use crate::sys::errno::Errno;

/// What is sent where nothing was given: the payload of every first lesson.
const DEFAULT: &[u8] = b"Hi";

/// The ways to give a payload, of which one may be used.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Given<'a> {
    pub(super) text: Option<&'a str>,
    pub(super) hex: Option<&'a str>,
    pub(super) file: Option<&'a str>,
    /// The operand behind the destination, which can only be `-`.
    pub(super) operand: Option<&'a str>,
}

/// The payload, and how it was given, for a message about it. Of a file or of standard input no more than `most` bytes and
/// one are read.
///
/// # Errors
/// One line, where it was given twice, or cannot be read.
pub(super) fn read(given: Given<'_>, most: usize) -> Result<(Vec<u8>, &'static str), Refusal> {
    if let Some(operand) = given.operand.filter(|operand| *operand != "-") {
        return Err(Refusal::of("operand", operand, "unexpected; a payload is given by --payload, --hex, --file or -"));
    }
    let ways = [given.text, given.hex, given.file, given.operand];
    if ways.iter().flatten().count() > 1 {
        return Err(Refusal::new("--payload, --hex, --file and - exclude each other: choose one"));
    }
    match given {
        Given { text: Some(text), .. } => Ok((text.as_bytes().to_vec(), "--payload")),
        Given { hex: Some(digits), .. } => Ok((hex(digits)?, "--hex")),
        Given { file: Some("-"), .. } | Given { operand: Some(_), .. } => {
            let bytes = limited(io::stdin().lock(), most);
            Ok((bytes.map_err(|error| Refusal::of("-", "standard input", Errno::from(&error)))?, "standard input"))
        }
        Given { file: Some(path), .. } => {
            let bytes = File::open(path).and_then(|file| limited(file, most));
            Ok((bytes.map_err(|error| Refusal::of("--file", path, Errno::from(&error)))?, "--file"))
        }
        _ => Ok((DEFAULT.to_vec(), "--payload")),
    }
}

fn limited(from: impl Read, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(most as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Pairs of digits; spaces and colons between them are for the eye.
fn hex(text: &str) -> Result<Vec<u8>, Refusal> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b' ' | b':')).collect();
    let nibble = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(nibble(*high)? << 4 | nibble(*low)?),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(pair).collect();
    bytes.ok_or_else(|| Refusal::of("--hex", text, "not pairs of hexadecimal digits, as in 4869 or 48:69"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn one_payload_in_one_way() {
        let none = Given::default();
        assert_eq!(read(none, 9).unwrap().0, b"Hi");
        assert_eq!(read(Given { text: Some("é"), ..none }, 9).unwrap(), ("é".as_bytes().to_vec(), "--payload"));
        assert_eq!(read(Given { text: Some(""), ..none }, 9).unwrap().0, b"");
        assert_eq!(read(Given { hex: Some("48:69 0a"), ..none }, 9).unwrap().0, b"Hi\n");
        assert_eq!(read(Given { hex: Some(""), ..none }, 9).unwrap().0, b"");
        for wrong in ["4", "4x", "é", "0x48"] {
            assert!(read(Given { hex: Some(wrong), ..none }, 9).unwrap_err().to_string().starts_with("--hex "));
        }
        let both = Given { text: Some("a"), operand: Some("-"), ..none };
        assert!(read(both, 9).unwrap_err().to_string().contains("exclude each other"));
        assert!(read(Given { operand: Some("x"), ..none }, 9).unwrap_err().to_string().starts_with("operand x"));
        let missing = Given { file: Some("/nonexistent/file"), ..none };
        assert!(read(missing, 9).unwrap_err().to_string().starts_with("--file /nonexistent/file: No such file"));
        assert_eq!(read(Given { file: Some("/dev/zero"), ..none }, 9).unwrap().0.len(), 10, "enough to be refused");
    }
}
