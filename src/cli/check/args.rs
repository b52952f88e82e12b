//! rcheck's options as the option parser sees them: names, help and nothing more.
//!
//! The letters are those of `check_icmp`, which are understood under every name; values are plain text that
//! `plan` reads, so that all errors are ours, each one line. Help, man page and completions come from this table.

use clap::{Args as ClapArgs, Parser};

use crate::cli::about::AboutArgs;
use crate::cli::options::options;
use crate::cli::sandbox::SandboxArgs;

options! {
/// Everything rcheck can be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Parser)]
#[command(
    name = "rcheck",
    version,
    about = "A verdict on latency and loss that scripts and monitoring can trust",
    args_override_self = true,
    disable_help_flag = true,
    disable_version_flag = true,
    max_term_width = 100,
    override_usage = "rcheck [OPTIONS] TARGET...",
    after_help = "Metrics: rtt.min .avg .median .max .p90 .p95 .p99 .mdev, loss, loss.burst, jitter.mean .rfc3550,\n\
                  pdv.p99, mos.slac, mos.g107, score, duplicates, reordered, ttl, hops, pmtu.\n\
                  Exit: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN and every error. More: man rcheck"
)]
pub struct Args {
    /// Hosts to check: names, IPv4 or IPv6 addresses (fe80::1%eth0)
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// What alerts.
    #[command(flatten)]
    pub thresholds: ThresholdArgs,
    /// Which hosts, and how many of them must be well.
    #[command(flatten)]
    pub hosts: HostArgs,
    /// What is sent.
    #[command(flatten)]
    pub probes: ProbeArgs,
    /// What is told.
    #[command(flatten)]
    pub output: OutputArgs,
    /// Take the options of another plugin and print its text: check_icmp, check_host, check_rta_multi or check_ping
    ///
    /// The same as being called by that name.
    #[arg(long = "as", value_name = "PLUGIN")]
    pub called: Option<String>,
    /// What is refused while it runs.
    #[command(flatten)]
    pub sandbox: SandboxArgs,
    /// Help, version, and what is generated.
    #[command(flatten)]
    pub about: AboutArgs,
}

/// What alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq, ClapArgs)]
#[command(next_help_heading = "Thresholds")]
pub struct ThresholdArgs {
    /// WARNING at RTA,LOSS% or for METRIC=RANGE (default 200ms,40%)
    ///
    /// A pair alerts where the mean round-trip time or the loss reaches its limit. METRIC=RANGE alerts outside of
    /// the range, in the plugins' syntax: 50ms is 0 to 50ms, 10ms: is from 10ms on, ~:5% up to 5%, 10ms:20ms between
    /// the two, and @ before it turns it round. May be given several times; the last pair counts. Where only
    /// METRIC=RANGE or --expect is given, the default pairs are off.
    #[arg(short = 'w', long, value_name = "LIMIT")]
    pub warning: Vec<String>,
    /// CRITICAL at RTA,LOSS% or for METRIC=RANGE (default 500ms,80%)
    #[arg(short = 'c', long, value_name = "LIMIT")]
    pub critical: Vec<String>,
    /// CRITICAL unless these hold: 'rtt.p95 < 50ms, loss < 1%'
    ///
    /// Comparisons are < <= > >= == and !=, separated by commas.
    #[arg(long, value_name = "COMPARISONS")]
    pub expect: Vec<String>,
    /// Mean round-trip time: WARNING,CRITICAL as in 100ms,200ms
    ///
    /// Of -R -P -J -M -S -O those that are given say what is looked at, and the default pairs are off.
    #[arg(short = 'R', long = "rta-mode-thresholds", value_name = "W,C")]
    pub rta_mode: Option<String>,
    /// Loss: WARNING,CRITICAL as in 40%,50%
    #[arg(short = 'P', long = "packet-loss-mode-thresholds", value_name = "W,C")]
    pub loss_mode: Option<String>,
    /// Mean jitter in milliseconds: WARNING,CRITICAL as in 40,50
    #[arg(short = 'J', long = "jitter-mode-thresholds", value_name = "W,C")]
    pub jitter_mode: Option<String>,
    /// MOS (SLAC): WARNING,CRITICAL as in 3.5,3.0
    #[arg(short = 'M', long = "mos-mode-thresholds", value_name = "W,C")]
    pub mos_mode: Option<String>,
    /// Score (R of that MOS): WARNING,CRITICAL as in 80,70
    #[arg(short = 'S', long = "score-mode-thresholds", value_name = "W,C")]
    pub score_mode: Option<String>,
    /// CRITICAL if any answer is out of order
    #[arg(short = 'O', long = "out-of-order-packets")]
    pub order_mode: bool,
}

