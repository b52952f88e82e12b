//! Each option's meaning and each refusal, as tables.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::*;
use crate::cli::color::Color;
use crate::cli::operand::Host;
use crate::cli::options;
use crate::net::Peer;
use crate::net::icmp::{HeaderInclude, SocketChoice};
use crate::ping::{Pace, Stamping, Until};
use crate::sys::options::PmtuMode;
use crate::units::Ident;

fn caller(is_root: bool) -> Caller {
    let invocation = Invocation { name: "rping".into(), peer: None, family: None };
    Caller { invocation, is_root, no_names: false, no_color: false }
}

fn plan_as(words: &str, caller: &Caller) -> Result<Plan, String> {
    let words = std::iter::once("rping").chain(words.split(' ').filter(|word| !word.is_empty()));
    let words = words.map(|word| if word == "''" { "" } else { word });
    let args = options::read::<Args, _, _>(words).map_err(|error| Refusal::from_clap(&error, "rping").to_string())?;
    Plan::of(&args, caller).map_err(|refusal| refusal.to_string())
}

fn plan(words: &str) -> Plan {
    plan_as(words, &caller(true)).unwrap_or_else(|refusal| panic!("{words}: {refusal}"))
}

fn refusal(words: &str) -> String {
    plan_as(words, &caller(true)).map(|_| ()).expect_err(words)
}

#[test]
fn without_options_it_is_ping() {
    let plan = plan("localhost");
    let expect = Config::new(Vec::new(), [0; 16]);
    assert_eq!(format!("{:?}", plan.session), format!("{expect:?}"));
    let sockets = Options { window: 1, size: 56, tell_queue_drops: true, ..Options::default() };
    assert_eq!(format!("{:?}", plan.sockets), format!("{sockets:?}"));
    assert_eq!(plan.operands, [Operand { text: "localhost".into(), host: Host::Name }]);
    assert_eq!((plan.family, plan.task), (None, Task::Ping));
    assert_eq!(plan.output.names, NamesWanted::OfNamedHosts);
}

