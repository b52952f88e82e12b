//! What `rlink arp` and `rlink ndp` can be told: names, help and nothing more. [`plan`](super::plan) reads the values.

use clap::Args as ClapArgs;

/// What both can be told.
#[derive(Clone, Debug, ClapArgs)]
pub(in crate::cli::link) struct Options {
    /// The interface to ask on (default: the one on whose link the address is)
    #[arg(short = 'I', long, value_name = "IF")]
    pub(super) interface: Option<String>,
    /// Stop after N questions (with -w: N answered ones)
    #[arg(short = 'c', long, value_name = "N")]
    pub(super) count: Option<String>,
    /// Time between two questions (default 1)
    #[arg(short = 'i', long, value_name = "TIME")]
    pub(super) interval: Option<String>,
    /// End the whole run after TIME
    #[arg(short = 'w', long, value_name = "TIME")]
    pub(super) deadline: Option<String>,
    /// Wait TIME for an answer (default 1)
    #[arg(short = 'W', long, value_name = "TIME")]
    pub(super) timeout: Option<String>,
    /// Ask from this address (default: the interface's in the network of the address asked for)
    #[arg(short = 's', long, visible_short_alias = 'S', value_name = "ADDR")]
    pub(super) source: Option<String>,
    /// Ask everybody every time, not only until somebody has answered
    #[arg(short = 'b', long)]
    pub(super) broadcast: bool,
    /// End with the first answer
    #[arg(short = 'f', long)]
    pub(super) first: bool,
    /// Is the address free? Exit 0: yes, 1: somebody has it, 2: it cannot be told
    ///
    /// With the probes and the waits of RFC 5227 (IPv4) or RFC 4862 (IPv6); with -c, -i or -w by these instead.
    #[arg(short = 'D', long, conflicts_with = "announce")]
    pub(super) dad: bool,
    /// Tell everybody that the address is ours: by a request (default) or, of ARP, a reply
    #[arg(short = 'U', long, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "request")]
    pub(super) announce: Option<String>,
    /// Print nothing but errors
    #[arg(short = 'q', long)]
    pub(super) quiet: bool,
    /// Print JSON Lines
    #[arg(short = 'j', long)]
    pub(super) json: bool,
}

/// What `rlink arp` can be told.
#[derive(Clone, Debug, ClapArgs)]
#[command(override_usage = "rlink arp ADDRESS [-I IF] [OPTIONS]")]
pub(in crate::cli::link) struct ArpArgs {
    /// The IPv4 address, or a name
    #[arg(value_name = "ADDRESS")]
    pub(super) address: String,
    #[command(flatten)]
    pub(super) options: Options,
}

/// What `rlink ndp` can be told.
#[derive(Clone, Debug, ClapArgs)]
#[command(override_usage = "rlink ndp ADDRESS [-I IF] [OPTIONS]\n       rlink ndp --routers -I IF [OPTIONS]")]
pub(in crate::cli::link) struct NdpArgs {
    /// The IPv6 address, or a name
    #[arg(value_name = "ADDRESS")]
    pub(super) address: Option<String>,
    /// Ask for routers, and print what they advertise
    #[arg(long)]
    pub(super) routers: bool,
    #[command(flatten)]
    pub(super) options: Options,
}
