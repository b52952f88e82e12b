//! What control messages mean: stamps, hop limit, interface, errors, drops. Those that go along with a
//! packet that is sent are made of a [`SendControl`].
//!
//! Decoding is one pass into a plain struct of `Option`s. "No offender" (`AF_UNSPEC`) is `None` whatever the family, a
//! stamp of zero is no stamp, and transmit stamps (which the kernel dresses as errors with ENOMSG) are told from errors.

mod send;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use libc::{IPPROTO_IP, IPPROTO_IPV6, SOL_SOCKET};

use super::address::{self, array};
use super::cmsg::Messages;
use super::consts::*;
use super::errno::Errno;
use crate::clock::{Stage, WallTime};
use crate::units::{EtherType, Tag, Ttl};

pub use send::{SEND_CONTROL_LEN, SendControl, Stages, encode};

/// Everything the kernel said beside a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ancillary {
    /// When the packet entered this host's network stack.
    pub rx_soft: Option<WallTime>,
    /// When the network card received it, on the card's own clock.
    pub rx_hard: Option<WallTime>,
    /// Hop limit as received.
    pub hop_limit: Option<Ttl>,
    /// Type of service or traffic class as received.
    pub tos: Option<u8>,
    /// Interface and local address.
    pub pktinfo: Option<PktInfo>,
    /// IPv4 options as received, if asked for.
    pub ip_options: Option<IpOptions>,
    /// An error from the error queue.
    pub error: Option<ExtError>,
    /// A transmit stamp from the error queue; then `error` is `None`.
    pub tx: Option<TxStamp>,
    /// How many packets this socket has dropped since it was opened (`SO_RXQ_OVFL`).
    pub drops: Option<u32>,
    /// What a packet socket says beside a frame, if asked for.
    pub frame: Option<FrameInfo>,
}

/// `struct tpacket_auxdata` (`include/uapi/linux/if_packet.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameInfo {
    /// Length of the frame, of which a short buffer may have taken less; a stripped tag is not counted.
    pub len: u32,
    /// The outermost VLAN tag, which the card or the kernel took out of the frame, and the type that announced it.
    pub vlan: Option<(EtherType, Tag)>,
    /// The card would have computed the checksum of what is inside: it is not the one on the wire.
    pub checksum_pending: bool,
}

/// The IPv4 options of a packet: a header has room for 40 bytes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpOptions {
    len: u8,
    bytes: [u8; 40],
}

impl IpOptions {
    fn new(data: &[u8]) -> Option<Self> {
        let mut bytes = [0; 40];
        bytes.get_mut(..data.len())?.copy_from_slice(data);
        Some(IpOptions { len: data.len() as u8, bytes })
    }

    /// The options.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

/// Where a packet arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PktInfo {
    /// Interface index.
    pub ifindex: u32,
    /// Destination address of the header.
    pub local: IpAddr,
    /// IPv4: the local address the packet was delivered to, which a reply would come from; differs from `local` for
    /// broadcast and multicast. IPv6: the same as `local`.
    pub spec_dst: IpAddr,
}

/// Who reports an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This host.
    Local,
    /// An ICMP message.
    Icmp,
    /// An ICMPv6 message.
    Icmp6,
    /// A transmit stamp of a stage that is not known here.
    Timestamping,
    /// Something else (`SO_EE_ORIGIN_*`).
    Other(u8),
}

/// `struct sock_extended_err` (`include/uapi/linux/errqueue.h`) and the address behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtError {
    /// What the error means for a caller.
    pub errno: Errno,
    /// Who reports it.
    pub origin: Origin,
    /// ICMP type.
    pub ty: u8,
    /// ICMP code.
    pub code: u8,
    /// With EMSGSIZE: the MTU.
    pub info: u32,
    /// Other data.
    pub data: u32,
    /// The router or host that sent the ICMP error.
    pub offender: Option<IpAddr>,
    /// Where the RFC 4884 extension begins, if asked for and there is one.
    pub rfc4884: Option<Rfc4884>,
}

/// `struct sock_ee_data_rfc4884`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rfc4884 {
    /// Offset of the extension in the returned bytes.
    pub offset: u16,
    /// Its version, lengths or checksum are wrong.
    pub invalid: bool,
}

/// A transmit stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TxStamp {
    /// Where the packet was. [`Stage::Nic`] exactly if the stamp is `hard`.
    pub stage: Stage,
    /// The packet's number: ours where the kernel takes one for each packet, else its own count.
    pub id: u32,
    /// By the kernel.
    pub soft: Option<WallTime>,
    /// By the network card, on the card's own clock.
    pub hard: Option<WallTime>,
}

/// Reads the control messages of one packet.
#[must_use]
#[inline]
pub fn decode(control: &[u8]) -> Ancillary {
    // Most packets of a flood come without any.
    if control.is_empty() { Ancillary::default() } else { decode_messages(control) }
}

