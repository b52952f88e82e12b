//! Labs: hosts and the cables, bridges and routers between them; each cable is a veth pair.

use super::host::Host;
use super::{Responder, Scenario};

/// The hosts of one test.
#[derive(Debug)]
pub struct Lab {
    test: String,
}

/// Two hosts on one cable, `eth0` each: 10.1.0.1 and .2, fd00:1::1 and ::2, 02:00:00:00:00:01 and :02.
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
    /// 10.1.0.*i*, fd00:1::*i* and 02:00:00:00:00:*i* on `eth0`, *i* from 1.
    pub hosts: Vec<Host>,
}

/// The hardware address of host `n`, in the words of `ip link add`.
fn station(n: usize) -> String {
    format!("address 02:00:00:00:00:{n:02x}")
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
    pub fn cable(&self, a: (&Host, &str), b: (&Host, &str)) {
        self.cable_of([a, b], ["", ""]);
    }

    /// The same with what is chosen of each end when it is made: the kernel speaks for an address as soon as there is one.
    #[track_caller]
    fn cable_of(&self, [(a, a_if), (b, b_if)]: [(&Host, &str); 2], [a_has, b_has]: [&str; 2]) {
        a.ip(&format!("link add {a_if} {a_has} type veth peer name {b_if} {b_has} netns {}", b.netns().path()));
        b.up(b_if);
        a.up(a_if);
        a.ready(a_if);
        b.ready(b_if);
    }

    /// Two hosts on one cable.
    pub fn pair(&self) -> Pair {
        let (a, b) = (self.host("a"), self.host("b"));
        self.cable_of([(&a, "eth0"), (&b, "eth0")], [&station(1), &station(2)]);
        for (host, n) in [(&a, 1), (&b, 2)] {
            host.address("eth0", &format!("10.1.0.{n}/24 broadcast 10.1.0.255"));
            host.address("eth0", &format!("fd00:1::{n}/64"));
        }
        Pair { a, b }
    }

    /// A pair of which `b` answers for all addresses of these networks.
    pub fn pair_before(&self, networks: &[&str]) -> Pair {
        let pair = self.pair();
        for network in networks {
            let via = if network.contains(':') { "fd00:1::2" } else { "10.1.0.2" };
            pair.a.ip(&format!("route add {network} via {via}"));
            pair.b.answer_for(network);
        }
        pair
    }

    /// Hosts on one bridge: 10.1.0.*n*/24 and fd00:1::*n*/64 on `eth0`, n from 1.
    pub fn bridge(&self, n: usize) -> Bridge {
        let switch = self.host("switch");
        // Without snooping: nobody here speaks for the groups that neighbour discovery needs.
        switch.ip("link add br0 type bridge mcast_snooping 0\nlink set br0 up");
        let hosts = (1..=n)
            .map(|i| {
                let host = self.host(&format!("h{i}"));
                self.cable_of([(&host, "eth0"), (&switch, &format!("port{i}"))], [&station(i), ""]);
                switch.ip(&format!("link set port{i} master br0"));
                host.address("eth0", &format!("10.1.0.{i}/24 broadcast 10.1.0.255"));
                host.address("eth0", &format!("fd00:1::{i}/64"));
                host
            })
            .collect();
        Bridge { switch, hosts }
    }

    /// Puts a host in front of a simulated network, reached by its interface `net0`: on a TUN device where one opens,
    /// else at the far end of a veth.
    #[track_caller]
    pub fn simulate(&self, host: &Host, scenario: Scenario) -> Responder {
        Responder::start(host, scenario)
    }
}
