//! Ranges of the plugin interface: `[@][start:][end]` (monitoring-plugins, doc/developer-guidelines, "Threshold and
//! ranges").
//!
//! A range alerts outside of itself, both ends belonging to it; `@` turns that round. `10` is 0 to 10, `10:` from 10 on,
//! `~:10` up to 10 from minus infinity. How a bound is read (its unit) is the caller's.

use std::fmt;

use thiserror::Error;

/// A range of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Lower end; minus infinity for `~`.
    pub start: f64,
    /// Upper end; infinity where there is none.
    pub end: f64,
    /// Whether it alerts inside (`@`).
    pub inside: bool,
}

/// Why a text is no range.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RangeError<E> {
    /// Nothing between or around the colon.
    #[error("an empty range")]
    Empty,
    /// More than one colon.
    #[error("a range has one colon")]
    Colons,
    /// The end lies before the start.
    #[error("its end lies before its start")]
    Backwards,
    /// A bound that cannot be read.
    #[error("{0}")]
    Bound(E),
}

impl Range {
    /// Reads a range; `bound` reads one of its ends.
    ///
    /// # Errors
    /// Where it is none.
    pub fn read<E>(text: &str, bound: impl Fn(&str) -> Result<f64, E>) -> Result<Range, RangeError<E>> {
        let (inside, text) = text.strip_prefix('@').map_or((false, text), |rest| (true, rest));
        let (start, end) = match text.split_once(':') {
            Some((_, end)) if end.contains(':') => return Err(RangeError::Colons),
            Some((start, end)) => (Some(start), end),
            None => (None, text),
        };
        if end.is_empty() && start.is_none_or(str::is_empty) {
            return Err(RangeError::Empty);
        }
        let read = |text: &str| bound(text).map_err(RangeError::Bound);
        let start = match start {
            None | Some("") => 0.0,
            Some("~") => f64::NEG_INFINITY,
            Some(start) => read(start)?,
        };
        let end = if end.is_empty() { f64::INFINITY } else { read(end)? };
        if end < start {
            return Err(RangeError::Backwards);
        }
        Ok(Range { start, end, inside })
    }

    /// Whether a value alerts.
    #[must_use]
    pub fn alerts(&self, value: f64) -> bool {
        let within = value >= self.start && value <= self.end;
        within == self.inside
    }

    /// As it is written, each end by `bound`.
    pub fn write(&self, bound: impl Fn(f64) -> String) -> String {
        let at = if self.inside { "@" } else { "" };
        let start = if self.start == f64::NEG_INFINITY {
            "~:".to_owned()
        } else if self.start == 0.0 && self.end < f64::INFINITY {
            String::new()
        } else {
            format!("{}:", bound(self.start))
        };
        let end = if self.end == f64::INFINITY { String::new() } else { bound(self.end) };
        format!("{at}{start}{end}")
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.write(|bound| bound.to_string()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Range, RangeError<()>> {
        Range::read(text, |bound| bound.parse().ok().filter(|n: &f64| n.is_finite()).ok_or(()))
    }

    #[test]
    fn the_table_of_the_guidelines() {
        // Range, what alerts, what does not.
        for (text, alert, quiet) in [
            ("10", &[-0.1, 10.1][..], &[0.0, 10.0][..]),
            ("10:", &[9.9, -1.0], &[10.0, 1e12]),
            ("~:10", &[10.1], &[10.0, -1e12]),
            ("10:20", &[9.9, 20.1], &[10.0, 15.0, 20.0]),
            ("@10:20", &[10.0, 15.0, 20.0], &[9.9, 20.1]),
            ("@10", &[0.0, 10.0], &[-0.1, 10.1]),
            ("@~:0", &[0.0, -5.0], &[0.1]),
            (":7", &[7.1, -0.1], &[0.0, 7.0]),
            ("-5:-1", &[0.0, -5.1], &[-5.0, -1.0]),
            ("0", &[0.1], &[0.0]),
        ] {
            let range = read(text).unwrap();
            assert!(alert.iter().all(|value| range.alerts(*value)), "{text} must alert");
            assert!(quiet.iter().all(|value| !range.alerts(*value)), "{text} must not alert");
        }
    }

    #[test]
    fn what_is_no_range_is_told() {
        for (text, error) in [
            ("", RangeError::Empty),
            ("@", RangeError::Empty),
            (":", RangeError::Empty),
            ("1:2:3", RangeError::Colons),
            ("20:10", RangeError::Backwards),
            ("x", RangeError::Bound(())),
            ("1:x", RangeError::Bound(())),
            ("~", RangeError::Bound(())),
            ("@@1", RangeError::Bound(())),
            ("nan", RangeError::Bound(())),
        ] {
            assert_eq!(read(text), Err(error), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_range_comes_back_as_written(start in -1000..1000i32, length in 0..1000i32, inside: bool, open in 0..3u8) {
            let (start, end) = match open {
                0 => (f64::from(start), f64::from(start + length)),
                1 => (f64::NEG_INFINITY, f64::from(length)),
                _ => (f64::from(start), f64::INFINITY),
            };
            let range = Range { start, end, inside };
            prop_assert_eq!(read(&range.to_string()), Ok(range));
        }

        #[test]
        fn any_text_is_a_range_or_an_error(text in "[@~:0-9.x-]{0,12}") {
            let _ = read(&text);
        }
    }
}
