//! A program about to run inside a host's namespace: as root or as nobody, with its output captured and a time limit.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::netns::Netns;
use super::running::{Output, Running};
use super::sys;

/// The user and group that tests call unprivileged (`nobody`, `nogroup`).
const NOBODY: u32 = 65_534;

/// Who runs a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// Root of the lab, with every capability.
    Root,
    /// A user without capabilities (needs [`Need::OtherUser`](super::Need::OtherUser)).
    Nobody,
}

/// A command about to be run in a namespace.
#[derive(Debug)]
pub struct Run {
    netns: Netns,
    program: OsString,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    stdin: Vec<u8>,
    stdout: Option<Stdio>,
    stderr: Option<Stdio>,
    arg0: Option<OsString>,
    user: User,
    limit: Duration,
}

impl Run {
    /// A command in `netns`; by default as root, standard input empty, limit forty seconds: what hangs is found, what a busy
    /// machine delays is not.
    pub fn new(netns: Netns, program: impl AsRef<OsStr>) -> Run {
        Run {
            netns,
            program: program.as_ref().to_owned(),
            args: Vec::new(),
            env: Vec::new(),
            stdin: Vec::new(),
            stdout: None,
            stderr: None,
            arg0: None,
            user: User::Root,
            limit: Duration::from_secs(40),
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Run {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Run {
        self.args.extend(args.into_iter().map(|a| a.as_ref().to_owned()));
        self
    }

    /// Adds the words of a line, split at spaces.
    #[must_use]
    pub fn words(self, line: &str) -> Run {
        self.args(line.split_whitespace())
    }

    /// The name that the program is called by, as a link to it would give.
    #[must_use]
    pub fn called(mut self, arg0: &str) -> Run {
        self.arg0 = Some(arg0.into());
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, key: &str, value: &str) -> Run {
        self.env.push((key.into(), value.into()));
        self
    }

    /// What the command reads on standard input.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Run {
        self.stdin = bytes.into();
        self
    }

    /// Sends standard output elsewhere (a full device, a closed pipe); it is then not captured.
    #[must_use]
    pub fn stdout_to(mut self, to: impl Into<Stdio>) -> Run {
        self.stdout = Some(to.into());
        self
    }

    /// Sends standard error elsewhere; it is then not captured.
    #[must_use]
    pub fn stderr_to(mut self, to: impl Into<Stdio>) -> Run {
        self.stderr = Some(to.into());
        self
    }

    /// Who runs it.
    #[must_use]
    pub fn user(mut self, user: User) -> Run {
        self.user = user;
        self
    }

    /// When it is killed if it has not ended.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Run {
        self.limit = limit;
        self
    }

    /// Runs it to its end.
    #[track_caller]
    pub fn output(self) -> Output {
        self.start().wait()
    }

    /// Starts it and goes on.
    #[track_caller]
    pub fn start(self) -> Running {
        let program = self.program.clone();
        self.try_start().unwrap_or_else(|e| panic!("cannot run {program:?}: {e}"))
    }

    /// Starts it and goes on, or says why the kernel refused to.
    pub fn try_start(self) -> io::Result<Running> {
        let limit = self.limit;
        let started = Instant::now();
        let mut child = self.netns.enter(|| {
            let (mut command, file) = command_of(&self.program, self.user)?;
            command.args(&self.args).envs(self.env.iter().cloned()).stdin(Stdio::piped());
            command.stdout(self.stdout.unwrap_or_else(Stdio::piped)).stderr(self.stderr.unwrap_or_else(Stdio::piped));
            if let Some(name) = &self.arg0 {
                command.arg0(name);
            }
            sys::default_signals(&mut command);
            let child = command.spawn();
            drop(file);
            child
        })?;
        let mut stdin = child.stdin.take();
        let bytes = self.stdin;
        thread::spawn(move || stdin.as_mut().map(|to| to.write_all(&bytes)));
        Ok(Running::new(child, started, limit))
    }
}

/// The plain command, and the descriptor that must stay open until it has started.
///
/// Nobody may not be allowed to walk to a program below the builder's home directory, so it is handed over by descriptor.
fn command_of(program: &OsStr, user: User) -> io::Result<(Command, Option<OwnedFd>)> {
    if user == User::Root {
        return Ok((Command::new(program), None));
    }
    let (mut command, file) = if program.as_encoded_bytes().starts_with(b"/") {
        let file = sys::inheritable(&OwnedFd::from(File::open(program)?))?;
        let mut command = Command::new(format!("/proc/self/fd/{}", file.as_raw_fd()));
        command.arg0(program);
        (command, Some(file))
    } else {
        (Command::new(program), None)
    };
    command.uid(NOBODY).gid(NOBODY).current_dir("/");
    Ok((command, file))
}
