//! Packet stamps of the kernel (`Documentation/networking/timestamping.rst`): asking for them, and making sure that the
//! first reply has one.
//!
//! Receive stamps are switched on for the socket, transmit stamps by a control message of each packet that shall have
//! one. What a kernel, a driver or a sandbox refuses is tried in smaller steps, and what was granted is returned.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::AsFd;
use std::sync::OnceLock;
use std::time::Duration;

use libc::{SOL_SOCKET, c_int};

use super::ancillary::{SendControl, Stages};
use super::batch::{Outgoing, Queue, RecvRing, SendRing};
use super::clock::boot_now;
use super::consts::*;
use super::errno::Errno;
use super::poll::{self, Interest};
use super::socket::{Socket, loopback};
use crate::units::Family;

/// Which stamps a socket shall give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamping {
    /// When packets arrive.
    pub receive: bool,
    /// When packets that ask for it leave ([`SendControl::stages`]).
    pub transmit: bool,
    /// Departure stamps come with a copy of the packet as it left.
    pub copies: bool,
    /// Use numbers of our own where the kernel takes them.
    pub numbers: bool,
}

impl Timestamping {
    /// Both.
    pub const ALL: Timestamping = Timestamping { receive: true, transmit: true, copies: false, numbers: true };
    /// Arrivals only.
    pub const RECEIVE: Timestamping = Timestamping { transmit: false, ..Timestamping::ALL };
}

/// Which stamps a socket will give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Granted {
    /// Arrivals are stamped (the first few perhaps not: [`ensure_receive_stamps`]).
    pub receive: bool,
    /// Packets may ask for transmit stamps.
    pub transmit: bool,
    /// [`SendControl::stamp`] may set the number of a stamp (Linux 6.13). Otherwise leave it out: the number is a count
    /// that refused sends disturb (lab_kernel 2), and the frame comes back with the stamp instead: link-layer header, IP
    /// header, and at its end what was sent (of a fragmented packet, its first fragment).
    pub numbered: bool,
    /// The first thing that was refused.
    pub refused: Option<Errno>,
}

/// Report the stamps of both clocks.
const REPORT: u32 = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RAW_HARDWARE;

/// Stamp arrivals.
const RECEIVE: u32 = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_RX_HARDWARE;

/// The least that is of use, for sandboxes that know little.
const LEAST: u32 = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;

impl Socket {
    /// Switches stamps on, as many of them as the kernel allows.
    pub fn timestamping(&self, wanted: Timestamping) -> Granted {
        let mut granted = Granted::default();
        let per_packet = if wanted.transmit { per_packet() } else { PerPacket::Refused(None) };
        let (all, least) = if wanted.receive { (REPORT | RECEIVE, LEAST) } else { (REPORT, SOF_TIMESTAMPING_SOFTWARE) };
        let transmit = SOF_TIMESTAMPING_OPT_ID;
        // With numbers of our own the packet's bytes are not needed back.
        let numbers = wanted.numbers && per_packet == PerPacket::Numbered;
        let bare = if numbers && !wanted.copies { SOF_TIMESTAMPING_OPT_TSONLY } else { 0 };
        let ladder = [
            (all | transmit | bare | SOF_TIMESTAMPING_OPT_TX_SWHW, true),
            (all | transmit | bare, true),
            (all, false),
            (least, false),
        ];
        if let PerPacket::Refused(e) = per_packet {
            granted.refused = e;
        }
        for (flags, transmits) in ladder {
            if transmits && matches!(per_packet, PerPacket::Refused(_)) {
                continue;
            }
            match self.set_stamps(flags) {
                Ok(()) => {
                    granted.receive = wanted.receive;
                    granted.transmit = transmits;
                    granted.numbered = transmits && numbers;
                    return granted;
                }
                Err(e) => granted.refused = granted.refused.or(Some(Errno::from(&e))),
            }
        }
        granted
    }

