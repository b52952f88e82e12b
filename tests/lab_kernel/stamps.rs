//! Kernel facts 1 to 4: time stamps and the queues that carry them.

use std::time::Duration;

use crate::lab::{self, Lab, Need, Pair, eventually};
use crate::socket::{Sock, Stamp, echo, icmp_of, ident_seq};

/// linux/net_tstamp.h.
const TX_SOFTWARE: i32 = 1 << 1;
const RX_SOFTWARE: i32 = 1 << 3;
const SOFTWARE: i32 = 1 << 4;
const OPT_ID: i32 = 1 << 7;
const TX_SCHED: i32 = 1 << 8;
const OPT_TSONLY: i32 = 1 << 11;
/// asm-generic/socket.h, from kernel 6.13 on.
const SCM_TS_OPT_ID: i32 = 81;

const TX: i32 = TX_SOFTWARE | SOFTWARE | OPT_ID | OPT_TSONLY;

fn stamping(sock: &Sock, flags: i32) {
    sock.set(libc::SOL_SOCKET, libc::SO_TIMESTAMPING, flags).unwrap();
}

/// The next `n` stamps.
fn stamps(sock: &Sock, n: usize) -> Vec<Stamp> {
    (0..n).map(|_| sock.hear_error().and_then(|m| m.stamp()).expect("a transmit stamp")).collect()
}

fn ids(sock: &Sock, n: usize) -> Vec<u32> {
    stamps(sock, n).iter().map(|s| s.id).collect()
}

/// A firewall on `a` that refuses 10.1.0.66, and a route that prohibits 10.1.0.77.
fn refusing_pair(lab: &Lab) -> Pair {
    let pair = lab.pair();
    pair.a.nft("table ip t { chain out { type filter hook output priority 0; ip daddr 10.1.0.66 drop; }; }");
    pair.a.ip("route add prohibit 10.1.0.77");
    pair
}

#[test]
fn k01_transmit_stamps_come_on_the_error_queue_with_stage_and_number() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for target in ["10.1.0.2", "fd00:1::2"] {
        for sock in [Sock::raw(&pair.a, target), Sock::ping(&pair.a, target)] {
            stamping(&sock, TX | TX_SCHED);
            sock.send(target, &echo(target, 1, 1)).unwrap();
            sock.send(target, &echo(target, 1, 2)).unwrap();
            let mut seen: Vec<(u32, u32)> = stamps(&sock, 4).iter().map(|s| (s.id, s.stage)).collect();
            seen.sort_unstable();
            assert_eq!(seen, [(0, 0), (0, 1), (1, 0), (1, 1)], "{target}");
        }
    }
}

#[test]
fn k01_and_k03_receive_stamps_come_with_the_reply_once_the_kernel_has_switched_them_on() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for target in ["10.1.0.2", "fd00:1::2"] {
        for sock in [Sock::raw(&pair.a, target), Sock::ping(&pair.a, target)] {
            stamping(&sock, RX_SOFTWARE | SOFTWARE);
            // It does so behind our back: on a busy machine hundreds of replies in some milliseconds have none.
            let mut seq = 0;
            let stamped = eventually(Duration::from_secs(20), || {
                seq += 1;
                sock.send(target, &echo(target, 1, seq)).unwrap();
                let heard = sock.hear().expect("a reply");
                heard.find(libc::SOL_SOCKET, libc::SCM_TIMESTAMPING).is_some_and(|t| t[..8] != [0; 8])
            });
            assert!(stamped, "{target}: none of {seq} replies carried a stamp");
        }
    }
}

