//! The programs without the kernel: what one says of a packet, by an interpreter written after `bpf(4)` and
//! `Documentation/networking/filter.rst`.
//!
//! A socket whose filter is attached only when the first stranger is heard knows a stranger by it, and tests run every
//! program by it. `tests/sys_live/filters.rs` has the kernel judge the same packets.

use super::*;

/// Whether a program lets a packet through. `packet` begins where the kernel's view of it does; what a reader's buffer cut
/// off is beyond its end.
#[must_use]
pub fn accepts(program: &[Insn], packet: &[u8]) -> bool {
    // The kernel attaches no program that it cannot run.
    run(program, packet).is_none_or(|kept| kept != 0)
}

/// Runs a program; `None` if it does what the kernel's verifier would refuse.
pub(super) fn run(program: &[Insn], packet: &[u8]) -> Option<u32> {
    let (mut a, mut x, mut pc) = (0_u32, 0_u32, 0_usize);
    let load = |at: u64, n: usize| {
        if at == u64::from(PACKET_TYPE) {
            return Some(0);
        }
        let at = usize::try_from(at).ok()?;
        let bytes = packet.get(at..at.checked_add(n)?)?;
        Some(bytes.iter().fold(0_u32, |v, b| v << 8 | u32::from(*b)))
    };
    for _ in 0..=program.len() {
        let i = *program.get(pc)?;
        pc += 1;
        let k = u64::from(i.k);
        let loaded = match i.code {
            LDW => Some(load(k, 4)),
            LDB => Some(load(k, 1)),
            LDH => Some(load(k, 2)),
            LDB_X => Some(load(u64::from(x) + k, 1)),
            LDH_X => Some(load(u64::from(x) + k, 2)),
            LDW_X => Some(load(u64::from(x) + k, 4)),
            _ => None,
        };
        match loaded {
            Some(Some(v)) => {
                a = v;
                continue;
            }
            // A load beyond the end drops the packet.
            Some(None) => return Some(0),
            None => {}
        }
        let condition = match i.code {
            JA => {
                pc += i.k as usize;
                continue;
            }
            LDX_IMM => {
                x = i.k;
                continue;
            }
            LDX_MSH => match load(k, 1) {
                Some(v) => {
                    x = (v & 15) * 4;
                    continue;
                }
                None => return Some(0),
            },
            AND => {
                a &= i.k;
                continue;
            }
            LSH => {
                a = a.checked_shl(i.k)?;
                continue;
            }
            ADD_X => {
                a = a.wrapping_add(x);
                continue;
            }
            TAX => {
                x = a;
                continue;
            }
            JEQ => a == i.k,
            JGT => a > i.k,
            JGE => a >= i.k,
            JSET => a & i.k != 0,
            RET => return Some(i.k),
            _ => return None,
        };
        pc += usize::from(if condition { i.jt } else { i.jf });
    }
    None
}
