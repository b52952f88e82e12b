//! CSV: one row for each probe as it is settled, for spreadsheets and data frames.
//!
//! Columns: `ts_ns` when it was settled (nanoseconds since 1970); `target` as typed; `address`; `seq` the probe's own
//! number; `outcome` (replied, late, corrupt, error, lost, not_sent); `from` who answered; `rtt_ns` and `clock` (of an
//! error: the time until it came); `bytes`, `ttl`, `tos` of the answer; `proof`; `queue_ns` and `wake_ns` what this host
//! added; `icmp_type` and `icmp_code`; `error` in words; `errno`. An empty field is unknown. A probe that was lost and
//! whose answer still comes has a second row, `late`. Duplicates settle nothing and have none.
//!
//! Text that begins like a formula gets an apostrophe before it, lest a spreadsheet run it.

use std::io::{self, Write};
use std::sync::Arc;

use super::{Report, Run};
use crate::clock::{WallTime, as_ns};
use crate::ping::{NoReply, Note, Reply, ReplyKind, Rtt, Summary, TargetId};
use crate::report::Names;
use crate::report::address::Address;
use crate::report::clean::harmless;

const COLUMNS: [&str; 18] = [
    "ts_ns",
    "target",
    "address",
    "seq",
    "outcome",
    "from",
    "rtt_ns",
    "clock",
    "bytes",
    "ttl",
    "tos",
    "proof",
    "queue_ns",
    "wake_ns",
    "icmp_type",
    "icmp_code",
    "error",
    "errno",
];

/// The CSV report.
pub struct Csv<'w> {
    run: Arc<Run>,
    out: csv::Writer<Box<dyn Write + 'w>>,
}

/// The fields of a row behind those that all have; empty where nothing is known.
#[derive(Default)]
struct Row {
    outcome: &'static str,
    from: String,
    rtt: Option<Rtt>,
    bytes: String,
    ttl: String,
    tos: String,
    proof: &'static str,
    queue: String,
    wake: String,
    icmp: Option<(u8, u8)>,
    error: String,
    errno: String,
}

impl<'w> Csv<'w> {
    /// A report of this run to `out`.
    #[must_use]
    pub fn new(run: Arc<Run>, out: Box<dyn Write + 'w>) -> Self {
        Csv { run, out: csv::Writer::from_writer(out) }
    }

    fn row(&mut self, target: TargetId, number: u64, at: WallTime, row: Row) -> io::Result<()> {
        let run = Arc::clone(&self.run);
        let Some(host) = run.host(target) else { return Ok(()) };
        let (icmp_type, icmp_code) = row.icmp.map(|(ty, code)| (ty.to_string(), code.to_string())).unwrap_or_default();
        self.out.write_record([
            at.as_ns().to_string().as_str(),
            &harmless(&host.operand),
            &harmless(&host.address().to_string()),
            &number.to_string(),
            row.outcome,
            &harmless(&row.from),
            &row.rtt.map(|r| as_ns(r.time).to_string()).unwrap_or_default(),
            row.rtt.map(|r| r.clock.name()).unwrap_or_default(),
            &row.bytes,
            &row.ttl,
            &row.tos,
            row.proof,
            &row.queue,
            &row.wake,
            &icmp_type,
            &icmp_code,
            &harmless(&row.error),
            &row.errno,
        ])?;
        self.out.flush()
    }

    fn reply(&mut self, r: &Reply, names: &dyn Names) -> io::Result<()> {
        let outcome = match r.kind {
            ReplyKind::Good => "replied",
            ReplyKind::Late => "late",
            ReplyKind::Corrupt { .. } => "corrupt",
            ReplyKind::Duplicate | ReplyKind::WrongSource => return Ok(()),
        };
        let row = Row {
            outcome,
            from: Address::of(r.from, names).to_string(),
            rtt: r.rtt,
            bytes: r.bytes.to_string(),
            ttl: text(r.ttl),
            tos: text(r.tos),
            proof: r.proof.name(),
            queue: text(r.breakdown.queue.map(as_ns)),
            wake: text(r.breakdown.wake.map(as_ns)),
            ..Row::default()
        };
        self.row(r.target, r.number, r.at, row)
    }
}

impl Report for Csv<'_> {
    fn start(&mut self) -> io::Result<()> {
        self.out.write_record(COLUMNS)?;
        self.out.flush()
    }

    fn note(&mut self, note: &Note, names: &dyn Names) -> io::Result<()> {
        let (target, number, at, why) = match note {
            Note::Reply(r) => return self.reply(r, names),
            Note::NoReply { target, number, at, why } => (*target, *number, *at, why),
            _ => return Ok(()),
        };
        let row = match why {
            NoReply::Lost => Row { outcome: "lost", ..Row::default() },
            NoReply::NotSent { errno, .. } => {
                Row { outcome: "not_sent", error: errno.to_string(), errno: errno.name(), ..Row::default() }
            }
            NoReply::Error { from, error, proof: how_sure, after, ttl } => Row {
                outcome: "error",
                from: from.to_string(),
                rtt: *after,
                ttl: text(*ttl),
                proof: how_sure.name(),
                icmp: Some((error.ty, error.code)),
                error: error.to_string(),
                ..Row::default()
            },
        };
        self.row(target, number, at, row)
    }

    fn summary(&mut self, _: &[Summary]) -> io::Result<()> {
        self.out.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn text<T: ToString>(value: Option<T>) -> String {
    value.map(|v| v.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
