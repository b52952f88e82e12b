//! From a job to its engine. The exact engine keeps state for each host; what it is given, what it tells and what the shell
//! is told stand here.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::ops::ControlFlow;
use std::os::fd::AsFd;
use std::sync::Arc;

use super::hosts::Hosts;
use super::order::order;
use super::plan::{Format, Plan, Watch};
use super::run::{refused, trouble};
use super::shared::Shared;
use super::teller::Teller;
use super::{Failure, code};
use crate::cli::Refusal;
use crate::cli::conduct::Conductor;
use crate::cli::stdout::{Fate, Stdout};
use crate::net::Peer;
use crate::net::icmp::{IcmpNet, SocketKind, Sockets};
use crate::probe::Drive;
use crate::report::sweep::{Csv, FpingJson, Json, Label, Lists, Report, Roster, Run, Text};
use crate::sweep::{Command, Config, Pattern, Sweep, Totals};
use crate::sys::clock::wall_now;
use crate::sys::errno::Errno;
use crate::sys::signals::Signals;
use crate::sys::{interfaces, process};
use crate::units::Family;

/// Hosts that state is kept for at the most: some 4 GB.
const MOST_HOSTS: u128 = 1 << 24;

/// Everything that is known before the first probe.
pub(super) struct Job<'a> {
    pub(super) plan: Plan,
    /// What messages begin with.
    pub(super) name: &'a str,
    pub(super) found: Hosts,
    pub(super) sockets: Sockets,
    pub(super) lists: ToLists,
    pub(super) signals: &'a Signals,
}

/// Does a job with state for each host.
///
/// # Errors
/// One line, where nothing was probed.
pub(super) fn exact(job: Job<'_>) -> Result<u8, Failure> {
    let Job { mut plan, name, found, sockets, lists: to_lists, signals } = job;
    let Hosts { space, labels, failed, .. } = found;
    if space.total() > MOST_HOSTS {
        let problem = format!("{} targets are more than the {MOST_HOSTS} that state is kept for", space.total());
        return Err(Refusal::new(format!("{problem}; give smaller blocks, or leave some out with --exclude")).into());
    }
    let (peers, labels) = in_order(&plan, space.iter().collect(), labels);
    plan.sockets.window = u32::try_from(peers.len()).unwrap_or(u32::MAX);
    let kinds = [Family::V4, Family::V6].map(|family| sockets.kind(family));
    let net = sockets.into_net(&plan.sockets, &peers).map_err(refused)?;
    let config = config(&plan, Arc::clone(&peers))?;
    let unknown = failed.len() as u64;
    let run = Arc::new(describe(&plan, &config, peers, labels, &net, kinds, unknown));

    let fate = Fate::default();
    let out = Stdout::new(name, signals.as_fd(), &fate).map_err(|error| trouble("standard output", &error))?;
    let out = Shared::new(out, matches!(plan.format, Format::Text | Format::FpingJson));
    let mut reports = vec![report(&plan, &run, out.clone())];
    reports.extend(lists(to_lists, &run)?);
    let watch = match plan.watch {
        Watch::Auto => io::stderr().is_terminal(),
        Watch::Always => true,
        Watch::Never => false,
    };
    // Where hosts are asked until they answer there is nothing to report in between.
    let report_every = plan.report_every.filter(|_| !run.until_alive());
    let conductor = Conductor { name, signals, fate: &fate };
    let mut teller = Teller::new(conductor, reports, out, report_every, plan.cumulative, watch);
    teller.start(&failed);
    if run.roster.is_empty() {
        teller.give_up();
        return Ok(code::UNKNOWN);
    }
    let mut drive = Drive::new(Sweep::new(config), net);
    let ended = conductor.conduct(&mut drive, Command::Stop, &mut teller);
    let broken = match ended {
        ControlFlow::Break(_) if teller.is_gone() => return Ok(code::ALL),
        ended => ended.is_break(),
    };
    // From here on a reader is waited for, but not for ever.
    fate.hurry();
    let totals = teller.finish(&mut drive);
    if teller.is_gone() {
        return Ok(code::ALL);
    }
    if broken || teller.has_failed() || conductor.has_lost_lines() {
        return Ok(code::SYSTEM);
    }
    Ok(verdict(&plan, &totals, unknown))
}

/// All answered; enough; one did not; one could not even be asked.
fn verdict(plan: &Plan, totals: &Totals, unknown: u64) -> u8 {
    match plan.style.enough {
        Some(enough) if totals.alive >= enough => code::ALL,
        Some(_) => code::SOME,
        None if unknown > 0 => code::UNKNOWN,
        None if totals.alive < totals.hosts => code::SOME,
        None => code::ALL,
    }
}

/// The hosts in the order they are asked, and their labels by their places in it.
fn in_order(plan: &Plan, all: Vec<Peer>, mut labels: HashMap<u128, Label>) -> (Arc<[Peer]>, HashMap<u32, Label>) {
    let input = &plan.input;
    if input.seed.is_none() && input.shard.is_none() && input.limit.is_none() {
        let labels = labels.into_iter().filter_map(|(at, label)| Some((u32::try_from(at).ok()?, label)));
        return (all.into(), labels.collect());
    }
    let order = order(all.len(), input);
    let peers = order.iter().filter_map(|at| all.get(*at as usize).copied()).collect();
    let labels = (0u32..).zip(&order).filter_map(|(place, at)| Some((place, labels.remove(&u128::from(*at))?)));
    (peers, labels.collect())
}

