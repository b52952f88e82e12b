//! Values of options as users write them: whole numbers, TOS by number or DSCP name, patterns, flow labels, durations.
//!
//! Each reader takes the option's name, because a refusal names it.

use std::time::Duration;

use super::Refusal;
use crate::duration;
use crate::net::icmp::SocketChoice;

/// Longest duration that an option takes: what `ping` counts in milliseconds of 31 bits, some 24 days.
const LONGEST_PAUSE: Duration = Duration::from_millis(i32::MAX as u64);
/// Longest run: 31 bits of seconds, some 68 years.
const LONGEST_RUN: Duration = Duration::from_secs(i32::MAX as u64);

/// Which kind of ICMP socket: `--socket`.
pub(super) fn socket_choice(text: Option<&String>) -> Result<SocketChoice, Refusal> {
    let kinds = [("auto", SocketChoice::Auto), ("raw", SocketChoice::Raw), ("dgram", SocketChoice::Dgram)];
    text.map_or(Ok(SocketChoice::Auto), |text| choice("--socket", text, &kinds))
}

/// A decimal number between two others.
pub(super) fn whole(option: &str, text: &str, min: u64, max: u64) -> Result<u64, Refusal> {
    ranged(option, text, parse_digits(text, 10), min, max)
}

/// A decimal number, or a hexadecimal one behind `0x`.
pub(super) fn word(option: &str, text: &str, max: u64) -> Result<u64, Refusal> {
    let value = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => parse_digits(hex, 16),
        None => parse_digits(text, 10),
    };
    ranged(option, text, value, 0, max)
}

/// What the digits say: nothing that is a number, or a number, or one past 64 bits.
enum Digits {
    None,
    Some(u64),
    TooMany,
}

/// Digits and nothing else: Rust's own parser takes a plus sign as well.
fn parse_digits(text: &str, radix: u32) -> Digits {
    if text.is_empty() || !text.chars().all(|c| c.is_digit(radix)) {
        return Digits::None;
    }
    u64::from_str_radix(text, radix).map_or(Digits::TooMany, Digits::Some)
}

fn ranged(option: &str, text: &str, value: Digits, min: u64, max: u64) -> Result<u64, Refusal> {
    let negative = text.strip_prefix('-').is_some_and(|rest| matches!(parse_digits(rest, 10), Digits::Some(_)));
    match value {
        Digits::Some(value) if (min..=max).contains(&value) => Ok(value),
        Digits::None if !negative => {
            Err(Refusal::of(option, text, format!("not a whole number; {min} <= value <= {max}")))
        }
        _ => Err(Refusal::of(option, text, format!("out of range: {min} <= value <= {max}"))),
    }
}

/// A pause between probes, or a time-out.
pub(super) fn pause(option: &str, text: &str) -> Result<Duration, Refusal> {
    time(option, text, LONGEST_PAUSE)
}

/// The length of a run.
pub(super) fn run_length(option: &str, text: &str) -> Result<Duration, Refusal> {
    time(option, text, LONGEST_RUN)
}

fn time(option: &str, text: &str, longest: Duration) -> Result<Duration, Refusal> {
    let time = duration::parse(text).map_err(|why| Refusal::of(option, text, why))?;
    if time > longest {
        return Err(Refusal::of(option, text, format!("too long: at most {} seconds", longest.as_secs())));
    }
    Ok(time)
}

/// TOS or traffic class: the whole byte as a number, or a DSCP by name.
pub(super) fn tos(option: &str, text: &str) -> Result<u8, Refusal> {
    match dscp_by_name(text) {
        Some(dscp) => Ok(dscp << 2),
        None => byte(option, text, 255),
    }
}

/// A DSCP by number or name, as the TOS byte that carries it.
pub(super) fn dscp(option: &str, text: &str) -> Result<u8, Refusal> {
    match dscp_by_name(text) {
        Some(dscp) => Ok(dscp << 2),
        None => byte(option, text, 63).map(|dscp| dscp << 2),
    }
}

fn byte(option: &str, text: &str, max: u8) -> Result<u8, Refusal> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        let problem = format!("neither a number (0 to {max}, 0x..) nor a DSCP name (ef, af11, cs5, le, be, va)");
        return Err(Refusal::of(option, text, problem));
    }
    word(option, text, u64::from(max)).map(|value| value as u8)
}

