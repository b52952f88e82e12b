//! Blocks of pcapng capture files (draft-ietf-opsawg-pcapng), appended to a byte buffer that the caller writes out.
//!
//! Always little-endian, nanosecond times; raw IP packets (the version nibble tells the family) or Ethernet frames.
//! Unlike the rest of this floor it allocates, in the buffer given; a caller that clears and keeps its buffer allocates
//! once.

/// Link type of packets that begin with their IPv4 or IPv6 header.
pub const LINKTYPE_RAW: u16 = 101;
/// Link type of Ethernet frames.
pub const LINKTYPE_ETHERNET: u16 = 1;

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const ENHANCED_PACKET: u32 = 6;

const OPT_END: u16 = 0;
const OPT_COMMENT: u16 = 1;

/// Who writes the section.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Section<'a> {
    /// The machine, `shb_hardware`.
    pub hardware: Option<&'a str>,
    /// The system, `shb_os`.
    pub os: Option<&'a str>,
    /// The program, `shb_userappl`.
    pub application: Option<&'a str>,
}

/// Which way a packet went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Towards us.
    Inbound,
    /// From us.
    Outbound,
}

/// A packet to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The interface: how many were described before it in this section.
    pub interface: u32,
    /// Nanoseconds since 1970-01-01 UTC.
    pub ts_ns: u64,
    /// The packet, as far as it was captured.
    pub bytes: &'a [u8],
    /// Its length on the wire, if it was not captured whole.
    pub original_len: Option<u32>,
    /// Which way it went.
    pub direction: Direction,
    /// `opt_comment`.
    pub comment: Option<&'a str>,
}

/// Begins a file or a section of one.
pub fn section_header(out: &mut Vec<u8>, section: &Section<'_>) {
    block(out, SECTION_HEADER, |out| {
        out.extend(0x1a2b_3c4du32.to_le_bytes()); // tells the byte order
        out.extend(1u16.to_le_bytes());
        out.extend(0u16.to_le_bytes());
        out.extend((-1i64).to_le_bytes()); // length of the section: not told
        for (code, text) in [(2, section.hardware), (3, section.os), (4, section.application)] {
            text_option(out, code, text);
        }
        option(out, OPT_END, &[]);
    });
}

/// Describes an interface of link type [`LINKTYPE_RAW`] and nanosecond times; the first of a section has number 0.
pub fn interface(out: &mut Vec<u8>, name: Option<&str>) {
    interface_of(out, LINKTYPE_RAW, name);
}

/// As [`interface`], of another link type.
pub fn interface_of(out: &mut Vec<u8>, link_type: u16, name: Option<&str>) {
    block(out, INTERFACE_DESCRIPTION, |out| {
        out.extend(link_type.to_le_bytes());
        out.extend(0u16.to_le_bytes());
        out.extend(0u32.to_le_bytes()); // no limit on the captured length
        text_option(out, 2, name);
        option(out, 9, &[9]); // if_tsresol: 10^-9 s
        option(out, OPT_END, &[]);
    });
}

/// Writes a packet. One longer than 4 GiB is cut to it.
pub fn packet(out: &mut Vec<u8>, packet: &Packet<'_>) {
    block(out, ENHANCED_PACKET, |out| {
        let captured = u32::try_from(packet.bytes.len()).unwrap_or(u32::MAX);
        let bytes = super::bytes::first(packet.bytes, captured as usize);
        out.extend(packet.interface.to_le_bytes());
        out.extend(((packet.ts_ns >> 32) as u32).to_le_bytes());
        out.extend(((packet.ts_ns & 0xffff_ffff) as u32).to_le_bytes());
        out.extend(captured.to_le_bytes());
        out.extend(packet.original_len.unwrap_or(captured).to_le_bytes());
        padded(out, bytes);
        let flags: u32 = match packet.direction {
            Direction::Inbound => 1,
            Direction::Outbound => 2,
        };
        text_option(out, OPT_COMMENT, packet.comment);
        option(out, 2, &flags.to_le_bytes());
        option(out, OPT_END, &[]);
    });
}

/// Type, length, body, length again.
fn block(out: &mut Vec<u8>, ty: u32, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend(ty.to_le_bytes());
    out.extend([0; 4]);
    body(out);
    let total = u32::try_from(out.len() - start + 4).unwrap_or(u32::MAX).to_le_bytes();
    out.extend(total);
    if let Some(field) = out.get_mut(start + 4..start + 8) {
        field.copy_from_slice(&total);
    }
}

fn text_option(out: &mut Vec<u8>, code: u16, text: Option<&str>) {
    let Some(text) = text else { return };
    let mut end = text.len().min(usize::from(u16::MAX));
    while !text.is_char_boundary(end) {
        end -= 1; // 0 is a boundary
    }
    option(out, code, super::bytes::first(text.as_bytes(), end));
}

fn option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    let len = u16::try_from(value.len()).unwrap_or(u16::MAX);
    out.extend(code.to_le_bytes());
    out.extend(len.to_le_bytes());
    padded(out, super::bytes::first(value, usize::from(len)));
}

/// The bytes, and zeros up to a 32-bit boundary.
fn padded(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(bytes);
    out.resize(out.len() + bytes.len().next_multiple_of(4) - bytes.len(), 0);
}

#[cfg(test)]
mod tests;
