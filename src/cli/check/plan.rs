//! What a command line means: options, and the text of a file, turned into checked, plain values.
//!
//! [`Plan::of`] is a pure function, so each rule and each refusal is tested without privilege.

use std::path::PathBuf;
use std::time::Duration;

use super::args::Args;
use super::dialect::Dialect;
use super::file::{self, Entry};
use super::item::Defaults;
pub(super) use super::item::{Item, LEAST_INTERVAL, Probes};
use super::limits::{self, Asked};
use crate::check::{State, Threshold, critical_rtt};
use crate::cli::from::device_or_source;
use crate::cli::refusal::shown;
use crate::cli::{Refusal, values};
use crate::net::icmp::{Names, Options};
use crate::report::check::Modes;
use crate::units::{Family, Ttl};

/// As the plugin guidelines have it.
const DEADLINE: Duration = Duration::from_secs(10);
/// What is told, and how.
#[derive(Clone, Debug)]
pub(super) struct Output {
    pub(super) modes: Modes,
    pub(super) json: bool,
    pub(super) textfile: Option<PathBuf>,
    pub(super) verbose: bool,
}

/// A command line, understood and checked.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) dialect: Dialect,
    pub(super) items: Vec<Item>,
    pub(super) family: Option<Family>,
    pub(super) deadline: Duration,
    pub(super) min_ok: Option<usize>,
    pub(super) dns_failure: State,
    /// What all ICMP sockets are to be.
    pub(super) sockets: Options,
    pub(super) output: Output,
    /// Whether the limits for ordinary users apply.
    pub(super) limited: bool,
    /// Whether the kernel is not asked to refuse what is not needed.
    pub(super) no_sandbox: bool,
}

/// Who says so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller {
    pub(super) dialect: Dialect,
    /// Whether the limits for ordinary users do not apply.
    pub(super) is_root: bool,
}

impl Plan {
    /// Reads a command line; `file` is the text of what `-f` names.
    pub(super) fn of(args: &Args, caller: Caller, file: Option<&str>) -> Result<Plan, Refusal> {
        let dialect = caller.dialect;
        let (hosts, pairs) = positionals(args, dialect)?;
        let asked = Asked {
            warning: pairs.0.into_iter().chain(args.thresholds.warning.iter().cloned()).collect(),
            critical: pairs.1.into_iter().chain(args.thresholds.critical.iter().cloned()).collect(),
            expect: args.thresholds.expect.clone(),
        };
        let (modes_thresholds, modes) = limits::modes(&args.thresholds)?;
        let all = |asked: &Asked| -> Result<Vec<Threshold>, Refusal> {
            let mut all = limits::read(asked, dialect, !modes_thresholds.is_empty())?;
            all.extend(modes_thresholds.iter().cloned());
            if dialect == Dialect::CheckPing {
                // The plugin warns of what comes twice.
                all.push(super::ping_dialect::duplicates());
            }
            Ok(all)
        };
        let defaults = Defaults { args, caller };
        let mut items = Vec::new();
        let of_all = all(&asked)?;
        for host in hosts {
            items.push(defaults.item(Entry { host, ..Entry::default() }, of_all.clone())?);
        }
        if let (Some(path), Some(text)) = (&args.hosts.file, file) {
            for entry in file::read(path, text)? {
                let thresholds = match &entry.asked {
                    Some(own) => all(own),
                    None => Ok(of_all.clone()),
                };
                let in_file =
                    |refusal: Refusal| Refusal::new(format!("-f {}: {}: {refusal}", shown(path), shown(&entry.host)));
                items.push(defaults.item(entry.clone(), thresholds.map_err(in_file)?).map_err(in_file)?);
            }
        }
        if items.is_empty() {
            let none = "no host to check; name at least one, as in: 127.0.0.1";
            return Err(Refusal::new(if dialect.is_plugin() { "No hosts to check" } else { none }));
        }
        let plan = Plan {
            dialect,
            family: family(args)?,
            deadline: deadline(args, dialect)?,
            min_ok: min_ok(args, items.len())?,
            dns_failure: dns_failure(args)?,
            sockets: sockets(args)?,
            output: Output { modes, json: args.output.json, textfile: textfile(args)?, verbose: args.output.verbose },
            limited: !caller.is_root,
            no_sandbox: args.sandbox.no_sandbox,
            items,
        };
        plan.checked()
    }

