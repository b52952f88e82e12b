//! A job for the stateless engine: what it is given, what it tells and what the shell is told.
//!
//! Its threads read answers and must not wait for whoever reads us, so what they have to tell goes through a [`Mailbox`] to
//! this thread, which alone writes, hears signals and draws progress ([`Teller`]).

mod mailbox;
mod teller;

use std::io::{self, BufWriter, IsTerminal};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use super::engine::{ToLists, begin};
use super::hosts::Hosts;
use super::plan::{Engine, Format, Plan, Watch};
use super::run::{refused, trouble};
use super::shared::Shared;
use super::{Failure, code};
use crate::cli::Refusal;
use crate::cli::conduct::Conductor;
use crate::cli::stdout::{Fate, Stdout};
use crate::net::scan::{Path, Range, Scan, ScanSockets};
use crate::report::sweep::{Csv, Json, Labels, Lists, Roster, Run, ScanReport, Text};
use crate::sweep::stateless::{Order, Outcome, Plan as Sweeping, Shard, run};
use crate::sweep::targets::Space;
use crate::sweep::{Mode, Spacing};
use crate::sys::clock::wall_now;
use crate::sys::signals::Signals;
use crate::sys::{interfaces, process};
use crate::units::Family;
use mailbox::Mailbox;
use teller::Teller;

/// Everything that is known before the first probe.
pub(super) struct Job<'a> {
    pub(super) plan: Plan,
    /// What messages begin with.
    pub(super) name: &'a str,
    pub(super) found: Hosts,
    pub(super) sockets: ScanSockets,
    pub(super) lists: ToLists,
    pub(super) signals: &'a Signals,
}

/// Opens the sockets, while there is privilege, where it may come to this engine. Without them the exact one does the job,
/// unless this one was asked for.
///
/// # Errors
/// One line, where they were asked for and are refused.
pub(super) fn open(plan: &Plan) -> Result<Option<ScanSockets>, Failure> {
    let asked = plan.scan.engine == Engine::Stateless;
    // Nobody types so many addresses one by one.
    let many = plan.input.file.is_some() || plan.input.operands.iter().any(|text| text.contains(['/', '-']));
    if !plan.scan.is_possible() || !(asked || many) {
        return Ok(None);
    }
    match ScanSockets::open(&plan.scan.options) {
        Ok(sockets) => Ok(Some(sockets)),
        Err(error) if asked => Err(refused(error)),
        Err(_) => Ok(None),
    }
}

/// Does a job without state.
///
/// # Errors
/// One line, where nothing was probed.
pub(super) fn stateless(job: Job<'_>) -> Result<u8, Failure> {
    let Job { plan, name, found, sockets, lists: to_lists, signals } = job;
    let Hosts { space, labels, failed, .. } = found;
    // Labels go by numbers, which must stay; without any, nobody minds that each address is asked once.
    let space = if labels.is_empty() { space.distinct() } else { space };
    let labels = Labels::new(labels, zones(&space));
    let ranges: Vec<Range> =
        space.blocks().map(|b| Range { first: b.first(), last: b.last(), scope: b.scope() }).collect();
    let scan = sockets.into_scan(&plan.scan.options, &ranges).map_err(refused)?;
    let sweeping = sweeping(&plan, space)?;
    let targets = Order::new(sweeping.space.total(), sweeping.seed, sweeping.shard, sweeping.limit).len();
    let unknown = failed.len() as u64;
    let described = Arc::new(describe(&plan, &scan, &sweeping, targets, unknown));
    let ways = ways(&plan, &scan);

    let fate = Fate::default();
    let out = Stdout::new(name, signals.as_fd(), &fate).map_err(|error| trouble("standard output", &error))?;
    let out = Shared::new(out, plan.format == Format::Text);
    let mut reports = vec![report(&plan, &described, out.clone())];
    reports.extend(lists(to_lists, &described)?);
    let watch = match plan.watch {
        Watch::Auto => io::stderr().is_terminal(),
        Watch::Always => true,
        Watch::Never => false,
    };
    let mailbox = Mailbox::new().map_err(|error| trouble("cannot open a descriptor", &error))?;
    let conductor = Conductor { name, signals, fate: &fate };
    let mut teller = Teller::new(conductor, reports, out, &labels, watch, plan.config.enough_alive);
    teller.begin(&ways, &failed);
    let descriptors = [signals.as_fd(), mailbox.as_fd()];
    let mut tell = |note: &_| mailbox.put(*note);
    let mut turned = |progress: &_| teller.turn(&mailbox, progress);
    let outcome = run(&sweeping, scan, &mut tell, &mut turned, &descriptors)
        .map_err(|error| trouble("the sockets broke", &error))?;
    // From here on a reader is waited for, but not for ever.
    fate.hurry();
    teller.finish(&mailbox, &outcome);
    if teller.is_gone() {
        return Ok(code::ALL);
    }
    if teller.has_failed() || conductor.has_lost_lines() {
        return Ok(code::SYSTEM);
    }
    Ok(verdict(&plan, &outcome, unknown))
}

