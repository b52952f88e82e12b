//! ip2asn's table: ranges of addresses in order, a line each, found by bisection of the file itself.
//!
//! Half a million lines need not be read to look thirty addresses up, so they are not: each step reads the line at the
//! middle of what is left. IPv4 comes before IPv6 where a file holds both.

use std::fs::File;
use std::io;
use std::net::IpAddr;
use std::os::unix::fs::FileExt;

use super::Origin;
use crate::units::Family;
use crate::units::prefix::number;

/// Longest line that is believed; names of systems are shorter.
const LINE: usize = 1024;

/// A file of ranges, or the bytes of one.
#[derive(Debug)]
pub struct Table<F = File> {
    file: F,
    len: u64,
}

/// What a table is read from, piece by piece.
pub trait Pieces {
    /// Fills as much of `room` as there is from this place on; 0: nothing is there.
    ///
    /// # Errors
    /// The file's.
    fn piece(&self, room: &mut [u8], at: u64) -> io::Result<usize>;
}

impl Pieces for File {
    fn piece(&self, room: &mut [u8], at: u64) -> io::Result<usize> {
        self.read_at(room, at)
    }
}

impl Pieces for &[u8] {
    fn piece(&self, room: &mut [u8], at: u64) -> io::Result<usize> {
        let mut rest = usize::try_from(at).ok().and_then(|at| self.get(at..)).unwrap_or_default();
        io::Read::read(&mut rest, room)
    }
}

/// One line.
#[derive(Debug, PartialEq, Eq)]
struct Range {
    first: IpAddr,
    last: IpAddr,
    asn: u32,
    name: String,
}

impl Table {
    /// The table in this file; `None` if its first line is none of ip2asn's.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(super) fn of(file: File) -> io::Result<Option<Table>> {
        let len = file.metadata()?.len();
        Table::new(file, len)
    }
}

impl<F: Pieces> Table<F> {
    /// A table of so many bytes; `None` if its first line is none of ip2asn's.
    ///
    /// # Errors
    /// What cannot be read.
    pub(super) fn new(file: F, len: u64) -> io::Result<Option<Table<F>>> {
        let table = Table { file, len };
        let first = table.line(0)?.and_then(|line| Range::read(&line.text));
        Ok(first.map(|_| table))
    }

    /// Who announces this address. A line that is not understood ends the search.
    pub(super) fn find(&self, addr: IpAddr) -> Option<Origin> {
        // The line that holds the address begins at or after `low` and before `high`.
        let (mut low, mut high) = (0, self.len);
        while low < high {
            let middle = low + (high - low) / 2;
            let line = self.line_from(middle).ok()??;
            if line.at >= high {
                // Between the middle and the end there is no beginning of a line: only the first half is left.
                high = middle;
                continue;
            }
            let range = Range::read(&line.text)?;
            if addr < range.first {
                high = middle;
            } else if addr > range.last {
                low = line.at + line.text.len() as u64 + 1;
            } else {
                return range.origin();
            }
        }
        None
    }

    /// The first line that begins at or after this place.
    fn line_from(&self, at: u64) -> io::Result<Option<Line>> {
        if at == 0 {
            return self.line(0);
        }
        // The byte before tells whether a line begins right here.
        let before = self.read(at - 1)?;
        let Some(end) = before.iter().position(|byte| *byte == b'\n') else {
            let at = self.len;
            return Ok((before.len() < LINE).then(|| Line { at, text: String::new() }));
        };
        let begins = at + end as u64;
        if begins >= self.len {
            return Ok(Some(Line { at: self.len, text: String::new() }));
        }
        self.line(begins)
    }

    /// The line that begins at this place.
    fn line(&self, at: u64) -> io::Result<Option<Line>> {
        let bytes = self.read(at)?;
        let end = match bytes.iter().position(|byte| *byte == b'\n') {
            Some(end) => end,
            None if at + bytes.len() as u64 == self.len => bytes.len(),
            None => return Ok(None),
        };
        let text = bytes.get(..end).and_then(|line| std::str::from_utf8(line).ok());
        Ok(text.map(|text| Line { at, text: text.to_owned() }))
    }

    fn read(&self, at: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; LINE];
        let mut have = 0;
        while let Some(room) = bytes.get_mut(have..).filter(|room| !room.is_empty()) {
            match self.file.piece(room, at + have as u64)? {
                0 => break,
                n => have += n,
            }
        }
        bytes.truncate(have);
        Ok(bytes)
    }
}

/// A line and where it begins.
struct Line {
    at: u64,
    text: String,
}

impl Range {
    fn read(line: &str) -> Option<Range> {
        let mut fields = line.trim_end_matches('\r').split('\t');
        let (first, last) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        let asn = fields.next()?.parse().ok()?;
        let _country = fields.next()?;
        let name = fields.next()?.to_owned();
        Some(Range { first, last, asn, name })
    }

    /// AS 0 stands for what nobody announces.
    fn origin(self) -> Option<Origin> {
        let name = Some(self.name).filter(|name| !name.is_empty());
        (self.asn != 0).then(|| Origin { asns: vec![self.asn], prefix: prefix(self.first, self.last), name })
    }
}

/// A range as a prefix, where it is one.
fn prefix(first: IpAddr, last: IpAddr) -> Option<(IpAddr, u8)> {
    let (first_bits, last_bits) = (number(first), number(last));
    let differ = first_bits ^ last_bits;
    let free = 128 - differ.leading_zeros();
    let is_prefix = differ.count_ones() == free && first_bits & differ == 0;
    let same = Family::of(first) == Family::of(last);
    (same && is_prefix).then(|| (first, (Family::of(first).bits() - free) as u8))
}
