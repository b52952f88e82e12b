//! One target of a check, and how it is probed: what the command line says of all, and a file's entry of one.

use std::time::Duration;

use super::args::Args;
use super::dialect::Dialect;
use super::file::Entry;
use super::plan::Caller;
use crate::check::{Method, Metric, Threshold, plugin_time};
use crate::cli::operand::Operand;
use crate::cli::ping::plan::schedule::USER_INTERVAL;
use crate::cli::{Refusal, values};
use crate::units::Port;

/// Probes to one host where nothing else is said: `check_icmp`'s.
const PACKETS: u64 = 5;
/// Most of them.
const MOST_PACKETS: u64 = 65_535;
/// Bytes of payload: `check_icmp`'s.
const SIZE: u64 = 68;
/// Bytes of payload that an IPv4 packet holds behind its own header and ICMP's.
const MOST_SIZE: u64 = 65_507;
/// Users other than root may not probe more often, as with rping.
pub(super) const LEAST_INTERVAL: Duration = USER_INTERVAL;

/// How a target is probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Probes {
    pub(super) method: Method,
    pub(super) packets: u64,
    pub(super) interval: Duration,
    pub(super) size: usize,
}

/// One target.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) operand: Operand,
    pub(super) name: String,
    pub(super) probes: Probes,
    pub(super) pmtu: bool,
    pub(super) trace: bool,
    pub(super) thresholds: Vec<Threshold>,
}

/// What holds for a target that does not say otherwise.
pub(super) struct Defaults<'a> {
    pub(super) args: &'a Args,
    pub(super) caller: Caller,
}

impl Defaults<'_> {
    /// How the command line has targets probed.
    fn probes(&self) -> Result<Probes, Refusal> {
        let (probes, dialect) = (&self.args.probes, self.caller.dialect);
        let whole = |option, text: &Option<String>, min, max, default| {
            text.as_ref().map_or(Ok(default), |text| values::whole(option, text, min, max))
        };
        let interval = match (&probes.interval, dialect) {
            (Some(text), _) => self.interval("-i", text)?,
            (None, Dialect::CheckHost) => Duration::from_secs(1),
            (None, Dialect::CheckRtaMulti) => Duration::from_millis(50),
            (None, _) => Duration::from_millis(80),
        };
        if let Some(text) = &probes.target_interval {
            plugin_time(text).map_err(|error| Refusal::of("-I", text, error))?;
        }
        Ok(Probes {
            method: method([("--tcp", &probes.tcp), ("--udp", &probes.udp)])?,
            packets: whole("-n", &probes.packets, 1, MOST_PACKETS, PACKETS)?,
            interval,
            size: whole("-b", &probes.size, 0, MOST_SIZE, SIZE)? as usize,
        })
    }

    fn interval(&self, option: &str, text: &str) -> Result<Duration, Refusal> {
        let interval = plugin_time(text).map_err(|error| Refusal::of(option, text, error))?;
        if interval < LEAST_INTERVAL && !self.caller.is_root {
            return Err(Refusal::of(option, text, "too short: users other than root may not go below 2ms"));
        }
        if interval > Duration::from_secs(3600) {
            return Err(Refusal::of(option, text, "too long: at most an hour"));
        }
        Ok(interval)
    }

    pub(super) fn item(&self, entry: Entry, thresholds: Vec<Threshold>) -> Result<Item, Refusal> {
        let common = self.probes()?;
        let within = |key: &str, value: Option<u64>, min: u64, max: u64, default: u64| match value {
            Some(value) if !(min..=max).contains(&value) => {
                Err(Refusal::of(key, value.to_string(), format!("out of range: {min} <= value <= {max}")))
            }
            value => Ok(value.unwrap_or(default)),
        };
        let probes = Probes {
            method: match (entry.tcp, entry.udp) {
                (None, None) => common.method,
                (tcp, udp) => {
                    let text = |port: Option<u64>| port.map(|port| port.to_string());
                    method([("tcp", &text(tcp)), ("udp", &text(udp))])?
                }
            },
            packets: within("packets", entry.packets, 1, MOST_PACKETS, common.packets)?,
            interval: entry.interval.as_ref().map_or(Ok(common.interval), |text| self.interval("interval", text))?,
            size: within("size", entry.size, 0, MOST_SIZE, common.size as u64)? as usize,
        };
        let says_size = entry.size.is_some() || self.args.probes.size.is_some();
        if says_size && probes.method != Method::Icmp {
            let method = probes.method.name();
            return Err(Refusal::new(format!("-b does not go with --{method}: the length of its probes is fixed")));
        }
        let wants = |metric| thresholds.iter().any(|threshold| threshold.metric == metric);
        let (wants_pmtu, wants_hops) = (wants(Metric::Pmtu), wants(Metric::Hops));
        Ok(Item {
            operand: Operand::read(&entry.host)?,
            name: entry.name.unwrap_or(entry.host),
            probes,
            pmtu: entry.pmtu.unwrap_or(self.args.probes.pmtu) || wants_pmtu,
            trace: entry.trace.unwrap_or(self.args.probes.trace) || wants_hops,
            thresholds,
        })
    }
}

/// What is asked of a host: a port, or nothing but an echo.
fn method([tcp, udp]: [(&str, &Option<String>); 2]) -> Result<Method, Refusal> {
    let port = |(option, text): (&str, &Option<String>)| {
        let port = text.as_ref().map(|text| values::whole(option, text, 1, 65_535)).transpose()?;
        Ok(port.map(|port| Port(port as u16)))
    };
    match (port(tcp)?, port(udp)?) {
        (None, None) => Ok(Method::Icmp),
        (Some(port), None) => Ok(Method::Tcp(port)),
        (None, Some(port)) => Ok(Method::Udp(port)),
        (Some(_), Some(_)) => Err(Refusal::new(format!("{} and {}: choose one", tcp.0, udp.0))),
    }
}
