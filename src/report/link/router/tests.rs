//! Everything that a router can tell, and nothing.

use super::*;
use crate::clock::ClockSource;
use crate::probe::times::Rtt;
use crate::units::MacAddr;
use std::time::Duration;

fn heard() -> Advertised {
    let mut message = vec![134, 0, 0, 0, 64, 0xc8, 7, 8, 0, 0, 0x75, 0x30, 0, 0, 3, 0xe8];
    message.extend([1, 1, 2, 0, 0, 0, 0, 9, 5, 1, 0, 0, 0, 0, 5, 0xdc]);
    message.extend([3, 4, 64, 0xc0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0x38, 0x40, 0, 0, 0, 0]);
    message.extend("2001:db8:1::".parse::<Ipv6Addr>().unwrap().octets());
    message.extend([25, 3, 0, 0, 0, 0, 2, 0x58]);
    message.extend("2001:db8::53".parse::<Ipv6Addr>().unwrap().octets());
    message.extend([31, 2, 0, 0, 0, 0, 2, 0x58]);
    message.extend(b"\x05a\x1b[3m\0\0");
    message.extend([24, 1, 0, 0x18, 0, 0, 0, 60]);
    message.extend([38, 2, 7, 8, 0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 99, 1, 0, 0, 0, 0, 0, 0]);
    message.extend(b"\x25\x02http://p/\x07\0\0\0\0");
    let after = Rtt { time: Duration::from_micros(12_345), clock: ClockSource::Kernel };
    Advertised {
        from: "fe80::9".parse().unwrap(),
        mac: MacAddr([2, 0, 0, 0, 0, 9]),
        at: WallTime::default(),
        after: Some(after),
        message,
    }
}

#[test]
fn everything_a_router_tells_has_a_line() {
    let mut out = Vec::new();
    FrameReport::new("eth0", false, Box::new(&mut out)).router(&heard()).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "router fe80::9 at 02:00:00:00:00:09 time=12.345 ms\n    \
         default router for 1800 s, preference high\n    \
         addresses and other settings by DHCPv6 (M)\n    \
         hop limit 64\n    \
         neighbours reachable for 30000 ms\n    \
         asked again after 1000 ms\n    \
         mtu 1500\n    \
         prefix 2001:db8:1::/64 on link, for addresses, valid for ever, preferred 14400 s\n    \
         route ::/0 preference low, 60 s\n    \
         dns 2001:db8::53, 600 s\n    \
         search a[3m, 600 s\n    \
         nat64 64:ff9b::/96, 1800 s\n    \
         captive portal http://p/\n    \
         option 99, not known here\n"
    );
}

#[test]
fn what_is_not_told_is_null() {
    let plain = Advertised { message: vec![134, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], ..heard() };
    let mut out = Vec::new();
    FrameReport::new("eth0", true, Box::new(&mut out)).router(&plain).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
    for key in ["hop_limit", "reachable_ms", "retransmit_ms", "mtu", "link_address", "captive_portal"] {
        assert!(value[key].is_null(), "{key} in {value}");
    }
    assert_eq!((&value["lifetime_s"], &value["address"]), (&0.into(), &"fe80::9".into()));
}
