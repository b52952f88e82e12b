//! A filter of system calls (`seccomp(2)`, Linux 3.17): those that no network tool makes return EPERM.
//!
//! A list of what is refused, not of what is allowed: the C library's name services (nscd, sssd, systemd-resolved, musl's
//! resolver) call what they please, and a call that we forgot must not end a measurement. Nothing is ever killed. The
//! kernel asks the program once for each call number and remembers which are always allowed (Linux 5.11), so that what
//! it costs is its loading; a search tree keeps that short.

mod calls;

use std::io;

use calls::{Fate, fates};

use super::filter::Insn;
use super::options::check;

// include/uapi/linux/seccomp.h
const SET_MODE_FILTER: libc::c_uint = 1;
const FLAG_TSYNC: libc::c_ulong = 1;
const FLAG_SPEC_ALLOW: libc::c_ulong = 4;
const RET_ALLOW: u32 = 0x7fff_0000;
const RET_ERRNO: u32 = 0x0005_0000;

// include/uapi/linux/bpf_common.h
const LOAD: u16 = 0x20; // A = 32 bits at k
const AND: u16 = 0x54; // A &= k
const EQ: u16 = 0x15; // A == k
const GE: u16 = 0x35; // A >= k
const SET: u16 = 0x45; // A & k != 0
const RET: u16 = 0x06; // end with k

// `struct seccomp_data`; arguments are 64 bits wide, and of an int the kernel looks at the lower half.
const NUMBER: u32 = 0;
const ARCH: u32 = 4;
const fn argument(n: u32) -> u32 {
    16 + 8 * n + if cfg!(target_endian = "big") { 4 } else { 0 }
}

/// Calls of the x32 ABI (`arch/x86/include/uapi/asm/unistd.h`), by which any call could be made under another number.
const X32: u32 = 0x4000_0000;
/// The part of a socket's type that is no flag (`SOCK_TYPE_MASK`, `include/linux/net.h`).
const TYPE_MASK: u32 = 0xf;
/// Old programs open packet sockets as this type of AF_INET; the kernel still takes it (`__sock_create`).
const SOCK_PACKET: u32 = 10;
/// Namespaces that `clone` can make: mount, cgroup, UTS, IPC, user, PID, network (`include/uapi/linux/sched.h`).
const NEW_NAMESPACES: u32 = 0x7e02_0000;

/// Lets no thread of this process, nor any that it starts, make the calls of `seccomp/calls.rs`; they return EPERM.
///
/// Takes [`forbid_gains`](super::caps::forbid_gains) or CAP_SYS_ADMIN.
///
/// # Errors
/// Where the kernel has no filters (`EINVAL`, `ENOSYS`), or this architecture's calls are not known here (`ENOTSUP`).
pub fn refuse_calls() -> io::Result<()> {
    let arch = calls::ARCHITECTURE.ok_or_else(|| io::Error::from_raw_os_error(libc::ENOTSUP))?;
    let program = program(arch);
    let len = libc::c_ushort::try_from(program.len()).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?;
    let program = libc::sock_fprog { len, filter: program.as_ptr().cast_mut().cast() };
    // Without the second flag kernels before 5.16 slow the process down as if it ran foreign code; before 4.17 there is
    // no such flag.
    let mut r = -1;
    for flags in [FLAG_TSYNC | FLAG_SPEC_ALLOW, FLAG_TSYNC] {
        // SAFETY: `program` points to `len` instructions in the kernel's layout (`Insn` is repr(C) like sock_filter),
        // which live until the end of this function; the kernel only reads and copies them.
        r = unsafe { libc::syscall(libc::SYS_seccomp, SET_MODE_FILTER, flags, &raw const program) };
        if r == 0 {
            break;
        }
    }
    match r {
        // A thread that has a filter of its own, which nothing here gives to any.
        1.. => Err(io::Error::from_raw_os_error(libc::EBUSY)),
        _ => check(if r < 0 { -1 } else { 0 }),
    }
}

/// The program: the architecture, then the number of the call.
fn program(arch: u32) -> Vec<Insn> {
    let mut code = Vec::with_capacity(160);
    op(&mut code, LOAD, ARCH);
    // Another architecture's calls (32-bit programs on a 64-bit kernel) have other numbers, and none is made here.
    jump(&mut code, EQ, arch, 1, 0);
    ret(&mut code, Fate::Refused);
    op(&mut code, LOAD, NUMBER);
    if cfg!(target_arch = "x86_64") {
        jump(&mut code, GE, X32, 0, 1);
        ret(&mut code, Fate::Refused);
    }
    search(&mut code, &fates());
    code
}

/// A search tree: what becomes of a number in A, of parts in ascending order, each with its first number.
fn search(code: &mut Vec<Insn>, parts: &[(u32, Fate)]) {
    let (low, high) = parts.split_at(parts.len() / 2);
    let (false, Some((first, _))) = (low.is_empty(), high.first()) else {
        return parts.iter().for_each(|(_, fate)| leaf(code, *fate));
    };
    let at = code.len();
    jump(code, GE, *first, 0, 0);
    search(code, low);
    // The whole program is shorter than what one jump spans.
    let distance = u8::try_from(code.len() - at - 1).unwrap_or(u8::MAX);
    if let Some(insn) = code.get_mut(at) {
        insn.jt = distance;
    }
    search(code, high);
}

/// The end of a search.
fn leaf(code: &mut Vec<Insn>, fate: Fate) {
    match fate {
        Fate::Socket => {
            // Packets past the network stack; then kernel and local sockets, which have raw types that are harmless.
            op(code, LOAD, argument(0));
            jump(code, EQ, libc::AF_PACKET as u32, 8, 0);
            jump(code, EQ, libc::AF_XDP as u32, 7, 0);
            jump(code, EQ, libc::AF_NETLINK as u32, 5, 0);
            jump(code, EQ, libc::AF_UNIX as u32, 4, 0);
            op(code, LOAD, argument(1));
            op(code, AND, TYPE_MASK);
            jump(code, EQ, libc::SOCK_RAW as u32, 2, 0);
            jump(code, EQ, SOCK_PACKET, 1, 0);
            ret(code, Fate::Allowed);
            ret(code, Fate::Refused);
        }
        Fate::Clone => {
            op(code, LOAD, argument(0));
            jump(code, SET, NEW_NAMESPACES, 1, 0);
            ret(code, Fate::Allowed);
            ret(code, Fate::Refused);
        }
        fate => ret(code, fate),
    }
}

fn op(code: &mut Vec<Insn>, what: u16, k: u32) {
    jump(code, what, k, 0, 0);
}

fn jump(code: &mut Vec<Insn>, what: u16, k: u32, jt: u8, jf: u8) {
    code.push(Insn { code: what, jt, jf, k });
}

fn ret(code: &mut Vec<Insn>, fate: Fate) {
    let k = match fate {
        Fate::Refused => RET_ERRNO | libc::EPERM as u32,
        Fate::Absent => RET_ERRNO | libc::ENOSYS as u32,
        Fate::Allowed | Fate::Socket | Fate::Clone => RET_ALLOW,
    };
    op(code, RET, k);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