/// The DSCP names of the IANA registry: RFC 2474 (cs), RFC 2597 (af), RFC 3246 (ef), RFC 5865 (va), RFC 8622 (le).
fn dscp_by_name(text: &str) -> Option<u8> {
    let name = text.to_ascii_lowercase();
    let digits: Vec<u8> = name.bytes().skip(2).map(|byte| byte.wrapping_sub(b'0')).collect();
    match (name.get(..2)?, digits.as_slice()) {
        ("ef", []) => Some(46),
        ("va", []) => Some(44),
        ("le", []) => Some(1),
        ("be" | "df", []) => Some(0),
        ("cs", [class @ 0..=7]) => Some(class << 3),
        ("af", [class @ 1..=4, drop @ 1..=3]) => Some((class << 3) | (drop << 1)),
        _ => None,
    }
}

/// Hex digits of 1 to 16 bytes. A last single digit is a byte of its own, as in `ping`.
pub(super) fn pattern(option: &str, text: &str) -> Result<Vec<u8>, Refusal> {
    let refuse = |problem: &str| Err(Refusal::of(option, text, problem));
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return refuse("patterns must be specified as hex digits, as in ff or 00ff");
    }
    if text.len() > 32 {
        return refuse("longer than 16 bytes (32 hex digits)");
    }
    let nibble = |byte: &u8| char::from(*byte).to_digit(16).unwrap_or_default() as u8;
    Ok(text.as_bytes().chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| (byte << 4) | nibble(digit))).collect())
}

/// One of a few words.
pub(super) fn choice<T: Copy>(option: &str, text: &str, words: &[(&str, T)]) -> Result<T, Refusal> {
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        Refusal::of(option, text, format!("not one of {}", words.join(", ")))
    })
}

/// Every reader above at once, for fuzzing: whether a refusal is one line that names its option.
pub(super) fn every(text: &str) -> bool {
    let refused = |result: Result<(), Refusal>| match result {
        Ok(()) => true,
        Err(why) => why.to_string().starts_with("-x") && !why.to_string().contains('\n'),
    };
    [
        whole("-x", text, 1, 1 << 32).map(drop),
        word("-x", text, u64::MAX).map(drop),
        pause("-x", text).map(drop),
        run_length("-x", text).map(drop),
        tos("-x", text).map(drop),
        dscp("-x", text).map(drop),
        pattern("-x", text).map(drop),
        choice("-x", text, &[("yes", 1), ("no", 2)]).map(drop),
    ]
    .into_iter()
    .all(refused)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn dscp_names_are_the_registry_s() {
        for (name, value) in [
            ("ef", 0xb8),
            ("EF", 0xb8),
            ("af11", 0x28),
            ("af43", 0x98),
            ("cs0", 0),
            ("cs5", 0xa0),
            ("cs7", 0xe0),
            ("le", 0x04),
            ("be", 0),
            ("va", 0xb0),
            ("184", 0xb8),
            ("0xb8", 0xb8),
            ("0", 0),
            ("255", 255),
        ] {
            assert_eq!(tos("-Q", name), Ok(value), "{name}");
        }
        for nonsense in ["xyz", "af", "af14", "af50", "af111", "cs8", "cs", "256", "0x100", "-1", "", "1.5", "0x", "é"]
        {
            assert!(tos("-Q", nonsense).is_err(), "{nonsense}");
        }
        assert_eq!(dscp("--dscp", "46"), Ok(0xb8));
        assert!(dscp("--dscp", "64").is_err());
    }

    #[test]
    fn a_pattern_is_whole_bytes_but_for_the_last() {
        assert_eq!(pattern("-p", "00ff").unwrap(), [0, 0xff]);
        assert_eq!(pattern("-p", "abc").unwrap(), [0xab, 0x0c]);
        assert_eq!(pattern("-p", &"5a".repeat(16)).unwrap(), [0x5a; 16]);
        for nonsense in ["", "zz", "0x12", "-1", &"5a".repeat(17), "é"] {
            assert!(pattern("-p", nonsense).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn numbers_have_no_signs_and_no_fractions() {
        assert_eq!(whole("-c", "07", 1, 9), Ok(7));
        for (nonsense, problem) in [
            ("0", "-c 0: out of range: 1 <= value <= 9"),
            ("10", "-c 10: out of range: 1 <= value <= 9"),
            ("-1", "-c -1: out of range: 1 <= value <= 9"),
            ("99999999999999999999", "-c 99999999999999999999: out of range: 1 <= value <= 9"),
            ("1.5", "-c 1.5: not a whole number; 1 <= value <= 9"),
            ("+1", "-c +1: not a whole number; 1 <= value <= 9"),
            ("", "-c '': not a whole number; 1 <= value <= 9"),
            ("0x1", "-c 0x1: not a whole number; 1 <= value <= 9"),
        ] {
            assert_eq!(whole("-c", nonsense, 1, 9).unwrap_err().to_string(), problem);
        }
    }
}
