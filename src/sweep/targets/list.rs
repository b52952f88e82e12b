//! Target lists from files and standard input: one target a line, or JSON Lines.
//!
//! Of a line the first word counts, `#` begins a comment, blank lines are nothing: as fping reads them. A line that begins
//! with `{` is an object that names its target (`target`, `address`, `host`, `ip` or `saddr`, the first there is), so that
//! what this program and others write can be read again. Lines are read one by one and none is kept.

use std::io::{self, BufRead};

use serde::Deserialize;
use thiserror::Error;

/// Longest target: the longest name, with a zone and a prefix.
const LONGEST_TARGET: usize = 255;

/// Longest line. Whatever is longer is no list of targets.
const LONGEST_LINE: u64 = 64 * 1024;

/// What is wrong with a list.
#[derive(Debug, Error)]
pub enum BadList {
    /// It cannot be read.
    #[error("{}", crate::sys::errno::Errno::from(.0))]
    Io(#[from] io::Error),
    /// A line that holds no target.
    #[error("line {line}: {why}")]
    Line {
        /// Its number, from 1.
        line: u64,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// The names that targets have in objects of other programs' making.
#[derive(Deserialize)]
struct Object {
    target: Option<String>,
    address: Option<String>,
    host: Option<String>,
    ip: Option<String>,
    saddr: Option<String>,
}

/// Calls `each` with every target of a list and the number of its line.
///
/// # Errors
/// Where the list cannot be read, or the first error of `each`.
pub fn read_list<E: From<BadList>>(
    mut list: impl BufRead,
    each: &mut dyn FnMut(u64, &str) -> Result<(), E>,
) -> Result<(), E> {
    let mut buffer = Vec::new();
    let mut number = 0;
    loop {
        buffer.clear();
        let read = io::Read::take(&mut list, LONGEST_LINE).read_until(b'\n', &mut buffer);
        if read.map_err(BadList::from)? == 0 {
            return Ok(());
        }
        number += 1;
        let bad = |why| E::from(BadList::Line { line: number, why });
        if buffer.len() as u64 >= LONGEST_LINE && !buffer.ends_with(b"\n") {
            return Err(bad("longer than 65536 bytes; a list has one target a line"));
        }
        let text = std::str::from_utf8(&buffer).map_err(|_| bad("not UTF-8; a list is text, one target a line"))?;
        let text = text.trim_start();
        if text.starts_with('{') {
            let object: Object =
                serde_json::from_str(text).map_err(|_| bad("begins with { and is no JSON object of strings"))?;
            let names = [object.target, object.address, object.host, object.ip, object.saddr];
            let target = names.into_iter().flatten().next();
            each(number, &target.ok_or_else(|| bad("an object without target, address, host, ip or saddr"))?)?;
            continue;
        }
        // As fping does: a first word that begins with # makes the line a comment.
        let Some(word) = text.split_ascii_whitespace().next().filter(|word| !word.starts_with('#')) else { continue };
        if word.len() > LONGEST_TARGET {
            return Err(bad("target name too long: 255 bytes are the most"));
        }
        each(number, word)?;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(text: &[u8]) -> Result<Vec<(u64, String)>, BadList> {
        let mut found = Vec::new();
        read_list::<BadList>(text, &mut |line, target| {
            found.push((line, target.to_owned()));
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn the_first_word_of_a_line_counts() {
        let text = b"192.0.2.1\n\n  # a comment\n#another\n\t host.example and more\r\n192.0.2.0/24 # block\nlast";
        let expect = [(1, "192.0.2.1"), (5, "host.example"), (6, "192.0.2.0/24"), (7, "last")];
        assert_eq!(all(text).unwrap(), expect.map(|(n, t)| (n, t.to_owned())));
    }

    #[test]
    fn objects_name_their_target() {
        let text = br#"{"event":"alive","target":"host","address":"192.0.2.1","rtt_ns":5}
 {"saddr":"192.0.2.2"}
{"ip":"2001:db8::1","other":[1,{}]}"#;
        let expect = [(1, "host"), (2, "192.0.2.2"), (3, "2001:db8::1")];
        assert_eq!(all(text).unwrap(), expect.map(|(n, t)| (n, t.to_owned())));
    }

    #[test]
    fn a_bad_line_is_named() {
        let long = [vec![b'a'; 256], vec![b'\n']].concat();
        let endless = vec![b'a'; 70_000];
        for (text, line) in [
            (&b"ok\n{\"target\":5}\n"[..], 2),
            (b"{\"x\":1}\n", 1),
            (b"{oops\n", 1),
            (b"\xff\xfe\n", 1),
            (&long, 1),
            (&endless, 1),
        ] {
            let error = all(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("line {line}: ")), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_list_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = all(&bytes);
        }
    }
}