    /// On 32-bit systems the form with 64-bit seconds is preferred, whatever the C library's `time_t`; kernels before 5.1
    /// have only the other.
    fn set_stamps(&self, flags: u32) -> io::Result<()> {
        let value = flags as c_int;
        if std::mem::size_of::<libc::c_long>() == 4 && self.set_int(SOL_SOCKET, SO_TIMESTAMPING_NEW, value).is_ok() {
            return Ok(());
        }
        self.set_int(SOL_SOCKET, SO_TIMESTAMPING_OLD, value)
    }
}

/// What control messages about transmit stamps this kernel takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PerPacket {
    /// None (before Linux 4.6, or a sandbox).
    Refused(Option<Errno>),
    /// `SO_TIMESTAMPING`.
    Stages,
    /// `SCM_TS_OPT_ID` too.
    Numbered,
}

/// What was found out, once per process.
static KNOWN: OnceLock<PerPacket> = OnceLock::new();

/// Tries it where neither [`SwitchingOn::begin`] nor [`ring`] found out: on a socket of its own that cannot send: the
/// destination is the limited broadcast address, which is refused to it (EACCES) or unreachable, and both come only after
/// the control messages were accepted. An unknown control message is EINVAL at once. Nothing leaves the host, and no
/// version number is believed.
fn per_packet() -> PerPacket {
    const ANY_PORT: u16 = 9;
    *KNOWN.get_or_init(|| {
        let trial = |stamp| -> io::Result<()> {
            let socket = Socket::udp(Family::V4)?;
            socket.set_stamps(SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID)?;
            let to = Some((IpAddr::V4(Ipv4Addr::BROADCAST), 0));
            let control = SendControl { stages: Stages::DRIVER, stamp, ..SendControl::default() };
            let item = Outgoing { to, port: ANY_PORT, flow: 0, bytes: &[], control };
            match SendRing::new(1).send(&socket, std::iter::once(item)) {
                Err(e) if e.raw_os_error() == Some(libc::EINVAL) => Err(e),
                _ => Ok(()),
            }
        };
        if trial(Some(0)).is_ok() {
            return PerPacket::Numbered;
        }
        match trial(None) {
            Ok(()) => PerPacket::Stages,
            Err(e) => PerPacket::Refused(Some(Errno::from(&e))),
        }
    })
}

/// Whether arrivals are being stamped on this host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamps {
    /// Seen: a packet came with its stamp.
    On,
    /// Not seen in time, or loopback does not work here.
    Unknown,
}

/// Keeps the kernel's receive stamping switched on while it lives.
#[derive(Debug)]
pub struct StampGuard {
    /// Stamping is on while any socket asks for it.
    socket: Option<Socket>,
    /// What was seen.
    pub stamps: Stamps,
    /// How many packets it took to see it.
    pub tries: u32,
}

/// Longest that [`SwitchingOn::wait`] waits.
const PATIENCE: Duration = Duration::from_millis(3);

/// Receive stamping that has been asked for but may not be on yet.
///
/// The kernel switches stamping on by a work queue some time after the first socket asks for it
/// (`net_enable_timestamp`, `net/core/dev.c`): until then replies carry no stamp (lab_kernel 3). It patches its own code,
/// which takes 0.1 ms, and need not where another process had asked before: begin early, wait late, and only if there is
/// something to wait for.
#[derive(Debug)]
pub struct SwitchingOn {
    socket: io::Result<Socket>,
}

impl SwitchingOn {
    /// Asks for receive stamps, by a socket on loopback.
    #[must_use]
    pub fn begin() -> SwitchingOn {
        let socket = to_itself(Family::V4).or_else(|_| to_itself(Family::V6));
        if let Ok(socket) = &socket {
            // Where it fails, `look` tries without the number.
            let _ = send_numbered(socket, None, &[0]);
        }
        SwitchingOn { socket }
    }