#[test]
fn bad_input_is_one_line_that_names_the_argument() {
    for (words, line) in [
        ("-c 0 ::1", "-c 0: out of range: 1 <= value <= 9223372036854775807"),
        ("-c 1.5 ::1", "-c 1.5: not a whole number; 1 <= value <= 9223372036854775807"),
        ("--count=x ::1", "-c x: not a whole number; 1 <= value <= 9223372036854775807"),
        ("-i -1 ::1", "-i -1: a duration cannot be negative: write seconds (0.2) or units (200ms, 1m30s)"),
        ("-i nan ::1", "-i nan: not a duration: write seconds (0.2) or units (200ms, 1m30s)"),
        ("-i inf ::1", "-i inf: not a duration: write seconds (0.2) or units (200ms, 1m30s)"),
        ("-i 1M ::1", "-i 1M: unknown unit 'M': the units are ns, us, ms, s, m (minutes) and h"),
        ("-i 9999999 ::1", "-i 9999999: too long: at most 2147483 seconds"),
        ("-W x ::1", "-W x: not a duration: write seconds (0.2) or units (200ms, 1m30s)"),
        ("-w 99999999999 ::1", "-w 99999999999: too long to be counted in nanoseconds (584 years are the most)"),
        ("-s 99999 ::1", "-s 99999: out of range: 0 <= value <= 65527"),
        ("-s 65508 127.1", "-s 65508: out of range: 0 <= value <= 65507"),
        ("-s 65468 -R 127.1", "-s 65468: out of range: 0 <= value <= 65467"),
        ("-s 65527 127.1 ::1", "-s 65527: out of range: 0 <= value <= 65507 with IPv4"),
        ("-s -1 ::1", "-s -1: out of range: 0 <= value <= 65527"),
        ("-t 300 ::1", "-t 300: out of range: 0 <= value <= 255"),
        ("-t 0 127.1", "-t 0: out of range: 1 <= value <= 255 with IPv4; 0 takes --hdrincl"),
        ("-I a/b ::1", "-I a/b: neither an address nor an interface's name"),
        ("-I an-interface-too-long ::1", "-I an-interface-too-long: neither an address nor an interface's name"),
        ("-I :: -4 ::1", "the source address is IPv6 and -4 is IPv4: choose one family"),
        ("-I fe80::x ::1", "-I fe80::x: invalid source address"),
        ("--source eth0 ::1", "--source eth0: not an IPv4 or IPv6 address"),
        ("-Q xyz ::1", "-Q xyz: neither a number (0 to 255, 0x..) nor a DSCP name (ef, af11, cs5, le, be, va)"),
        ("-Q 256 ::1", "-Q 256: out of range: 0 <= value <= 255"),
        ("-Q 1 --dscp ef ::1", "-Q and --dscp both set the same byte: choose one"),
        ("-p zz ::1", "-p zz: patterns must be specified as hex digits, as in ff or 00ff"),
        ("-p '' ::1", "-p '': patterns must be specified as hex digits, as in ff or 00ff"),
        ("-m x ::1", "-m x: not a whole number; 0 <= value <= 4294967295"),
        ("-e 65536 ::1", "-e 65536: out of range: 0 <= value <= 65535"),
        ("-e 0 --socket dgram ::1", "--socket dgram does not go with -e 0, which only a raw socket can do"),
        ("-F 0x100000 ::1", "-F 0x100000: out of range: 0 <= value <= 1048575"),
        ("-F 1 127.1", "127.1: an IPv4 address, but -F asks for IPv6"),
        ("-M maybe ::1", "-M maybe: not one of do, want, probe, dont"),
        ("-T maybe 127.1", "-T maybe: invalid timestamp type: not one of tsonly, tsandaddr, tsprespec"),
        ("-T tsonly -R 127.1", "-R and -T: only one of -T or -R may be used"),
        ("-T tsprespec router", "router: -T tsprespec takes IPv4 addresses, not names"),
        ("-T tsprespec 1.1 1.2 1.3 1.4 1.5", "-T tsprespec: 5 hosts where an IP option holds 1 to 4"),
        (
            "-N help ::1",
            "-N help: node information queries are not supported (few hosts answer RFC 4620); use iputils' ping -N",
        ),
        ("-S 0 ::1", "-S 0: out of range: 1 <= value <= 2147483647"),
        ("-l 0 ::1", "-l 0: out of range: 1 <= value <= 65536"),
        ("--socket udp ::1", "--socket udp: not one of auto, raw, dgram"),
        ("--clock sun ::1", "--clock sun: not one of auto, kernel, user"),
        ("--clock kernel -U ::1", "--clock kernel does not go with -U, which prints the process's own times"),
        ("--color blue ::1", "--color blue: not one of auto, always, never"),
        ("--until-up 0 ::1", "--until-up 0: out of range: 1 <= value <= 4294967295"),
        ("--until-up 1 --until-down 1 ::1", "--until-up does not go with --until-down: choose one"),
        ("--ip-id 1 127.1", "--ip-id needs --hdrincl: otherwise the kernel numbers packets"),
        ("--df 127.1", "--df needs --hdrincl; without it, -M do sets the same bit"),
        ("--hdrincl ::1", "::1: an IPv6 address, but --hdrincl asks for IPv4"),
        ("--icmp-timestamp -6 host", "--icmp-timestamp is IPv4 and -6 is IPv6: choose one family"),
        ("--icmp-timestamp -s 9 host", "--icmp-timestamp does not go with -s: its length is fixed"),
        ("--mtu-search -s 9 host", "--mtu-search does not go with -s: it chooses the sizes"),
        ("--json --csv ::1", "--json and --csv exclude each other: choose one"),
        ("--pcapng '' ::1", "--pcapng '': needs the name of a file to write"),
        ("-4 -6 host", "-4 and -6: only one -4 or -6 option may be specified"),
        ("-4 ::1", "::1: an IPv6 address, but -4 asks for IPv4"),
        ("-6 127.1", "127.1: an IPv4 address, but -6 asks for IPv6"),
        ("-C 127.1 127.2", "-C does not go with several hosts: a socket connects to one"),
        ("''", "'': an empty host; give a name or an address"),
        ("", "usage error: no host given; name at least one, as in: 127.0.0.1"),
        ("fe80::1%", "fe80::1%: an interface must follow the %"),
        ("1:2", "1:2: neither an IPv6 address nor a name"),
        ("http://host/", "http://host/: neither an IPv6 address nor a name"),
        ("10.0.0.0/8", "10.0.0.0/8: not a name: it holds a character that no name has"),
        ("-z ::1", "unknown option '-z'; 'rping --help' lists the options"),
        ("--cuont 1 ::1", "unknown option '--cuont'; did you mean '--count'?"),
        ("::1 -c", "--count needs a value"),
        ("--json=1 ::1", "--json takes no value"),
    ] {
        assert_eq!(refusal(words), line, "{words}");
    }
    let long = "a".repeat(300);
    assert_eq!(refusal(&long), format!("{}…: a name has at most 253 characters", &long[..64]));
}

