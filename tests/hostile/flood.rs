//! A flood of strangers' packets beside true answers, as fast as this machine makes them: everything that the kernel did not
//! drop is counted as what it is, memory stays where it was, and no stranger is an answer.
//!
//! How many real replies a flood costs beside what it costs a peer is a figure of `benches/peers hostile`.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::bed::{RCHECK, RPING, RSWEEP, RTRACE, events, number};
use crate::lab::sys::{packet_socket, write};
use crate::lab::{self, Host, Pair, Running};

/// Echo replies under one ident and every sequence number, from the target, with zeros for a payload; for each reply an
/// error about an echo request that nobody sent.
fn strangers(six: bool, ident: u16, us: [u8; 6], them: [u8; 6]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for n in 0..512_u16 {
        let seq = n.wrapping_mul(129);
        let mut reply = vec![if six { 129 } else { 0 }, 0, 0, 0];
        reply.extend(ident.to_be_bytes());
        reply.extend(seq.to_be_bytes());
        reply.resize(64, 0);
        let mut request = reply.clone();
        request[0] = if six { 128 } else { 8 };
        let mut error = vec![if six { 1 } else { 3 }, 1, 0, 0, 0, 0, 0, 0];
        error.extend(ip(six, true, &request));
        for message in [reply, error] {
            let mut frame = [us, them].concat();
            frame.extend(if six { [0x86, 0xdd] } else { [8, 0] });
            frame.extend(ip(six, false, &message));
            frames.push(frame);
        }
    }
    frames
}

const ADDRESSES: [[u8; 16]; 2] =
    [[0xfd, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], [0xfd, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]];

fn sum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|w| u32::from(w[0]) << 8 | u32::from(*w.get(1).unwrap_or(&0)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// A packet between the two, with the message's checksum filled in.
fn ip(six: bool, ours: bool, message: &[u8]) -> Vec<u8> {
    let mut message = message.to_vec();
    let len = message.len() as u16;
    let (src, dst) = if ours { (0, 1) } else { (1, 0) };
    if six {
        let pseudo =
            [&ADDRESSES[src][..], &ADDRESSES[dst], &[0, 0], &len.to_be_bytes(), &[0, 0, 0, 58], &message].concat();
        message[2..4].copy_from_slice(&sum(&pseudo).to_be_bytes());
        let mut packet = vec![0x60, 0, 0, 0];
        packet.extend(len.to_be_bytes());
        packet.extend([58, 64]);
        return [packet, ADDRESSES[src].to_vec(), ADDRESSES[dst].to_vec(), message].concat();
    }
    let check = sum(&message);
    message[2..4].copy_from_slice(&check.to_be_bytes());
    let mut packet = vec![0x45, 0];
    packet.extend((len + 20).to_be_bytes());
    packet.extend([0, 1, 0, 0, 64, 1, 0, 0, 10, 1, 0, 1 + src as u8, 10, 1, 0, 1 + dst as u8]);
    let check = sum(&packet);
    packet[10..12].copy_from_slice(&check.to_be_bytes());
    [packet, message].concat()
}

fn mac(host: &Host) -> [u8; 6] {
    let out = host.command("ip").words("-brief link show eth0").output().ok().stdout;
    let text = out.split_whitespace().nth(2).unwrap();
    let bytes: Vec<u8> = text.split(':').map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
    bytes.try_into().unwrap()
}

/// Packets that this machine dropped between a device and the IP layer, of all namespaces together
/// (`/proc/net/softnet_stat`, second column): true replies among them are the flood's, and no socket knows of them.
fn backlog_drops() -> u64 {
    let text = fs::read_to_string("/proc/net/softnet_stat").unwrap_or_default();
    text.lines().filter_map(|line| u64::from_str_radix(line.split_whitespace().nth(1)?, 16).ok()).sum()
}

/// Resident memory, in KiB.
fn resident(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.split_whitespace().next()?.parse().ok()
}

/// Ends the sender when it goes.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs a command while strangers come; its events, and resident memory early in the flood and late, in KiB.
fn flooded(pair: &Pair, six: bool, ident: u16, run: impl FnOnce() -> Running) -> (Vec<serde_json::Value>, u64, u64) {
    let frames = strangers(six, ident, mac(&pair.a), mac(&pair.b));
    let fd = pair.b.enter(|| packet_socket("eth0").unwrap());
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for frame in frames.iter().cycle() {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                // A full queue is waited for, and a flood goes on.
                if write(&fd, frame).is_err() {
                    thread::sleep(Duration::from_micros(50));
                }
            }
        });
        // Also where an assertion fails: the sender must end.
        let end = Over(&over);
        thread::sleep(Duration::from_millis(100));
        let mut running = run();
        let (mut early, mut late) = (0, 0);
        for _ in 0..3000 {
            if running.try_ended() {
                break;
            }
            thread::sleep(Duration::from_millis(20));
            let now = resident(running.pid()).unwrap_or(0);
            late = late.max(now);
            if early == 0 && !running.stdout_so_far().is_empty() {
                early = now;
            }
        }
        drop(end);
        (events(&running.wait()), early, late)
    })
}