/// Which hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq, ClapArgs)]
#[command(next_help_heading = "Hosts")]
pub struct HostArgs {
    /// A host to check, as without -H
    #[arg(short = 'H', long = "Host", visible_alias = "hostname", value_name = "TARGET")]
    pub host: Vec<String>,
    /// Check the targets of a TOML file, each with thresholds of its own
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    pub file: Option<String>,
    /// OK if N hosts are OK, WARNING if N are at least in WARNING, else CRITICAL
    #[arg(short = 'm', long = "min-ok", visible_alias = "minimal-host-alive", value_name = "N")]
    pub min_ok: Option<String>,
    /// What a name that does not resolve is: unknown or critical (default unknown)
    #[arg(long, value_name = "STATE")]
    pub dns_failure: Option<String>,
    /// IPv4 only
    #[arg(short = '4', long = "ipv4-only", visible_alias = "use-ipv4")]
    pub ipv4: bool,
    /// IPv6 only
    #[arg(short = '6', long = "ipv6-only", visible_alias = "use-ipv6")]
    pub ipv6: bool,
}

/// What is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, ClapArgs)]
#[command(next_help_heading = "Probes")]
pub struct ProbeArgs {
    /// Probes to each host (default 5)
    #[arg(short = 'n', short_alias = 'p', long = "packets", visible_alias = "number-of-packets", value_name = "N")]
    pub packets: Option<String>,
    /// Longest time between two probes to one host, in milliseconds or with a unit (default 80ms)
    ///
    /// The next leaves as soon as the last is answered. Users other than root may not go below 2ms.
    #[arg(short = 'i', long, value_name = "TIME")]
    pub interval: Option<String>,
    /// Accepted for check_icmp's sake: hosts are probed side by side
    #[arg(short = 'I', long, value_name = "TIME")]
    pub target_interval: Option<String>,
    /// End after TIME, name look-ups included, whatever the network does (default 10)
    #[arg(short = 't', long, value_name = "TIME")]
    pub timeout: Option<String>,
    /// Outgoing TTL or hop limit
    #[arg(short = 'l', long = "ttl", visible_alias = "outgoing-ttl", value_name = "N")]
    pub ttl: Option<String>,
    /// Bytes of payload (default 68)
    #[arg(short = 'b', long = "size", visible_alias = "bytes", value_name = "N")]
    pub size: Option<String>,
    /// Source address, or interface to send through
    #[arg(short = 's', long, value_name = "FROM")]
    pub source: Option<String>,
    /// Measure TCP handshakes with PORT, from SYN to SYN-ACK, instead of echoes
    ///
    /// With CAP_NET_RAW no connection is made: the SYN-ACK is answered by a reset. Without, connections are opened and
    /// closed at once, and the times are the process's own.
    #[arg(long, value_name = "PORT")]
    pub tcp: Option<String>,
    /// Measure UDP to PORT, answered by data or by the host's port unreachable, instead of echoes
    #[arg(long, value_name = "PORT")]
    pub udp: Option<String>,
    /// Measure the largest packet that passes in one piece, too (on by itself where a threshold is on pmtu)
    #[arg(long)]
    pub pmtu: bool,
    /// Count the hops to each target, too (on by itself where a threshold is on hops)
    #[arg(long)]
    pub trace: bool,
    /// ICMP socket: auto, raw or dgram (default auto)
    #[arg(long, value_name = "KIND")]
    pub socket: Option<String>,
}

/// What is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, ClapArgs)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Print a verdict event for each host as JSON Lines, and no plugin line
    #[arg(short = 'j', long)]
    pub json: bool,
    /// Write metrics for node_exporter's textfile collector to FILE.prom, too
    #[arg(long, value_name = "FILE.prom")]
    pub textfile: Option<String>,
    /// Print a line for each host and threshold below the status line
    #[arg(short = 'v', long)]
    pub verbose: bool,
}
}
