//! Questions as they stand on the wire, and what is read from the frames of others.

use super::*;
use proptest::prelude::*;

const US: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
const THEM: MacAddr = MacAddr([2, 0, 0, 0, 0, 2]);

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn asker(mac: MacAddr, source: &str) -> Asker {
    Asker { mac, source: source.parse().ok() }
}

fn read(bytes: &Bytes) -> Option<Claim> {
    Claim::of(&Frame::new_checked(bytes.as_slice()).unwrap())
}

#[test]
fn the_two_families_ask_alike() {
    for (source, target, group) in
        [("10.1.0.1", "10.1.0.2", MacAddr::BROADCAST), ("fe80::1", "fe80::2", MacAddr([0x33, 0x33, 0xff, 0, 0, 2]))]
    {
        let us = asker(US, source);
        let to_all = us.question(ip(target), None, None);
        let frame = Frame::new_checked(to_all.as_slice()).unwrap();
        assert_eq!((frame.src, frame.dst), (US, group), "{target}");
        // Whoever hears it learns where the asker is.
        assert_eq!(read(&to_all), Some(Claim { addr: ip(source), mac: US, sender: US, how: How::Use }));
        let to_one = us.question(ip(target), Some(THEM), None);
        assert_eq!(Frame::new_checked(to_one.as_slice()).unwrap().dst, THEM);
        assert_eq!(read(&to_one).unwrap().how, How::Use);

        let nobody = asker(US, "").question(ip(target), None, None);
        let wish = Claim { addr: ip(target), mac: US, sender: US, how: How::Wish { nonce: None } };
        assert_eq!(read(&nobody), Some(wish), "duplicate address detection claims nothing");
        let other_family = asker(US, if source.contains(':') { "10.1.0.1" } else { "fe80::1" });
        assert_eq!(other_family.question(ip(target), None, None).as_slice(), nobody.as_slice());

        let told = us.announcement(ip(target), Announce::Reply);
        let how = How::Answer { solicited: false };
        assert_eq!(read(&told), Some(Claim { addr: ip(target), mac: US, sender: US, how }));
    }
    let request = asker(US, "").announcement(ip("10.1.0.2"), Announce::Request);
    assert_eq!(read(&request).unwrap().how, How::Use);
    let nonce = asker(US, "").question(ip("fe80::2"), None, Some([1, 2, 3, 4, 5, 6]));
    assert_eq!(read(&nonce).unwrap().how, How::Wish { nonce: Some([1, 2, 3, 4, 5, 6]) });
}

#[test]
fn other_decoders_read_our_questions() {
    let arp = asker(US, "10.1.0.1").question(ip("10.1.0.2"), None, None);
    let sliced = etherparse::SlicedPacket::from_ethernet(arp.as_slice()).unwrap();
    let Some(etherparse::NetSlice::Arp(theirs)) = sliced.net else { panic!() };
    assert_eq!(
        (theirs.sender_protocol_addr(), theirs.target_protocol_addr()),
        (&[10, 1, 0, 1][..], &[10, 1, 0, 2][..])
    );
    for bytes in [
        asker(US, "fe80::1").question(ip("fe80::2"), None, None),
        asker(US, "fe80::1").router_question(),
        asker(US, "").router_question(),
        asker(US, "fe80::1").call(Ident(7), Seq(1), [9; 8]),
    ] {
        let sliced = etherparse::SlicedPacket::from_ethernet(bytes.as_slice()).unwrap();
        let Some(etherparse::NetSlice::Ipv6(theirs)) = sliced.net else { panic!() };
        assert_eq!(theirs.header().hop_limit(), 255);
        let Some(etherparse::TransportSlice::Icmpv6(message)) = sliced.transport else { panic!() };
        let (src, dst) = (theirs.header().source(), theirs.header().destination());
        assert!(message.is_checksum_valid(src, dst));
    }
}

#[test]
fn only_our_own_call_is_answered() {
    let token = |seq: Seq| [seq.0 as u8; 8];
    let (us, them) = (asker(US, "fe80::1"), Ipv6Addr::from([0xfe80, 0, 0, 0, 0, 0, 0, 2]));
    let mut call = us.call(Ident(7), Seq(3), token(Seq(3)));
    let heard = |bytes: &Bytes, ident| echo_of(&Frame::new_checked(bytes.as_slice()).unwrap(), Ident(ident), token);
    assert_eq!(heard(&call, 7), None, "a request is no answer");
    // The answer: type and addresses turned round.
    call.room[54] = 129;
    call.room[22..38].copy_from_slice(&them.octets());
    call.room[38..54].copy_from_slice(&"fe80::1".parse::<Ipv6Addr>().unwrap().octets());
    let to = "fe80::1".parse().unwrap();
    icmp::fill_checksum_v6(them, to, &mut call.room[54..call.len]);
    assert_eq!(heard(&call, 7), Some(Echo { from: them, to, seq: Seq(3), hop_limit: Ttl(255) }));
    assert_eq!(heard(&call, 8), None);
    let mut other = call;
    other.room[61] = 4;
    icmp::fill_checksum_v6(them, to, &mut other.room[54..call.len]);
    assert_eq!(heard(&other, 7), None, "the token is another number's");
    call.room[65] ^= 1;
    assert_eq!(heard(&call, 7), None, "damaged");
}

proptest! {
    #[test]
    fn no_frame_panics(ty in proptest::sample::select(vec![0x0806u16, 0x86dd]), bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
        let data = [&[2; 12][..], &ty.to_be_bytes(), &bytes].concat();
        let frame = Frame::new_checked(&data).unwrap();
        let _ = (Claim::of(&frame), router_of(&frame), echo_of(&frame, Ident(0), |_| [0; 8]));
    }
}