#[test]
fn options_mean_what_iputils_means() {
    let session = |words: &str| plan(words).session;
    assert_eq!(session("-c 3 h").count, Some(3));
    assert_eq!(session("-c3 -c 4 h").count, Some(4));
    assert_eq!(session("-i .0015 h").interval, Duration::from_micros(1500));
    assert_eq!(session("-i 0 h").pace, Pace::Flood);
    assert_eq!(session("-f h").pace, Pace::Flood);
    assert_eq!(session("-f -i 1 h").pace, Pace::Interval);
    assert_eq!(session("-f -i 1 h").interval, Duration::from_secs(1));
    assert_eq!(session("-A h").pace, Pace::Adaptive { floor: Duration::ZERO });
    assert_eq!(session("-W 0 h").timeout, None);
    assert_eq!(session("-W 2.5 h").timeout, Some(Duration::from_millis(2500)));
    assert!(session("-W 2.5 h").timeout_chosen && !session("h").timeout_chosen);
    assert_eq!(session("-w 0 h").deadline, None);
    assert_eq!(session("-w 1m h").deadline, Some(Duration::from_secs(60)));
    assert_eq!(session("-l 65536 h").preload, 65_536);
    assert_eq!(session("-s 0 h").size, 0);
    assert_eq!(session("-s 65527 h").size, 65_527);
    assert_eq!(session("-p ff00 h").pattern, Pattern::Bytes(vec![0xff, 0]));
    assert_eq!(session("--until-down 3 h").until, Some(Until::Down(3)));
    assert_eq!(session("--icmp-timestamp h").exchange, Exchange::Timestamp);
    assert!(session("-O h").note_unanswered);
    assert!(session("-f h").note_sent && !session("-f -q h").note_sent && !session("-f --json h").note_sent);
    assert!(session("--pcapng x h").capture);
}

#[test]
fn the_clock_decides_what_is_stamped() {
    let session = |words: &str| (plan(words).session.stamping, plan(words).session.user_to_user);
    assert_eq!(session("h"), (Stamping::All, false));
    assert!(matches!(session("-f h"), (Stamping::Sample(n), false) if n > 1));
    assert_eq!(session("-f --clock kernel h"), (Stamping::All, false));
    assert_eq!(session("-U h"), (Stamping::None, true));
    assert_eq!(session("--clock user h"), (Stamping::None, true));
}

#[test]
fn sockets_are_what_the_options_say() {
    let sockets = |words: &str| plan(words).sockets;
    assert_eq!(sockets("-e 0 h").socket, SocketChoice::Raw);
    assert_eq!(sockets("-e 0x1234 h").ident, Some(Ident(0x1234)));
    assert_eq!(sockets("-t 1 h").ttl, Some(Ttl(1)));
    assert_eq!(sockets("-Q ef h").tos, Some(0xb8));
    assert_eq!(sockets("--dscp 46 h").tos, Some(0xb8));
    assert_eq!(sockets("-M probe h").pmtu, Some(PmtuMode::Probe));
    assert_eq!(sockets("-m 0xff h").mark, Some(255));
    assert_eq!(sockets("-F 0xfffff h").flow_label, Some(0xf_ffff));
    assert_eq!(sockets("-R h").ip_options[..4], [1, 7, 39, 4]);
    assert_eq!(sockets("-T tsonly h").ip_options[..4], [68, 40, 5, 0]);
    assert_eq!(sockets("-T tsandaddr h").ip_options[..4], [68, 36, 5, 1]);
    assert_eq!(sockets("--hdrincl --ip-id 7 --df h").header, Some(HeaderInclude { ip_id: 7, df: true }));
    assert_eq!(sockets("--hdrincl h").socket, SocketChoice::Raw);
    let both = sockets("-I eth0 -I 192.0.2.1 -I 2001:db8::1 h");
    assert_eq!(both.device.as_deref(), Some("eth0"));
    let peers = ["192.0.2.1", "2001:db8::1"].map(|text| Peer::from(text.parse::<IpAddr>().unwrap()));
    assert_eq!(both.sources, peers);
    let scoped = sockets("-I ::1 -I fe80::1%eth1 h");
    assert_eq!(scoped.device.as_deref(), Some("eth1"));
    assert_eq!(scoped.sources, [Peer::from("fe80::1".parse::<IpAddr>().unwrap())]);
}

