//! What a command tells its shell.

/// How a run ended, with the exit codes of `ping`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: what was asked for is so.
    Yes,
    /// 1: it is not.
    No,
    /// 2: it could not be found out, all or in part: usage, a local error, a name that does not resolve.
    Trouble,
}

impl From<Exit> for u8 {
    fn from(exit: Exit) -> u8 {
        match exit {
            Exit::Yes => 0,
            Exit::No => 1,
            Exit::Trouble => 2,
        }
    }
}
