//! What passes: held against tshark's view of the same packets, by filter, direction, tag; and the interface left as found.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::bed::{events, mac, of, rlink};
use crate::lab::{self, Host, Lab, Need, Running};

/// A dump that listens.
fn dump(host: &Host, words: &str) -> Running {
    let run = rlink(host, &format!("dump -I eth0 {words}")).start();
    // It prints nothing until a frame passes: its socket says that it is there.
    let there = lab::eventually(std::time::Duration::from_secs(20), || {
        host.enter(|| fs::read_to_string("/proc/thread-self/net/packet").unwrap())
            .lines()
            .any(|line| line.split_whitespace().nth(3) == Some("0003"))
    });
    assert!(there, "the packet socket opens");
    run
}

/// Ends it and gives what it told.
fn end(run: Running) -> Vec<Value> {
    run.signal(libc::SIGINT);
    events(&run.wait().ok())
}

fn traffic(a: &Host) {
    a.command("ping").words("-c 2 -i 0.01 10.1.0.2").output().ok();
    a.command("ping").words("-c 2 -i 0.01 fd00:1::2").output().ok();
    let script = "import socket\n\
        u=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); u.sendto(b'x'*700,('10.1.0.2',9))\n\
        v=socket.socket(socket.AF_INET6,socket.SOCK_DGRAM); v.sendto(b'y',('fd00:1::2',4053))\n\
        for host in ('10.1.0.2','fd00:1::2'):\n\
        \ttry: socket.create_connection((host,81),1)\n\
        \texcept ConnectionRefusedError: pass\n";
    a.command("python3").args(["-c", script]).output().ok();
    rlink(a, &format!("send {} -I eth0 --payload Hi", mac(2))).output().ok();
    rlink(a, &format!("send {} -I eth0 --payload Hi --vlan 5:3", mac(2))).output().ok();
}

/// A frame as both tell of it: EtherType behind tags, addresses, protocol, ports, VLAN, length.
type Seen = (u64, String, String, Option<u64>, Option<u64>, Option<u64>, Option<u64>, u64);

fn ours(told: &[Value]) -> BTreeMap<Seen, usize> {
    let mut all = BTreeMap::new();
    for p in of(told, "packet") {
        let text = |key: &str| p[key].as_str().unwrap_or_default().to_owned();
        let n = |key: &str| p[key].as_u64();
        let tag = if p["vlan"].is_null() { 0 } else { 4 };
        // A tag that was taken out is not in the length; one in the frame of our own is.
        let len = n("bytes").unwrap().max(n("captured").unwrap());
        let whole = if p["direction"] == "out" { len } else { len + tag };
        let arp = n("ethertype") == Some(0x0806);
        let (source, destination) = if arp { Default::default() } else { (text("source"), text("destination")) };
        let seen: Seen = (
            n("ethertype").unwrap(),
            source,
            destination,
            n("protocol"),
            n("source_port"),
            n("destination_port"),
            n("vlan"),
            whole,
        );
        *all.entry(seen).or_insert(0) += 1;
    }
    all
}

fn theirs(lines: &str) -> BTreeMap<Seen, usize> {
    let mut all = BTreeMap::new();
    for line in lines.lines() {
        let f: Vec<&str> = line.split('\t').collect();
        let first = |a: usize| f[a].split(',').next().unwrap_or_default().to_owned();
        let pick = |a: usize, b: usize| if f[a].is_empty() { first(b) } else { first(a) };
        let n = |text: String| text.parse::<u64>().ok();
        let ty = if f[1].is_empty() { f[0] } else { f[1] };
        let ty = u64::from_str_radix(ty.split(',').next().unwrap().trim_start_matches("0x"), 16).unwrap();
        let protocol = n(first(6)).or_else(|| n(first(7)));
        // Of an ICMP error tshark tells the ports that it quotes.
        let port = |a, b| if matches!(protocol, Some(1 | 58)) { None } else { n(pick(a, b)) };
        let (vlan, len) = (n(first(12)), n(first(13)).unwrap());
        let seen: Seen = (ty, pick(2, 4), pick(3, 5), protocol, port(8, 10), port(9, 11), vlan, len);
        *all.entry(seen).or_insert(0) += 1;
    }
    all
}

const FIELDS: &str = "-T fields -E occurrence=f -e eth.type -e vlan.etype -e ip.src -e ip.dst -e ipv6.src -e ipv6.dst \
     -e ip.proto -e ipv6.nxt -e tcp.srcport -e tcp.dstport -e udp.srcport -e udp.dstport -e vlan.id -e frame.len";

fn file(lab: &Lab, name: &str) -> String {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR"));
    dir.join(format!("{}-{}-{name}", lab.test().replace("::", "-"), std::process::id())).display().to_string()
}

