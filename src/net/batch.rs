//! Probes on their way down: a machine appends them, a network writes the headers in front and sends them.
//!
//! All bytes of a batch lie in one buffer that is reused, each probe's payload behind [`HEADROOM`] free bytes, so that
//! neither headers nor payload are ever copied and nothing is allocated per probe.

use super::{Exchange, Key, Peer};
use crate::units::{Seq, Ttl};

/// Free bytes in front of every payload: an IPv4 header with all its options (60) and the ICMP or UDP header (8), or an
/// ICMP timestamp message's own 20; or an IPv4 header (20) and a TCP header with all its options (60).
pub const HEADROOM: usize = 80;

/// A batch is full at this many bytes even when probes would still fit, so that large payloads do not hoard memory.
const FULL_AT: usize = 256 * 1024;

/// One probe to send. Its payload lies in the batch.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    /// The machine's name for it.
    pub key: Key,
    /// Whom to ask.
    pub to: Peer,
    /// What to ask for.
    pub exchange: Exchange,
    /// Its number on the wire: the ICMP sequence number; the UDP checksum, the distance from the first port, or the IP
    /// ident or length, as the network numbers; the low 16 bits of the TCP sequence number.
    pub seq: Seq,
    /// Which of the network's flows it belongs to (its source and destination ports); 0 where there is one.
    pub flow: u16,
    /// A hop limit of its own, where it differs from the network's.
    pub ttl: Option<Ttl>,
    /// Whether the kernel should stamp its departure.
    pub stamp: bool,
    start: usize,
    len: usize,
}

impl Probe {
    /// A probe with the network's own hop limit and a stamp.
    #[must_use]
    pub fn new(key: Key, to: Peer, exchange: Exchange, seq: Seq) -> Self {
        Probe { key, to, exchange, seq, flow: 0, ttl: None, stamp: true, start: 0, len: 0 }
    }

    /// Bytes of payload behind the ICMP, UDP or TCP header.
    #[must_use]
    pub fn payload_len(&self) -> usize {
        self.len
    }
}

/// Probes to be sent together, in order.
#[derive(Debug, Default)]
pub struct Batch {
    probes: Vec<Probe>,
    bytes: Vec<u8>,
    capacity: usize,
}

impl Batch {
    /// An empty batch of at most `capacity` probes.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Batch { probes: Vec::with_capacity(capacity), bytes: Vec::new(), capacity }
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.probes.is_empty()
    }

    /// How many probes are in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.probes.len()
    }

    /// Whether a machine should stop adding.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.probes.len() >= self.capacity || self.bytes.len() >= FULL_AT
    }

    /// Adds a probe and gives its payload of `len` zero bytes to be filled.
    #[inline]
    pub fn push(&mut self, mut probe: Probe, len: usize) -> &mut [u8] {
        let start = self.bytes.len() + HEADROOM;
        probe.start = start;
        probe.len = len;
        self.bytes.resize(start + len, 0);
        self.probes.push(probe);
        &mut self.bytes[start..]
    }

    /// The probes, in order.
    #[must_use]
    pub fn probes(&self) -> &[Probe] {
        &self.probes
    }

    /// A probe with its payload.
    #[must_use]
    pub fn payload(&self, index: usize) -> Option<(&Probe, &[u8])> {
        let probe = self.probes.get(index)?;
        Some((probe, self.bytes.get(probe.start..probe.start + probe.len)?))
    }

    /// A probe with the buffer that ends with its payload and begins with its headroom.
    pub fn packet_mut(&mut self, index: usize) -> Option<(&Probe, &mut [u8])> {
        let probe = self.probes.get(index)?;
        let room = self.bytes.get_mut(probe.start - HEADROOM..probe.start + probe.len)?;
        Some((probe, room))
    }

    /// The last `len` bytes of a probe's buffer: the packet, once its headers are written.
    #[must_use]
    pub fn packet(&self, index: usize, len: usize) -> Option<&[u8]> {
        let probe = self.probes.get(index)?;
        let end = probe.start + probe.len;
        self.bytes.get(end.checked_sub(len)?..end)
    }

    /// Empties it for the next turn and keeps its memory.
    pub fn clear(&mut self) {
        self.probes.clear();
        self.bytes.clear();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};

    fn probe() -> Probe {
        Probe::new(Key::default(), IpAddr::from(Ipv4Addr::LOCALHOST).into(), Exchange::Echo, Seq(1))
    }

    #[test]
    fn payloads_lie_behind_their_own_headroom() {
        let mut batch = Batch::new(4);
        batch.push(probe(), 3).copy_from_slice(b"abc");
        batch.push(probe(), 2).copy_from_slice(b"de");
        batch.packet_mut(1).unwrap().1[..HEADROOM].fill(0xff);
        assert_eq!(batch.payload(0).unwrap().1, b"abc");
        assert_eq!(batch.payload(1).unwrap().1, b"de");
        assert_eq!(batch.packet(1, 3).unwrap(), [0xff, b'd', b'e']);
    }

    #[test]
    fn a_reused_batch_shows_no_old_bytes() {
        let mut batch = Batch::new(4);
        batch.push(probe(), 8).fill(0xaa);
        batch.clear();
        assert_eq!(batch.push(probe(), 8), [0; 8]);
    }
}
