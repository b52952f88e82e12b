//! A command that runs, and how it ended.
//!
//! One that outlives its limit, or the test, is killed by its own process id and reaped; nothing else ever is.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::sys;

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

    /// Its standard error without the word that probes were skipped: which a machine that stood still makes it say.
    pub fn said(&self) -> String {
        let lines = self.stderr.lines().filter(|line| !line.ends_with("skipped: too late for the schedule"));
        lines.map(|line| format!("{line}\n")).collect()
    }

    /// This output, if the command ended with exit code 0; a panic that shows everything otherwise.
    #[track_caller]
    pub fn ok(self) -> Output {
        assert!(self.status.success() && !self.killed, "command failed: {self:#?}");
        self
    }
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
    /// Begins to collect the output of `child`.
    pub(super) fn new(mut child: Child, started: Instant, limit: Duration) -> Running {
        let stdout = child.stdout.take().map(Reader::new);
        let stderr = child.stderr.take().map(Reader::new);
        Running { child, stdout, stderr, started, limit, ended: None }
    }

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
