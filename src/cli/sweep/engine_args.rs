//! Options that choose the engine, and how the stateless one sends.

use clap::Args as ClapArgs;

use crate::cli::options::options;

options! {
/// By which engine.
#[derive(Clone, Debug, Default, PartialEq, Eq, ClapArgs)]
#[command(next_help_heading = "Engine")]
pub struct EngineArgs {
    /// Which engine: auto, exact or stateless (default auto)
    ///
    /// exact keeps state for each probe: retries, kernel stamps at both ends, statistics of each host. stateless sends one
    /// probe to each target, as fast as this host can, in memory that does not grow with their number. auto takes stateless
    /// for more than 65,536 targets, where nothing is asked for that only exact can do.
    #[arg(long, value_name = "WHICH")]
    pub engine: Option<String>,
    /// Send by raw sockets only, so that firewall and policy routing of this host apply (stateless)
    ///
    /// Otherwise, where all targets leave by one Ethernet next hop, whole frames go straight to the driver.
    #[arg(long)]
    pub no_l2: bool,
    /// Threads that send and receive, 1 to 64 (stateless; default: one for each core)
    #[arg(long, value_name = "N")]
    pub threads: Option<String>,
}
}
