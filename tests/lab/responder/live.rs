//! The simulated network on a real interface, `net0` of one host.
//!
//! On a TUN device the responder reads and writes plain packets. Where `/dev/net/tun` does not open it sits at the far
//! end of a veth with a packet socket and answers ARP and neighbour discovery too; a test of exactly that asks for it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::fragments::split;
use super::log::Seen;
use super::neighbour;
use super::network::Network;
use super::packet::{Ip, checksum_at, upper_checksum};
use super::scenario::{Neighbour, Scenario};
use crate::lab::host::Host;
use crate::lab::netns::Netns;
use crate::lab::sys;

/// How the simulated network hangs on the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// A TUN device: no link layer.
    Tun,
    /// A veth with ARP and neighbour discovery.
    Veth,
}

/// A simulated network that runs; gone when dropped.
#[derive(Debug)]
pub struct Responder {
    network: Arc<Mutex<Network>>,
    carrier: Carrier,
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
    /// The far end of the veth lives here.
    _far: Option<Netns>,
}

impl Responder {
    /// Starts it on a TUN device if one opens, else on a veth.
    #[track_caller]
    pub fn start(host: &Host, scenario: Scenario) -> Responder {
        match host.enter(|| sys::open_tun("net0")) {
            Ok(tun) => Responder::serve(host, scenario, Line { fd: tun, carrier: Carrier::Tun }, None),
            Err(_) => Responder::start_on_veth(host, scenario),
        }
    }

    /// Starts it at the far end of a veth.
    #[track_caller]
    pub fn start_on_veth(host: &Host, scenario: Scenario) -> Responder {
        let far = Netns::new().expect("make a network namespace");
        // The far end is a bare wire: the kernel there must not answer anything.
        far.sysctl("net.ipv6.conf.default.disable_ipv6", "1").expect("switch IPv6 off");
        host.ip(&format!("link add net0 type veth peer name far0 netns {}", far.path()));
        let fd = far.enter(|| -> io::Result<OwnedFd> {
            std::process::Command::new("ip")
                .args(["link", "set", "far0", "up", "arp", "off", "mtu", "65535"])
                .status()?;
            sys::packet_socket("far0")
        });
        let fd = fd.expect("a packet socket at the far end");
        Responder::serve(host, scenario, Line { fd, carrier: Carrier::Veth }, Some(far))
    }

    /// Configures `net0` and starts the thread.
    #[track_caller]
    fn serve(host: &Host, scenario: Scenario, line: Line, far: Option<Netns>) -> Responder {
        let carrier = line.carrier;
        if let Some(mtu) = scenario.mtu {
            host.mtu("net0", mtu);
        }
        let local = scenario.local.clone();
        local.iter().for_each(|address| host.address("net0", address));
        // Room for what comes while the thread that serves it waits for its turn.
        host.ip("link set net0 txqueuelen 20000");
        host.up("net0");
        host.ready("net0");
        match carrier {
            Carrier::Tun => host.ip("route add default dev net0\nroute add fd00::/8 dev net0\nroute add 2000::/3 dev net0"),
            // Link-local and on-link addresses are asked for one by one; the rest goes by one gateway.
            Carrier::Veth => host.ip(
                "route add default via 10.200.0.1 dev net0 onlink\n\
                 route add fd00::/8 via fd00:200::1 dev net0 onlink\nroute add 2000::/3 via fd00:200::1 dev net0 onlink",
            ),
        }
        host.ip("route add multicast 224.0.0.0/4 dev net0");
        let local: Vec<IpAddr> = local.iter().filter_map(|a| a.split('/').next()?.parse().ok()).collect();
        let neighbour = scenario.neighbour.clone();
        let mtu = scenario.mtu.map_or(1500, |m| m as usize);
        let network = Arc::new(Mutex::new(Network::new(scenario)));
        let (stop, stopped) = UnixStream::pair().expect("a pair of sockets");
        let shared = Arc::clone(&network);
        let thread = thread::spawn(move || {
            let link = Link { local, neighbour, mtu, mac: None };
            Loop { line, link, network: shared, due: BinaryHeap::new(), order: 0 }.run(&stopped);
        });
        Responder { network, carrier, stop: Some(stop), thread: Some(thread), _far: far }
    }

    /// How it hangs on the host.
    pub fn carrier(&self) -> Carrier {
        self.carrier
    }