fn config(plan: &Plan, hosts: Arc<[Peer]>) -> Result<Config, Failure> {
    let random = |error: io::Error| trouble("no random numbers", &error);
    let mut config = Config { hosts, token_key: process::random_key().map_err(random)?, ..plan.config.clone() };
    if plan.random {
        let words = (0..config.size.div_ceil(8).max(1)).map(|_| process::random_u64());
        let words: Vec<u64> = words.collect::<io::Result<_>>().map_err(random)?;
        config.pattern = Pattern::Bytes(words.iter().flat_map(|word| word.to_ne_bytes()).collect());
    }
    Ok(config)
}

fn describe(
    plan: &Plan,
    config: &Config,
    peers: Arc<[Peer]>,
    labels: HashMap<u32, Label>,
    net: &IcmpNet,
    kinds: [Option<SocketKind>; 2],
    unknown: u64,
) -> Run {
    let mut zones: Vec<(u32, String)> = Vec::new();
    for peer in peers.iter().filter(|peer| peer.scope != 0) {
        if !zones.iter().any(|(scope, _)| *scope == peer.scope) {
            zones.push((peer.scope, interfaces::name_of(peer.scope).unwrap_or_else(|| peer.scope.to_string())));
        }
    }
    let families = [Family::V4, Family::V6];
    Run {
        targets: peers.len() as u64,
        roster: Roster::new(peers, labels, zones),
        engine: "exact",
        at: wall_now(),
        mode: config.mode,
        spacing: config.spacing,
        period: config.period,
        timeout: config.timeout,
        exchange: config.exchange,
        size: config.size,
        idents: families.into_iter().filter_map(|family| Some((family, net.ident(family)?))).collect(),
        socket: if kinds.contains(&Some(SocketKind::Raw)) { "raw" } else { "dgram" },
        seed: plan.input.seed,
        shard: plan.input.shard,
        report_every: plan.report_every,
        cumulative: plan.cumulative,
        unknown,
    }
}

fn report<'a>(plan: &Plan, run: &Arc<Run>, out: Shared<'a>) -> Box<dyn Report + 'a> {
    let (run, out) = (Arc::clone(run), Box::new(out));
    let err = || Box::new(BufWriter::new(io::stderr()));
    match plan.format {
        Format::Text => Box::new(Text::new(run, plan.style.clone(), out, err())),
        Format::Json => Box::new(Json::new(run, out)),
        Format::FpingJson => Box::new(FpingJson::new(run, plan.style.clone(), out, err())),
        Format::Csv => Box::new(Csv::new(run, out)),
    }
}

/// The lists of the alive and the dead.
fn lists<'a>(files: ToLists, run: &Arc<Run>) -> Result<Option<Box<dyn Report + 'a>>, Failure> {
    let begun = begin(files)?;
    Ok(begun.map(|(alive, dead)| -> Box<dyn Report + 'a> { Box::new(Lists::new(Arc::clone(run), alive, dead)) }))
}

/// A file of a list, and the option and the name that it was given by.
type Named = (&'static str, String, File);

/// The files for the alive and the dead.
pub(super) type ToLists = [Option<Named>; 2];

/// Opens the files of the lists, as the caller and before nothing may be opened any more. What stands in them is left
/// alone until there is something to write.
pub(super) fn files(plan: &Plan) -> Result<ToLists, Failure> {
    let open = |option: &'static str, path: &Option<String>| -> Result<Option<Named>, Failure> {
        let Some(path) = path else { return Ok(None) };
        let opened = File::options().write(true).create(true).truncate(false).open(path);
        let file = opened.map_err(|error| unwritten(option, path, &error))?;
        Ok(Some((option, path.clone(), file)))
    };
    Ok([open("--alive-file", &plan.alive_file)?, open("--dead-file", &plan.dead_file)?])
}

/// A file to write to, if there is one.
type ToFile = Option<Box<dyn Write>>;

/// Empties the files, to be written from their beginning.
pub(super) fn begin(files: ToLists) -> Result<Option<(ToFile, ToFile)>, Failure> {
    let empty = |named: Option<Named>| -> Result<ToFile, Failure> {
        let Some((option, path, file)) = named else { return Ok(None) };
        // A pipe or a device has no length.
        let is_file = file.metadata().is_ok_and(|meta| meta.is_file());
        let emptied = if is_file { file.set_len(0) } else { Ok(()) };
        emptied.map_err(|error| unwritten(option, &path, &error))?;
        Ok(Some(Box::new(BufWriter::new(file))))
    };
    let [alive, dead] = files.map(empty);
    Ok(match (alive?, dead?) {
        (None, None) => None,
        both => Some(both),
    })
}

fn unwritten(option: &str, path: &str, error: &io::Error) -> Failure {
    Failure::system(Refusal::of(option, path, Errno::from(error)))
}
