//! Classic BPF programs (`bpf(4)`) that let only our answers, and ICMP errors about our probes, reach the queue of a raw
//! socket.
//!
//! Raw sockets hear every ICMP packet of the host. Without a filter a flood beside us fills our receive buffer. The
//! program looks at kind and ident only; what it lets through is still to be parsed and proved. A raw IPv4 socket sees
//! the IP header first, of variable length; a raw ICMPv6 socket sees ICMPv6 from byte 0. A load beyond the packet's end
//! ends the program with "drop", so that no length needs checking.

mod link;
mod run;
pub mod wanted;

pub use link::{Frames, frame_filter, word_filter};
pub use run::accepts;

use crate::units::{Family, Ident};

/// One instruction: `struct sock_filter` (`include/uapi/linux/filter.h`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Insn {
    /// Operation.
    pub code: u16,
    /// Instructions to skip if a comparison holds.
    pub jt: u8,
    /// Instructions to skip if it does not.
    pub jf: u8,
    /// Constant.
    pub k: u32,
}

/// The idents that are ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idents {
    /// One.
    One(Ident),
    /// All from the first to the last.
    Range(Ident, Ident),
}

pub use transport::{answer_filter, error_filter, nothing};

mod transport;

// include/uapi/linux/bpf_common.h
const LDW: u16 = 0x20; // A = 32 bits at k
const LDB: u16 = 0x30; // A = byte at k
const LDH: u16 = 0x28; // A = 16 bits at k
const LDB_X: u16 = 0x50; // A = byte at X + k
const LDH_X: u16 = 0x48; // A = 16 bits at X + k
const LDW_X: u16 = 0x40; // A = 32 bits at X + k
const LDX_IMM: u16 = 0x01; // X = k
const LDX_MSH: u16 = 0xb1; // X = 4 * (byte at k & 15)
const AND: u16 = 0x54; // A &= k
const LSH: u16 = 0x64; // A <<= k
const ADD_X: u16 = 0x0c; // A += X
const TAX: u16 = 0x07; // X = A
const JA: u16 = 0x05; // skip k
const JEQ: u16 = 0x15; // A == k
const JGT: u16 = 0x25; // A > k
const JGE: u16 = 0x35; // A >= k
const JSET: u16 = 0x45; // A & k != 0
const RET: u16 = 0x06; // accept k bytes

/// Where a load finds for whom a frame is (`SKF_AD_OFF` + `SKF_AD_PKTTYPE`, include/uapi/linux/filter.h).
const PACKET_TYPE: u32 = 0xffff_f004;

/// The whole packet.
const ACCEPT: u32 = u32::MAX;

/// Accepts echo replies with our ident (with `also_timestamp`, ICMP timestamp replies too), and ICMP errors and redirects
/// that quote an echo request (or timestamp request) with our ident.
#[must_use]
pub fn echo_filter(family: Family, idents: Idents, also_timestamp: bool) -> Vec<Insn> {
    match family {
        Family::V4 => echo_v4(Program::new(), idents, also_timestamp),
        Family::V6 => echo_v6(Program::new(), idents),
    }
}

/// The same for a packet socket that hears whole IP packets of this family: those sent to this host alone, and of
/// IPv4 fragments the first. Packets with IPv6 extension headers are not looked into.
#[must_use]
pub fn packet_filter(family: Family, ident: Ident) -> Vec<Insn> {
    let mut p = Program::new();
    p.op(LDB, PACKET_TYPE);
    p.jump(JEQ, 0, To::Next, To::Drop); // PACKET_HOST
    match family {
        Family::V4 => {
            p.op(LDB, 9);
            p.jump(JEQ, 1, To::Next, To::Drop);
            p.op(LDH, 6);
            p.jump(JSET, 0x1fff, To::Drop, To::Next);
            echo_v4(p, Idents::One(ident), false)
        }
        Family::V6 => {
            p.op(LDB, 6);
            p.jump(JEQ, 58, To::Next, To::Drop);
            let head = p.code.len();
            let mut program = echo_v6(p, Idents::One(ident));
            // What stands at 0 there stands behind the IPv6 header here.
            for insn in program.iter_mut().skip(head).filter(|insn| [LDB, LDH, LDX_IMM].contains(&insn.code)) {
                insn.k += 40;
            }
            program
        }
    }
}

