//! Stations that send lies as fast as they can: frames that are cut, malformed, misaddressed, about others, of nobody. Every
//! subcommand comes to the truth beside it, in memory that stays where it was.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::bed::{events, mac, of, rlink, serve};
use crate::lab::sys::{packet_socket, write};
use crate::lab::{self, Bridge, Running};

const US: [u8; 6] = [2, 0, 0, 0, 0, 1];
const THEM: [u8; 6] = [2, 0, 0, 0, 0, 2];
const LIAR: [u8; 6] = [2, 0, 0, 0, 0, 3];
const ALL: [u8; 6] = [0xff; 6];

fn frame(dst: [u8; 6], src: [u8; 6], ether_type: u16, payload: &[u8]) -> Vec<u8> {
    [&dst[..], &src, &ether_type.to_be_bytes(), payload].concat()
}

/// ARP that is none, or speaks of others, or of nobody.
fn arp() -> Vec<Vec<u8>> {
    let honest = |sender: [u8; 4], from: [u8; 6]| {
        let head = [0, 1, 8, 0, 6, 4, 0, 2];
        [&head[..], &from, &sender, &US, &[10, 1, 0, 1]].concat()
    };
    let true_claim = honest([10, 1, 0, 2], LIAR);
    let mut all: Vec<Vec<u8>> = (0..28).map(|cut| frame(US, LIAR, 0x0806, &true_claim[..cut])).collect();
    // Its types and lengths. (Whatever its operation is, it tells of its sender: RFC 826.)
    for (at, value) in [(0, 9), (1, 7), (2, 0x86), (4, 7), (4, 0), (5, 16), (5, 255)] {
        let mut lie = true_claim.clone();
        lie[at] = value;
        all.push(frame(US, LIAR, 0x0806, &lie));
    }
    // Of addresses that nobody asked for. (Who claims to be a group has the address all the same, and is shown.)
    all.extend((0..64).map(|n| frame(US, LIAR, 0x0806, &honest([10, 77, 0, n], LIAR))));
    all
}

fn sum(bytes: &[u8]) -> u16 {
    let mut sum: u32 = bytes.chunks(2).map(|w| u32::from(w[0]) << 8 | u32::from(*w.get(1).unwrap_or(&0))).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

fn address(last: u8) -> [u8; 16] {
    [0xfd, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]
}

/// A neighbour advertisement of fd00:1::2 by the liar, changed by `lie` before and after its checksum.
fn advertisement(hop_limit: u8, before: impl Fn(&mut Vec<u8>), after: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut message = [&[136, 0, 0, 0, 0x60, 0, 0, 0][..], &address(2), &[2, 1], &LIAR].concat();
    before(&mut message);
    let len = (message.len() as u16).to_be_bytes();
    let pseudo = [&address(2)[..], &address(1), &[0, 0], &len, &[0, 0, 0, 58], &message].concat();
    if let Some(place) = message.get_mut(2..4) {
        place.copy_from_slice(&sum(&pseudo).to_be_bytes());
    }
    after(&mut message);
    let packet = [&[0x60, 0, 0, 0][..], &len, &[58, hop_limit], &address(2), &address(1), &message].concat();
    frame(US, LIAR, 0x86dd, &packet)
}

/// Neighbour discovery that RFC 4861 §7.1 tells to throw away.
fn ndp() -> Vec<Vec<u8>> {
    let same = |_: &mut Vec<u8>| {};
    let mut all = vec![
        advertisement(64, same, same),
        advertisement(255, same, |m| m[2] ^= 1),
        advertisement(255, |m| m[1] = 1, same),
        advertisement(255, |m| m[25] = 0, same),
        advertisement(255, |m| m[25] = 255, same),
        advertisement(255, |m| m[8] = 0xff, same),
    ];
    all.extend((0..24).map(|cut| advertisement(255, move |m| m.truncate(cut), same)));
    let whole = advertisement(255, same, same);
    all.extend((14..whole.len()).map(|cut| whole[..cut].to_vec()));
    all
}

/// Replies of rlink's echo that answer nobody.
fn echo() -> Vec<Vec<u8>> {
    let message = |version: u8, kind: u8, ident: u32, seq: u16, len: u16| {
        let head = [b'r', b'P', b'L', version, kind, 0];
        [&head[..], &len.to_be_bytes(), &ident.to_be_bytes(), &seq.to_be_bytes(), &[0, 0], &[0; 56]].concat()
    };
    let mut all: Vec<Vec<u8>> =
        (0..512_u16).map(|n| frame(US, THEM, 0x88b5, &message(1, 2, u32::from(n), n, 56))).collect();
    for (version, kind, len) in [(0, 2, 56), (2, 2, 56), (1, 3, 56), (1, 2, 57), (1, 2, 65535), (1, 2, 0)] {
        all.push(frame(US, THEM, 0x88b5, &message(version, kind, 7, 1, len)));
    }
    let whole = message(1, 2, 7, 1, 56);
    all.extend((0..whole.len()).map(|cut| frame(US, THEM, 0x88b5, &whole[..cut])));
    all
}

/// Noise under every type that is listened to.
fn noise() -> Vec<Vec<u8>> {
    let mut state = 1_u64;
    let mut byte = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    let types = [0x0806, 0x86dd, 0x0800, 0x88b5, 0x8100, 0x88a8, 0x0003, 0xffff];
    (0..512)
        .map(|n| {
            let len = usize::from(byte()) * 2;
            let payload: Vec<u8> = (0..len).map(|_| byte()).collect();
            frame(if n % 3 == 0 { ALL } else { US }, LIAR, types[n % types.len()], &payload)
        })
        .collect()
}

fn resident(running: &Running) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", running.pid())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Frames that this machine dropped before any socket (`/proc/net/softnet_stat`).
fn backlog_drops() -> u64 {
    let text = fs::read_to_string("/proc/net/softnet_stat").unwrap_or_default();
    text.lines().filter_map(|line| u64::from_str_radix(line.split_whitespace().nth(1)?, 16).ok()).sum()
}

/// Ends the sender when it goes.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Does something while the others lie.
fn among_lies<T>(bridge: &Bridge, task: impl FnOnce() -> T) -> T {
    // What has a station's own address comes from its own port: the bridge believes where it last heard an address.
    let liars = [(&bridge.hosts[2], [arp(), ndp(), noise()].concat()), (&bridge.hosts[1], echo())];
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for (host, lies) in &liars {
            let fd = host.enter(|| packet_socket("eth0").unwrap());
            let over = &over;
            scope.spawn(move || {
                for (n, lie) in lies.iter().cycle().enumerate() {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    let mut padded = lie.clone();
                    // A driver sends no frame without a whole header.
                    padded.resize(padded.len().max(14), 0);
                    let _ = write(&fd, &padded);
                    if n % 64 == 0 {
                        thread::sleep(Duration::from_micros(300));
                    }
                }
            });
        }
        // Also where an assertion fails: the sender must end.
        let end = Over(&over);
        thread::sleep(Duration::from_millis(50));
        let done = task();
        drop(end);
        done
    })
}

