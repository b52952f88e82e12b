//! 500 hosts in one run: each is judged by what is its own.

use crate::bed::{events, rcheck};
use crate::lab::{self, Host, Need, Scenario, User};

/// Of 500 hosts fifty are down and fifty lose three of five.
const NET: &str = r#"
title = "five hundred"
[[hop]]
address = ["10.255.1.1", "fd00:ff:1::1"]
[[host]]
prefix = ["10.9.0.0/16", "fd00:9::/64"]
delay = "5ms"
[[rule]]
to = "10.9.7.0/24"
nth = "1-3"
drop = true
[[host]]
prefix = "10.9.8.0/24"
down = "silent"
"#;

/// Judges all of them; `lossy` says what the third /24 loses.
fn five_hundred(host: &Host, user: User, lossy: &str) {
    let v4 = (0..450).map(|n| format!("10.9.{}.{}", n / 50, n % 50 + 1));
    let v6 = (1..=50).map(|n| format!("fd00:9::{n:x}"));
    let all: Vec<String> = v4.chain(v6).collect();
    let out = rcheck(host, &format!("--json -w 900ms,40% -c 1s,80% {}", all.join(" "))).user(user).output();
    let events = events(&out);
    assert_eq!((events.len(), out.code()), (500, Some(2)), "{}", out.stderr);
    for (event, target) in events.iter().zip(&all) {
        let state = match target.as_str() {
            t if t.starts_with("10.9.8.") => "critical",
            t if t.starts_with("10.9.7.") => lossy,
            _ => "ok",
        };
        assert_eq!((&event["target"], &event["state"]), (&target.as_str().into(), &state.into()), "{event}");
        assert_eq!(event["sent"], 5, "{event}");
    }
}

#[test]
fn five_hundred_hosts_each_with_its_own_verdict() {
    let Some(lab) = lab::start!(Need::Tun) else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::parse(NET));
    five_hundred(&host, User::Root, "warning");
}

#[test]
fn five_hundred_hosts_without_privilege() {
    let Some(lab) = lab::start!(Need::Tun, Need::OtherUser) else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::parse(NET));
    five_hundred(&host, User::Nobody, "warning");
}
