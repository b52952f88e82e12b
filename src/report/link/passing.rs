//! What `rlink dump` tells: a line a frame, and what it came to; or a capture file of them.

use std::io::{self, Write};
use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use super::{FrameReport, Line};
use crate::clock::{WallTime, as_ns};
use crate::link::listen::{Captured, Totals};
use crate::report::clean;
use crate::report::number::TimeOfPacket;
use crate::sys::address::Direction;
use crate::units::{EtherType, Tag};
use crate::wire::content::{self, Content};
use crate::wire::ethernet::{Frame, HEADER_LEN, TAG_LEN};
use crate::wire::pcapng::{self, Packet, Section};

#[derive(Serialize)]
struct Body {
    direction: &'static str,
    dst: Option<String>,
    src: Option<String>,
    vlan: Option<u16>,
    priority: Option<u8>,
    inner_vlan: Option<u16>,
    ethertype: Option<u16>,
    bytes: usize,
    captured: usize,
    source: Option<IpAddr>,
    destination: Option<IpAddr>,
    protocol: Option<u8>,
    source_port: Option<u16>,
    destination_port: Option<u16>,
    text: String,
}

#[derive(Serialize)]
struct Ended {
    frames: u64,
    bytes: u64,
    outgoing: u64,
    dropped: u64,
    took_ns: u64,
}

/// The direction in one word: `other` is what only a promiscuous interface hears, to somebody else.
const fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Outgoing => "out",
        Direction::Other => "other",
        Direction::Host | Direction::Broadcast | Direction::Multicast | Direction::Unknown(_) => "in",
    }
}

impl FrameReport<'_> {
    /// A frame passed.
    ///
    /// # Errors
    /// The writer's.
    pub fn passed(&mut self, frame: &Captured) -> io::Result<()> {
        let read = Frame::new_checked(&frame.bytes).ok().map(|read| read.with_stripped(frame.stripped));
        let text = match &read {
            Some(read) => Line(read).to_string(),
            None => format!("broken: {} bytes are no frame", frame.bytes.len()),
        };
        let line = |_: &str| {
            let (time, direction) = (TimeOfPacket(frame.at), direction_name(frame.direction));
            format!("{time} {direction:<5} {text} ({} bytes)\n", frame.len)
        };
        if !self.is_json() {
            return self.write("packet", frame.at, (), line);
        }
        let content = read.and_then(|read| content::read(&read).ok());
        let ip = content.and_then(|content| if let Content::Ip(ip) = content { Some(ip) } else { None });
        let ports = ip.and_then(|ip| ip.transport.ok()).and_then(|transport| transport.ports());
        let arp = content.and_then(|content| if let Content::Arp(arp) = content { Some(arp) } else { None });
        let body = Body {
            direction: direction_name(frame.direction),
            dst: read.map(|read| read.dst.to_string()),
            src: read.map(|read| read.src.to_string()),
            vlan: read.and_then(|read| read.tag).map(|(_, tag)| tag.id),
            priority: read.and_then(|read| read.tag).map(|(_, tag)| tag.priority),
            inner_vlan: read.and_then(|read| read.inner_tag).map(|(_, tag)| tag.id),
            ethertype: read.map(|read| read.ether_type.0),
            bytes: frame.len,
            captured: frame.bytes.len(),
            source: ip.map(|ip| ip.src).or(arp.map(|arp| arp.sender.into())),
            destination: ip.map(|ip| ip.dst).or(arp.map(|arp| arp.target.into())),
            protocol: ip.map(|ip| ip.protocol),
            source_port: ports.map(|(src, _)| src.0),
            destination_port: ports.map(|(_, dst)| dst.0),
            text: text.clone(),
        };
        self.write("packet", frame.at, body, line)
    }

    /// The end.
    ///
    /// # Errors
    /// The writer's.
    pub fn dumped(&mut self, totals: &Totals, took: Duration, at: WallTime) -> io::Result<()> {
        let Totals { frames, bytes, outgoing, dropped } = *totals;
        let body = Ended { frames, bytes, outgoing, dropped, took_ns: as_ns(took) };
        self.write("dumped", at, body, |interface| {
            format!(
                "\n--- {} listened to for {:.3} s ---\n{frames} frame{}, {bytes} bytes, {outgoing} of them from this \
                 host\n{dropped} dropped by the kernel for want of room\n",
                clean(interface),
                took.as_secs_f64(),
                if frames == 1 { "" } else { "s" },
            )
        })
    }
}

/// A capture file of whole Ethernet frames, each with its time and direction, and with the tag that the card took out.
pub struct Capture<'w> {
    out: Box<dyn Write + 'w>,
    block: Vec<u8>,
    frame: Vec<u8>,
}

