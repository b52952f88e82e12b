//! Command lines, and whom they ask.

use super::*;
use crate::cli::Invocation;
use crate::cli::sweep::args::Args;
use crate::cli::sweep::gather::gather;

fn of(line: &str) -> Hosts {
    let args = crate::cli::options::read::<Args, _, _>(std::iter::once("rsweep").chain(line.split(' '))).unwrap();
    let plan = Plan::of(&args, &Invocation { name: "rsweep".into(), peer: None, family: None }).unwrap();
    let gathered = gather(&plan.input).unwrap();
    let signals = Signals::block_and_open().unwrap();
    hosts(&plan, gathered, &Reach { has_socket: &|_| true, signals: &signals }).unwrap()
}

fn ip(text: &str) -> std::net::IpAddr {
    text.parse().unwrap()
}

#[test]
fn what_is_excluded_is_gone_and_labels_keep_their_hosts() {
    let hosts = of("--exclude 192.0.2.1-192.0.2.2 192.0.2.0/29 127.1 --exclude 192.0.2.4");
    let all: Vec<String> = hosts.space.iter().map(|peer| peer.addr.to_string()).collect();
    assert_eq!(all, ["192.0.2.0", "192.0.2.3", "192.0.2.5", "192.0.2.6", "192.0.2.7", "127.0.0.1"]);
    assert_eq!(hosts.labels[&5].target.as_ref(), "127.1");
    assert!(of("--exclude 127.0.0.1 127.1").space.is_empty());
}

#[test]
fn wide_sweeps_leave_reserved_addresses_out_unless_asked() {
    let hosts = of("9.0.0.0-11.255.255.255");
    assert_eq!((hosts.space.total(), hosts.left_out), (1 << 25, 1 << 24));
    assert_eq!(hosts.space.nth((1 << 24) - 1).unwrap().addr, ip("9.255.255.255"));
    assert_eq!(of("--reserved 9.0.0.0-11.255.255.255").left_out, 0);
    assert_eq!(of("10.0.0.0/8").left_out, 0, "who names a reserved block means it");
    assert_eq!(of("10.0.255.0-10.1.0.1 9.0.0.0/24").left_out, 0, "no wide sweep");
}

#[test]
fn families_and_zones() {
    let hosts = of("-4 192.0.2.1 ::1 fe80::1");
    assert_eq!((hosts.space.total(), hosts.failed.len()), (1, 2));
    let hosts = of("fe80::1 192.0.2.1");
    assert!(hosts.failed[0].reason.contains("interface"), "{:?}", hosts.failed);
    assert_eq!(of("-A 127.1").labels.len(), 0, "called by its address");
}
