//! What a command line means: options turned into checked, plain values, without asking the kernel anything.
//!
//! [`Plan::of`] is a pure function of the words and of who says them, so each rule and each refusal is tested without
//! privilege. Under a peer's name (`Peer`) the peer's defaults hold.

mod method;
mod output;
mod schedule;
mod sockets;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use super::args::Args;
use super::peers::Peer;
use crate::cli::operand::Operand;
use crate::cli::refusal::shown;
use crate::cli::values;
use crate::cli::{Invocation, Refusal};
use crate::net::icmp::SocketChoice;
use crate::net::{hops, icmp};
use crate::trace::{Config, Method};
use crate::units::Family;

pub use output::{Format, Output};

/// Bytes of traceroute's packets beyond the IP header: of UDP and ICMP, theirs included.
const BEYOND_IP: u32 = 40;
/// ICMP's and UDP's header.
const HEADER: u32 = 8;
/// The zone of Team Cymru, which the world asks.
const ORIGINS: &str = "origin.asn.cymru.com";
/// What balances a checksum.
const LEAST_PAYLOAD: u32 = 2;

/// Who calls, as far as it matters to what is meant.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The name it called us by.
    pub invocation: Invocation,
    /// Whether the environment asks for no colour (`NO_COLOR`, not empty).
    pub no_color: bool,
}

/// Where origins come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origins {
    /// Nowhere: they are not shown.
    None,
    /// A file.
    File(PathBuf),
    /// A zone of the DNS.
    Zone(String),
}

/// A command line, understood and checked.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Whom to trace, as typed.
    pub operands: Vec<Operand>,
    /// The family that names are looked up in (`None`: as the system orders them).
    pub family: Option<Family>,
    /// The trace, all but its targets and its token key.
    pub trace: Config,
    /// The sockets, whatever the method.
    pub sockets: icmp::Options,
    /// Of UDP and TCP: the method and its flow.
    pub hops: Option<(hops::Method, hops::Flow)>,
    /// Which of several ways (`--flow`).
    pub flow: u16,
    /// Length of an IPv4 packet.
    pub length: u32,
    /// Whether rewritten DSCP or ECN is looked for.
    pub bleaching: bool,
    /// Where origins come from.
    pub origins: Origins,
    /// What is told, and how.
    pub output: Output,
    /// The peer by whose name it was called.
    pub peer: Option<Peer>,
    /// Whether the kernel is not asked to refuse what is not needed.
    pub no_sandbox: bool,
}

impl Plan {
    /// Reads a command line.
    ///
    /// # Errors
    /// One line on the first option that cannot be meant.
    pub fn of(args: &Args, caller: &Caller) -> Result<Plan, Refusal> {
        let peer = caller.invocation.peer.and_then(Peer::of);
        if let Some(gate) = &args.method.gateway {
            let why = "source routes are not supported: routers drop packets that carry them (RFC 7126 §4.3)";
            return Err(Refusal::of("-g", gate, why));
        }
        let family = family(args, caller)?;
        let (hosts, length) = hosts_and_length(&args.hosts)?;
        let operands = hosts.iter().map(|text| Operand::read(text)).collect::<Result<Vec<_>, _>>()?;
        let mut trace = schedule::read(&args.schedule, args.search.mtu)?;
        let flow = method::flow(&args.path)?;
        let hops = method::read(args, peer, flow, &mut trace)?;
        let mut sockets = sockets::read(args, &mut trace)?;
        check_families(&operands, family)?;
        let family = family.or_else(|| only(&sockets.sources));
        check_families(&operands, family)?;
        if trace.method == Method::Tcp && sockets.socket == SocketChoice::Dgram {
            return Err(Refusal::of("--socket", "dgram", "-T goes by raw sockets alone: raw or auto"));
        }
        let length = with_length(&mut trace, length, args.search.mtu, peer)?;
        sockets.size = if trace.mtu.is_some() { usize::from(u16::MAX) } else { trace.size };
        sockets.window = trace.at_once.saturating_mul(u32::try_from(operands.len()).unwrap_or(u32::MAX)).min(16_384);
        sockets.family = sole_family(&operands, family);
        Ok(Plan {
            operands,
            family,
            trace,
            sockets,
            hops,
            flow: flow.unwrap_or(0),
            length,
            bleaching: args.search.bleaching,
            origins: origins(args)?,
            output: output::read(args, peer, caller)?,
            peer,
            no_sandbox: args.sandbox.no_sandbox,
        })
    }

