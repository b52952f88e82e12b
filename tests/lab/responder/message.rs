//! The ICMP messages of the responder, true or twisted: echo and timestamp replies, errors with their quotation.

use std::net::IpAddr;

use super::extension::Extension;
use super::faults::{ErrorSpec, Quoted};
use super::packet::{Ip, seal_v4};
use super::scenario::of_family;

/// The names of errors that both families know or one of them: name, ICMP type and code, ICMPv6 type and code.
type ErrorName = (&'static str, Option<(u8, u8)>, Option<(u8, u8)>);

/// RFC 792, RFC 1122, RFC 1812; RFC 4443.
const ERRORS: &[ErrorName] = &[
    ("net-unreachable", Some((3, 0)), Some((1, 0))),
    ("host-unreachable", Some((3, 1)), Some((1, 3))),
    ("protocol-unreachable", Some((3, 2)), Some((4, 1))),
    ("port-unreachable", Some((3, 3)), Some((1, 4))),
    ("too-big", Some((3, 4)), Some((2, 0))),
    ("source-route-failed", Some((3, 5)), None),
    ("net-prohibited", Some((3, 9)), None),
    ("host-prohibited", Some((3, 10)), None),
    ("admin-prohibited", Some((3, 13)), Some((1, 1))),
    ("source-quench", Some((4, 0)), None),
    ("redirect-net", Some((5, 0)), None),
    ("redirect-host", Some((5, 1)), None),
    ("time-exceeded", Some((11, 0)), Some((3, 0))),
    ("reassembly-time-exceeded", Some((11, 1)), Some((3, 1))),
    ("parameter-problem", Some((12, 0)), Some((4, 0))),
];

impl ErrorSpec {
    /// An error by its name.
    pub fn named(name: &str) -> ErrorSpec {
        ErrorSpec { name: Some(name.to_owned()), ..ErrorSpec::default() }
    }

    /// Whether its name is known, or its type given.
    pub fn check(&self) -> Result<(), String> {
        match &self.name {
            Some(name) if ERRORS.iter().any(|e| e.0 == name) => Ok(()),
            Some(name) => Err(format!("no ICMP error is named {name:?}")),
            None if self.kind_byte.is_some() => Ok(()),
            None => Err("an error has neither name nor type".to_owned()),
        }
    }

    /// Type and code in the family of `like`; `None` where that family has no such error.
    pub fn type_and_code(&self, like: IpAddr) -> Option<(u8, u8)> {
        let named = match &self.name {
            Some(name) => {
                let &(_, v4, v6) = ERRORS.iter().find(|e| e.0 == name)?;
                if like.is_ipv4() { v4? } else { v6? }
            }
            None => (0, 0),
        };
        Some((self.kind_byte.unwrap_or(named.0), self.code.unwrap_or(named.1)))
    }

    /// The four bytes behind the checksum.
    fn info(&self) -> u32 {
        let gateway = match self.gateway {
            Some(IpAddr::V4(g)) => Some(g.to_bits()),
            _ => None,
        };
        self.info.or(self.mtu).or(gateway).unwrap_or(0)
    }

    /// The message about the packet that is `seen`, without checksum.
    pub fn message(&self, seen: &Sight<'_>) -> Option<Vec<u8>> {
        let v4 = seen.ip.src.is_ipv4();
        let (kind, code) = self.type_and_code(seen.ip.src)?;
        let mut message = vec![kind, code, 0, 0];
        message.extend(self.info().to_be_bytes());
        // As much as fits 576 bytes (RFC 1812 4.3.2.3) or 1280 (RFC 4443 2.4 c), unless told otherwise.
        let (base, most) = if v4 { (seen.ip.header_len, 576 - 28) } else { (40, 1280 - 48) };
        let told = self.quote.or(seen.quote);
        let len = told.map_or(most, |q| base.saturating_add(q));
        let quoted = match self.quoted.as_ref().or(seen.lies) {
            Some(lies) => quote(lies, seen.ip, seen.packet, seen.left),
            None => quote(&Quoted::default(), seen.ip, seen.packet, seen.left),
        };
        let len = len.saturating_add(quoted.len().saturating_sub(seen.packet.len()));
        message.extend(&quoted[..quoted.len().min(len)]);
        let may = if v4 { matches!(kind, 3 | 11 | 12) } else { matches!(kind, 1 | 3) };
        if let Some(extension) = seen.extension.filter(|_| may) {
            extension.append(&mut message, told.is_none().then_some(most), v4);
        }
        Some(message)
    }
}

/// A packet as whoever complains about it sees it, and how he quotes.
pub struct Sight<'a> {
    /// Its header.
    pub ip: &'a Ip,
    /// All of it.
    pub packet: &'a [u8],
    /// The TTL or hop limit that it had when it came here.
    pub left: u8,
    /// Octets quoted beyond the IP header.
    pub quote: Option<usize>,
    /// Lies in the quotation.
    pub lies: Option<&'a Quoted>,
    /// What is appended.
    pub extension: Option<&'a Extension>,
}

