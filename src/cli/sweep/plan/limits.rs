//! What a user other than root may not ask of a network, though the file may open raw sockets for everybody.
//!
//! A host is asked no more often than ping's users may ask it, every 2 ms; all hosts together no faster than fping has it
//! where it was built with safe limits, 1 ms apart; and groups, whose every member answers, not at all.

use std::time::Duration;

use super::Plan;
use crate::cli::Refusal;
use crate::cli::ping::plan::schedule::USER_INTERVAL;
use crate::sweep::{Mode, Spacing};

/// Least time between two probes, whomever they are for.
const USER_SPACING: Duration = Duration::from_millis(1);

impl Plan {
    /// The same for a user other than root; a pace that was left to us is the fastest there is.
    ///
    /// # Errors
    /// One line on an option that asks for more.
    pub fn limited(mut self) -> Result<Plan, Refusal> {
        let config = &mut self.config;
        match config.spacing {
            Spacing::Auto => config.spacing = Spacing::Fixed(USER_SPACING),
            Spacing::Fixed(spacing) if spacing < USER_SPACING => {
                return Err(refusal("-i or --rate", "send no faster than every 1 ms (--rate 1000)"));
            }
            Spacing::Fixed(_) => {}
        }
        if config.period < USER_INTERVAL {
            return Err(refusal("-p", "ask a host no more often than every 2 ms"));
        }
        if config.timeout < USER_INTERVAL && matches!(config.mode, Mode::Alive { attempts: 2.., .. }) {
            return Err(refusal("-t", "ask a host again no sooner than after 2 ms"));
        }
        let fastest = 1.0 / USER_SPACING.as_secs_f64();
        self.scan.rate = Some(self.scan.rate.map_or(fastest, |rate| rate.min(fastest)));
        self.limited = true;
        Ok(self)
    }
}

fn refusal(option: &str, may: &str) -> Refusal {
    Refusal::new(format!("{option}: takes root; other users may {may}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::cli::Invocation;
    use crate::cli::sweep::args::Args;

    fn limited(line: &str) -> Result<Plan, String> {
        let words = std::iter::once("rsweep").chain(line.split_whitespace());
        let args = crate::cli::options::read::<Args, _, _>(words).unwrap();
        let invocation = Invocation::of(None, "rsweep", &["fping"]);
        Plan::of(&args, &invocation).unwrap().limited().map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn a_pace_of_ones_own_is_refused_where_it_is_too_fast() {
        for (line, expect) in [
            ("-i 0 h", "-i or --rate: takes root; other users may send no faster than every 1 ms (--rate 1000)"),
            ("--rate 5000 h", "-i or --rate: takes root; other users may send no faster than every 1 ms (--rate 1000)"),
            ("-c 5 -p 1 h", "-p: takes root; other users may ask a host no more often than every 2 ms"),
            ("-l -p 1.9 h", "-p: takes root; other users may ask a host no more often than every 2 ms"),
            ("-r 9 -t 1 h", "-t: takes root; other users may ask a host again no sooner than after 2 ms"),
        ] {
            assert_eq!(limited(line).unwrap_err(), expect, "{line}");
        }
        for line in ["h", "-i 1 h", "--rate 1000 h", "-c 5 -p 2 h", "-r 9 -t 2 h", "-r 0 -t 0.5 h", "-c 1 -t 0.5 h"] {
            assert!(limited(line).unwrap().limited, "{line}");
        }
    }

    #[test]
    fn a_pace_that_is_left_to_us_is_the_fastest_there_is() {
        let plan = limited("--rate auto --engine stateless 10.0.0.0/8").unwrap();
        assert_eq!((plan.config.spacing, plan.scan.rate), (Spacing::Fixed(Duration::from_millis(1)), Some(1000.0)));
        assert_eq!(limited("10.0.0.0/8").unwrap().scan.rate, Some(1000.0));
        assert_eq!(limited("-i 20 10.0.0.0/8").unwrap().scan.rate, Some(50.0));
    }
}
