//! ICMP (RFC 792) and ICMPv6 (RFC 4443): one meaning for both families, and the writing of requests.
//!
//! [`parse`] checks lengths, not checksums: a message with a wrong checksum is still shown to be counted as corrupt
//! ([`checksum_ok`], IPv4 only: the kernel drops bad ICMPv6). What an error quotes is cut to the original datagram, its
//! RFC 4884 extensions apart. The words for a person and the names for a machine are in [`IcmpError`] and [`ErrorKind`].

mod error;

pub use error::{ErrorKind, IcmpError};

use super::bytes::{array, be16, be32, first, rest, u8_at};
use super::malformed::{Malformed, Part};
use super::{checksum, extension, protocol};
use crate::units::{Family, Ident, Seq};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Octets of the header that all messages have: type, code, checksum and four of the type's own.
pub const HEADER_LEN: usize = 8;
/// Octets of a timestamp message.
pub const TIMESTAMP_LEN: usize = 20;

/// ICMP message types, from IANA's "ICMP Type Numbers".
pub mod v4 {
    #![allow(missing_docs)] // the registry's names say it all
    pub const ECHO_REPLY: u8 = 0;
    pub const DEST_UNREACHABLE: u8 = 3;
    pub const SOURCE_QUENCH: u8 = 4;
    pub const REDIRECT: u8 = 5;
    pub const ECHO_REQUEST: u8 = 8;
    pub const TIME_EXCEEDED: u8 = 11;
    pub const PARAMETER_PROBLEM: u8 = 12;
    pub const TIMESTAMP: u8 = 13;
    pub const TIMESTAMP_REPLY: u8 = 14;
    /// The code of "destination unreachable" that carries an MTU (RFC 1191).
    pub const CODE_FRAGMENTATION_NEEDED: u8 = 4;
}

/// ICMPv6 message types, from IANA's "ICMPv6 'type' Numbers".
pub mod v6 {
    #![allow(missing_docs)] // the registry's names say it all
    pub const DEST_UNREACHABLE: u8 = 1;
    pub const PACKET_TOO_BIG: u8 = 2;
    pub const TIME_EXCEEDED: u8 = 3;
    pub const PARAMETER_PROBLEM: u8 = 4;
    pub const ECHO_REQUEST: u8 = 128;
    pub const ECHO_REPLY: u8 = 129;
    pub const REDIRECT: u8 = 137;
}

/// What a message means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// Echo request or reply.
    Echo {
        /// Whether it is a request.
        request: bool,
        /// Identifier.
        ident: Ident,
        /// Sequence number.
        seq: Seq,
        /// The data.
        payload: &'a [u8],
    },
    /// Timestamp request or reply (IPv4 only). Times are milliseconds since midnight UT, or with the top bit set anything.
    Timestamp {
        /// Whether it is a request.
        request: bool,
        /// Identifier.
        ident: Ident,
        /// Sequence number.
        seq: Seq,
        /// When the request left, by the asker's clock.
        originate_ms: u32,
        /// When it came in, by the answerer's clock.
        receive_ms: u32,
        /// When the reply left, by the answerer's clock.
        transmit_ms: u32,
    },
    /// An error about a packet.
    Error {
        /// Which.
        error: IcmpError,
        /// The packet it is about, from its IP header on, as far as it is quoted; extensions are cut off.
        quote: &'a [u8],
        /// The RFC 4884 extension structure, if there is one: see [`extension::Structure`].
        extensions: Option<&'a [u8]>,
    },
    /// A router knows a better next hop for a packet. It is no error: the packet was forwarded.
    Redirect {
        /// The better next hop.
        gateway: IpAddr,
        /// What it is better for.
        code: u8,
        /// The packet it is about, from its IP header on; empty if it is not quoted.
        quote: &'a [u8],
    },
    /// Any other message.
    Other {
        /// Type.
        ty: u8,
        /// Code.
        code: u8,
    },
}

/// Reads a message, from its type octet to the end of the IP payload.
///
/// # Errors
/// Fewer bytes than the type needs: 8, a timestamp 20, an ICMPv6 redirect 40.
#[inline]
pub fn parse(family: Family, bytes: &[u8]) -> Result<Message<'_>, Malformed> {
    let Some((header, body)) = bytes.split_first_chunk::<HEADER_LEN>() else {
        return Err(Malformed::truncated(part(family), HEADER_LEN, bytes.len()));
    };
    let is = |request| header[0] == echo_type(family, request);
    if is(false) || is(true) {
        let (ident, seq) = ident_and_seq(header);
        return Ok(Message::Echo { request: is(true), ident, seq, payload: body });
    }
    parse_other(family, header, body)
}

