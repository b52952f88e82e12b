//! Hosts and the cables between them: each host is a network namespace, each cable a veth pair.
//!
//! A fresh host answers at once and tells the truth: duplicate address detection is off, the kernel's own limits on ICMP
//! errors are off (a test that wants one sets it on purpose), reverse path filters are off (spoofed answers must arrive),
//! and every group may open ping sockets.

use std::sync::Arc;
use std::time::Duration;

use nix::net::if_::InterfaceFlags;

use super::capture::Capture;
use super::command::{Output, Run};
use super::netns::Netns;
use super::{Responder, Scenario};

/// Settings of every new host. The last word of a line may be refused or unknown on some kernels: those begin with `-`.
const SETTINGS: &str = "
    net.ipv6.conf.all.accept_dad 0
    net.ipv6.conf.default.accept_dad 0
    net.ipv6.conf.default.dad_transmits 0
    net.ipv6.conf.default.router_solicitations 0
    net.ipv4.conf.all.rp_filter 0
    net.ipv4.conf.default.rp_filter 0
    net.ipv4.icmp_ratelimit 0
    net.ipv4.icmp_echo_ignore_broadcasts 0
    net.ipv6.icmp.ratelimit 0
    -net.ipv4.icmp_msgs_per_sec 1000000
    -net.ipv4.icmp_msgs_burst 1000000
";

/// One host of a lab.
#[derive(Clone, Debug)]
pub struct Host {
    name: String,
    netns: Arc<Netns>,
}

impl Host {
    /// A host with nothing but a loopback.
    pub(super) fn new(name: &str) -> Host {
        let netns = Netns::new().expect("make a network namespace");
        let host = Host { name: name.to_owned(), netns: Arc::new(netns) };
        host.ip("link set lo up");
        for line in SETTINGS.lines().map(str::trim).filter(|l| !l.is_empty()) {
            let (key, value) = line.rsplit_once(' ').expect("a key and a value");
            match key.strip_prefix('-') {
                Some(key) => drop(host.netns.sysctl(key, value)),
                None => host.sysctl(key, value),
            }
        }
        // All groups; in a user namespace only its own group is known.
        if host.netns.sysctl("net.ipv4.ping_group_range", "0 2147483647").is_err() {
            host.sysctl("net.ipv4.ping_group_range", "0 0");
        }
        host
    }

    /// The name given to it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its namespace.
    pub fn netns(&self) -> &Netns {
        &self.netns
    }

    /// Runs `f` on a thread inside this host.
    pub fn enter<T: Send>(&self, f: impl FnOnce() -> T + Send) -> T {
        self.netns.enter(f)
    }

