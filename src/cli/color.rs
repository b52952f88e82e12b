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
    /// The value of an option.
    ///
    /// # Errors
    /// One line, where it is none of the three.
    pub(super) fn read(option: &str, text: &str) -> Result<Color, Refusal> {
        values::choice(option, text, &[("auto", Color::Auto), ("always", Color::Always), ("never", Color::Never)])
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