/// Jump targets; resolved when the program is complete.
#[derive(Clone, Copy, PartialEq, Eq)]
enum To {
    Next,
    Drop,
    AnyHeader,
    Reply,
    Error,
    Redirect,
    RedirectBehindLinkAddress,
    Quote,
    QuoteFragment,
    QuotedEcho,
    QuotedEchoBehindFragment,
    Types,
    TagInFrame,
    Tag,
    BehindOneTag,
    BehindTwoTags,
    Accept,
    /// A place of a program of another file.
    Place(u8),
}

struct Program {
    code: Vec<(Insn, To, To)>,
    labels: Vec<(To, usize)>,
}

impl Program {
    fn new() -> Program {
        Program { code: Vec::with_capacity(64), labels: Vec::new() }
    }

    fn op(&mut self, code: u16, k: u32) {
        self.jump(code, k, To::Next, To::Next);
    }

    fn jump(&mut self, code: u16, k: u32, yes: To, no: To) {
        self.code.push((Insn { code, jt: 0, jf: 0, k }, yes, no));
    }

    fn label(&mut self, to: To) {
        self.labels.push((to, self.code.len()));
    }

    /// The end of a branch: A is an ident, which decides.
    fn judge_ident(&mut self, idents: Idents) {
        match idents {
            Idents::One(Ident(i)) => self.judge(i, i),
            Idents::Range(Ident(first), Ident(last)) => self.judge(first, last),
        }
    }

    /// The end of a branch: A decides, which must be one of these.
    fn judge(&mut self, first: u16, last: u16) {
        if first == last {
            self.jump(JEQ, first.into(), To::Next, To::Drop);
        } else {
            self.jump(JGE, first.into(), To::Next, To::Drop);
            self.jump(JGT, last.into(), To::Drop, To::Next);
        }
        self.op(RET, ACCEPT);
    }

    /// Follows an IPv4 error: drops all but first fragments of this protocol, and makes X + 8 the quoted message.
    fn find_quoted_v4(&mut self, protocol: u8) {
        self.op(LDB_X, 8 + 9); // the quoted IPv4 header stands at X + 8
        self.jump(JEQ, protocol.into(), To::Next, To::Drop);
        self.op(LDH_X, 8 + 6);
        self.jump(JSET, 0x1fff, To::Drop, To::Next); // later fragments have no header
        self.op(LDB_X, 8);
        self.op(AND, 0x0f);
        self.op(LSH, 2);
        self.op(ADD_X, 0);
        self.op(TAX, 0);
    }

    /// Begins with an ICMPv6 error (A is its type) or a redirect, drops all else, and makes X the quoted IPv6 header.
    fn find_quote_v6(&mut self) {
        self.jump(JEQ, 137, To::Redirect, To::Next);
        self.op(LDX_IMM, 8); // the IPv6 header quoted by an error (RFC 4443)
        for error in [1, 2, 3] {
            self.jump(JEQ, error, To::Quote, To::Next);
        }
        self.jump(JEQ, 4, To::Quote, To::Drop);

        // A redirect (RFC 4861 §4.5) quotes in an option of type 4, first or behind a link-layer address of 8 bytes.
        self.label(To::Redirect);
        self.op(LDX_IMM, 48);
        self.op(LDB, 40);
        self.jump(JEQ, 4, To::Quote, To::Next);
        self.jump(JEQ, 2, To::RedirectBehindLinkAddress, To::Drop);
        self.label(To::RedirectBehindLinkAddress);
        self.op(LDB, 41);
        self.jump(JEQ, 1, To::Next, To::Drop);
        self.op(LDX_IMM, 56);
        self.op(LDB, 48);
        self.jump(JEQ, 4, To::Quote, To::Drop);
        self.label(To::Quote);
    }

