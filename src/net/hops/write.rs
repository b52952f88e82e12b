//! UDP and TCP headers in front of a payload, and the IPv4 header where that is ours.

use std::net::IpAddr;

use super::options::{Method, Numbering};
use super::protocol::Hops;
use crate::clock::Now;
use crate::net::channel::Written;
use crate::net::socket::SocketKind;
use crate::net::{HEADROOM, Probe};
use crate::sys::errno::{self, Errno};
use crate::units::{Family, Port, Seq, Ttl};
use crate::wire::{ipv4, protocol, tcp, udp};

/// What of an IPv4 header is not the probe's own.
#[derive(Clone, Copy, Debug)]
pub(super) struct IpFields {
    pub(super) tos: u8,
    pub(super) ttl: Ttl,
    pub(super) dont_fragment: bool,
}

/// What a TCP header is made of.
#[derive(Clone, Debug)]
pub(super) struct TcpFields {
    /// High half of the sequence number, random.
    pub(super) base: u16,
    /// High half of the acknowledgment number, random.
    pub(super) ack_base: u16,
    pub(super) flags: u8,
    pub(super) options: Vec<u8>,
}

/// As Linux announces it at first, four segments of 1,460.
const WINDOW: u16 = 5840;

impl TcpFields {
    /// A probe's sequence number.
    pub(super) fn seq(&self, seq: Seq) -> u32 {
        u32::from(self.base) << 16 | u32::from(seq.0)
    }

    /// Its acknowledgment number; 0 where it acknowledges nothing.
    pub(super) fn ack(&self, seq: Seq) -> u32 {
        if self.acknowledges() { u32::from(self.ack_base) << 16 | u32::from(seq.0) } else { 0 }
    }

    pub(super) fn acknowledges(&self) -> bool {
        self.flags & tcp::flag::ACK != 0
    }
}

impl Hops {
    /// Writes a probe; see [`crate::net::channel::Protocol::write`].
    pub(super) fn write_probe(&mut self, room: &mut [u8], probe: &Probe, now: Now) -> Result<Written, Errno> {
        if probe.exchange != self.method.exchange() {
            return Err(errno::EPROTONOSUPPORT);
        }
        let (src_port, dst_port) = *self.flows.get(usize::from(probe.flow)).ok_or(errno::EINVAL)?;
        let dst_port = match self.method {
            // Port 0 is nobody's.
            Method::Udp(Numbering::Classic) => match dst_port.0.wrapping_add(probe.seq.0) {
                0 => return Err(errno::EINVAL),
                port => Port(port),
            },
            _ => dst_port,
        };
        let written = match self.kind {
            SocketKind::Dgram => self.write_number(room, probe, dst_port)?,
            SocketKind::Raw => {
                let source = self.sources.as_mut().ok_or(errno::EINVAL)?.of(probe.to, now.boot)?;
                let (len, checksum) = self.write_transport(room, probe, source, (src_port, dst_port))?;
                let len = self.write_ip(room, probe, source, len)?;
                let source = self.ip.is_none().then_some(source);
                Written { len, checksum: Some(checksum), port: 0, source }
            }
        };
        self.numbers.insert(probe.seq.0);
        // A packet's length fits 16 bits.
        self.tcp_payload = probe.payload_len() as u32;
        Ok(written)
    }

    /// An ordinary socket: the kernel writes the headers, and the payload holds the number.
    fn write_number(&self, room: &mut [u8], probe: &Probe, dst_port: Port) -> Result<Written, Errno> {
        let len = probe.payload_len();
        let start = room.len().saturating_sub(len);
        if self.method == Method::Udp(Numbering::Paris) {
            let number = room.get_mut(start..).and_then(|payload| payload.first_chunk_mut::<2>());
            *number.filter(|_| probe.seq.0 != 0).ok_or(errno::EINVAL)? = probe.seq.0.to_be_bytes();
        }
        Ok(Written { len, port: dst_port.0, ..Written::default() })
    }

    fn write_transport(
        &self,
        room: &mut [u8],
        probe: &Probe,
        src: IpAddr,
        (src_port, dst_port): (Port, Port),
    ) -> Result<(usize, u16), Errno> {
        let payload = probe.payload_len();
        let len =
            payload + if let Some(tcp) = &self.tcp { tcp::MIN_HEADER_LEN + tcp.options.len() } else { udp::HEADER_LEN };
        let start = room.len().saturating_sub(len);
        let message = room.get_mut(start..).unwrap_or_default();
        let dst = probe.to.addr;
        let checksum = match (self.method, &self.tcp) {
            (Method::Tcp(_), Some(tcp)) => {
                let header = tcp::Repr {
                    src_port,
                    dst_port,
                    seq: tcp.seq(probe.seq),
                    ack: tcp.ack(probe.seq),
                    flags: tcp.flags,
                    window: WINDOW,
                    options: &tcp.options,
                };
                header.emit(message, src, dst).map_err(|_| errno::EMSGSIZE)?
            }
            (Method::Udp(Numbering::Paris), _) => {
                if payload < 2 || probe.seq.0 == 0 {
                    return Err(errno::EINVAL);
                }
                udp::emit_with_checksum(message, src, dst, src_port, dst_port, probe.seq.0)
                    .map_err(|_| errno::EMSGSIZE)?;
                probe.seq.0
            }
            (Method::Udp(Numbering::Dublin), _)
                if (self.family == Family::V6 && payload != usize::from(probe.seq.0)) || probe.seq.0 == 0 =>
            {
                return Err(errno::EINVAL);
            }
            _ => udp::emit(message, src, dst, src_port, dst_port).map_err(|_| errno::EMSGSIZE)?,
        };
        Ok((len, checksum))
    }

    /// Writes the IPv4 header in front of `len` octets, where it is ours.
    fn write_ip(&self, room: &mut [u8], probe: &Probe, src: IpAddr, len: usize) -> Result<usize, Errno> {
        let (Some(ip), IpAddr::V4(src), IpAddr::V4(dst)) = (self.ip, src, probe.to.addr) else { return Ok(len) };
        let header = ipv4::Repr {
            tos: ip.tos,
            // 0 is the kernel's to choose (lab_kernel 14).
            ident: if self.method == Method::Udp(Numbering::Classic) { 0 } else { probe.seq.0 },
            dont_fragment: ip.dont_fragment,
            more_fragments: false,
            fragment_offset: 0,
            ttl: probe.ttl.unwrap_or(ip.ttl),
            protocol: self.protocol_number(),
            src,
            dst,
            payload_len: len,
            options: &[],
        };
        let start = room.len().saturating_sub(len);
        let place = room.get_mut(start.saturating_sub(ipv4::MIN_HEADER_LEN)..start).unwrap_or_default();
        header.emit(place).map_err(|_| errno::EMSGSIZE)?;
        Ok(ipv4::MIN_HEADER_LEN + len)
    }

    pub(super) fn protocol_number(&self) -> u8 {
        match self.method {
            Method::Udp(_) => protocol::UDP,
            Method::Tcp(_) => protocol::TCP,
        }
    }
}

const _: () = assert!(HEADROOM >= ipv4::MIN_HEADER_LEN + tcp::MIN_HEADER_LEN + tcp::MAX_OPTIONS_LEN);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
