//! Each option's meaning and each refusal, as tables.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use super::*;
use crate::cli::options;
use crate::net::hops::{Flow, Method as Hops, Numbering, flag};
use crate::net::icmp::SocketChoice;
use crate::report::trace::Shape;
use crate::sys::options::PmtuMode;
use crate::units::{Port, Ttl};

fn by(name: &str, words: &str) -> Result<Plan, String> {
    let invocation = Invocation::of(Some(name.as_ref()), "rtrace", super::super::peers::NAMES);
    let words = std::iter::once(name).chain(words.split(' ').filter(|word| !word.is_empty())).map(Into::into).collect();
    let words = match invocation.peer.and_then(Peer::of) {
        Some(peer) => peer.translate(words).map_err(|refusal| refusal.to_string())?,
        None => words,
    };
    let args = options::read::<Args, _, _>(words).map_err(|error| Refusal::from_clap(&error, name).to_string())?;
    Plan::of(&args, &Caller { invocation, no_color: false }).map_err(|refusal| refusal.to_string())
}

fn plan(words: &str) -> Plan {
    by("rtrace", words).unwrap()
}

fn refusal(words: &str) -> String {
    by("rtrace", words).unwrap_err()
}

#[test]
fn without_options_it_is_icmp_on_one_path() {
    let plan = plan("192.0.2.1");
    assert_eq!((plan.trace.method, plan.hops, plan.flow), (Method::Icmp, None, 0));
    assert_eq!((plan.trace.first, plan.trace.last, plan.trace.tries), (Ttl(1), Ttl(30), 3));
    assert_eq!((plan.length(Family::V4), plan.length(Family::V6), plan.trace.size), (60, 80, 32));
    assert!(plan.trace.one_flow && plan.output.names && plan.output.shape == Shape::Own);
    assert_eq!((plan.sockets.family, plan.sockets.pmtu), (Some(Family::V4), Some(PmtuMode::Dont)));
    assert_eq!(plan.origins, Origins::None);
}

#[test]
fn methods_and_their_ports() {
    let udp = |words: &str| match plan(words).hops.unwrap() {
        (Hops::Udp(numbering), flow) => (numbering, flow.src_port.map(|p| p.0), flow.dst_port.0),
        (Hops::Tcp(_), _) => panic!("{words}"),
    };
    assert_eq!(udp("-U h"), (Numbering::Paris, None, 33_434));
    assert_eq!(udp("-M udp -p 53 --sport 4000 h"), (Numbering::Paris, Some(4000), 53));
    assert_eq!(udp("-U --classic h"), (Numbering::Classic, None, 33_434));
    assert_eq!(udp("-U --dublin h"), (Numbering::Dublin, None, 33_434));
    assert_eq!(udp("-U --flow 3 h"), (Numbering::Paris, Some(31_003), 33_434));
    assert_eq!(udp("-U --flow 3 --sport 4000 h").1, Some(4003));
    assert!(!plan("-U --classic h").trace.one_flow);
    assert_eq!(plan("--flow 3 h").trace.flow, 3);
    let (Hops::Tcp(tcp), flow) = plan("-T -O ack,mss=100 -O sack h").hops.unwrap() else { panic!() };
    assert_eq!((tcp.flags, tcp.options.mss, tcp.options.sack), (flag::ACK, Some(100), true));
    assert_eq!(flow, Flow { src_port: None, dst_port: Port(80) });
    let plain = plan("-T h");
    assert_eq!((plain.length(Family::V4), plain.trace.size), (44, 0), "a segment size and nothing else");
}

#[test]
fn schedules() {
    let plan = plan("-f 2 -m 9 -q 1 -N 4 -w 2,1.5 -z 20 --gap-limit 0 --rate 500 h");
    let trace = &plan.trace;
    assert_eq!((trace.first, trace.last, trace.tries, trace.at_once), (Ttl(2), Ttl(9), 1, 4));
    assert_eq!((trace.wait.max, trace.wait.here, trace.wait.near), (Duration::from_secs(2), 1.5, 10.0));
    assert_eq!((trace.spacing, trace.gap_limit, trace.rate), (Duration::from_millis(20), 255, Some(500)));
    assert_eq!(super::tests::plan("-z 10 h").trace.spacing, Duration::from_secs(10), "up to 10 it is seconds");
    assert_eq!(super::tests::plan("-z 50ms h").trace.spacing, Duration::from_millis(50));
}

#[test]
fn an_all_digit_word_behind_a_host_is_the_packet_length() {
    let with_length = plan("h 1400");
    assert_eq!((with_length.operands.len(), with_length.length(Family::V4), with_length.trace.size), (1, 1400, 1372));
    assert_eq!(plan("h i 100").operands.len(), 2);
    assert_eq!(plan("2130706433").operands.len(), 1, "alone it is a host");
    assert_eq!(refusal("h 29"), "packet length 29: out of range: 30 <= value <= 65000");
    let search = plan("--mtu h 9000");
    assert_eq!((search.trace.mtu, search.trace.size, search.sockets.pmtu), (Some(9000), 32, Some(PmtuMode::Probe)));
}

