//! From what was gathered to whom is asked: names looked up side by side, sets cut out, the order drawn, labels kept.
//!
//! The sweep's own list has an address for each host and a label only where a host is called by another text than its
//! address.

mod naming;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::gather::{Entry, Gathered, needs_zone};
use super::plan::Plan;
use crate::cli::Refusal;
use crate::cli::operand::Operand;
use crate::cli::resolve::{Candidates, choose, resolve};
use crate::net::Peer;
use crate::report::sweep::{Failed, Label};
use crate::sweep::targets::{Block, Ranges, Space, TooMany, reserved};
use crate::sys::clock::wall_now;
use crate::sys::interfaces;
use crate::sys::resolve::LookupError;
use crate::sys::route::{self, RouteHints};
use crate::sys::signals::Signals;
use crate::units::Family;
use naming::{address, name_addresses};

/// A sweep of more addresses than this is wide: reserved ones are left out.
const WIDE: u128 = 1 << 16;

/// Why an ordinary user asks no groups.
const GROUP: &str = "stands for many hosts, which takes root; rping asks groups, at its users' pace";

/// Whom is asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Hosts {
    /// In order: blocks of addresses.
    pub(super) space: Space,
    /// What hosts are called that are not called by their address, by their number in the space.
    pub(super) labels: HashMap<u128, Label>,
    /// Targets that are not asked.
    pub(super) failed: Vec<Failed>,
    /// Reserved addresses that were left out.
    pub(super) left_out: u128,
}

/// What this process can probe.
pub(super) struct Reach<'a> {
    pub(super) has_socket: &'a dyn Fn(Family) -> bool,
    pub(super) signals: &'a Signals,
}

/// Looks names up and puts the list together.
///
/// # Errors
/// One line, where look-ups cannot be made, or there are too many addresses.
pub(super) fn hosts(plan: &Plan, gathered: Gathered, reach: &Reach<'_>) -> Result<Hosts, Refusal> {
    let mut hosts = Hosts::default();
    let names: Vec<Operand> = gathered.entries.iter().filter_map(Entry::name).cloned().collect();
    let trouble = |error: io::Error| Refusal::new(format!("cannot look up: {}", crate::sys::errno::Errno::from(error)));
    let mut found = resolve(&names, plan.family, reach.signals).map_err(trouble)?.into_iter();
    let wide = wide(plan, &gathered);
    let cut = Cut { exclude: &gathered.exclude, allow: gathered.allow.as_ref(), wide: wide.as_ref() };
    let router = Router { plan, reach };
    for entry in gathered.entries {
        match entry {
            Entry::Block(block) => router.block(&mut hosts, block, &cut)?,
            Entry::Written(peer, text) => router.address(&mut hosts, peer, &text, &cut)?,
            Entry::Nonsense(text, why) => {
                // fping asks the resolver, which knows no such name.
                let reason = if plan.style.fping { LookupError::NotFound.to_string() } else { why };
                hosts.fail(text, reason, false);
            }
            Entry::Name(operand) => {
                let found = found.next().unwrap_or(Err(LookupError::NotFound));
                router.name(&mut hosts, operand, found, &cut)?;
            }
        }
    }
    if plan.naming.numeric || plan.naming.all {
        name_addresses(&mut hosts, plan.naming, reach.signals).map_err(trouble)?;
    }
    Ok(hosts)
}

/// What is left out of a wide sweep.
fn wide(plan: &Plan, gathered: &Gathered) -> Option<Ranges> {
    let blocks = gathered.entries.iter().filter_map(|entry| match entry {
        Entry::Block(block) => Some(block.count().unwrap_or(u128::MAX)),
        _ => None,
    });
    let total = blocks.fold(0u128, u128::saturating_add);
    (total > WIDE && !plan.input.reserved).then(reserved)
}

/// Sets that decide which addresses are asked.
struct Cut<'a> {
    exclude: &'a Ranges,
    allow: Option<&'a Ranges>,
    wide: Option<&'a Ranges>,
}

impl Cut<'_> {
    fn allows(&self, peer: Peer) -> bool {
        !self.exclude.contains(peer.addr) && self.allow.is_none_or(|allow| allow.contains(peer.addr))
    }
}

impl Hosts {
    fn fail(&mut self, operand: String, reason: String, temporary: bool) {
        self.failed.push(Failed { operand, reason, temporary, at: wall_now() });
    }

    fn push(&mut self, block: Block) -> Result<(), Refusal> {
        self.space.push(block).map_err(|error: TooMany| Refusal::new(error.to_string()))
    }

    fn push_labelled(&mut self, peer: Peer, target: &str, shown: String) -> Result<(), Refusal> {
        let at = self.space.total();
        self.push(Block::one(peer))?;
        self.labels.insert(at, Label { target: target.into(), shown: shown.into() });
        Ok(())
    }
}

impl Entry {
    fn name(&self) -> Option<&Operand> {
        match self {
            Entry::Name(operand) => Some(operand),
            _ => None,
        }
    }
}

struct Router<'a> {
    plan: &'a Plan,
    reach: &'a Reach<'a>,
}