    /// A command to be run inside this host.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Run {
        Run::new(self.netns.again().expect("a second handle"), program)
    }

    /// Runs lines of `ip`, each as it stands behind the word `ip`.
    #[track_caller]
    pub fn ip(&self, lines: &str) {
        self.try_ip(lines).ok();
    }

    /// As [`ip`](Self::ip), with the outcome.
    pub fn try_ip(&self, lines: &str) -> Output {
        self.command("ip").args(["-batch", "-"]).stdin(lines).output()
    }

    /// Loads rules of `nft`.
    #[track_caller]
    pub fn nft(&self, rules: &str) {
        self.command("nft").args(["-f", "-"]).stdin(rules).output().ok();
    }

    /// Runs `tc` with the words of a line (`"qdisc add dev eth0 root tbf …"`); `false` if the kernel lacks the queue.
    #[track_caller]
    pub fn tc(&self, line: &str) -> bool {
        let out = self.command("tc").words(line).output();
        let lacking = out.stderr.contains("qdisc kind is unknown");
        assert!(lacking || out.status.success(), "tc {line}: {out:#?}");
        !lacking
    }

    /// Writes a setting (`net.ipv4.ip_forward`).
    #[track_caller]
    pub fn sysctl(&self, key: &str, value: &str) {
        self.netns.sysctl(key, value).unwrap_or_else(|e| panic!("{}: {key} = {value}: {e}", self.name));
    }

    /// Gives an interface an address that is usable at once.
    #[track_caller]
    pub fn address(&self, interface: &str, address: &str) {
        let nodad = if address.contains(':') { "nodad" } else { "" };
        self.ip(&format!("addr add {address} dev {interface} {nodad}"));
    }

    /// Takes an address away.
    #[track_caller]
    pub fn remove_address(&self, interface: &str, address: &str) {
        self.ip(&format!("addr del {address} dev {interface}"));
    }

    /// Switches an interface on.
    #[track_caller]
    pub fn up(&self, interface: &str) {
        self.ip(&format!("link set {interface} up"));
    }

    /// Waits until an interface that is on, and whose other end is on, carries packets: until then the kernel drops some
    /// without a word and IPv6 is asleep.
    ///
    /// The kernel makes up its mind once a second. Being asked for the one interface makes it do so at once (from 6.8 on).
    #[track_caller]
    pub fn ready(&self, interface: &str) {
        let asked = self.command("ip").args(["link", "show", "dev", interface]).output().ok();
        if asked.stdout.contains("LOWER_UP") && asked.stdout.contains("state UP") {
            return;
        }
        let running = || {
            let addrs = nix::ifaddrs::getifaddrs().expect("ask for the interfaces");
            let flags = addrs.filter(|i| i.interface_name == interface).map(|i| i.flags);
            flags.last().is_some_and(|f| f.contains(InterfaceFlags::IFF_RUNNING))
        };
        let ready = self.enter(|| eventually(Duration::from_secs(5), running));
        assert!(ready, "{}: {interface} does not get ready", self.name);
    }

    /// Switches an interface off.
    #[track_caller]
    pub fn down(&self, interface: &str) {
        self.ip(&format!("link set {interface} down"));
    }

    /// Sets the largest packet of an interface, bytes.
    #[track_caller]
    pub fn mtu(&self, interface: &str, mtu: u32) {
        self.ip(&format!("link set {interface} mtu {mtu}"));
    }

    /// Makes this host answer for a whole prefix (kernel fact 17).
    #[track_caller]
    pub fn answer_for(&self, prefix: &str) {
        self.ip(&format!("route add local {prefix} dev lo"));
    }

    /// Makes this host a router of both families.
    #[track_caller]
    pub fn forward(&self) {
        self.sysctl("net.ipv4.ip_forward", "1");
        self.sysctl("net.ipv6.conf.all.forwarding", "1");
    }

    /// Starts a capture on one of its interfaces, before this returns.
    #[track_caller]
    pub fn capture(&self, interface: &str) -> Capture {
        Capture::start(&self.netns, interface).unwrap_or_else(|e| panic!("capture on {interface}: {e}"))
    }
}

/// The hosts of one test.
#[derive(Debug)]
pub struct Lab {
    test: String,
}

/// Two hosts on one cable, `eth0` each: 10.1.0.1 and .2, fd00:1::1 and ::2.
#[derive(Debug)]
pub struct Pair {
    /// 10.1.0.1, fd00:1::1.
    pub a: Host,
    /// 10.1.0.2, fd00:1::2.
    pub b: Host,
}

/// Hosts on one bridge.
#[derive(Debug)]
pub struct Bridge {
    /// The host of the bridge `br0`, with one `port`*i* for each host: keep it, or the cables go.
    pub switch: Host,
    /// 10.1.0.*i* and fd00:1::*i* on `eth0`, *i* from 1.
    pub hosts: Vec<Host>,
}

/// Two hosts with routers between them; cable *i* (from 0) has 10.0.*i*.0/24 and fd00:*i*::/64, `.1` on the side of `a`.
#[derive(Debug)]
pub struct Chain {
    /// The near end, 10.0.0.1 on `right`.
    pub a: Host,
    /// The routers from near to far: `left` faces `a`, `right` faces `b`.
    pub routers: Vec<Host>,
    /// The far end, on `left`.
    pub b: Host,
}

impl Chain {
    /// The IPv4 address of the far end.
    pub fn far_v4(&self) -> String {
        format!("10.0.{}.2", self.routers.len())
    }

    /// The IPv6 address of the far end.
    pub fn far_v6(&self) -> String {
        format!("fd00:{:x}::2", self.routers.len())
    }
}

impl Lab {
    pub(super) fn new(test: &str) -> Lab {
        Lab { test: test.to_owned() }
    }

