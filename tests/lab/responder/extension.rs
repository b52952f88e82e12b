//! Extensions of ICMP errors as a router of the scenario writes them (RFC 4884, 4950, 5837), right or wrong on purpose.

use std::net::IpAddr;

use serde::Deserialize;

use super::packet::checksum;
use super::scenario::of_family;
use super::values::{Hex, many};

/// What a router appends to its errors.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Extension {
    /// The stack of MPLS labels, top first.
    #[serde(default)]
    pub mpls: Vec<Label>,
    /// Interfaces.
    #[serde(default)]
    pub interface: Vec<Interface>,
    /// Other objects, or those above with lies in them.
    #[serde(default)]
    pub object: Vec<Object>,
    /// How the structure is announced.
    #[serde(default)]
    pub form: Form,
    /// The length octet of the ICMP header is this.
    pub length: Option<u8>,
    /// What its checksum is.
    #[serde(default)]
    pub checksum: Sum,
    /// Its version.
    pub version: Option<u8>,
    /// Octets missing at its end.
    #[serde(default)]
    pub cut: usize,
}

/// Where the structure is, and how a reader learns of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// The header tells the length of the quote.
    #[default]
    Compliant,
    /// Octet 128, and the header tells nothing: routers older than RFC 4884.
    Old,
}

/// The checksum of the structure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sum {
    /// Right.
    #[default]
    Right,
    /// Zero.
    None,
    /// Wrong.
    Wrong,
}

/// An entry of a label stack.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// 20 bits.
    pub label: u32,
    /// Traffic class.
    #[serde(default)]
    pub tc: u32,
    /// The bottom of the stack; without it the last entry is.
    pub bottom: Option<bool>,
    /// Time to live.
    #[serde(default = "super::limit::one")]
    pub ttl: u32,
}

/// An interface of the router.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Interface {
    /// 0 incoming, 1 below IP, 2 outgoing, 3 next hop.
    #[serde(default)]
    pub role: u8,
    /// Its index.
    pub index: Option<u32>,
    /// Its address, one a family.
    #[serde(default, deserialize_with = "many")]
    pub address: Vec<IpAddr>,
    /// Its name.
    pub name: Option<String>,
    /// Its MTU.
    pub mtu: Option<u32>,
}

/// Any object.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Object {
    /// Class.
    pub class: u8,
    /// Type within the class.
    pub c_type: u8,
    /// What follows its header.
    #[serde(default)]
    pub hex: Hex,
    /// Its length field is this.
    pub length: Option<u16>,
}

/// Octets of the quote in front of a structure, at least.
const QUOTE: usize = 128;

impl Extension {
    /// What the types cannot express.
    pub fn check(&self) -> Result<(), String> {
        let wide = self.mpls.iter().find(|l| l.label > 0xf_ffff || l.tc > 7 || l.ttl > 255);
        let long = self.interface.iter().filter_map(|i| i.name.as_deref()).find(|n| n.len() > 63);
        match (wide, long) {
            (Some(label), _) => Err(format!("{label:?} does not fit a label stack entry")),
            (_, Some(name)) => Err(format!("the interface name {name:?} is longer than 63 octets")),
            _ => Ok(()),
        }
    }

    /// Appends the structure to the error `message`, whose quote begins at octet 8 and is cut so that all of it takes no
    /// more than `most` octets behind the header (unless the scenario sets the quote's length: then `most` is `None`).
    pub fn append(&self, message: &mut Vec<u8>, most: Option<usize>, v4: bool) {
        let structure = self.structure(v4);
        let word = if v4 { 4 } else { 8 };
        let quoted = message.len() - 8;
        let quote = match self.form {
            Form::Old => QUOTE,
            Form::Compliant => {
                let room = most.map_or(usize::MAX, |most| most.saturating_sub(structure.len()) / word * word);
                quoted.next_multiple_of(word).min(room).max(QUOTE)
            }
        };
        message.resize(8 + quote, 0);
        let declared = if self.form == Form::Compliant { (quote / word) as u8 } else { 0 };
        message[if v4 { 5 } else { 4 }] = self.length.unwrap_or(declared);
        message.extend(structure);
    }

    fn structure(&self, v4: bool) -> Vec<u8> {
        let mut s = vec![self.version.unwrap_or(2) << 4, 0, 0, 0];
        if !self.mpls.is_empty() {
            put(&mut s, 1, 1, &self.stack(), None);
        }
        for interface in &self.interface {
            let (c_type, bytes) = interface.object(v4);
            put(&mut s, 2, c_type, &bytes, None);
        }
        for o in &self.object {
            put(&mut s, o.class, o.c_type, &o.hex.0, o.length);
        }
        s.truncate(s.len().saturating_sub(self.cut).max(4));
        let right = checksum(&[&s]);
        let sum = match self.checksum {
            Sum::Right => right,
            Sum::None => 0,
            Sum::Wrong => right ^ 0x5555,
        };
        s[2..4].copy_from_slice(&sum.to_be_bytes());
        s
    }

    fn stack(&self) -> Vec<u8> {
        let last = self.mpls.len() - 1;
        let entry = |(i, l): (usize, &Label)| {
            let bottom = u32::from(l.bottom.unwrap_or(i == last));
            (l.label << 12 | l.tc << 9 | bottom << 8 | l.ttl).to_be_bytes()
        };
        self.mpls.iter().enumerate().flat_map(entry).collect()
    }
}

impl Interface {
    /// C-type and data (RFC 5837 4.1: the parts stand in the order of their bits).
    fn object(&self, v4: bool) -> (u8, Vec<u8>) {
        let mut c_type = self.role << 6;
        let mut bytes = Vec::new();
        if let Some(index) = self.index {
            c_type |= 8;
            bytes.extend(index.to_be_bytes());
        }
        let like: IpAddr = if v4 { [0, 0, 0, 0].into() } else { [0u16; 8].into() };
        if let Some(address) = of_family(&self.address, like) {
            c_type |= 4;
            bytes.extend([0, if v4 { 1 } else { 2 }, 0, 0]);
            match address {
                IpAddr::V4(a) => bytes.extend(a.octets()),
                IpAddr::V6(a) => bytes.extend(a.octets()),
            }
        }
        if let Some(name) = &self.name {
            c_type |= 2;
            let len = (1 + name.len()).next_multiple_of(4);
            bytes.push(len as u8);
            bytes.extend(name.bytes());
            bytes.resize(bytes.len() + len - 1 - name.len(), 0);
        }
        if let Some(mtu) = self.mtu {
            c_type |= 1;
            bytes.extend(mtu.to_be_bytes());
        }
        (c_type, bytes)
    }
}

fn put(s: &mut Vec<u8>, class: u8, c_type: u8, bytes: &[u8], length: Option<u16>) {
    s.extend(length.unwrap_or(4 + bytes.len() as u16).to_be_bytes());
    s.extend([class, c_type]);
    s.extend(bytes);
}
