//! The events that a sweep alone writes, field for field in the order they are written, and how those it shares are made.

use serde::Serialize;

use crate::clock::as_ns;
use crate::probe::TargetId;
use crate::report::Names;
use crate::report::address::Address;
use crate::report::event::{About, Far, Figures, Probe, Reply, clock, raw, rtt_ns};
use crate::report::sweep::Run;
use crate::report::times::{Clocks, Percentile, Percentiles, RttFigures};
use crate::sweep::{self, Counters, HostSummary, Mode, ReplyKind, Spacing, Times, Totals};
use crate::units::{Family, Seq};
use crate::wire::icmp::IcmpError;

/// Whom it is about.
pub(super) fn about(run: &Run, host: TargetId) -> About<'_> {
    About { target: run.roster.typed(host), address: run.roster.place(host) }
}

/// Which probe. Its number on the wire is a count of all probes of the run.
pub(super) fn probe(run: &Run, host: TargetId, number: u64, seq: Seq) -> Probe<'_> {
    Probe { about: about(run, host), seq: number, wire_seq: seq.0 }
}

/// A reply of any kind.
pub(super) fn reply<'a>(run: &'a Run, r: &sweep::Reply, names: &'a dyn Names) -> Reply<'a> {
    let rtt = Some(r.rtt);
    Reply {
        probe: probe(run, r.host, r.number, r.seq),
        from: Address::of(r.from, names),
        name: names.name(r.from.addr),
        to: r.to,
        bytes: r.bytes,
        truncated: r.truncated,
        ttl: raw(r.ttl),
        tos: r.tos,
        rtt_ns: rtt_ns(rtt),
        clock: clock(rtt),
        counted: matches!(r.kind, ReplyKind::Good | ReplyKind::Late),
        proof: r.proof.name(),
        queue_ns: r.breakdown.queue.map(as_ns),
        wake_ns: r.breakdown.wake.map(as_ns),
        reordered: r.reordered,
        wrong_byte: r.kind.wrong_at(),
        wrong_byte_sent: None,
        wrong_byte_came: None,
        ip_options: None,
        far: r.far.map(|(_, f)| Far { offset_ms: f.offset_ms, receive_ms: f.receive_ms, transmit_ms: f.transmit_ms }),
    }
}

#[derive(Serialize)]
pub(super) struct Unreachable<'a> {
    #[serde(flatten)]
    pub(super) about: About<'a>,
}

/// The run begins.
#[derive(Serialize)]
pub(super) struct Begin {
    engine: &'static str,
    targets: u64,
    mode: &'static str,
    count: Option<u64>,
    attempts: Option<u64>,
    backoff: Option<f64>,
    spacing_ns: Option<u64>,
    period_ns: u64,
    timeout_ns: u64,
    exchange: &'static str,
    size: usize,
    socket: &'static str,
    ident_v4: Option<u16>,
    ident_v6: Option<u16>,
    seed: Option<u64>,
    shard: Option<u64>,
    shards: Option<u64>,
}

impl Begin {
    pub(super) fn new(run: &Run) -> Self {
        let (mode, count, attempts, backoff) = match run.mode {
            Mode::Alive { attempts, backoff } => ("alive", None, Some(attempts), Some(backoff)),
            Mode::Count(count) => ("count", Some(count), None, None),
            Mode::Loop => ("loop", None, None, None),
        };
        let ident = |family: Family| run.idents.iter().find(|(of, _)| *of == family).map(|(_, ident)| ident.0);
        Begin {
            engine: run.engine,
            targets: run.targets,
            mode,
            count,
            attempts,
            backoff,
            spacing_ns: match run.spacing {
                Spacing::Fixed(spacing) => Some(as_ns(spacing)),
                Spacing::Auto => None,
            },
            period_ns: as_ns(run.period),
            timeout_ns: as_ns(run.timeout),
            exchange: run.exchange.name(),
            size: run.size,
            socket: run.socket,
            ident_v4: ident(Family::V4),
            ident_v6: ident(Family::V6),
            seed: run.seed,
            shard: run.shard.map(|(shard, _)| shard),
            shards: run.shard.map(|(_, shards)| shards),
        }
    }
}

/// A host's figures of an interval.
#[derive(Serialize)]
pub(super) struct Interval<'a> {
    #[serde(flatten)]
    about: About<'a>,
    settled: u64,
    received: u64,
    late: u64,
    loss: Option<f64>,
    min_ns: Option<u64>,
    avg_ns: Option<u64>,
    max_ns: Option<u64>,
}

