//! Options by hand: what honest routers write, and what broke other pings.
#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;
use std::net::Ipv4Addr;

const A: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const B: Ipv4Addr = Ipv4Addr::new(10, 0, 1, 2);

fn all(bytes: &[u8]) -> Vec<IpOption<'_>> {
    iter(bytes).collect()
}

fn broken(bytes: &[u8]) -> (u8, usize, Fault) {
    match all(bytes).last() {
        Some(IpOption::Malformed { ty, why, .. }) => (*ty, why.at, why.fault),
        other => panic!("{other:?} of {bytes:?}"),
    }
}

#[test]
fn a_recorded_route() {
    let bytes = [NOP, RECORD_ROUTE, 15, 12, 10, 0, 0, 1, 10, 0, 1, 2, 0, 0, 0, 0, END, 9, 9];
    let [IpOption::Nop, IpOption::RecordRoute(r), IpOption::End] = all(&bytes)[..] else { panic!() };
    assert_eq!(r.recorded().collect::<Vec<_>>(), [A, B]);
    assert_eq!(r.recorded_bytes(), &bytes[4..12]);
    assert_eq!(r.all().count(), 3);
    assert!(!r.is_full());
}

#[test]
fn a_full_route_has_its_pointer_past_the_end() {
    for pointer in [12, 13, 40, 255] {
        let bytes = [LOOSE_SOURCE_ROUTE, 11, pointer, 10, 0, 0, 1, 10, 0, 1, 2];
        let [IpOption::LooseSourceRoute(r)] = all(&bytes)[..] else { panic!() };
        assert!(r.is_full());
        assert_eq!(r.recorded().collect::<Vec<_>>(), [A, B]);
    }
    assert!(matches!(all(&[STRICT_SOURCE_ROUTE, 7, 4, 10, 0, 0, 1])[..], [IpOption::StrictSourceRoute(_)]));
}

#[test]
fn timestamps_of_all_kinds() {
    let only = [TIMESTAMP, 12, 13, 0x30, 0x00, 0xa8, 0xc0, 0x10, 0x80, 0, 0, 7];
    let [IpOption::Timestamp(t)] = all(&only)[..] else { panic!() };
    assert_eq!((t.kind(), t.overflow()), (StampKind::TsOnly, 3));
    let entries: Vec<_> = t.recorded().collect();
    assert_eq!(entries[0], Entry { addr: None, stamp: Stamp(0x00a8_c010) });
    assert!(entries[0].stamp.is_standard() && !entries[1].stamp.is_standard());
    assert_eq!(entries[1].stamp.value(), 7);

    let both = [TIMESTAMP, 20, 13, 1, 10, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0];
    let [IpOption::Timestamp(t)] = all(&both)[..] else { panic!() };
    assert_eq!(t.kind(), StampKind::TsAndAddr);
    assert_eq!(t.recorded().collect::<Vec<_>>(), [Entry { addr: Some(A), stamp: Stamp(5) }]);
    assert_eq!(t.all().count(), 2);

    let pre = timestamp_prespecified(&[A, B]).unwrap();
    let [IpOption::Timestamp(t)] = all(pre.as_slice())[..] else { panic!() };
    assert_eq!((t.kind(), t.recorded().count()), (StampKind::TsPrespec, 0));
    assert_eq!(t.all().map(|e| e.addr).collect::<Vec<_>>(), [Some(A), Some(B)]);

    let odd = [TIMESTAMP, 4, 5, 0x0e];
    let [IpOption::Timestamp(t)] = all(&odd)[..] else { panic!() };
    assert_eq!((t.kind(), t.all().count()), (StampKind::Other(14), 0));
}

/// Replies as a raw socket on Linux showed them, from loopback: request and reply each passed the host twice.
#[test]
fn what_linux_writes() {
    let mut route = vec![RECORD_ROUTE, 39, 20];
    route.extend([127, 0, 0, 1].repeat(4));
    route.resize(40, 0);
    let [IpOption::RecordRoute(r), IpOption::End] = all(&route)[..] else { panic!() };
    assert_eq!(r.recorded().collect::<Vec<_>>(), [Ipv4Addr::LOCALHOST; 4]);

    let mut times = vec![TIMESTAMP, 36, 37, 1];
    times.extend([127, 0, 0, 1, 0x02, 0x6e, 0xe5, 0x02].repeat(4));
    let [IpOption::Timestamp(t)] = all(&times)[..] else { panic!() };
    let entry = Entry { addr: Some(Ipv4Addr::LOCALHOST), stamp: Stamp(40_822_018) };
    assert_eq!(t.recorded().collect::<Vec<_>>(), [entry; 4]);

    let prespecified = [TIMESTAMP, 12, 13, 3, 127, 0, 0, 1, 0x02, 0x6e, 0xe5, 0x02];
    let [IpOption::Timestamp(t)] = all(&prespecified)[..] else { panic!() };
    assert_eq!((t.kind(), t.recorded().collect::<Vec<_>>()), (StampKind::TsPrespec, vec![entry]));
}

