//! Blocks read back by the format's own rules.
#![allow(clippy::unwrap_used)]

use super::*;

fn le32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// Splits into (type, body), holding every length against its twin.
fn blocks(mut bytes: &[u8]) -> Vec<(u32, &[u8])> {
    let mut out = Vec::new();
    while !bytes.is_empty() {
        let len = le32(bytes, 4) as usize;
        assert_eq!(len % 4, 0);
        assert_eq!(le32(bytes, len - 4) as usize, len);
        out.push((le32(bytes, 0), &bytes[8..len - 4]));
        bytes = &bytes[len..];
    }
    out
}

/// Splits into (code, value), up to the end mark, which must be there and last.
fn options(mut bytes: &[u8]) -> Vec<(u16, &[u8])> {
    let mut out = Vec::new();
    loop {
        let (code, len) = (le32(bytes, 0) as u16, (le32(bytes, 0) >> 16) as usize);
        if code == 0 {
            assert_eq!(bytes, &[0; 4]);
            return out;
        }
        out.push((code, &bytes[4..4 + len]));
        bytes = &bytes[4 + len.next_multiple_of(4)..];
    }
}

#[test]
fn a_whole_file() {
    let mut out = Vec::new();
    section_header(&mut out, &Section { hardware: Some("x86-64"), os: None, application: Some("rping 0.1") });
    interface(&mut out, Some("eth0"));
    let bytes = [0x45, 1, 2, 3, 4];
    let p = Packet {
        interface: 0,
        ts_ns: 0x1234_5678_9abc_def0,
        bytes: &bytes,
        original_len: Some(84),
        direction: Direction::Inbound,
        comment: Some("replied, 12.3 µs"),
    };
    packet(&mut out, &p);
    packet(&mut out, &Packet { comment: None, original_len: None, direction: Direction::Outbound, ..p });

    let blocks = blocks(&out);
    let types: Vec<u32> = blocks.iter().map(|b| b.0).collect();
    assert_eq!(types, [0x0a0d_0d0a, 1, 6, 6]);
    let shb = blocks[0].1;
    assert_eq!(shb[..8], [0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0]);
    assert_eq!(shb[8..16], [0xff; 8]);
    assert_eq!(options(&shb[16..]), [(2, &b"x86-64"[..]), (4, b"rping 0.1")]);
    let idb = blocks[1].1;
    assert_eq!(idb[..8], [101, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(options(&idb[8..]), [(2, &b"eth0"[..]), (9, &[9])]);
    let epb = blocks[2].1;
    assert_eq!((le32(epb, 0), le32(epb, 4), le32(epb, 8)), (0, 0x1234_5678, 0x9abc_def0));
    assert_eq!((le32(epb, 12), le32(epb, 16)), (5, 84));
    assert_eq!(epb[20..28], [0x45, 1, 2, 3, 4, 0, 0, 0]);
    assert_eq!(options(&epb[28..]), [(1, "replied, 12.3 µs".as_bytes()), (2, &[1, 0, 0, 0])]);
    assert_eq!(options(&blocks[3].1[28..]), [(2, &[2u8, 0, 0, 0][..])]);
    assert_eq!(le32(blocks[3].1, 16), 5);
}

#[test]
fn a_long_comment_is_cut_between_characters() {
    let comment = "µ".repeat(40_000);
    let mut out = Vec::new();
    let (direction, comment) = (Direction::Outbound, Some(comment.as_str()));
    packet(&mut out, &Packet { interface: 0, ts_ns: 0, bytes: &[], original_len: None, direction, comment });
    let options = options(&blocks(&out)[0].1[20..]);
    assert_eq!(options[0].1.len(), 65_534);
    assert!(std::str::from_utf8(options[0].1).is_ok());
}