/// Reads a message that is no echo.
fn parse_other<'a>(family: Family, header: &[u8; HEADER_LEN], body: &'a [u8]) -> Result<Message<'a>, Malformed> {
    let (ty, code) = (header[0], header[1]);
    let short = |need| Malformed::truncated(part(family), need, HEADER_LEN + body.len());
    Ok(match (family, ty) {
        (Family::V4, v4::TIMESTAMP | v4::TIMESTAMP_REPLY) => {
            let (ident, seq) = ident_and_seq(header);
            let time = |at| be32(body, at).ok_or(short(TIMESTAMP_LEN));
            let (originate_ms, receive_ms, transmit_ms) = (time(0)?, time(4)?, time(8)?);
            Message::Timestamp { request: ty == v4::TIMESTAMP, ident, seq, originate_ms, receive_ms, transmit_ms }
        }
        (Family::V4, v4::REDIRECT) => {
            let gateway = Ipv4Addr::new(header[4], header[5], header[6], header[7]).into();
            Message::Redirect { gateway, code, quote: body }
        }
        (Family::V6, v6::REDIRECT) => {
            let gateway: [u8; 16] = array(body, 0).ok_or(short(40))?;
            let options = body.get(32..).ok_or(short(40))?;
            Message::Redirect { gateway: Ipv6Addr::from(gateway).into(), code, quote: redirected_header(options) }
        }
        (Family::V4, v4::DEST_UNREACHABLE | v4::SOURCE_QUENCH | v4::TIME_EXCEEDED | v4::PARAMETER_PROBLEM)
        | (Family::V6, v6::DEST_UNREACHABLE | v6::PACKET_TOO_BIG | v6::TIME_EXCEEDED | v6::PARAMETER_PROBLEM) => {
            let (quote, extensions) = extension::split(family, header, body);
            Message::Error { error: IcmpError { family, ty, code, info: info(family, header) }, quote, extensions }
        }
        _ => Message::Other { ty, code },
    })
}

const fn part(family: Family) -> Part {
    match family {
        Family::V4 => Part::Icmp,
        Family::V6 => Part::Icmpv6,
    }
}

/// The second word of an echo or timestamp message's header.
fn ident_and_seq(&[_, _, _, _, i0, i1, s0, s1]: &[u8; HEADER_LEN]) -> (Ident, Seq) {
    (Ident(u16::from_be_bytes([i0, i1])), Seq(u16::from_be_bytes([s0, s1])))
}

/// The second word of an error's header: an MTU or a pointer, where the type has one there.
fn info(family: Family, header: &[u8; HEADER_LEN]) -> u32 {
    let word = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
    match (family, header[0], header[1]) {
        // RFC 1191: the low half; RFC 4884 put its length octet in the high one.
        (Family::V4, v4::DEST_UNREACHABLE, v4::CODE_FRAGMENTATION_NEEDED) => word & 0xffff,
        (Family::V4, v4::PARAMETER_PROBLEM, _) => word >> 24,
        (Family::V6, v6::PACKET_TOO_BIG | v6::PARAMETER_PROBLEM, _) => word,
        _ => 0,
    }
}

/// The packet in the "redirected header" option (RFC 4861 §4.6.3) among a redirect's options; empty if there is none.
fn redirected_header(options: &[u8]) -> &[u8] {
    const REDIRECTED_HEADER: u8 = 4;
    let mut left = options;
    while let (Some(ty), Some(words)) = (u8_at(left, 0), u8_at(left, 1)) {
        let len = usize::from(words) * 8;
        if len == 0 {
            break;
        }
        if ty == REDIRECTED_HEADER {
            return rest(first(left, len), 8);
        }
        left = rest(left, len);
    }
    &[]
}

/// The type octet of an echo message.
#[must_use]
pub const fn echo_type(family: Family, request: bool) -> u8 {
    match (family, request) {
        (Family::V4, true) => v4::ECHO_REQUEST,
        (Family::V4, false) => v4::ECHO_REPLY,
        (Family::V6, true) => v6::ECHO_REQUEST,
        (Family::V6, false) => v6::ECHO_REPLY,
    }
}