    /// Waits until arrivals are stamped: a datagram from a loopback socket to itself shows it. Keep what is returned as
    /// long as stamps are wanted, or until other sockets have asked for them.
    #[must_use]
    pub fn wait(self) -> StampGuard {
        let mut guard = StampGuard { socket: self.socket.ok(), stamps: Stamps::Unknown, tries: 0 };
        // Where loopback does not work the answer is "unknown".
        let _ = guard.look();
        guard
    }
}

/// Begins and waits at once.
#[must_use]
pub fn ensure_receive_stamps() -> StampGuard {
    SwitchingOn::begin().wait()
}

/// A stamping UDP socket that is connected to itself.
fn to_itself(family: Family) -> io::Result<Socket> {
    let socket = Socket::udp(family)?;
    socket.set_stamps(LEAST | SOF_TIMESTAMPING_OPT_ID).or_else(|_| socket.set_stamps(LEAST))?;
    socket.bind(loopback(family), 0)?;
    socket.connect(loopback(family), 0, socket.local_port()?)?;
    Ok(socket)
}

/// Begins with a socket that hears what it sends to loopback itself, a raw one: `packet` is what it sends there. That
/// takes a third of the time that a socket of its own takes. Returns whether it left.
#[must_use]
pub fn ring(socket: &Socket, packet: &[u8]) -> bool {
    socket.set_stamps(LEAST | SOF_TIMESTAMPING_OPT_ID).is_ok()
        && send_numbered(socket, Some((loopback(socket.family()), 0)), packet).is_ok()
}

/// Whether something that this socket has heard since came with its stamp, and so all that comes will. Discards what it
/// has heard.
///
/// # Errors
/// When the socket cannot be read.
pub fn rang(socket: &Socket) -> io::Result<bool> {
    const STRANGERS: usize = 16;
    let mut inbox = RecvRing::new(1, 64);
    for _ in 0..STRANGERS {
        if inbox.receive(socket, Queue::Data)? == 0 {
            break;
        }
        if inbox.get(0).is_some_and(|r| r.ancillary().rx_soft.is_some()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Sends with a number of our own for the stamp. A kernel that takes this number takes the older control messages, too,
/// and nothing else is to be tried.
fn send_numbered(socket: &Socket, to: Option<(IpAddr, u32)>, bytes: &[u8]) -> io::Result<()> {
    let control = SendControl { stamp: Some(0), ..SendControl::default() };
    SendRing::new(1).send(socket, std::iter::once(Outgoing { to, port: 0, flow: 0, bytes, control }))?;
    let _ = KNOWN.set(PerPacket::Numbered);
    Ok(())
}

impl StampGuard {
    fn look(&mut self) -> io::Result<()> {
        let Some(socket) = &self.socket else { return Ok(()) };
        let until = boot_now() + PATIENCE;
        let mut pause = Duration::from_micros(1);
        let (mut out, mut inbox) = (SendRing::new(1), RecvRing::new(1, 16));
        loop {
            self.tries += 1;
            // The first was sent at the beginning. Loopback delivers within the send, but for a moment of heavy load.
            if inbox.receive(socket, Queue::Data)? == 0 {
                let control = SendControl::default();
                out.send(socket, std::iter::once(Outgoing { to: None, port: 0, flow: 0, bytes: &[0], control }))?;
                if inbox.receive(socket, Queue::Data)? == 0 {
                    poll::wait(&[(socket.as_fd(), Interest::Read)], Some(until))?;
                    inbox.receive(socket, Queue::Data)?;
                }
            }
            if inbox.get(0).is_some_and(|r| r.ancillary().rx_soft.is_some()) {
                self.stamps = Stamps::On;
                return Ok(());
            }
            if boot_now() >= until {
                return Ok(());
            }
            // The work is queued for this very processor: let it run. A sleep, though the shortest: who yields on a busy
            // machine waits for everybody else's turn, for milliseconds, and a loop keeps the work from running.
            poll::wait(&[], Some(boot_now() + pause))?;
            pause *= 2;
        }
    }
}
