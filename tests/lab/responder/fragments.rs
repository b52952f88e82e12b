//! Puts fragments together, so that large echo requests are answered whole, and cuts answers that no frame could carry.

use std::collections::HashMap;
use std::net::IpAddr;

use super::packet::{Ip, Outgoing, seal_v4};

/// What tells the packets apart that are being put together.
type Id = (IpAddr, IpAddr, u32, u8);

/// Fragments that wait for the rest.
#[derive(Debug, Default)]
pub struct Reassembly {
    waiting: HashMap<Id, Vec<(usize, bool, Vec<u8>)>>,
}

impl Reassembly {
    /// Takes one fragment; gives the whole packet when this was the last that was missing.
    pub fn add(&mut self, ip: &Ip, packet: &[u8]) -> Option<Vec<u8>> {
        let id = (ip.src, ip.dst, ip.id, ip.protocol);
        let pieces = self.waiting.entry(id).or_default();
        pieces.push((ip.offset, ip.more, packet[ip.header_len..].to_vec()));
        pieces.sort_by_key(|p| p.0);
        let mut payload = Vec::new();
        for (offset, more, bytes) in pieces.iter() {
            if *offset != payload.len() {
                return None;
            }
            payload.extend(bytes);
            if !more {
                self.waiting.remove(&id);
                let (src, dst, ttl, tos, protocol) = (ip.src, ip.dst, ip.ttl, ip.tos, ip.protocol);
                let whole = Outgoing { src, dst, ttl, tos, options: ip.options.clone(), protocol, payload };
                return Some(whole.build());
            }
        }
        None
    }
}

/// Cuts a packet into fragments of at most `mtu` bytes; one that fits stays as it is.
pub fn split(packet: Vec<u8>, mtu: usize) -> Vec<Vec<u8>> {
    let header = match packet.first() {
        _ if packet.len() <= mtu => return vec![packet],
        Some(first) if first >> 4 == 4 => usize::from(first & 15) * 4,
        _ => 40,
    };
    let v4 = packet[0] >> 4 == 4;
    let room = (mtu - header - if v4 { 0 } else { 8 }) & !7;
    let id = u16::from_be_bytes([packet[header + 2], packet[header + 3]]).to_be_bytes();
    let pieces = packet[header..].chunks(room).count();
    let cut = |(i, piece): (usize, &[u8])| {
        let more = i + 1 < pieces;
        let offset = i * room / 8;
        let mut out = packet[..header].to_vec();
        if v4 {
            let total = ((header + piece.len()) as u16).to_be_bytes();
            out[2..4].copy_from_slice(&total);
            out[4..6].copy_from_slice(&id);
            out[6..8].copy_from_slice(&(offset as u16 | if more { 0x2000 } else { 0 }).to_be_bytes());
            seal_v4(&mut out, header);
        } else {
            out[4..6].copy_from_slice(&((8 + piece.len()) as u16).to_be_bytes());
            let next = std::mem::replace(&mut out[6], 44);
            let field = ((offset << 3) as u16 | u16::from(more)).to_be_bytes();
            out.extend([next, 0, field[0], field[1], 0, 0, id[0], id[1]]);
        }
        out.extend(piece);
        out
    };
    packet[header..].chunks(room).enumerate().map(cut).collect()
}