impl<'w> Capture<'w> {
    /// Begins a file of frames of this interface, written by a program of this name and version.
    ///
    /// # Errors
    /// The writer's.
    pub fn new(interface: &str, program: &str, out: Box<dyn Write + 'w>) -> io::Result<Self> {
        let mut capture = Capture { out, block: Vec::new(), frame: Vec::new() };
        let section = Section { os: Some("Linux"), application: Some(program), ..Section::default() };
        pcapng::section_header(&mut capture.block, &section);
        pcapng::interface_of(&mut capture.block, pcapng::LINKTYPE_ETHERNET, Some(interface));
        capture.write()?;
        capture.flush()?;
        Ok(capture)
    }

    /// Writes a frame.
    ///
    /// # Errors
    /// The writer's.
    pub fn frame(&mut self, frame: &Captured) -> io::Result<()> {
        self.frame.clear();
        let mut len = frame.len;
        match (frame.stripped, frame.bytes.split_at_checked(HEADER_LEN - 2)) {
            (Some((announced, tag)), Some((addresses, rest))) => {
                put_tag(&mut self.frame, addresses, announced, tag, rest);
                len += TAG_LEN;
            }
            _ => self.frame.extend_from_slice(&frame.bytes),
        }
        let direction = match frame.direction {
            Direction::Outgoing => pcapng::Direction::Outbound,
            _ => pcapng::Direction::Inbound,
        };
        let packet = Packet {
            interface: 0,
            ts_ns: u64::try_from(frame.at.as_ns()).unwrap_or(0),
            bytes: &self.frame,
            original_len: u32::try_from(len).ok(),
            direction,
            comment: None,
        };
        pcapng::packet(&mut self.block, &packet);
        self.write()
    }

    /// Writes out what is held back.
    ///
    /// # Errors
    /// The writer's.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn write(&mut self) -> io::Result<()> {
        self.out.write_all(&self.block)?;
        self.block.clear();
        Ok(())
    }
}

/// The frame as it was on the wire.
fn put_tag(out: &mut Vec<u8>, addresses: &[u8], announced: EtherType, tag: Tag, rest: &[u8]) {
    out.extend_from_slice(addresses);
    out.extend(announced.0.to_be_bytes());
    out.extend(tag.bits().to_be_bytes());
    out.extend_from_slice(rest);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::link::ask::{Announce, Asker};
    use crate::units::MacAddr;

    fn frame(stripped: Option<(EtherType, Tag)>, direction: Direction) -> Captured {
        let asker = Asker { mac: MacAddr([2, 0, 0, 0, 0, 1]), source: None };
        let bytes = asker.announcement("10.1.0.9".parse().unwrap(), Announce::Request).as_slice().to_vec();
        let at = WallTime::from_ns(1_795_259_269_820_283_999);
        Captured { at, direction, len: bytes.len(), stripped, bytes }
    }

    fn told(json: bool, tell: impl FnOnce(&mut FrameReport<'_>)) -> String {
        let mut out = Vec::new();
        tell(&mut FrameReport::new("eth0", json, Box::new(&mut out)));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_has_time_direction_and_length() {
        let tag = Some((EtherType::VLAN, Tag { id: 5, priority: 3, drop_eligible: false }));
        let text = told(false, |report| {
            report.passed(&frame(None, Direction::Outgoing)).unwrap();
            report.passed(&frame(tag, Direction::Broadcast)).unwrap();
            report.passed(&Captured { bytes: vec![1, 2], ..frame(None, Direction::Other) }).unwrap();
            let totals = Totals { frames: 3, bytes: 126, outgoing: 1, dropped: 4 };
            report.dumped(&totals, Duration::from_millis(1500), WallTime::default()).unwrap();
        });
        assert_eq!(
            text,
            "11:07:49.820283Z out   02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff ARP 10.1.0.9 is announced at \
             02:00:00:00:00:01 (42 bytes)\n\
             11:07:49.820283Z in    02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff vlan 5:3 ARP 10.1.0.9 is announced at \
             02:00:00:00:00:01 (42 bytes)\n\
             11:07:49.820283Z other broken: 2 bytes are no frame (42 bytes)\n\
             \n--- eth0 listened to for 1.500 s ---\n3 frames, 126 bytes, 1 of them from this host\n\
             4 dropped by the kernel for want of room\n"
        );
    }

    #[test]
    fn a_capture_has_the_tag_that_was_taken_out() {
        let mut file = Vec::new();
        let mut capture = Capture::new("eth0", "rlink", Box::new(&mut file)).unwrap();
        let tag = Some((EtherType::SERVICE_VLAN, Tag { id: 5, priority: 3, drop_eligible: false }));
        capture.frame(&frame(tag, Direction::Broadcast)).unwrap();
        capture.flush().unwrap();
        drop(capture);
        let with_tag = [0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x88, 0xa8, 0x60, 5, 8, 6];
        assert!(file.windows(with_tag.len()).any(|window| window == with_tag), "{file:02x?}");
    }
}
