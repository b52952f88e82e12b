//! Figures held against thresholds: the verdict, and what it follows from.
//!
//! A host that answers nothing is CRITICAL whatever was asked, and one that nothing could be sent to is UNKNOWN: that is
//! this host's trouble and not the other's. A threshold whose metric could not be measured is UNKNOWN, because to take
//! it for kept or for broken would both be lies.

use super::{Figures, Samples, Severity, State, Threshold};
use crate::sys::errno::Errno;

/// What a verdict depends on besides figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// The run was cut short before it came to its end (a signal).
    pub interrupted: bool,
}

/// What one threshold came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finding {
    /// Its metric's figure.
    pub value: Option<f64>,
    /// OK, its severity, or UNKNOWN where there is no figure.
    pub state: State,
}

/// Why a verdict is what it is where no threshold says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Every probe that was sent is lost or refused.
    NoAnswer,
    /// This host sent nothing.
    NotSent(Errno),
    /// Nothing was sent, or all of it is still on its way.
    NothingKnown,
    /// It was interrupted.
    Interrupted,
}

/// The verdict on one host.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What it is.
    pub state: State,
    /// What each threshold came to, in their order.
    pub findings: Vec<Finding>,
    /// What else it follows from.
    pub reason: Option<Reason>,
}

/// Judges.
#[must_use]
pub fn judge(samples: &Samples, figures: &Figures, thresholds: &[Threshold], how: Circumstances) -> Verdict {
    let reason = reason(samples, how);
    let findings: Vec<Finding> = thresholds
        .iter()
        .map(|threshold| {
            let value = figures.get(threshold.metric);
            let state = match value.map(|value| threshold.rule.alerts(value)) {
                None => State::Unknown,
                Some(false) => State::Ok,
                Some(true) => match threshold.severity {
                    Severity::Warning => State::Warning,
                    Severity::Critical => State::Critical,
                },
            };
            Finding { value, state }
        })
        .collect();
    let state = match reason {
        Some(Reason::NoAnswer) => State::Critical,
        Some(_) => State::Unknown,
        None => findings.iter().map(|finding| finding.state).fold(State::Ok, State::worse),
    };
    Verdict { state, findings, reason }
}

fn reason(samples: &Samples, how: Circumstances) -> Option<Reason> {
    if how.interrupted {
        return Some(Reason::Interrupted);
    }
    match (samples.sent(), samples.loss_percent(), samples.not_sent) {
        (0, _, Some(errno)) => Some(Reason::NotSent(errno)),
        (_, None, _) => Some(Reason::NothingKnown),
        (_, Some(_), _) if samples.received() == 0 => Some(Reason::NoAnswer),
        _ => None,
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
