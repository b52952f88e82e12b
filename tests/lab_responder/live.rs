//! The responder on a real interface, with other people's programs in front of it.

use std::time::Duration;

use crate::lab::responder::{Carrier, Record};
use crate::lab::{self, Action, Kind, Need, Responder, Scenario};

/// Two hops, two hosts in both families; the second loses and doubles.
const SMALL: &str = r#"
    title = "two hops"
    [[hop]]
    address = ["10.255.1.1", "fd00:ff:1::1"]
    [[hop]]
    address = ["10.255.2.1", "fd00:ff:2::1"]
    [[host]]
    prefix = ["10.9.1.0/24", "fd00:9:1::/64"]
    [[host]]
    prefix = ["10.9.2.0/24", "fd00:9:2::/64"]
    [[host]]
    prefix = ["10.9.3.0/24", "fd00:9:3::/64"]
    down = "host-unreachable"
    [[rule]]
    to = ["10.9.2.0/24", "fd00:9:2::/64"]
    seq = 2
    drop = true
    [[rule]]
    to = ["10.9.2.0/24", "fd00:9:2::/64"]
    seq = 3
    copies = 2
"#;

#[test]
fn ping_counts_what_the_responder_did_on_either_carrier() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    for carrier in [Carrier::Tun, Carrier::Veth] {
        let host = lab.host("a");
        let net = match carrier {
            Carrier::Tun => lab.simulate(&host, Scenario::parse(SMALL)),
            Carrier::Veth => Responder::start_on_veth(&host, Scenario::parse(SMALL)),
        };
        for target in ["10.9.2.7", "fd00:9:2::7"] {
            let out = host.command("ping").words("-c 4 -i 0.01 -W 2 -n").arg(target).output().ok();
            // iputils stops counting when all is answered, so the copies behind the last reply may go unseen.
            assert!(
                out.stdout.contains("4 packets transmitted, 3 received, +2 duplicates, 25% packet loss"),
                "{out:#?}"
            );
            assert!(out.stdout.contains("ttl=62"), "{out:#?}");
        }
        let log = net.log();
        assert_eq!(log.echoes().len(), 8);
        assert_eq!(log.count(Action::Dropped), 2);
        assert_eq!(log.echoes().iter().map(|s| s.sent).sum::<usize>(), 10);
    }
}

#[test]
fn ping_names_the_hop_that_a_short_ttl_ends_at() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    let host = lab.host("a");
    let net = lab.simulate(&host, Scenario::parse(SMALL));
    for (target, ttl, from) in [("10.9.1.1", "1", "10.255.1.1"), ("fd00:9:1::1", "2", "fd00:ff:2::1")] {
        let out = host.command("ping").words("-c 1 -W 5 -n -t").args([ttl, target]).output();
        assert!(out.stdout.contains(&format!("From {from}")) && out.stdout.contains("xceeded"), "{out:#?}");
    }
    assert_eq!((net.log().count(Action::Expired(1)), net.log().count(Action::Expired(2))), (1, 1));
}

#[test]
fn ping_shows_the_error_of_a_host_that_is_down() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::parse(SMALL));
    let out = host.command("ping").words("-c 1 -W 5 -n 10.9.3.1").output();
    assert!(out.stdout.contains("From 10.255.2.1 icmp_seq=1 Destination Host Unreachable"), "{out:#?}");
    let out = host.command("ping").words("-c 1 -W 5 -n fd00:9:3::1").output();
    assert!(out.stdout.contains("From fd00:ff:2::1 icmp_seq=1 Destination unreachable: Address"), "{out:#?}");
}

#[test]
fn fping_sweeps_thousands_of_simulated_addresses() {
    let Some(lab) = lab::start!(Need::Tool("fping")) else { return };
    let host = lab.host("a");
    let scenario = r#"
        title = "a wide network with one address in four down"
        [[host]]
        prefix = "10.16.0.0/12"
        [[rule]]
        to = ["10.16.3.0/26", "10.16.4.0/26"]
        drop = true
    "#;
    let net = lab.simulate(&host, Scenario::parse(scenario));
    let out = host.command("fping").words("-q -s -r 0 -t 3000 -i 0.05 -g 10.16.0.0 10.16.7.255").output();
    assert!(out.stderr.contains("2048 targets") && out.stderr.contains("1920 alive"), "{out:#?}");
    assert_eq!(net.log().echoes().len(), 2048);
    assert_eq!(net.log().count(Action::Dropped), 128);
}

