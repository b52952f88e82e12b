//! The inner tables of a scenario's rules: an ICMP error with its quotation, a burst of strangers, bytes to overwrite.

use std::net::IpAddr;

use serde::Deserialize;

use super::values::{Hex, Span, many};

/// Bytes to put somewhere.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Write {
    /// Offset.
    pub at: usize,
    /// What.
    pub hex: Hex,
}

/// An ICMP error.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ErrorSpec {
    /// A name that fits both families (`"host-unreachable"`), or `type` and `code`.
    pub name: Option<String>,
    /// ICMP type.
    #[serde(rename = "type")]
    pub kind_byte: Option<u8>,
    /// ICMP code.
    pub code: Option<u8>,
    /// The second four bytes of the message.
    pub info: Option<u32>,
    /// The MTU that it names.
    pub mtu: Option<u32>,
    /// The gateway that a redirect names.
    pub gateway: Option<IpAddr>,
    /// Who says so, one a family; without it the last hop before the host, or the hop of the rule.
    #[serde(default, deserialize_with = "many")]
    pub from: Vec<IpAddr>,
    /// The answer comes too.
    #[serde(default)]
    pub also: bool,
    /// Octets quoted beyond the quoted IP header.
    pub quote: Option<usize>,
    /// Lies in the quotation; without it the hop's.
    pub quoted: Option<Quoted>,
}

/// How the quoted packet differs from the probe.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Quoted {
    /// All of it is this instead.
    pub bytes: Option<Hex>,
    /// IP version.
    pub version: Option<u8>,
    /// IPv4 header length field, 32-bit words.
    pub header_words: Option<u8>,
    /// IPv4 total length or IPv6 payload length field.
    pub length: Option<u16>,
    /// TTL or hop limit.
    pub ttl: Option<u8>,
    /// Protocol or next header.
    pub protocol: Option<u8>,
    /// IPv4 options put into the quoted header.
    pub options: Option<Hex>,
    /// Source, one a family.
    #[serde(default, deserialize_with = "many")]
    pub source: Vec<IpAddr>,
    /// Destination, one a family.
    #[serde(default, deserialize_with = "many")]
    pub destination: Vec<IpAddr>,
    /// Added to the ident.
    #[serde(default)]
    pub ident_add: u16,
    /// Added to the sequence number.
    #[serde(default)]
    pub seq_add: u16,
    /// Type of service or traffic class.
    pub tos: Option<u8>,
    /// Added to the identification of IPv4.
    #[serde(default)]
    pub id_add: u16,
    /// Bytes to invert, by offset behind the quoted IP header.
    #[serde(default, deserialize_with = "many")]
    pub flip: Vec<usize>,
    /// Bytes to overwrite, by offset behind the quoted IP header.
    #[serde(default, deserialize_with = "many")]
    pub write: Vec<Write>,
}

/// A burst of unsolicited echo replies.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Strangers {
    /// How many; their sequence numbers run from 0.
    pub count: u32,
    /// Time between two.
    #[serde(default)]
    pub gap: Span,
    /// Their source, one a family; without it the probe's own target.
    #[serde(default, deserialize_with = "many")]
    pub from: Vec<IpAddr>,
    /// Their ident; without it the probe's own.
    pub ident: Option<u16>,
    /// They carry the probe's payload instead of zeros.
    #[serde(default)]
    pub same_payload: bool,
}