/// Memory for one more batch of packets is touched when one comes; no more.
const ROOM: u64 = 2048;

fn end<'a>(events: &'a [serde_json::Value], name: &str) -> &'a serde_json::Value {
    events.iter().find(|event| event["event"] == name).unwrap_or_else(|| panic!("{events:#?}"))
}

#[test]
fn pinging_in_a_flood_counts_what_is_true() {
    let Some(lab) = lab::start!() else { return };
    for (six, target) in [(false, "10.1.0.2"), (true, "fd00:1::2")] {
        let pair = lab.pair();
        let before = backlog_drops();
        let (events, early, late) = flooded(&pair, six, 4242, || {
            pair.a.command(RPING).words("--json -n -e 4242 -c 150 -i 0.01 -W 1").arg(target).start()
        });
        let end = end(&events, "summary");
        let n = |counter| number(end, counter);
        // A reply is lost only where our socket had no room, and then it says so; or before it came there.
        let dropped = n("dropped") + backlog_drops() - before;
        assert!(n("sent") == 150 && n("lost") <= dropped && n("replied") >= 1, "{dropped} dropped: {end}");
        assert_eq!((n("duplicates"), n("corrupt"), n("late")), (0, 0, 0), "{end}");
        // The flood may keep neighbour discovery from its answers: then this host itself says that nobody is there.
        let own = ["10.1.0.1", "fd00:1::1"];
        let is_strange = |event: &&serde_json::Value| !own.contains(&event["from"].as_str().unwrap_or_default());
        let strange = events.iter().filter(|event| event["event"] == "error").find(is_strange);
        assert_eq!(strange, None, "{end}");
        assert!(n("foreign") > 1000, "{end}");
        assert!(end["rtt"]["max_ns"].as_u64().unwrap() < 10_000_000_000, "{end}");
        assert!(late <= early + ROOM, "{target}: {early} KiB, then {late} KiB");
    }
}

#[test]
fn sweeps_checks_and_traces_in_a_flood_come_to_the_truth() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    pair.b.address("eth0", "10.1.0.3/24");
    let from = |program: &'static str, words: &'static str| {
        let host = &pair.a;
        move || host.command(program).words(words).limit(Duration::from_secs(60)).start()
    };
    // Their idents are their own: the flood is of errors and of replies to another.
    let before = backlog_drops();
    let dropped = |all: &serde_json::Value| number(all, "dropped") + backlog_drops() - before;
    let (events, early, late) =
        flooded(&pair, false, 7, from(RSWEEP, "--json -C 100 -i 1 -p 10 -t 2000 10.1.0.2 10.1.0.3"));
    let all = end(&events, "sweep_end");
    assert_eq!((number(all, "sent"), number(all, "duplicates"), number(all, "errors")), (200, 0, 0), "{all}");
    assert!(number(all, "lost") <= dropped(all) && number(all, "replied") >= 1, "{all}");
    assert!(late <= early + ROOM, "rsweep: {early} KiB, then {late} KiB");

    let words = "--json -r 0 --engine stateless -i 2 -t 2000 10.1.0.2 10.1.0.3 10.1.0.7";
    let (events, early, late) = flooded(&pair, false, 7, from(RSWEEP, words));
    let all = end(&events, "sweep_end");
    let alive = number(all, "alive");
    assert!(alive <= 2 && alive + dropped(all) >= 2 && number(all, "errors") == 0, "{all}");
    assert!(late <= early + ROOM, "rsweep, stateless: {early} KiB, then {late} KiB");

    let (events, ..) = flooded(&pair, false, 7, from(RCHECK, "--json -p 60 -i 10ms -w 4s,90% -c 5s,100% 10.1.0.2"));
    let verdict = end(&events, "verdict");
    assert_eq!((verdict["state"].as_str(), number(verdict, "errors")), (Some("ok"), 0), "{verdict}");

    for method in ["-I", "-U", "-T"] {
        let host = &pair.a;
        let run = || host.command(RTRACE).words("--json -n -q 3").args([method, "10.1.0.2"]).start();
        let (events, ..) = flooded(&pair, false, 7, run);
        let end = end(&events, "summary");
        assert_eq!((&end["ended"]["why"], &end["distance"]), (&"reached".into(), &1.into()), "{method} {end}");
    }
}
