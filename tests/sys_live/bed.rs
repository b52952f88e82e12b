//! A namespace for each test, ICMP packets built by hand, and waiting that ends.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::process::Command;
use std::time::Duration;

use nix::sched::{CloneFlags, unshare};
use rprobe::sys::batch::{Outgoing, Queue, Received, RecvRing, SendControl, SendRing};
use rprobe::sys::clock::boot_now;
use rprobe::sys::poll::{self, Interest};
use rprobe::sys::socket::{Socket, loopback};
use rprobe::units::Family;

pub(crate) const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

/// Longest that a test waits for something that loopback delivers at once.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs `body` in a thread with a network namespace of its own: loopback up, MTU 1500, ping sockets allowed.
pub(crate) fn in_namespace(test: &'static str, body: impl FnOnce() + Send + 'static) {
    let run = move || {
        if let Err(e) = unshare(CloneFlags::CLONE_NEWNET) {
            return skip(test, &format!("a network namespace needs root here: {e}"));
        }
        for command in [["link", "set", "lo", "mtu", "1500"].as_slice(), &["link", "set", "lo", "up"]] {
            match Command::new("ip").args(command).status() {
                Ok(status) if status.success() => {}
                Ok(status) => return skip(test, &format!("`ip {}` failed: {status}", command.join(" "))),
                Err(e) => return skip(test, &format!("`ip` (iproute2) does not run: {e}")),
            }
        }
        if let Err(e) = fs::write("/proc/sys/net/ipv4/ping_group_range", "0 2147483647") {
            return skip(test, &format!("ping sockets cannot be allowed: {e}"));
        }
        body();
    };
    if let Err(panic) = std::thread::spawn(run).join() {
        std::panic::resume_unwind(panic);
    }
}

/// Says that a test cannot run here. With RPROBE_NO_SKIP that is a failure.
pub(crate) fn skip(test: &str, why: &str) {
    assert!(std::env::var_os("RPROBE_NO_SKIP").is_none(), "{test} may not be skipped (RPROBE_NO_SKIP): {why}");
    // Not eprintln!, which the test runner hides.
    let _ = writeln!(std::io::stderr(), "SKIP: {test}: {why}");
    if let Some(log) = std::env::var_os("RPROBE_SKIP_LOG") {
        let mut log = OpenOptions::new().append(true).create(true).open(log).unwrap();
        writeln!(log, "SKIP: {test}: {why}").unwrap();
    }
}

/// The Internet checksum (RFC 1071).
fn checksum(bytes: &[u8]) -> u16 {
    let sum: u32 = bytes.chunks(2).map(|c| u32::from(u16::from_be_bytes([c[0], *c.get(1).unwrap_or(&0)]))).sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    !((folded & 0xffff) + (folded >> 16)) as u16
}

/// An ICMP or ICMPv6 message; the kernel sums ICMPv6 itself.
pub(crate) fn icmp(family: Family, ty: u8, code: u8, head: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut v = vec![ty, code, 0, 0];
    v.extend(head);
    v.extend(payload);
    if family == Family::V4 {
        let sum = checksum(&v);
        v[2..4].copy_from_slice(&sum.to_be_bytes());
    }
    v
}

pub(crate) fn echo_request(family: Family, ident: u16, seq: u16, payload: usize) -> Vec<u8> {
    let ty = if family == Family::V4 { 8 } else { 128 };
    let [i, j] = ident.to_be_bytes();
    let [s, t] = seq.to_be_bytes();
    icmp(family, ty, 0, [i, j, s, t], &vec![0x5a; payload])
}

/// Type and sequence number of a received packet of a raw socket.
pub(crate) fn type_and_seq(family: Family, bytes: &[u8]) -> (u8, u16) {
    let at = if family == Family::V4 { usize::from(bytes[0] & 15) * 4 } else { 0 };
    (bytes[at], u16::from_be_bytes([bytes[at + 6], bytes[at + 7]]))
}

pub(crate) fn to_loopback(family: Family, bytes: &[u8], control: SendControl) -> Outgoing<'_> {
    Outgoing { to: Some((loopback(family), 0)), port: 0, flow: 0, bytes, control }
}

/// Sends one packet to loopback.
pub(crate) fn send(socket: &Socket, bytes: &[u8], control: SendControl) {
    let item = to_loopback(socket.family(), bytes, control);
    assert_eq!(SendRing::new(1).send(socket, std::iter::once(item)).unwrap(), 1);
}

/// Sends one packet to a UDP port of an address.
pub(crate) fn send_udp(socket: &Socket, to: IpAddr, port: u16, bytes: &[u8]) -> std::io::Result<usize> {
    let item = Outgoing { to: Some((to, 0)), port, flow: 0, bytes, control: SendControl::default() };
    SendRing::new(1).send(socket, std::iter::once(item))
}

/// Hands `want` packets of a queue to `look`, waiting for them.
pub(crate) fn collect(socket: &Socket, queue: Queue, want: usize, mut look: impl FnMut(&Received<'_>)) {
    let mut ring = RecvRing::new(8, 2048);
    let until = boot_now() + PATIENCE;
    let interest = if queue == Queue::Data { Interest::Read } else { Interest::Errors };
    let mut seen = 0;
    while seen < want {
        let n = ring.receive(socket, queue).unwrap();
        for i in 0..n {
            look(&ring.get(i).unwrap());
        }
        seen += n;
        if n == 0 {
            assert!(boot_now() < until, "{seen} of {want} packets came");
            poll::wait(&[(socket.as_fd(), interest)], Some(until)).unwrap();
        }
    }
    assert_eq!(seen, want, "more came than was waited for");
}

/// Lets the loopback deliver: most often it does so within the send, but not where a softirq of its own has the work.
pub(crate) fn deliver() {
    std::thread::sleep(Duration::from_millis(20));
}

/// Waits until a queue has something.
pub(crate) fn await_queue(socket: &Socket, queue: Queue) {
    let interest = if queue == Queue::Data { Interest::Read } else { Interest::Errors };
    let set = poll::wait(&[(socket.as_fd(), interest)], Some(boot_now() + PATIENCE)).unwrap();
    assert!(set.any(), "nothing came");
}

/// Whether a queue is empty.
pub(crate) fn is_empty(socket: &Socket, queue: Queue) -> bool {
    RecvRing::new(1, 64).receive(socket, queue).unwrap() == 0
}
