//! What a caller wants of its sockets: plain values, each with the socket option it becomes.
//!
//! One structure for all networks, so that a command reads its arguments once; what a network has no use for (an echo
//! ident, of UDP) it leaves alone, and says so.

use crate::net::Peer;
use crate::sys::options::PmtuMode;
use crate::units::{Family, Ident, Ttl};

/// Which sockets to open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SocketChoice {
    /// Raw ones where this process may, otherwise ping sockets.
    #[default]
    Auto,
    /// `SOCK_RAW` or nothing.
    Raw,
    /// Ping sockets (`SOCK_DGRAM`) or nothing.
    Dgram,
}

/// What the options are called where they were given, and the command: for the words of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names {
    /// The command, as it is installed.
    pub command: &'static str,
    /// Of the source address.
    pub source: &'static str,
    /// Of the interface.
    pub device: &'static str,
    /// Of the hop limit.
    pub ttl: &'static str,
    /// Of the type of service or traffic class.
    pub tos: &'static str,
    /// Of path MTU discovery, or of "don't fragment".
    pub pmtu: &'static str,
    /// Of the firewall mark.
    pub mark: &'static str,
    /// Of "directly attached hosts only".
    pub dontroute: &'static str,
    /// Of the IPv6 flow label.
    pub flow_label: &'static str,
    /// Of the source port.
    pub source_port: &'static str,
}

impl Names {
    /// As ping has them.
    pub const PING: Names = Names {
        command: "rping",
        source: "-I",
        device: "-I",
        ttl: "-t",
        tos: "-Q",
        pmtu: "-M",
        mark: "-m",
        dontroute: "-r",
        flow_label: "-F",
        source_port: "-e",
    };

    /// As Linux traceroute has them.
    pub const TRACE: Names = Names {
        command: "rtrace",
        source: "-s",
        device: "-i",
        ttl: "-m",
        tos: "-t",
        pmtu: "-F",
        mark: "--fwmark",
        dontroute: "-r",
        flow_label: "-l",
        source_port: "--sport",
    };

    /// As `check_icmp` has them.
    pub const CHECK: Names = Names { command: "rcheck", source: "-s", device: "-s", ttl: "-l", ..Names::PING };

    /// As fping has them.
    pub const SWEEP: Names = Names {
        command: "rsweep",
        source: "-S",
        device: "-I",
        ttl: "-H",
        tos: "-O",
        pmtu: "-M",
        mark: "-k",
        ..Names::PING
    };
}

impl Default for Names {
    fn default() -> Self {
        Names::PING
    }
}

/// Which sockets were opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketKind {
    /// `SOCK_RAW`.
    Raw,
    /// `SOCK_DGRAM`, `IPPROTO_ICMP` or `IPPROTO_ICMPV6`.
    Dgram,
}

impl SocketKind {
    /// As `ping -v` names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            SocketKind::Raw => "SOCK_RAW",
            SocketKind::Dgram => "SOCK_DGRAM",
        }
    }
}

/// Which stamps to ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stages {
    /// None, and none of arrivals either: round-trip times are the process's own.
    None,
    /// The driver's alone: half the cost, for floods.
    Driver,
    /// The packet scheduler's too, for devices that do not stamp in the driver.
    #[default]
    Both,
}

/// The IPv4 header as we write it (`IP_HDRINCL`). The kernel fills length and checksum always, ident where it is 0
/// (`raw(7)`; net/ipv4/raw.c `raw_send_hdrinc`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeaderInclude {
    /// Identification; 0: the kernel's choice.
    pub ip_id: u16,
    /// "Don't fragment".
    pub df: bool,
}

/// What the sockets are to be.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What the options are called.
    pub names: Names,
    /// Raw sockets, or those that need no privilege.
    pub socket: SocketChoice,
    /// The one family to open, where the other is surely not needed.
    pub family: Option<Family>,
    /// Echo identifier (`-e`); random where `None`. A ping socket gets it by binding to it.
    pub ident: Option<Ident>,
    /// Hop limit (`-t`).
    pub ttl: Option<Ttl>,
    /// Type of service or traffic class (`-Q`).
    pub tos: Option<u8>,
    /// Path MTU discovery (`-M`).
    pub pmtu: Option<PmtuMode>,
    /// Interface or VRF to send through (`-I`).
    pub device: Option<String>,
    /// Bind to that interface, so that nothing is heard that comes in elsewhere.
    pub bind: bool,
    /// Source addresses (`-I`), at most one a family.
    pub sources: Vec<Peer>,
    /// Bind to the source that the first route chose and keep it (`-B`).
    pub sticky_source: bool,
    /// Connect to the one target (`-C`).
    pub connect: bool,
    /// Firewall mark (`-m`).
    pub mark: Option<u32>,
    /// Allow broadcast destinations (`-b`).
    pub broadcast: bool,
    /// Directly attached hosts only (`-r`).
    pub dontroute: bool,
    /// Do not hear our own multicasts (`-L`).
    pub no_multicast_loop: bool,
    /// Kernel debugging (`-d`).
    pub debug: bool,
    /// Send buffer in bytes (`-S`).
    pub send_buffer: Option<u32>,
    /// Probes that may be unanswered at once: the receive buffer is made for as many replies and stamps.
    pub window: u32,
    /// Payload bytes of a probe: what buffers are made for.
    pub size: usize,
    /// IPv4 options of every probe (`-R`, `-T`), at most 40 bytes.
    pub ip_options: Vec<u8>,
    /// IPv6 flow label (`-F`), 20 bits.
    pub flow_label: Option<u32>,
    /// Write the IPv4 header ourselves.
    pub header: Option<HeaderInclude>,
    /// Listen for ICMP timestamp replies too.
    pub timestamps: bool,
    /// Have short IPv4 probes go without an IP ident, whose making is a fiftieth of a flood's work.
    pub spare_idents: bool,
    /// Which stamps to ask for.
    pub stages: Stages,
    /// Stamps come with a copy of the packet as it left (for captures).
    pub copies: bool,
    /// Tell send queues' drops (`ENOBUFS`) from sent probes. On raw sockets that needs the error queue, which lets
    /// strangers' errors past the filter (lab_kernel 7): not for floods.
    pub tell_queue_drops: bool,
    /// Do without per-packet stamp numbers, as kernels before 6.13 must; for tests.
    #[doc(hidden)]
    pub no_stamp_numbers: bool,
}
