//! What a command line means: options turned into checked, plain values, without asking the kernel anything.
//!
//! [`Plan::of`] is a pure function of the words and of who says them, so that each rule of fping's (what overrides what, what
//! contradicts what) is tested without privilege.

mod limits;
mod look;
mod scan;
mod schedule;
mod values;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use std::net::IpAddr;
use std::time::Duration;

use super::args::Args;
use crate::cli::values::{choice, socket_choice, whole, word};
use crate::cli::{Invocation, Refusal};
use crate::net::icmp::{Names, Options, SocketChoice, Stages};
use crate::net::{Exchange, Peer};
use crate::report::sweep::Style;
use crate::sweep::{Config, Spacing};
use crate::sys::options::PmtuMode;
use crate::units::{Family, Ttl};

pub use scan::{Engine, ScanPlan};

/// Above this rate the driver's stamp alone is asked for, and send queues' drops are not told from sent probes: both cost.
const FAST: Duration = Duration::from_micros(100);

/// Where targets come from, and which of them are probed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// As typed.
    pub operands: Vec<String>,
    /// A list; `-` is standard input.
    pub file: Option<String>,
    /// The operands are a network, or the two ends of a range (`-g`).
    pub generate: bool,
    /// Targets may be blocks and ranges: not under fping's name, where they are names.
    pub blocks: bool,
    /// All addresses of a name.
    pub all_addresses: bool,
    /// Left out.
    pub exclude: Vec<String>,
    /// Lists of what is left out.
    pub exclude_files: Vec<String>,
    /// Lists of what alone is probed.
    pub allow_files: Vec<String>,
    /// Reserved addresses are probed in wide sweeps, too.
    pub reserved: bool,
    /// At most so many.
    pub limit: Option<u64>,
    /// Shuffled.
    pub seed: Option<u64>,
    /// Part of how many, from 0.
    pub shard: Option<(u64, u64)>,
}

/// How targets are called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    /// By address (`-A`).
    pub addresses: bool,
    /// Numeric ones by the name of their address (`-n`).
    pub numeric: bool,
    /// All of them so (`-d`).
    pub all: bool,
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text.
    Text,
    /// JSON Lines.
    Json,
    /// fping's JSON.
    FpingJson,
    /// CSV.
    Csv,
}

/// When a line of progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// Where stderr is a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// A command line, understood and checked.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Targets.
    pub input: Input,
    /// The one family that is probed.
    pub family: Option<Family>,
    /// How targets are called.
    pub naming: Naming,
    /// The sweep, all but its hosts and its token key.
    pub config: Config,
    /// Random payload.
    pub random: bool,
    /// What the sockets must be.
    pub sockets: Options,
    /// How text looks.
    pub style: Style,
    /// What is written.
    pub format: Format,
    /// A file for the alive.
    pub alive_file: Option<String>,
    /// A file for the dead.
    pub dead_file: Option<String>,
    /// A line of progress.
    pub watch: Watch,
    /// More is told.
    pub verbose: bool,
    /// Whether the limits for ordinary users apply.
    pub limited: bool,
    /// Whether the kernel is not asked to refuse what is not needed.
    pub no_sandbox: bool,
    /// Time between two reports.
    pub report_every: Option<Duration>,
    /// Whether those count from the beginning.
    pub cumulative: bool,
    /// What the stateless engine is told.
    pub scan: ScanPlan,
}

impl Plan {
    /// Reads a command line.
    ///
    /// # Errors
    /// One line on the first option that cannot be meant.
    pub fn of(args: &Args, invocation: &Invocation) -> Result<Plan, Refusal> {
        let fping = invocation.peer.is_some();
        contradictions(args, fping)?;
        let family = family(args, invocation)?;
        let input = input(args, fping)?;
        let reports = args.output.squiet.as_ref().map(|text| values::every("-Q", text)).transpose()?;
        let (report_every, cumulative) =
            reports.map_or((None, false), |(every, all)| (Some(every).filter(|every| !every.is_zero()), all));
        let config = schedule::config(args, fping)?;
        let style = look::style(args, invocation, &config, report_every)?;
        let format = match (args.output.json, args.output.csv) {
            (true, _) if fping => Format::FpingJson,
            (true, _) => Format::Json,
            (false, true) => Format::Csv,
            (false, false) => Format::Text,
        };
        let asks = args.output.watch()?;
        let mut plan = Plan {
            naming: Naming { addresses: args.output.addr, numeric: args.output.name, all: args.output.rdns },
            random: args.packet.random,
            sockets: sockets(args, &config, family)?,
            alive_file: args.output.alive_file.clone(),
            dead_file: args.output.dead_file.clone(),
            watch: if fping { Watch::Never } else { asks },
            verbose: args.output.verbose,
            limited: false,
            no_sandbox: args.sandbox.no_sandbox,
            config: Config {
                intervals: report_every.is_some(),
                // Errors are told anyway; what makes a host alive, too.
                note_all: style.shown.replies || !style.shown.quiet,
                ..config
            },
            input,
            family,
            style,
            format,
            report_every,
            cumulative,
            scan: ScanPlan::none(),
        };
        plan.scan = ScanPlan::of(args, &plan)?;
        Ok(plan)
    }
}

impl super::args::OutputArgs {
    fn watch(&self) -> Result<Watch, Refusal> {
        let known = [("auto", Watch::Auto), ("always", Watch::Always), ("never", Watch::Never)];
        self.progress.as_ref().map_or(Ok(Watch::Auto), |text| choice("--progress", text, &known))
    }
}