    /// Appends the common "drop" and resolves the jumps. Programs here are far shorter than the 255 that a jump spans.
    fn finish(mut self) -> Vec<Insn> {
        self.label(To::Drop);
        self.op(RET, 0);
        let labels = self.labels;
        let distance = |from: usize, to: To| {
            let target = labels.iter().find(|(l, _)| *l == to).map_or(from + 1, |(_, at)| *at);
            u8::try_from(target - from - 1).unwrap_or(u8::MAX)
        };
        let resolve = |(i, (insn, yes, no)): (usize, (Insn, To, To))| match insn.code {
            JA => Insn { k: distance(i, yes).into(), ..insn },
            _ => Insn { jt: distance(i, yes), jf: distance(i, no), ..insn },
        };
        self.code.into_iter().enumerate().map(resolve).collect()
    }
}

fn echo_v4(mut p: Program, idents: Idents, also_timestamp: bool) -> Vec<Insn> {
    // A reply behind a header without options, by loads from fixed places: the kernel compiles those to plain loads, and
    // those by X to calls, which a flood feels.
    p.op(LDB, 0);
    p.jump(JEQ, 0x45, To::Next, To::AnyHeader);
    p.op(LDB, 20);
    p.jump(JEQ, 0, To::Next, To::AnyHeader);
    p.op(LDH, 24);
    p.judge_ident(idents);

    p.label(To::AnyHeader);
    p.op(LDX_MSH, 0); // X: the ICMP header
    p.op(LDB_X, 0);
    p.jump(JEQ, 0, To::Reply, To::Next);
    if also_timestamp {
        p.jump(JEQ, 14, To::Reply, To::Next);
    }
    for error in [3, 4, 5, 11] {
        p.jump(JEQ, error, To::Error, To::Next);
    }
    p.jump(JEQ, 12, To::Error, To::Drop);

    p.label(To::Reply);
    p.op(LDH_X, 4);
    p.judge_ident(idents);

    p.label(To::Error);
    p.find_quoted_v4(1); // ICMP
    p.op(LDB_X, 8);
    if also_timestamp {
        p.jump(JEQ, 13, To::QuotedEcho, To::Next);
    }
    p.jump(JEQ, 8, To::Next, To::Drop);
    p.label(To::QuotedEcho);
    p.op(LDH_X, 8 + 4);
    p.judge_ident(idents);
    p.finish()
}

fn echo_v6(mut p: Program, idents: Idents) -> Vec<Insn> {
    p.op(LDB, 0);
    p.jump(JEQ, 129, To::Reply, To::Next);
    p.find_quote_v6();
    p.op(LDB_X, 6);
    p.jump(JEQ, 44, To::QuoteFragment, To::Next);
    p.jump(JEQ, 58, To::QuotedEcho, To::Drop);

    // A large request is sent in fragments, and its first fragment is what a router quotes.
    p.label(To::QuoteFragment);
    p.op(LDB_X, 40);
    p.jump(JEQ, 58, To::Next, To::Drop);
    p.op(LDH_X, 42);
    p.jump(JSET, 0xfff8, To::Drop, To::QuotedEchoBehindFragment);
    p.label(To::QuotedEchoBehindFragment);
    p.op(LDB_X, 48);
    p.jump(JEQ, 128, To::Next, To::Drop);
    p.op(LDH_X, 48 + 4);
    p.judge_ident(idents);

    p.label(To::QuotedEcho);
    p.op(LDB_X, 40);
    p.jump(JEQ, 128, To::Next, To::Drop);
    p.op(LDH_X, 40 + 4);
    p.judge_ident(idents);

    p.label(To::Reply);
    p.op(LDH, 4);
    p.judge_ident(idents);
    p.finish()
}

#[cfg(test)]
mod tests;
