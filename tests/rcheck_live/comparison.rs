//! What a plugin and rcheck said of the same network, compared: codes, texts, every figure and threshold.
//!
//! A plugin is held to its own words first: whose figures cannot be is no judge of ours.

use crate::lab::Output;
use crate::perfdata::Plugin;

/// Whether a plugin's own figures can be: `check_ping` prints what stood in its memory where its alarm and the end of its
/// `ping` fall together, or that it timed out itself.
pub fn is_possible(theirs: &str) -> bool {
    let Some((_, data)) = theirs.split_once('|') else {
        return !theirs.to_lowercase().contains("timed out");
    };
    let figures = data.split_whitespace().filter_map(|datum| datum.split_once('='));
    figures.into_iter().all(|(label, figure)| {
        let end = figure.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap_or(figure.len());
        let Ok(value) = figure[..end].parse::<f64>() else { return figure.starts_with('U') };
        let most = if label.trim_matches('\'').ends_with("pl") { 100.0 } else { 1e6 };
        (0.0..=most).contains(&value)
    })
}

/// What the network loses of one host's probes, in per cent, where that is all or nothing.
pub fn known_loss(words: &str) -> Option<f64> {
    let of = |subnets: &[&str]| {
        let host =
            |subnet: &&str| words.contains(&format!("10.9.{subnet}.@")) || words.contains(&format!("9:{subnet}::@"));
        words.matches('@').count() == 1 && subnets.iter().any(host)
    };
    let lost = of(&["8"]).then_some(100.0);
    lost.or(of(&["1", "2", "3"]).then_some(0.0))
}

/// What the two say differently, or differently from what is expected.
pub fn difference((name, code): (&str, i32), theirs: &Output, ours: &Output) -> Option<String> {
    if (theirs.code(), ours.code()) != (Some(code), Some(code)) {
        return Some(format!("exit codes, not {code}"));
    }
    if code == 3 {
        return None;
    }
    if name == "check_ping" && !theirs.stdout.contains('|') {
        return (theirs.stdout != ours.stdout).then(|| "texts".to_owned());
    }
    other_figures(&theirs.stdout, &ours.stdout)
}

/// The labels of 2.3 are all there, with the same loss, the same thresholds and no farther from each other than a busy
/// machine is from itself; else the first that is not so.
fn other_figures(theirs: &str, ours: &str) -> Option<String> {
    let (theirs, ours) = (Plugin::read(theirs), Plugin::read(ours));
    if theirs.state != ours.state {
        return Some("states".to_owned());
    }
    let number = |text: &str| text.parse::<f64>().ok();
    for label in &theirs.labels {
        let (a, b) = (theirs.datum(label), ours.datum(label));
        let same_unit = b.value.is_none() || a.uom == b.uom;
        let same_limits = (number(&a.warn), number(&a.crit)) == (number(&b.warn), number(&b.crit));
        let same_value = if label.ends_with("pl") {
            // The plugin cuts decimals off.
            a.value.map(f64::trunc) == b.value.map(f64::trunc)
        } else if label.ends_with("rta") && b.value.is_some() {
            a.value.zip(b.value).is_some_and(|(a, b)| (a - b).abs() < 60.0)
        } else {
            true
        };
        if !(same_unit && same_limits && same_value) {
            return Some(format!("{label}: {a:?} and {b:?}"));
        }
    }
    let words = ["unreachable", "denied", "Prohibited", "exceeded"];
    let behind = |text: &str| text.split("10.9.").nth(1).and_then(|rest| Some(rest.split_once(": ")?.1.to_owned()));
    let named = words.iter().any(|word| theirs.text.contains(word));
    let reason = ours.text.split_once(": ").map(|(_, reason)| reason.to_owned());
    (named && behind(&theirs.text) != reason).then(|| "reasons".to_owned())
}

#[test]
fn figures_that_cannot_be_are_told_from_those_that_can() {
    for (text, possible) in [
        (
            "PING OK - Packet loss = 0%, RTA = 0.04 ms|rta=0.042000ms;1000.000000;3000.000000;0.000000 pl=0%;20;60;0\n",
            true,
        ),
        ("OK - 10.9.1.1: rta 0.030ms, lost 0%|rta=0.030ms;200.000;500.000;0; pl=0%;40;80;; rtmax=0.05ms;;;;\n", true),
        ("CRITICAL - 10.9.8.1: rta nan, lost 100%|rta=U;10;20;0; pl=100%;40;80;0;100\n", true),
        ("CRITICAL - Network Unreachable (10.9.9.1)\n", true),
        (
            "PING CRITICAL - DUPLICATES FOUND! Packet loss = -100%, RTA = 889956213981184.00 ms\
             |rta=889956213981184.000000ms;10.000000;30.000000;0.000000 pl=-100%;20;60;0\n",
            false,
        ),
        ("CRITICAL - x|rta=nan;1;2;0 pl=0%;20;60;0\n", false),
        ("CRITICAL - Plugin timed out after 2 seconds\n", false),
    ] {
        assert_eq!(is_possible(text), possible, "{text}");
    }
}
