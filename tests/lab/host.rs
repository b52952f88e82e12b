//! One host of a lab: a network namespace with the commands that configure it.
//!
//! A fresh host answers at once and tells the truth: duplicate address detection is off, the kernel's own limits on ICMP
//! errors are off (a test that wants one sets it on purpose), reverse path filters are off (spoofed answers must arrive),
//! and every group may open ping sockets.

use std::ffi::OsStr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use nix::net::if_::InterfaceFlags;

use super::capture::Capture;
use super::command::Run;
use super::netns::Netns;
use super::running::Output;

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
    pub fn command(&self, program: impl AsRef<OsStr>) -> Run {
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
        self.wait_for_neighbours(interface);
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
        self.command("ip").args(["link", "show", "dev", interface]).output().ok();
        self.wait_until_ready(interface);
    }

    /// Waits for what [`ready`](Self::ready) has asked the kernel for.
    #[track_caller]
    pub(super) fn wait_until_ready(&self, interface: &str) {
        let ready = self.enter(|| eventually(Duration::from_secs(20), || is_running(interface)));
        assert!(ready, "{}: {interface} does not get ready", self.name);
        self.wait_for_neighbours(interface);
    }

    /// Waits until this host can be found by its IPv6 addresses: the kernel joins the groups that neighbour discovery
    /// asks in a work queue, some time after it has taken the address.
    #[track_caller]
    fn wait_for_neighbours(&self, interface: &str) {
        let found =
            self.enter(|| eventually(Duration::from_secs(20), || !is_running(interface) || has_joined(interface)));
        assert!(found, "{}: {interface} does not join the groups of its addresses", self.name);
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

/// Waits until `done` holds, asking every few milliseconds, at most `limit`; says whether it came true.
pub fn eventually(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let until = Instant::now() + limit;
    loop {
        if done() {
            return true;
        }
        if Instant::now() > until {
            return false;
        }
        thread::sleep(Duration::from_millis(3));
    }
}

/// Whether an interface of this thread's namespace is on and carries packets.
fn is_running(interface: &str) -> bool {
    flags(interface).contains(InterfaceFlags::IFF_RUNNING)
}

fn flags(interface: &str) -> InterfaceFlags {
    let all = nix::ifaddrs::getifaddrs().expect("ask for the interfaces");
    all.filter(|i| i.interface_name == interface).last().map_or(InterfaceFlags::empty(), |i| i.flags)
}

/// Whether the solicited-node group (RFC 4291 2.7.1) of each IPv6 address of an interface is joined.
fn has_joined(interface: &str) -> bool {
    if flags(interface).intersects(InterfaceFlags::IFF_NOARP | InterfaceFlags::IFF_LOOPBACK) {
        return true;
    }
    let read = |name| std::fs::read_to_string(format!("/proc/thread-self/net/{name}")).unwrap_or_default();
    let (addresses, groups) = (read("if_inet6"), read("igmp6"));
    // address index length scope flags interface; index interface group users flags timer
    let word = |line: &str, n: usize| line.split_whitespace().nth(n).map(str::to_owned);
    let ours: Vec<String> =
        groups.lines().filter(|l| word(l, 1).as_deref() == Some(interface)).filter_map(|l| word(l, 2)).collect();
    let mut addresses =
        addresses.lines().filter(|l| word(l, 5).as_deref() == Some(interface)).filter_map(|l| word(l, 0));
    addresses.all(|a| ours.iter().any(|g| g.starts_with("ff0200000000000000000001ff") && g[26..] == a[26..]))
}
