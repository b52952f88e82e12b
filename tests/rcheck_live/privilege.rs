//! As root and as nobody: the same verdicts; without any way to a socket: UNKNOWN, with the remedy.

use crate::bed::{event, rcheck, told};
use crate::lab::{self, Need, User};

#[test]
fn an_ordinary_user_gets_the_same_verdict() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let host = lab.host("a");
    for words in ["127.0.0.1", "::1", "-w 1us,40% -c 10s,80% -t 20 127.0.0.1", "192.0.2.1", "--pmtu 127.0.0.1"] {
        let [root, nobody] = [User::Root, User::Nobody].map(|user| {
            let out = rcheck(&host, words).user(user).output();
            (told(&out).state, out.code())
        });
        assert_eq!(root, nobody, "{words}");
    }
    let out = rcheck(&host, "--json 127.0.0.1").user(User::Nobody).output();
    let seen = &crate::bed::events(&out)[0];
    assert_eq!(seen["clocks"]["kernel"], 5, "{seen}");
    let out = rcheck(&host, "-i 1ms 127.0.0.1").user(User::Nobody).output();
    assert!(told(&out).text.contains("-i 1ms: too short"), "{out:#?}");
    assert_eq!(event(&host, "-i 1ms 127.0.0.1")["state"], "ok", "root may");
}

#[test]
fn without_any_socket_it_is_unknown_and_says_what_would_help() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let host = lab.host("a");
    host.sysctl("net.ipv4.ping_group_range", "1 0");
    let out = rcheck(&host, "127.0.0.1").user(User::Nobody).output();
    assert_eq!(told(&out).state, "UNKNOWN");
    assert!(out.stderr.contains("ping_group_range"), "{out:#?}");
}
