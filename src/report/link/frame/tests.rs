//! Lines as they are read.

use super::*;
use crate::link::{Answerer, Heard};
use crate::sys::address::Direction;
use crate::units::{EtherType, MacAddr};

const SERVER: Answerer = Answerer { mac: MacAddr([2, 0, 0, 0, 0, 2]), vlan: None, answers: true };
/// 12:34:56.000789 UTC.
const AT: WallTime = WallTime::from_ns(1_795_219_200_000_000_000 + 45_296_000_789_000);

fn line(bytes: &[u8], stripped: Option<(EtherType, Tag)>, json: bool) -> String {
    let heard = Heard { bytes, cut: false, direction: Direction::Host, stripped, at: None };
    let seen = SERVER.look(&heard).unwrap();
    let mut out = Vec::new();
    let shown = Shown { at: AT, clock: FrameClock::Kernel, outgoing: false, seen };
    FrameReport::new("eth0", json, Box::new(&mut out)).frame(&shown).unwrap();
    String::from_utf8(out).unwrap()
}

fn frame(ether_type: u16, payload: &[u8], len: usize) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    frame.extend(ether_type.to_be_bytes());
    frame.extend(payload);
    frame.resize(frame.len().max(len), 0);
    frame
}

const WHO: &str = "12:34:56.000789Z 02:00:00:00:00:01 > 02:00:00:00:00:02";

#[test]
fn a_plain_frame_is_shown_as_text_and_hex() {
    assert_eq!(line(&frame(0x88b5, b"Hi", 0), None, false), format!("{WHO} 0x88b5 2 bytes: Hi | 4869\n"));
    assert_eq!(
        line(&frame(0x88b5, b"\x1b[2J\x9b\x07", 0), None, false),
        format!("{WHO} 0x88b5 6 bytes: .[2J.. | 1b5b324a9b07\n")
    );
    assert_eq!(line(&frame(0x88b5, b"", 0), None, false), format!("{WHO} 0x88b5 0 bytes\n"));
    let long = line(&frame(0x88b5, &[b'a'; 65], 0), None, false);
    assert_eq!(long, format!("{WHO} 0x88b5 65 bytes: {}... | {}...\n", "a".repeat(64), "61".repeat(64)));
}

#[test]
fn padding_is_told_apart_where_it_can_be() {
    let guess = line(&frame(0x88b5, b"Hi", 60), None, false);
    assert!(guess.starts_with(&format!("{WHO} 0x88b5 46 bytes (its last 44 zeros may be padding): Hi....")), "{guess}");
    assert!(!line(&frame(0x88b5, b"Hi", 61), None, false).contains("padding"), "no card pads so far");
    let known = line(&frame(0x0003, b"abc", 60), None, false);
    assert_eq!(known, format!("{WHO} 802.3 3 bytes + 43 of padding: abc | 616263\n"));
    let tagged = line(
        &frame(0x88b5, b"Hi", 60),
        Some((EtherType::VLAN, Tag { id: 5, priority: 3, drop_eligible: false })),
        false,
    );
    assert!(tagged.contains(" vlan 5 priority 3 0x88b5 46 bytes (its last 44 zeros may be padding): Hi"), "{tagged}");
}

#[test]
fn a_tag_that_the_kernel_took_away_is_not_denied() {
    let bytes = frame(0x88b5, b"Hi", 0);
    let heard = Heard { bytes: &bytes, cut: false, direction: Direction::Other, stripped: None, at: None };
    let seen = SERVER.look(&heard).unwrap();
    assert!(seen.hidden_vlan);
    let shown = Shown { at: AT, clock: FrameClock::Kernel, outgoing: false, seen };
    assert_eq!(text(&shown), format!("{WHO} vlan ? 0x88b5 2 bytes: Hi | 4869\n"));
    let to_another = Answerer { mac: MacAddr([2, 0, 0, 0, 0, 9]), ..SERVER };
    assert!(!to_another.look(&heard).unwrap().hidden_vlan, "overheard, not tagged");
}

#[test]
fn an_echo_request_says_so() {
    let request = [b"rPL\x01\x01\x00\x00\x02\xde\xad\xbe\xef\x00\x07\x00\x00".as_slice(), b"ab"].concat();
    let shown = line(&frame(0x88b5, &request, 60), None, false);
    assert_eq!(
        shown,
        format!("{WHO} 0x88b5 18 bytes + 28 of padding, echo request seq=7 ident=0xdeadbeef, answered\n")
    );
    let json: serde_json::Value = serde_json::from_str(&line(&frame(0x88b5, &request, 60), None, true)).unwrap();
    assert_eq!((&json["padding"], &json["payload_bytes"], &json["answered"]), (&28.into(), &18.into(), &true.into()));
    assert_eq!((&json["echo"]["seq"], &json["echo"]["kind"]), (&7.into(), &"request".into()));
}
