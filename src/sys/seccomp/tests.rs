//! The program, run by an interpreter of its own over every call number, as the kernel would. (That the kernel does: `tests/sys_live/sandbox.rs`.)

use super::calls::{ARCHITECTURE, CLONE3, REFUSED, REFUSED_HERE, REFUSED_NEW, X32};
use super::*;

const EPERM: u32 = RET_ERRNO | 1;
const ENOSYS: u32 = RET_ERRNO | 38;

/// What the program says of a call: `bpf(4)`, as far as it is used here.
fn judged(program: &[Insn], arch: u32, number: u32, arguments: [u32; 2]) -> u32 {
    let (mut at, mut a) = (0, 0);
    for _ in 0..program.len() {
        let insn = program[at];
        at += 1;
        let mut skip = |holds: bool| at += usize::from(if holds { insn.jt } else { insn.jf });
        match insn.code {
            LOAD => {
                a = match insn.k {
                    NUMBER => number,
                    ARCH => arch,
                    k if k == argument(0) => arguments[0],
                    k if k == argument(1) => arguments[1],
                    k => panic!("there is nothing at {k}"),
                }
            }
            AND => a &= insn.k,
            EQ => skip(a == insn.k),
            GE => skip(a >= insn.k),
            SET => skip(a & insn.k != 0),
            RET => return insn.k,
            code => panic!("unknown instruction {code:#x}"),
        }
    }
    panic!("runs in circles");
}

fn numbers() -> Vec<u32> {
    let all = REFUSED.iter().chain(REFUSED_HERE).chain(&REFUSED_NEW);
    all.map(|number| u32::try_from(*number).unwrap()).collect()
}

#[test]
fn what_is_listed_is_refused_and_nothing_else() {
    let Some(arch) = ARCHITECTURE else { return };
    let (program, refused) = (program(arch), numbers());
    assert!(program.len() < 255, "{} instructions: a jump spans no more", program.len());
    let [socket, clone, clone3] = [libc::SYS_socket, libc::SYS_clone, CLONE3].map(|n| u32::try_from(n).unwrap());
    for number in (0..2_000).chain([X32 - 1]) {
        let expect = match number {
            _ if refused.contains(&number) => EPERM,
            _ if number == clone3 => ENOSYS,
            _ => RET_ALLOW,
        };
        // A stream socket; a thread.
        let arguments = if number == socket { [2, 1] } else { [0x003d_0f00, 0] };
        assert_eq!(judged(&program, arch, number, arguments), expect, "call {number}");
    }
    assert_eq!(judged(&program, arch, clone, [0x0002_0011, 0]), EPERM, "a mount namespace");
    assert_eq!(judged(&program, arch, clone, [0x4000_0011, 0]), EPERM, "a network namespace");
    assert_eq!(judged(&program, arch, clone, [0x11, 0]), RET_ALLOW, "a process of its own");
    for other in [0x4000_0003, 0x4000_0028, 0xc000_003e, 0xc000_00b7].into_iter().filter(|other| *other != arch) {
        assert_eq!(judged(&program, other, 20, [0, 0]), EPERM, "another architecture's call");
    }
    if cfg!(target_arch = "x86_64") {
        assert_eq!(judged(&program, arch, X32, [0, 0]), EPERM, "x32");
        assert_eq!(judged(&program, arch, X32 | 59, [0, 0]), EPERM, "x32");
    }
}

#[test]
fn only_raw_and_packet_sockets_are_refused() {
    let Some(arch) = ARCHITECTURE else { return };
    let program = program(arch);
    let socket = u32::try_from(libc::SYS_socket).unwrap();
    let (nonblocking, close_on_exec) = (libc::SOCK_NONBLOCK as u32, libc::SOCK_CLOEXEC as u32);
    let of = |domain: i32, kind: u32| judged(&program, arch, socket, [domain as u32, kind]);
    for flags in [0, nonblocking, close_on_exec, nonblocking | close_on_exec] {
        for (domain, kind, expect) in [
            (libc::AF_INET, 1, RET_ALLOW),
            (libc::AF_INET, 2, RET_ALLOW), // ping sockets, too
            (libc::AF_INET6, 2, RET_ALLOW),
            (libc::AF_UNIX, 1, RET_ALLOW),
            (libc::AF_UNIX, 3, RET_ALLOW),
            (libc::AF_NETLINK, 3, RET_ALLOW), // the C library's way to ask for addresses
            (libc::AF_NETLINK, 2, RET_ALLOW),
            (libc::AF_INET, 3, EPERM),
            (libc::AF_INET6, 3, EPERM),
            (libc::AF_INET, 10, EPERM), // SOCK_PACKET
            (libc::AF_PACKET, 3, EPERM),
            (libc::AF_PACKET, 2, EPERM),
            (libc::AF_XDP, 3, EPERM),
        ] {
            assert_eq!(of(domain, kind | flags), expect, "family {domain}, type {kind}");
        }
    }
}

/// Loading takes as long as this walk: the kernel makes it (`seccomp_cache_prepare_bitmap`).
#[test]
fn the_way_to_an_answer_is_short() {
    let Some(arch) = ARCHITECTURE else { return };
    let program = program(arch);
    let steps: usize = (0..KNOWN).map(|number| steps(&program, arch, number)).sum();
    let mean = steps as f64 / f64::from(KNOWN);
    assert!(mean < 9.0, "{mean} of {} instructions for each call", program.len());
    assert!(program.len() <= 65, "{} instructions: each takes the kernel a microsecond to compile", program.len());
}

fn steps(program: &[Insn], arch: u32, number: u32) -> usize {
    let (mut at, mut a, mut steps) = (0, 0, 0);
    loop {
        let insn = program[at];
        (at, steps) = (at + 1, steps + 1);
        let holds = match insn.code {
            LOAD if insn.k == NUMBER => {
                a = number;
                continue;
            }
            LOAD if insn.k == ARCH => {
                a = arch;
                continue;
            }
            EQ => a == insn.k,
            GE => a >= insn.k,
            // What depends on arguments ends the kernel's walk, too.
            _ => return steps,
        };
        at += usize::from(if holds { insn.jt } else { insn.jf });
    }
}
