//! rtrace's options as the option parser sees them: names, help and nothing more.
//!
//! Linux traceroute's letters mean what they mean there. Every value is taken as plain text and read by [`super::plan`],
//! so that all errors are ours, each one line. Help, man page and completions are made of this same table.

use clap::{ArgAction, Args as ClapArgs, Parser};

use crate::cli::about::AboutArgs;
use crate::cli::options::options;
use crate::cli::sandbox::SandboxArgs;

options! {
/// Everything rtrace can be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Parser)]
#[command(
    name = "rtrace",
    version,
    about = "Every router on the way to a host, fast, on one path, with its evidence",
    args_override_self = true,
    disable_help_flag = true,
    disable_version_flag = true,
    max_term_width = 100,
    override_usage = "rtrace [OPTIONS] HOST... [PACKETLEN]",
    after_help = "Times are seconds (0.2) or carry units: ns us ms s m h (200ms); -z alone takes a number above 10 as \
                  milliseconds.\n\
                  Exit: 0 all hosts were reached, 1 one was not, 2 anything else. More: man rtrace"
)]
pub struct Args {
    /// Hosts to trace: names, IPv4 or IPv6 addresses; all digits behind the last: bytes of a packet (default 60, IPv6 80)
    #[arg(value_name = "HOST", required_unless_present = "generate")]
    pub hosts: Vec<String>,
    /// What is sent.
    #[command(flatten)]
    pub method: MethodArgs,
    /// How routers choose among several ways.
    #[command(flatten)]
    pub path: PathArgs,
    /// How far, how often, how fast.
    #[command(flatten)]
    pub schedule: ScheduleArgs,
    /// From where, and by which socket.
    #[command(flatten)]
    pub sockets: SocketArgs,
    /// What is looked for besides.
    #[command(flatten)]
    pub search: SearchArgs,
    /// What is told.
    #[command(flatten)]
    pub output: OutputArgs,
    /// What is refused while it runs.
    #[command(flatten)]
    pub sandbox: SandboxArgs,
    /// Help, version, and what is generated.
    #[command(flatten)]
    pub about: AboutArgs,
}

/// What is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, ClapArgs)]
#[command(next_help_heading = "Method")]
pub struct MethodArgs {
    /// ICMP echo (the default)
    #[arg(short = 'I', long)]
    pub icmp: bool,
    /// UDP
    ///
    /// To port 33434 unless -p says otherwise. Without CAP_NET_RAW by ordinary sockets.
    #[arg(short = 'U', long)]
    pub udp: bool,
    /// TCP SYN, half-open
    ///
    /// To port 80 unless -p says otherwise. A connection is never made. Needs CAP_NET_RAW.
    #[arg(short = 'T', long)]
    pub tcp: bool,
    /// The method by name: icmp, udp, tcp
    #[arg(short = 'M', long = "module", value_name = "METHOD")]
    pub module: Option<String>,
    /// Destination port of UDP and TCP
    ///
    /// With --classic the first of those that are counted up.
    #[arg(short = 'p', long, value_name = "PORT")]
    pub port: Option<String>,
    /// Source port of UDP and TCP (default: one that is free)
    #[arg(long, value_name = "PORT")]
    pub sport: Option<String>,
    /// TCP flags and options, comma separated
    ///
    /// syn ack fin rst psh urg ece cwr, flags=NUM, ecn, sack, timestamps, window_scaling, mss=NUM, sysctl, info.
    /// info shows what the target's answer carried.
    #[arg(short = 'O', long = "options", value_name = "OPTIONS", action = ArgAction::Append)]
    pub options: Vec<String>,
    /// TOS or traffic class: 0 to 255, 0x.. or a DSCP name (ef, af11, cs5, le, be)
    #[arg(short = 't', long, visible_alias = "tclass", value_name = "TOS")]
    pub tos: Option<String>,
    /// IPv6: flow label, 20 bits
    #[arg(short = 'l', long = "flowlabel", value_name = "LABEL")]
    pub flow_label: Option<String>,
    /// IPv4: set the don't-fragment bit
    #[arg(short = 'F', long)]
    pub dont_fragment: bool,
    /// Not supported: source route
    #[arg(short = 'g', long = "gateway", value_name = "GATE", hide = true)]
    pub gateway: Option<String>,
}

/// How routers choose among several ways.
#[derive(Clone, Debug, Default, PartialEq, Eq, ClapArgs)]
#[command(next_help_heading = "Path")]
pub struct PathArgs {
    /// Another of several ways (default 0)
    ///
    /// Routers that balance load choose by addresses, protocol and the first four bytes behind the IP header. All
    /// that is constant for a whole trace; N chooses other values. 0 to 63.
    #[arg(long, value_name = "N")]
    pub flow: Option<String>,
    /// Change the destination port with each probe, as old traceroute does
    ///
    /// Several ways may then look like one that does not exist. UDP alone.
    #[arg(long)]
    pub classic: bool,
    /// Number probes by the IP ident (IPv6: by their length)
    ///
    /// Finds address translation on the way, which then cannot hide by rewriting ports and checksums. UDP alone;
    /// needs CAP_NET_RAW.
    #[arg(long)]
    pub dublin: bool,
}

