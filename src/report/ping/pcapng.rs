//! A capture file of exactly our probes and their answers, each with its fate as a comment, to be opened in Wireshark.
//!
//! Packets are written as their probe settles, so the file's order is that of settling; each has its own time, and
//! readers sort by it. Where the socket shows no IP header, one is put together from what is known of the packet:
//! addresses, hop limit, traffic class; the rest of it is what a minimal packet would have.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::{Report, Run};
use crate::clock::WallTime;
use crate::net::Peer;
use crate::ping::{Note, Summary, TargetId};
use crate::report::Names;
use crate::units::Ttl;
use crate::wire::pcapng::{self, Direction, Packet, Section};
use crate::wire::{ipv4, ipv6, protocol};

/// The capture report.
pub struct Pcapng<'w> {
    run: Arc<Run>,
    program: String,
    out: Box<dyn Write + 'w>,
    block: Vec<u8>,
    packet: Vec<u8>,
}

/// What is known of a packet's IP header.
struct Envelope {
    outgoing: bool,
    peer: Peer,
    local: Option<IpAddr>,
    ttl: Option<Ttl>,
    tos: Option<u8>,
}

impl<'w> Pcapng<'w> {
    /// A capture of this run to `out`, written by a program of this name and version.
    #[must_use]
    pub fn new(run: Arc<Run>, program: &str, out: Box<dyn Write + 'w>) -> Self {
        Pcapng { run, program: program.to_owned(), out, block: Vec::new(), packet: Vec::new() }
    }

    fn write(&mut self) -> io::Result<()> {
        self.out.write_all(&self.block)?;
        self.block.clear();
        Ok(())
    }
}

impl Report for Pcapng<'_> {
    fn start(&mut self) -> io::Result<()> {
        let section = Section { os: Some("Linux"), application: Some(&self.program), ..Section::default() };
        pcapng::section_header(&mut self.block, &section);
        pcapng::interface(&mut self.block, None);
        self.write()?;
        self.out.flush()
    }

    fn note(&mut self, note: &Note, _: &dyn Names) -> io::Result<()> {
        let Note::Packet { target, number, at, outgoing, peer, local, ttl, tos, bytes, has_ip_header, outcome } = note
        else {
            return Ok(());
        };
        let envelope = Envelope { outgoing: *outgoing, peer: *peer, local: *local, ttl: *ttl, tos: *tos };
        self.packet.clear();
        let mut comment = comment(&self.run, *target, *number, outcome);
        if !has_ip_header {
            if envelope.emit(bytes.len(), &mut self.packet).is_none() {
                return Ok(());
            }
            comment.push_str(" (IP header put together)");
        }
        self.packet.extend_from_slice(bytes);
        let packet = Packet {
            interface: 0,
            ts_ns: unix_ns(*at),
            bytes: &self.packet,
            original_len: None,
            direction: if *outgoing { Direction::Outbound } else { Direction::Inbound },
            comment: Some(&comment),
        };
        pcapng::packet(&mut self.block, &packet);
        self.write()
    }

    fn summary(&mut self, _: &[Summary]) -> io::Result<()> {
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Envelope {
    /// Appends a header for an ICMP message of so many bytes; `None` if it is too long for any.
    fn emit(&self, message_len: usize, out: &mut Vec<u8>) -> Option<()> {
        let (hop_limit, class) = (self.ttl.unwrap_or_default(), self.tos.unwrap_or_default());
        let mut header = [0; 40];
        let len = match (self.peer.addr, self.local) {
            (IpAddr::V4(peer), local) => {
                let local = if let Some(IpAddr::V4(a)) = local { a } else { Ipv4Addr::UNSPECIFIED };
                let (src, dst) = if self.outgoing { (local, peer) } else { (peer, local) };
                let repr = ipv4::Repr {
                    src,
                    dst,
                    tos: class,
                    ident: 0,
                    dont_fragment: false,
                    more_fragments: false,
                    fragment_offset: 0,
                    ttl: hop_limit,
                    protocol: protocol::ICMP,
                    options: &[],
                    payload_len: message_len,
                };
                repr.emit(&mut header)
            }
            (IpAddr::V6(peer), local) => {
                let local = if let Some(IpAddr::V6(a)) = local { a } else { Ipv6Addr::UNSPECIFIED };
                let (src, dst) = if self.outgoing { (local, peer) } else { (peer, local) };
                let repr = ipv6::Repr {
                    src,
                    dst,
                    traffic_class: class,
                    flow_label: 0,
                    next_header: protocol::ICMPV6,
                    hop_limit,
                    payload_len: message_len,
                };
                repr.emit(&mut header)
            }
        };
        out.extend_from_slice(header.get(..len.ok()?)?);
        Some(())
    }
}

/// "HOST seq 5: replied".
fn comment(run: &Run, target: TargetId, number: u64, outcome: &str) -> String {
    let operand = run.host(target).map_or("", |h| &h.operand);
    format!("{operand} seq {number}: {outcome}")
}

/// The format's times begin in 1970.
fn unix_ns(at: WallTime) -> u64 {
    u64::try_from(at.as_ns()).unwrap_or(0)
}
