//! rping's options as the option parser sees them: names, help and nothing more.
//!
//! Every value is taken as plain text and read by [`super::plan`], so that all errors are ours, each one line. An option
//! takes the next word as its value whatever that looks like and may be given again (the last one counts), as getopt has
//! it. Help, man page and completions are made of this same table.

use clap::{ArgAction, Args as ClapArgs, Parser};

use crate::cli::about::AboutArgs;
use crate::cli::options::options;
use crate::cli::sandbox::SandboxArgs;

options! {
/// Everything rping can be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Parser)]
#[command(
    name = "rping",
    version,
    about = "Exact round-trip times to one host or several",
    args_override_self = true,
    disable_help_flag = true,
    disable_version_flag = true,
    max_term_width = 100,
    override_usage = "rping [OPTIONS] HOST...",
    after_help = "Times are seconds (0.2) or carry units: ns us ms s m h (200ms, 1m30s).\n\
                  Exit: 0 all hosts answered, 1 one did not, 2 anything else. More: man rping"
)]
pub struct Args {
    /// Hosts to probe: names, IPv4 or IPv6 addresses (fe80::1%eth0)
    #[arg(value_name = "HOST", required_unless_present = "generate")]
    pub hosts: Vec<String>,
    /// When and how often.
    #[command(flatten)]
    pub schedule: ScheduleArgs,
    /// What is sent.
    #[command(flatten)]
    pub packet: PacketArgs,
    /// From where, and by which socket.
    #[command(flatten)]
    pub sockets: SocketArgs,
    /// What one family alone has.
    #[command(flatten)]
    pub family: FamilyArgs,
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

/// When and how often.
#[derive(Clone, Debug, Default, PartialEq, Eq, ClapArgs)]
#[command(next_help_heading = "Schedule")]
pub struct ScheduleArgs {
    /// Stop after N probes to each host (with -w: N replies)
    ///
    /// With -w, N is how many replies to wait for: sending goes on until then, or until the deadline. An ICMP error
    /// is never counted as a reply.
    #[arg(short = 'c', long, value_name = "N")]
    pub count: Option<String>,
    /// Time between two probes to one host (default 1)
    ///
    /// The schedule is absolute and does not drift; intervals far below a millisecond are real. With -f the default
    /// is 0: as fast as replies come. Users other than root may not go below 0.002, nor below 1 to broadcast and
    /// multicast addresses.
    #[arg(short = 'i', long, value_name = "TIME")]
    pub interval: Option<String>,
    /// End the whole run after TIME
    ///
    /// With -c, earlier if every host has sent that many replies. An error ends nothing: waiting for a host to come
    /// up is what this is for. 0 is no deadline.
    #[arg(short = 'w', long, value_name = "TIME")]
    pub deadline: Option<String>,
    /// Count a probe as lost after TIME; 0: never (default 10)
    ///
    /// A reply that comes later is still told, and counted as late. Without -W, the end of a run waits only for
    /// twice the longest round-trip time seen, and for the whole time-out if nothing has answered.
    #[arg(short = 'W', long, visible_alias = "linger", value_name = "TIME")]
    pub timeout: Option<String>,
    /// Send N probes at once at the beginning
    ///
    /// 1 to 65536; users other than root: at most 3.
    #[arg(short = 'l', long, value_name = "N")]
    pub preload: Option<String>,
    /// Flood: send as fast as replies come, a dot each
    ///
    /// Each probe prints a dot and each reply takes one back, so that what stays is missing. Where nothing answers,
    /// 100 probes a second are sent. Users other than root need -i 0.002 or more. A sample of the probes is stamped by
    /// the kernel, and the summary says how many (see --clock). Short IPv4 probes carry the IP ident 0, which is quicker;
    /// with -M want the kernel numbers them.
    #[arg(short = 'f', long)]
    pub flood: bool,
    /// Adapt: send the next probe as the last is answered
    ///
    /// Users other than root: at most one in 2 ms.
    #[arg(short = 'A', long)]
    pub adaptive: bool,
    /// End once N probes in a row were answered
    ///
    /// By every host. The exit code is then 0; if -c, -w or an interrupt ends the run before, it is 1.
    #[arg(long, value_name = "N")]
    pub until_up: Option<String>,
    /// End once N probes in a row were lost
    ///
    /// By every host; an ICMP error counts as a loss. Exit codes as with --until-up.
    #[arg(long, value_name = "N")]
    pub until_down: Option<String>,
}

/// What is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, ClapArgs)]
#[command(next_help_heading = "Packet")]
pub struct PacketArgs {
    /// Payload bytes (default 56)
    ///
    /// 0 to 65507 with IPv4 (40 less with -R or -T), to 65527 with IPv6. The first 8 bytes are a token that proves
    /// that a reply answers this very probe; with fewer bytes there is only address, ident, sequence number and
    /// checksum to go by.
    #[arg(short = 's', long, visible_alias = "packetsize", value_name = "BYTES")]
    pub size: Option<String>,
    /// Fill the payload with up to 16 bytes, in hex
    ///
    /// Repeated behind the token.
    #[arg(short = 'p', long, value_name = "HEX")]
    pub pattern: Option<String>,
    /// Time to live or hop limit, 0 to 255
    #[arg(short = 't', long, visible_alias = "hoplimit", value_name = "N")]
    pub ttl: Option<String>,
    /// TOS or traffic class: 0 to 255, 0x.. or a DSCP name (ef, af11, cs5, le, be)
    ///
    /// A number is the whole byte; a name stands for the upper six bits.
    #[arg(short = 'Q', long, visible_aliases = ["qos", "tclass"], value_name = "TOS")]
    pub tos: Option<String>,
    /// DSCP: 0 to 63 or a name
    #[arg(long, value_name = "DSCP")]
    pub dscp: Option<String>,
    /// Path MTU discovery: do, want, probe or dont
    ///
    /// do: set the don't-fragment bit and send nothing that is too large; want: set it, but fragment what is known
    /// to be too large; probe: set it and ignore what is known of the path; dont: never set it.
    #[arg(short = 'M', long, visible_alias = "mtu-discovery", value_name = "MODE")]
    pub pmtudisc: Option<String>,
    /// ICMP identifier, 0 to 65535
    ///
    /// Decimal or 0x... By default random on a raw socket, the kernel's choice on a ping socket. 0 takes a raw
    /// socket.
    #[arg(short = 'e', long, value_name = "ID")]
    pub ident: Option<String>,
    /// Find the largest packet that passes unfragmented
    ///
    /// Instead of pinging: tries sizes by bisection, each up to three times (-W: how long each is waited for), and
    /// names the router that called a packet too large.
    #[arg(long)]
    pub mtu_search: bool,
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
    /// Interface, VRF or source address; may be given for each
    ///
    /// An IPv6 link-local source is given with its interface, as in fe80::1%eth0.
    #[arg(short = 'I', long, value_name = "IFACE|ADDR", action = ArgAction::Append)]
    pub interface: Vec<String>,
    /// Source address
    #[arg(long, value_name = "ADDR")]
    pub source: Option<String>,
    /// Firewall mark of what is sent
    ///
    /// Decimal or 0x... Needs CAP_NET_ADMIN, or CAP_NET_RAW from Linux 5.17.
    #[arg(short = 'm', long, value_name = "MARK")]
    pub mark: Option<String>,
    /// Allow pinging a broadcast address
    ///
    /// All that answer are told; the same holds for multicast addresses, which need no option.
    #[arg(short = 'b', long)]
    pub broadcast: bool,
    /// Keep the source address that the run began with
    #[arg(short = 'B', long)]
    pub sticky_source: bool,
    /// Connect the socket to its target
    #[arg(short = 'C', long)]
    pub connect: bool,
    /// Only directly attached hosts: bypass the routing table
    ///
    /// IPv4: the kernel ignores this with IPv6.
    #[arg(short = 'r', long)]
    pub dont_route: bool,
    /// Do not loop multicast back to this host
    #[arg(short = 'L', long)]
    pub no_loop: bool,
    /// Send buffer
    #[arg(short = 'S', long, value_name = "BYTES")]
    pub sndbuf: Option<String>,
    /// Set SO_DEBUG
    #[arg(short = 'd', long)]
    pub debug: bool,
    /// Socket: auto, raw or dgram (default auto)
    ///
    /// raw needs CAP_NET_RAW. dgram, the ping socket, needs a group in net.ipv4.ping_group_range. auto takes raw
    /// where that is permitted, otherwise dgram.
    #[arg(long, value_name = "KIND")]
    pub socket: Option<String>,
    /// Clock: kernel, user, or auto (kernel; a sample in a flood) (default auto)
    ///
    /// kernel: both ends of a round-trip time are stamped by the kernel, at the driver, where it can. user: by this
    /// process. auto: kernel, but in a flood for one probe in 16 of the first of each second only, until 128 are, since
    /// stamps cost a sixth of the rate.
    #[arg(long, value_name = "CLOCK")]
    pub clock: Option<String>,
}

/// What one family alone has.
#[derive(Clone, Debug, Default, PartialEq, Eq, ClapArgs)]
#[command(next_help_heading = "One family only")]
pub struct FamilyArgs {
    /// IPv4: record the route (9 hops at most)
    ///
    /// Many routers ignore or drop packets with this option.
    #[arg(short = 'R', long)]
    pub record_route: bool,
    /// IPv4: timestamp option: tsonly, tsandaddr, or tsprespec (the hosts, at most 4, are the hops)
    #[arg(short = 'T', long, value_name = "KIND")]
    pub ip_timestamp: Option<String>,
    /// IPv4: ask for the far clock (ICMP timestamp, type 13) instead of an echo
    ///
    /// The far clock's offset, to the millisecond that the protocol has, is part of each line. Takes a raw socket.
    #[arg(long)]
    pub icmp_timestamp: bool,
    /// IPv4: write the IP header ourselves
    ///
    /// Ident, don't-fragment bit, TOS, TTL and options are then ours (--ip-id, --df, -Q, -t); the kernel fills in
    /// length and checksum. Takes a raw socket. A source that is not this host's is refused.
    #[arg(long)]
    pub hdrincl: bool,
    /// With --hdrincl: IP identification; 0: the kernel's
    #[arg(long, value_name = "ID")]
    pub ip_id: Option<String>,
    /// With --hdrincl: set the don't-fragment bit
    #[arg(long)]
    pub df: bool,
    /// IPv6: flow label, 20 bits
    #[arg(short = 'F', long, visible_alias = "flow-label", value_name = "LABEL")]
    pub flowlabel: Option<String>,
    /// Not supported: node information query
    #[arg(short = 'N', long = "node-info", value_name = "QUERY", hide = true)]
    pub node_info: Option<String>,
}

/// What is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, ClapArgs)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Summaries only
    ///
    /// Errors of this host are still told on stderr.
    #[arg(short = 'q', long)]
    pub quiet: bool,
    /// Tell more: idents, sockets
    #[arg(short = 'v', long)]
    pub verbose: bool,
    /// Look up no names of addresses
    ///
    /// The default for numeric hosts, floods and programs (--json, --csv), and where IPUTILS_PING_PTR_LOOKUP=0 is
    /// set.
    #[arg(short = 'n', long, overrides_with = "names")]
    pub numeric: bool,
    /// Look up names of addresses, of numeric hosts too
    ///
    /// A look-up delays no probe, and no line for longer than 300 ms.
    #[arg(short = 'H', long, overrides_with = "numeric")]
    pub names: bool,
    /// Print the time of day before each line
    #[arg(short = 'D', long)]
    pub timestamps: bool,
    /// Tell when a probe is unanswered as the next one leaves
    #[arg(short = 'O', long)]
    pub outstanding: bool,
    /// Ring the bell for each reply
    #[arg(short = 'a', long)]
    pub audible: bool,
    /// Print the process's own times, not the kernel's
    #[arg(short = 'U', long)]
    pub user_latency: bool,
    /// Print three decimals (always so)
    #[arg(short = '3', long = "precise")]
    pub precise: bool,
    /// Print what this host itself added
    ///
    /// For each reply: queue, from our call to the driver (waiting for ARP included), and wake, from the arrival to
    /// our reading it. Neither is part of the round-trip time.
    #[arg(long)]
    pub breakdown: bool,
    /// Print percentiles in the summary
    #[arg(long)]
    pub percentiles: bool,
    /// Print JSON Lines
    ///
    /// One object a line, each with "v":1, an "event" and "ts_ns"; see JSON below.
    #[arg(short = 'j', long)]
    pub json: bool,
    /// Print CSV
    #[arg(long)]
    pub csv: bool,
    /// Write our probes and their answers to a capture file
    ///
    /// Exactly those and nothing else, as they settle, each commented with its outcome. Opens in Wireshark.
    #[arg(long, value_name = "FILE")]
    pub pcapng: Option<String>,
    /// Colour: auto, always or never (default auto)
    ///
    /// auto: on a terminal, unless NO_COLOR is set.
    #[arg(long, visible_alias = "colour", value_name = "WHEN")]
    pub color: Option<String>,
}
}
