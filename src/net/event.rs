//! What a network hears, as a machine sees it: stamps, answers, errors, and what went wrong on this host.
//!
//! An event carries what the bytes *claim*; whether the claim fits a probe that was sent is for the machine's table to say.

use std::net::IpAddr;

use super::{Exchange, Key, Peer};
use crate::clock::{Now, Stage, WallTime};
use crate::sys::address::Direction;
use crate::sys::errno::Errno;
use crate::units::{EtherType, Seq, Tag, Ttl};
use crate::wire::icmp::IcmpError;

/// Something that was heard.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// The kernel stamped a probe's departure.
    Stamp {
        /// The probe.
        key: Key,
        /// Where it was stamped.
        stage: Stage,
        /// When.
        at: WallTime,
        /// The packet as it left, from its IP header on; empty unless the network was asked for copies.
        packet: &'a [u8],
    },
    /// An answer to somebody's probe.
    Answer(Answer<'a>),
    /// An ICMP error about somebody's probe.
    Error(Trouble<'a>),
    /// A redirect about somebody's probe: a note, neither an answer nor an error (RFC 792 type 5, RFC 4861 §4.5).
    Redirect {
        /// The better first hop.
        gateway: IpAddr,
        /// Who said so, and about which probe.
        about: Trouble<'a>,
    },
    /// This host itself gave up on a probe after it was taken (error queue, origin local).
    Local {
        /// The probe, where it can be told.
        claim: Option<Claim>,
        /// Why.
        errno: Errno,
        /// With `EMSGSIZE`: the path MTU.
        mtu: Option<u32>,
    },
    /// A frame, where the network is one of frames.
    Frame(Frame<'a>),
    /// The interface went, or came back.
    Link(Presence),
    /// A packet that is not for us, or makes no sense.
    Foreign {
        /// Its sender.
        from: IpAddr,
    },
    /// Our own socket had no room for this many packets, replies or stamps.
    Dropped {
        /// How many since the last such event.
        more: u64,
    },
    /// The wall clock was set: stamps from before and after say nothing about each other.
    Stepped {
        /// By how much; negative: back.
        ns: i64,
    },
}

/// A frame as a packet socket heard it.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The frame from its destination address on.
    pub bytes: &'a [u8],
    /// Its length, of which a short buffer may have taken less; a tag that was taken out is not counted.
    pub len: usize,
    /// The outermost VLAN tag, where the card or the kernel took it out of the frame.
    pub stripped: Option<(EtherType, Tag)>,
    /// How it stands to this host.
    pub direction: Direction,
    /// When it came.
    pub arrival: Arrival,
}

/// How an interface stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// There, and up.
    Up,
    /// There, and down.
    Down,
    /// Not there.
    Gone,
}

/// Which probe the bytes say they belong to. The ident has been checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Whom the probe was sent to: an answer's source, an error's quoted destination.
    pub peer: Peer,
    /// What kind of exchange.
    pub exchange: Exchange,
    /// The sequence number on the wire.
    pub seq: Seq,
}

/// When and how a packet arrived.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// The kernel's stamp.
    pub kernel: Option<WallTime>,
    /// The network card's stamp, on the card's own clock.
    pub nic: Option<WallTime>,
    /// Our clocks when we had read it.
    pub read: Now,
    /// Hop limit it arrived with.
    pub ttl: Option<Ttl>,
    /// TOS or traffic class it arrived with.
    pub tos: Option<u8>,
    /// The address it was sent to.
    pub to: Option<IpAddr>,
    /// The interface it came in on.
    pub ifindex: Option<u32>,
}

/// The three times of an ICMP timestamp reply, in milliseconds since midnight UTC (RFC 792).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FarClock {
    /// Ours, as returned.
    pub originate_ms: u32,
    /// When the far host received the request.
    pub receive_ms: u32,
    /// When it sent the reply.
    pub transmit_ms: u32,
}

/// An echo or timestamp reply.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The probe it claims to answer.
    pub claim: Claim,
    /// When and how it came.
    pub arrival: Arrival,
    /// What follows the ICMP header (of an echo reply).
    pub payload: &'a [u8],
    /// Length of the ICMP message on the wire, header included, even where fewer bytes were read.
    pub icmp_len: usize,
    /// Whether the ICMP checksum was right; only raw IPv4 ever shows a wrong one.
    pub checksum_ok: bool,
    /// IPv4 options of the reply; empty where the socket does not show them.
    pub options: &'a [u8],
    /// The times of a timestamp reply.
    pub far: Option<FarClock>,
    /// The packet as it was read: from the IP header where the socket shows it, from the ICMP header where not.
    pub packet: &'a [u8],
    /// Whether `packet` begins with an IP header.
    pub has_ip_header: bool,
}

/// An ICMP error, and what it quotes of a probe.
#[derive(Clone, Copy, Debug)]
pub struct Trouble<'a> {
    /// The probe it quotes.
    pub claim: Claim,
    /// When and how it came.
    pub arrival: Arrival,
    /// Who sent it.
    pub offender: IpAddr,
    /// What it says.
    pub error: IcmpError,
    /// The ICMP checksum in the quoted packet.
    pub quoted_checksum: Option<u16>,
    /// What the quote holds behind the ICMP header: nothing, where the router quotes 8 bytes.
    pub quoted_payload: &'a [u8],
    /// The packet as it was read; empty where it came by the error queue.
    pub packet: &'a [u8],
    /// Whether `packet` begins with an IP header.
    pub has_ip_header: bool,
}