    /// The name of the test.
    pub fn test(&self) -> &str {
        &self.test
    }

    /// A new host.
    pub fn host(&self, name: &str) -> Host {
        Host::new(name)
    }

    /// Skips the rest of a test: `return lab.skip("…")`.
    pub fn skip(&self, why: &str) {
        let _: Option<()> = super::skip::skip(&self.test, why);
    }

    /// Lays a cable between two interfaces and switches both on.
    #[track_caller]
    pub fn cable(&self, (a, a_if): (&Host, &str), (b, b_if): (&Host, &str)) {
        a.ip(&format!("link add {a_if} type veth peer name {b_if} netns {}", b.netns.path()));
        b.up(b_if);
        a.up(a_if);
        a.ready(a_if);
        b.ready(b_if);
    }

    /// Two hosts on one cable.
    pub fn pair(&self) -> Pair {
        let (a, b) = (self.host("a"), self.host("b"));
        self.cable((&a, "eth0"), (&b, "eth0"));
        for (host, n) in [(&a, 1), (&b, 2)] {
            host.address("eth0", &format!("10.1.0.{n}/24 broadcast 10.1.0.255"));
            host.address("eth0", &format!("fd00:1::{n}/64"));
        }
        Pair { a, b }
    }

    /// Hosts on one bridge: 10.1.0.*n*/24 and fd00:1::*n*/64 on `eth0`, n from 1.
    pub fn bridge(&self, n: usize) -> Bridge {
        let switch = self.host("switch");
        // Without snooping: nobody here speaks for the groups that neighbour discovery needs.
        switch.ip("link add br0 type bridge mcast_snooping 0\nlink set br0 up");
        let hosts = (1..=n)
            .map(|i| {
                let host = self.host(&format!("h{i}"));
                self.cable((&host, "eth0"), (&switch, &format!("port{i}")));
                switch.ip(&format!("link set port{i} master br0"));
                host.address("eth0", &format!("10.1.0.{i}/24 broadcast 10.1.0.255"));
                host.address("eth0", &format!("fd00:1::{i}/64"));
                host
            })
            .collect();
        Bridge { switch, hosts }
    }

    /// Two hosts with `n` routers between them, routes of both families in place.
    pub fn chain(&self, n: usize) -> Chain {
        let (a, b) = (self.host("a"), self.host("b"));
        let routers: Vec<Host> = (1..=n).map(|i| self.host(&format!("r{i}"))).collect();
        let all: Vec<&Host> = std::iter::once(&a).chain(&routers).chain(std::iter::once(&b)).collect();
        routers.iter().for_each(Host::forward);
        for (i, ends) in all.windows(2).enumerate() {
            let (near, far) = (ends[0], ends[1]);
            self.cable((near, "right"), (far, "left"));
            near.ip(&format!("addr add 10.0.{i}.1/24 dev right\naddr add fd00:{i:x}::1/64 dev right nodad"));
            far.ip(&format!("addr add 10.0.{i}.2/24 dev left\naddr add fd00:{i:x}::2/64 dev left nodad"));
        }
        for (i, host) in all.iter().enumerate() {
            // Everything further right goes right, everything else left.
            for net in (i + 1)..=n {
                host.ip(&format!(
                    "route add 10.0.{net}.0/24 via 10.0.{i}.2\nroute add fd00:{net:x}::/64 via fd00:{i:x}::2"
                ));
            }
            for net in 0..i.saturating_sub(1) {
                let left = i - 1;
                host.ip(&format!(
                    "route add 10.0.{net}.0/24 via 10.0.{left}.1\nroute add fd00:{net:x}::/64 via fd00:{left:x}::1"
                ));
            }
        }
        Chain { a, routers, b }
    }

    /// Puts a host in front of a simulated network, reached by its interface `net0`: on a TUN device where one opens,
    /// else at the far end of a veth.
    #[track_caller]
    pub fn simulate(&self, host: &Host, scenario: Scenario) -> Responder {
        Responder::start(host, scenario)
    }
}

/// Waits until `done` holds, asking every few milliseconds, at most `limit`; says whether it came true.
pub fn eventually(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let until = std::time::Instant::now() + limit;
    loop {
        if done() {
            return true;
        }
        if std::time::Instant::now() > until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(3));
    }
}
