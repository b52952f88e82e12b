//! A chain of real routers between two hosts, and what can be wrong with one of them.
//!
//! Cable *i* (from 0) has 10.0.*i*.0/24 and fd00:*i*::/64 with `.1` on the near side, so the router *i* (from 1), which
//! answers from its left, is 10.0.*i-1*.2. Each trouble is a table of nft rules or a route of its own, so that several
//! add up. Delay is not here: few kernels of test machines have `netem`; the simulated network keeps any delay exactly.

use std::net::Ipv6Addr;
use std::thread;

use super::host::Host;
use super::topology::Lab;

/// Two hosts with routers between them.
#[derive(Debug)]
pub struct Chain {
    /// The near end, 10.0.0.1 on `right`.
    pub a: Host,
    /// The routers from near to far: `left` faces `a`, `right` faces `b`.
    pub routers: Vec<Host>,
    /// The far end, on `left`.
    pub b: Host,
    /// Routers beside a router, see [`Chain::widen`].
    beside: Vec<Host>,
}

/// How a router chooses among several next ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// By addresses, protocol and ports (`fib_multipath_hash_policy` 1; of ICMP the kernel takes the addresses only).
    Flow,
    /// Each packet for itself, in turn.
    Packet,
}

/// The address by which [`Chain::dnat`] hides the far end.
const PUBLIC: [&str; 2] = ["10.99.0.1", "fd00:99::1"];

/// The errors that routers and hosts send, as nft names them.
const ERRORS: [&str; 2] = [
    "icmp type { time-exceeded, destination-unreachable }",
    "icmpv6 type { time-exceeded, destination-unreachable, packet-too-big }",
];

impl Lab {
    /// Two hosts with `n` routers between them, routes of both families in place.
    #[track_caller]
    pub fn chain(&self, n: usize) -> Chain {
        let names: Vec<String> = (0..=n + 1)
            .map(|i| {
                if i == 0 {
                    "a".into()
                } else if i > n {
                    "b".into()
                } else {
                    format!("r{i}")
                }
            })
            .collect();
        let hosts: Vec<Host> = at_once(&names, |_, name| self.host(name));
        let cable = |ends: &[Host]| {
            let [near, far] = [&ends[0], &ends[1]].map(|h| h.netns().path());
            format!("link add name right netns {near} type veth peer name left netns {far}\n")
        };
        hosts[0].ip(&hosts.windows(2).map(cable).collect::<String>());
        at_once(&hosts, |i, host| {
            if 0 < i && i <= n {
                host.forward();
            }
            host.ip(&configuration(i, n));
        });
        // Asked for, an interface whose two ends are on gets ready at once (see `Host::ready`).
        at_once(&hosts, |i, host| {
            host.ip(&sides(i, n).map(|side| format!("link show dev {side}\n")).collect::<String>());
            sides(i, n).for_each(|side| host.wait_until_ready(side));
        });
        let mut hosts = hosts.into_iter();
        match (hosts.next(), hosts.next_back()) {
            (Some(a), Some(b)) => Chain { a, routers: hosts.collect(), b, beside: Vec::new() },
            _ => unreachable!("two ends at least"),
        }
    }
}

