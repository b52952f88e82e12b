//! What a host's UDP and TCP answer to a probe.

use super::packet::{Outgoing, TCP, UDP};
use super::probe::Probe;

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;
/// Offset of the flags in a TCP header.
pub const FLAGS_AT: usize = 13;

/// A datagram back, with these bytes in it; checksum still to be written.
pub fn udp(probe: &Probe<'_>, data: &[u8]) -> Outgoing {
    let mut payload = probe.seq.to_be_bytes().to_vec();
    payload.extend(probe.ident.to_be_bytes());
    payload.extend((8 + data.len() as u16).to_be_bytes());
    payload.extend([0, 0]);
    payload.extend(data);
    Outgoing { protocol: UDP, ..probe.reply(probe.ip.dst, 0, payload) }
}

/// The answer to a TCP segment (RFC 9293 3.10.7) on a port that is open or not; checksum still to be written.
pub fn tcp(probe: &Probe<'_>, open: bool) -> Option<Outgoing> {
    let body = probe.body();
    let word = |at: usize| body.get(at..at + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
    let (seq, ack, flags) = (word(4)?, word(8)?, *body.get(FLAGS_AT)?);
    let data = body.len().saturating_sub(usize::from(body[12] >> 4) * 4);
    let length = data as u32 + u32::from(flags & SYN != 0) + u32::from(flags & FIN != 0);
    let next = seq.wrapping_add(length);
    let (out_seq, out_ack, out_flags) = match flags & (SYN | RST | ACK) {
        f if f & RST != 0 => return None,
        SYN if open => (0x5eed_0000 ^ seq, next, SYN | ACK),
        // Half-open tools never get further, so whatever acknowledges something is out of place.
        f if f & ACK != 0 => (ack, 0, RST),
        _ => (0, next, RST | ACK),
    };
    let options: &[u8] = if out_flags == SYN | ACK { &[2, 4, 5, 0xb4] } else { &[] };
    let mut payload = probe.seq.to_be_bytes().to_vec();
    payload.extend(probe.ident.to_be_bytes());
    payload.extend(out_seq.to_be_bytes());
    payload.extend(out_ack.to_be_bytes());
    payload.extend([((20 + options.len()) / 4 * 16) as u8, out_flags]);
    payload.extend(if out_flags & RST != 0 { 0 } else { 64_240u16 }.to_be_bytes());
    payload.extend([0; 4]);
    payload.extend(options);
    Some(Outgoing { protocol: TCP, ..probe.reply(probe.ip.dst, 0, payload) })
}
