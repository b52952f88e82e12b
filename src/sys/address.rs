//! Socket addresses in the kernel's layout, read and written as bytes.
//!
//! One fixed, aligned buffer holds `sockaddr_in`, `sockaddr_in6` or `sockaddr_ll` (`include/uapi/linux/in.h`, `in6.h`,
//! `if_packet.h`). Reading it as bytes needs no `unsafe` and cannot mistake one family for the other; whatever else the
//! kernel puts there is `None`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::units::{EtherType, MacAddr};

/// Length of `struct sockaddr_in`.
pub const V4_LEN: usize = 16;
/// Length of `struct sockaddr_in6`.
pub const V6_LEN: usize = 28;

/// Length of `struct sockaddr_ll`.
pub const LINK_LEN: usize = 20;

/// Room for one IPv4, IPv6 or link-layer socket address.
#[repr(C, align(8))]
#[derive(Clone, Copy, Debug, Default)]
pub struct Name {
    bytes: [u8; 32],
}

/// What a socket address says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The address.
    pub addr: IpAddr,
    /// Interface index of a link-local address, otherwise 0.
    pub scope: u32,
    /// Port; 0 on raw sockets.
    pub port: u16,
}

/// How a frame stands to this host (`PACKET_HOST` and the like).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// To our own address.
    #[default]
    Host,
    /// To everybody.
    Broadcast,
    /// To a group.
    Multicast,
    /// To another station; or to us within a VLAN that this host has no interface for (`__netif_receive_skb_core`,
    /// net/core/dev.c).
    Other,
    /// From this host.
    Outgoing,
    /// Something else, by its number.
    Unknown(u8),
}

/// What a link-layer socket address says of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkName {
    /// Interface index.
    pub ifindex: u32,
    /// What the frame carries, as the kernel sees it.
    pub protocol: EtherType,
    /// What kind of hardware the interface is (`ARPHRD_*`).
    pub hardware: u16,
    /// How it stands to this host.
    pub direction: Direction,
    /// The sender's hardware address, where it has 6 octets.
    pub addr: Option<MacAddr>,
}

impl Name {
    /// No address.
    pub const EMPTY: Name = Name { bytes: [0; 32] };

    /// Writes an address and returns the length to tell the kernel. `flow` is the IPv6 flow information as a number
    /// (traffic class and label, RFC 8200 §3), ignored for IPv4.
    pub fn write(&mut self, to: Endpoint, flow: u32) -> usize {
        let b = &mut self.bytes;
        b[2..4].copy_from_slice(&to.port.to_be_bytes());
        match to.addr {
            IpAddr::V4(a) => {
                b[0..2].copy_from_slice(&(libc::AF_INET as u16).to_ne_bytes());
                b[4..8].copy_from_slice(&a.octets());
                b[8..16].fill(0);
                V4_LEN
            }
            IpAddr::V6(a) => {
                b[0..2].copy_from_slice(&(libc::AF_INET6 as u16).to_ne_bytes());
                b[4..8].copy_from_slice(&flow.to_be_bytes());
                b[8..24].copy_from_slice(&a.octets());
                b[24..28].copy_from_slice(&to.scope.to_ne_bytes());
                V6_LEN
            }
        }
    }

    /// Reads what the kernel wrote, of which the first `len` bytes count.
    #[must_use]
    pub fn read(&self, len: usize) -> Option<Endpoint> {
        parse(self.bytes.get(..len.min(self.bytes.len()))?)
    }

    /// Writes a link-layer address: the interface and protocol a frame is sent by, or a socket bound to. Returns its
    /// length.
    pub fn write_link(&mut self, ifindex: u32, protocol: u16, to: MacAddr) -> usize {
        let b = &mut self.bytes;
        b[0..2].copy_from_slice(&(libc::AF_PACKET as u16).to_ne_bytes());
        b[2..4].copy_from_slice(&protocol.to_be_bytes());
        b[4..8].copy_from_slice(&ifindex.to_ne_bytes());
        b[8..11].fill(0);
        b[11] = 6;
        b[12..18].copy_from_slice(&to.0);
        b[18..20].fill(0);
        LINK_LEN
    }

    /// As [`Name::read`], of a packet socket.
    #[must_use]
    pub fn read_link(&self, len: usize) -> Option<LinkName> {
        parse_link(self.bytes.get(..len.min(self.bytes.len()))?)
    }

    /// What was written, for a system call.
    #[must_use]
    pub fn as_bytes(&self, len: usize) -> &[u8] {
        self.bytes.get(..len).unwrap_or(&self.bytes)
    }

