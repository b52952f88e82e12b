//! A run of rping as its shell sees it: exit codes, signals, output that cannot be written, names.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod lab;

use lab::{Host, Lab, Need, Output, Run};
use nix::libc::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::time::Duration;

fn rping(host: &Host, words: &str) -> Run {
    host.command(env!("CARGO_BIN_EXE_rping")).words(words)
}

fn code(host: &Host, words: &str) -> (Option<i32>, Output) {
    let output = rping(host, words).output();
    (output.code(), output)
}

#[test]
fn the_exit_code_is_the_verdict() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for (words, expect) in [
        ("-c 2 -i 0.01 10.1.0.2", 0),
        ("-c 2 -i 0.01 10.1.0.2 fd00:1::2", 0),
        ("-c 1 -W 0.1 10.1.0.9", 1),
        ("-c 1 -W 0.1 10.1.0.2 10.1.0.9", 1),
        ("-c 1 192.0.2.1", 2),
        ("-c 1 10.1.0.2 192.0.2.1", 2),
        ("-c 1 10.1.0.2 fe80::2", 2),
        ("-c 5 -i 0.2 -w 0.3 10.1.0.2", 1),
        ("-c 2 -i 0.01 -w 5 10.1.0.2", 0),
        ("-i 0.01 --until-up 3 10.1.0.2", 0),
        ("-i 0.01 -c 2 --until-up 3 10.1.0.2", 1),
        ("-i 0.01 -W 0.05 --until-down 2 10.1.0.9", 0),
        ("-i 0.01 -w 0.1 --until-down 2 10.1.0.2", 1),
        ("--mtu-search 10.1.0.2", 0),
        ("--mtu-search -W 0.05 10.1.0.9", 1),
        ("-c 1 10.1.0.255", 2),
        ("-b -c 1 -w 1 10.1.0.255", 0),
    ] {
        let (code, output) = code(&pair.a, words);
        assert_eq!(code, Some(expect), "{words}\n{}{}", output.stdout, output.stderr);
    }
}

#[test]
fn signals_end_a_run_with_its_summary() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        let mut run = rping(&host, "-i 0.01 127.0.0.1").start();
        run.wait_for(|text| text.contains("icmp_seq=3 "));
        run.signal(signal);
        let output = run.wait();
        assert_eq!((output.code(), output.killed), (Some(0), false), "signal {signal}");
        assert!(output.stdout.lines().last().unwrap().starts_with("rtt min/avg/max/mdev = "), "{}", output.stdout);
    }
    let mut run = rping(&host, "-c 60 -i 0.01 127.0.0.1").start();
    run.wait_for(|text| text.contains("icmp_seq=2 "));
    run.signal(SIGQUIT);
    let output = run.wait();
    assert_eq!(output.code(), Some(0), "the run went on");
    assert!(output.stdout.contains("60 packets transmitted"), "{}", output.stdout);
    assert!(output.stderr.contains(" packets, 0% loss, min/avg/ewma/max = "), "{}", output.stderr);
}

#[test]
fn a_reader_who_left_ends_a_run_quietly() {
    let Some(lab) = lab::start!() else { return };
    let script = format!("{} -i 0.01 127.0.0.1; echo $? >&2", env!("CARGO_BIN_EXE_rping"));
    let output = lab.host("a").command("sh").args(["-c", &format!("({script}) | head -1")]).output();
    assert_eq!((output.stdout.lines().count(), output.said().as_str(), output.killed), (1, "0\n", false));
}

#[test]
fn a_full_disk_ends_nothing_and_is_remembered() {
    let Some(lab) = lab::start!() else { return };
    for format in ["", "--json", "--csv"] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = rping(&lab.host("a"), &format!("{format} -c 5 -i 0.01 127.0.0.1")).stdout_to(full).output();
        assert_eq!(output.code(), Some(2));
        let said = output.said();
        let said: Vec<_> = said.lines().collect();
        assert!(matches!(said[..], [line] if line.contains("standard output: No space left on device")), "{said:?}");
    }
}

#[test]
fn a_reader_who_stands_still_cannot_hold_a_run() {
    let Some(lab) = lab::start!() else { return };
    let (mut reader, writer) = std::os::unix::net::UnixStream::pair().unwrap();
    let run = rping(&lab.host("a"), "-i 0.0001 127.0.0.1").stdout_to(OwnedFd::from(writer)).start();
    // Until nobody has room to write: how much it holds is the kernel's affair.
    let fd = OwnedFd::from(reader.try_clone().unwrap());
    let waiting = || lab::sys::bytes_waiting(&fd).unwrap();
    assert!(lab::eventually(Duration::from_secs(30), || {
        let before = waiting();
        std::thread::sleep(Duration::from_secs(1));
        before > 0 && before == waiting()
    }));
    run.signal(SIGTERM);
    let output = run.wait();
    assert_eq!((output.code(), output.killed), (Some(2), false), "lines were lost, and it ended: {}", output.stderr);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("PING 127.0.0.1 "), "{text}");
}

