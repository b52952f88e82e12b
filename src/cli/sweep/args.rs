//! rsweep's options as the option parser sees them: names, help and nothing more.
//!
//! fping's letters and long names mean what they mean there, milliseconds included; what is ours has long names only. Every
//! value is taken as plain text and read by [`super::plan`], so that all errors are ours, each one line.

use clap::{ArgAction, Args as ClapArgs, Parser};

use super::engine_args::EngineArgs;
use crate::cli::options::options;
use crate::cli::sandbox::SandboxArgs;

options! {
/// Everything rsweep can be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Parser)]
#[command(
    name = "rsweep",
    version,
    about = "Many hosts at once: who is alive, and how far away",
    args_override_self = true,
    disable_help_flag = true,
    disable_version_flag = true,
    max_term_width = 100,
    override_usage = "rsweep [OPTIONS] [TARGET...]",
    after_help = "A bare number of -i, -p, -t is milliseconds; units are welcome: 500us, 20ms, 1.5s.\n\
                  Exit: 0 all hosts (or enough of -x, -X) answered, 1 some did not, or bad arguments, 2 a name was not \
                  found, 4 a system call failed. More: man rsweep"
)]
pub struct Args {
    /// Whom to probe: names, addresses, blocks (192.0.2.0/24), ranges (192.0.2.1-9); without any, standard input is read
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// Whom.
    #[command(flatten)]
    pub whom: WhomArgs,
    /// When and how often.
    #[command(flatten)]
    pub schedule: ScheduleArgs,
    /// What is sent, and from where.
    #[command(flatten)]
    pub packet: PacketArgs,
    /// By which engine.
    #[command(flatten)]
    pub engine: EngineArgs,
    /// What is told.
    #[command(flatten)]
    pub output: OutputArgs,
    /// What is refused while it runs.
    #[command(flatten)]
    pub sandbox: SandboxArgs,
    /// Print the manual page or shell completions: man, bash, zsh or fish
    #[arg(long, value_name = "WHAT", hide = true)]
    pub generate_text: Option<String>,
    /// Print this help
    #[arg(short = 'h', long, action = ArgAction::Help)]
    help: Option<bool>,
    /// Print the version
    #[arg(short = 'v', long, action = ArgAction::Version)]
    version: Option<bool>,
}

/// Whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, ClapArgs)]
#[command(next_help_heading = "Targets")]
pub struct WhomArgs {
    /// IPv4 only
    #[arg(short = '4', long)]
    pub ipv4: bool,
    /// IPv6 only
    #[arg(short = '6', long)]
    pub ipv6: bool,
    /// Read targets from FILE, one a line; - is standard input
    ///
    /// The first word of a line counts, # begins a comment. A line that begins with { is a JSON object that names its
    /// target (target, address, host, ip or saddr), so that what this command writes can be read again.
    #[arg(short = 'f', long, value_name = "FILE")]
    pub file: Option<String>,
    /// Probe a network (192.0.2.0/24), or all from one address to another
    ///
    /// One target with a prefix length, or two addresses. Of an IPv4 network its first and last address, its name and
    /// its broadcast address, are left out. Targets without -g may be blocks, too, of which nothing is left out.
    #[arg(short = 'g', long)]
    pub generate: bool,
    /// Probe all addresses of a name (show them with -A)
    #[arg(short = 'm', long)]
    pub all: bool,
    /// Leave these out: an address, a block or a range; may be repeated
    #[arg(long, value_name = "TARGET", action = ArgAction::Append)]
    pub exclude: Vec<String>,
    /// Leave out what FILE lists; may be repeated
    #[arg(long, value_name = "FILE", action = ArgAction::Append)]
    pub exclude_file: Vec<String>,
    /// Probe nothing but what FILE lists; may be repeated
    #[arg(long, value_name = "FILE", action = ArgAction::Append)]
    pub allow_file: Vec<String>,
    /// Probe reserved addresses in wide sweeps, too
    ///
    /// Of more than 65,536 addresses those that no host of the Internet has (private, documentation, multicast and so
    /// on) are left out, unless the block that was given lies within them altogether.
    #[arg(long)]
    pub reserved: bool,
    /// Probe at most N targets
    #[arg(long, value_name = "N")]
    pub limit: Option<String>,
    /// Shuffle the targets, the same way for the same N
    ///
    /// No network is hit in a burst. Without it they are probed in the order given.
    #[arg(long, value_name = "N")]
    pub seed: Option<String>,
    /// Probe part I of N, as in 1/4; the parts together are all targets
    #[arg(long, value_name = "I/N")]
    pub shard: Option<String>,
}

