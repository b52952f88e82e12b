//! Which lines are printed, and how they look: fping's rules of what `-q`, `-a`, `-u`, `-x` and the modes make of each other.

use std::time::Duration;

use crate::cli::sweep::args::Args;
use crate::cli::values::{choice, whole};
use crate::cli::{Invocation, Refusal};
use crate::report::TimeFormat;
use crate::report::sweep::{Shown, Style};
use crate::sweep::{Config, Mode};

/// The style of the text.
pub(super) fn style(
    args: &Args,
    invocation: &Invocation,
    config: &Config,
    report_every: Option<Duration>,
) -> Result<Style, Refusal> {
    let (output, schedule) = (&args.output, &args.schedule);
    let formats = [("ctime", TimeFormat::Ctime), ("iso", TimeFormat::Iso), ("rfc3339", TimeFormat::Rfc3339)];
    let format = output
        .timestamp_format
        .as_ref()
        .map_or(Ok(TimeFormat::Seconds), |text| choice("--timestamp-format", text, &formats))?;
    let at_least = schedule.reachable.as_ref().map(|text| whole("-x", text, 1, u32::MAX.into())).transpose()?;
    let enough = config.enough_alive.or(at_least);
    let quiet = output.quiet || output.squiet.is_some();
    let fping = invocation.peer.is_some();
    let asks_often = !matches!(config.mode, Mode::Alive { .. });
    let replies = match config.mode {
        Mode::Alive { .. } => false,
        Mode::Count(_) => !quiet,
        // fping's -q does not quiet a loop, -Q does.
        Mode::Loop => report_every.is_none() && (fping || !quiet),
    };
    let lists = (output.alive || output.unreach) && !asks_often;
    Ok(Style {
        name: invocation.name.clone(),
        fping,
        shown: Shown {
            verdicts: !asks_often && !quiet && !lists && enough.is_none(),
            alive: lists && output.alive,
            unreachable: lists && output.unreach,
            replies,
            quiet,
        },
        elapsed: output.elapsed,
        timestamps: output.timestamp.then_some(format),
        outage: output.outage,
        every_time: config.keep_times,
        netdata: output.netdata,
        print_ttl: output.print_ttl,
        print_tos: output.print_tos,
        print_reply_dst: output.print_reply_dst,
        stats: output.stats,
        percentiles: output.percentiles,
        enough,
    })
}
