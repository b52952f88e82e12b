//! IPv4 options (RFC 791 §3.1): read by slice, built for `setsockopt(IP_OPTIONS)`.
//!
//! Options come from strangers in replies and, once more, in the headers that errors quote; overrunning them was
//! CVE-2010-2529 and CVE-2022-23093 elsewhere. Here each option is a slice of at most 40 octets that was cut to its own
//! length before anything in it is looked at, and a broken one is named ([`IpOption::Malformed`]), never skipped.
//! Length and pointer rules are those of Linux (net/ipv4/ip_options.c, `__ip_options_compile`).

mod build;
mod route;

pub use build::{Built, TooManyHosts, record_route, timestamp, timestamp_prespecified};
pub use route::{Addresses, Entries, Entry, Route, Stamp, StampKind, Timestamps};

use super::bytes::{first, rest};
use super::malformed::{Fault, Malformed, Part};

/// Octets of options that a header can hold.
pub const MAX_LEN: usize = 40;

/// End of option list.
pub const END: u8 = 0;
/// No operation.
pub const NOP: u8 = 1;
/// Record route.
pub const RECORD_ROUTE: u8 = 7;
/// Internet timestamp.
pub const TIMESTAMP: u8 = 68;
/// Loose source and record route.
pub const LOOSE_SOURCE_ROUTE: u8 = 131;
/// Strict source and record route.
pub const STRICT_SOURCE_ROUTE: u8 = 137;

/// One option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpOption<'a> {
    /// End of the list; nothing follows.
    End,
    /// Padding.
    Nop,
    /// Record route: the routers write down their addresses.
    RecordRoute(Route<'a>),
    /// Loose source route.
    LooseSourceRoute(Route<'a>),
    /// Strict source route.
    StrictSourceRoute(Route<'a>),
    /// Timestamp: the routers write down the time, and perhaps their addresses.
    Timestamp(Timestamps<'a>),
    /// An option that this file does not know.
    Unknown {
        /// Its type octet.
        ty: u8,
        /// What follows its length octet.
        data: &'a [u8],
    },
    /// An option that breaks its own rules. Where its length cannot be believed it is all that is left, and the last.
    Malformed {
        /// Its type octet.
        ty: u8,
        /// Its octets, from the type on.
        bytes: &'a [u8],
        /// What is wrong; `at` counts from the start of the options.
        why: Malformed,
    },
}

/// The options in the bytes after an IPv4 header's first twenty; octets past the fortieth are not looked at.
#[must_use]
pub fn iter(options: &[u8]) -> Iter<'_> {
    Iter { left: first(options, MAX_LEN), at: 0 }
}

/// Iterates over options; ends after [`IpOption::End`] or an option without a believable length.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    left: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = IpOption<'a>;

    fn next(&mut self) -> Option<IpOption<'a>> {
        let (&ty, after) = self.left.split_first()?;
        let at = self.at;
        if ty == END {
            self.left = &[];
            return Some(IpOption::End);
        }
        if ty == NOP {
            self.left = after;
            self.at += 1;
            return Some(IpOption::Nop);
        }
        let broken = |bytes, offset, fault| {
            let why = Malformed::new(Part::IpOptions, at + offset, fault);
            Some(IpOption::Malformed { ty, bytes, why })
        };
        let Some(&length) = after.first() else {
            let bytes = std::mem::take(&mut self.left);
            return broken(bytes, 1, Fault::Truncated { need: 2, have: 1 });
        };
        let len = usize::from(length);
        let bytes = match self.left.get(..len) {
            Some(bytes) if len >= 2 => bytes,
            _ => {
                let bytes = std::mem::take(&mut self.left);
                return broken(bytes, 1, Fault::Length(len));
            }
        };
        self.left = rest(self.left, len);
        self.at += len;
        let data = rest(bytes, 2);
        let known = match ty {
            RECORD_ROUTE => Route::new(data).map(IpOption::RecordRoute),
            LOOSE_SOURCE_ROUTE => Route::new(data).map(IpOption::LooseSourceRoute),
            STRICT_SOURCE_ROUTE => Route::new(data).map(IpOption::StrictSourceRoute),
            TIMESTAMP => Timestamps::new(data).map(IpOption::Timestamp),
            _ => Ok(IpOption::Unknown { ty, data }),
        };
        match known {
            Ok(option) => Some(option),
            Err(Fault::Pointer(p)) => broken(bytes, 2, Fault::Pointer(p)),
            Err(fault) => broken(bytes, 1, fault),
        }
    }
}

#[cfg(test)]
mod tests;