/// When and how often.
#[derive(Clone, Debug, Default, PartialEq, Eq, ClapArgs)]
#[command(next_help_heading = "Schedule")]
pub struct ScheduleArgs {
    /// Send N probes to each target, and sum up
    #[arg(short = 'c', long, value_name = "N")]
    pub count: Option<String>,
    /// Send N probes to each target, and print each time (- where none came)
    #[arg(short = 'C', long, value_name = "N")]
    pub vcount: Option<String>,
    /// Send probes without end
    #[arg(short = 'l', long = "loop")]
    pub looping: bool,
    /// Time between any two probes (default 10)
    ///
    /// 0: as fast as this host sends. Further attempts (-r) leave as the one before is given up, as with fping; to hold
    /// them back, too, use --rate.
    #[arg(short = 'i', long, value_name = "MS")]
    pub interval: Option<String>,
    /// Probes a second, further attempts included; or auto
    ///
    /// auto goes faster and faster until packets are dropped on this host, and then half as fast.
    #[arg(long, value_name = "N")]
    pub rate: Option<String>,
    /// Time between two probes to one target, with -c, -C and -l (default 1000)
    ///
    /// At least 0.001.
    #[arg(short = 'p', long, value_name = "MS")]
    pub period: Option<String>,
    /// Give a probe up after this time (default 500; with -c, -C, -l that of -p, at most 2000)
    ///
    /// Of the first attempt; see -B. A reply that comes later is told and counted as late.
    #[arg(short = 't', long, value_name = "MS")]
    pub timeout: Option<String>,
    /// Attempts after the first (default 3)
    #[arg(short = 'r', long, value_name = "N")]
    pub retry: Option<String>,
    /// How much longer each attempt waits than the one before, 1 to 5 (default 1.5)
    #[arg(short = 'B', long, value_name = "FACTOR")]
    pub backoff: Option<String>,
    /// Whether at least N hosts answer
    #[arg(short = 'x', long, value_name = "N")]
    pub reachable: Option<String>,
    /// As -x, and end as soon as it is so
    #[arg(short = 'X', long, value_name = "N")]
    pub fast_reachable: Option<String>,
    /// Ignored: there is no table of sequence numbers to run out of
    #[arg(long, value_name = "MS")]
    pub seqmap_timeout: Option<String>,
    /// Ignored, as by fping
    #[arg(short = 'T', value_name = "N", hide = true)]
    pub ignored: Option<String>,
}