/// A host whose name server never answers.
fn without_names(lab: &Lab) -> lab::Pair {
    let pair = lab.pair();
    pair.a.ip("route add default via 10.1.0.2\nroute add default via fd00:1::2");
    let rules = "table inet silent {
        chain in {
            type filter hook input priority 0
            udp dport 53 drop
            tcp dport 53 drop
        }
        chain on {
            type filter hook forward priority 0
            drop
        }
    }";
    pair.a.nft(rules);
    pair.b.nft(rules);
    pair
}

#[test]
fn an_interrupt_ends_a_look_up_that_hangs() {
    let Some(lab) = lab::start!(Need::Tool("nft")) else { return };
    let pair = without_names(&lab);
    let mut run = rping(&pair.a, "-c 1 host.invalid 127.0.0.1").limit(Duration::from_secs(60)).start();
    std::thread::sleep(Duration::from_millis(300));
    if run.try_ended() {
        return lab.skip("names are not looked up by a server here");
    }
    run.signal(SIGINT);
    let output = run.wait();
    assert_eq!((output.signal(), output.stdout.as_str()), (Some(SIGINT), ""), "{}", output.stderr);
}

#[test]
fn names_that_do_not_come_hold_up_no_probe_and_no_line_for_long() {
    let Some(lab) = lab::start!(Need::Tool("nft")) else { return };
    let pair = without_names(&lab);
    let mut run = rping(&pair.a, "-H -c 400 -i 0.01 10.1.0.2").limit(Duration::from_secs(60)).start();
    // Long before a resolver gives up (5 s), and in order.
    run.wait_for(|text| text.contains("icmp_seq=100 "));
    run.signal(SIGINT);
    let output = run.wait();
    let numbers: Vec<u64> =
        output.stdout.split("icmp_seq=").skip(1).map(|rest| rest.split(' ').next().unwrap().parse().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    assert!(output.stdout.contains("64 bytes from 10.1.0.2: icmp_seq=1 "), "{}", output.stdout);
}

#[test]
fn a_name_without_address_is_reported_and_the_others_are_probed() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let (code, output) = code(&host, "-c 1 no-such-host.invalid 127.0.0.1");
    assert_eq!(code, Some(2));
    assert!(output.stderr.starts_with("rping: no-such-host.invalid: "), "{}", output.stderr);
    assert_eq!(output.stderr.lines().count(), 1);
    assert!(output.stdout.contains("127.0.0.1: 1 packets transmitted, 1 received"), "{}", output.stdout);
    assert!(output.stdout.contains("no-such-host.invalid  not probed: "), "{}", output.stdout);
    let json = rping(&host, "--json -c 1 no-such-host.invalid 127.0.0.1").output().stdout;
    assert!(json.contains(r#""event":"not_probed""#) && json.contains(r#""event":"summary""#), "{json}");
}

#[test]
fn the_router_that_calls_a_packet_too_large_is_named() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(1);
    chain.routers[0].mtu("right", 1300);
    chain.b.mtu("left", 1300);
    for (far, router, size) in [(chain.far_v4(), "10.0.0.2", 1272), (chain.far_v6(), "fd00:0::2", 1252)] {
        let (code, output) = code(&chain.a, &format!("--mtu-search {far}"));
        assert_eq!(code, Some(0), "{}{}", output.stdout, output.stderr);
        let router = router.parse::<std::net::IpAddr>().unwrap();
        assert!(output.stdout.contains(&format!("1300 bytes (-s {size})")), "{}", output.stdout);
        assert!(output.stdout.contains(&format!("says {router}")), "{}", output.stdout);
    }
}

#[test]
fn called_as_ping_it_prints_what_ping_prints() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    let pair = lab.pair();
    // Figures differ from run to run; everything else does not.
    let shape = |text: &str| -> String {
        let mut out = String::new();
        for line in text.lines() {
            // Before 2024 iputils left a space out.
            let line = line.replace("::2(", "::2 (");
            let line = line.split_once("time").map_or(line.as_str(), |(head, _)| head);
            let line = line.split_once(" = ").map_or(line, |(head, _)| head);
            out.push_str(line);
            out.push('\n');
        }
        out
    };
    for words in ["-c 2 -i 0.2 10.1.0.2", "-c 1 -W 1 fd00:1::2", "-q -c 2 -i 0.2 10.1.0.2", "-c 1 -t 9 -s 16 10.1.0.2"]
    {
        // What differs must differ each time.
        let once = |_| {
            let peer = pair.a.command("ping").words(words).output();
            let ours = rping(&pair.a, words).called("ping").output();
            ((ours.code(), shape(&ours.stdout)) != (peer.code(), shape(&peer.stdout))).then_some((peer, ours))
        };
        let different: Vec<_> = (0..5).map_while(once).collect();
        assert!(different.len() < 5, "{words}: {:#?}", different.last());
    }
}
