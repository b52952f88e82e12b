//! The same for UDP and TCP probes: ICMP errors that quote one from our source ports, and segments or datagrams to them.

use super::{Insn, JEQ, JSET, LDB, LDB_X, LDH, LDH_X, LDX_MSH, Program, RET, To};
use crate::units::{Family, Port};
use std::ops::RangeInclusive;

/// For a raw ICMP socket: accepts ICMP errors and redirects that quote a packet of this IP protocol from one of these
/// source ports.
#[must_use]
pub fn error_filter(family: Family, protocol: u8, sources: &RangeInclusive<Port>) -> Vec<Insn> {
    let (first, last) = (sources.start().0, sources.end().0);
    let mut p = Program::new();
    match family {
        Family::V4 => {
            p.op(LDX_MSH, 0); // X: the ICMP header
            p.op(LDB_X, 0);
            for error in [3, 4, 5, 11] {
                p.jump(JEQ, error, To::Error, To::Next);
            }
            p.jump(JEQ, 12, To::Error, To::Drop);
            p.label(To::Error);
            p.find_quoted_v4(protocol);
            p.op(LDH_X, 8);
            p.judge(first, last);
        }
        Family::V6 => {
            p.op(LDB, 0);
            p.find_quote_v6();
            p.op(LDB_X, 6);
            p.jump(JEQ, 44, To::QuoteFragment, To::Next);
            p.jump(JEQ, protocol.into(), To::Next, To::Drop);
            p.op(LDH_X, 40);
            p.judge(first, last);

            p.label(To::QuoteFragment);
            p.op(LDB_X, 40);
            p.jump(JEQ, protocol.into(), To::Next, To::Drop);
            p.op(LDH_X, 42);
            p.jump(JSET, 0xfff8, To::Drop, To::Next);
            p.op(LDH_X, 48);
            p.judge(first, last);
        }
    }
    p.finish()
}

/// For a raw UDP or TCP socket: accepts what is sent to one of these ports. (The kernel has put fragments together.)
#[must_use]
pub fn answer_filter(family: Family, ports: &RangeInclusive<Port>) -> Vec<Insn> {
    let mut p = Program::new();
    match family {
        Family::V4 => {
            p.op(LDX_MSH, 0); // X: the UDP or TCP header
            p.op(LDH_X, 2);
        }
        Family::V6 => p.op(LDH, 2),
    }
    p.judge(ports.start().0, ports.end().0);
    p.finish()
}

/// Accepts nothing: for a socket that is there to hold a port.
#[must_use]
pub fn nothing() -> Vec<Insn> {
    vec![Insn { code: RET, jt: 0, jf: 0, k: 0 }]
}
