//! Running a program inside a host's namespace: with its output captured, with a time limit, as root or as nobody.
//!
//! A program that outlives its limit, or the test, is killed by its own process id and reaped; nothing else ever is.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::netns::Netns;
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

/// How a command ended and what it wrote.
#[derive(Clone, Debug)]
pub struct Output {
    /// Exit status or signal.
    pub status: ExitStatus,
    /// All of its standard output.
    pub stdout: String,
    /// All of its standard error.
    pub stderr: String,
    /// It did not end by itself within its limit and was killed.
    pub killed: bool,
    /// From start to end.
    pub elapsed: Duration,
}

impl Output {
    /// The exit code; `None` after a signal.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The signal that ended it.
    pub fn signal(&self) -> Option<i32> {
        self.status.signal()
    }

    /// This output, if the command ended with exit code 0; a panic that shows everything otherwise.
    #[track_caller]
    pub fn ok(self) -> Output {
        assert!(self.status.success() && !self.killed, "command failed: {self:#?}");
        self
    }
}

impl Run {
    /// A command in `netns`; by default as root, standard input empty, limit ten seconds.
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
            limit: Duration::from_secs(10),
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
            let child = command.spawn();
            drop(file);
            child
        })?;
        let mut stdin = child.stdin.take();
        let bytes = self.stdin;
        thread::spawn(move || stdin.as_mut().map(|to| to.write_all(&bytes)));
        let stdout = child.stdout.take().map(Reader::new);
        let stderr = child.stderr.take().map(Reader::new);
        Ok(Running { child, stdout, stderr, started, limit, ended: None })
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

/// Collects a stream while the command runs.
#[derive(Debug)]
struct Reader {
    text: Arc<Mutex<Vec<u8>>>,
    thread: JoinHandle<()>,
}

impl Reader {
    fn new(mut from: impl Read + Send + 'static) -> Reader {
        let text = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&text);
        let thread = thread::spawn(move || {
            let mut buf = [0; 16 * 1024];
            while let Ok(n @ 1..) = from.read(&mut buf) {
                to.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buf[..n]);
            }
        });
        Reader { text, thread }
    }

    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.text.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

/// A command that runs; killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: Option<Reader>,
    stderr: Option<Reader>,
    started: Instant,
    limit: Duration,
    ended: Option<ExitStatus>,
}

impl Running {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal (`libc::SIGINT`).
    #[track_caller]
    pub fn signal(&self, signal: i32) {
        sys::signal(self.child.id(), signal).expect("send a signal to a command of this test");
    }

    /// Its standard output until now.
    pub fn stdout_so_far(&self) -> String {
        self.stdout.as_ref().map(Reader::so_far).unwrap_or_default()
    }

    /// Its standard error until now.
    pub fn stderr_so_far(&self) -> String {
        self.stderr.as_ref().map(Reader::so_far).unwrap_or_default()
    }

    /// Waits until `done` holds of the standard output; panics at the limit or when the command ends without.
    #[track_caller]
    pub fn wait_for(&mut self, mut done: impl FnMut(&str) -> bool) {
        loop {
            // Looked at before the output, so that what it wrote last is seen.
            let over = self.try_ended() || self.started.elapsed() > self.limit;
            if over {
                thread::sleep(Duration::from_millis(20));
            }
            let text = self.stdout_so_far();
            if done(&text) {
                return;
            }
            assert!(!over, "what was waited for never came; output:\n{text}{}", self.stderr_so_far());
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Whether it has ended by itself.
    pub fn try_ended(&mut self) -> bool {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().expect("ask after a child");
        }
        self.ended.is_some()
    }

    /// Waits for its end, at most until its limit.
    #[track_caller]
    pub fn wait(mut self) -> Output {
        let mut pause = Duration::from_micros(200);
        while !self.try_ended() && self.started.elapsed() < self.limit {
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(5));
        }
        let elapsed = self.started.elapsed();
        let killed = self.kill();
        let text = |r: Option<Reader>| {
            r.map_or_else(String::new, |r| {
                // A grandchild could hold the pipe open: wait for its end only a little.
                let until = Instant::now() + Duration::from_secs(1);
                while !r.thread.is_finished() && Instant::now() < until {
                    thread::sleep(Duration::from_millis(1));
                }
                r.so_far()
            })
        };
        let (stdout, stderr) = (text(self.stdout.take()), text(self.stderr.take()));
        let status = self.ended.expect("the command has ended");
        Output { status, stdout, stderr, killed, elapsed }
    }

    /// Ends it if it still runs; says whether it did.
    fn kill(&mut self) -> bool {
        if self.try_ended() {
            return false;
        }
        let _ = self.child.kill();
        self.ended = self.child.wait().ok();
        true
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}