/// Options that exclude each other, or need each other.
fn contradictions(args: &Args, fping: bool) -> Result<(), Refusal> {
    let (whom, schedule, output, packet) = (&args.whom, &args.schedule, &args.output, &args.packet);
    let counts = schedule.count.is_some() || schedule.vcount.is_some();
    let operands = !args.targets.is_empty();
    let excluded = [
        (whom.ipv4 && whom.ipv6, "-4", "-6", "choose one family"),
        (output.alive && output.unreach, "-a", "-u", "choose one"),
        (counts && schedule.looping, "-c or -C", "-l", "a loop has no count"),
        (output.name && output.rdns, "-n", "-d", "choose one"),
        (packet.iface.is_some() && packet.oiface.is_some(), "-I", "--oiface", "choose one"),
        (packet.icmp_timestamp && packet.size.is_some(), "--icmp-timestamp", "-b", "its length is fixed"),
        (packet.icmp_timestamp && whom.ipv6, "--icmp-timestamp", "-6", "ICMPv6 has no timestamps"),
        (operands && whom.file.is_some(), "-f", "targets on the command line", "put them into the file"),
        (whom.generate && whom.file.is_some(), "-g", "-f", "-g takes a network on the command line"),
        (schedule.interval.is_some() && schedule.rate.is_some(), "-i", "--rate", "both set the pace"),
        (output.json && output.csv, "--json", "--csv", "choose one"),
    ];
    for (both, one, other, why) in excluded {
        if both {
            return Err(Refusal::new(format!("{one} does not go with {other}: {why}")));
        }
    }
    if whom.generate && !(1..=2).contains(&args.targets.len()) {
        return Err(Refusal::new("-g takes a network (192.0.2.0/24) or two addresses, the first and the last"));
    }
    if fping && output.json && !counts && !schedule.looping {
        return Err(Refusal::new("-J needs -c, -C or -l"));
    }
    Ok(())
}

fn family(args: &Args, invocation: &Invocation) -> Result<Option<Family>, Refusal> {
    let asked = match (args.whom.ipv4 || args.packet.icmp_timestamp, args.whom.ipv6) {
        (true, _) => Some(Family::V4),
        (_, true) => Some(Family::V6),
        _ => None,
    };
    match (invocation.family, asked) {
        (Some(by_name), Some(asked)) if by_name != asked => {
            Err(Refusal::new(format!("{} is {by_name} and the options ask for {asked}", invocation.name)))
        }
        (by_name, asked) => Ok(asked.or(by_name)),
    }
}

fn input(args: &Args, fping: bool) -> Result<Input, Refusal> {
    let whom = &args.whom;
    let number =
        |option, text: &Option<String>, min| text.as_ref().map(|text| whole(option, text, min, u64::MAX)).transpose();
    let nothing = args.targets.is_empty() && whom.file.is_none();
    Ok(Input {
        operands: args.targets.clone(),
        file: whom.file.clone().or_else(|| nothing.then(|| "-".to_owned())),
        generate: whom.generate,
        blocks: !fping,
        all_addresses: whom.all,
        exclude: whom.exclude.clone(),
        exclude_files: whom.exclude_file.clone(),
        allow_files: whom.allow_file.clone(),
        reserved: whom.reserved || fping,
        limit: number("--limit", &whom.limit, 1)?,
        seed: number("--seed", &whom.seed, 0)?,
        shard: whom.shard.as_ref().map(|text| values::shard("--shard", text)).transpose()?,
    })
}

fn sockets(args: &Args, config: &Config, family: Option<Family>) -> Result<Options, Refusal> {
    let packet = &args.packet;
    let mut socket = socket_choice(packet.socket.as_ref())?;
    if config.exchange == Exchange::Timestamp {
        if socket == SocketChoice::Dgram {
            return Err(Refusal::new(
                "--socket dgram does not go with --icmp-timestamp, which only a raw socket can do",
            ));
        }
        socket = SocketChoice::Raw;
    }
    let source = |text: &String| {
        text.parse::<IpAddr>().map(Peer::from).map_err(|_| Refusal::of("-S", text, "not an IPv4 or IPv6 address"))
    };
    let ttl = packet.ttl.as_ref().map(|text| whole("-H", text, 1, 255)).transpose()?;
    let tos = packet.tos.as_ref().map(|text| word("-O", text, 255)).transpose()?;
    let mark = packet.fwmark.as_ref().map(|text| word("-k", text, u32::MAX.into())).transpose()?;
    let fast = match config.spacing {
        Spacing::Fixed(spacing) => spacing < FAST,
        Spacing::Auto => true,
    };
    let device = if packet.oiface.is_some() { "--oiface" } else { "-I" };
    Ok(Options {
        names: Names { device, ..Names::SWEEP },
        socket,
        family,
        ttl: ttl.map(|ttl| Ttl(ttl as u8)),
        tos: tos.map(|tos| tos as u8),
        pmtu: packet.dontfrag.then_some(PmtuMode::Do),
        device: packet.iface.clone().or_else(|| packet.oiface.clone()),
        bind: packet.iface.is_some(),
        sources: packet.src.as_ref().map(source).transpose()?.into_iter().collect(),
        mark: mark.map(|mark| mark as u32),
        size: config.size,
        timestamps: config.exchange == Exchange::Timestamp,
        stages: if fast { Stages::Driver } else { Stages::Both },
        tell_queue_drops: !fast,
        ..Options::default()
    })
}