#[test]
fn sockets_and_addresses() {
    let plan = plan("-s 192.0.2.9 -i eth0 -t ef -r --fwmark 0x10 --socket dgram -F h");
    assert_eq!((plan.family, plan.sockets.tos, plan.trace.tos), (Some(Family::V4), Some(0xb8), 0xb8));
    assert_eq!((plan.sockets.mark, plan.sockets.socket), (Some(16), SocketChoice::Dgram));
    assert_eq!((plan.sockets.pmtu, plan.sockets.dontroute), (Some(PmtuMode::Do), true));
    assert_eq!(super::tests::plan("--bleaching h").trace.tos, 0xba, "marked, so that rewriting shows");
    assert_eq!(super::tests::plan("-6 h").sockets.flow_label, Some(0), "one label for all probes");
}

#[test]
fn peers_have_their_own_defaults() {
    let udp = |name: &str, words: &str| match by(name, words).unwrap().hops {
        Some((Hops::Udp(numbering), flow)) => (numbering, flow.dst_port.0),
        other => panic!("{other:?}"),
    };
    assert_eq!(udp("traceroute", "h"), (Numbering::Classic, 33_434));
    assert_eq!(udp("traceroute", "-U h"), (Numbering::Paris, 53));
    assert_eq!(udp("tracepath", "h"), (Numbering::Paris, 44_444));
    assert_eq!(by("traceroute6", "h").unwrap().family, Some(Family::V6));
    assert_eq!(by("traceroute", "-I -p 5 h").unwrap().hops, None, "traceroute -I takes -p");
    let tcp = by("tcptraceroute", "-n h 443").unwrap();
    assert_eq!(tcp.hops.unwrap().1.dst_port, Port(443));
    assert_eq!((tcp.output.shape, tcp.output.reply, tcp.output.extensions), (Shape::Traceroute, true, false));
    let path = by("tracepath", "-n h").unwrap();
    assert_eq!((path.output.shape, path.trace.mtu, path.trace.tries), (Shape::Tracepath, Some(65_535), 1));
}

#[test]
fn origins_come_from_where_the_user_says() {
    assert_eq!(plan("--asn-db f h").origins, Origins::File("f".into()));
    assert_eq!(plan("--asn-dns h").origins, Origins::Zone("origin.asn.cymru.com".into()));
    assert_eq!(plan("-A --asn-dns --asn-zone o.example h").origins, Origins::Zone("o.example".into()));
}

#[test]
fn nonsense_gets_one_line() {
    for (words, line) in [
        ("", "usage error: no host given; name at least one, as in: 127.0.0.1"),
        ("-m 0 h", "-m 0: out of range: 1 <= value <= 255"),
        ("-f 9 -m 3 h", "-f 9: larger than the last hop limit, 3 (-m)"),
        ("-q 11 h", "-q 11: out of range: 1 <= value <= 10"),
        ("-w 0 h", "-w 0: nothing would be waited for: more than 0"),
        ("-w 1,x h", "-w 1,x: HERE and NEAR are factors, as in 5,3,10"),
        ("-w 1,2,3,4 h", "-w 1,2,3,4: at most three: MAX,HERE,NEAR"),
        ("-I -T h", "-I, -U, -T and -M name different methods: choose one"),
        ("-M xx h", "-M xx: not one of icmp, udp, tcp, default, syn"),
        ("--classic h", "--classic goes with UDP alone: add -U"),
        ("-U --classic --dublin h", "--classic and --dublin exclude each other: choose one"),
        ("-p 80 h", "-p and --sport go with UDP and TCP: add -U or -T"),
        ("-U -p 0 h", "-p 0: out of range: 1 <= value <= 65535"),
        ("-O sack h", "-O goes with TCP alone: add -T"),
        ("-U --flow 64 h", "--flow 64: out of range: 0 <= value <= 63"),
        ("-U --flow 9 --sport 65530 h", "--sport 65530: with --flow it goes past 65535"),
        ("-4 -6 h", "-4 and -6 exclude each other: choose one"),
        ("-6 192.0.2.1", "192.0.2.1: an IPv4 address, but IPv6 was asked for (-4, -6, -s)"),
        ("-s x h", "-s x: not an IPv4 or IPv6 address"),
        ("-i a/b h", "-i a/b: neither an address nor an interface's name"),
        ("--json --atlas h", "--json and --atlas exclude each other: choose one"),
        ("--asn-zone x h", "--asn-zone x: not the name of a zone, as in origin.asn.cymru.com"),
        ("--frob h", "unknown option '--frob'; 'rtrace --help' lists the options"),
    ] {
        assert_eq!(refusal(words), line, "{words}");
    }
    assert!(refusal("-A h").starts_with("-A needs --asn-db FILE"));
    assert!(refusal("-g 1.2.3.4 h").starts_with("-g 1.2.3.4: source routes are not supported"));
    assert!(refusal("-T -O frob h").starts_with("-O frob: not one of: syn ack"));
}
