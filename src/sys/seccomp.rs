//! A filter of system calls (`seccomp(2)`, Linux 3.17): those that no network tool makes return EPERM.
//!
//! A list of what is refused, not of what is allowed: the C library's name services (nscd, sssd, systemd-resolved, musl's
//! resolver) call what they please, and a call that we forgot must not end a measurement. Nothing is ever killed. The
//! kernel asks the program once for each call number and remembers which are always allowed (Linux 5.11), so that what
//! it costs is its loading; a search tree with few instructions keeps that short.

mod calls;

use std::io;

use calls::{Fate, KNOWN, fates};

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

/// The program: the architecture, then the number of the call. Every end stands once, behind the search: the kernel's
/// compiler takes a microsecond for each instruction.
fn program(arch: u32) -> Vec<Insn> {
    let mut code = Code(Vec::with_capacity(80));
    code.load(ARCH);
    // Another architecture's calls (32-bit programs on a 64-bit kernel) have other numbers, and none is made here.
    code.jump(EQ, arch, To::Next, To::End(Fate::Refused));
    code.load(NUMBER);
    code.search(&fates(), KNOWN);
    code.finish()
}

/// Where a jump goes.
#[derive(Clone, Copy)]
enum To {
    Next,
    /// An instruction of this index.
    At(usize),
    End(Fate),
}

/// A program before its jumps are known.
struct Code(Vec<(Insn, To, To)>);

impl Code {
    fn load(&mut self, what: u32) {
        self.jump(LOAD, what, To::Next, To::Next);
    }

    fn jump(&mut self, code: u16, k: u32, yes: To, no: To) {
        self.0.push((Insn { code, jt: 0, jf: 0, k }, yes, no));
    }

    /// A search tree: what becomes of a number in A, of parts in ascending order, each with its first number, up to `end`.
    /// It halves the numbers and not the parts, because the kernel asks once for each number. Returns where it begins.
    fn search(&mut self, parts: &[(u32, Fate)], end: u32) -> To {
        let middle = parts.first().map_or(0, |(first, _)| first.midpoint(end.max(*first)));
        let at = parts.partition_point(|(first, _)| *first <= middle).clamp(1, parts.len().saturating_sub(1).max(1));
        let (Some((low, high)), Some((first, _))) = (parts.split_at_checked(at), parts.get(at)) else {
            return To::End(parts.first().map_or(Fate::Allowed, |(_, fate)| *fate));
        };
        let node = self.0.len();
        self.jump(GE, *first, To::Next, To::Next);
        let no = self.search(low, *first);
        let yes = self.search(high, end);
        if let Some(jump) = self.0.get_mut(node) {
            (jump.1, jump.2) = (yes, no);
        }
        To::At(node)
    }

    /// Appends the ends, and resolves the jumps.
    fn finish(mut self) -> Vec<Insn> {
        let mut ends = Vec::with_capacity(5);
        let [allowed, refused] = [Fate::Allowed, Fate::Refused].map(To::End);
        ends.push((Fate::Socket, self.0.len()));
        // Packets past the network stack; then kernel and local sockets, which have raw types that are harmless.
        self.load(argument(0));
        self.jump(EQ, libc::AF_PACKET as u32, refused, To::Next);
        self.jump(EQ, libc::AF_XDP as u32, refused, To::Next);
        self.jump(EQ, libc::AF_NETLINK as u32, allowed, To::Next);
        self.jump(EQ, libc::AF_UNIX as u32, allowed, To::Next);
        self.load(argument(1));
        self.jump(AND, TYPE_MASK, To::Next, To::Next);
        self.jump(EQ, libc::SOCK_RAW as u32, refused, To::Next);
        self.jump(EQ, SOCK_PACKET, refused, allowed);
        ends.push((Fate::Clone, self.0.len()));
        self.load(argument(0));
        self.jump(SET, NEW_NAMESPACES, refused, allowed);
        for (fate, answer) in [
            (Fate::Absent, RET_ERRNO | libc::ENOSYS as u32),
            (Fate::Refused, RET_ERRNO | libc::EPERM as u32),
            (Fate::Allowed, RET_ALLOW),
        ] {
            ends.push((fate, self.0.len()));
            self.jump(RET, answer, To::Next, To::Next);
        }
        let distance = |from: usize, to: To| {
            let target = match to {
                To::Next => from + 1,
                To::At(index) => index,
                To::End(fate) => ends.iter().find(|(end, _)| *end == fate).map_or(from + 1, |(_, at)| *at),
            };
            // The whole program is shorter than what one jump spans.
            u8::try_from(target - from - 1).unwrap_or(u8::MAX)
        };
        let resolved = |(at, (insn, yes, no)): (usize, (Insn, To, To))| Insn {
            jt: distance(at, yes),
            jf: distance(at, no),
            ..insn
        };
        self.0.into_iter().enumerate().map(resolved).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