/// How far, how often, how fast.
#[derive(Clone, Debug, Default, PartialEq, Eq, ClapArgs)]
#[command(next_help_heading = "Schedule")]
pub struct ScheduleArgs {
    /// First hop limit (default 1)
    #[arg(short = 'f', long = "first", value_name = "N")]
    pub first: Option<String>,
    /// Last hop limit (default 30)
    #[arg(short = 'm', long = "max-hops", value_name = "N")]
    pub last: Option<String>,
    /// Tries for each hop (default 3)
    #[arg(short = 'q', long = "queries", value_name = "N")]
    pub tries: Option<String>,
    /// Probes in flight at once, to each host (default: what the path needs)
    #[arg(short = 'N', long = "sim-queries", value_name = "N")]
    pub at_once: Option<String>,
    /// How long an answer is waited for: MAX,HERE,NEAR, or fewer of them (default: found out)
    ///
    /// MAX is a time. HERE and NEAR are factors: no longer than HERE times the round trip of another answer of the
    /// same hop, or NEAR times that of a hop behind it. Gaps are probed again before they are given up.
    #[arg(short = 'w', long = "wait", value_name = "MAX,HERE,NEAR")]
    pub wait: Option<String>,
    /// Least time between two probes to one host (a number above 10: milliseconds)
    #[arg(short = 'z', long = "sendwait", value_name = "TIME")]
    pub spacing: Option<String>,
    /// Silent hops in a row that end a trace (default 5)
    ///
    /// The host itself is looked for once more before. 0: never; go on to the last hop limit.
    #[arg(long, value_name = "N")]
    pub gap_limit: Option<String>,
    /// Probes a second, for all hosts together
    #[arg(long, value_name = "N")]
    pub rate: Option<String>,
}

/// From where, and by which socket.
#[derive(Clone, Debug, Default, PartialEq, Eq, ClapArgs)]
#[command(next_help_heading = "Addresses and sockets")]
pub struct SocketArgs {
    /// Use IPv4
    #[arg(short = '4', long)]
    pub ipv4: bool,
    /// Use IPv6
    #[arg(short = '6', long)]
    pub ipv6: bool,
    /// Interface
    #[arg(short = 'i', long, value_name = "IFACE")]
    pub interface: Option<String>,
    /// Source address
    #[arg(short = 's', long, value_name = "ADDR")]
    pub source: Option<String>,
    /// Only directly attached hosts: bypass the routing table
    #[arg(short = 'r', long)]
    pub dont_route: bool,
    /// Firewall mark of what is sent
    #[arg(long, value_name = "MARK")]
    pub fwmark: Option<String>,
    /// Socket: auto, raw or dgram (default auto)
    ///
    /// raw needs CAP_NET_RAW. dgram: a ping socket, or for UDP an ordinary one; what only raw sockets can see is then
    /// not told.
    #[arg(long, value_name = "KIND")]
    pub socket: Option<String>,
    /// Set SO_DEBUG
    #[arg(short = 'd', long)]
    pub debug: bool,
}

/// What is looked for besides.
#[derive(Clone, Debug, Default, PartialEq, Eq, ClapArgs)]
#[command(next_help_heading = "Search")]
pub struct SearchArgs {
    /// Find the path MTU, and the hop that lowers it
    ///
    /// Also where routers drop in silence: the size that vanishes is found by bisection, and said.
    #[arg(long)]
    pub mtu: bool,
    /// Find the hop that rewrites DSCP or ECN
    ///
    /// Sends them as -t says, or as ef with ECT(0), and reads them in what the routers quote.
    #[arg(long)]
    pub bleaching: bool,
}

/// What is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, ClapArgs)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Look up no names of addresses
    #[arg(short = 'n', long)]
    pub numeric: bool,
    /// Look up names of addresses for --json, too
    #[arg(long)]
    pub names: bool,
    /// Show what routers say besides: MPLS labels, interfaces (shown anyway)
    #[arg(short = 'e', long)]
    pub extensions: bool,
    /// Show the length of the way back where it seems to differ (shown anyway)
    #[arg(long)]
    pub back: bool,
    /// Show the origin AS of addresses
    ///
    /// From --asn-db, or with --asn-dns from the DNS. Nobody is asked otherwise.
    #[arg(short = 'A', long = "as-path-lookups")]
    pub asn: bool,
    /// Origin AS and prefix from a file: MaxMind's format, or ip2asn's table
    #[arg(long, value_name = "FILE")]
    pub asn_db: Option<String>,
    /// Origin AS and prefix by DNS TXT
    ///
    /// This tells whoever runs the zone which addresses are on the way.
    #[arg(long)]
    pub asn_dns: bool,
    /// With --asn-dns: the zone that is asked (default origin.asn.cymru.com)
    #[arg(long, value_name = "ZONE")]
    pub asn_zone: Option<String>,
    /// Tell more: idents, ports, sockets
    #[arg(short = 'v', long)]
    pub verbose: bool,
    /// Print JSON Lines
    ///
    /// One object a line, each with "v":1, an "event" and "ts_ns"; see JSON below.
    #[arg(short = 'j', long)]
    pub json: bool,
    /// Print a RIPE Atlas traceroute result for each host
    #[arg(long)]
    pub atlas: bool,
    /// Colour: auto, always or never (default auto)
    #[arg(long, visible_alias = "colour", value_name = "WHEN")]
    pub color: Option<String>,
}
}
