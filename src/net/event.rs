//! What a network hears, as a machine sees it: stamps, answers, errors, and what went wrong on this host.
//!
//! An event carries what the bytes *claim*; whether the claim fits a probe that was sent is for the machine's table to say.

use std::net::IpAddr;

use super::packet::Presence;
use super::{Exchange, Key, Peer};
use crate::clock::{Now, Stage, WallTime};
use crate::sys::address::Direction;
use crate::sys::errno::Errno;
use crate::units::{EtherType, Port, Seq, Tag, Ttl};
use crate::wire::icmp::{self, IcmpError};
use crate::wire::quoted::{Quoted, QuotedProbe};

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
    /// An answer to somebody's ICMP probe.
    Answer(Answer<'a>),
    /// The target's own answer to somebody's UDP or TCP probe.
    Reached(Reached<'a>),
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

/// Which probe the bytes say they belong to. The ident, or the ports, have been checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Whom the probe was sent to: an answer's source, an error's quoted destination.
    pub peer: Peer,
    /// What kind of exchange.
    pub exchange: Exchange,
    /// The number on the wire ([`super::Probe::seq`]); `None` where the bytes cannot tell, as in 8 quoted octets of a
    /// datagram that an ordinary UDP socket sent, or in a UDP answer that holds its own data.
    pub seq: Option<Seq>,
    /// The flow that the ports are of; `None` where there are no ports.
    pub flow: Option<u16>,
}

impl Claim {
    /// A claim by ICMP ident and sequence number.
    #[must_use]
    pub fn icmp(peer: Peer, exchange: Exchange, seq: Seq) -> Self {
        Claim { peer, exchange, seq: Some(seq), flow: None }
    }
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

impl Arrival {
    /// Read then, and nothing else known.
    #[must_use]
    pub fn unstamped(read: Now) -> Self {
        Arrival { kernel: None, nic: None, read, ttl: None, tos: None, to: None, ifindex: None }
    }
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

impl Answer<'_> {
    /// Whether it is shorter than a request with so many bytes of payload. By the length on the wire: a short read of a
    /// whole reply is none. A timestamp reply has no payload to lose.
    #[must_use]
    pub fn is_truncated(&self, payload_len: usize) -> bool {
        self.far.is_none() && self.icmp_len < icmp::HEADER_LEN + payload_len
    }
}

/// The target's own answer to a UDP or TCP probe.
#[derive(Clone, Copy, Debug)]
pub struct Reached<'a> {
    /// The probe it claims to answer.
    pub claim: Claim,
    /// When and how it came.
    pub arrival: Arrival,
    /// Who sent it.
    pub from: Peer,
    /// What it is.
    pub how: Reply,
    /// Its TCP header with options (flags, MSS), as far as it was read; empty of UDP.
    pub tcp: &'a [u8],
    /// What follows its UDP or TCP header.
    pub payload: &'a [u8],
}

/// How a target answers a UDP or TCP probe itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reply {
    /// A UDP datagram.
    Data,
    /// The port is open.
    SynAck,
    /// The port is closed. Or it is open, and another SYN of the same flow came within a round trip before: Linux resets
    /// the connection that is only half there.
    Rst,
    /// Another TCP segment whose acknowledgment number fits a probe (RFC 9293 §3.10.7: a challenge).
    Segment,
}

/// A quoted probe as whoever quotes it had it. What differs from what was sent, somebody on the way changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Its source.
    pub src: IpAddr,
    /// TTL or hop limit that was left.
    pub ttl: Ttl,
    /// Type of service or traffic class.
    pub tos: u8,
    /// IPv4 identification.
    pub ip_ident: Option<u16>,
    /// Octets of the packet, by its own IP header.
    pub total_len: u32,
    /// IPv4 "don't fragment"; always true for IPv6.
    pub dont_fragment: bool,
    /// Source port, of UDP and TCP.
    pub src_port: Option<Port>,
    /// Destination port, of UDP and TCP.
    pub dst_port: Option<Port>,
    /// Octets that are quoted, its IP header included; padding before extensions counts.
    pub len: usize,
}

impl Quote {
    /// What a parsed quote of `len` octets says of its headers.
    #[must_use]
    pub fn of(quoted: &Quoted<'_>, len: usize) -> Quote {
        let ports = match quoted.what {
            QuotedProbe::Udp { src_port, dst_port, .. } | QuotedProbe::Tcp { src_port, dst_port, .. } => {
                Some((src_port, dst_port))
            }
            _ => None,
        };
        Quote {
            src: quoted.src,
            ttl: quoted.ttl,
            tos: quoted.tos,
            ip_ident: quoted.ip_ident,
            total_len: quoted.total_len,
            dont_fragment: quoted.dont_fragment,
            src_port: ports.map(|p| p.0),
            dst_port: ports.map(|p| p.1),
            len,
        }
    }
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
    /// The transport checksum in the quoted packet, if it is quoted and shown. Of a datagram whose header the kernel wrote
    /// it may be the pseudo-header's sum alone (checksum offload).
    pub quoted_checksum: Option<u16>,
    /// What the quote holds behind the ICMP, UDP or TCP header: nothing, where the router quotes 8 bytes.
    pub quoted_payload: &'a [u8],
    /// The quoted packet's headers; `None` where the error came by the error queue, which does not show them.
    pub quote: Option<Quote>,
    /// The extension structure (RFC 4884) from its own header on, as it came: neither version nor checksum is checked
    /// where the error itself said that it is there.
    pub extensions: Option<&'a [u8]>,
    /// The packet as it was read; empty where it came by the error queue.
    pub packet: &'a [u8],
    /// Whether `packet` begins with an IP header.
    pub has_ip_header: bool,
}

impl Trouble<'_> {
    /// An error of which nothing is shown but who sent it and what it says.
    #[must_use]
    pub fn unquoted(claim: Claim, arrival: Arrival, offender: IpAddr, error: IcmpError) -> Self {
        Trouble {
            claim,
            arrival,
            offender,
            error,
            quoted_checksum: None,
            quoted_payload: &[],
            quote: None,
            extensions: None,
            packet: &[],
            has_ip_header: false,
        }
    }
}
