//! Signals as something to read (`signalfd(2)`), so that the loop sees them between two probes and nowhere else.
//!
//! INT, TERM, HUP and QUIT are blocked and queued. One that the caller of the program had set to be ignored (`nohup`, a
//! background job of a shell script) stays ignored. TSTP and CONT keep their meaning; SIGPIPE stays ignored as Rust
//! sets it. Block before any thread is started: the mask is inherited, and a thread without it would take the signal.

use std::io;
use std::mem;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;

use super::options::check;

/// A signal that ends a run or asks for its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// SIGINT.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGHUP.
    HangUp,
    /// SIGQUIT.
    Quit,
}

impl Signal {
    const ALL: [Signal; 4] = [Signal::Interrupt, Signal::Terminate, Signal::HangUp, Signal::Quit];

    /// The system's number.
    #[must_use]
    pub const fn number(self) -> i32 {
        match self {
            Signal::Interrupt => libc::SIGINT,
            Signal::Terminate => libc::SIGTERM,
            Signal::HangUp => libc::SIGHUP,
            Signal::Quit => libc::SIGQUIT,
        }
    }
}

/// The blocked signals, readable one by one. Dropping it leaves them blocked.
#[derive(Debug)]
pub struct Signals {
    fd: OwnedFd,
}

impl Signals {
    /// Blocks the signals in this thread (and those it will start) and opens the descriptor.
    ///
    /// A hang-up that is ignored (`nohup`) stays so. Interrupts do not: a shell without job control ignores them for what it
    /// starts by `&`, and to interrupt that is how scripts ask for the summary.
    pub fn block_and_open() -> io::Result<Signals> {
        let mut set = empty();
        for signal in Signal::ALL.into_iter().filter(|s| *s != Signal::HangUp || !ignored(*s)) {
            // SAFETY: `set` is an initialized set and the number a valid signal.
            unsafe { libc::sigaddset(&mut set, signal.number()) };
        }
        mask(libc::SIG_BLOCK, &set)?;
        // SAFETY: `set` is an initialized set; −1 asks for a new descriptor.
        let fd = unsafe { libc::signalfd(-1, &set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) };
        check(fd)?;
        // SAFETY: `fd` was just opened and belongs to nobody else.
        Ok(Signals { fd: unsafe { OwnedFd::from_raw_fd(fd) } })
    }

    /// The next signal, if one has come.
    pub fn read(&self) -> Option<Signal> {
        // SAFETY: signalfd_siginfo is plain numbers, for which zero is valid.
        let mut info: libc::signalfd_siginfo = unsafe { mem::zeroed() };
        let size = mem::size_of::<libc::signalfd_siginfo>();
        let at: *mut libc::signalfd_siginfo = &mut info;
        // SAFETY: `size` writable bytes at `at`, any content of which is valid.
        let r = unsafe { libc::read(self.fd.as_raw_fd(), at.cast(), size) };
        if usize::try_from(r) != Ok(size) {
            return None;
        }
        Signal::ALL.into_iter().find(|s| u32::try_from(s.number()) == Ok(info.ssi_signo))
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Ends the process the way this signal would have: default action, unblocked, raised. Shells then see why it ended.
/// Returns only if the signal's default action does not end a process.
pub fn restore_default_and_raise(signal: Signal) {
    let n = signal.number();
    let mut set = empty();
    // SAFETY: SIG_DFL is a valid action; `set` is initialized; raising a signal at oneself touches no memory.
    unsafe {
        libc::signal(n, libc::SIG_DFL);
        libc::sigaddset(&mut set, n);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &set, ptr::null_mut());
        libc::raise(n);
    }
}

fn ignored(signal: Signal) -> bool {
    // SAFETY: sigaction is plain data (zero is "default"); with a null new action the old one is only read.
    unsafe {
        let mut old: libc::sigaction = mem::zeroed();
        libc::sigaction(signal.number(), ptr::null(), &mut old) == 0 && old.sa_sigaction == libc::SIG_IGN
    }
}

fn empty() -> libc::sigset_t {
    // SAFETY: a sigset_t is plain numbers; sigemptyset makes it a valid empty set.
    unsafe {
        let mut set: libc::sigset_t = mem::zeroed();
        libc::sigemptyset(&mut set);
        set
    }
}

fn mask(how: i32, set: &libc::sigset_t) -> io::Result<()> {
    // SAFETY: `set` is an initialized set; the old mask is not asked for.
    match unsafe { libc::pthread_sigmask(how, set, ptr::null_mut()) } {
        0 => Ok(()),
        e => Err(io::Error::from_raw_os_error(e)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// In a thread of its own, whose mask ends with it; the signals are sent to that thread alone.
    #[test]
    fn blocked_signals_are_read_and_ignored_ones_stay_ignored() {
        let raise = |s: Signal| {
            // SAFETY: raising a signal that this thread blocks or ignores at this thread.
            assert_eq!(unsafe { libc::raise(s.number()) }, 0);
        };
        std::thread::spawn(move || {
            // SAFETY: SIG_IGN and SIG_DFL are valid actions; no other test here uses SIGHUP.
            unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
            let signals = Signals::block_and_open().unwrap();
            assert_eq!(signals.read(), None);
            raise(Signal::HangUp);
            assert_eq!(signals.read(), None, "as under nohup");
            // SAFETY: as above.
            unsafe { libc::signal(libc::SIGHUP, libc::SIG_DFL) };
            // SAFETY: as above; interrupts are sent to this thread only.
            unsafe { libc::signal(libc::SIGINT, libc::SIG_IGN) };
            raise(Signal::Interrupt);
            assert_eq!(signals.read(), Some(Signal::Interrupt), "as started by & in a script");
            // SAFETY: as above.
            unsafe { libc::signal(libc::SIGINT, libc::SIG_DFL) };
            for signal in [Signal::Interrupt, Signal::Terminate, Signal::Quit] {
                raise(signal);
                assert_eq!(signals.read(), Some(signal));
                assert_eq!(signals.read(), None);
            }
        })
        .join()
        .unwrap();
    }
}