#[test]
fn sockets_fit_the_way_of_probing() {
    let paced = plan("-l 9 -s 100 h").sockets;
    assert_eq!((paced.window, paced.size, paced.stages, paced.tell_queue_drops), (9, 100, Stages::Both, true));
    let flood = plan("-f h").sockets;
    assert_eq!((flood.window, flood.stages, flood.tell_queue_drops), (1024, Stages::Driver, false));
    assert_eq!(plan("-U h").sockets.stages, Stages::None);
    assert!(plan("--pcapng x h").sockets.copies);
    assert!(plan("--icmp-timestamp h").sockets.timestamps);
    let families = |words| plan(words).sockets.family;
    assert_eq!((families("h"), families("127.1 ::1"), families("127.1 h")), (None, None, None));
    assert_eq!((families("127.1 127.2"), families("-4 h")), (Some(Family::V4), Some(Family::V4)));
    assert_eq!((families("::1"), families("-F 1 h")), (Some(Family::V6), Some(Family::V6)));
}

#[test]
fn a_family_is_implied_by_what_only_it_has() {
    for words in ["-R h", "-T tsonly h", "--hdrincl h", "--icmp-timestamp h", "-4 h", "-I 192.0.2.1 h"] {
        assert_eq!(plan(words).family, Some(Family::V4), "{words}");
    }
    for words in ["-F 1 h", "-6 h", "--source ::1 h"] {
        assert_eq!(plan(words).family, Some(Family::V6), "{words}");
    }
    assert_eq!(plan("-I 192.0.2.1 -I ::1 h").family, None);
    let six = Caller {
        invocation: Invocation { name: "ping6".into(), peer: Some("ping"), family: Some(Family::V6) },
        ..caller(true)
    };
    assert_eq!(plan_as("h", &six).unwrap().family, Some(Family::V6));
    assert_eq!(plan_as("127.1", &six).unwrap_err(), "127.1: an IPv4 address, but ping6 asks for IPv6");
    assert_eq!(plan_as("-4 h", &six).unwrap_err(), "-4 is IPv4 and ping6 is IPv6: choose one family");
}

#[test]
fn operands_are_addresses_or_names() {
    let plan = plan("127.1 fe80::1%eth0 0 :: example.org");
    let hosts: Vec<_> = plan.operands.iter().map(|operand| operand.host.clone()).collect();
    let address = |addr, zone: Option<&str>| Host::Address { addr, zone: zone.map(str::to_owned) };
    let local = IpAddr::from(Ipv4Addr::LOCALHOST);
    let scoped = "fe80::1".parse().unwrap();
    let expect = [
        address(local, None),
        address(scoped, Some("eth0")),
        address(local, None),
        address(Ipv6Addr::LOCALHOST.into(), None),
        Host::Name,
    ];
    assert_eq!(hosts, expect);
}

#[test]
fn a_prespecified_route_ends_with_its_host() {
    let plan = plan("-T tsprespec 192.0.2.1 192.0.2.2 192.0.2.3");
    let stamps: Vec<u8> = [1, 2, 3].into_iter().flat_map(|last| [192, 0, 2, last, 0, 0, 0, 0]).collect();
    assert_eq!(plan.sockets.ip_options, [[68, 28, 5, 3].as_slice(), &stamps].concat());
    assert_eq!(plan.operands.len(), 1);
    assert_eq!(plan.operands[0].text, "192.0.2.3");
}

