//! The manual page and shell completions, made from the option table (`--generate`).

use clap_complete::Shell;

use super::args::command;
use crate::cli::Refusal;

/// The text of one of them.
///
/// # Errors
/// One line, where there is no such thing.
pub(super) fn generate(what: &str) -> Result<String, Refusal> {
    let shell = match what {
        "man" => return Ok(super::man::page()),
        "bash" => Shell::Bash,
        "zsh" => Shell::Zsh,
        "fish" => Shell::Fish,
        _ => return Err(Refusal::of("--generate", what, "not one of man, bash, zsh, fish")),
    };
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command(), "rping", &mut text);
    Ok(String::from_utf8_lossy(&text).into_owned())
}
