//! Frames that nobody asked for, of either family: a header that names an address of choice, and a message whose payload is
//! zeros (of what an error quotes: that of others). Built once, then only one number and the checksum change.

use crate::icmp::{ECHO, ETHERNET, fold, sum};
use crate::link;
use std::net::IpAddr;

/// The first port of traceroute.
const TRACE_PORT: u16 = 33434;

/// An Ethernet address and a network address.
pub type End = ([u8; 6], IpAddr);

/// One frame that is stamped out again and again.
pub struct Forged {
    bytes: Vec<u8>,
    /// Where the number stands.
    number: usize,
    /// Where the checksum stands, and the sum of all that it covers but the number.
    check: Option<(usize, u32)>,
}

impl Forged {
    /// An echo reply; the number is its sequence number.
    pub fn reply(ident: u16, from: End, to: End) -> Self {
        let kind = if from.1.is_ipv6() { 129 } else { 0 };
        let mut message = vec![kind, 0, 0, 0];
        message.extend(ident.to_be_bytes());
        message.resize(ECHO, 0);
        Self::message(message, 6, from, to)
    }

    /// "Host unreachable" about an echo request of another process; the number means nothing.
    pub fn unreachable(ident: u16, from: End, to: End) -> Self {
        let six = from.1.is_ipv6();
        let mut echo = vec![if six { 128 } else { 8 }, 0, 0, 0];
        echo.extend(ident.to_be_bytes());
        echo.extend([0, 0]);
        let message = error(if six { (1, 3) } else { (3, 1) }, &packet(false, &echo, to.1, from.1));
        Self::message(message, 6, from, to)
    }

    /// "Time exceeded" about a probe from `to` to `target`, to a port of traceroute or (`echo`) an echo request; the number is
    /// the probe's source port or ident.
    pub fn exceeded(echo: bool, target: IpAddr, from: End, to: End) -> Self {
        let six = from.1.is_ipv6();
        let mut probe = if echo { vec![if six { 128 } else { 8 }, 0, 0, 0, 0, 0, 0, 1] } else { vec![0, 0] };
        if !echo {
            probe.extend([TRACE_PORT, 40, 0].map(u16::to_be_bytes).concat());
        }
        // What traceroute fills its probes with.
        probe.extend((probe.len() as u8..40).map(|at| 0x38 + at));
        let quoted = packet(!echo, &probe, to.1, target);
        let number = 8 + quoted.len() - probe.len() + if echo { 4 } else { 0 };
        Self::message(error(if six { (3, 0) } else { (11, 0) }, &quoted), number, from, to)
    }

    /// A station's reply, as `rlink` and `link-load` ask for; the number is its sequence number.
    pub fn link_reply(ident: u32, from: End, to: End) -> Self {
        let bytes = link::strange_reply(ident, from.0, to.0);
        Forged { bytes, number: link::NUMBER, check: None }
    }

    /// An ICMP message in a frame; `number`: where in the message.
    fn message(mut message: Vec<u8>, number: usize, from: End, to: End) -> Self {
        if from.1.is_ipv6() {
            let pseudo = pseudo(&message, from.1, to.1);
            message[2..4].copy_from_slice(&pseudo.to_be_bytes());
        }
        let base = sum(&message);
        message[2..4].fill(0);
        let mut bytes = [to.0, from.0].concat();
        bytes.extend(if from.1.is_ipv6() { [0x86, 0xdd] } else { [0x08, 0x00] });
        bytes.extend(packet(false, &message, from.1, to.1));
        let start = bytes.len() - message.len();
        Forged { bytes, number: start + number, check: Some((start + 2, base)) }
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The whole frame into a buffer, once.
    pub fn copy(&self, to: &mut [u8]) {
        to[..self.bytes.len()].copy_from_slice(&self.bytes);
    }

    /// Number and checksum into a buffer that holds a copy.
    pub fn number(&self, to: &mut [u8], number: u16) {
        to[self.number..self.number + 2].copy_from_slice(&number.to_be_bytes());
        if let Some((at, base)) = self.check {
            to[at..at + 2].copy_from_slice(&fold(base + u32::from(number)).to_be_bytes());
        }
    }
}

/// The message of an ICMP error.
fn error((kind, code): (u8, u8), quoted: &[u8]) -> Vec<u8> {
    [&[kind, code, 0, 0, 0, 0, 0, 0], quoted].concat()
}

/// What the pseudo header of RFC 4443 adds to a sum.
fn pseudo(message: &[u8], from: IpAddr, to: IpAddr) -> u16 {
    let addresses = [octets(from), octets(to)].concat();
    let rest = sum(&(message.len() as u32).to_be_bytes()) + 58;
    !fold(sum(&addresses) + rest)
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// A packet of UDP or of the family's ICMP.
fn packet(udp: bool, message: &[u8], from: IpAddr, to: IpAddr) -> Vec<u8> {
    let six = from.is_ipv6();
    let protocol = match (udp, six) {
        (true, _) => 17,
        (_, true) => 58,
        (..) => 1,
    };
    let addresses = [octets(from), octets(to)].concat();
    let mut header = if six { vec![0x60, 0, 0, 0] } else { vec![0x45, 0] };
    let length = message.len() as u16 + if six { 0 } else { 20 };
    header.extend(length.to_be_bytes());
    if six {
        header.extend([protocol, 64]);
        header.extend(addresses);
    } else {
        header.extend([0, 0, 0x40, 0, 64, protocol, 0, 0]);
        header.extend(addresses);
        let check = fold(sum(&header));
        header[10..12].copy_from_slice(&check.to_be_bytes());
    }
    [&header, message].concat()
}

/// The ident of an echo request, in a frame of either family or of a station.
pub fn asked(frame: &[u8]) -> Option<u32> {
    let echo = |icmp: usize, kind: u8| {
        let ident = frame.get(icmp + 4..icmp + 6)?;
        (frame[icmp] == kind).then(|| u32::from(u16::from_be_bytes([ident[0], ident[1]])))
    };
    match frame.get(12..ETHERNET)? {
        [0x08, 0x00] if frame.get(23) == Some(&1) => echo(ETHERNET + usize::from(frame[ETHERNET] & 15) * 4, 8),
        [0x86, 0xdd] if frame.get(20) == Some(&58) => echo(ETHERNET + 40, 128),
        _ => link::read(frame).filter(|echo| echo.0 == 8).map(|echo| echo.1),
    }
}