#[test]
fn unknown_options_are_shown() {
    let bytes = [0x94, 4, 0, 0, 222, 2, NOP];
    let options = all(&bytes);
    assert_eq!(options[0], IpOption::Unknown { ty: 0x94, data: &[0, 0] });
    assert_eq!(options[1], IpOption::Unknown { ty: 222, data: &[] });
    assert_eq!(options[2], IpOption::Nop);
}

#[test]
fn broken_options_are_named() {
    // A length that cannot be: the rest is shown and the walk ends. A length of 0 or 1 hung ping once (CVE-2010-2529).
    assert_eq!(broken(&[RECORD_ROUTE]), (RECORD_ROUTE, 1, Fault::Truncated { need: 2, have: 1 }));
    assert_eq!(broken(&[NOP, RECORD_ROUTE, 0, 4, 0, 0]), (RECORD_ROUTE, 2, Fault::Length(0)));
    assert_eq!(broken(&[TIMESTAMP, 1, 5, 0]), (TIMESTAMP, 1, Fault::Length(1)));
    assert_eq!(broken(&[222, 5, 0, 0]), (222, 1, Fault::Length(5)));
    assert_eq!(broken(&[RECORD_ROUTE, 255, 4, 0]), (RECORD_ROUTE, 1, Fault::Length(255)));
    // Wrong inside: named, and the walk goes on.
    for (bytes, fault) in [
        (&[RECORD_ROUTE, 2, NOP][..], Fault::Length(2)),
        (&[TIMESTAMP, 3, 5, NOP], Fault::Length(3)),
        (&[RECORD_ROUTE, 7, 3, 0, 0, 0, 0, NOP], Fault::Pointer(3)),
        (&[RECORD_ROUTE, 7, 0, 0, 0, 0, 0, NOP], Fault::Pointer(0)),
        (&[RECORD_ROUTE, 7, 5, 0, 0, 0, 0, NOP], Fault::Pointer(5)),
        (&[TIMESTAMP, 8, 4, 0, 0, 0, 0, 0, NOP], Fault::Pointer(4)),
        (&[TIMESTAMP, 8, 5, 1, 0, 0, 0, 0, NOP], Fault::Pointer(5)),
    ] {
        let options = all(bytes);
        let IpOption::Malformed { why, bytes: shown, .. } = options[0] else { panic!("{bytes:?}") };
        assert_eq!((why.fault, shown), (fault, &bytes[..bytes.len() - 1]));
        assert_eq!(options[1..], [IpOption::Nop]);
    }
}

#[test]
fn nothing_past_forty_octets_is_looked_at() {
    let mut bytes = [NOP; 60];
    bytes[38] = RECORD_ROUTE;
    bytes[39] = 11;
    assert_eq!(all(&bytes).len(), 39);
    assert_eq!(broken(&bytes).2, Fault::Length(11));
}

#[test]
fn built_options_are_what_the_kernel_takes() {
    let rr = record_route();
    assert_eq!(&rr.as_slice()[..5], &[1, 7, 39, 4, 0]);
    assert_eq!(rr.as_slice().len(), 40);
    assert_eq!(&timestamp(StampKind::TsOnly).as_slice()[..5], &[68, 40, 5, 0, 0]);
    assert_eq!(timestamp(StampKind::TsOnly).as_slice().len(), 40);
    assert_eq!(&timestamp(StampKind::TsAndAddr).as_slice()[..5], &[68, 36, 5, 1, 0]);
    assert_eq!(timestamp(StampKind::TsAndAddr).as_slice().len(), 36);
    assert_eq!(timestamp_prespecified(&[A]).unwrap().as_slice(), &[68, 12, 5, 3, 10, 0, 0, 1, 0, 0, 0, 0]);
    assert_eq!(timestamp_prespecified(&[A; 4]).unwrap().as_slice().len(), 36);
    assert_eq!(timestamp_prespecified(&[A; 5]), Err(TooManyHosts { given: 5, max: 4 }));
    assert!(timestamp_prespecified(&[]).is_err());
}

#[test]
fn cut_at_every_byte() {
    for built in [record_route(), timestamp(StampKind::TsAndAddr)] {
        for cut in 0..built.as_slice().len() {
            assert!(crate::wire::fuzz_entry::ip_options(&built.as_slice()[..cut]));
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        prop_assert!(crate::wire::fuzz_entry::ip_options(&bytes));
    }

    #[test]
    fn known_types_with_any_insides_are_read(
        parts in proptest::collection::vec((prop_oneof![Just(7u8), Just(68), Just(131), Just(137)], 0u8..20, 0u8..24), 1..6),
    ) {
        let bytes: Vec<u8> = parts.iter().flat_map(|(ty, len, p)| [*ty, *len, *p, 1, 0, 0]).collect();
        prop_assert!(crate::wire::fuzz_entry::ip_options(&bytes));
    }
}
