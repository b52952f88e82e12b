//! The four states that plugins know, and what several of them come to.
//!
//! Worst is CRITICAL, then UNKNOWN (what was asked for could not be measured), then WARNING: whoever reads the worst of
//! many must not take something unmeasured for something that is only slow.

/// What a check comes to; the numbers are the exit codes of the plugin interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// 0: as it should be.
    Ok,
    /// 1: near the limit.
    Warning,
    /// 2: beyond it.
    Critical,
    /// 3: not known.
    Unknown,
}

impl State {
    /// The exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            State::Ok => 0,
            State::Warning => 1,
            State::Critical => 2,
            State::Unknown => 3,
        }
    }

    /// The word that begins a status line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            State::Ok => "OK",
            State::Warning => "WARNING",
            State::Critical => "CRITICAL",
            State::Unknown => "UNKNOWN",
        }
    }

    /// The same in small letters, for JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Critical => "critical",
            State::Unknown => "unknown",
        }
    }

    const fn badness(self) -> u8 {
        match self {
            State::Ok => 0,
            State::Warning => 1,
            State::Unknown => 2,
            State::Critical => 3,
        }
    }

    /// The worse of two.
    #[must_use]
    pub const fn worse(self, other: State) -> State {
        if other.badness() > self.badness() { other } else { self }
    }
}

/// What several hosts come to: the worst of them or, with `min_ok`, OK if so many are, WARNING if so many are at least in
/// WARNING, and CRITICAL otherwise; UNKNOWN where hosts that are not known could still make the difference.
#[must_use]
pub fn at_least(states: &[State], min_ok: Option<usize>) -> State {
    let Some(wanted) = min_ok else { return states.iter().copied().fold(State::Ok, State::worse) };
    let count = |state| states.iter().filter(|other| **other == state).count();
    let (ok, warning, unknown) = (count(State::Ok), count(State::Warning), count(State::Unknown));
    if ok >= wanted {
        State::Ok
    } else if ok + warning >= wanted {
        State::Warning
    } else if ok + warning + unknown >= wanted {
        State::Unknown
    } else {
        State::Critical
    }
}

#[cfg(test)]
mod tests {
    use super::State::{Critical, Ok, Unknown, Warning};
    use super::*;

    #[test]
    fn worst_wins_and_unknown_is_worse_than_slow() {
        for (states, worst) in [
            (&[][..], Ok),
            (&[Ok, Ok], Ok),
            (&[Ok, Warning], Warning),
            (&[Warning, Unknown, Ok], Unknown),
            (&[Unknown, Critical, Warning], Critical),
        ] {
            assert_eq!(at_least(states, None), worst, "{states:?}");
        }
        assert_eq!([Ok, Warning, Critical, Unknown].map(State::code), [0, 1, 2, 3]);
    }

    #[test]
    fn enough_good_hosts_are_enough() {
        for (states, wanted, state) in [
            (&[Ok, Critical, Critical][..], 1, Ok),
            (&[Ok, Warning, Critical], 2, Warning),
            (&[Ok, Warning, Critical], 3, Critical),
            (&[Ok, Unknown, Critical], 2, Unknown),
            (&[Ok, Unknown, Critical], 3, Critical),
            (&[Critical], 0, Ok),
            (&[Ok, Ok], 2, Ok),
        ] {
            assert_eq!(at_least(states, Some(wanted)), state, "{states:?} {wanted}");
        }
    }
}
