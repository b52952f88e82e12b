//! Echo between stations, below IP: what `rlink ping` sends and `rlink serve` sends back, behind an Ethernet header.
//!
//! ```text
//!  0  1  2  3   4     5         6  7     8 ... 11  12  13  14  15  16 ...
//! 'r 'P 'L  1 | kind | 0      | length | ident   | sequence | 0 0 | data
//! ```
//!
//! Three letters and a version, so that frames of other programs under the same EtherType are told apart; the length of the
//! data, so that padding is; an ident for each asker; and a sequence number, as ICMP echo has it. Numbers are big-endian,
//! zeros are sent and not looked at. A reply is the request with another kind: whatever proves that it is one lies in the
//! data.

use super::bytes;
use super::malformed::{Fault, Malformed, Part};
use crate::units::Seq;

/// Octets in front of the data.
pub const HEADER_LEN: usize = 16;
/// What every message begins with, as one number.
pub const MAGIC: u32 = u32::from_be_bytes(*b"rPL\x01");
/// Where the ident stands.
pub const IDENT_AT: usize = 8;
/// Where the kind stands.
const KIND_AT: usize = 4;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// To be sent back.
    Request,
    /// Sent back.
    Reply,
}

impl Kind {
    const fn octet(self) -> u8 {
        match self {
            Kind::Request => 1,
            Kind::Reply => 2,
        }
    }
}

/// A message, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Request or reply.
    pub kind: Kind,
    /// Who asked.
    pub ident: u32,
    /// The asker's number for it.
    pub seq: Seq,
    /// What the asker put in, without padding; less than was sent where the frame was cut.
    pub data: &'a [u8],
    /// How much the asker put in.
    pub data_len: usize,
}

impl<'a> Message<'a> {
    /// Reads the payload of a frame.
    ///
    /// # Errors
    /// Too short, another program's, another version's, or of no kind that is known.
    pub fn new_checked(payload: &'a [u8]) -> Result<Message<'a>, Malformed> {
        let Some((header, rest)) = payload.split_first_chunk::<HEADER_LEN>() else {
            return Err(Malformed::truncated(Part::LinkEcho, HEADER_LEN, payload.len()));
        };
        let [a, b, c, version, kind, _, l0, l1, i0, i1, i2, i3, s0, s1, _, _] = *header;
        if u32::from_be_bytes([a, b, c, version]) != MAGIC {
            return Err(Malformed::new(Part::LinkEcho, 3, Fault::Version(version)));
        }
        let kind = match kind {
            1 => Kind::Request,
            2 => Kind::Reply,
            other => return Err(Malformed::new(Part::LinkEcho, KIND_AT, Fault::Version(other))),
        };
        let data_len = usize::from(u16::from_be_bytes([l0, l1]));
        Ok(Message {
            kind,
            ident: u32::from_be_bytes([i0, i1, i2, i3]),
            seq: Seq(u16::from_be_bytes([s0, s1])),
            data: bytes::first(rest, data_len),
            data_len,
        })
    }

    /// Octets of the whole message as it was sent, without padding.
    #[must_use]
    pub const fn len(&self) -> usize {
        HEADER_LEN + self.data_len
    }

    /// Whether it brought no data.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.data.is_empty()
    }
}

/// Writes a request's header over the first 16 octets of `message`, which is the whole message with its data in place.
///
/// # Errors
/// Fewer than 16 octets, or more data than the length field can say.
pub fn emit_request(message: &mut [u8], ident: u32, seq: Seq) -> Result<(), Malformed> {
    let total = message.len();
    let data = total.checked_sub(HEADER_LEN).ok_or(Malformed::truncated(Part::LinkEcho, HEADER_LEN, total))?;
    let most = HEADER_LEN + usize::from(u16::MAX);
    let length = u16::try_from(data).map_err(|_| Malformed::too_long(Part::LinkEcho, total, most))?.to_be_bytes();
    let (magic, ident, seq) = (MAGIC.to_be_bytes(), ident.to_be_bytes(), seq.0.to_be_bytes());
    let kind = [Kind::Request.octet(), 0];
    let all = magic.into_iter().chain(kind).chain(length).chain(ident).chain(seq).chain([0, 0]);
    for (to, from) in message.iter_mut().zip(all) {
        *to = from;
    }
    Ok(())
}

