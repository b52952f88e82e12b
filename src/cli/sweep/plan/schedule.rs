//! How often each host is asked, how fast, and how long an answer is waited for: fping's rules of what follows from what
//! (`-c`, `-C`, `-l`, `-p`, `-t`, `-i`, `-r`, `-B`), and `--rate`.

use std::time::Duration;

use super::values;
use crate::cli::Refusal;
use crate::cli::sweep::args::Args;
use crate::cli::values::whole;
use crate::net::Exchange;
use crate::sweep::{Config, Mode, Pattern, Spacing};

/// The longest time-out that `-p` alone gives.
const LONGEST_OWN_TIMEOUT: Duration = Duration::from_secs(2);
/// The shortest period.
const SHORTEST_PERIOD: Duration = Duration::from_micros(1);
/// Most bytes of payload, in the smaller of the two families.
const MAX_SIZE: u64 = 65_507;
/// Most probes a second that can be asked for: one a nanosecond.
const FASTEST: u64 = 1_000_000_000;

/// What the machine is asked, but for whom.
pub(super) fn config(args: &Args, fping: bool) -> Result<Config, Refusal> {
    let (schedule, packet) = (&args.schedule, &args.packet);
    let time = |option, text: &Option<String>| text.as_ref().map(|text| values::millis(option, text)).transpose();
    let u32_of = |option, text: &Option<String>, min| {
        text.as_ref().map(|text| whole(option, text, min, u32::MAX.into())).transpose()
    };
    let retries = u32_of("-r", &schedule.retry, 0)?.unwrap_or(3);
    let backoff = schedule.backoff.as_ref().map_or(Ok(1.5), |text| values::factor("-B", text))?;
    let (count, vcount) = (u32_of("-c", &schedule.count, 1)?, u32_of("-C", &schedule.vcount, 1)?);
    let mode = match (vcount.or(count), schedule.looping) {
        (Some(count), _) => Mode::Count(count),
        (None, true) => Mode::Loop,
        (None, false) => Mode::Alive { attempts: retries + 1, backoff },
    };
    let period = time("-p", &schedule.period)?.unwrap_or(Duration::from_secs(1));
    if period < SHORTEST_PERIOD {
        let text = schedule.period.as_deref().unwrap_or_default();
        return Err(Refusal::of("-p", text, "too short: at least 0.001 ms"));
    }
    let own_timeout = match mode {
        Mode::Alive { .. } => Duration::from_millis(500),
        Mode::Count(_) | Mode::Loop => period.min(LONGEST_OWN_TIMEOUT),
    };
    if let Some(text) = &schedule.seqmap_timeout {
        values::millis("--seqmap-timeout", text)?;
    }
    let (spacing, space_retries) = match &schedule.rate {
        Some(rate) if rate == "auto" => (Spacing::Auto, true),
        Some(rate) => {
            let rate = whole("--rate", rate, 1, FASTEST)
                .map_err(|_| Refusal::of("--rate", rate, "neither auto nor a number of probes a second"))?;
            (Spacing::Fixed(Duration::from_nanos(1_000_000_000 / rate)), true)
        }
        None => (Spacing::Fixed(time("-i", &schedule.interval)?.unwrap_or(Duration::from_millis(10))), false),
    };
    let size = packet.size.as_ref().map_or(Ok(56), |text| whole("-b", text, 0, MAX_SIZE))?;
    let enough = u32_of("-X", &schedule.fast_reachable, 1)?;
    Ok(Config {
        mode,
        spacing,
        space_retries,
        period,
        timeout: time("-t", &schedule.timeout)?.unwrap_or(own_timeout),
        exchange: if packet.icmp_timestamp { Exchange::Timestamp } else { Exchange::Echo },
        size: usize::try_from(size).unwrap_or(usize::MAX),
        pattern: Pattern::Bytes(vec![0]),
        check_source: packet.check_source,
        late_counts: !fping,
        enough_alive: enough,
        percentiles: args.output.percentiles,
        keep_times: vcount.is_some(),
        ..Config::new(Vec::new(), [0; 16])
    })
}
