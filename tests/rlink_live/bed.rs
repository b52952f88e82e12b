//! Runs of rlink, and stations with addresses that are easy to tell apart.

use serde_json::Value;

use crate::lab::{Bridge, Host, Lab, Pair, Run, Running};
pub use crate::told::{events, of};

pub const RLINK: &str = env!("CARGO_BIN_EXE_rlink");

/// The address of station `n`.
pub fn mac(n: usize) -> String {
    format!("02:00:00:00:00:{n:02x}")
}

fn readdress(host: &Host, n: usize) {
    host.ip(&format!("link set eth0 address {}", mac(n)));
}

/// Stations 1 and 2 on a cable.
pub fn pair(lab: &Lab) -> Pair {
    let pair = lab.pair();
    readdress(&pair.a, 1);
    readdress(&pair.b, 2);
    pair
}

/// Stations 1 to `n` on a bridge.
pub fn bridge(lab: &Lab, n: usize) -> Bridge {
    let bridge = lab.bridge(n);
    for (host, n) in bridge.hosts.iter().zip(1..) {
        readdress(host, n);
    }
    bridge
}

/// A run with the words of a line.
pub fn rlink(host: &Host, words: &str) -> Run {
    host.command(RLINK).words(words)
}

/// A server that is ready.
pub fn serve(host: &Host, words: &str) -> Running {
    let mut running = rlink(host, &format!("serve -I eth0 {words}")).start();
    running.wait_for(|text| text.contains("SERVE ") || text.contains("\"serving\""));
    running
}

/// Interrupts a server and gives its events, each of which satisfies the schema.
pub fn stop(server: Running) -> Vec<Value> {
    server.signal(libc::SIGINT);
    events(&server.wait().ok())
}
