//! The insides of the options that routers write into: route slots and timestamp slots.
//!
//! Both have a pointer that counts octets from the option's type octet, from 1; slots before it are written, and a
//! pointer past the end means that the option is full.

use crate::wire::bytes::{array, be32, first, rest, u8_at};
use crate::wire::malformed::Fault;
use std::net::Ipv4Addr;

/// Record route or a source route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route<'a> {
    pointer: u8,
    slots: &'a [u8],
}

/// Octets of an option that are slots and lie before its pointer; `head` is where the slots begin.
fn written(slots: &[u8], pointer: u8, head: usize) -> &[u8] {
    first(slots, (usize::from(pointer) - 1).saturating_sub(head))
}

/// Holds a pointer against the option: from the first slot on, and with a whole `slot` at it, or past the end.
fn check_pointer(pointer: u8, head: usize, slots: &[u8], slot: usize) -> Result<(), Fault> {
    let (p, len) = (usize::from(pointer), head + slots.len());
    if p <= head || (p <= len && p + slot - 1 > len) { Err(Fault::Pointer(pointer)) } else { Ok(()) }
}

impl<'a> Route<'a> {
    const HEAD: usize = 3;

    /// From what follows the length octet.
    pub(super) fn new(data: &'a [u8]) -> Result<Route<'a>, Fault> {
        let pointer = u8_at(data, 0).ok_or(Fault::Length(data.len() + 2))?;
        let slots = rest(data, 1);
        check_pointer(pointer, Self::HEAD, slots, 4)?;
        Ok(Route { pointer, slots })
    }

    /// The pointer octet, at least 4.
    #[must_use]
    pub fn pointer(&self) -> u8 {
        self.pointer
    }

    /// The addresses before the pointer: written by routers, or, in a source route, passed already.
    #[must_use]
    pub fn recorded(&self) -> Addresses<'a> {
        Addresses(self.recorded_bytes())
    }

    /// The octets of [`recorded`](Self::recorded): equal octets are the same route.
    #[must_use]
    pub fn recorded_bytes(&self) -> &'a [u8] {
        written(self.slots, self.pointer, Self::HEAD)
    }

    /// All addresses, written or not.
    #[must_use]
    pub fn all(&self) -> Addresses<'a> {
        Addresses(self.slots)
    }

    /// Whether no slot is left: the route may be longer than what is recorded.
    #[must_use]
    pub fn is_full(&self) -> bool {
        usize::from(self.pointer) > Self::HEAD + self.slots.len()
    }
}

/// Iterates over addresses of four octets; an incomplete last one is none.
#[derive(Clone, Debug)]
pub struct Addresses<'a>(&'a [u8]);

impl Iterator for Addresses<'_> {
    type Item = Ipv4Addr;

    fn next(&mut self) -> Option<Ipv4Addr> {
        let (address, left) = self.0.split_first_chunk::<4>()?;
        self.0 = left;
        Some(Ipv4Addr::from(*address))
    }
}

/// What the slots of a timestamp option hold (RFC 791, the flag field).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StampKind {
    /// 0: timestamps alone.
    TsOnly,
    /// 1: each timestamp preceded by the address of who wrote it.
    TsAndAddr,
    /// 3 (Linux: 2 also): addresses given by the sender; each writes its time only behind its own.
    TsPrespec,
    /// Another flag; its slots are read as address and time.
    Other(u8),
}

/// The timestamp option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamps<'a> {
    pointer: u8,
    flags: u8,
    slots: &'a [u8],
}

/// A time of day as a router wrote it: milliseconds since midnight UT, or, with the top bit, anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp(pub u32);

impl Stamp {
    /// Whether these are milliseconds since midnight UT.
    #[must_use]
    pub fn is_standard(self) -> bool {
        self.0 >> 31 == 0
    }

    /// The number without the top bit.
    #[must_use]
    pub fn value(self) -> u32 {
        self.0 & 0x7fff_ffff
    }
}

/// One slot of a timestamp option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who wrote it, where the kind has addresses.
    pub addr: Option<Ipv4Addr>,
    /// When.
    pub stamp: Stamp,
}

impl<'a> Timestamps<'a> {
    const HEAD: usize = 4;

    /// From what follows the length octet.
    pub(super) fn new(data: &'a [u8]) -> Result<Timestamps<'a>, Fault> {
        let (Some(pointer), Some(flags)) = (u8_at(data, 0), u8_at(data, 1)) else {
            return Err(Fault::Length(data.len() + 2));
        };
        let slots = rest(data, 2);
        let option = Timestamps { pointer, flags, slots };
        check_pointer(pointer, Self::HEAD, slots, option.slot_len())?;
        Ok(option)
    }

    /// What the slots hold.
    #[must_use]
    pub fn kind(&self) -> StampKind {
        match self.flags & 0x0f {
            0 => StampKind::TsOnly,
            1 => StampKind::TsAndAddr,
            2 | 3 => StampKind::TsPrespec,
            other => StampKind::Other(other),
        }
    }

    /// How many routers found no slot left, 0 to 15.
    #[must_use]
    pub fn overflow(&self) -> u8 {
        self.flags >> 4
    }

    /// The pointer octet, at least 5.
    #[must_use]
    pub fn pointer(&self) -> u8 {
        self.pointer
    }

    fn slot_len(&self) -> usize {
        if self.kind() == StampKind::TsOnly { 4 } else { 8 }
    }

    /// The slots before the pointer.
    #[must_use]
    pub fn recorded(&self) -> Entries<'a> {
        self.entries(written(self.slots, self.pointer, Self::HEAD))
    }

    /// All slots, written or not.
    #[must_use]
    pub fn all(&self) -> Entries<'a> {
        self.entries(self.slots)
    }

    fn entries(&self, left: &'a [u8]) -> Entries<'a> {
        Entries { left, with_addr: self.slot_len() == 8 }
    }
}

/// Iterates over timestamp slots; an incomplete last one is none.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    left: &'a [u8],
    with_addr: bool,
}

impl Iterator for Entries<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let (addr, at) = if self.with_addr { (Some(array::<4>(self.left, 0)?.into()), 4) } else { (None, 0) };
        let stamp = Stamp(be32(self.left, at)?);
        self.left = rest(self.left, at + 4);
        Some(Entry { addr, stamp })
    }
}
