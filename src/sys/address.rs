//! Socket addresses in the kernel's layout, read and written as bytes.
//!
//! One fixed, aligned buffer holds `sockaddr_in` or `sockaddr_in6` (`include/uapi/linux/in.h`, `in6.h`). Reading it as
//! bytes needs no `unsafe` and cannot mistake one family for the other; whatever else the kernel puts there is `None`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Length of `struct sockaddr_in`.
pub const V4_LEN: usize = 16;
/// Length of `struct sockaddr_in6`.
pub const V6_LEN: usize = 28;

/// Room for one IPv4 or IPv6 socket address.
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
    fn the_layout_is_libcs() {
        assert_eq!(V4_LEN, std::mem::size_of::<libc::sockaddr_in>());
        assert_eq!(V6_LEN, std::mem::size_of::<libc::sockaddr_in6>());
        assert_eq!(std::mem::offset_of!(libc::sockaddr_in6, sin6_addr), 8);
        assert_eq!(std::mem::offset_of!(libc::sockaddr_in6, sin6_scope_id), 24);
        assert_eq!(std::mem::offset_of!(libc::sockaddr_in, sin_addr), 4);
    }
}
