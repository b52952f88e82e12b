//! The time of day where this host stands, in the shapes that fping prints, without a locale.

use std::fmt;

use crate::clock::WallTime;
use crate::sys::local_time::LocalTime;

const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// How a time stands before a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeFormat {
    /// Seconds since 1970 with five decimals.
    #[default]
    Seconds,
    /// `Mon Jun 10 07:50:00 2024`.
    Ctime,
    /// `2024-06-10T07:50:00+0200`.
    Iso,
    /// `2024-06-10 07:50:00`.
    Rfc3339,
}

/// A time in a format.
pub(super) struct Stamp(pub(super) WallTime, pub(super) TimeFormat);

/// `07:50:00`.
pub(super) struct Clock(pub(super) WallTime);

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.1 == TimeFormat::Seconds {
            // As C rounds its `double`.
            return write!(f, "{:.5}", self.0.as_ns() as f64 / 1e9);
        }
        let t = LocalTime::of(self.0);
        let name = |names: &[&'static str], at: u8| names.get(usize::from(at)).copied().unwrap_or("???");
        let (year, month, day) = (t.year, t.month, t.day);
        let clock = format!("{:02}:{:02}:{:02}", t.hour, t.minute, t.second);
        match self.1 {
            TimeFormat::Ctime => {
                let (weekday, month) = (name(&DAYS, t.weekday), name(&MONTHS, month.saturating_sub(1)));
                write!(f, "{weekday} {month} {day:>2} {clock} {year}")
            }
            TimeFormat::Iso => {
                let sign = if t.offset_minutes < 0 { '-' } else { '+' };
                let ahead = t.offset_minutes.unsigned_abs();
                write!(f, "{year}-{month:02}-{day:02}T{clock}{sign}{:02}{:02}", ahead / 60, ahead % 60)
            }
            TimeFormat::Rfc3339 | TimeFormat::Seconds => write!(f, "{year}-{month:02}-{day:02} {clock}"),
        }
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = LocalTime::of(self.0);
        write!(f, "{:02}:{:02}:{:02}", t.hour, t.minute, t.second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shapes_are_those_of_strftime() {
        // Which zone this host keeps is not ours to know: the shapes are.
        let at = WallTime::from_ns(1_717_998_600_123_456_789);
        let of = |format| Stamp(at, format).to_string();
        assert_eq!(of(TimeFormat::Seconds), "1717998600.12346");
        let shape = |text: String| text.replace(|c: char| c.is_ascii_digit(), "0");
        assert_eq!(shape(of(TimeFormat::Rfc3339)), "0000-00-00 00:00:00");
        assert_eq!(shape(of(TimeFormat::Iso)).replace('-', "+").replacen('+', "-", 2), "0000-00-00T00:00:00+0000");
        assert_eq!(of(TimeFormat::Ctime).len(), "Mon Jun 10 07:50:00 2024".len());
        assert_eq!(shape(Clock(at).to_string()), "00:00:00");
    }
}
