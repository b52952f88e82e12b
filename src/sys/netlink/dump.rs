//! Asking for a whole table of the kernel's, and taking its answer apart: messages, and their attributes.

use std::io::{self, Read, Write};

use socket2::{Domain, Protocol, Type};

use crate::sys::address::array;
use crate::sys::errno::Errno;
use crate::units::Family;

/// `struct nlmsghdr`: length, type, flags, number, port.
const HEADER_LEN: usize = 16;
const NLM_F_REQUEST_DUMP: u16 = 0x1 | 0x100 | 0x200;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;

/// Asks for a whole table and reads each message with `read`.
pub(super) fn dump<T>(
    what: u16,
    family: Family,
    body_len: usize,
    mut read: impl FnMut(u16, &[u8]) -> Option<T>,
) -> io::Result<Vec<T>> {
    let kind = Type::RAW;
    let mut socket = socket2::Socket::new(Domain::from(libc::AF_NETLINK), kind, Some(Protocol::from(0)))?;
    let len = HEADER_LEN + body_len;
    let mut request = Vec::with_capacity(len);
    request.extend((len as u32).to_ne_bytes());
    request.extend(what.to_ne_bytes());
    request.extend(NLM_F_REQUEST_DUMP.to_ne_bytes());
    request.extend(1_u32.to_ne_bytes());
    request.extend(0_u32.to_ne_bytes());
    request.push(family_number(family));
    request.resize(len, 0);
    socket.write_all(&request)?;

    let mut found = Vec::new();
    // The kernel fills at most 32 KiB at once (netlink_dump, net/netlink/af_netlink.c).
    let mut buffer = vec![0; 32 * 1024];
    loop {
        let n = socket.read(&mut buffer)?;
        let mut rest = buffer.get(..n).unwrap_or_default();
        if rest.is_empty() {
            return Ok(found);
        }
        while let Some((ty, body, after)) = message(rest) {
            match ty {
                NLMSG_DONE => return Ok(found),
                NLMSG_ERROR => {
                    let code = array(body, 0).map_or(libc::EIO, |b| i32::from_ne_bytes(b).saturating_neg());
                    return Err(Errno(code).into_io());
                }
                _ => found.extend(read(ty, body)),
            }
            rest = after;
        }
    }
}

/// The first message of a buffer: type, body, and what follows.
pub(super) fn message(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let len = usize::try_from(u32::from_ne_bytes(array(bytes, 0)?)).ok()?;
    let ty = u16::from_ne_bytes(array(bytes, 4)?);
    let body = bytes.get(HEADER_LEN..len)?;
    Some((ty, body, bytes.get(aligned(len)..).unwrap_or_default()))
}

/// The attributes from `at` on (`struct rtattr`): type and value.
pub(super) fn attributes(body: &[u8], at: usize) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = body.get(at..).unwrap_or_default();
    std::iter::from_fn(move || {
        let len = usize::from(u16::from_ne_bytes(array(rest, 0)?));
        let ty = u16::from_ne_bytes(array(rest, 2)?) & 0x3fff;
        let value = rest.get(4..len)?;
        rest = rest.get(aligned(len)..).unwrap_or_default();
        Some((ty, value))
    })
}

pub(super) const fn aligned(len: usize) -> usize {
    len.saturating_add(3) & !3
}

/// As the kernel numbers families.
pub(super) fn family_number(family: Family) -> u8 {
    match family {
        Family::V4 => libc::AF_INET as u8,
        Family::V6 => libc::AF_INET6 as u8,
    }
}