#[test]
fn a_large_echo_is_answered_whole() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    for carrier in [Carrier::Tun, Carrier::Veth] {
        let host = lab.host("a");
        let scenario = Scenario::parse(SMALL);
        let net = match carrier {
            Carrier::Tun => lab.simulate(&host, scenario),
            Carrier::Veth => Responder::start_on_veth(&host, scenario),
        };
        for target in ["10.9.1.1", "fd00:9:1::1"] {
            let out = host.command("ping").words("-c 1 -W 5 -n -s 5000").arg(target).output().ok();
            assert!(out.stdout.contains("5008 bytes from"), "{out:#?}");
        }
        assert_eq!(net.log().count(Action::Replied), 2);
        assert!(net.log().count(Action::Fragment) >= 8);
    }
}

#[test]
fn delays_are_kept_on_a_real_interface() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    let host = lab.host("a");
    let scenario = "
        title = 'slow'
        [[host]]
        prefix = '10.9.1.0/24'
        delay = '30ms'
        [[rule]]
        seq = 1
        delay = '600ms'
    ";
    let _net = lab.simulate(&host, Scenario::parse(scenario));
    let capture = host.capture("net0");
    host.command("ping").words("-c 2 -i 0.02 -W 3 -n 10.9.1.1").output().ok();
    let seen = capture.stop_icmp();
    let rtt = |seq| {
        let at = |reply| seen.iter().find(|m| m.seq() == seq && m.is_echo_reply() == reply).unwrap().at_ns;
        Duration::from_nanos(at(true) - at(false))
    };
    // Never earlier; how much later is the scheduler's affair.
    assert!(rtt(1) >= Duration::from_millis(630) && rtt(2) >= Duration::from_millis(30));
    let order: Vec<u16> = seen.iter().filter(|m| m.is_echo_reply()).map(|m| m.seq()).collect();
    assert_eq!(order, [2, 1]);
}

#[test]
fn address_resolution_can_be_slow() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    let host = lab.host("a");
    let scenario = "
        title = 'slow ARP'
        [neighbour]
        delay = '80ms'
        [[host]]
        prefix = ['10.9.1.0/24', 'fd00:9:1::/64']
    ";
    let net = Responder::start_on_veth(&host, Scenario::parse(scenario));
    let capture = host.capture("net0");
    let out = host.command("ping").words("-c 1 -W 2 -n 10.9.1.1").output().ok();
    let ms: f64 = out.stdout.split("time=").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(ms >= 80.0, "iputils counts the wait for ARP: {out:#?}");
    let seen = capture.stop_icmp();
    let echo: Vec<_> = seen.iter().filter(|m| m.src.is_ipv4()).collect();
    assert_eq!(echo.len(), 2);
    assert_eq!(net.log().iter().filter(|s| s.kind == Kind::Echo).count(), 1);
}

#[test]
fn the_far_side_of_a_path_mtu_is_found_by_the_kernel() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    let host = lab.host("a");
    let scenario = "
        title = 'a narrow line behind the second hop'
        [[hop]]
        address = ['10.255.1.1', 'fd00:ff:1::1']
        [[hop]]
        address = ['10.255.2.1', 'fd00:ff:2::1']
        mtu = 1400
        [[host]]
        prefix = ['10.9.1.0/24', 'fd00:9:1::/64']
    ";
    let net = lab.simulate(&host, Scenario::parse(scenario));
    let out = host.command("ping").words("-c 1 -W 5 -n -M do -s 1400 10.9.1.1").output();
    assert!(out.stdout.contains("From 10.255.2.1") && out.stdout.contains("(mtu = 1400)"), "{out:#?}");
    let out = host.command("ping").words("-c 1 -W 5 -n -M do -s 1400 fd00:9:1::1").output();
    assert!(out.stdout.contains("From fd00:ff:2::1") && out.stdout.contains("Packet too big: mtu=1400"), "{out:#?}");
    assert_eq!(net.log().count(Action::TooBig(2)), 2);
    assert!(host.command("ip").words("route get 10.9.1.1").output().ok().stdout.contains("mtu 1400"));
}