impl<'a> Interval<'a> {
    pub(super) fn new(about: About<'a>, interval: &sweep::Interval) -> Self {
        let (settled, received) = (interval.settled, interval.received());
        let times = interval.times();
        Interval {
            about,
            settled,
            received,
            late: interval.late,
            loss: (settled > 0).then(|| 1.0 - (received as f64 / settled as f64).min(1.0)),
            min_ns: times.map(|(min, ..)| as_ns(min)),
            avg_ns: times.map(|(_, mean, _)| as_ns(mean)),
            max_ns: times.map(|(.., max)| as_ns(max)),
        }
    }
}

/// The counters of a summary, and the share that was lost.
#[derive(Serialize)]
struct Loss {
    #[serde(flatten)]
    figures: Figures,
    loss: Option<f64>,
}

impl Loss {
    fn new(c: &Counters) -> Self {
        Loss { figures: Figures::new(c), loss: c.loss() }
    }
}

/// What a sweep does not keep of each host is unknown.
fn rtt(times: Option<Times>, percentile: Percentile<'_>) -> RttFigures {
    RttFigures {
        count: times.map_or(0, |times| times.count),
        min_ns: times.map(|times| as_ns(times.min)),
        avg_ns: times.map(|times| as_ns(times.mean)),
        max_ns: times.map(|times| as_ns(times.max)),
        mdev_ns: times.map(|times| as_ns(times.mdev)),
        percentiles: Percentiles::new(percentile),
        ..RttFigures::default()
    }
}

/// What a host ends with.
#[derive(Serialize)]
pub(super) struct Summary<'a> {
    #[serde(flatten)]
    about: About<'a>,
    #[serde(flatten)]
    figures: Loss,
    loss_runs: Option<()>,
    rtt: RttFigures,
    clocks: Option<()>,
    pipe: Option<()>,
    dropped: u64,
    skipped: u64,
    took_ns: u64,
    sending_ns: u64,
}

impl<'a> Summary<'a> {
    pub(super) fn new(about: About<'a>, s: &HostSummary, totals: &Totals, percentile: Percentile<'_>) -> Self {
        Summary {
            about,
            figures: Loss::new(&s.counters),
            loss_runs: None,
            rtt: rtt(s.rtt, percentile),
            clocks: None,
            pipe: None,
            dropped: totals.dropped,
            skipped: totals.skipped,
            took_ns: as_ns(totals.took),
            sending_ns: as_ns(totals.sending),
        }
    }
}

#[derive(Serialize)]
struct Kind {
    family: &'static str,
    icmp_type: u8,
    icmp_code: u8,
    icmp_name: &'static str,
    count: u64,
}

/// What the whole run comes to.
#[derive(Serialize)]
pub(super) struct End {
    engine: &'static str,
    targets: u64,
    alive: u64,
    unreachable: u64,
    unknown: u64,
    #[serde(flatten)]
    figures: Loss,
    timeouts: u64,
    replies: u64,
    icmp_errors: Vec<Kind>,
    redirects: u64,
    rtt: RttFigures,
    clocks: Clocks,
    dropped: u64,
    skipped: u64,
    rate: Option<f64>,
    took_ns: u64,
    sending_ns: u64,
}

impl End {
    pub(super) fn new(run: &Run, t: &Totals, percentile: Percentile<'_>) -> Self {
        let kind = |e: &sweep::ErrorCount| Kind {
            family: if e.family == Family::V4 { "ipv4" } else { "ipv6" },
            icmp_type: e.ty,
            icmp_code: e.code,
            icmp_name: IcmpError { family: e.family, ty: e.ty, code: e.code, info: 0 }.name(),
            count: e.count,
        };
        End {
            engine: run.engine,
            targets: t.hosts,
            alive: t.alive,
            unreachable: t.hosts.saturating_sub(t.alive),
            unknown: run.unknown,
            figures: Loss::new(&t.counters),
            timeouts: t.timeouts,
            replies: t.replies,
            icmp_errors: t.errors.iter().map(kind).collect(),
            redirects: t.redirects,
            rtt: rtt(t.rtt, percentile),
            clocks: Clocks::new(t.clocks),
            dropped: t.dropped,
            skipped: t.skipped,
            rate: t.rate(),
            took_ns: as_ns(t.took),
            sending_ns: as_ns(t.sending),
        }
    }
}
