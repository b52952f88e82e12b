//! How many hops away a host is, over real routers, by every method that can tell.

use crate::bed::{events, rcheck, verdict};
use crate::lab::{self, Need, User};

#[test]
fn routers_are_counted_by_every_method() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let chain = lab.chain(2);
    let ways = [
        ("", User::Root, Some(3)),
        ("--socket dgram", User::Root, Some(3)),
        ("", User::Nobody, Some(3)),
        ("--udp 9", User::Root, Some(3)),
        ("--udp 9", User::Nobody, Some(3)),
        ("--tcp 80 -c 1s,100%", User::Root, None),
        ("--tcp 80 -c 1s,100%", User::Nobody, None),
    ];
    let _open = chain.b.enter(|| std::net::TcpListener::bind("[::]:8080")).unwrap();
    for to in [chain.far_v4(), chain.far_v6()] {
        for (words, user, hops) in ways {
            let out = rcheck(&chain.a, &format!("--json --trace {words} {to}")).user(user).output();
            let seen = &events(&out)[0];
            assert_eq!(seen["hops"].as_u64(), hops, "{words} as {user:?} to {to}: {seen}");
        }
        let out = rcheck(&chain.a, &format!("--json --trace --tcp 8080 {to}")).output();
        assert_eq!(events(&out)[0]["hops"], 3, "half open: {out:#?}");
        let plugin = verdict(&chain.a, &format!("-w hops=2 {to}"), 1);
        assert_eq!(plugin.value("hops"), Some(3.0));
        assert!(plugin.text.ends_with("; WARNING hops 3 above 2"), "{}", plugin.text);
        verdict(&chain.a, &format!("--expect hops==3 {to}"), 0);
    }
    // Connections have no hop limit of their own: not known, and no guess.
    let out = rcheck(&chain.a, &format!("--expect hops<9 --tcp 8080 {}", chain.far_v4())).user(User::Nobody).output();
    assert_eq!(out.code(), Some(3), "{out:#?}");
}
