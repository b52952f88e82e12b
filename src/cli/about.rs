//! What a command can be told about itself: its help, its version, and what is generated from its table.

use clap::{ArgAction, Args as ClapArgs};

use super::options::options;

options! {
/// What a command says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, ClapArgs)]
pub struct AboutArgs {
    /// Print the manual page or shell completions: man, bash, zsh or fish
    #[arg(long, value_name = "WHAT", hide = true)]
    pub generate: Option<String>,
    /// Print this help
    #[arg(short = 'h', long, action = ArgAction::Help)]
    help: Option<bool>,
    /// Print the version
    #[arg(short = 'V', long, action = ArgAction::Version)]
    version: Option<bool>,
}
}