#[test]
fn routes_and_times_are_recorded_on_the_way() {
    let Some(lab) = lab::start!(Need::Tool("ping")) else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::parse(SMALL));
    let out = host.command("ping").words("-c 1 -W 5 -n -R 10.9.1.1").output().ok();
    let route: Vec<&str> = out.stdout.lines().skip_while(|l| !l.contains("RR:")).map(str::trim).take(6).collect();
    let way = ["RR: \t10.200.0.2", "10.255.1.1", "10.255.2.1", "10.9.1.1", "10.255.2.1", "10.255.1.1"];
    assert_eq!(route, way, "{out:#?}");
    let out = host.command("ping").words("-c 1 -W 5 -n -T tsandaddr 10.9.1.1").output().ok();
    let hops: Vec<&str> = out.stdout.lines().skip_while(|l| !l.contains("TS:")).map(str::trim).take(4).collect();
    assert!(hops[1].starts_with("10.255.1.1") && hops[3].starts_with("10.9.1.1"), "{out:#?}");
    assert!(out.stdout.contains("Unrecorded hops: 3"), "two routers and this host: {out:#?}");
}

/// Debian's traceroute finds the way by each of its methods, on either carrier.
#[test]
fn traceroute_finds_every_hop() {
    let Some(lab) = lab::start!(Need::Tool("traceroute")) else { return };
    for carrier in [Carrier::Tun, Carrier::Veth] {
        let host = lab.host("a");
        let net = match carrier {
            Carrier::Tun => lab.simulate(&host, Scenario::load("trace_plain")),
            Carrier::Veth => Responder::start_on_veth(&host, Scenario::load("trace_plain")),
        };
        for (target, method) in [("10.9.1.1", "-I"), ("10.9.1.1", "-U"), ("10.9.1.1", "-T"), ("10.9.1.1", "-T -p 81")]
            .into_iter()
            .flat_map(|(t, m)| [(t, m), ("fd00:9:1::1", m)])
        {
            let router = |i| if target.contains(':') { format!("fd00:ff:{i:x}::1") } else { format!("10.255.{i}.1") };
            let way: Vec<String> = (1..=12).map(router).chain([target.to_owned()]).collect();
            let trace = || {
                let traceroute = host.command("traceroute").words("-n -q 1 -N 4 -w 5 -m 16");
                let out = traceroute.words(method).arg(target).output().ok();
                let hops = out.stdout.lines().skip(1).filter_map(|l| l.split_whitespace().nth(1));
                (hops.map(str::to_owned).collect::<Vec<_>>(), out)
            };
            // Once in some thousand traces by TCP it hears nothing of the target, whatever it sends: that is no proof.
            let (hops, out) = (0..3).map(|_| trace()).find(|(hops, _)| *hops == way).unwrap_or_else(trace);
            assert_eq!(hops, way, "{carrier:?} {method} {out:#?}");
        }
        assert_eq!(net.log().count(Action::BadChecksum), 0);
    }
}

/// Labels, codes and MTUs as traceroute prints them.
#[test]
fn traceroute_shows_what_routers_say() {
    let Some(lab) = lab::start!(Need::Tool("traceroute")) else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("trace_habits"));
    for (options, target, words) in [
        ("-e", "10.9.3.1", "<MPLS:L=24001,E=5,S=0,T=1/L=16,E=0,S=1,T=2>"),
        ("-e", "fd00:9:3::1", "<MPLS:L=24002,E=0,S=1,T=1>"),
        ("-e", "10.9.4.1", "<MPLS:L=24003,E=0,S=1,T=1>"),
        ("-U", "10.9.16.1", "!X"),
        ("-U", "fd00:9:17::1", "!H"),
        ("-U", "10.9.18.1", "!N"),
        ("-U", "10.9.26.1", "!S"),
        ("--mtu", "10.9.12.1", "F=1400"),
        ("--mtu", "fd00:9:12::1", "F=1400"),
        ("--back", "10.9.20.1", "'-7'"),
    ] {
        let out = host.command("traceroute").words("-n -q 1 -N 4 -w 2 -m 9").args([options, target]).output();
        assert!(out.stdout.contains(words), "{options} {target}: {words} in {out:#?}");
    }
}
