//! What really passed an interface: every frame in both directions with the kernel's stamp, decoded by `etherparse`.
//!
//! This is the witness in comparisons of round-trip times and of header bytes, so it shares no code with the product.

use std::io;
use std::net::{IpAddr, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use etherparse::{NetSlice, SlicedPacket, TransportSlice};

use super::host::{Host, eventually};
use super::netns::Netns;
use super::sys;

/// Which way a frame went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Sent by the host.
    Out,
    /// Received by the host.
    In,
}

/// One captured frame.
#[derive(Clone, Debug)]
pub struct Frame {
    /// CLOCK_REALTIME stamp of the kernel, nanoseconds.
    pub at_ns: u64,
    /// Which way it went.
    pub direction: Direction,
    /// It begins with an Ethernet header (not so on TUN devices).
    pub ethernet: bool,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// An ICMP or ICMPv6 message and the packet around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Icmp {
    /// Stamp of the frame.
    pub at_ns: u64,
    /// Which way it went.
    pub direction: Direction,
    /// Source of the packet.
    pub src: IpAddr,
    /// Destination of the packet.
    pub dst: IpAddr,
    /// Time to live or hop limit.
    pub ttl: u8,
    /// The message from its type on.
    pub message: Vec<u8>,
}

impl Frame {
    /// The packet taken apart; `None` for what is not IP or not whole.
    pub fn sliced(&self) -> Option<SlicedPacket<'_>> {
        if self.ethernet {
            SlicedPacket::from_ethernet(&self.bytes).ok()
        } else {
            SlicedPacket::from_ip(&self.bytes).ok()
        }
    }

    /// The packet from its IP header on; empty for what is not IP.
    pub fn ip(&self) -> &[u8] {
        let bytes = if self.ethernet { self.bytes.get(14..).unwrap_or_default() } else { &self.bytes };
        let is_ip = !self.ethernet || matches!(self.bytes.get(12..14), Some([0x08, 0x00] | [0x86, 0xdd]));
        if is_ip { bytes } else { &[] }
    }

    /// The ICMP message in this frame, if it is one.
    pub fn icmp(&self) -> Option<Icmp> {
        let sliced = self.sliced()?;
        let (src, dst, ttl) = match sliced.net? {
            NetSlice::Ipv4(ip) => {
                let h = ip.header();
                (h.source_addr().into(), h.destination_addr().into(), h.ttl())
            }
            NetSlice::Ipv6(ip) => {
                let h = ip.header();
                (h.source_addr().into(), h.destination_addr().into(), h.hop_limit())
            }
            NetSlice::Arp(_) => return None,
        };
        let message = match sliced.transport? {
            TransportSlice::Icmpv4(m) => m.slice().to_vec(),
            TransportSlice::Icmpv6(m) => m.slice().to_vec(),
            _ => return None,
        };
        Some(Icmp { at_ns: self.at_ns, direction: self.direction, src, dst, ttl, message })
    }
}

impl Icmp {
    /// The type.
    pub fn kind(&self) -> u8 {
        self.message[0]
    }

    /// The code.
    pub fn code(&self) -> u8 {
        self.message[1]
    }

    /// The ident of an echo or timestamp message.
    pub fn ident(&self) -> u16 {
        u16::from_be_bytes([self.message[4], self.message[5]])
    }

    /// The sequence number of an echo or timestamp message.
    pub fn seq(&self) -> u16 {
        u16::from_be_bytes([self.message[6], self.message[7]])
    }

    /// What follows the eight bytes of header.
    pub fn payload(&self) -> &[u8] {
        &self.message[8..]
    }

    /// It asks for an echo.
    pub fn is_echo_request(&self) -> bool {
        self.kind() == if self.src.is_ipv4() { 8 } else { 128 }
    }

    /// It answers one.
    pub fn is_echo_reply(&self) -> bool {
        self.kind() == if self.src.is_ipv4() { 0 } else { 129 }
    }
}

/// A capture that runs; stopped when dropped.
#[derive(Debug)]
pub struct Capture {
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<Vec<Frame>>>,
}

impl Capture {
    /// Starts to capture on `interface` of `netns`; the socket is open when this returns.
    pub fn start(netns: &Netns, interface: &str) -> io::Result<Capture> {
        let on = stamping()?;
        let socket = netns.enter(|| sys::packet_socket(interface))?;
        drop(on);
        let (stop, stopped) = UnixStream::pair()?;
        let thread = thread::spawn(move || record(&socket, &stopped));
        Ok(Capture { stop: Some(stop), thread: Some(thread) })
    }

    /// Stops and hands over every frame in order, those still queued included.
    #[track_caller]
    pub fn stop(mut self) -> Vec<Frame> {
        // What was sent last may still be on its way: a softirq of its own serves the far end of a cable.
        thread::sleep(Duration::from_millis(20));
        drop(self.stop.take());
        let thread = self.thread.take().expect("a capture is stopped once");
        thread.join().expect("the capture thread ran well")
    }

    /// Stops and hands over the ICMP messages only.
    #[track_caller]
    pub fn stop_icmp(self) -> Vec<Icmp> {
        self.stop().iter().filter_map(Frame::icmp).collect()
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Switches the kernel's receive stamps on and waits until they come: it does so behind our back (kernel fact 3). They
/// stay on, for all namespaces, while the socket that this returns or any other that asks for them is open.
///
/// The packets that show it run in a namespace of their own, where no test listens.
fn stamping() -> io::Result<OwnedFd> {
    static ROOM: OnceLock<Host> = OnceLock::new();
    ROOM.get_or_init(|| Host::new("stamps")).enter(|| {
        let witness = sys::packet_socket("lo")?;
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let to = socket.local_addr()?;
        let mut buf = [0; 256];
        let on = eventually(Duration::from_secs(20), || {
            let _ = socket.send_to(b"", to);
            let stamped = |r: io::Result<Option<sys::FrameInfo>>| r.ok().flatten().map(|info| info.at_ns > 0);
            std::iter::from_fn(|| stamped(sys::receive_frame(&witness, &mut buf))).last() == Some(true)
        });
        if on { Ok(witness) } else { Err(io::Error::other("the kernel takes no receive stamps")) }
    })
}

/// The body of the capture thread: until the other end of `stopped` closes.
fn record(socket: &OwnedFd, stopped: &UnixStream) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut buf = vec![0; 70_000];
    let mut last = false;
    loop {
        // An interface that goes down fails one receive (ENETDOWN) and the capture goes on.
        while let Ok(Some(info)) = sys::receive_frame(socket, &mut buf) {
            let direction = if info.kind == libc::PACKET_OUTGOING { Direction::Out } else { Direction::In };
            let ethernet = info.link == libc::ARPHRD_ETHER || info.link == libc::ARPHRD_LOOPBACK;
            frames.push(Frame { at_ns: info.at_ns, direction, ethernet, bytes: buf[..info.len].to_vec() });
        }
        if last {
            return frames;
        }
        match sys::wait_readable([socket.as_fd(), stopped.as_fd()], None) {
            Ok([_, stop]) => last = stop,
            Err(_) => return frames,
        }
    }
}
