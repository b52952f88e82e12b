//! A check from beginning to end, in the order that safety asks for: hear signals, open what needs privilege, give
//! privilege up, look names up, probe, judge, tell. All of it ends by the deadline.

use std::io;
use std::time::Duration;

use super::further::Wanted;
use super::net::CheckNet;
use super::open::{Group, Opened, flows, open};
use super::plan::{Item, LEAST_INTERVAL, Plan};
use super::targets::{Found, find};
use super::tell;
use super::turns::{Turner, turn_all};
use crate::check::{Circumstances, Figures, Run, Samples, Setup, State, Stop, Watched, critical_rtt, judge, patience};
use crate::cli::Refusal;
use crate::cli::operand::Operand;
use crate::cli::resolve::{Resolved, resolve_until};
use crate::clock::BootTime;
use crate::net::Peer;
use crate::ping::{Target, TargetId};
use crate::probe::Drive;
use crate::report::check::{Checked, not_probed};
use crate::sys::clock::{boot_now, set_timer_slack_min, wall_now};
use crate::sys::signals::{Signal, Signals};
use crate::sys::{interfaces, process};

use super::dialect::Dialect;

/// An address that is probed, or a target that cannot be.
pub(super) struct Slot {
    pub(super) item: usize,
    /// Its address and its place in its group's run.
    pub(super) probed: Option<(Peer, usize, u32)>,
    problem: Option<String>,
    state: State,
}

/// Does what was planned; `began` is when the process did.
///
/// # Errors
/// One line, where nothing could be found out.
pub(super) fn run(mut plan: Plan, name: &str, began: BootTime) -> Result<State, Refusal> {
    // First of all: a plugin that dies silently is a broken plugin.
    let signals = Signals::block_and_open().map_err(|error| Refusal::io("cannot hear signals", &error))?;
    let deadline = began + plan.deadline;
    let Opened { groups, searches, traces } = open(&mut plan, name)?;
    set_timer_slack_min();
    let operands: Vec<Operand> = plan.items.iter().map(|item| item.operand.clone()).collect();
    let resolved = resolve_until(&operands, plan.family, &signals, Some(deadline));
    let found = match resolved.map_err(|error| Refusal::io("cannot look up", &error))? {
        Resolved::All(found) => found,
        Resolved::Signal(signal) => {
            let hosts: Vec<Checked> = plan.items.iter().map(|item| interrupted(item, signal)).collect();
            return tell::tell(&plan, name, &signals, &hosts);
        }
    };

    let mut slots = Vec::new();
    let mut peers: Vec<Vec<Peer>> = groups.iter().map(|_| Vec::new()).collect();
    for (index, (item, found)) in plan.items.iter().zip(found).enumerate() {
        let Some((at, group)) = groups.iter().enumerate().find(|(_, group)| group.items.contains(&index)) else {
            continue;
        };
        let has_socket = |family| group.sockets.has(family);
        match find(&plan, &group.options, has_socket, found) {
            Found::Peers(all) => {
                for peer in all {
                    let Some(run) = peers.get_mut(at) else { continue };
                    let place = u32::try_from(run.len()).unwrap_or(u32::MAX);
                    run.push(peer);
                    slots.push(Slot {
                        item: index,
                        probed: Some((peer, at, place)),
                        problem: None,
                        state: State::Unknown,
                    });
                }
            }
            Found::Problem { reason, is_name } => {
                if is_name && plan.dialect.is_plugin() && plan.dns_failure == State::Unknown {
                    return Err(Refusal::new(format!("Failed to resolve {}: {reason}", item.operand.text)));
                }
                let state = if is_name { plan.dns_failure } else { State::Unknown };
                slots.push(Slot { item: index, probed: None, problem: Some(reason), state });
            }
        }
    }

    let token_key = process::random_key().map_err(|error| Refusal::io("no random numbers", &error))?;
    let mut runs = Vec::new();
    for (at, group) in groups.into_iter().enumerate() {
        let peers = peers.get(at).map_or(&[][..], Vec::as_slice);
        runs.push(drive(&plan, group, peers, &slots, at, deadline, token_key)?);
    }
    let mut turners: Vec<&mut dyn Turner> = runs.iter_mut().map(|run| -> &mut dyn Turner { run }).collect();
    let broken = |error: io::Error| Refusal::io("the sockets broke", &error);
    let mut signal = turn_all(&mut turners, &signals).map_err(broken)?;

    let mut seen: Vec<Seen> = slots.iter().map(|slot| outcome(slot, &runs, began)).collect();
    if signal.is_none() {
        let wanted = Wanted { plan: &plan, slots: &slots, deadline, token_key };
        signal = wanted.look_further(&signals, &mut seen, searches, traces)?;
    }
    let all = slots.iter().zip(names(&plan, &slots)).zip(seen);
    let hosts: Vec<Checked> = all.filter_map(|((slot, name), seen)| checked(&plan, slot, name, seen, signal)).collect();
    tell::tell(&plan, name, &signals, &hosts)
}

