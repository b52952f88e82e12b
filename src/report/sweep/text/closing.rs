//! The closing figures (`-s`): fping's, and by our own name what it does not know.

use std::io::{self, Write};
use std::time::Duration;

use super::Text;
use crate::clock::ClockSource;
use crate::report::sweep::figures::Tm;
use crate::sweep::Totals;
use crate::wire::icmp::IcmpError;

/// A percentile of all round-trip times, where it is kept.
pub(super) type Percentile<'a> = &'a dyn Fn(f64) -> Option<Duration>;

impl Text<'_> {
    /// The figures of the whole run.
    pub(super) fn closing(&mut self, t: &Totals, percentile: Percentile<'_>) -> io::Result<()> {
        let err = &mut self.err;
        let other: u64 = t.redirects + t.errors.iter().map(|kind| kind.count).sum::<u64>();
        writeln!(err)?;
        writeln!(err, " {:7} targets", t.hosts)?;
        writeln!(err, " {:7} alive", t.alive)?;
        writeln!(err, " {:7} unreachable", t.hosts.saturating_sub(t.alive))?;
        writeln!(err, " {:7} unknown addresses", self.run.unknown)?;
        writeln!(err)?;
        writeln!(err, " {:7} timeouts (waiting for response)", t.timeouts)?;
        writeln!(err, " {:7} ICMP Echos sent", t.counters.attempted)?;
        writeln!(err, " {:7} ICMP Echo Replies received", t.replies)?;
        writeln!(err, " {other:7} other ICMP received")?;
        writeln!(err)?;
        let zero = Duration::ZERO;
        let (min, mean, max) = t.rtt.map_or((zero, zero, zero), |rtt| (rtt.min, rtt.mean, rtt.max));
        writeln!(err, " {} ms (min round trip time)", Tm(min))?;
        writeln!(err, " {} ms (avg round trip time)", Tm(mean))?;
        writeln!(err, " {} ms (max round trip time)", Tm(max))?;
        writeln!(err, " {:12.3} sec (elapsed real time)", t.took.as_secs_f64())?;
        if !self.style.fping {
            self.beyond(t, percentile)?;
        }
        writeln!(self.err)
    }

    fn beyond(&mut self, t: &Totals, percentile: Percentile<'_>) -> io::Result<()> {
        let err = &mut self.err;
        writeln!(err)?;
        let c = &t.counters;
        for (count, what) in [
            (c.late, "late replies"),
            (c.duplicates, "duplicate replies"),
            (c.corrupt, "damaged replies"),
            (c.not_sent, "probes that this host did not send"),
            (c.in_flight, "probes in flight at the end"),
            (c.foreign, "packets of strangers"),
            (t.dropped, "packets that our own socket dropped"),
            (t.skipped, "rounds skipped"),
        ] {
            if count > 0 {
                writeln!(err, " {count:7} {what}")?;
            }
        }
        for kind in &t.errors {
            let error = IcmpError { family: kind.family, ty: kind.ty, code: kind.code, info: 0 };
            writeln!(err, " {:7} errors: {error} (type {}, code {})", kind.count, kind.ty, kind.code)?;
        }
        if let Some(rate) = t.rate() {
            writeln!(err, " {rate:7.0} probes a second")?;
        }
        if let Some(rtt) = t.rtt {
            write!(err, " {} ms (deviation of round trip times)", Tm(rtt.mdev))?;
            if self.style.percentiles {
                self.percentiles(percentile)?;
            }
            writeln!(self.err)?;
        }
        let sources = [ClockSource::Nic, ClockSource::Kernel, ClockSource::KernelRx, ClockSource::User];
        let exactness: Vec<String> = sources
            .iter()
            .zip(t.clocks)
            .filter(|(_, count)| *count > 0)
            .map(|(clock, count)| format!("{count} by {}", clock.name()))
            .collect();
        if !exactness.is_empty() {
            writeln!(self.err, " times taken: {} ({} engine)", exactness.join(", "), self.run.engine)?;
        }
        Ok(())
    }
}
