//! `--mtu`: the path's MTU with the hop that lowers it, whether it says so or swallows what is too long.

use crate::bed::{WAYS, Way, far, number, subnet, text};
use crate::lab::{self, Scenario};

/// A SYN has no size to try.
fn sized() -> Vec<Way> {
    WAYS.into_iter().filter(|way| way.method != "-T").collect()
}

#[test]
fn who_lowers_it_is_named() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("trace_habits"));
    for (way, heard) in subnet(&sized(), &host, 12, "--mtu") {
        heard.reached_at(5);
        let mtu = &heard.summary()["mtu"];
        assert_eq!((number(mtu, "mtu"), mtu["limited_by"].as_str()), (1400, Some("router")), "{way:?} {heard:#?}");
        assert_eq!((mtu["router"].as_str(), number(mtu, "hop")), (Some(way.of("10.112.1.1", "fd00:112:1::1")), 3));
        assert!(!heard.events("mtu_tried").is_empty());
    }
    for (way, heard) in subnet(&sized(), &host, 13, "--mtu") {
        let mtu = &heard.summary()["mtu"];
        assert_eq!((number(mtu, "mtu"), mtu["limited_by"].as_str()), (1300, Some("black_hole")), "{way:?} {heard:#?}");
        assert_eq!(number(mtu, "hop"), 3, "{way:?}");
    }
    let (said, code) = text(&host, "--mtu 10.9.12.50");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("\npath MTU 1400, made behind hop 3: 10.112.1.1 says so\n"), "{said}");
    let (said, _) = text(&host, "--mtu -U 10.9.13.50");
    assert!(
        said.contains("\npath MTU 1300: larger packets vanish without a word behind hop 3 (black hole)\n"),
        "{said}"
    );
}

#[test]
fn real_narrow_lines() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(4);
    chain.narrow(2, 1340);
    for (way, heard) in far(&sized(), &chain.a, &chain.far(), "--mtu") {
        let mtu = &heard.summary()["mtu"];
        assert_eq!((number(mtu, "mtu"), number(mtu, "hop")), (1340, 2), "{way:?} {heard:#?}");
        assert_eq!(mtu["router"].as_str(), Some(chain.hop(2)[usize::from(!way.v4)].as_str()));
        heard.reached_at(5);
    }
    chain.hide_mtu(2);
    for host in [&chain.a, chain.router(1)] {
        host.ip("route flush cache");
    }
    for (way, heard) in far(&sized(), &chain.a, &chain.far(), "--mtu") {
        let mtu = &heard.summary()["mtu"];
        assert_eq!((number(mtu, "mtu"), mtu["limited_by"].as_str()), (1340, Some("black_hole")), "{way:?} {heard:#?}");
        assert_eq!(number(mtu, "hop"), 2, "{way:?}");
    }
}