/// Makes an echo request of `message`, whose data from its ninth octet on are in place: writes the first eight, and
/// returns the checksum. For ICMPv6 that is 0: it covers addresses which the kernel chooses, and the kernel fills it in.
///
/// # Errors
/// Fewer than 8 bytes.
pub fn emit_echo(family: Family, message: &mut [u8], ident: Ident, seq: Seq) -> Result<u16, Malformed> {
    emit_header(family, message, HEADER_LEN, echo_type(family, true), ident, seq)
}

/// Makes an echo reply of `message`, as [`emit_echo`] does a request.
///
/// # Errors
/// Fewer than 8 bytes.
pub fn emit_echo_reply(family: Family, message: &mut [u8], ident: Ident, seq: Seq) -> Result<u16, Malformed> {
    emit_header(family, message, HEADER_LEN, echo_type(family, false), ident, seq)
}

/// Makes an IPv4 timestamp request of `message`, and returns the checksum. The receive and transmit times are zero;
/// octets past the twentieth are sent as they are.
///
/// # Errors
/// Fewer than 20 bytes.
pub fn emit_timestamp_request(message: &mut [u8], ident: Ident, seq: Seq, originate_ms: u32) -> Result<u16, Malformed> {
    if let Some(times) = message.get_mut(HEADER_LEN..TIMESTAMP_LEN) {
        times.fill(0);
        if let Some(originate) = times.first_chunk_mut::<4>() {
            *originate = originate_ms.to_be_bytes();
        }
    }
    emit_header(Family::V4, message, TIMESTAMP_LEN, v4::TIMESTAMP, ident, seq)
}

fn emit_header(
    family: Family,
    message: &mut [u8],
    need: usize,
    ty: u8,
    ident: Ident,
    seq: Seq,
) -> Result<u16, Malformed> {
    let have = message.len();
    let header = match message.first_chunk_mut::<HEADER_LEN>() {
        Some(header) if have >= need => header,
        _ => return Err(Malformed::truncated(part(family), need, have)),
    };
    // As one word, as it is read again for the checksum: the processor waits where that joins several writes.
    *header = (u64::from(ty) << 56 | u64::from(ident.0) << 16 | u64::from(seq.0)).to_be_bytes();
    if family == Family::V6 {
        return Ok(0);
    }
    let sum = checksum::checksum(message);
    set_checksum(message, sum);
    Ok(sum)
}

fn set_checksum(message: &mut [u8], sum: u16) {
    if let Some(field) = message.get_mut(2..4) {
        field.copy_from_slice(&sum.to_be_bytes());
    }
}

/// Whether an IPv4 ICMP message's checksum is right.
#[must_use]
pub fn checksum_ok(message: &[u8]) -> bool {
    checksum::verify(message)
}

/// Whether an ICMPv6 message's checksum is right for these addresses.
#[must_use]
pub fn checksum_ok_v6(src: Ipv6Addr, dst: Ipv6Addr, message: &[u8]) -> bool {
    checksum::add(pseudo_v6(src, dst, message.len()), checksum::sum(message)) == 0xffff
}

/// The checksum that an ICMPv6 message gets between these addresses, whatever its checksum field holds now: what the
/// kernel will fill in, and what a quote of the message will show.
#[must_use]
pub fn checksum_v6(src: Ipv6Addr, dst: Ipv6Addr, message: &[u8]) -> u16 {
    let field = be16(message, 2).unwrap_or(0);
    let sum = checksum::add(pseudo_v6(src, dst, message.len()), checksum::sum(message));
    !checksum::add(sum, !field)
}

/// Writes the ICMPv6 checksum into a message that no kernel will finish (packet sockets, simulations).
pub fn fill_checksum_v6(src: Ipv6Addr, dst: Ipv6Addr, message: &mut [u8]) {
    let sum = checksum_v6(src, dst, message);
    set_checksum(message, sum);
}

fn pseudo_v6(src: Ipv6Addr, dst: Ipv6Addr, len: usize) -> u16 {
    checksum::pseudo_v6(src, dst, protocol::ICMPV6, u32::try_from(len).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
