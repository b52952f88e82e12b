//! Who has this address? The question and its answers, for both families: ARP (RFC 826, 5227) and neighbour discovery
//! (RFC 4861, 4862) say the same in two formats, and this is the one place that knows both.
//!
//! What anybody says on a link about who has an address is a [`Claim`], be it an answer to us, to somebody else, or a
//! mere question from which the asker's own address can be read. Who is to be believed is the machines' to say.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::units::{EtherType, Family, Ident, MacAddr, Seq, Ttl};
use crate::wire::arp::{self, Operation};
use crate::wire::ethernet::{self, Frame};
use crate::wire::ndp::{self, Message, NdOption, Repr};
use crate::wire::{icmp, ipv6, protocol};

/// Room for any frame that is made here: Ethernet, IPv6 and the longest message need 94, an echo 78.
const ROOM: usize = 128;

/// A frame of ours, ready to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Bytes {
    room: [u8; ROOM],
    len: usize,
}

impl Bytes {
    /// The frame.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.room.get(..self.len).unwrap_or_default()
    }
}

/// How an address is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Announce {
    /// As an ARP request for our own address (RFC 5227 §3: what works everywhere).
    Request,
    /// As an ARP reply that nobody asked for.
    Reply,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker {
    /// Our hardware address.
    pub mac: MacAddr,
    /// Our IP address; `None`: we have none yet (duplicate address detection). One of another family than what is asked
    /// for counts as none.
    pub source: Option<IpAddr>,
}

impl Asker {
    /// Who has `target`? Asked of everybody who could, or of one station. A `nonce` lets us know our own question again
    /// where a link loops it back (RFC 7527; IPv6 only).
    #[must_use]
    pub fn question(&self, target: IpAddr, to: Option<MacAddr>, nonce: Option<[u8; 6]>) -> Bytes {
        match target {
            IpAddr::V4(target) => {
                let sender = match self.source {
                    Some(IpAddr::V4(source)) => source,
                    _ => Ipv4Addr::UNSPECIFIED,
                };
                // RFC 5227 §2.1.1: the target's hardware address is what is asked for, and zero.
                let target_mac = to.unwrap_or(MacAddr::ZERO);
                let packet =
                    arp::Packet { operation: Operation::Request, sender_mac: self.mac, sender, target_mac, target };
                self.arp(to.unwrap_or(MacAddr::BROADCAST), &packet)
            }
            IpAddr::V6(target) => {
                let source = self.source_v6();
                let group = ndp::solicited_node(target);
                let (dst, at) = match to {
                    Some(mac) => (target, mac),
                    None => (group, MacAddr::of_group(group.into()).unwrap_or(MacAddr::BROADCAST)),
                };
                let from = (!source.is_unspecified()).then_some(self.mac);
                self.ndp(at, source, dst, &Repr::NeighborSolicitation { target, from, nonce })
            }
        }
    }

    /// Tells everybody that we have `address`.
    #[must_use]
    pub fn announcement(&self, address: IpAddr, how: Announce) -> Bytes {
        match address {
            IpAddr::V4(address) => {
                let (operation, target_mac) = match how {
                    Announce::Request => (Operation::Request, MacAddr::ZERO),
                    Announce::Reply => (Operation::Reply, self.mac),
                };
                let packet =
                    arp::Packet { operation, sender_mac: self.mac, sender: address, target_mac, target: address };
                self.arp(MacAddr::BROADCAST, &packet)
            }
            // RFC 4861 §7.2.6: to all nodes, unsolicited, to replace what they know.
            IpAddr::V6(target) => {
                let at = Some(self.mac);
                let told = Repr::NeighborAdvertisement { router: false, solicited: false, replaces: true, target, at };
                self.ndp(ALL_NODES_MAC, target, ndp::ALL_NODES, &told)
            }
        }
    }

