//! Whether a job is one for the stateless engine, and what that is told.

use std::net::IpAddr;
use std::thread::available_parallelism;
use std::time::Duration;

use super::Plan;
use crate::cli::Refusal;
use crate::cli::sweep::args::Args;
use crate::cli::values::{choice, whole};
use crate::net::Exchange;
use crate::net::icmp::SocketChoice;
use crate::net::scan::{HEAD_LEN, ScanOptions};
use crate::sweep::{Mode, Spacing};
use crate::units::{Family, Ttl};

/// More targets than this, and the stateless engine is taken where it may.
const MANY: u128 = 1 << 16;

/// Most threads.
const MOST_THREADS: u64 = 64;

/// How long late answers are waited for: at least, and at most.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// Which engine was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Whichever fits the job.
    Auto,
    /// State for each probe.
    Exact,
    /// None.
    Stateless,
}

/// What the stateless engine is told.
#[derive(Clone, Debug)]
pub struct ScanPlan {
    /// Which engine was asked for.
    pub engine: Engine,
    /// Why the job is not one for it.
    pub unfit: Option<String>,
    /// Probes a second at most.
    pub rate: Option<f64>,
    /// What its sockets must be.
    pub options: ScanOptions,
    /// How long late answers are waited for.
    pub patience: (Duration, Duration),
}

impl ScanPlan {
    /// Not known yet.
    pub(super) fn none() -> ScanPlan {
        let options = ScanOptions::default();
        ScanPlan { engine: Engine::Exact, unfit: None, rate: None, options, patience: PATIENCE }
    }

    /// Reads a command line whose other meaning is known.
    ///
    /// # Errors
    /// One line on the first option that cannot be meant.
    pub(super) fn of(args: &Args, plan: &Plan) -> Result<ScanPlan, Refusal> {
        let engines = [("auto", Engine::Auto), ("exact", Engine::Exact), ("stateless", Engine::Stateless)];
        let own = &args.engine;
        let engine = own.engine.as_ref().map_or(Ok(Engine::Auto), |text| choice("--engine", text, &engines))?;
        let threads = own.threads.as_ref().map(|text| whole("--threads", text, 1, MOST_THREADS)).transpose()?;
        let cores = || available_parallelism().map_or(1, usize::from).min(MOST_THREADS as usize);
        let unfit = unfit(args, plan);
        if let (Engine::Stateless, Some(why)) = (engine, &unfit) {
            return Err(Refusal::of("--engine", "stateless", why));
        }
        // fping's default of 10 ms between two probes is for those who wrote nothing of their own.
        let paced = args.schedule.rate.is_some() || args.schedule.interval.is_some();
        let rate = match plan.config.spacing {
            Spacing::Fixed(spacing) if paced && !spacing.is_zero() => Some(1.0 / spacing.as_secs_f64()),
            _ => None,
        };
        let timeout = args.schedule.timeout.as_ref().map(|_| (plan.config.timeout, plan.config.timeout));
        let sockets = &plan.sockets;
        Ok(ScanPlan {
            engine,
            unfit,
            rate,
            options: ScanOptions {
                family: plan.family,
                ident: None,
                // The shortest frame on the line, where nothing longer was asked for.
                size: if args.packet.size.is_some() { plan.config.size } else { HEAD_LEN },
                ttl: sockets.ttl.unwrap_or(Ttl(64)),
                tos: sockets.tos.unwrap_or(0),
                device: sockets.device.clone(),
                sources: sockets.sources.iter().map(|source| source.addr).collect(),
                mark: sockets.mark,
                frames: !own.no_l2,
                threads: threads.map_or_else(cores, |threads| usize::try_from(threads).unwrap_or(1)),
            },
            patience: timeout.unwrap_or(PATIENCE),
        })
    }

    /// Whether this many targets go to the stateless engine, if its sockets could be opened.
    #[must_use]
    pub fn takes(&self, targets: u128) -> bool {
        match self.engine {
            Engine::Exact => false,
            Engine::Stateless => true,
            Engine::Auto => targets > MANY && self.unfit.is_none(),
        }
    }

    /// Whether it may come to that.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        self.engine != Engine::Exact && self.unfit.is_none()
    }
}