    /// What it has seen and done so far.
    pub fn log(&self) -> Vec<Seen> {
        lock(&self.network).log().to_vec()
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock(network: &Mutex<Network>) -> MutexGuard<'_, Network> {
    network.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The descriptor that packets or frames come from.
struct Line {
    fd: OwnedFd,
    carrier: Carrier,
}

/// What the veth carrier knows of the link.
struct Link {
    local: Vec<IpAddr>,
    neighbour: Neighbour,
    mtu: usize,
    /// The tool's host, learnt from its frames.
    mac: Option<[u8; 6]>,
}

/// The thread's state.
struct Loop {
    line: Line,
    link: Link,
    network: Arc<Mutex<Network>>,
    /// What is to be sent: time, order of entry, bytes.
    due: BinaryHeap<Reverse<(u64, u64, Vec<u8>)>>,
    order: u64,
}

/// How many packets are taken before those due are sent.
const BATCH: usize = 64;

impl Loop {
    fn run(mut self, stopped: &UnixStream) {
        sys::finest_timer_slack();
        let mut buf = vec![0; 70_000];
        loop {
            self.send_due();
            let timeout = self.due.peek().map(|Reverse((at, ..))| Duration::from_nanos(at.saturating_sub(now_ns())));
            match sys::wait_readable([self.line.fd.as_fd(), stopped.as_fd()], timeout) {
                Ok([_, false]) => {}
                _ => return,
            }
            for _ in 0..BATCH {
                match self.receive(&mut buf) {
                    Some(true) => {}
                    Some(false) => break,
                    None => {
                        // The interface is down: reading fails at once, so wait a little.
                        thread::sleep(Duration::from_millis(1));
                        break;
                    }
                }
            }
        }
    }

    /// Takes one packet; `Some(false)` when none waits, `None` when the line fails.
    fn receive(&mut self, buf: &mut [u8]) -> Option<bool> {
        match self.line.carrier {
            Carrier::Tun => {
                let Some(len) = sys::read(&self.line.fd, buf).ok()? else { return Some(false) };
                self.answer(&buf[..len]);
            }
            Carrier::Veth => {
                let Some(info) = sys::receive_frame(&self.line.fd, buf).ok()? else { return Some(false) };
                if info.kind != libc::PACKET_OUTGOING {
                    let frame = &mut buf[..info.len];
                    if let Some(packet) = frame.get_mut(14..).filter(|_| info.checksum_pending) {
                        complete_checksum(packet);
                    }
                    self.frame(frame);
                }
            }
        }
        Some(true)
    }

    fn frame(&mut self, frame: &[u8]) {
        if let Some((_, reply)) = neighbour::answer(frame, &self.link.local) {
            if !self.link.neighbour.silent {
                self.push(now_ns() + self.link.neighbour.delay.0.max(0) as u64, reply);
            }
        } else if let Some(packet) = neighbour::packet_in(frame) {
            self.link.mac = frame.get(6..12).and_then(|m| m.try_into().ok());
            self.answer(packet);
        }
    }

    fn answer(&mut self, packet: &[u8]) {
        let out = lock(&self.network).answer(now_ns(), packet);
        for (at, packet) in out {
            match (self.line.carrier, self.link.mac) {
                (Carrier::Veth, Some(mac)) => {
                    for piece in split(packet, self.link.mtu) {
                        self.push(at, neighbour::frame(mac, &piece));
                    }
                }
                // A TUN device takes packets of any length.
                _ => self.push(at, packet),
            }
        }
    }

    fn push(&mut self, at: u64, bytes: Vec<u8>) {
        self.order += 1;
        self.due.push(Reverse((at, self.order, bytes)));
    }

    fn send_due(&mut self) {
        while let Some(Reverse((at, ..))) = self.due.peek() {
            if *at > now_ns() {
                return;
            }
            if let Some(Reverse((_, _, bytes))) = self.due.pop() {
                // The interface may be down or its queue full: then this packet is lost, as on any wire.
                let _ = sys::write(&self.line.fd, &bytes);
            }
        }
    }
}

/// Does what the network card would do: a veth passes on packets whose transport checksum is still to be computed.
fn complete_checksum(packet: &mut [u8]) {
    let Some((ip, whole)) = Ip::parse(packet) else { return };
    let (at, end) = (checksum_at(ip.protocol).map(|at| ip.header_len + at), whole.len());
    if let Some(field) = at.filter(|at| at + 2 <= end) {
        packet[field..field + 2].fill(0);
        let sum = upper_checksum(ip.src, ip.dst, ip.protocol, &packet[ip.header_len..end]);
        packet[field..field + 2].copy_from_slice(&sum.to_be_bytes());
    }
}

/// CLOCK_REALTIME, nanoseconds: comparable with the stamps of captures.
fn now_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as u64)
}