#[test]
fn ordinary_users_are_held_to_iputils_limits_in_its_words() {
    let user = caller(false);
    let flood = "cannot flood, minimal interval for user must be >= 2 ms, use -i 0.002 (or higher)";
    for (words, line) in [
        ("-i 0.001 h", format!("-i 0.001: {flood}")),
        ("-i 1999us h", format!("-i 1999us: {flood}")),
        ("-f h", format!("-f: {flood}")),
        ("-l 4 h", "-l 4: cannot set preload to value greater than 3: 4 takes root".into()),
        (
            "-b -i 0.5 192.0.2.255",
            "-i 0.5: minimal interval for broadcast ping for user must be >= 1000 ms, use -i 1 (or higher)".into(),
        ),
        (
            "-i 0.5 ff02::1",
            "-i 0.5: minimal interval for broadcast ping for user must be >= 1000 ms, use -i 1 (or higher)".into(),
        ),
        ("-M dont ff02::1", "-M: broadcast ping does not fragment, use -M do".into()),
    ] {
        assert_eq!(plan_as(words, &user).unwrap_err(), line, "{words}");
        assert!(plan_as(words, &caller(true)).is_ok(), "{words} as root");
    }
    for words in ["-i 0.002 h", "-f -i 0.002 h", "-l 3 h", "-A h", "-b 192.0.2.255"] {
        assert!(plan_as(words, &user).is_ok(), "{words}");
    }
    assert_eq!(plan_as("-A h", &user).unwrap().session.pace, Pace::Adaptive { floor: Duration::from_millis(2) });
}

#[test]
fn names_are_looked_up_for_people_only() {
    let names = |words: &str| plan(words).output.names;
    assert_eq!(names("h"), NamesWanted::OfNamedHosts);
    assert_eq!(names("-H h"), NamesWanted::All);
    assert_eq!(names("-n -H h"), NamesWanted::All);
    assert_eq!(names("-f -H h"), NamesWanted::All);
    assert_eq!(names("--json -H h"), NamesWanted::All);
    for words in ["-n h", "-H -n h", "-f h", "-q h", "--json h", "--csv h"] {
        assert_eq!(names(words), NamesWanted::None, "{words}");
    }
    let quiet_env = Caller { no_names: true, ..caller(true) };
    assert_eq!(plan_as("h", &quiet_env).unwrap().output.names, NamesWanted::None);
    assert_eq!(plan_as("-H h", &quiet_env).unwrap().output.names, NamesWanted::All);
}

#[test]
fn colour_is_off_where_it_would_hurt() {
    let color = |words, caller: &Caller| plan_as(words, caller).unwrap().output.color;
    assert_eq!(color("h", &caller(true)), Color::Auto);
    let no_color = Caller { no_color: true, ..caller(true) };
    assert_eq!(color("h", &no_color), Color::Never);
    assert_eq!(color("--color always h", &no_color), Color::Always);
}

#[test]
fn long_names_are_the_short_ones() {
    for (long, short) in [
        ("--count 2 --interval 2 --timeout 2 --deadline 9 --size 9 --ttl 9", "-c 2 -i 2 -W 2 -w 9 -s 9 -t 9"),
        ("--quiet --numeric --timestamps --verbose --audible", "-q -n -D -v -a"),
        ("--flood --preload 2 --adaptive", "-f -l 2 -A"),
        ("--mark 1 --pmtudisc do --tos 4 --pattern ff --broadcast", "-m 1 -M do -Q 4 -p ff -b"),
        ("--interface lo --source ::1", "-I lo -I ::1"),
        ("--ident 1 --sndbuf 9 --no-loop --dont-route --debug", "-e 1 -S 9 -L -r -d"),
        ("--sticky-source --connect --outstanding --user-latency --precise", "-B -C -O -U -3"),
    ] {
        assert_eq!(format!("{:?}", plan(&format!("{long} h"))), format!("{:?}", plan(&format!("{short} h"))), "{long}");
    }
}