/// What is sent, and from where.
#[derive(Clone, Debug, Default, PartialEq, Eq, ClapArgs)]
#[command(next_help_heading = "Packet")]
pub struct PacketArgs {
    /// Payload bytes, 0 to 65507 (default 56)
    #[arg(short = 'b', long, value_name = "BYTES")]
    pub size: Option<String>,
    /// Random payload
    #[arg(short = 'R', long)]
    pub random: bool,
    /// Set "don't fragment"
    #[arg(short = 'M', long)]
    pub dontfrag: bool,
    /// TTL or hop limit, 1 to 255
    #[arg(short = 'H', long, value_name = "N")]
    pub ttl: Option<String>,
    /// Type of service or traffic class, 0 to 255, decimal or 0x..
    #[arg(short = 'O', long, value_name = "N")]
    pub tos: Option<String>,
    /// Firewall mark
    #[arg(short = 'k', long, value_name = "N")]
    pub fwmark: Option<String>,
    /// Send through this interface, and hear only what comes in there
    #[arg(short = 'I', long, value_name = "IFACE")]
    pub iface: Option<String>,
    /// Send through this interface, and hear what comes in anywhere
    #[arg(long, value_name = "IFACE")]
    pub oiface: Option<String>,
    /// Source address
    #[arg(short = 'S', long, value_name = "ADDR")]
    pub src: Option<String>,
    /// Ask for the time instead of an echo (IPv4)
    #[arg(long)]
    pub icmp_timestamp: bool,
    /// Take answers only from the address that was asked
    ///
    /// Without it a reply that carries the probe's own token counts wherever it comes from, and the line names who
    /// sent it. Other processes' replies never count.
    #[arg(long)]
    pub check_source: bool,
    /// Which socket: auto, raw or dgram (default auto)
    #[arg(long, value_name = "KIND")]
    pub socket: Option<String>,
}

/// What is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, ClapArgs)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Print the targets that answer
    #[arg(short = 'a', long)]
    pub alive: bool,
    /// Print the targets that do not answer
    #[arg(short = 'u', long)]
    pub unreach: bool,
    /// Show addresses instead of names
    #[arg(short = 'A', long)]
    pub addr: bool,
    /// Show the names of addresses, looked up for numeric targets
    #[arg(short = 'n', long)]
    pub name: bool,
    /// Show the names of addresses, looked up for all targets
    #[arg(short = 'd', long)]
    pub rdns: bool,
    /// Print the time before each line about a reply (-c, -C, -l)
    #[arg(short = 'D', long)]
    pub timestamp: bool,
    /// How -D prints it: ctime, iso or rfc3339 (default: seconds since 1970)
    #[arg(long, value_name = "FORMAT")]
    pub timestamp_format: Option<String>,
    /// Print the round-trip time behind targets that answer
    #[arg(short = 'e', long)]
    pub elapsed: bool,
    /// Print the time that was without an answer: lost probes times -p
    #[arg(short = 'o', long)]
    pub outage: bool,
    /// Print summaries only, and no ICMP errors
    #[arg(short = 'q', long)]
    pub quiet: bool,
    /// As -q, and print figures every SECS seconds (with ,cumulative: since the beginning)
    #[arg(short = 'Q', long, value_name = "SECS[,cumulative]")]
    pub squiet: Option<String>,
    /// Print closing figures
    #[arg(short = 's', long)]
    pub stats: bool,
    /// Print figures for netdata (with -l and -Q)
    #[arg(short = 'N', long)]
    pub netdata: bool,
    /// Print the TTL of replies
    #[arg(long)]
    pub print_ttl: bool,
    /// Print the type of service of replies
    #[arg(long)]
    pub print_tos: bool,
    /// Print the address that replies were sent to
    #[arg(long, alias = "print-srcaddr")]
    pub print_reply_dst: bool,
    /// Print percentiles (36 kB of memory for each target)
    #[arg(long)]
    pub percentiles: bool,
    /// Print JSON Lines
    ///
    /// One object a line, each with "v":1, an "event" and "ts_ns"; see JSON below. Called as fping, and with -c, -C or
    /// -l: fping's JSON.
    #[arg(short = 'J', long)]
    pub json: bool,
    /// Print CSV, a row for each target
    #[arg(long)]
    pub csv: bool,
    /// Write the targets that answer to FILE
    #[arg(long, value_name = "FILE")]
    pub alive_file: Option<String>,
    /// Write the targets that do not answer to FILE
    #[arg(long, value_name = "FILE")]
    pub dead_file: Option<String>,
    /// Tell more: what the sandbox lacks on this kernel
    #[arg(long)]
    pub verbose: bool,
    /// A line of progress on stderr: auto, always or never (default auto)
    ///
    /// auto: where stderr is a terminal.
    #[arg(long, value_name = "WHEN")]
    pub progress: Option<String>,
}
}