    /// Is there a router?
    #[must_use]
    pub fn router_question(&self) -> Bytes {
        let source = self.source_v6();
        let from = (!source.is_unspecified()).then_some(self.mac);
        let group = ndp::ALL_ROUTERS;
        let at = MacAddr::of_group(group.into()).unwrap_or(MacAddr::BROADCAST);
        self.ndp(at, source, group, &Repr::RouterSolicitation { from })
    }

    /// Who is there? An echo request to all nodes of the link, with this token as its data.
    #[must_use]
    pub fn call(&self, ident: Ident, seq: Seq, token: [u8; 8]) -> Bytes {
        let source = self.source_v6();
        self.icmp6(ALL_NODES_MAC, source, ndp::ALL_NODES, |message| {
            let message = message.get_mut(..icmp::HEADER_LEN + token.len())?;
            message.get_mut(icmp::HEADER_LEN..)?.copy_from_slice(&token);
            icmp::emit_echo(Family::V6, message, ident, seq).ok()?;
            icmp::fill_checksum_v6(source, ndp::ALL_NODES, message);
            Some(message.len())
        })
    }

    fn source_v6(&self) -> Ipv6Addr {
        match self.source {
            Some(IpAddr::V6(source)) => source,
            _ => Ipv6Addr::UNSPECIFIED,
        }
    }

    fn arp(&self, to: MacAddr, packet: &arp::Packet) -> Bytes {
        self.frame(to, EtherType::ARP, |payload| {
            payload.get_mut(..arp::LEN)?.copy_from_slice(&packet.emit());
            Some(arp::LEN)
        })
    }

    /// A neighbour discovery message of ours.
    pub(super) fn ndp(&self, to: MacAddr, src: Ipv6Addr, dst: Ipv6Addr, message: &Repr<'_>) -> Bytes {
        self.icmp6(to, src, dst, |out| message.emit(src, dst, out).ok())
    }

    fn icmp6(&self, to: MacAddr, src: Ipv6Addr, dst: Ipv6Addr, fill: impl FnOnce(&mut [u8]) -> Option<usize>) -> Bytes {
        self.frame(to, EtherType::IPV6, |packet| {
            let (header, message) = packet.split_at_mut_checked(ipv6::HEADER_LEN)?;
            let payload_len = fill(message)?;
            let ip = ipv6::Repr {
                src,
                dst,
                traffic_class: 0,
                flow_label: 0,
                next_header: protocol::ICMPV6,
                // Neighbour discovery asks for it; an echo to the link needs no more and suffers no less.
                hop_limit: ndp::HOP_LIMIT,
                payload_len,
            };
            Some(ip.emit(header).ok()? + payload_len)
        })
    }

    /// A frame; empty if it had no room, which nothing made here can be short of.
    fn frame(&self, dst: MacAddr, ether_type: EtherType, fill: impl FnOnce(&mut [u8]) -> Option<usize>) -> Bytes {
        let mut room = [0; ROOM];
        let header = ethernet::Repr { dst, src: self.mac, tag: None, ether_type };
        let len = header.emit(&mut room).ok().and_then(|head| Some(head + fill(room.get_mut(head..)?)?));
        Bytes { room, len: len.unwrap_or(0) }
    }
}

/// 33:33:00:00:00:01.
const ALL_NODES_MAC: MacAddr = MacAddr([0x33, 0x33, 0, 0, 0, 1]);

/// What somebody said about who has an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The address.
    pub addr: IpAddr,
    /// The station that has it, as the message says.
    pub mac: MacAddr,
    /// The station that sent the frame: another one where somebody answers for others.
    pub sender: MacAddr,
    /// How it was said.
    pub how: How,
}

/// How it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It was an answer, or looked like one.
    Answer {
        /// It says that it was asked for: not an announcement.
        solicited: bool,
    },
    /// It uses the address: as the source of a question.
    Use,
    /// It would like to have it, and asks whether it is free.
    Wish {
        /// The number by which the asker knows its own question again.
        nonce: Option<[u8; 6]>,
    },
}

