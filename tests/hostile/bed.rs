//! Runs of all commands with `--json`, and what each told of one target.

use serde_json::Value;

use crate::lab::Host;
pub(crate) use crate::told::{events, number};

pub(crate) const RPING: &str = env!("CARGO_BIN_EXE_rping");
pub(crate) const RTRACE: &str = env!("CARGO_BIN_EXE_rtrace");
pub(crate) const RSWEEP: &str = env!("CARGO_BIN_EXE_rsweep");
pub(crate) const RLINK: &str = env!("CARGO_BIN_EXE_rlink");
pub(crate) const RCHECK: &str = env!("CARGO_BIN_EXE_rcheck");

/// A way to ask many hosts whether they answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    /// Three probes to each.
    Rping,
    /// The exact engine, three probes to each.
    Rsweep,
    /// The stateless engine: one.
    Stateless,
    /// Three to each.
    Rcheck,
}

pub(crate) const ASKERS: [Asker; 4] = [Asker::Rping, Asker::Rsweep, Asker::Stateless, Asker::Rcheck];

/// What a host came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) sent: u64,
    /// Answers that count.
    pub(crate) received: u64,
    pub(crate) errors: u64,
}

impl Asker {
    /// Asks them all over one kind of socket, and what each came to, in their order.
    #[track_caller]
    pub(crate) fn ask(self, host: &Host, socket: &str, targets: &[String]) -> Vec<Told> {
        let (program, words) = match self {
            Asker::Rping => (RPING, "--json -n -c 3 -i 0.1 -W 2"),
            Asker::Rsweep => (RSWEEP, "--json -C 3 -i 0.2 -p 100 -t 2000"),
            Asker::Stateless => (RSWEEP, "--json -r 0 --engine stateless -i 0.5 -t 2000"),
            Asker::Rcheck => (RCHECK, "--json -p 3 -i 100ms -w 900ms,40% -c 1s,80%"),
        };
        let run = host.command(program).words(words).args(["--socket", socket]).args(targets);
        let out = run.limit(std::time::Duration::from_secs(60)).output();
        let events = events(&out);
        assert!(!events.is_empty(), "{out:#?}");
        targets
            .iter()
            .map(|target| self.told(&events, target).unwrap_or_else(|| panic!("{target}: {out:#?}")))
            .collect()
    }

    fn told(self, events: &[Value], target: &str) -> Option<Told> {
        let mut of = events.iter().filter(|event| event["target"] == target);
        if self == Asker::Stateless {
            let (mut received, mut errors) = (0, 0);
            for event in of {
                received += u64::from(event["event"] == "alive");
                errors += u64::from(event["event"] == "error");
            }
            return Some(Told { sent: 1, received, errors });
        }
        let end = of.find(|event| event["event"] == "summary" || event["event"] == "verdict")?;
        Some(Told { sent: number(end, "sent"), received: number(end, "received"), errors: number(end, "errors") })
    }
}
