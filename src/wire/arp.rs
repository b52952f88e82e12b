//! ARP for IPv4 on Ethernet (RFC 826), with the probes and announcements of RFC 5227.
//!
//! The format has lengths of its own for both kinds of address; only six and four occur, and everything else is refused
//! with what it said. Hardware type 6 (IEEE 802) is taken for Ethernet's 1, as every kernel does (RFC 1042 asks for it).
//! What follows the 28 bytes is padding to Ethernet's shortest frame and means nothing.

use std::net::Ipv4Addr;

use super::bytes::{array, be16};
use super::malformed::{Fault, Malformed, Part};
use crate::units::MacAddr;

/// Octets of a packet.
pub const LEN: usize = 28;

/// IANA "ARP Parameters": Ethernet.
const ETHERNET: u16 = 1;
/// IANA "ARP Parameters": IEEE 802 networks.
const IEEE_802: u16 = 6;
/// EtherType of the protocol whose addresses are asked for.
const IPV4: u16 = 0x0800;

/// What a packet is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Who has the target address?
    Request,
    /// The sender has the sender address.
    Reply,
    /// Any other operation of IANA's registry (RARP, InARP).
    Other(u16),
}

impl Operation {
    const fn code(self) -> u16 {
        match self {
            Operation::Request => 1,
            Operation::Reply => 2,
            Operation::Other(code) => code,
        }
    }
}

/// A packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// What it is for.
    pub operation: Operation,
    /// Hardware address of the sender: in a reply, the answer.
    pub sender_mac: MacAddr,
    /// Protocol address of the sender: in a reply, what was asked for; 0.0.0.0 in a probe.
    pub sender: Ipv4Addr,
    /// Hardware address of the target: in a request, anything.
    pub target_mac: MacAddr,
    /// Protocol address of the target: in a request, what is asked for.
    pub target: Ipv4Addr,
}

impl Packet {
    /// Reads a packet from its hardware type on.
    ///
    /// # Errors
    /// Fewer than 28 bytes, or other kinds of address than Ethernet's and IPv4's.
    pub fn parse(bytes: &[u8]) -> Result<Packet, Malformed> {
        let cut = Malformed::truncated(Part::Arp, LEN, bytes.len());
        let kind = |at, ok: &[u16]| match be16(bytes, at) {
            Some(kind) if ok.contains(&kind) => Ok(kind),
            Some(kind) => Err(Malformed::new(Part::Arp, at, Fault::Kind(kind))),
            None => Err(cut),
        };
        kind(0, &[ETHERNET, IEEE_802])?;
        kind(2, &[IPV4])?;
        match array(bytes, 4).ok_or(cut)? {
            [6, 4] => {}
            [6, len] => return Err(Malformed::new(Part::Arp, 5, Fault::Length(len.into()))),
            [len, _] => return Err(Malformed::new(Part::Arp, 4, Fault::Length(len.into()))),
        }
        let operation = match be16(bytes, 6).ok_or(cut)? {
            1 => Operation::Request,
            2 => Operation::Reply,
            other => Operation::Other(other),
        };
        Ok(Packet {
            operation,
            sender_mac: MacAddr(array(bytes, 8).ok_or(cut)?),
            sender: array::<4>(bytes, 14).ok_or(cut)?.into(),
            target_mac: MacAddr(array(bytes, 18).ok_or(cut)?),
            target: array::<4>(bytes, 24).ok_or(cut)?.into(),
        })
    }

    /// The packet's bytes.
    #[must_use]
    pub fn emit(&self) -> [u8; LEN] {
        let mut out = [0; LEN];
        out[..2].copy_from_slice(&ETHERNET.to_be_bytes());
        out[2..4].copy_from_slice(&IPV4.to_be_bytes());
        out[4..6].copy_from_slice(&[6, 4]);
        out[6..8].copy_from_slice(&self.operation.code().to_be_bytes());
        out[8..14].copy_from_slice(&self.sender_mac.0);
        out[14..18].copy_from_slice(&self.sender.octets());
        out[18..24].copy_from_slice(&self.target_mac.0);
        out[24..].copy_from_slice(&self.target.octets());
        out
    }

