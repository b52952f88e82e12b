//! Option tables, read as getopt reads them: an option takes the next word as its value whatever that looks like.
//!
//! A table is a structure of words, declared once by [`options!`](table): help, man page and completions are made of it
//! by clap, which also says what is wrong with a command line. The way from a sound command line to the structure is
//! [`plain`], which builds none of that; what it does not read for certain is clap's.

mod plain;
mod table;

use std::ffi::OsString;

use clap::{Command, CommandFactory, FromArgMatches};

pub(in crate::cli) use table::options;
pub(super) use table::{AsSlot, Name, Slot, Table};

/// A command's table, as help, man page, completions and parsing have it.
#[must_use]
pub(super) fn table<A: CommandFactory>() -> Command {
    A::command().mut_args(any_word)
}

/// Lets an option that has a value take any word as such.
pub(super) fn any_word(arg: clap::Arg) -> clap::Arg {
    let takes_any_word = arg.get_action().takes_values() && !arg.is_positional();
    if takes_any_word { arg.allow_hyphen_values(true) } else { arg }
}

/// Reads a command line, its first word being the command's own name.
///
/// # Errors
/// Where an option is unknown or misses its value; also "errors" that are help or version texts.
pub(super) fn read<A, I, T>(words: I) -> Result<A, clap::Error>
where
    A: CommandFactory + FromArgMatches + Table + Default,
    I: IntoIterator<Item = T>,
    T: Into<OsString>,
{
    let words: Vec<OsString> = words.into_iter().map(Into::into).collect();
    match plain::read(words.get(1..).unwrap_or_default()) {
        Some(args) => Ok(args),
        None => thoroughly(words),
    }
}

/// As [`read`] does it where a line is not plain.
fn thoroughly<A: CommandFactory + FromArgMatches>(words: Vec<OsString>) -> Result<A, clap::Error> {
    A::from_arg_matches(&table::<A>().try_get_matches_from(words)?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