    /// Bytes of a packet to this family.
    #[must_use]
    pub fn length(&self, family: Family) -> u32 {
        match family {
            Family::V4 => self.length,
            Family::V6 => self.length + 20,
        }
    }
}

/// Hosts, and the packet length behind them.
fn hosts_and_length(words: &[String]) -> Result<(&[String], Option<&String>), Refusal> {
    let is_length = |word: &String| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    match words {
        [hosts @ .., last] if !hosts.is_empty() && is_length(last) => Ok((hosts, Some(last))),
        [] => Err(Refusal::new("usage error: no host given; name at least one, as in: 127.0.0.1")),
        hosts => Ok((hosts, None)),
    }
}

/// The payload that a packet of this length has; the length of an IPv4 packet.
fn with_length(trace: &mut Config, length: Option<&String>, mtu: bool, peer: Option<Peer>) -> Result<u32, Refusal> {
    if trace.method == Method::Tcp {
        // A SYN carries no data; its options are its length.
        let length = trace.headers.take().unwrap_or(BEYOND_IP);
        trace.size = 0;
        // traceroute names its default, whatever the SYN's length is.
        let length = if peer.is_some() { 20 + BEYOND_IP } else { length };
        return Ok(length);
    }
    let least = 20 + HEADER + LEAST_PAYLOAD;
    let length = match length {
        None => 20 + BEYOND_IP,
        Some(text) if mtu => {
            let most = values::whole("packet length", text, u64::from(least), 65_535)? as u32;
            trace.mtu = Some(most);
            20 + BEYOND_IP
        }
        Some(text) => values::whole("packet length", text, u64::from(least), 65_000)? as u32,
    };
    trace.size = (length - 20 - HEADER) as usize;
    Ok(length)
}

/// The family that options or the command's name ask for.
fn family(args: &Args, caller: &Caller) -> Result<Option<Family>, Refusal> {
    match (args.sockets.ipv4, args.sockets.ipv6, caller.invocation.family) {
        (true, true, _) => Err(Refusal::new("-4 and -6 exclude each other: choose one")),
        (true, false, Some(Family::V6)) => {
            Err(Refusal::new(format!("-4: {} traces with IPv6", caller.invocation.name)))
        }
        (true, false, _) => Ok(Some(Family::V4)),
        (false, true, _) => Ok(Some(Family::V6)),
        (false, false, named) => Ok(named),
    }
}

fn check_families(operands: &[Operand], family: Option<Family>) -> Result<(), Refusal> {
    for operand in operands {
        if let (Some(own), Some(wanted)) = (operand.family(), family) {
            if own != wanted {
                let text = shown(&operand.text);
                return Err(Refusal::new(format!("{text}: an {own} address, but {wanted} was asked for (-4, -6, -s)")));
            }
        }
    }
    Ok(())
}

/// The family of the one source that was chosen.
fn only(sources: &[crate::net::Peer]) -> Option<Family> {
    match sources {
        [only] => Some(Family::of(only.addr)),
        _ => None,
    }
}

/// The one family that can be needed.
fn sole_family(operands: &[Operand], family: Option<Family>) -> Option<Family> {
    let needs = |wanted| operands.iter().any(|operand| operand.family().is_none_or(|own| own == wanted));
    family.or(match (needs(Family::V4), needs(Family::V6)) {
        (true, false) => Some(Family::V4),
        (false, true) => Some(Family::V6),
        _ => None,
    })
}

fn origins(args: &Args) -> Result<Origins, Refusal> {
    let asked = &args.output;
    let zone = asked.asn_zone.as_deref().unwrap_or(ORIGINS);
    match (&asked.asn_db, asked.asn_dns || asked.asn_zone.is_some(), asked.asn) {
        (Some(_), true, _) => Err(Refusal::new("--asn-db and --asn-dns exclude each other: choose one")),
        (Some(file), false, _) if file.is_empty() => Err(Refusal::of("--asn-db", "", "needs the name of a file")),
        (Some(file), false, _) => Ok(Origins::File(file.into())),
        (None, true, _) if !zone.contains('.') || zone.starts_with('.') => {
            Err(Refusal::of("--asn-zone", zone, "not the name of a zone, as in origin.asn.cymru.com"))
        }
        (None, true, _) => Ok(Origins::Zone(zone.to_owned())),
        (None, false, true) => Err(Refusal::new(
            "-A needs --asn-db FILE (MaxMind's GeoLite2-ASN.mmdb or ip2asn-combined.tsv), or --asn-dns to ask a server",
        )),
        (None, false, false) => Ok(Origins::None),
    }
}
