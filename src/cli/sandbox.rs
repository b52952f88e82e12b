//! What each command may do once its sockets are open, and the giving up of all the rest.
//!
//! Everything that needs privilege is opened first ([`Rules::close`] is the last step of each command's `open`); then ids
//! and capabilities go for good, in the only thread there is, and the kernel is asked to refuse what no probe needs:
//! changing files (Landlock), and running programs, looking into others, new raw and packet sockets (a filter of system
//! calls). Only then are names looked up, answers read and threads started, which inherit all of it.
//!
//! What stays: reading files and standard streams; UDP, TCP, ping, netlink and local sockets (name services, routes, the
//! interface that comes back, connections); threads, time, memory.

use std::io::{self, Write};
use std::path::Path;

use clap::Args as ClapArgs;

use super::Refusal;
use super::options::options;
use crate::sys::errno::Errno;
use crate::sys::{caps, landlock, seccomp};

/// What a command may do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// The command.
    command: &'static str,
    /// Whether it takes privilege from its file (capabilities, set-user-id), and so on behalf of every user.
    takes_from_file: bool,
    /// The option whose file is replaced as a whole at the end: its directory may be written in. All other output files
    /// are open by then, and nothing else may be changed.
    replaces: Option<&'static str>,
}

/// rping: the capture is open by then.
pub(super) const RPING: Rules = Rules { command: "rping", takes_from_file: true, replaces: None };
/// rtrace writes no files.
pub(super) const RTRACE: Rules = Rules { command: "rtrace", takes_from_file: true, replaces: None };
/// rsweep: the lists of the alive and the dead are open by then.
pub(super) const RSWEEP: Rules = Rules { command: "rsweep", takes_from_file: true, replaces: None };
/// rcheck.
pub(super) const RCHECK: Rules = Rules { command: "rcheck", takes_from_file: true, replaces: Some("--textfile") };
/// rlink, all of its commands: the capture is open by then.
pub(super) const RLINK: Rules = Rules { command: "rlink", takes_from_file: false, replaces: None };

/// How a run was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sandbox<'a> {
    /// What messages begin with.
    pub(super) name: &'a str,
    /// `--no-sandbox`.
    pub(super) off: bool,
    /// Whether what is missing is named.
    pub(super) verbose: bool,
}

options! {
/// What every command can be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ClapArgs)]
pub struct SandboxArgs {
    /// Run without the sandbox, to find out whether it is at fault; see PRIVILEGES
    #[arg(long, global = true)]
    pub no_sandbox: bool,
}
}

impl Rules {
    /// Whether this process may use the privilege that it has.
    ///
    /// # Errors
    /// One line, where that comes from the file of a command that takes none from there. To be called first of all.
    pub(super) fn check_origin(&self) -> Result<(), Refusal> {
        if self.takes_from_file || !caps::come_from_file() {
            return Ok(());
        }
        let command = self.command;
        Err(Refusal::new(format!(
            "takes no privilege from its file (capabilities, set-user-id): with it every user could read what passes the \
             link; take it away (sudo setcap -r \"$(command -v {command})\", sudo chmod u-s) and run sudo {command}"
        )))
    }

    /// Gives up ids, capabilities and everything else. `replaced` is the file of the option that the rules name. To be
    /// called before threads are started and names resolved.
    ///
    /// # Errors
    /// One line, where privilege would be left. A kernel without Landlock or filters is no error; with `-v` it is named.
    pub(super) fn close(&self, how: Sandbox<'_>, replaced: Option<&Path>) -> Result<(), Refusal> {
        let given_up = caps::drop_setuid_for_good().and_then(|()| caps::drop_all()).and_then(|()| caps::forbid_gains());
        given_up.map_err(|error| Refusal::io("cannot give up privileges", &error))?;
        if how.off {
            return Ok(());
        }
        let directory = replaced.filter(|_| self.replaces.is_some()).and_then(Path::parent);
        let writing = landlock::restrict_writing(directory.as_slice());
        how.name_lack(writing, "no Landlock: files are protected by their permissions alone");
        how.name_lack(seccomp::refuse_calls(), "no filter of system calls: only the missing privilege refuses them");
        Ok(())
    }
}

impl Sandbox<'_> {
    fn name_lack(&self, done: io::Result<()>, what: &str) {
        if let Err(error) = done.as_ref().map_err(Errno::from) {
            if self.verbose {
                // Where stderr fails as well there is nobody left to tell.
                let _ = writeln!(io::stderr(), "{}: sandbox: {what} ({error})", self.name);
            }
        }
    }
}