impl Router<'_> {
    fn block(&self, hosts: &mut Hosts, block: Block, cut: &Cut<'_>) -> Result<(), Refusal> {
        let groups = || (self.plan.limited && has_groups(&block)).then(|| GROUP.to_owned());
        if let Some(reason) = self.refuses(block.first(), block.scope()).or_else(groups) {
            let text = match block.count() {
                Some(1) => block.first().to_string(),
                _ => format!("{}-{}", block.first(), block.last()),
            };
            hosts.fail(text, reason, false);
            return Ok(());
        }
        let scope = self.scope(Peer { addr: block.first(), scope: block.scope() }).scope;
        // Who names a reserved block means it.
        let wide = cut.wide.filter(|wide| !wide.covers(&block));
        let none = Ranges::default();
        let allowed: Vec<Block> = match cut.allow {
            Some(allow) => allow.intersect(block).collect(),
            None => vec![block],
        };
        let kept = allowed.into_iter().flat_map(|block| cut.exclude.subtract(block));
        for part in kept {
            for block in wide.unwrap_or(&none).subtract(part) {
                let block = Block::range(block.first(), block.last(), scope).unwrap_or(block);
                hosts.push(block)?;
            }
            if let Some(wide) = wide {
                hosts.left_out += wide.intersect(part).filter_map(|block| block.count()).sum::<u128>();
            }
        }
        Ok(())
    }

    /// A single address that was written in a way of its own.
    fn address(&self, hosts: &mut Hosts, peer: Peer, text: &str, cut: &Cut<'_>) -> Result<(), Refusal> {
        let group = || (self.plan.limited && peer.addr.is_multicast()).then(|| GROUP.to_owned());
        if let Some(reason) = self.refuses(peer.addr, peer.scope).or_else(group) {
            hosts.fail(text.to_owned(), reason, false);
            return Ok(());
        }
        if !cut.allows(peer) {
            return Ok(());
        }
        let peer = self.scope(peer);
        if self.plan.naming.addresses {
            hosts.push(Block::one(peer))
        } else {
            hosts.push_labelled(peer, text, text.to_owned())
        }
    }

    fn name(
        &self,
        hosts: &mut Hosts,
        operand: Operand,
        found: Result<Candidates, LookupError>,
        cut: &Cut<'_>,
    ) -> Result<(), Refusal> {
        let peers = match found {
            Ok(found) => found.peers,
            Err(error) => {
                hosts.fail(operand.text, error.to_string(), error == LookupError::Temporary);
                return Ok(());
            }
        };
        let has_socket = self.reach.has_socket;
        let chosen = if self.plan.input.all_addresses {
            peers.into_iter().filter(|peer| has_socket(Family::of(peer.addr))).collect()
        } else {
            let route = |peer: Peer| route::source_for(peer.addr, peer.scope, &RouteHints::default()).ok();
            choose(&peers, has_socket, route).map(|(peer, _)| vec![peer]).unwrap_or_default()
        };
        if chosen.is_empty() {
            hosts.fail(operand.text, "no address of a family that can be probed here".to_owned(), false);
            return Ok(());
        }
        if self.plan.limited && chosen.iter().any(|peer| peer.addr.is_multicast()) {
            hosts.fail(operand.text, GROUP.to_owned(), false);
            return Ok(());
        }
        for peer in chosen.into_iter().filter(|peer| cut.allows(*peer)) {
            let peer = self.scope(peer);
            let shown = if self.plan.naming.addresses { address(peer) } else { operand.text.clone() };
            hosts.push_labelled(peer, &operand.text, shown)?;
        }
        Ok(())
    }

    /// Why an address cannot be probed here.
    fn refuses(&self, addr: std::net::IpAddr, scope: u32) -> Option<String> {
        let family = Family::of(addr);
        if self.plan.family.is_some_and(|only| only != family) {
            return Some(LookupError::NoAddressOfFamily.to_string());
        }
        if !(self.reach.has_socket)(family) {
            return Some(format!("{family} is not available here"));
        }
        let zone = scope != 0 || self.device().is_some();
        (needs_zone(addr) && !zone).then(|| format!("needs its interface, as in {addr}%eth0"))
    }

    /// An address that needs an interface gets that of `-I`.
    fn scope(&self, peer: Peer) -> Peer {
        let device = self.device().filter(|_| peer.scope == 0 && needs_zone(peer.addr));
        Peer { scope: device.unwrap_or(peer.scope), ..peer }
    }

    fn device(&self) -> Option<u32> {
        self.plan.sockets.device.as_deref().and_then(interfaces::index_of)
    }
}

/// Whether any address of a block is a group's.
fn has_groups(block: &Block) -> bool {
    let (first, last): (IpAddr, IpAddr) = match block.first() {
        IpAddr::V4(_) => (Ipv4Addr::new(224, 0, 0, 0).into(), Ipv4Addr::new(239, 255, 255, 255).into()),
        IpAddr::V6(_) => (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0).into(), IpAddr::from([0xff; 16])),
    };
    block.first() <= last && block.last() >= first
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
