//! The manual page and shell completions, made from the option table (`--generate`).

use clap::Command;
use clap_complete::Shell;

use super::{Invocation, Refusal, man};

/// The text of one of them for the command `own`, whose page has this prose. Completions are for the name that it was
/// `called` by, where that is the one that packages install it as.
///
/// # Errors
/// One line, where there is no such thing.
pub(super) fn generate(
    what: &str,
    own: &str,
    called: &str,
    prose: &str,
    mut command: Command,
) -> Result<String, Refusal> {
    let shell = match what {
        "man" => return Ok(man::page(prose, command)),
        "bash" => Shell::Bash,
        "zsh" => Shell::Zsh,
        "fish" => Shell::Fish,
        _ => return Err(Refusal::of("--generate", what, "not one of man, bash, zsh, fish")),
    };
    let packaged = Invocation::packaged(own);
    let name = if called == packaged { &packaged } else { own };
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut text);
    Ok(String::from_utf8_lossy(&text).into_owned())
}