/// The quoted packet, whole, with the lies of `lies`.
fn quote(lies: &Quoted, ip: &Ip, packet: &[u8], ttl: u8) -> Vec<u8> {
    if let Some(bytes) = &lies.bytes {
        return bytes.0.clone();
    }
    let mut q = packet.to_vec();
    let v4 = ip.src.is_ipv4();
    let mut body = ip.header_len;
    if let Some(options) = lies.options.as_ref().filter(|_| v4) {
        let mut padded = options.0.clone();
        padded.resize(padded.len().next_multiple_of(4), 0);
        body += padded.len();
        q.splice(20..20, padded);
        q[0] = 0x40 | (body / 4) as u8;
        let total = q.len() as u16;
        q[2..4].copy_from_slice(&total.to_be_bytes());
    }
    q[if v4 { 8 } else { 7 }] = lies.ttl.unwrap_or(ttl);
    if let Some(protocol) = lies.protocol {
        q[if v4 { 9 } else { 6 }] = protocol;
    }
    if let Some(length) = lies.length {
        q[if v4 { 2..4 } else { 4..6 }].copy_from_slice(&length.to_be_bytes());
    }
    put_address(&mut q, if v4 { 12 } else { 8 }, of_family(&lies.source, ip.src));
    put_address(&mut q, if v4 { 16 } else { 24 }, of_family(&lies.destination, ip.src));
    if let Some(tos) = lies.tos {
        q[1] = if v4 { tos } else { q[1] & 15 | tos << 4 };
        q[0] = if v4 { q[0] } else { 0x60 | tos >> 4 };
    }
    if v4 {
        add16(&mut q, 4, lies.id_add);
    }
    add16(&mut q, body + 4, lies.ident_add);
    add16(&mut q, body + 6, lies.seq_add);
    for at in &lies.flip {
        if let Some(byte) = q.get_mut(body + at) {
            *byte = !*byte;
        }
    }
    for write in &lies.write {
        let end = q.len().min(body + write.at + write.hex.0.len());
        if let Some(field) = q.get_mut(body + write.at..end) {
            field.copy_from_slice(&write.hex.0[..field.len()]);
        }
    }
    if v4 {
        seal_v4(&mut q, body);
        if let Some(words) = lies.header_words {
            q[0] = q[0] & 0xf0 | words & 15;
        }
    }
    if let Some(version) = lies.version {
        q[0] = version << 4 | q[0] & 15;
    }
    q
}

/// Puts an address, if there is one, at its place in a header.
pub fn put_address(q: &mut [u8], at: usize, address: Option<IpAddr>) {
    match address {
        Some(IpAddr::V4(a)) => q[at..at + 4].copy_from_slice(&a.octets()),
        Some(IpAddr::V6(a)) => q[at..at + 16].copy_from_slice(&a.octets()),
        None => {}
    }
}

/// Adds to a 16-bit field, if it is there.
pub fn add16(bytes: &mut [u8], at: usize, add: u16) {
    if let Some([a, b]) = bytes.get_mut(at..at + 2) {
        [*a, *b] = u16::from_be_bytes([*a, *b]).wrapping_add(add).to_be_bytes();
    }
}

/// The honest reply to an echo request, without checksum.
pub fn echo_reply(request: &[u8], v4: bool) -> Vec<u8> {
    let mut reply = request.to_vec();
    reply[0] = if v4 { 0 } else { 129 };
    reply[2..4].fill(0);
    reply
}

/// The reply to a timestamp request at `wall_ns` (since 1970): milliseconds since midnight UT (RFC 792), without checksum.
pub fn timestamp_reply(request: &[u8], wall_ns: i64) -> Vec<u8> {
    let mut reply = request.to_vec();
    reply.resize(20, 0);
    reply[0] = 14;
    reply[2..4].fill(0);
    let ms = ms_since_midnight(wall_ns).to_be_bytes();
    reply[12..16].copy_from_slice(&ms);
    reply[16..20].copy_from_slice(&ms);
    reply
}

/// The time of day in UT, milliseconds, of a time since 1970 in nanoseconds.
pub fn ms_since_midnight(wall_ns: i64) -> u32 {
    wall_ns.div_euclid(1_000_000).rem_euclid(86_400_000) as u32
}
