//! Standard output as a probing command needs it: whole lines, and never the end of a measurement.
//!
//! A full disk costs lines, not probes: that is said once, with the time, and said again when lines get through; the
//! exit code remembers. A reader who stands still (`| less`) blocks a command as it blocks any other, but not its
//! signals, and once the run is to end nobody who takes nothing is waited for longer than a second. A reader who is gone
//! is an error of kind `BrokenPipe`: the command ends, quietly.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use super::{Exit, Refusal};
use crate::clock::BootTime;
use crate::report::TimeOfDay;
use crate::sys::clock::{boot_now, wall_now};
use crate::sys::errno::Errno;
use crate::sys::poll::{Interest, wait};
use crate::sys::process;

/// Bytes that a pipe which polls as writable takes at once (`PIPE_BUF`, pipe(7)).
const CHUNK: usize = 4096;

/// Bytes that wait for a reader who stands still.
const MOST_PENDING: usize = 64 * 1024;

/// Bytes that wait while a signal does, which the loop reads when it has told what there is to tell.
const MOST_SIGNALLED: usize = 8 * 1024 * 1024;

/// How long a run that is to end waits for a reader who takes nothing.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// What became of the output.
#[derive(Debug, Default)]
pub(super) struct Fate {
    /// Something was not written.
    lost: Cell<bool>,
    /// Until when a reader is waited for; `None`: for ever.
    until: Cell<Option<BootTime>>,
}

impl Fate {
    /// The run is to end: from now on nobody is waited for long.
    pub(super) fn hurry(&self) {
        self.until.set(Some(boot_now() + LAST_WAIT));
    }

    /// A reader who still takes something is waited for again.
    fn renew(&self) {
        if self.until.get().is_some() {
            self.hurry();
        }
    }

    /// Whether something was not written.
    pub(super) fn has_lost(&self) -> bool {
        self.lost.get()
    }
}

/// Text that was asked for instead of a run.
pub(super) fn print(text: &str) -> Result<Exit, Refusal> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Refusal::new(format!("cannot write: {}", Errno::from(&error))))
        }
        _ => Ok(Exit::Yes),
    }
}

/// Lines to standard output.
#[derive(Debug)]
pub(super) struct Stdout<'a> {
    file: File,
    /// Readable: a signal waits, and with it the loop.
    signals: BorrowedFd<'a>,
    fate: &'a Fate,
    name: &'a str,
    pending: Vec<u8>,
    /// What the last write failed with.
    failing: Option<Errno>,
    /// The last byte that got through: behind a torn line the next one begins with a line break.
    last: u8,
}

impl<'a> Stdout<'a> {
    /// Of this process; `name` begins its messages.
    ///
    /// # Errors
    /// When the descriptor cannot be duplicated.
    pub(super) fn new(name: &'a str, signals: BorrowedFd<'a>, fate: &'a Fate) -> io::Result<Self> {
        let file = File::from(process::standard_output()?);
        Ok(Stdout::to(file, name, signals, fate))
    }

    fn to(file: File, name: &'a str, signals: BorrowedFd<'a>, fate: &'a Fate) -> Self {
        Stdout { file, signals, fate, name, pending: Vec::new(), failing: None, last: b'\n' }
    }

