//! The small values of scenario files: spans of time, address prefixes, ranges of numbers, bytes in hexadecimal.
//!
//! Each is read from one string (a range also from a plain number), and a mistake is an error that quotes it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error};

/// A span of time in nanoseconds, may be negative: `"20ms"`, `"1.5s"`, `"-1h"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub i64);

impl Span {
    fn parse(text: &str) -> Option<Span> {
        let at = text.find(|c: char| c.is_ascii_alphabetic())?;
        let (number, unit) = text.split_at(at);
        let scale = match unit {
            "ns" => 1.0,
            "us" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3600e9,
            _ => return None,
        };
        let number: f64 = number.trim().parse().ok()?;
        Some(Span((number * scale).round() as i64))
    }
}

/// A block of addresses: `"10.9.1.0/24"`, `"fd00:9::/64"`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    base: IpAddr,
    len: u8,
}

impl Prefix {
    fn parse(text: &str) -> Option<Prefix> {
        let (base, len) = match text.split_once('/') {
            Some((base, len)) => (base, Some(len)),
            None => (text, None),
        };
        let base: IpAddr = base.parse().ok()?;
        let width = if base.is_ipv4() { 32 } else { 128 };
        let len = len.map_or(Some(width), |l| l.parse().ok())?;
        (len <= width).then_some(Prefix { base, len })
    }

    /// How many leading bits are fixed: the longer prefix is the more special one.
    pub fn len(&self) -> u8 {
        self.len
    }

    /// Whether `addr` lies in it.
    pub fn contains(&self, addr: IpAddr) -> bool {
        match (self.base, addr) {
            (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros() >= u32::from(self.len),
            (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros() >= u32::from(self.len),
            _ => false,
        }
    }

    /// The address of this block whose free bits are those of `addr`; none for another family.
    pub fn with_host_of(&self, addr: IpAddr) -> Option<IpAddr> {
        match (self.base, addr) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                let free = u32::MAX.checked_shr(self.len.into()).unwrap_or(0);
                Some(Ipv4Addr::from_bits(a.to_bits() & !free | b.to_bits() & free).into())
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                let free = u128::MAX.checked_shr(self.len.into()).unwrap_or(0);
                Some(Ipv6Addr::from_bits(a.to_bits() & !free | b.to_bits() & free).into())
            }
            _ => None,
        }
    }

    /// The address `n` places behind its first.
    pub fn nth(&self, n: u32) -> IpAddr {
        match self.base {
            IpAddr::V4(a) => Ipv4Addr::from_bits(a.to_bits() + n).into(),
            IpAddr::V6(a) => Ipv6Addr::from_bits(a.to_bits() + u128::from(n)).into(),
        }
    }
}

/// One number or an inclusive range: `7`, `"7-9"`, `"12-"` (and all after).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    first: u64,
    last: u64,
}

impl Range {
    fn parse(text: &str) -> Option<Range> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let first = first.trim().parse().ok()?;
        let last = if last.trim().is_empty() { u64::MAX } else { last.trim().parse().ok()? };
        (first <= last).then_some(Range { first, last })
    }

    /// Whether `n` lies in it.
    pub fn contains(&self, n: u64) -> bool {
        (self.first..=self.last).contains(&n)
    }
}

/// Bytes: `"ff00 12"`; spaces are for the eye.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hex(pub Vec<u8>);

impl Hex {
    fn parse(text: &str) -> Option<Hex> {
        let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
        let pairs = digits.chunks(2).map(|p| match p {
            [a, b] => Some((a.to_digit(16)? * 16 + b.to_digit(16)?) as u8),
            _ => None,
        });
        pairs.collect::<Option<Vec<u8>>>().map(Hex)
    }
}

macro_rules! read_from_text {
    ($($type:ident: $what:literal),*) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let value = toml::Value::deserialize(d)?;
                let text = match &value {
                    toml::Value::String(s) => s.clone(),
                    toml::Value::Integer(n) => n.to_string(),
                    other => return Err(D::Error::custom(format!("{other:?} is not {}", $what))),
                };
                $type::parse(&text).ok_or_else(|| D::Error::custom(format!("{text:?} is not {}", $what)))
            }
        }
    )*};
}
read_from_text!(Span: "a span of time like \"20ms\"", Prefix: "an address or prefix", Range: "a number or a range like \"3-7\"",
    Hex: "an even number of hexadecimal digits");

/// Reads one value or a list of them.
pub fn many<'de, T: DeserializeOwned, D: Deserializer<'de>>(d: D) -> Result<Vec<T>, D::Error> {
    let list = match toml::Value::deserialize(d)? {
        toml::Value::Array(list) => list,
        one => vec![one],
    };
    list.into_iter().map(|v| v.try_into().map_err(D::Error::custom)).collect()
}

/// Small, seeded random numbers (SplitMix64): the same seed gives the same run on every machine.
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// True once in 1/`chance` on the average.
    pub fn happens(&mut self, chance: f64) -> bool {
        ((self.next() >> 11) as f64) < chance * (1u64 << 53) as f64
    }

    /// A number from 0 to `most`, both included.
    pub fn up_to(&mut self, most: u64) -> u64 {
        if most == u64::MAX { self.next() } else { self.next() % (most + 1) }
    }
}
