//! How far, how often, how fast.

use std::time::Duration;

use super::super::args::ScheduleArgs;
use crate::cli::Refusal;
use crate::cli::values;
use crate::trace::{Config, Waits};
use crate::units::Ttl;

/// traceroute takes a larger pause than this as milliseconds.
const SECONDS: f64 = 10.0;

/// A trace without its targets.
pub(super) fn read(args: &ScheduleArgs, mtu: bool) -> Result<Config, Refusal> {
    let mut trace = Config::new(Vec::new(), [0; 16]);
    let whole = |option, text: &Option<String>, min, max| {
        text.as_ref().map(|text| values::whole(option, text, min, max)).transpose()
    };
    let last = whole("-m", &args.last, 1, 255)?.unwrap_or(30);
    let first = whole("-f", &args.first, 1, 255)?.unwrap_or(1);
    if first > last {
        return Err(Refusal::of("-f", first.to_string(), format!("larger than the last hop limit, {last} (-m)")));
    }
    (trace.first, trace.last) = (Ttl(first as u8), Ttl(last as u8));
    if let Some(tries) = whole("-q", &args.tries, 1, 10)? {
        trace.tries = tries as u8;
    }
    if let Some(at_once) = whole("-N", &args.at_once, 1, 4096)? {
        trace.at_once = at_once as u32;
    }
    if let Some(text) = &args.wait {
        trace.wait = waits(text)?;
    }
    if let Some(text) = &args.spacing {
        trace.spacing = spacing(text)?;
    }
    if let Some(limit) = whole("--gap-limit", &args.gap_limit, 0, 255)? {
        trace.gap_limit = if limit == 0 { u8::MAX } else { limit as u8 };
    }
    if let Some(rate) = whole("--rate", &args.rate, 1, 1_000_000)? {
        trace.rate = Some(rate as u32);
    }
    trace.mtu = mtu.then_some(u32::from(u16::MAX));
    Ok(trace)
}

/// `MAX[,HERE[,NEAR]]`.
fn waits(text: &str) -> Result<Waits, Refusal> {
    let mut parts = text.split(',');
    let max = values::pause("-w", parts.next().unwrap_or_default())?;
    if max.is_zero() {
        return Err(Refusal::of("-w", text, "nothing would be waited for: more than 0"));
    }
    let mut factor = |default: f64| match parts.next() {
        None => Ok(default),
        Some(factor) => match factor.parse::<f64>() {
            Ok(factor) if factor.is_finite() && factor >= 0.0 => Ok(factor),
            _ => Err(Refusal::of("-w", text, "HERE and NEAR are factors, as in 5,3,10")),
        },
    };
    let (here, near) = (factor(3.0)?, factor(10.0)?);
    if parts.next().is_some() {
        return Err(Refusal::of("-w", text, "at most three: MAX,HERE,NEAR"));
    }
    Ok(Waits::exact(max, here, near))
}

/// A pause: seconds, but milliseconds where a bare number is larger than 10.
fn spacing(text: &str) -> Result<Duration, Refusal> {
    match text.parse::<f64>() {
        Ok(number) if number > SECONDS && number.is_finite() => values::pause("-z", &format!("{text}ms")),
        _ => values::pause("-z", text),
    }
}