#[test]
fn echo_among_lies_is_counted_as_it_is() {
    let Some(lab) = lab::start!() else { return };
    let bridge = lab.bridge(3);
    let mut server = serve(&bridge.hosts[1], "--json -q");
    let before = backlog_drops();
    let (told, early, late) = among_lies(&bridge, || {
        let mut run = rlink(&bridge.hosts[0], &format!("ping {} -I eth0 -c 100 -i 0.02 --json", mac(2))).start();
        run.wait_for(|text| text.lines().count() > 5);
        let early = resident(&run);
        run.wait_for(|text| text.lines().count() > 80);
        let late = resident(&run);
        (events(&run.wait()), early, late)
    });
    let end = of(&told, "summary")[0];
    let n = |counter: &str| end[counter].as_u64().unwrap();
    let dropped = n("dropped") + backlog_drops() - before;
    assert!(n("sent") == 100 && n("lost") <= dropped && n("received") >= 1, "{end}");
    assert_eq!((n("duplicates"), n("corrupt"), n("errors")), (0, 0, 0), "{end}");
    // Those that are for another ident the kernel's filter keeps away; some share it by chance.
    assert!(n("foreign") <= 10_000_000, "{end}");
    assert!(late <= early + 1024, "{early} KiB, then {late} KiB");
    server.signal(libc::SIGINT);
    assert!(!server.try_ended() || !server.stderr_so_far().contains("panicked"));
    let served = events(&server.wait().ok());
    // What came was answered once each; the liar's frames to others were none of ours.
    assert!(of(&served, "served")[0]["answered"].as_u64().unwrap() <= 100, "{served:#?}");
}

#[test]
fn neighbours_are_found_among_lies_and_no_liar_is_one() {
    let Some(lab) = lab::start!() else { return };
    let bridge = lab.bridge(3);
    let us = &bridge.hosts[0];
    among_lies(&bridge, || {
        for (command, target) in [("arp", "10.1.0.2"), ("ndp", "fd00:1::2")] {
            let out = rlink(us, &format!("{command} {target} -I eth0 -c 10 -i 0.05 --json")).output();
            let told = events(&out);
            let answers = of(&told, "neighbour");
            assert!(!answers.is_empty(), "{command}: {told:#?}");
            for answer in answers {
                assert_eq!(
                    (&answer["mac"], &answer["conflict"]),
                    (&mac(2).into(), &false.into()),
                    "{command}: {answer}"
                );
            }
            let end = of(&told, "summary")[0];
            assert_eq!((&end["sent"], &end["duplicates"]), (&10.into(), &0.into()), "{end}");
        }
        let told = events(&rlink(us, "scan -I eth0 10.1.0.0/29 --json").output());
        let found: Vec<(&str, &str)> = of(&told, "neighbour")
            .iter()
            .map(|found| (found["address"].as_str().unwrap(), found["mac"].as_str().unwrap()))
            .collect();
        assert!(found.contains(&("10.1.0.2", &mac(2))), "{told:#?}");
        assert!(found.iter().all(|(addr, _)| *addr == "10.1.0.2" || *addr == "10.1.0.3"), "{told:#?}");
    });
}

#[test]
fn a_dump_shows_lies_as_what_they_are() {
    let Some(lab) = lab::start!() else { return };
    let bridge = lab.bridge(3);
    for words in ["", "--json"] {
        let out =
            among_lies(&bridge, || rlink(&bridge.hosts[0], &format!("dump -I eth0 -c 3000 -w 5 {words}")).output());
        assert!(!out.killed && out.signal().is_none() && !out.stderr.contains("panicked"), "{}", out.stderr);
        let painted = out.stdout.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(painted, None, "{words}");
        if words == "--json" {
            assert!(of(&events(&out), "packet").len() > 100);
        }
    }
}