/// The machine of a group, on its network.
fn drive(
    plan: &Plan,
    group: Group,
    peers: &[Peer],
    slots: &[Slot],
    at: usize,
    deadline: BootTime,
    token_key: [u8; 16],
) -> Result<Drive<Run, CheckNet>, Refusal> {
    let (method, flows) = (group.probes.method, flows(&group.probes));
    let net = group.sockets.into_net(&group.options, peers).map_err(|error| Refusal::new(error.to_string()))?;
    let (interval, packets) = (group.probes.interval, group.probes.packets);
    let of_group = slots.iter().filter(|slot| slot.probed.is_some_and(|(_, group, _)| group == at));
    let items: Vec<&Item> = of_group.filter_map(|slot| plan.items.get(slot.item)).collect();
    let watched = |(item, peer): (&&Item, &Peer)| Watched {
        target: Target { peer: *peer, group: false },
        critical: critical_rtt(&item.thresholds).unwrap_or(Duration::from_secs(1)),
        patience: match plan.dialect {
            // The plugin's `ping` waits for seconds.
            Dialect::CheckPing => patience(&item.thresholds, interval, packets).max(Duration::from_secs(1)),
            _ => patience(&item.thresholds, interval, packets),
        },
    };
    let targets = items.iter().zip(peers).map(watched);
    let setup = Setup {
        targets: targets.collect(),
        method,
        flows,
        packets,
        interval,
        floor: if plan.limited { LEAST_INTERVAL } else { Duration::ZERO },
        deadline: Some(deadline),
        size: group.probes.size,
        first_answer_ends: plan.dialect == Dialect::CheckHost,
        token_key,
    };
    Ok(Drive::new(Run::new(setup), net))
}

/// What was observed of a slot, how it ended, and how long it took.
pub(super) type Seen = (Samples, Stop, Duration);

fn outcome(slot: &Slot, runs: &[Drive<Run, CheckNet>], began: BootTime) -> Seen {
    let found = slot.probed.and_then(|(_, group, place)| runs.get(group)?.machine().outcome(TargetId(place)));
    match found {
        Some(outcome) => (outcome.samples, outcome.stop, outcome.at.boot.since(began)),
        None => (Samples::default(), Stop::Done, boot_now().since(began)),
    }
}

/// What each slot is called, no two alike: labels of performance data must differ.
fn names(plan: &Plan, slots: &[Slot]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(slots.len());
    let mut seen = std::collections::BTreeMap::new();
    let mut addresses = vec![0usize; plan.items.len()];
    for slot in slots {
        if let Some(count) = addresses.get_mut(slot.item) {
            *count += 1;
        }
    }
    for slot in slots {
        let mut name = plan.items.get(slot.item).map_or_else(String::new, |item| item.name.clone());
        let is_one_of_many = addresses.get(slot.item).is_some_and(|count| *count > 1);
        if let Some((peer, ..)) = slot.probed.filter(|_| is_one_of_many) {
            name = format!("{name}@{}", peer.addr);
        }
        let before: &mut usize = seen.entry(name.clone()).or_default();
        *before += 1;
        names.push(if *before > 1 { format!("{name}#{before}") } else { name });
    }
    names
}

fn checked(
    plan: &Plan,
    slot: &Slot,
    name: String,
    (samples, stop, took): Seen,
    signal: Option<Signal>,
) -> Option<Checked> {
    let item = plan.items.get(slot.item)?;
    let figures = Figures::of(&samples);
    let verdict = match &slot.problem {
        Some(_) => not_probed(&item.thresholds, slot.state),
        None => judge(&samples, &figures, &item.thresholds, Circumstances { interrupted: stop == Stop::Interrupted }),
    };
    let cut = match stop {
        Stop::Interrupted => Some(by(signal)),
        Stop::Deadline => Some(format!("ended by the deadline of {:?}", plan.deadline)),
        Stop::Done | Stop::Answered => None,
    };
    Some(Checked {
        target: item.operand.text.clone(),
        name,
        address: slot.probed.map(|(peer, ..)| peer.addr),
        zone: slot.probed.filter(|(peer, ..)| peer.scope > 0).and_then(|(peer, ..)| interfaces::name_of(peer.scope)),
        method: item.probes.method,
        at: wall_now(),
        took,
        samples,
        figures,
        thresholds: item.thresholds.clone(),
        verdict,
        problem: slot.problem.clone(),
        cut,
    })
}

/// A target that a signal kept from being looked up.
fn interrupted(item: &Item, signal: Signal) -> Checked {
    let samples = Samples::default();
    let figures = Figures::of(&samples);
    Checked {
        target: item.operand.text.clone(),
        name: item.name.clone(),
        address: item.operand.address(),
        zone: None,
        method: item.probes.method,
        at: wall_now(),
        took: Duration::ZERO,
        verdict: judge(&samples, &figures, &item.thresholds, Circumstances { interrupted: true }),
        samples,
        figures,
        thresholds: item.thresholds.clone(),
        problem: None,
        cut: Some(by(Some(signal))),
    }
}

fn by(signal: Option<Signal>) -> String {
    let name = match signal {
        Some(Signal::Terminate) => "SIGTERM",
        Some(Signal::HangUp) => "SIGHUP",
        Some(Signal::Quit) => "SIGQUIT",
        Some(Signal::Interrupt) | None => "SIGINT",
    };
    format!("interrupted by {name}")
}
