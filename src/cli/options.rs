//! Option tables, read as getopt reads them: an option takes the next word as its value whatever that looks like.

use std::ffi::OsString;

use clap::{Command, CommandFactory, FromArgMatches};

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
    A: CommandFactory + FromArgMatches,
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    A::from_arg_matches(&table::<A>().try_get_matches_from(words)?)
}
