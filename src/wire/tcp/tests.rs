//! TCP headers against a decoder of somebody else's, whole and cut.

use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn what_is_written_others_read_and_find_right(
        a: [u8; 16], b: [u8; 16], ports: (u16, u16), numbers: (u32, u32), flags: u8, mss: Option<u16>, sack: bool,
        timestamp: Option<u32>, window_scale: Option<u8>, data in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        let options = SynOptions { mss, sack, timestamp, window_scale }.bytes();
        let repr = Repr {
            src_port: Port(ports.0), dst_port: Port(ports.1), seq: numbers.0, ack: numbers.1, flags, window: 5840,
            options: &options,
        };
        let mut bytes = vec![0xee; repr.header_len()];
        bytes.extend(&data);
        let sum = repr.emit(&mut bytes, a.into(), b.into()).unwrap();
        let (theirs, rest) = etherparse::TcpHeader::from_slice(&bytes).unwrap();
        prop_assert_eq!((theirs.source_port, theirs.destination_port), ports);
        prop_assert_eq!((theirs.sequence_number, theirs.acknowledgment_number), numbers);
        prop_assert_eq!((theirs.syn, theirs.ack, theirs.rst), (flags & 2 != 0, flags & 16 != 0, flags & 4 != 0));
        prop_assert_eq!((theirs.checksum, rest), (sum, &data[..]));
        prop_assert_eq!(theirs.calc_checksum_ipv6_raw(a, b, &data), Ok(sum));
        prop_assert!(theirs.options_iterator().all(|option| option.is_ok()));
        let said = theirs.options_iterator().flatten().find_map(|o| match o {
            etherparse::TcpOptionElement::MaximumSegmentSize(n) => Some(n),
            _ => None,
        });
        prop_assert_eq!(said, mss);
        let segment = Segment::new_checked(&bytes).unwrap();
        prop_assert_eq!(segment.numbers, (numbers.0, numbers.1, flags));
        prop_assert_eq!((segment.header.len(), segment.payload), (repr.header_len(), &data[..]));
        for cut in 0..repr.header_len() {
            prop_assert!(Segment::new_checked(&bytes[..cut]).is_err());
        }
    }
}

#[test]
fn an_impossible_header_length_is_refused_and_has_no_data() {
    for words in 0..5_u8 {
        let mut bytes = [0; 24];
        bytes[12] = words << 4;
        assert!(Segment::new_checked(&bytes).is_err());
        assert!(Header::new_checked(&bytes).unwrap().payload().is_empty());
    }
    let repr = Repr { src_port: Port(1), dst_port: Port(2), seq: 0, ack: 0, flags: 2, window: 0, options: &[1; 3] };
    let (a, b) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
    assert!(repr.emit(&mut [0; 64], a, b).is_err());
    assert!(Repr { options: &[1; 44], ..repr }.emit(&mut [0; 80], a, b).is_err());
    assert!(Repr { options: &[1; 4], ..repr }.emit(&mut [0; 23], a, b).is_err());
    assert!(Repr { options: &[1; 4], ..repr }.emit(&mut [0; 24], a, b).is_ok());
}

#[test]
fn fields_are_told_as_far_as_they_are_quoted() {
    let whole = etherparse::TcpHeader {
        source_port: 1,
        destination_port: 80,
        sequence_number: 0x0102_0304,
        acknowledgment_number: 0x0506_0708,
        syn: true,
        ack: true,
        window_size: 0xabcd,
        checksum: 0xcafe,
        ..Default::default()
    };
    let bytes = whole.to_bytes();
    for cut in 0..=bytes.len() {
        let Ok(h) = Header::new_checked(&bytes[..cut]) else {
            assert!(cut < 8);
            continue;
        };
        assert_eq!((h.src_port(), h.dst_port(), h.seq()), (Port(1), Port(80), 0x0102_0304));
        assert_eq!(h.ack(), (cut >= 12).then_some(0x0506_0708));
        assert_eq!(h.flags(), (cut >= 14).then_some(0x12));
        assert_eq!(h.window(), (cut >= 16).then_some(0xabcd));
        assert_eq!(h.checksum(), (cut >= 18).then_some(0xcafe));
    }
}

#[test]
fn flags_have_names() {
    for (bits, text) in [(0, "none"), (0x02, "SYN"), (0x12, "SYN ACK"), (0x18, "PSH ACK"), (0xc1, "FIN ECE CWR")] {
        assert_eq!(Flags(bits).to_string(), text);
    }
}