/// What of a job only the exact engine can do.
fn unfit(args: &Args, plan: &Plan) -> Option<String> {
    let (output, schedule) = (&args.output, &args.schedule);
    let retries = schedule.retry.as_deref().is_some_and(|text| text.trim() != "0");
    let sources: Vec<IpAddr> = plan.sockets.sources.iter().map(|source| source.addr).collect();
    let several = |family| sources.iter().filter(|source| Family::of(**source) == family).count() > 1;
    let link_local = |addr: &IpAddr| matches!(addr, IpAddr::V6(addr) if addr.is_unicast_link_local());
    let only_exact = [
        (plan.style.fping, "it is not fping's"),
        (!matches!(plan.config.mode, Mode::Alive { .. }), "it asks each target once; leave -c, -C and -l out"),
        (retries, "it asks each target once; leave -r out, or say -r 0"),
        (schedule.backoff.is_some(), "it asks each target once; leave -B out"),
        (plan.config.exchange != Exchange::Echo, "it sends echo requests only; leave --icmp-timestamp out"),
        (plan.config.size < HEAD_LEN, "its probes carry 16 bytes of proof; give -b 16 or more"),
        (plan.random, "its payload is its own; leave -R out"),
        (plan.report_every.is_some(), "it keeps nothing of each target; leave -Q out"),
        (plan.naming.numeric || plan.naming.all, "it looks no names up; leave -n and -d out"),
        (output.print_tos || output.print_reply_dst, "it reads no more of a reply than its proof and TTL"),
        (plan.sockets.socket == SocketChoice::Dgram, "it needs raw sockets; leave --socket out"),
        (plan.sockets.bind, "it hears answers on every interface; use --oiface instead of -I"),
        (several(Family::V4) || several(Family::V6), "it takes one source address"),
        (sources.iter().any(link_local), "it takes no link-local source address"),
    ];
    only_exact.into_iter().find(|(is_so, _)| *is_so).map(|(_, why)| why.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::cli::Invocation;
    use std::ffi::OsStr;

    fn plan(words: &str) -> Result<Plan, Refusal> {
        let mut words = words.split(' ');
        let name = words.next().unwrap();
        let invocation = Invocation::of(Some(OsStr::new(name)), "rsweep", &["fping"]);
        let args = crate::cli::options::read::<Args, _, _>(std::iter::once(name).chain(words)).unwrap();
        Plan::of(&args, &invocation)
    }

    #[test]
    fn many_targets_that_are_asked_once_need_no_state() {
        for (words, at) in [
            ("rsweep 10.0.0.0/8", 65_537),
            ("rsweep -r 0 -a -s 10.0.0.0/8", 65_537),
            ("rsweep --rate 1000 -e --json 10.0.0.0/8", 65_537),
            ("rsweep --engine stateless 10.0.0.0/30", 1),
        ] {
            let scan = plan(words).unwrap().scan;
            assert!(scan.is_possible() && scan.takes(at), "{words}");
            assert!(scan.engine == Engine::Stateless || !scan.takes(at - 1), "{words}");
        }
        for words in [
            "fping 10.0.0.0/8",
            "rsweep --engine exact x",
            "rsweep -c 1 x",
            "rsweep -C 3 x",
            "rsweep -l x",
            "rsweep -r 3 x",
            "rsweep -B 2 x",
            "rsweep -b 12 x",
            "rsweep -R x",
            "rsweep -n x",
            "rsweep -d x",
            "rsweep -Q 1 -l x",
            "rsweep --icmp-timestamp x",
            "rsweep --print-tos x",
            "rsweep --socket dgram x",
            "rsweep -I eth0 x",
        ] {
            let scan = plan(words).unwrap().scan;
            assert!(!scan.is_possible() && !scan.takes(1 << 32), "{words}");
        }
    }

    #[test]
    fn what_it_cannot_do_is_refused_with_what_would_do() {
        for (words, says) in [
            ("rsweep --engine stateless -c 1 x", "leave -c, -C and -l out"),
            ("rsweep --engine stateless -r 2 x", "-r 0"),
            ("rsweep --engine stateless -b 4 x", "-b 16 or more"),
            ("rsweep --engine stateless -I eth0 x", "--oiface"),
            ("rsweep --engine fast x", "--engine"),
            ("rsweep --threads 0 x", "--threads"),
            ("rsweep --threads many x", "--threads"),
        ] {
            let error = plan(words).unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains('\n'), "{words}: {error}");
        }
    }

    #[test]
    fn a_pace_is_kept_only_if_it_was_given() {
        assert_eq!(plan("rsweep x").unwrap().scan.rate, None);
        assert_eq!(plan("rsweep -i 0 x").unwrap().scan.rate, None);
        assert_eq!(plan("rsweep --rate auto x").unwrap().scan.rate, None);
        assert_eq!(plan("rsweep -i 10 x").unwrap().scan.rate, Some(100.0));
        assert_eq!(plan("rsweep --rate 5000 x").unwrap().scan.rate, Some(5000.0));
        let scan = plan("rsweep -t 300 --no-l2 --threads 3 x").unwrap().scan;
        assert_eq!(scan.patience.0, Duration::from_millis(300));
        assert_eq!((scan.options.frames, scan.options.threads, scan.options.size), (false, 3, HEAD_LEN));
        assert_eq!(plan("rsweep -b 100 x").unwrap().scan.options.size, 100);
    }
}
