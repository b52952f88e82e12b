//! What hosts are called that are asked by their addresses: the names of these are looked up, side by side.

use std::io;
use std::os::fd::AsFd;

use super::Hosts;
use crate::cli::sweep::plan::Naming;
use crate::names::Lookups;
use crate::net::Peer;
use crate::report::sweep::Label;
use crate::sys::interfaces;
use crate::sys::poll::{Interest, wait};
use crate::sys::signals::{Signal, Signals, restore_default_and_raise};

/// An address, with the interface that it belongs to.
pub(super) fn address(peer: Peer) -> String {
    match interfaces::name_of(peer.scope).filter(|_| peer.scope != 0) {
        Some(zone) => format!("{}%{zone}", peer.addr),
        None => peer.addr.to_string(),
    }
}

/// Looks up the names of addresses: of the numeric targets, or of all.
pub(super) fn name_addresses(hosts: &mut Hosts, naming: Naming, signals: &Signals) -> io::Result<()> {
    let wanted = |at: u128| {
        let label = hosts.labels.get(&at);
        // A label that is an address in other digits is numeric, too.
        naming.all || label.is_none_or(|label| label.target.parse::<std::net::IpAddr>().is_ok())
    };
    let asked: Vec<(u128, Peer)> = (0u128..).zip(hosts.space.iter()).filter(|(at, _)| wanted(*at)).collect();
    let mut lookups = Lookups::reverse(asked.iter().map(|(_, peer)| (peer.addr, peer.scope)).collect())?;
    while !lookups.is_done() {
        wait(&[(signals.as_fd(), Interest::Read), (lookups.as_fd(), Interest::Read)], None)?;
        while let Some(signal) = signals.read() {
            // Nothing has been sent and nothing is to be told.
            if signal != Signal::Quit {
                restore_default_and_raise(signal);
            }
        }
        while let Some((index, name)) = lookups.take() {
            let Some((at, peer)) = asked.get(index).copied() else { continue };
            let target = hosts.labels.get(&at).map_or_else(|| address(peer), |label| label.target.to_string());
            let shown = match (name, naming.addresses) {
                (Some(name), true) => format!("{name} ({})", address(peer)),
                (Some(name), false) => name,
                (None, true) => format!("{target} ({})", address(peer)),
                (None, false) => continue,
            };
            hosts.labels.insert(at, Label { target: target.into(), shown: shown.into() });
        }
    }
    Ok(())
}
