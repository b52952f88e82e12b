//! When and how often: counts, intervals, time-outs, and how fast an ordinary user may send.
//!
//! The limits for users other than root and their words are iputils': 2 ms between probes, three at once, a second
//! between probes to a broadcast or multicast address.

use std::time::Duration;

use super::{Caller, Plan};
use crate::cli::Refusal;
use crate::cli::ping::args::Args;
use crate::cli::values;
use crate::ping::{Config, Pace, Spells, Stamping, Until};
use crate::sys::options::PmtuMode;

/// Shortest interval of an ordinary user.
pub(in crate::cli) const USER_INTERVAL: Duration = Duration::from_millis(2);
/// Shortest interval of an ordinary user to many hosts at once.
pub(in crate::cli) const USER_GROUP_INTERVAL: Duration = Duration::from_secs(1);
/// Most probes that an ordinary user sends at once.
const USER_PRELOAD: u64 = 3;
/// Most probes that anyone sends at once.
const MAX_PRELOAD: u64 = 65_536;
/// Of a flood's probes, one in so many is stamped: stamps cost a sixth of the rate.
pub(in crate::cli) const FLOOD_SAMPLE: u32 = 64;
/// The same of the first probes of each second, where the others are not stamped at all.
const SPELL_SAMPLE: u32 = 16;
const SPELLS: Spells = Spells {
    every: Duration::from_secs(1),
    length: Duration::from_millis(100),
    most: 128,
    lead: Duration::from_millis(5),
};

/// The clock that round-trip times are taken with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clock {
    Auto,
    Kernel,
    User,
}

pub(super) fn read(args: &Args, caller: &Caller) -> Result<Config, Refusal> {
    let schedule = &args.schedule;
    let mut config = Config::new(Vec::new(), [0; 16]);
    let counted =
        |option, text: &Option<String>, max| text.as_ref().map(|text| values::whole(option, text, 1, max)).transpose();
    config.count = counted("-c", &schedule.count, i64::MAX as u64)?;
    config.preload = counted("-l", &schedule.preload, MAX_PRELOAD)?.unwrap_or(1) as u32;
    if !caller.is_root && u64::from(config.preload) > USER_PRELOAD {
        let preload = config.preload;
        let problem = format!("cannot set preload to value greater than {USER_PRELOAD}: {preload} takes root");
        return Err(Refusal::of("-l", preload.to_string(), problem));
    }
    if schedule.flood {
        config.interval = Duration::ZERO;
    }
    if let Some(text) = &schedule.interval {
        config.interval = values::pause("-i", text)?;
    }
    if !caller.is_root && config.interval < USER_INTERVAL {
        let option = schedule.interval.as_ref().map_or_else(|| "-f".to_owned(), |text| format!("-i {text}"));
        let words = "cannot flood, minimal interval for user must be >= 2 ms, use -i 0.002 (or higher)";
        return Err(Refusal::new(format!("{option}: {words}")));
    }
    config.pace = pace(args, &config, caller);
    if let Some(text) = &schedule.timeout {
        let timeout = values::pause("-W", text)?;
        config.timeout = (!timeout.is_zero()).then_some(timeout);
        config.timeout_chosen = true;
    }
    if let Some(text) = &schedule.deadline {
        config.deadline = Some(values::run_length("-w", text)?).filter(|length| !length.is_zero());
    }
    let row = u64::from(u32::MAX);
    let up = counted("--until-up", &schedule.until_up, row)?.map(|n| Until::Up(n as u32));
    config.until = up.or(counted("--until-down", &schedule.until_down, row)?.map(|n| Until::Down(n as u32)));
    set_clock(args, &mut config)?;
    Ok(config)
}

fn pace(args: &Args, config: &Config, caller: &Caller) -> Pace {
    if config.interval.is_zero() {
        Pace::Flood
    } else if args.schedule.adaptive {
        Pace::Adaptive { floor: if caller.is_root { Duration::ZERO } else { USER_INTERVAL } }
    } else {
        Pace::Interval
    }
}

fn set_clock(args: &Args, config: &mut Config) -> Result<(), Refusal> {
    let clocks = [("auto", Clock::Auto), ("kernel", Clock::Kernel), ("user", Clock::User)];
    let clock = args.sockets.clock.as_ref();
    let clock = clock.map_or(Ok(Clock::Auto), |text| values::choice("--clock", text, &clocks))?;
    config.user_to_user = args.output.user_latency || clock == Clock::User;
    config.stamping = match clock {
        Clock::Kernel if config.user_to_user => {
            return Err(Refusal::new("--clock kernel does not go with -U, which prints the process's own times"));
        }
        _ if config.user_to_user => Stamping::None,
        Clock::Auto if config.pace == Pace::Flood => Stamping::Sample(SPELL_SAMPLE),
        _ => Stamping::All,
    };
    config.spells = matches!(config.stamping, Stamping::Sample(_)).then_some(SPELLS);
    Ok(())
}

/// What an ordinary user may not do to a broadcast or multicast address.
pub(super) fn check_group(plan: &Plan) -> Result<(), Refusal> {
    if !plan.limited {
        return Ok(());
    }
    if plan.session.interval < USER_GROUP_INTERVAL {
        let interval = plan.session.interval.as_secs_f64();
        let words = "minimal interval for broadcast ping for user must be >= 1000 ms, use -i 1 (or higher)";
        return Err(Refusal::of("-i", interval.to_string(), words));
    }
    match plan.sockets.pmtu {
        None | Some(PmtuMode::Do) => Ok(()),
        Some(_) => Err(Refusal::new("-M: broadcast ping does not fragment, use -M do")),
    }
}