#[test]
fn k02_opt_id_drifts_by_a_send_that_the_firewall_refused() {
    let Some(lab) = lab::start!(Need::Tool("nft")) else { return };
    let pair = refusing_pair(&lab);
    let sock = Sock::raw(&pair.a, "10.1.0.2");
    stamping(&sock, TX);
    let echo = echo("10.1.0.2", 1, 1);
    sock.send("10.1.0.2", &echo).unwrap();
    assert_eq!(sock.send("10.1.0.66", &echo).unwrap_err().raw_os_error(), Some(libc::EPERM));
    sock.send("10.1.0.2", &echo).unwrap();
    assert_eq!(sock.send("10.1.0.77", &echo).unwrap_err().raw_os_error(), Some(libc::EACCES));
    sock.send("10.1.0.2", &echo).unwrap();
    assert_eq!(ids(&sock, 3), [0, 2, 3], "EPERM took a number, EACCES did not");
}

#[test]
fn k02_a_number_per_packet_does_not_drift() {
    let Some(lab) = lab::start!(Need::Tool("nft")) else { return };
    let pair = refusing_pair(&lab);
    for sock in [Sock::raw(&pair.a, "10.1.0.2"), Sock::ping(&pair.a, "10.1.0.2")] {
        stamping(&sock, TX);
        let echo = echo("10.1.0.2", 1, 1);
        let own = |id: u32| [(libc::SOL_SOCKET, SCM_TS_OPT_ID, id.to_ne_bytes().to_vec())];
        if let Err(e) = sock.send_with("10.1.0.2", &echo, &own(70_000)) {
            return lab.skip(&format!("this kernel has no SCM_TS_OPT_ID: {e}"));
        }
        assert!(sock.send_with("10.1.0.66", &echo, &own(70_001)).is_err());
        sock.send_with("10.1.0.2", &echo, &own(70_002)).unwrap();
        assert_eq!(ids(&sock, 2), [70_000, 70_002]);
    }
}

#[test]
fn k02_without_tsonly_the_stamp_brings_the_bytes_back() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for target in ["10.1.0.2", "fd00:1::2"] {
        let sock = Sock::raw(&pair.a, target);
        stamping(&sock, TX & !OPT_TSONLY);
        sock.send(target, &echo(target, 0x1234, 77)).unwrap();
        let bytes = &stamps(&sock, 1)[0].bytes;
        let tail = &bytes[bytes.len() - echo(target, 0, 0).len()..];
        assert_eq!(ident_seq(tail), (0x1234, 77), "{target}: {bytes:02x?}");
    }
}

#[test]
fn k04_stamps_and_replies_share_one_buffer_and_only_meminfo_tells_all_drops() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let target = "10.1.0.2";
    let sock = Sock::raw(&pair.a, target);
    stamping(&sock, TX | RX_SOFTWARE);
    sock.set(libc::SOL_SOCKET, libc::SO_RXQ_OVFL, 1).unwrap();
    sock.set(libc::SOL_SOCKET, libc::SO_RCVBUF, 60_000).unwrap();
    let capture = pair.a.capture("eth0");
    for seq in 0..400 {
        sock.send(target, &echo(target, 1, seq)).unwrap();
    }
    // Replies and drops add up to what was sent; stamps are missing without a trace.
    assert!(eventually(Duration::from_secs(20), || sock.drops() > 0));
    let (quiet, drops) = (Duration::from_millis(50), || sock.drops());
    let stamps = sock.drain(libc::MSG_ERRQUEUE, quiet).len();
    let replies = sock.drain(0, quiet);
    let arrived = capture.stop_icmp().iter().filter(|m| m.is_echo_reply()).count();
    let (told, drops) = (replies.last().and_then(|m| m.number(libc::SOL_SOCKET, libc::SO_RXQ_OVFL)), drops());
    assert_eq!(replies.len() + drops as usize, arrived, "every reply that arrived was heard or counted");
    assert!(stamps < 400, "{stamps} stamps fit beside {} replies", replies.len());
    assert!(told.unwrap_or(0) < drops, "the last reply told of {told:?} of {drops} drops");
    assert!(replies.iter().all(|m| ident_seq(icmp_of(m)).0 == 1));
}
