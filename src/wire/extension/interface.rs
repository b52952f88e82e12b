//! Interface information in ICMP errors (RFC 5837): by which door the packet came in, or would have left.
//!
//! An object says in its c-type which parts it has, and they stand in a fixed order. One part that cannot be believed
//! makes all behind it guesswork, so the object is read whole or not at all ([`Malformed`] then says where it broke).

use crate::wire::bytes::{array, be16, be32, rest, u8_at};
use crate::wire::malformed::{Fault, Malformed, Part};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Class of the interface information object (RFC 5837 §4).
pub const CLASS: u8 = 2;

const HAS_INDEX: u8 = 0x08;
const HAS_ADDRESS: u8 = 0x04;
const HAS_NAME: u8 = 0x02;
const HAS_MTU: u8 = 0x01;

/// A name sub-object has at most this many octets, its length octet included (§4.3).
const NAME_MAX: usize = 64;

/// Which of the router's interfaces an object is about (§4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The IP interface that the packet came in by.
    Incoming,
    /// A part of it below IP: a member of a bundle.
    SubIp,
    /// The IP interface that it would have left by.
    Outgoing,
    /// The next hop that it would have been sent to.
    NextHop,
}

impl Role {
    /// The role that the two top bits of a c-type say.
    #[must_use]
    pub const fn of(c_type: u8) -> Role {
        match c_type >> 6 {
            0 => Role::Incoming,
            1 => Role::SubIp,
            2 => Role::Outgoing,
            _ => Role::NextHop,
        }
    }

    /// What a machine calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Role::Incoming => "incoming",
            Role::SubIp => "sub_ip",
            Role::Outgoing => "outgoing",
            Role::NextHop => "next_hop",
        }
    }
}

/// What an object tells of an interface; each part may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceInfo {
    /// Which interface.
    pub role: Role,
    /// Its index (`ifIndex`, RFC 2863).
    pub index: Option<u32>,
    /// Its address.
    pub address: Option<IpAddr>,
    /// Its name as the router wrote it, padding off; UTF-8 if the router keeps the rules. Foreign text: clean it before a
    /// terminal sees it.
    pub name: Option<Vec<u8>>,
    /// Its MTU, octets.
    pub mtu: Option<u32>,
}

impl InterfaceInfo {
    /// Reads an object of this c-type from what follows its header.
    ///
    /// # Errors
    /// It ends within a part, has an address of another family than IPv4 or IPv6 or a name of impossible length, or goes
    /// on behind its last part. Places count from the object's first data octet.
    pub fn read(c_type: u8, bytes: &[u8]) -> Result<InterfaceInfo, Malformed> {
        let has = |bit| c_type & bit != 0;
        let mut parts = Parts { bytes, at: 0 };
        let index = has(HAS_INDEX).then(|| parts.number()).transpose()?;
        let address = has(HAS_ADDRESS).then(|| parts.address()).transpose()?;
        let name = has(HAS_NAME).then(|| parts.name()).transpose()?;
        let mtu = has(HAS_MTU).then(|| parts.number()).transpose()?;
        if parts.at != bytes.len() {
            return Err(Malformed::new(Part::ExtensionObject, parts.at, Fault::Length(bytes.len())));
        }
        Ok(InterfaceInfo { role: Role::of(c_type), index, address, name, mtu })
    }
}

/// The parts of an object, one after the other.
struct Parts<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Parts<'a> {
    fn fault(&self, fault: Fault) -> Malformed {
        Malformed::new(Part::ExtensionObject, self.at, fault)
    }

    fn short(&self, need: usize) -> Malformed {
        self.fault(Fault::Truncated { need, have: rest(self.bytes, self.at).len() })
    }

    fn number(&mut self) -> Result<u32, Malformed> {
        let number = be32(self.bytes, self.at).ok_or(self.short(4))?;
        self.at += 4;
        Ok(number)
    }

    /// An address family of IANA's "Address Family Numbers", two reserved octets, the address (§4.2).
    fn address(&mut self) -> Result<IpAddr, Malformed> {
        let (address, len) = match be16(self.bytes, self.at).ok_or(self.short(4))? {
            1 => (array::<4>(self.bytes, self.at + 4).map(|a| Ipv4Addr::from(a).into()), 8),
            2 => (array::<16>(self.bytes, self.at + 4).map(|a| Ipv6Addr::from(a).into()), 20),
            other => return Err(self.fault(Fault::AddressFamily(other))),
        };
        let address = address.ok_or(self.short(len))?;
        self.at += len;
        Ok(address)
    }

    /// A length octet that counts itself, the name, zeros up to a multiple of four (§4.3).
    fn name(&mut self) -> Result<Vec<u8>, Malformed> {
        let len = usize::from(u8_at(self.bytes, self.at).ok_or(self.short(4))?);
        if len == 0 || len > NAME_MAX || len % 4 != 0 {
            return Err(self.fault(Fault::Length(len)));
        }
        let name: &'a [u8] = self.bytes.get(self.at + 1..self.at + len).ok_or(self.short(len))?;
        self.at += len;
        let end = name.iter().rposition(|&b| b != 0).map_or(0, |last| last + 1);
        Ok(name.iter().copied().take(end).collect())
    }
}
