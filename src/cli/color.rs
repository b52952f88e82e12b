//! When colour is used: on a terminal, unless the environment or the user says otherwise.

use std::io::IsTerminal;

use super::{Refusal, values};

/// When colour is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// What `--color` says; without it: never where `plain`, else automatic.
    ///
    /// # Errors
    /// One line, where it is none of the three.
    pub(super) fn read(option: Option<&String>, plain: bool) -> Result<Color, Refusal> {
        match option {
            None if plain => Ok(Color::Never),
            None => Ok(Color::Auto),
            Some(text) => {
                let all = [("auto", Color::Auto), ("always", Color::Always), ("never", Color::Never)];
                values::choice("--color", text, &all)
            }
        }
    }

    /// Whether what goes to this place is coloured.
    pub(super) fn is_on(self, place: &impl IsTerminal) -> bool {
        match self {
            Color::Auto => place.is_terminal() && std::env::var_os("TERM").is_some_and(|term| term != "dumb"),
            Color::Always => true,
            Color::Never => false,
        }
    }
}

/// Whether the environment asks for no colour (no-color.org).
pub(super) fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}
