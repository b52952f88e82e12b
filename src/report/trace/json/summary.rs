//! The summary of a path: how it ended, what was found, every hop's routers, and the counters, which are a contract.

use std::net::IpAddr;

use serde::Serialize;

use crate::clock::as_ns;
use crate::report::event::{About, Figures};
use crate::trace::{Answer, End, Hop, MtuLimit, Path, Rewritten};

#[derive(Serialize)]
pub(super) struct Summary<'a> {
    #[serde(flatten)]
    about: About<'a>,
    #[serde(flatten)]
    figures: Figures,
    ended: Ended,
    distance: Option<u8>,
    path: Vec<Seen>,
    mtu: Option<PathMtu>,
    nat_at: Option<u8>,
    dscp: Option<Change>,
    ecn: Option<Change>,
    tos_quotes: u32,
    per_packet: bool,
    one_by_one: bool,
    unattributed: u64,
    dropped: u64,
    took_ns: u64,
}

/// Who answered at one hop.
#[derive(Serialize)]
pub(super) struct Seen {
    #[serde(rename = "hop")]
    pub(super) distance: u8,
    routers: Vec<IpAddr>,
    best_rtt_ns: Option<u64>,
    answered: usize,
    tries: usize,
    limited: bool,
}

impl Seen {
    pub(super) fn of(hop: &Hop) -> Self {
        Seen {
            distance: hop.distance,
            routers: hop.routers().into_iter().map(|peer| peer.addr).collect(),
            best_rtt_ns: hop.answers().map(|answer| as_ns(answer.rtt.time)).min(),
            answered: hop.answers().count(),
            tries: hop.tries.len(),
            limited: hop.limited,
        }
    }

    /// One more answer than the hop was told with.
    pub(super) fn add(&mut self, answer: &Answer) {
        if !self.routers.contains(&answer.from.addr) {
            self.routers.push(answer.from.addr);
        }
        self.answered += 1;
        let rtt = as_ns(answer.rtt.time);
        self.best_rtt_ns = Some(self.best_rtt_ns.map_or(rtt, |best| best.min(rtt)));
    }
}

#[derive(Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
enum Ended {
    Reached,
    Prohibited { by: IpAddr, hop: u8, icmp_type: u8, icmp_code: u8, icmp_name: &'static str },
    Unreachable { by: IpAddr, hop: u8, icmp_type: u8, icmp_code: u8, icmp_name: &'static str },
    Gap { last_answer: u8 },
    LastHop,
    Loop { from: u8, length: u8 },
    Stopped,
    NotSent { errno: i32, error: String },
}

impl Ended {
    fn of(end: &End) -> Self {
        match *end {
            End::Reached => Ended::Reached,
            End::Prohibited { by, error, at } => Ended::Prohibited {
                by,
                hop: at,
                icmp_type: error.ty,
                icmp_code: error.code,
                icmp_name: error.kind().name(),
            },
            End::Unreachable { by, error, at } => Ended::Unreachable {
                by,
                hop: at,
                icmp_type: error.ty,
                icmp_code: error.code,
                icmp_name: error.kind().name(),
            },
            End::Gap { last } => Ended::Gap { last_answer: last },
            End::LastHop => Ended::LastHop,
            End::Loop { from, length } => Ended::Loop { from, length },
            End::Stopped => Ended::Stopped,
            End::NotSent { errno } => Ended::NotSent { errno: errno.0, error: errno.to_string() },
        }
    }
}

#[derive(Serialize)]
struct PathMtu {
    mtu: Option<u32>,
    up_to: u8,
    limited_by: Option<&'static str>,
    router: Option<IpAddr>,
    hop: Option<u8>,
    named: Option<u32>,
}

impl PathMtu {
    fn of(found: &crate::trace::PathMtu) -> Self {
        let mut mtu =
            PathMtu { mtu: found.mtu, up_to: found.up_to, limited_by: None, router: None, hop: None, named: None };
        match found.limit {
            None => {}
            Some(MtuLimit::Here) => mtu.limited_by = Some("here"),
            Some(MtuLimit::Router { addr, distance, named }) => {
                mtu.limited_by = Some("router");
                (mtu.router, mtu.hop, mtu.named) = (Some(addr), distance, Some(named).filter(|named| *named > 0));
            }
            Some(MtuLimit::BlackHole { after }) => (mtu.limited_by, mtu.hop) = (Some("black_hole"), after),
        }
        mtu
    }
}

#[derive(Serialize)]
struct Change {
    hop: u8,
    after: u8,
    sent: u8,
    quoted: u8,
}

impl Change {
    fn of(rewritten: Rewritten) -> Self {
        Change { hop: rewritten.at, after: rewritten.after, sent: rewritten.sent, quoted: rewritten.quoted }
    }
}

impl<'a> Summary<'a> {
    pub(super) fn new(about: About<'a>, path: &Path, seen: Vec<Seen>) -> Self {
        let c = &path.counters;
        Summary {
            about,
            figures: Figures::new(c),
            ended: Ended::of(&path.end),
            distance: path.distance,
            path: seen,
            mtu: path.mtu.as_ref().map(PathMtu::of),
            nat_at: path.nat_at,
            dscp: path.dscp.map(Change::of),
            ecn: path.ecn.map(Change::of),
            tos_quotes: path.tos_quotes,
            per_packet: path.per_packet,
            one_by_one: path.one_by_one,
            unattributed: path.unattributed,
            dropped: path.dropped,
            took_ns: as_ns(path.took),
        }
    }
}