    /// Writes what is pending; leaves it where a signal is more urgent.
    fn drain(&mut self) -> io::Result<()> {
        let mut done = 0;
        while let Some(rest) = self.pending.get(done..).filter(|rest| !rest.is_empty()) {
            let fds = [(self.file.as_fd(), Interest::Write), (self.signals, Interest::Read)];
            let ready = wait(&fds, self.fate.until.get())?;
            if !ready.get(0).any() {
                if ready.any() && self.fate.until.get().is_some() {
                    // The second signal: nobody is waited for any more.
                    self.lose();
                    return Ok(());
                }
                if ready.any() {
                    break;
                }
                if self.fate.until.get().is_some_and(|until| boot_now() >= until) {
                    self.lose();
                    return Ok(());
                }
                continue;
            }
            match self.file.write(rest.get(..CHUNK).unwrap_or(rest)) {
                Ok(written) => {
                    done += written;
                    self.fate.renew();
                    self.last = self.pending.get(done.wrapping_sub(1)).copied().unwrap_or(self.last);
                }
                Err(e) if matches!(e.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => {}
                Err(e) if e.kind() == io::ErrorKind::BrokenPipe => return Err(e),
                Err(e) => {
                    self.failed(Errno::from(e));
                    return Ok(());
                }
            }
        }
        let through = done > 0 && done == self.pending.len();
        self.pending.drain(..done);
        if through && self.failing.take().is_some() {
            self.say("takes lines again");
        }
        Ok(())
    }

    /// Gives up what is pending.
    fn lose(&mut self) {
        self.pending.clear();
        self.fate.lost.set(true);
        if self.last != b'\n' {
            self.pending.push(b'\n');
        }
    }

    fn failed(&mut self, errno: Errno) {
        self.lose();
        if self.failing.replace(errno) != Some(errno) {
            self.say(&format!("{errno}; lines are lost until it takes them"));
        }
    }

    fn say(&self, what: &str) {
        // Where stderr fails as well there is nobody left to tell.
        let _ = writeln!(io::stderr(), "{}: {} standard output: {what}", self.name, TimeOfDay(wall_now()));
    }
}

impl Write for Stdout<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.pending.len() + bytes.len() > MOST_PENDING {
            self.drain()?;
            if self.pending.len() + bytes.len() > MOST_SIGNALLED && !self.pending.is_empty() {
                self.lose();
            }
        }
        self.pending.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.drain()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;

    /// Our end, the reader's end.
    fn pair() -> (File, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        (File::from(OwnedFd::from(ours)), theirs)
    }

    #[test]
    fn lines_go_out_on_flush() {
        let ((file, mut reader), (quiet, _other)) = (pair(), pair());
        let fate = Fate::default();
        let mut out = Stdout::to(file, "x", quiet.as_fd(), &fate);
        out.write_all(b"one\n").unwrap();
        out.flush().unwrap();
        drop(out);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), fate.has_lost()), ("one\n", false));
    }

    #[test]
    fn a_reader_who_left_is_told_apart() {
        let ((file, reader), (quiet, _other)) = (pair(), pair());
        drop(reader);
        let fate = Fate::default();
        let mut out = Stdout::to(file, "x", quiet.as_fd(), &fate);
        out.write_all(b"one\n").unwrap();
        assert_eq!(out.flush().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn a_full_disk_ends_nothing() {
        let (quiet, _other) = pair();
        let fate = Fate::default();
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut out = Stdout::to(full, "x", quiet.as_fd(), &fate);
        for _ in 0..3 {
            out.write_all(b"one\n").unwrap();
            out.flush().unwrap();
        }
        assert!(fate.has_lost());
        assert_eq!(out.failing, Some(Errno(28)), "ENOSPC");
    }

    #[test]
    fn a_reader_who_stands_still_does_not_hold_up_signals() {
        let ((file, _reader), (signals, mut other)) = (pair(), pair());
        let fate = Fate::default();
        let mut out = Stdout::to(file, "x", signals.as_fd(), &fate);
        other.write_all(b"signal").unwrap();
        for _ in 0..1000 {
            out.write_all(&[b'x'; 1000]).unwrap();
            out.flush().unwrap();
        }
        assert!(!fate.has_lost() && !out.pending.is_empty(), "what was told before the signal is read is not lost");
        for _ in 0..10 {
            out.write_all(&vec![b'x'; 1_000_000]).unwrap();
        }
        assert!(fate.has_lost() && out.pending.len() <= MOST_SIGNALLED, "but it takes no more memory than that");
        // The signal is taken, the run is to end: now the wait is bounded.
        let (quiet, _other) = pair();
        out.signals = quiet.as_fd();
        fate.until.set(Some(boot_now()));
        out.flush().unwrap();
        assert!(fate.has_lost());
        assert_eq!(out.pending, b"\n", "what was cut off ends before the next line");
    }
}