    /// The address of the buffer, for a message header.
    pub fn as_mut_ptr(&mut self) -> *mut libc::c_void {
        self.bytes.as_mut_ptr().cast()
    }

    /// How much the kernel may write.
    #[must_use]
    pub const fn capacity() -> usize {
        32
    }
}

/// Reads a socket address; `None` for `AF_UNSPEC`, any other family, and what is too short.
#[must_use]
pub fn parse(bytes: &[u8]) -> Option<Endpoint> {
    let family = u16::from_ne_bytes(array(bytes, 0)?);
    let port = u16::from_be_bytes(array(bytes, 2)?);
    match i32::from(family) {
        libc::AF_INET => {
            let octets: [u8; 4] = array(bytes, 4)?;
            Some(Endpoint { addr: IpAddr::V4(Ipv4Addr::from(octets)), scope: 0, port })
        }
        libc::AF_INET6 => {
            let octets: [u8; 16] = array(bytes, 8)?;
            let scope = u32::from_ne_bytes(array(bytes, 24)?);
            Some(Endpoint { addr: IpAddr::V6(Ipv6Addr::from(octets)), scope, port })
        }
        _ => None,
    }
}

/// Reads a link-layer address; `None` for any other family, and what is too short.
#[must_use]
pub fn parse_link(bytes: &[u8]) -> Option<LinkName> {
    if i32::from(u16::from_ne_bytes(array(bytes, 0)?)) != libc::AF_PACKET {
        return None;
    }
    let [direction, len] = array(bytes, 10)?;
    let direction = match direction {
        libc::PACKET_HOST => Direction::Host,
        libc::PACKET_BROADCAST => Direction::Broadcast,
        libc::PACKET_MULTICAST => Direction::Multicast,
        libc::PACKET_OTHERHOST => Direction::Other,
        libc::PACKET_OUTGOING => Direction::Outgoing,
        other => Direction::Unknown(other),
    };
    Some(LinkName {
        ifindex: u32::from_ne_bytes(array(bytes, 4)?),
        protocol: EtherType(u16::from_be_bytes(array(bytes, 2)?)),
        hardware: u16::from_ne_bytes(array(bytes, 8)?),
        direction,
        addr: (len == 6).then(|| array(bytes, 12)).flatten().map(MacAddr),
    })
}

/// `N` bytes from `at`, if they are there.
#[must_use]
pub(crate) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for (text, scope, port) in [("192.0.2.1", 0, 7), ("fe80::1", 3, 0), ("::1", 0, 65535)] {
            let e = Endpoint { addr: text.parse().unwrap(), scope, port };
            let mut n = Name::default();
            let len = n.write(e, 0x12345);
            assert_eq!(n.read(len), Some(e));
            assert_eq!(n.read(len - 13), None, "{text} cut short");
        }
        assert_eq!(Name::default().read(28), None, "AF_UNSPEC is no address");
        assert_eq!(parse(&[]), None);
    }

    #[test]
    fn a_link_name_is_read_as_written() {
        let mac = MacAddr([2, 0, 0, 0, 0, 9]);
        let mut n = Name::default();
        let len = n.write_link(7, 0x88b5, mac);
        let read = n.read_link(len).unwrap();
        assert_eq!((read.ifindex, read.protocol, read.addr), (7, EtherType(0x88b5), Some(mac)));
        assert_eq!(read.direction, Direction::Host);
        assert_eq!(n.read(len), None, "no IP address");
        assert_eq!(n.read_link(11), None);
        assert_eq!(Name::default().read_link(20), None);
        let mut short = n.bytes;
        (short[10], short[11]) = (4, 0);
        let read = parse_link(&short).unwrap();
        assert_eq!((read.addr, read.direction), (None, Direction::Outgoing));
    }

    #[test]
    fn the_layout_is_libcs() {
        assert_eq!(LINK_LEN, std::mem::size_of::<libc::sockaddr_ll>());
        assert_eq!(std::mem::offset_of!(libc::sockaddr_ll, sll_ifindex), 4);
        assert_eq!(std::mem::offset_of!(libc::sockaddr_ll, sll_pkttype), 10);
        assert_eq!(std::mem::offset_of!(libc::sockaddr_ll, sll_addr), 12);
        assert_eq!(V4_LEN, std::mem::size_of::<libc::sockaddr_in>());
        assert_eq!(V6_LEN, std::mem::size_of::<libc::sockaddr_in6>());
        assert_eq!(std::mem::offset_of!(libc::sockaddr_in6, sin6_addr), 8);
        assert_eq!(std::mem::offset_of!(libc::sockaddr_in6, sin6_scope_id), 24);
        assert_eq!(std::mem::offset_of!(libc::sockaddr_in, sin_addr), 4);
    }
}
