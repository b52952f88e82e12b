//! The one line that bad input gets: which argument, what is wrong with it, what would do.
//!
//! Arguments come from anywhere, so what of them is repeated is stripped of control characters and cut short: an error
//! stays one line and cannot paint the terminal. clap's own errors run over several lines; they are put into one here.

use std::ffi::OsStr;
use std::fmt;
use std::io;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::report::is_unfit;
use crate::sys::errno::Errno;

/// Characters of an argument that a message repeats.
const SHOWN: usize = 64;

/// Why a command does not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(String);

impl Refusal {
    /// About an option and its value: `-c 0: <problem>`.
    #[must_use]
    pub fn of(option: &str, value: impl AsRef<OsStr>, problem: impl fmt::Display) -> Self {
        let value = shown(&value.as_ref().to_string_lossy());
        let value = if value.is_empty() { "''".to_owned() } else { value };
        Refusal::new(format!("{option} {value}: {problem}"))
    }

    /// Any other line. What it repeats of an argument should have gone through `shown`, which cuts it short; whatever has
    /// no place in a line is taken out here.
    #[must_use]
    pub fn new(line: impl Into<String>) -> Self {
        let mut line = line.into();
        if line.chars().any(is_unfit) {
            line = line.chars().map(fit).collect();
        }
        Refusal(line)
    }

    /// What the system refused, in its own words.
    #[must_use]
    pub fn io(what: &str, error: &io::Error) -> Self {
        Refusal(format!("{what}: {}", Errno::from(error)))
    }

    /// One line for an error of the option parser.
    #[must_use]
    pub fn from_clap(error: &clap::Error, name: &str) -> Self {
        let context = |kind| match error.get(kind) {
            Some(ContextValue::String(text)) => Some(shown(text)),
            Some(ContextValue::Strings(texts)) => texts.first().map(|text| shown(text)),
            _ => None,
        };
        // clap names an option by its whole usage, `--count <N>`.
        let argument = context(ContextKind::InvalidArg).unwrap_or_default();
        let option = argument.split(' ').next().unwrap_or_default();
        let hint = context(ContextKind::SuggestedArg).map(|like| format!("; did you mean '{like}'?"));
        let hint = hint.unwrap_or_else(|| format!("; '{name} --help' lists the options"));
        Refusal(match error.kind() {
            ErrorKind::UnknownArgument => format!("unknown option '{argument}'{hint}"),
            // Every value of ours is free text, so what is invalid is an option that came without one.
            ErrorKind::InvalidValue | ErrorKind::NoEquals | ErrorKind::WrongNumberOfValues => {
                format!("{option} needs a value")
            }
            ErrorKind::TooManyValues => format!("{option} takes no value"),
            ErrorKind::MissingRequiredArgument if !argument.contains("HOST") => {
                format!("usage error: {argument} is missing{hint}")
            }
            ErrorKind::MissingRequiredArgument => {
                "usage error: no host given; name at least one, as in: 127.0.0.1".to_owned()
            }
            ErrorKind::InvalidUtf8 => "an argument is not UTF-8; names and numbers are".to_owned(),
            _ => shown(error.to_string().lines().next().unwrap_or_default().trim_start_matches("error: ")),
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What stands for a character in a message.
fn fit(c: char) -> char {
    if is_unfit(c) { '?' } else { c }
}

/// An argument as a message may repeat it: no control characters, no marks that hide or turn text, not longer than a line bears.
pub(super) fn shown(text: &str) -> String {
    let mut out: String = text.chars().take(SHOWN).map(fit).collect();
    if text.chars().nth(SHOWN).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_cannot_paint_the_terminal() {
        assert_eq!(Refusal::of("-Q", "\u{1b}[31m\n", "no").to_string(), "-Q ?[31m?: no");
        assert_eq!(Refusal::of("-w", "x\u{202e}", "no 'x\u{202e}\u{9b}'").to_string(), "-w x?: no 'x??'");
        assert_eq!(Refusal::new("a\nb\u{200b}").to_string(), "a?b?");
        assert_eq!(shown(&"a".repeat(300)).chars().count(), SHOWN + 1);
        assert_eq!(Refusal::of("-p", "", "no").to_string(), "-p '': no");
    }
}