impl Claim {
    /// What a frame says, if it says anything of this kind and breaks no rule.
    #[must_use]
    pub fn of(frame: &Frame<'_>) -> Option<Claim> {
        match frame.ether_type {
            EtherType::ARP => Claim::of_arp(frame, &arp::Packet::parse(frame.payload).ok()?),
            EtherType::IPV6 => Claim::of_ndp(frame),
            _ => None,
        }
    }

    fn of_arp(frame: &Frame<'_>, packet: &arp::Packet) -> Option<Claim> {
        let (addr, how) = match packet.operation {
            _ if packet.is_probe() => (packet.target, How::Wish { nonce: None }),
            _ if packet.sender.is_unspecified() => return None,
            Operation::Request => (packet.sender, How::Use),
            Operation::Reply => (packet.sender, How::Answer { solicited: !packet.is_announcement() }),
            Operation::Other(_) => return None,
        };
        Some(Claim { addr: addr.into(), mac: packet.sender_mac, sender: frame.src, how })
    }

    fn of_ndp(frame: &Frame<'_>) -> Option<Claim> {
        let (ip, message) = icmp6_of(frame)?;
        let read = ndp::validate(ip.src(), ip.dst(), ip.hop_limit(), message).ok()??;
        let claim = |addr: Ipv6Addr, mac: Option<MacAddr>, how| {
            Some(Claim { addr: addr.into(), mac: mac.unwrap_or(frame.src), sender: frame.src, how })
        };
        match read {
            Message::NeighborAdvertisement { target, solicited, .. } => {
                claim(target, read.target_mac(), How::Answer { solicited })
            }
            Message::NeighborSolicitation { target, .. } if ip.src().is_unspecified() => {
                let nonce = read.options().flatten().find_map(|option| match option {
                    NdOption::Nonce(bytes) => bytes.first_chunk().copied(),
                    _ => None,
                });
                claim(target, None, How::Wish { nonce })
            }
            _ if ip.src().is_unspecified() => None,
            _ => claim(ip.src(), read.source_mac(), How::Use),
        }
    }
}

/// The IPv6 packet in a frame and the ICMPv6 message in that; no fragment of one (RFC 6980).
fn icmp6_of<'a>(frame: &Frame<'a>) -> Option<(ipv6::Header<'a>, &'a [u8])> {
    let ip = ipv6::Header::new_checked(frame.payload).ok().filter(|_| frame.ether_type == EtherType::IPV6)?;
    let upper = ip.upper().ok().filter(|u| u.protocol == protocol::ICMPV6 && u.fragment.is_none())?;
    Some((ip, upper.payload))
}

/// A router's advertisement: who sent it, and the message, which has been held against the rules.
#[must_use]
pub fn router_of<'a>(frame: &Frame<'a>) -> Option<(Ipv6Addr, &'a [u8])> {
    let (ip, message) = icmp6_of(frame)?;
    let read = ndp::validate(ip.src(), ip.dst(), ip.hop_limit(), message).ok()??;
    matches!(read, Message::RouterAdvertisement { .. }).then_some((ip.src(), message))
}

/// An answer to [`Asker::call`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Echo {
    /// Who answered.
    pub from: Ipv6Addr,
    /// The address it was sent to.
    pub to: Ipv6Addr,
    /// Its sequence number.
    pub seq: Seq,
    /// The hop limit it came with.
    pub hop_limit: Ttl,
}

/// The answer to a call with this ident and, of its sequence number, this token.
#[must_use]
pub fn echo_of(frame: &Frame<'_>, ident: Ident, token: impl Fn(Seq) -> [u8; 8]) -> Option<Echo> {
    let (ip, message) = icmp6_of(frame)?;
    let intact = icmp::checksum_ok_v6(ip.src(), ip.dst(), message);
    match icmp::parse(Family::V6, message).ok()? {
        icmp::Message::Echo { request: false, ident: theirs, seq, payload }
            if intact && theirs == ident && payload == token(seq) && !ip.src().is_multicast() =>
        {
            Some(Echo { from: ip.src(), to: ip.dst(), seq, hop_limit: ip.hop_limit() })
        }
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
