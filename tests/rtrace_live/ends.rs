//! How a path ends: reached, refused, closed, round and round, or not at all; the exit code, the mark and the last line.

use crate::bed::{Heard, WAYS, far, json, last, number, rtrace, subnet, text};
use crate::lab::{self, Scenario};

#[test]
fn refusals_end_a_path_and_say_so() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("trace_habits"));
    for (n, why, mark, words) in [
        (16, "prohibited", "!X", "stopped after hop 4: administratively prohibited by 10.116.1.1"),
        (17, "unreachable", "!H", "stopped after hop 4: the host is unreachable (10.117.1.1)"),
        (18, "unreachable", "!N", "stopped after hop 4: the network is unreachable (10.118.1.1)"),
    ] {
        for (way, heard) in subnet(&WAYS, &host, n, "") {
            heard.ends(1, why);
            // It judges what it would forward: what ends at it is answered as ever.
            assert_eq!(heard.path().len(), 4, "{way:?} {heard:#?}");
            assert_eq!(number(&heard.summary()["ended"], "hop"), 4);
            assert_eq!(heard.answers(3)[0]["kind"], "time_exceeded");
            assert_eq!(heard.answers(4)[0]["kind"], "error");
            assert!(number(heard.summary(), "errors") > 0);
        }
        let (said, code) = text(&host, &format!("10.9.{n}.50"));
        assert_eq!((code, last(&said)), (Some(1), words), "{said}");
        assert!(said.contains(&format!(" ms {mark}")), "{said}");
    }
    let (said, code) = text(&host, "-U 10.9.26.50");
    assert!(code == Some(1) && said.contains(" ms !S"), "{said}");
    let (said, _) = text(&host, "-T 10.9.26.51");
    assert!(said.contains(" ms !<99>"), "{said}");
    // Not the whole protocol: what is filtered is a gap, what is not is reached.
    for (way, heard) in subnet(&WAYS, &host, 24, "") {
        if way.method == "-I" {
            heard.reached_at(5);
        } else {
            heard.ends(1, "gap");
            assert_eq!(number(&heard.summary()["ended"], "last_answer"), 3, "{way:?}");
        }
    }
}

#[test]
fn silence_ends_after_a_gap_and_a_last_look() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let net = lab.simulate(&host, Scenario::load("trace_dead"));
    let runs: Vec<_> = WAYS.iter().map(|way| (*way, way.json(&host, "").arg(way.target(0)).start())).collect();
    for (way, run) in runs {
        let heard = Heard::new(run.wait());
        heard.ends(1, "gap");
        assert_eq!(number(&heard.summary()["ended"], "last_answer"), 5, "{way:?}");
        assert_eq!(heard.path().len(), 10, "five silent hops are told: {way:?} {heard:#?}");
    }
    assert!(net.log().iter().any(|seen| seen.ttl == 30), "the host is looked for behind the gap");
    let (said, code) = text(&host, "-q 1 --gap-limit 3 10.9.1.1");
    assert_eq!(code, Some(1));
    assert_eq!(last(&said), "stopped after hop 5: nothing answers beyond, nor does the host", "{said}");
    assert!(said.lines().filter(|line| line.ends_with(" *")).count() == 3, "{said}");
    let (said, _) = text(&host, "-m 4 10.9.1.2");
    assert_eq!(last(&said), "stopped after hop 4: the host is not within so many hops (-m)", "{said}");
    let (said, _) = text(&host, "-f 3 -m 4 10.9.1.3");
    assert!(said.lines().nth(1).is_some_and(|line| line.starts_with(" 3  10.255.3.1 ")), "{said}");
}

#[test]
fn loops_are_named() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("trace_habits"));
    for (way, heard) in subnet(&WAYS, &host, 19, "") {
        heard.ends(1, "loop");
        let end = &heard.summary()["ended"];
        assert_eq!((number(end, "from"), number(end, "length")), (3, 3), "{way:?} {heard:#?}");
    }
    let chain = lab.chain(4);
    chain.turn_back(3);
    for (way, heard) in far(&WAYS, &chain.a, &chain.far(), "") {
        heard.ends(1, "loop");
        assert_eq!(number(&heard.summary()["ended"], "length"), 2, "{way:?} {heard:#?}");
    }
    let (said, code) = text(&chain.a, &chain.far_v4());
    assert!(code == Some(1) && last(&said).contains("packets go round, 2 hops a round"), "{said}");
}

#[test]
fn real_routers_refuse_and_have_no_way() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(4);
    chain.prohibit(3);
    for (way, heard) in far(&WAYS, &chain.a, &chain.far(), "") {
        heard.ends(1, "prohibited");
        let path = heard.path();
        assert_eq!((&path[..3], &path[3..]), (&chain.way(way.v4)[..3], &path[2..3]), "{way:?} {heard:#?}");
    }
    let (said, code) = text(&chain.a, &chain.far_v4());
    let words = "stopped after hop 4: administratively prohibited by 10.0.2.2";
    assert!(code == Some(1) && last(&said) == words, "{said}");

    let other = lab.chain(3);
    other.no_route(2, "unreachable");
    // IPv4 says that five times and then once a second, to one host (ip_error, net/ipv4/route.c): one way at a time.
    let ways: Vec<_> = WAYS.into_iter().filter(|way| !way.v4 || *way == WAYS[0]).collect();
    for (way, heard) in far(&ways, &other.a, &other.far(), "") {
        heard.ends(1, "unreachable");
        assert_eq!(heard.path().last(), Some(&other.way(way.v4)[1]), "{way:?} {heard:#?}");
    }
}

#[test]
fn this_host_itself_has_no_way() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("alone");
    let out = rtrace(&host, "-n 192.0.2.1").output();
    assert_eq!(out.code(), Some(2), "{out:#?}");
    assert!(out.stdout.ends_with("\nstopped: this host could not send: Network is unreachable\n"), "{out:#?}");
    // Its own addresses are one hop.
    for target in ["127.0.0.1", "::1"] {
        for method in ["-I", "-U", "-T"] {
            Heard::new(json(&host, method).arg(target).output()).reached_at(1);
        }
    }
}

#[test]
fn an_interrupt_leaves_what_is_known() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("trace_dead"));
    for words in ["-I 10.9.0.1", "-U fd00:9::1"] {
        let mut run = json(&host, &format!("-w 8 {words}")).start();
        run.wait_for(|out| out.matches("\"event\":\"hop\"").count() >= 4);
        run.signal(libc::SIGINT);
        let heard = Heard::new(run.wait());
        heard.ends(1, "stopped");
        assert!(heard.path().len() >= 4 && heard.path()[..4].iter().all(|hop| hop != "*"), "{heard:#?}");
    }
    let mut run = rtrace(&host, "-n -w 8 10.9.0.2").start();
    run.wait_for(|out| out.contains("\n 4 "));
    run.signal(libc::SIGINT);
    let out = run.wait();
    assert_eq!(out.code(), Some(1), "{out:#?}");
    assert!(last(&out.stdout).ends_with(": interrupted"), "{out:#?}");
}
