//! Messages as the kernel has them, those of this host, and any bytes at all.

use super::dump::{aligned, message};
use super::*;
use proptest::prelude::*;

fn attribute(ty: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = ((value.len() + 4) as u16).to_ne_bytes().to_vec();
    bytes.extend(ty.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(aligned(bytes.len()), 0);
    bytes
}

#[test]
fn a_route_is_read() {
    let mut body = vec![2, 24, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0];
    for (ty, value) in [(1, [192, 0, 2, 0]), (4, 7_u32.to_ne_bytes()), (5, [10, 0, 0, 1]), (6, 100_u32.to_ne_bytes())] {
        body.extend(attribute(ty, &value));
    }
    let read = route(Family::V4, &body).unwrap();
    let (to, gateway) = ("192.0.2.0".parse().unwrap(), "10.0.0.1".parse().ok());
    let wanted =
        Route { to, prefix: 24, table: TABLE_MAIN, gateway, ifindex: Some(7), metric: 100, source: None, plain: true };
    assert_eq!(read, wanted);
    assert_eq!(route(Family::V6, &body), None, "of the other family");
    for ty in [9, 18, 22, 30] {
        let more = [&body[..], &attribute(ty, &[0; 8])].concat();
        assert!(!route(Family::V4, &more).unwrap().plain, "attribute {ty}");
    }
    body[7] = 7;
    assert!(!route(Family::V4, &body).unwrap().plain, "prohibit");
    body[9] = 2;
    assert_eq!(route(Family::V4, &body), None, "cached");
}

#[test]
fn rules_that_look_at_something_are_told_from_those_that_do_not() {
    let mut body = vec![2, 0, 0, 0, 254, 0, 0, 1, 0, 0, 0, 0];
    body.extend(attribute(15, &254_u32.to_ne_bytes()));
    body.extend(attribute(14, &u32::MAX.to_ne_bytes()));
    body.extend(attribute(6, &32_766_u32.to_ne_bytes()));
    assert_eq!(rule(&body), Some(Rule { table: 254, unconditional: true }));
    // FRA_FWMARK
    let marked = [&body[..], &attribute(10, &[1, 0, 0, 0])].concat();
    assert!(!rule(&marked).unwrap().unconditional);
    body[1] = 8;
    assert!(!rule(&body).unwrap().unconditional);
}

#[test]
fn a_neighbour_that_is_doubted_has_no_address() {
    let mut body = vec![2, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0];
    body.extend(attribute(1, &[10, 0, 0, 1]));
    body.extend(attribute(2, &[2, 0, 0, 0, 0, 9]));
    let read = neighbour(Family::V4, &body).unwrap();
    assert_eq!((read.ifindex, read.mac), (3, Some([2, 0, 0, 0, 0, 9])));
    // Incomplete, failed.
    for state in [0x01, 0x20] {
        body[8] = state;
        assert_eq!(neighbour(Family::V4, &body).unwrap().mac, None);
    }
}

#[test]
fn this_hosts_tables_can_be_read() {
    let all = routes(Family::V4).unwrap();
    let local = |r: &Route| r.table == TABLE_LOCAL && r.to == IpAddr::from([127, 0, 0, 0]) && r.prefix == 8;
    assert!(all.iter().any(local), "{all:?}");
    let rules = rules(Family::V4).unwrap();
    assert!(rules.iter().any(|r| r.table == TABLE_LOCAL && r.unconditional), "{rules:?}");
    neighbours(Family::V4).unwrap();
}

proptest! {
    #[test]
    fn nothing_the_kernel_says_panics(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
        let _ = (message(&bytes), rule(&bytes));
        for family in [Family::V4, Family::V6] {
            let _ = (route(family, &bytes), neighbour(family, &bytes));
        }
    }
}
