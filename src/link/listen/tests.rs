//! What is wanted, exactly; the kernel's filter never lets through less.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::link::fake::{announced, mac};
use crate::link::station::frame_of;
use crate::net::Arrival;
use crate::units::Port;
use etherparse::PacketBuilder;
use proptest::prelude::*;

fn heard(bytes: &[u8], stripped: Option<(EtherType, Tag)>, direction: Direction) -> Frame<'_> {
    let arrival = Arrival::unstamped(Now::default());
    Frame { bytes, len: bytes.len(), stripped, direction, arrival }
}

fn is(wanted: &Wanted, bytes: &[u8]) -> bool {
    is_wanted(wanted, &heard(bytes, None, Direction::Host))
}

fn wanted(protocol: Option<Protocol>, host: &str, port: u16) -> Wanted {
    Wanted { protocol, host: host.parse().ok(), port: (port != 0).then_some(Port(port)) }
}

#[test]
fn behind_extension_headers_it_is_exact() {
    let mut bytes = Vec::new();
    let six = PacketBuilder::ethernet2([2; 6], [4; 6]).ipv6([1; 16], [2; 16], 7);
    six.udp(53, 4242).write(&mut bytes, b"abc").unwrap();
    assert!(is(&wanted(Some(Protocol::Udp), "", 53), &bytes));
    // A hop-by-hop header in front of the datagram.
    bytes[20] = 0;
    bytes[19] += 8;
    bytes.splice(54..54, [17, 0, 1, 4, 0, 0, 0, 0]);
    assert!(is(&wanted(Some(Protocol::Udp), "", 53), &bytes));
    assert!(is(&wanted(None, "", 4242), &bytes));
    assert!(!is(&wanted(Some(Protocol::Tcp), "", 0), &bytes));
    assert!(!is(&wanted(None, "", 54), &bytes));
    assert!(!is(&wanted(Some(Protocol::Icmp6), "", 0), &bytes));
}

#[test]
fn arp_and_tags_are_seen_into() {
    let arp = announced("10.1.0.9", 9);
    assert!(is(&wanted(Some(Protocol::Arp), "10.1.0.9", 0), &arp));
    assert!(!is(&wanted(None, "10.1.0.8", 0), &arp));
    let mut tagged = arp.clone();
    tagged.splice(12..12, [0x81, 0, 0, 5]);
    assert!(is(&wanted(Some(Protocol::Arp), "10.1.0.9", 0), &tagged));
    let experimental = frame_of(mac(2), mac(3), EtherType(0x88b5), b"Hi");
    assert!(is(&wanted(Some(Protocol::Type(EtherType(0x88b5))), "", 0), &experimental));
    assert!(!is(&wanted(None, "10.1.0.9", 0), &experimental));
    assert!(is(&Wanted::default(), &[1, 2, 3]), "whoever wants all gets all");
    assert!(!is(&wanted(Some(Protocol::Arp), "", 0), &[1, 2, 3]));
}

#[test]
fn it_counts_and_ends() {
    let mut session = Session::new(Config { wanted: Wanted::default(), count: Some(2) });
    let bytes = announced("10.1.0.9", 9);
    let now = Now::default();
    let mut batch = Batch::new(1);
    assert_eq!(session.fill(now, &mut batch), Next::Idle);
    session.heard(now, &Event::Frame(heard(&bytes, None, Direction::Outgoing)));
    session.heard(now, &Event::Frame(Frame { len: 100, ..heard(&bytes, None, Direction::Other) }));
    session.heard(now, &Event::Frame(heard(&bytes, None, Direction::Host)));
    session.heard(now, &Event::Dropped { more: 7 });
    assert_eq!(session.fill(now, &mut batch), Next::Done);
    let mut told = 0;
    session.notes(&mut |note| told += usize::from(matches!(note, Note::Frame(_))));
    let totals = Totals { frames: 2, bytes: 142, outgoing: 1, dropped: 7 };
    assert_eq!((told, session.totals()), (2, totals));
    let mut stopped = Session::new(Config::default());
    stopped.command(now, Command::Stop);
    assert_eq!(stopped.fill(now, &mut batch), Next::Done);
}

proptest! {
    #[test]
    fn any_frame_is_judged(ty in proptest::sample::select(vec![0x0800u16, 0x86dd, 0x0806, 0x8100]), bytes in proptest::collection::vec(any::<u8>(), 0..120), port: u16) {
        let frame = frame_of(mac(1), mac(2), EtherType(ty), &bytes);
        for protocol in [None, Some(Protocol::Tcp), Some(Protocol::Icmp), Some(Protocol::Icmp6), Some(Protocol::Arp)] {
            for host in ["", "10.1.0.1", "fd00::1"] {
                let _ = is(&wanted(protocol, host, port), &frame);
            }
        }
    }
}
