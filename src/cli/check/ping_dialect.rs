//! What only `check_ping` has: thresholds among the positional words, all four of them demanded, and a warning for
//! duplicates.

use super::args::Args;
use crate::check::{Metric, Pair, Rule, Severity, Threshold, number, percent};
use crate::cli::Refusal;

/// Duplicates make a warning there.
pub(super) fn duplicates() -> Threshold {
    let (metric, severity) = (Metric::Duplicates, Severity::Warning);
    Threshold { metric, severity, rule: Rule::Reaches(1.0), text: "duplicates".to_owned() }
}

/// The hosts, and the thresholds that stand behind the first positional word: warning loss, critical loss, warning RTA,
/// critical RTA, in this order, as far as options have not given them.
pub(super) fn positionals(args: &Args) -> Result<super::plan::Positionals, Refusal> {
    let mut hosts: Vec<String> = args.hosts.host.iter().flat_map(|host| host.split(',')).map(str::to_owned).collect();
    let mut words = args.targets.iter();
    if hosts.is_empty() {
        hosts.extend(words.next().cloned());
    }
    if hosts.is_empty() && args.hosts.file.is_none() {
        return Err(Refusal::new("You must specify a server address or host name"));
    }
    let given = |texts: &[String]| {
        let has_loss = texts.iter().any(|text| text.contains('%'));
        let has_rta = texts.iter().any(|text| !text.ends_with('%') || text.contains([',', ':']));
        (has_rta, has_loss)
    };
    let (mut wrta, mut wpl) = given(&args.thresholds.warning);
    let (mut crta, mut cpl) = given(&args.thresholds.critical);
    let (mut warning, mut critical) = ((None, None), (None, None));
    let slots: [(&mut bool, &mut Option<String>, bool); 4] = [
        (&mut wpl, &mut warning.1, true),
        (&mut cpl, &mut critical.1, true),
        (&mut wrta, &mut warning.0, false),
        (&mut crta, &mut critical.0, false),
    ];
    for (is_given, slot, is_loss) in slots {
        if *is_given {
            continue;
        }
        let Some(word) = words.next() else { break };
        let read = if is_loss { percent(word) } else { number(word) };
        read.map_err(|error| Refusal::of("threshold", word, error))?;
        *slot = Some(if is_loss { format!("{}%", word.trim_end_matches('%')) } else { format!("{word}ms") });
        *is_given = true;
    }
    if let Some(word) = words.next() {
        return Err(Refusal::of("argument", word, "one too many; the number of packets is -p"));
    }
    for (is_given, name) in [(wpl, "<wpl>"), (cpl, "<cpl>"), (wrta, "<wrta>"), (crta, "<crta>")] {
        if !is_given && args.hosts.file.is_none() {
            return Err(Refusal::new(format!("{name} was not set: write -w 100,20% -c 200,40%")));
        }
    }
    Ok((hosts, (joined(warning, Pair::WARNING), joined(critical, Pair::CRITICAL))))
}

/// Both halves as one pair, so that neither replaces the other.
fn joined((rta, loss): (Option<String>, Option<String>), default: Pair) -> Option<String> {
    match (rta, loss) {
        (None, None) => None,
        (Some(rta), Some(loss)) => Some(format!("{rta},{loss}")),
        (Some(rta), None) => Some(format!("{rta},{}%", default.loss)),
        (None, Some(loss)) => Some(format!("{}ms,{loss}", default.rta.as_millis())),
    }
}
