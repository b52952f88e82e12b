//! What the options of `rlink arp` and `rlink ndp` mean: task, schedule, and from which address to ask.

use std::net::IpAddr;
use std::time::Duration;

use super::Options;
use crate::cli::link::on_link::OnLink;
use crate::cli::{Refusal, values};
use crate::link::ask::{Announce, Asker};
use crate::link::neighbour::{Config, Schedule, Task};
use crate::net::Peer;
use crate::sys::process;
use crate::units::Family;

/// Shortest time between two questions: a thousand a second are a flood to a whole link.
const SHORTEST: Duration = Duration::from_millis(1);

/// What the options mean.
pub(super) struct Plan {
    task: Task,
    count: Option<u64>,
    interval: Option<Duration>,
    deadline: Option<Duration>,
    timeout: Option<Duration>,
    source: Option<IpAddr>,
    first: bool,
    keep_to_all: bool,
}

impl Plan {
    /// From the options.
    ///
    /// # Errors
    /// One line, where they make no sense.
    pub(super) fn of(o: &Options, family: Family) -> Result<Plan, Refusal> {
        let task = match (o.dad, o.announce.as_deref()) {
            (true, _) => Task::Duplicate,
            (false, None) => Task::Ask,
            (false, Some("request")) => Task::Announce(Announce::Request),
            (false, Some("reply")) => Task::Announce(Announce::Reply),
            (false, Some(other)) => return Err(Refusal::of("--announce", other, "not one of request, reply")),
        };
        let count = o.count.as_ref().map(|text| values::whole("-c", text, 1, i64::MAX as u64)).transpose()?;
        let interval = o.interval.as_ref().map(|text| values::pause("-i", text)).transpose()?;
        if let (Some(interval), Some(text)) = (interval, &o.interval) {
            if interval < SHORTEST {
                return Err(Refusal::of("-i", text, "too short: at least 0.001"));
            }
        }
        let timeout = o.timeout.as_ref().map(|text| values::pause("-W", text)).transpose()?;
        if let (Some(Duration::ZERO), Some(text)) = (timeout, &o.timeout) {
            return Err(Refusal::of("-W", text, "nobody answers in no time"));
        }
        let deadline = o.deadline.as_ref().map(|text| values::run_length("-w", text)).transpose()?;
        let source = o.source.as_ref().map(|text| read_source(text, family)).transpose()?;
        if let (Task::Announce(_), Some(text)) = (task, &o.source) {
            return Err(Refusal::of("-s", text, "an announcement is from the address that it announces"));
        }
        if let (Task::Duplicate, Family::V6, Some(text)) = (task, family, &o.source) {
            return Err(Refusal::of("-s", text, "whoever looks whether an IPv6 address is free has none (RFC 4862)"));
        }
        let deadline = deadline.filter(|length| !length.is_zero());
        Ok(Plan { task, count, interval, deadline, timeout, source, first: o.first, keep_to_all: o.broadcast })
    }

    /// From which address to ask; `None`: from nobody's.
    pub(super) fn source(&self, text: &str, target: IpAddr, link: &OnLink) -> Result<Option<IpAddr>, Refusal> {
        if self.source.is_some() || self.task != Task::Ask {
            return Ok(self.source);
        }
        if link.own().contains(&target) {
            let problem = "this host's own; whether another has it, too, tells --dad";
            return Err(Refusal::of("ADDRESS", text, problem));
        }
        let source = link.source_for(target);
        if source.is_none() && target.is_ipv6() && link.index != 0 {
            let problem = format!("{} has no IPv6 address to ask from; give one: -s ADDR", link.name);
            return Err(Refusal::of("ADDRESS", text, problem));
        }
        Ok(source)
    }

    /// The machine's configuration.
    pub(super) fn config(&self, asker: Asker, peer: Peer) -> Result<Config, Refusal> {
        let seed = process::random_u64().map_err(|error| Refusal::io("no random numbers", &error))?;
        let second = Duration::from_secs(1);
        let plain = Config::new(asker, peer, self.task);
        let by_rfc = self.count.is_none() && self.interval.is_none() && self.deadline.is_none();
        let mut config = match self.task {
            Task::Duplicate if by_rfc => Config::duplicate(asker, peer, seed),
            // As arping: until the deadline, or so many.
            Task::Duplicate => {
                let rfc = Config::duplicate(asker, peer, seed);
                let count = self.count.or(rfc.count.filter(|_| self.deadline.is_none()));
                Config { count, nonce: rfc.nonce, ..plain }
            }
            // RFC 5227 §1.1: ANNOUNCE_NUM, ANNOUNCE_INTERVAL. RFC 4861 §10: MAX_NEIGHBOR_ADVERTISEMENT, RETRANS_TIMER.
            Task::Announce(_) => {
                let (count, interval) = if peer.addr.is_ipv4() { (2, 2 * second) } else { (3, second) };
                let count =
                    Some(self.count.unwrap_or(count)).filter(|_| self.count.is_some() || self.deadline.is_none());
                Config { count, schedule: Schedule::Every(interval), ..plain }
            }
            Task::Ask => Config { count: self.count, ..plain },
        };
        if let Some(interval) = self.interval {
            config.schedule = Schedule::Every(interval);
        }
        config.timeout = self.timeout.unwrap_or(config.timeout);
        config.deadline = self.deadline;
        (config.first, config.keep_to_all) = (self.first, self.keep_to_all);
        Ok(config)
    }
}

/// Reads an address to ask from. That it is ours is not asked for: who looks into a conflict may have to lie.
pub(in crate::cli::link) fn read_source(text: &str, family: Family) -> Result<IpAddr, Refusal> {
    let problem = format!("not an {family} address of a host");
    let addr: IpAddr = text.parse().map_err(|_| Refusal::of("-s", text, &problem))?;
    let broadcast = matches!(addr, IpAddr::V4(v4) if v4.is_broadcast());
    let unfit = addr.is_multicast() || addr.is_unspecified() || broadcast;
    if Family::of(addr) != family || unfit {
        return Err(Refusal::of("-s", text, problem));
    }
    Ok(addr)
}