#[test]
fn tshark_sees_the_same_packets() {
    let Some(lab) = lab::start!(Need::Tool("tshark"), Need::Tool("python3"), Need::Tool("ping")) else { return };
    let pair = lab.pair();
    let (capture, pcap) = (file(&lab, "ours.pcapng"), file(&lab, "lines.json"));
    let _ = fs::remove_file(&pcap);
    for host in [&pair.a, &pair.b] {
        // Both at once: one tells, one writes a file for tshark to read.
        let writing = dump(host, &format!("--pcapng {capture}"));
        let telling = dump(host, "--json");
        lab::eventually(std::time::Duration::from_secs(20), || {
            let sockets = host.enter(|| fs::read_to_string("/proc/thread-self/net/packet").unwrap());
            sockets.lines().filter(|line| line.split_whitespace().nth(3) == Some("0003")).count() == 2
        });
        traffic(&pair.a);
        let told = end(telling);
        writing.signal(libc::SIGINT);
        let said = writing.wait().ok();
        assert!(said.stdout.starts_with("\n--- eth0 listened to for "), "no frames, only totals: {}", said.stdout);
        let read = host.command("tshark").words(&format!("-r {capture} {FIELDS}")).output().ok();
        let (ours, theirs) = (ours(&told), theirs(&read.stdout));
        assert!(ours.len() >= 14, "{ours:#?}");
        // The file was closed a little later or earlier than the lines: nothing but neighbour upkeep may differ.
        let upkeep = |seen: &&Seen| seen.0 == 0x0806 || seen.3 == Some(58) || seen.3 == Some(0);
        for seen in ours.keys().filter(|seen| !upkeep(seen)) {
            assert_eq!(
                ours.get(seen),
                theirs.get(seen),
                "{}: {seen:?}\nours {ours:#?}\ntheirs {theirs:#?}",
                host.name()
            );
        }
        for seen in theirs.keys().filter(|seen| !upkeep(seen)) {
            assert!(ours.contains_key(seen), "{}: {seen:?}\nours {ours:#?}", host.name());
        }
        let broken = host.command("tshark").words(&format!("-r {capture} -Y _ws.malformed")).output().ok();
        assert_eq!(broken.stdout, "");
        let totals = of(&told, "dumped")[0];
        assert_eq!(
            (&totals["dropped"], totals["frames"].as_u64()),
            (&0.into(), Some(of(&told, "packet").len() as u64))
        );
        let out = of(&told, "packet").iter().filter(|p| p["direction"] == "out").count() as u64;
        assert_eq!(totals["outgoing"].as_u64(), Some(out));
    }
    let _ = fs::remove_file(capture);
}

#[test]
fn what_rlink_sends_is_what_tshark_reads() {
    let Some(lab) = lab::start!(Need::Tool("tshark")) else { return };
    let bridge = lab.bridge(2);
    let (a, b) = (&bridge.hosts[0], &bridge.hosts[1]);
    let capture = file(&lab, "sent.pcapng");
    let writing = dump(b, &format!("--pcapng {capture}"));
    rlink(a, "arp 10.1.0.2 -c 1").output().ok();
    rlink(a, "arp 10.1.0.66 -I eth0 --dad -c 1 -W 0.1").output().ok();
    rlink(a, "arp 10.1.0.1 -I eth0 --announce -c 1").output().ok();
    rlink(a, "arp 10.1.0.1 -I eth0 --announce=reply -c 1").output().ok();
    rlink(a, "ndp fd00:1::2 -c 1").output().ok();
    rlink(a, "ndp fd00:1::66 -I eth0 --dad -W 0.1 -c 1").output().ok();
    rlink(a, "ndp fd00:1::1 -I eth0 --announce -c 1").output().ok();
    rlink(a, "ndp --routers -I eth0 -c 1 -W 0.1").output();
    rlink(a, "scan -I eth0 -6 -W 0.2 --retries 0").output().ok();
    writing.signal(libc::SIGINT);
    writing.wait().ok();
    let read = |filter: &str| {
        let words = ["-r", &capture, "-o", "ip.check_checksum:TRUE", "-Y", filter];
        b.command("tshark").args(words).output().ok().stdout.lines().count()
    };
    for filter in [
        "arp.opcode == 1 && arp.src.proto_ipv4 == 10.1.0.1 && arp.dst.proto_ipv4 == 10.1.0.2",
        "arp.isprobe == 1 && arp.dst.proto_ipv4 == 10.1.0.66",
        "arp.isannouncement == 1 && arp.opcode == 1 && arp.src.proto_ipv4 == 10.1.0.1",
        "arp.opcode == 2 && arp.isgratuitous == 1 && eth.dst == ff:ff:ff:ff:ff:ff",
        "icmpv6.type == 135 && icmpv6.nd.ns.target_address == fd00:1::2 && ipv6.dst == ff02::1:ff00:2 && icmpv6.opt.linkaddr == 02:00:00:00:00:01",
        "icmpv6.type == 135 && icmpv6.nd.ns.target_address == fd00:1::66 && ipv6.src == :: && icmpv6.opt.nonce",
        "icmpv6.type == 136 && icmpv6.nd.na.target_address == fd00:1::1 && ipv6.dst == ff02::1 && icmpv6.nd.na.flag.o == 1 && icmpv6.nd.na.flag.s == 0",
        "icmpv6.type == 133 && ipv6.dst == ff02::2 && ipv6.hlim == 255",
        "icmpv6.type == 128 && ipv6.dst == ff02::1",
    ] {
        assert!(read(filter) >= 1, "{filter}");
    }
    for never in ["_ws.malformed", "icmpv6.checksum.status == 0 && eth.src == 02:00:00:00:00:01"] {
        assert_eq!(read(never), 0, "{never}");
    }
    let _ = fs::remove_file(capture);
}

