//! Runs of rlink, and stations with addresses that are easy to tell apart.

use serde_json::Value;

use crate::lab::{Host, Run, Running};
pub use crate::told::{events, of};

pub const RLINK: &str = env!("CARGO_BIN_EXE_rlink");

/// The address of station `n`, as the lab gives it to the hosts of a pair or a bridge.
pub fn mac(n: usize) -> String {
    format!("02:00:00:00:00:{n:02x}")
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