fn decode_messages(control: &[u8]) -> Ancillary {
    let mut a = Ancillary::default();
    for m in Messages::new(control) {
        match (m.level, m.ty) {
            (SOL_SOCKET, SO_TIMESTAMPING_OLD | SO_TIMESTAMPING_NEW) => {
                let wide = m.ty == SO_TIMESTAMPING_NEW || std::mem::size_of::<libc::c_long>() == 8;
                a.rx_soft = stamp(m.data, 0, wide);
                a.rx_hard = stamp(m.data, 2, wide);
            }
            (SOL_PACKET, PACKET_AUXDATA) => a.frame = frame_info(m.data),
            (SOL_PACKET, PACKET_TX_TIMESTAMP) => a.error = ext_error(m.data),
            (SOL_SOCKET, SO_RXQ_OVFL) => a.drops = u32_at(m.data, 0),
            (IPPROTO_IP, libc::IP_TTL) | (IPPROTO_IPV6, libc::IPV6_HOPLIMIT) => {
                a.hop_limit = u32_at(m.data, 0).and_then(|v| u8::try_from(v).ok()).map(Ttl);
            }
            (IPPROTO_IP, libc::IP_TOS) => a.tos = m.data.first().copied(),
            (IPPROTO_IPV6, libc::IPV6_TCLASS) => a.tos = u32_at(m.data, 0).and_then(|v| u8::try_from(v).ok()),
            (IPPROTO_IP, libc::IP_RECVOPTS) => a.ip_options = IpOptions::new(m.data),
            (IPPROTO_IP, libc::IP_PKTINFO) => a.pktinfo = pktinfo_v4(m.data),
            (IPPROTO_IPV6, libc::IPV6_PKTINFO) => a.pktinfo = pktinfo_v6(m.data),
            (IPPROTO_IP, libc::IP_RECVERR) | (IPPROTO_IPV6, libc::IPV6_RECVERR) => a.error = ext_error(m.data),
            _ => {}
        }
    }
    // The stamps of a transmit message stand in the same control message as those of a received packet.
    if let Some(tx) = a.error.and_then(|e| tx_stamp(&e, a.rx_soft, a.rx_hard)) {
        a = Ancillary { tx: Some(tx), error: None, rx_soft: None, rx_hard: None, ..a };
    }
    a
}

fn tx_stamp(e: &ExtError, soft: Option<WallTime>, hard: Option<WallTime>) -> Option<TxStamp> {
    if e.origin != Origin::Timestamping || e.errno != Errno(libc::ENOMSG) {
        return None;
    }
    let stage = match e.info {
        SCM_TSTAMP_SND if soft.is_none() && hard.is_some() => Stage::Nic,
        SCM_TSTAMP_SND => Stage::Driver,
        SCM_TSTAMP_SCHED => Stage::Sched,
        _ => return None,
    };
    Some(TxStamp { stage, id: e.data, soft, hard })
}

/// The `index`th of three timespecs; zero means that there is none.
fn stamp(data: &[u8], index: usize, wide: bool) -> Option<WallTime> {
    let (sec, nsec) = if wide {
        (i64::from_ne_bytes(array(data, index * 16)?), i64::from_ne_bytes(array(data, index * 16 + 8)?))
    } else {
        let half = |at| Some(i64::from(i32::from_ne_bytes(array(data, at)?)));
        (half(index * 8)?, half(index * 8 + 4)?)
    };
    let ns = sec.checked_mul(1_000_000_000)?.checked_add(nsec)?;
    (ns != 0).then_some(WallTime::from_ns(ns))
}

fn frame_info(data: &[u8]) -> Option<FrameInfo> {
    let status = u32_at(data, 0)?;
    let tci = u16::from_ne_bytes(array(data, 16)?);
    // Kernels before 3.14 do not say which type announced the tag.
    let ty = match status & TP_STATUS_VLAN_TPID_VALID {
        0 => EtherType::VLAN,
        _ => EtherType(u16::from_ne_bytes(array(data, 18)?)),
    };
    Some(FrameInfo {
        len: u32_at(data, 4)?,
        vlan: (status & TP_STATUS_VLAN_VALID != 0).then_some((ty, Tag::from_bits(tci))),
        checksum_pending: status & TP_STATUS_CSUMNOTREADY != 0,
    })
}

fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(array(data, at)?))
}

fn pktinfo_v4(data: &[u8]) -> Option<PktInfo> {
    let at = |i| Some(IpAddr::V4(Ipv4Addr::from(array::<4>(data, i)?)));
    Some(PktInfo { ifindex: u32_at(data, 0)?, spec_dst: at(4)?, local: at(8)? })
}

fn pktinfo_v6(data: &[u8]) -> Option<PktInfo> {
    let local = IpAddr::V6(Ipv6Addr::from(array::<16>(data, 0)?));
    Some(PktInfo { ifindex: u32_at(data, 16)?, spec_dst: local, local })
}

fn ext_error(data: &[u8]) -> Option<ExtError> {
    let [origin, ty, code, _] = array(data, 4)?;
    let origin = match origin {
        SO_EE_ORIGIN_LOCAL => Origin::Local,
        SO_EE_ORIGIN_ICMP => Origin::Icmp,
        SO_EE_ORIGIN_ICMP6 => Origin::Icmp6,
        SO_EE_ORIGIN_TIMESTAMPING => Origin::Timestamping,
        other => Origin::Other(other),
    };
    let offset = u16::from_ne_bytes(array(data, 12)?);
    let [flags] = array(data, 14)?;
    let extended = matches!(origin, Origin::Icmp | Origin::Icmp6) && offset != 0;
    Some(ExtError {
        errno: Errno(i32::from_ne_bytes(array(data, 0)?)),
        origin,
        ty,
        code,
        info: u32_at(data, 8)?,
        data: u32_at(data, 12)?,
        offender: data.get(EXTENDED_ERR_LEN..).and_then(address::parse).map(|e| e.addr),
        rfc4884: extended.then_some(Rfc4884 { offset, invalid: flags & SO_EE_RFC4884_FLAG_INVALID != 0 }),
    })
}

#[cfg(test)]
mod tests;