    fn checked(self) -> Result<Plan, Refusal> {
        if let Some(family) = self.family {
            for item in &self.items {
                if item.operand.family().is_some_and(|own| own != family) {
                    let other = if family == Family::V4 { "-4" } else { "-6" };
                    return Err(Refusal::of(other, &item.operand.text, "an address of the other family"));
                }
            }
        }
        let patience = self.items.iter().filter_map(|item| critical_rtt(&item.thresholds)).max();
        if let Some(critical) = patience.filter(|critical| *critical >= self.deadline && !self.dialect.is_plugin()) {
            let problem = format!(
                "ends before the critical round-trip time of {critical:?} has passed, and nothing could be called lost; \
                 write -t {}",
                critical.as_secs() + 1
            );
            return Err(Refusal::of("-t", format!("{:?}", self.deadline), problem));
        }
        Ok(self)
    }
}

/// The hosts that were named and, for `check_ping`, the thresholds among the positional words.
pub(super) type Positionals = (Vec<String>, (Option<String>, Option<String>));

fn positionals(args: &Args, dialect: Dialect) -> Result<Positionals, Refusal> {
    if dialect == Dialect::CheckPing {
        return super::ping_dialect::positionals(args);
    }
    Ok((args.hosts.host.iter().chain(&args.targets).cloned().collect(), (None, None)))
}

fn family(args: &Args) -> Result<Option<Family>, Refusal> {
    match (args.hosts.ipv4, args.hosts.ipv6) {
        (true, true) => Err(Refusal::new("-4 and -6: choose one")),
        (true, false) => Ok(Some(Family::V4)),
        (false, true) => Ok(Some(Family::V6)),
        (false, false) => Ok(None),
    }
}

fn deadline(args: &Args, dialect: Dialect) -> Result<Duration, Refusal> {
    let Some(text) = &args.probes.timeout else { return Ok(DEADLINE) };
    match values::run_length("-t", text)? {
        // To check_icmp, 0 is its default.
        Duration::ZERO if dialect.is_plugin() => Ok(DEADLINE),
        Duration::ZERO => Err(Refusal::of("-t", text, "nothing can be known in no time; the default is 10")),
        length => Ok(length),
    }
}

fn min_ok(args: &Args, targets: usize) -> Result<Option<usize>, Refusal> {
    let Some(text) = &args.hosts.min_ok else { return Ok(None) };
    let wanted = values::whole("-m", text, 0, u64::from(u32::MAX))? as usize;
    // A name may have many addresses, but one target is one host at least.
    if wanted > targets && targets == 1 {
        return Err(Refusal::of("-m", text, "more than there are targets: 1"));
    }
    Ok(Some(wanted))
}

fn dns_failure(args: &Args) -> Result<State, Refusal> {
    let states = [("unknown", State::Unknown), ("critical", State::Critical)];
    args.hosts.dns_failure.as_ref().map_or(Ok(State::Unknown), |text| values::choice("--dns-failure", text, &states))
}

fn sockets(args: &Args) -> Result<Options, Refusal> {
    let probes = &args.probes;
    let socket = values::socket_choice(probes.socket.as_ref())?;
    let ttl = probes.ttl.as_ref().map(|text| values::whole("-l", text, 1, 255)).transpose()?;
    let mut options = Options {
        names: Names::CHECK,
        socket,
        ttl: ttl.map(|ttl| Ttl(ttl as u8)),
        tell_queue_drops: true,
        ..Options::default()
    };
    if let Some(text) = &probes.source {
        device_or_source("-s", &mut options, text)?;
    }
    Ok(options)
}

fn textfile(args: &Args) -> Result<Option<PathBuf>, Refusal> {
    let Some(text) = &args.output.textfile else { return Ok(None) };
    let path = PathBuf::from(text);
    let is_file = path.file_name().is_some() && path.extension().is_some_and(|extension| extension == "prom");
    if !is_file {
        return Err(Refusal::of("--textfile", text, "the collector reads only what ends in .prom: write FILE.prom"));
    }
    Ok(Some(path))
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