/// Runs `f` for each item on a thread of its own: most of what a lab does is waiting for other processes.
fn at_once<T: Sync, R: Send>(items: &[T], f: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    thread::scope(|s| {
        let f = &f;
        let running: Vec<_> = items.iter().enumerate().map(|(i, item)| s.spawn(move || f(i, item))).collect();
        running.into_iter().map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

/// The interfaces of host `i` in a chain of `n` routers.
fn sides(i: usize, n: usize) -> impl Iterator<Item = &'static str> {
    let (left, right) = ((i > 0).then_some("left"), (i <= n).then_some("right"));
    left.into_iter().chain(right)
}

/// Addresses and routes of host `i` in a chain of `n` routers: everything further right goes right, the rest left.
/// (`onlink` spares the kernel's look at a cable whose far end may still be off.)
fn configuration(i: usize, n: usize) -> String {
    let mut lines: Vec<String> = sides(i, n).map(|side| format!("link set {side} up")).collect();
    for (side, net, end) in sides(i, n).map(|side| if side == "left" { (side, i - 1, 2) } else { (side, i, 1) }) {
        lines.push(format!("addr add 10.0.{net}.{end}/24 dev {side}"));
        lines.push(format!("addr add fd00:{net:x}::{end}/64 dev {side} nodad"));
    }
    for net in (0..=n).filter(|net| *net != i && net + 1 != i) {
        let (side, over, end) = if net > i { ("right", i, 2) } else { ("left", i - 1, 1) };
        lines.push(format!("route add 10.0.{net}.0/24 via 10.0.{over}.{end} dev {side} onlink"));
        lines.push(format!("route add fd00:{net:x}::/64 via fd00:{over:x}::{end} dev {side} onlink"));
    }
    lines.join("\n")
}

/// What can be wrong; routers count from 1.
impl Chain {
    /// The IPv4 address of the far end.
    pub fn far_v4(&self) -> String {
        format!("10.0.{}.2", self.routers.len())
    }

    /// The IPv6 address of the far end.
    pub fn far_v6(&self) -> String {
        format!("fd00:{:x}::2", self.routers.len())
    }

    /// The far end in both families.
    pub fn far(&self) -> [String; 2] {
        [self.far_v4(), self.far_v6()]
    }

    /// By which addresses host `i` of the way answers, IPv4 and IPv6: a router, or the far end as the last.
    pub fn hop(&self, i: usize) -> [String; 2] {
        let segment = |n: usize| u16::try_from(n).expect("a short chain");
        let v6 = Ipv6Addr::new(0xfd00, segment(i - 1), 0, 0, 0, 0, 0, 2);
        [format!("10.0.{}.2", i - 1), v6.to_string()]
    }

    /// All of the way, in one family: each router, and the far end.
    pub fn way(&self, v4: bool) -> Vec<String> {
        (1..=self.routers.len() + 1).map(|i| self.hop(i)[usize::from(!v4)].clone()).collect()
    }

    /// The router `i`.
    pub fn router(&self, i: usize) -> &Host {
        &self.routers[i - 1]
    }

    /// Every router and the far end limit their errors as Linux does where nobody has touched it.
    pub fn limit_errors(&self) {
        let hosts: Vec<&Host> = self.routers.iter().chain([&self.b]).collect();
        at_once(&hosts, |_, host| {
            host.sysctl("net.ipv4.icmp_ratelimit", "1000");
            host.sysctl("net.ipv6.icmp.ratelimit", "100");
            // Only the first namespace has these on older kernels.
            let _ = host.netns().sysctl("net.ipv4.icmp_msgs_per_sec", "1000");
            let _ = host.netns().sysctl("net.ipv4.icmp_msgs_burst", "50");
        });
    }

    /// Router `i` sends no errors.
    pub fn silence(&self, i: usize) {
        let rules = ERRORS.map(|e| format!("{e} drop; ")).concat();
        self.table(i, "silence", "filter hook output priority 0", &rules);
    }

    /// Router `i` sends so many in a hundred of its errors not.
    pub fn lose(&self, i: usize, percent: u32) {
        let rules = ERRORS.map(|e| format!("{e} numgen random mod 100 < {percent} drop; ")).concat();
        self.table(i, "lose", "filter hook output priority 0", &rules);
    }

    /// Router `i` forwards nothing and says that this is prohibited.
    pub fn prohibit(&self, i: usize) {
        self.table(i, "prohibit", "filter hook forward priority 0", "iifname left reject with icmpx admin-prohibited;");
    }

    /// Router `i` forwards nothing and says nothing.
    pub fn swallow(&self, i: usize) {
        self.table(i, "swallow", "filter hook forward priority 0", "iifname left drop;");
    }

    /// Router `i` has no way to the far end, and says so: `"unreachable"` (host), `"prohibit"`, or `"blackhole"`, which
    /// says nothing. It looks for the way before it looks at the TTL, so that this is all it ever says.
    pub fn no_route(&self, i: usize, kind: &str) {
        let net = self.routers.len();
        self.router(i).ip(&format!(
            "route replace {kind} 10.0.{net}.0/24\nroute del fd00:{net:x}::/64\nroute add {kind} fd00:{net:x}::/64"
        ));
    }

    /// Router `i` sends what is for the far end back to where it came from.
    pub fn turn_back(&self, i: usize) {
        let (net, left) = (self.routers.len(), i - 1);
        self.router(i).ip(&format!(
            "route replace 10.0.{net}.0/24 via 10.0.{left}.1\nroute del fd00:{net:x}::/64\nroute add fd00:{net:x}::/64 via fd00:{left:x}::1"
        ));
        // Redirects would be answers of another kind.
        self.router(i).sysctl("net.ipv4.conf.all.send_redirects", "0");
        self.router(i).sysctl("net.ipv4.conf.left.send_redirects", "0");
    }

    /// The cable behind router `i` takes packets up to this many octets.
    pub fn narrow(&self, i: usize, mtu: u32) {
        self.router(i).mtu("right", mtu);
        self.routers.get(i).unwrap_or(&self.b).mtu("left", mtu);
    }

    /// Router `i` does not say that a packet is too long.
    pub fn hide_mtu(&self, i: usize) {
        let rules = "icmp type destination-unreachable icmp code 4 drop; icmpv6 type packet-too-big drop;";
        self.table(i, "hide", "filter hook output priority 0", rules);
    }

    /// Router `i` sets the DSCP of what it forwards to zero.
    pub fn bleach(&self, i: usize) {
        let rules = "iifname left ip dscp set cs0; iifname left ip6 dscp set cs0;";
        self.table(i, "bleach", "filter hook forward priority 0", rules);
    }

    /// Router `i` hides what is left of it behind its own address.
    pub fn masquerade(&self, i: usize) {
        self.table(i, "masquerade", "nat hook postrouting priority 100", "oifname right masquerade;");
    }

    /// The far end is reached by an address of router `i`'s (IPv4 and IPv6, returned) that it translates. Errors come from
    /// that address, too: those of the routers behind it and, since it translates before it looks at the TTL, its own.
    pub fn dnat(&self, i: usize) -> [String; 2] {
        let ([v4, v6], [public_v4, public_v6]) = (self.far(), PUBLIC);
        let rules = format!("ip daddr {public_v4} dnat ip to {v4}; ip6 daddr {public_v6} dnat ip6 to {v6};");
        self.table(i, "dnat", "nat hook prerouting priority -100", &rules);
        let before: Vec<&Host> = [&self.a].into_iter().chain(&self.routers[..i - 1]).collect();
        at_once(&before, |net, host| {
            host.ip(&format!("route add {public_v4} via 10.0.{net}.2\nroute add {public_v6} via fd00:{net:x}::2"));
        });
        PUBLIC.map(str::to_owned)
    }

    /// Puts routers beside router `i` (from 2), which then share what is for the far end with it: `width` in all. Gives the addresses
    /// by which the new ones answer, IPv4 and IPv6.
    pub fn widen(&mut self, i: usize, width: usize, choice: Choice) -> Vec<[String; 2]> {
        let mut ways = vec![self.hop(i)];
        let lab = Lab::new("");
        let (near, far) = (self.router(i - 1).clone(), self.routers.get(i).unwrap_or(&self.b).clone());
        for k in 1..width {
            let host = lab.host(&format!("r{i}-{k}"));
            host.forward();
            lab.cable((&near, &format!("right{k}")), (&host, "left"));
            lab.cable((&host, "right"), (&far, &format!("left{k}")));
            for (host, interface, net, end) in [
                (&near, &*format!("right{k}"), i - 1, 1),
                (&host, "left", i - 1, 2),
                (&host, "right", i, 1),
                (&far, &*format!("left{k}"), i, 2),
            ] {
                host.address(interface, &format!("10.{k}.{net}.{end}/24"));
                host.address(interface, &format!("fd00:{k:x}00:{net:x}::{end}/64"));
            }
            let routes = (0..=self.routers.len()).filter(|net| *net != i || far.name() != "b").map(|net| {
                let (over, end) = if net < i { (i - 1, 1) } else { (i, 2) };
                format!(
                    "route add 10.0.{net}.0/24 via 10.{k}.{over}.{end}\nroute add fd00:{net:x}::/64 via fd00:{k:x}00:{over:x}::{end}\n"
                )
            });
            host.ip(&routes.collect::<String>());
            ways.push([format!("10.{k}.{}.2", i - 1), format!("fd00:{k:x}00:{:x}::2", i - 1)]);
            self.beside.push(host);
        }
        self.share(&near, i, &ways, choice);
        ways.split_off(1)
    }

    /// Routes what is for the far end by all of `ways`.
    fn share(&self, near: &Host, i: usize, ways: &[[String; 2]], choice: Choice) {
        let net = self.routers.len();
        let nets = [format!("10.0.{net}.0/24"), format!("fd00:{net:x}::/64")];
        for (family, net) in nets.iter().enumerate() {
            let six = if family == 1 { "-6 " } else { "" };
            match choice {
                Choice::Flow => {
                    let hops: String = ways.iter().map(|w| format!(" nexthop via {}", w[family])).collect();
                    near.ip(&format!("route del {net}\nroute add {net}{hops}"));
                }
                Choice::Packet => {
                    for (mark, way) in ways.iter().enumerate() {
                        // `ip -batch` takes the family from what it can, a rule has none.
                        near.ip(&format!("route add {net} via {} table {}", way[family], 101 + mark));
                        let rule = format!("{six}rule add fwmark {mark}/0xff iif left lookup {}", 101 + mark);
                        near.command("ip").words(&rule).output().ok();
                    }
                }
            }
        }
        match choice {
            Choice::Flow => {
                near.sysctl("net.ipv4.fib_multipath_hash_policy", "1");
                near.sysctl("net.ipv6.fib_multipath_hash_policy", "1");
            }
            Choice::Packet => {
                let rule = format!("iifname left meta mark set numgen inc mod {};", ways.len());
                self.table(i - 1, "share", "filter hook prerouting priority -150", &rule);
            }
        }
    }

    /// Adds a table of rules to router `i`; each trouble has one of its own.
    fn table(&self, i: usize, name: &str, hook: &str, rules: &str) {
        self.router(i).nft(&format!("table inet lab_{name} {{ chain c {{ type {hook}; {rules} }}; }}"));
    }
}