/// All answered; enough; one did not; one could not even be asked.
fn verdict(plan: &Plan, outcome: &Outcome, unknown: u64) -> u8 {
    match plan.style.enough {
        Some(enough) if outcome.tally.alive >= enough => code::ALL,
        Some(_) => code::SOME,
        None if unknown > 0 => code::UNKNOWN,
        None if outcome.tally.alive < outcome.targets => code::SOME,
        None => code::ALL,
    }
}

fn sweeping(plan: &Plan, space: Space) -> Result<Sweeping, Failure> {
    let input = &plan.input;
    let random = || process::random_u64().map_err(|error| trouble("no random numbers", &error));
    let shard = match input.shard {
        None => Some(Shard::WHOLE),
        Some((part, of)) => match (u32::try_from(part), u32::try_from(of)) {
            (Ok(part), Ok(of)) => Shard::new(part, of),
            _ => None,
        },
    };
    let shard = shard.ok_or_else(|| Refusal::new("--shard: there are not so many parts; at most 4294967295"))?;
    Ok(Sweeping {
        space,
        // Parts of one sweep must agree on its order; otherwise no two need be alike.
        seed: match (input.seed, input.shard) {
            (Some(seed), _) => seed,
            (None, Some(_)) => 0,
            (None, None) => random()?,
        },
        shard,
        limit: input.limit,
        rate: plan.scan.rate,
        patience: plan.scan.patience,
        percentiles: plan.style.percentiles,
    })
}

/// The names of the interfaces that targets are on.
fn zones(space: &Space) -> Vec<(u32, String)> {
    let mut zones: Vec<(u32, String)> = Vec::new();
    for scope in space.blocks().map(|block| block.scope()).filter(|scope| *scope != 0) {
        if !zones.iter().any(|(known, _)| *known == scope) {
            zones.push((scope, interfaces::name_of(scope).unwrap_or_else(|| scope.to_string())));
        }
    }
    zones
}

/// What was chosen, a line for each family.
fn ways(plan: &Plan, scan: &Scan) -> Vec<String> {
    let threads = match scan.senders.len() {
        1 => "1 thread".to_owned(),
        threads => format!("{threads} threads"),
    };
    let slower = scan.most.filter(|most| plan.scan.rate.is_none_or(|rate| rate > *most));
    let bearable = slower.map_or(String::new(), |most| format!(", {most:.0}/s for this host's neighbour table"));
    scan.paths.iter().map(|(family, path)| format!("{family} by {path}, {threads}{bearable}")).collect()
}

fn describe(plan: &Plan, scan: &Scan, sweeping: &Sweeping, targets: u64, unknown: u64) -> Run {
    let framed = scan.paths.iter().all(|(_, path)| matches!(path, Path::Frames { .. }));
    Run {
        roster: Roster::new(Arc::from([]), Default::default(), Vec::new()),
        targets,
        engine: "stateless",
        at: wall_now(),
        mode: Mode::Alive { attempts: 1, backoff: 1.0 },
        spacing: sweeping.rate.map_or(Spacing::Auto, |rate| Spacing::Fixed(Duration::from_secs_f64(1.0 / rate))),
        period: plan.config.period,
        timeout: sweeping.patience.1,
        exchange: plan.config.exchange,
        size: plan.scan.options.size,
        idents: scan.paths.iter().map(|(family, _): &(Family, Path)| (*family, scan.ident)).collect(),
        socket: if framed { "packet" } else { "raw" },
        seed: Some(sweeping.seed),
        shard: plan.input.shard,
        report_every: None,
        cumulative: false,
        unknown,
    }
}

fn report<'a>(plan: &Plan, run: &Arc<Run>, out: Shared<'a>) -> Box<dyn ScanReport + 'a> {
    let (run, out) = (Arc::clone(run), Box::new(out));
    match plan.format {
        Format::Json | Format::FpingJson => Box::new(Json::new(run, out)),
        Format::Csv => Box::new(Csv::new(run, out)),
        Format::Text => Box::new(Text::new(run, plan.style.clone(), out, Box::new(BufWriter::new(io::stderr())))),
    }
}

/// The lists of the alive and the dead.
fn lists<'a>(files: ToLists, run: &Arc<Run>) -> Result<Option<Box<dyn ScanReport + 'a>>, Failure> {
    let begun = begin(files)?;
    Ok(begun.map(|(alive, dead)| -> Box<dyn ScanReport + 'a> { Box::new(Lists::new(Arc::clone(run), alive, dead)) }))
}
