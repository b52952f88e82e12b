//! Labs: hosts and the cables, bridges and routers between them; each cable is a veth pair.

use super::host::Host;
use super::{Responder, Scenario};

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
        a.ip(&format!("link add {a_if} type veth peer name {b_if} netns {}", b.netns().path()));
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
            for (host, interface, n) in [(near, "right", 1), (far, "left", 2)] {
                host.address(interface, &format!("10.0.{i}.{n}/24"));
                host.address(interface, &format!("fd00:{i:x}::{n}/64"));
            }
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