/// Makes a reply of a request, in place.
pub fn turn_to_reply(message: &mut [u8]) {
    if let Some(kind) = message.get_mut(KIND_AT) {
        *kind = Kind::Reply.octet();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The bytes are a contract between versions of rlink on two hosts.
    const REQUEST: [u8; 18] = [b'r', b'P', b'L', 1, 1, 0, 0, 2, 0xde, 0xad, 0xbe, 0xef, 0x01, 0x02, 0, 0, b'H', b'i'];

    #[test]
    fn the_format_is_this() {
        let mut message = [0xee; 18];
        message[16..].copy_from_slice(b"Hi");
        emit_request(&mut message, 0xdead_beef, Seq(0x0102)).unwrap();
        assert_eq!(message, REQUEST);
        let read = Message::new_checked(&message).unwrap();
        assert_eq!((read.kind, read.ident, read.seq, read.data), (Kind::Request, 0xdead_beef, Seq(0x0102), &b"Hi"[..]));
        let mut back = message;
        turn_to_reply(&mut back);
        assert_eq!(Message::new_checked(&back), Ok(Message { kind: Kind::Reply, ..read }));
        assert_eq!((&back[..4], &back[5..]), (&REQUEST[..4], &REQUEST[5..]));
    }

    #[test]
    fn padding_is_no_data_and_a_cut_is_seen() {
        let padded = [&REQUEST[..], &[0; 28]].concat();
        let read = Message::new_checked(&padded).unwrap();
        assert_eq!((read.data, read.len()), (&b"Hi"[..], 18));
        let cut = Message::new_checked(&REQUEST[..17]).unwrap();
        assert_eq!((cut.data, cut.data_len), (&b"H"[..], 2));
        assert!(Message::new_checked(&REQUEST[..16]).unwrap().is_empty());
        for len in 0..16 {
            let error = Message::new_checked(&REQUEST[..len]).unwrap_err();
            assert_eq!(error, Malformed::truncated(Part::LinkEcho, 16, len));
        }
    }

    #[test]
    fn other_programs_and_versions_are_told_apart() {
        for (at, value) in [(0, b'x'), (2, b'l'), (3, 2), (3, 0), (4, 0), (4, 3)] {
            let mut other = REQUEST;
            other[at] = value;
            assert!(Message::new_checked(&other).is_err(), "octet {at} = {value}");
        }
        assert!(Message::new_checked(&[b"Hi".as_slice(), &[0; 44]].concat()).is_err());
    }

    #[test]
    fn a_message_has_limits() {
        assert!(emit_request(&mut [0; 15], 1, Seq(1)).is_err());
        assert!(emit_request(&mut vec![0; 16 + 65_536], 1, Seq(1)).is_err());
        assert!(emit_request(&mut vec![0; 16 + 65_535], 1, Seq(1)).is_ok());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(ident: u32, seq: u16, data in proptest::collection::vec(any::<u8>(), 0..100), padding in 0_usize..50) {
            let mut message = [vec![0; 16], data.clone()].concat();
            emit_request(&mut message, ident, Seq(seq)).unwrap();
            message.resize(message.len() + padding, 0);
            let read = Message::new_checked(&message).unwrap();
            prop_assert_eq!((read.ident, read.seq, read.data), (ident, Seq(seq), &data[..]));
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(read) = Message::new_checked(&bytes) {
                prop_assert!(read.data.len() <= bytes.len() - HEADER_LEN && read.data.len() <= read.data_len);
            }
        }
    }
}