#[test]
fn filters_count_and_the_interface_is_left_as_found() {
    let Some(lab) = lab::start!(Need::Tool("python3"), Need::Tool("ping")) else { return };
    let pair = lab.pair();
    let b = &pair.b;
    let listening = [
        ("--proto udp --port 4053", vec!["fd00:1::2"]),
        ("--proto icmp --host 10.1.0.1", vec!["10.1.0.2", "10.1.0.1"]),
        ("--proto tcp --host fd00:1::1", vec!["fd00:1::2", "fd00:1::1"]),
        ("--proto 0x88b5 --promisc", vec![]),
        ("--proto arp -c 1", vec!["10.1.0.2"]),
    ];
    let runs: Vec<_> = listening.iter().map(|(words, _)| dump(b, &format!("{words} --json"))).collect();
    // The flag of an interface tells only of who set it by hand.
    let promiscuous = || b.command("ip").words("-d link show dev eth0").output().ok().stdout.contains("promiscuity 1");
    assert!(lab::eventually(std::time::Duration::from_secs(20), promiscuous), "while it runs");
    let sockets = || {
        let text = b.enter(|| fs::read_to_string("/proc/thread-self/net/packet").unwrap());
        text.lines().filter(|line| line.split_whitespace().nth(3) == Some("0003")).count()
    };
    assert!(lab::eventually(std::time::Duration::from_secs(20), || sockets() == listening.len()));
    pair.a.ip("neigh flush dev eth0");
    b.ip("neigh flush dev eth0");
    traffic(&pair.a);
    for (run, (words, expect)) in runs.into_iter().zip(&listening) {
        let told = if words.contains("-c 1") { events(&run.wait().ok()) } else { end(run) };
        let packets = of(&told, "packet");
        assert!(!packets.is_empty(), "{words}");
        assert_eq!(of(&told, "dumped")[0]["frames"], packets.len(), "{words}");
        for p in &packets {
            if words.contains("88b5") {
                assert_eq!(p["ethertype"], 0x88b5);
            } else if words.contains("arp") {
                assert_eq!(p["ethertype"], 0x0806);
            } else {
                assert!(expect.contains(&p["destination"].as_str().unwrap()), "{words}: {p}");
            }
        }
        if words.contains("88b5") {
            let tags: Vec<_> = packets.iter().map(|p| p["vlan"].as_u64()).collect();
            assert_eq!(tags, [None, Some(5)], "both, tagged and not");
        }
    }
    assert!(lab::eventually(std::time::Duration::from_secs(20), || !promiscuous()), "as it was found");
}

#[test]
fn frames_of_others_are_heard_by_promiscuous_ears_only() {
    let Some(lab) = lab::start!() else { return };
    let bridge = lab.bridge(2);
    let (a, b) = (&bridge.hosts[0], &bridge.hosts[1]);
    // To a station that is nowhere: the bridge floods it.
    for (words, heard) in [("--promisc", 1), ("", 0)] {
        let run = dump(b, &format!("--proto 88b5 {words} --json"));
        rlink(a, "send 02:00:00:00:00:99 -I eth0 --payload x").output().ok();
        rlink(a, &format!("send {} -I eth0 --payload y", mac(2))).output().ok();
        let told = end(run);
        let others = of(&told, "packet").iter().filter(|p| p["direction"] == "other").count();
        // A veth has no address filter: the kernel marks what is another's, and that is what is shown.
        assert!(others >= heard, "{words}: {told:#?}");
        assert_eq!(of(&told, "packet").iter().filter(|p| p["direction"] == "in").count(), 1);
    }
}

#[test]
fn an_interface_that_goes_and_a_full_disk() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let mut run = dump(&pair.b, "--proto 88b5 --json");
    pair.b.down("eth0");
    run.wait_for(|text| text.contains("\"state\":\"down\""));
    pair.b.up("eth0");
    pair.b.ready("eth0");
    run.wait_for(|text| text.contains("\"state\":\"up\""));
    rlink(&pair.a, &format!("send {} -I eth0 --payload Hi", mac(2))).output().ok();
    run.wait_for(|text| text.contains("\"packet\""));
    end(run);
    let out = rlink(&pair.b, "dump -I eth0 --pcapng /dev/full").output();
    assert_eq!((out.code(), out.stderr.as_str()), (Some(2), "rlink: --pcapng: No space left on device\n"));
}
