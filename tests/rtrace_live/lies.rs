//! Routers whose extension structures and quotations lie about themselves: each is shown at its hop all the same, and nobody
//! behind it is lost.

use crate::bed::{Heard, number, raw_ways};
use crate::lab::{self, Scenario};

/// What a router appends, in the words of a scenario (RFC 4884, 4950, 5837).
const LIES: [&str; 12] = [
    "mpls = [{ label = 1 }]\nlength = 255",
    "mpls = [{ label = 1 }]\nlength = 1",
    "mpls = [{ label = 1 }]\nchecksum = 'wrong'",
    "mpls = [{ label = 1 }]\nversion = 15",
    "mpls = [{ label = 1 }]\ncut = 1",
    "mpls = [{ label = 1 }]\ncut = 7",
    "object = [{ class = 1, c-type = 1, hex = '', length = 65535 }]",
    "object = [{ class = 1, c-type = 1, hex = '010203', length = 3 }]",
    "object = [{ class = 2, c-type = 255, hex = 'ff' }]",
    "object = [{ class = 2, c-type = 2, hex = 'ff414243' }]",
    "object = [{ class = 2, c-type = 4, hex = 'ffff0000' }]",
    "object = [{ class = 255, c-type = 255, hex = 'ffffffffffffffff', length = 0 }]\nform = 'old'",
];

#[test]
fn extensions_that_lie_hide_no_hop() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let hops: String = (1..)
        .zip(LIES)
        .map(|(n, lie)| format!("[[hop]]\naddress = ['10.255.{n}.1', 'fd00:ff:{n}::1']\n[hop.extension]\n{lie}\n"))
        .collect();
    let text = format!("title = 'lies'\n{hops}[[host]]\nprefix = ['10.9.0.0/16', 'fd00:9::/32']");
    let _net = lab.simulate(&host, Scenario::parse(&text));
    let runs: Vec<_> =
        raw_ways().into_iter().map(|way| (way, way.json(&host, "-q 1").arg(way.target(0)).start())).collect();
    for (way, run) in runs {
        let heard = Heard::new(run.wait());
        heard.reached_at(LIES.len() as u64 + 1);
        let path = heard.path();
        for (n, router) in (1..).zip(&path[..LIES.len()]) {
            let (v4, v6) = (format!("10.255.{n}.1"), format!("fd00:ff:{n}::1"));
            assert_eq!(router, way.of(&v4, &v6), "{way:?} {} {heard:#?}", LIES[n - 1]);
        }
        assert_eq!(number(heard.summary(), "lost"), 0, "{way:?} {heard:#?}");
    }
}

/// Quotations cut after each byte, with an extension structure where there should be more of it.
#[test]
fn quotations_cut_anywhere_never_move_the_target() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let hops: String = (1..)
        .zip((0..60).step_by(5))
        .map(|(n, quote)| {
            let extension = if n % 2 == 0 { "[hop.extension]\nmpls = [{ label = 1 }]\n" } else { "" };
            format!("[[hop]]\naddress = ['10.255.{n}.1', 'fd00:ff:{n}::1']\nquote = {quote}\n{extension}")
        })
        .collect();
    let text = format!("title = 'cuts'\n{hops}[[host]]\nprefix = ['10.9.0.0/16', 'fd00:9::/32']");
    let _net = lab.simulate(&host, Scenario::parse(&text));
    let runs: Vec<_> =
        raw_ways().into_iter().map(|way| (way, way.json(&host, "-q 1").arg(way.target(0)).start())).collect();
    for (way, run) in runs {
        let heard = Heard::new(run.wait());
        heard.reached_at(13);
        for (n, router) in (1..).zip(&heard.path()[..12]) {
            let (v4, v6) = (format!("10.255.{n}.1"), format!("fd00:ff:{n}::1"));
            // Fewer than eight octets name no probe.
            assert!(router == way.of(&v4, &v6) || (n <= 2 && router == "*"), "{way:?} {n} {router} {heard:#?}");
        }
    }
}