    /// Whether it asks, without claiming anything, whether an address is in use (RFC 5227 §1.1, "ARP Probe").
    #[must_use]
    pub fn is_probe(&self) -> bool {
        self.operation == Operation::Request && self.sender.is_unspecified() && !self.target.is_unspecified()
    }

    /// Whether it tells everybody that the sender has an address ("ARP Announcement", RFC 5227 §1.1), as a request or,
    /// as some do, as a reply (RFC 5227 §3, RFC 5944 §4.6).
    #[must_use]
    pub fn is_announcement(&self) -> bool {
        self.sender == self.target && !self.sender.is_unspecified() && self.operation.code() <= 2
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// RFC 826's request: who has 192.0.2.2, tell 192.0.2.1.
    const REQUEST: [u8; LEN] = [0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 192, 0, 2, 2];

    fn request() -> Packet {
        Packet {
            operation: Operation::Request,
            sender_mac: MacAddr([2, 0, 0, 0, 0, 1]),
            sender: [192, 0, 2, 1].into(),
            target_mac: MacAddr([0; 6]),
            target: [192, 0, 2, 2].into(),
        }
    }

    #[test]
    fn known_bytes_are_read_and_written() {
        assert_eq!(Packet::parse(&REQUEST), Ok(request()));
        assert_eq!(request().emit(), REQUEST);
        let mut padded = REQUEST.to_vec();
        padded.resize(46, 0xee);
        assert_eq!(Packet::parse(&padded), Ok(request()), "padding means nothing");
        padded[1] = 6;
        assert_eq!(Packet::parse(&padded), Ok(request()), "IEEE 802 is Ethernet");
        for cut in 0..LEN {
            let error = Packet::parse(&REQUEST[..cut]).unwrap_err();
            assert_eq!((error.part, error.fault), (Part::Arp, Fault::Truncated { need: LEN, have: cut }));
        }
    }

    #[test]
    fn another_decoder_reads_the_same() {
        let bytes = Packet { operation: Operation::Reply, ..request() }.emit();
        let theirs = etherparse::ArpPacketSlice::from_slice(&bytes).unwrap();
        assert_eq!(theirs.operation(), etherparse::ArpOperation::REPLY);
        assert_eq!(theirs.sender_hw_addr(), request().sender_mac.0);
        assert_eq!(theirs.sender_protocol_addr(), request().sender.octets());
        assert_eq!(theirs.target_protocol_addr(), request().target.octets());
    }

    #[test]
    fn other_kinds_of_address_are_refused_by_what_they_say() {
        for (at, value, fault) in [
            (1, 15, Fault::Kind(15)),
            (3, 6, Fault::Kind(0x0806)),
            (4, 8, Fault::Length(8)),
            (5, 16, Fault::Length(16)),
        ] {
            let mut bytes = REQUEST;
            bytes[at] = value;
            assert_eq!(Packet::parse(&bytes).unwrap_err().fault, fault);
        }
    }

    #[test]
    fn probes_and_announcements_are_told_apart() {
        let ordinary = request();
        let probe = Packet { sender: Ipv4Addr::UNSPECIFIED, ..ordinary };
        let announcement = Packet { sender: ordinary.target, ..ordinary };
        let answer = Packet { operation: Operation::Reply, ..announcement };
        let nothing = Packet { target: Ipv4Addr::UNSPECIFIED, ..probe };
        let told = |p: &Packet| (p.is_probe(), p.is_announcement());
        assert_eq!(
            [&ordinary, &probe, &announcement, &answer, &nothing].map(told),
            [(false, false), (true, false), (false, true), (false, true), (false, false)]
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(op: u16, a: [u8; 6], b: [u8; 4], c: [u8; 6], d: [u8; 4]) {
            let operation = match op { 1 => Operation::Request, 2 => Operation::Reply, n => Operation::Other(n) };
            let packet = Packet { operation, sender_mac: MacAddr(a), sender: b.into(), target_mac: MacAddr(c), target: d.into() };
            prop_assert_eq!(Packet::parse(&packet.emit()), Ok(packet));
        }

        #[test]
        fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(packet) = Packet::parse(&bytes) {
                prop_assert_eq!(&packet.emit()[6..], &bytes[6..LEN]);
            }
        }
    }
}
