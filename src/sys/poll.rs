//! Waiting for sockets until an instant of the boot clock, to the nanosecond (`ppoll(2)`), and being woken.
//!
//! epoll rounds to milliseconds before Linux 5.11 and needs set-up; we wait for a handful of descriptors. An error queue
//! that fills shows as [`Ready::error`] alone, even if nothing was asked for.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::sync::Arc;

use super::clock::boot_now;
use super::errno::Errno;
use crate::clock::BootTime;

/// Most descriptors that one [`wait`] takes.
pub const MAX_FDS: usize = 32;

/// What to wait for on a descriptor. Errors are always waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Errors only.
    Errors,
    /// Something to read.
    Read,
    /// Room to write.
    Write,
    /// Either.
    Both,
}

impl Interest {
    fn events(self) -> libc::c_short {
        match self {
            Interest::Errors => 0,
            Interest::Read => libc::POLLIN,
            Interest::Write => libc::POLLOUT,
            Interest::Both => libc::POLLIN | libc::POLLOUT,
        }
    }
}

/// What one descriptor is ready for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    /// Something to read.
    pub read: bool,
    /// Room to write.
    pub write: bool,
    /// The error queue has something, an error is pending, or the other end is gone.
    pub error: bool,
}

impl Ready {
    /// Ready for anything.
    #[must_use]
    pub fn any(self) -> bool {
        self.read || self.write || self.error
    }
}

/// What all descriptors of one [`wait`] are ready for, in the order given.
#[derive(Clone, Copy, Debug)]
pub struct ReadySet {
    ready: [Ready; MAX_FDS],
    any: bool,
}

impl ReadySet {
    /// The `i`th descriptor.
    #[must_use]
    pub fn get(&self, i: usize) -> Ready {
        self.ready.get(i).copied().unwrap_or_default()
    }

    /// Whether any descriptor is ready. Otherwise look at the clock: the time may be up, or the wait was cut short.
    #[must_use]
    pub fn any(&self) -> bool {
        self.any
    }
}

/// Waits until a descriptor is ready, `until` has come (`None`: never), a day has gone by, or a signal handler ran. An
/// instant in the past looks without waiting. More than [`MAX_FDS`] descriptors are EINVAL.
pub fn wait(fds: &[(BorrowedFd<'_>, Interest)], until: Option<BootTime>) -> io::Result<ReadySet> {
    let mut polled = [libc::pollfd { fd: -1, events: 0, revents: 0 }; MAX_FDS];
    let polled = polled.get_mut(..fds.len()).ok_or_else(|| Errno(libc::EINVAL).into_io())?;
    for (to, (fd, interest)) in polled.iter_mut().zip(fds) {
        to.fd = fd.as_raw_fd();
        to.events = interest.events();
    }
    let mut set = ReadySet { ready: [Ready::default(); MAX_FDS], any: false };
    if !ppoll(polled, until)? {
        return Ok(set);
    }
    for (to, from) in set.ready.iter_mut().zip(polled.iter()) {
        to.read = from.revents & libc::POLLIN != 0;
        to.write = from.revents & libc::POLLOUT != 0;
        to.error = from.revents & (libc::POLLERR | libc::POLLHUP | libc::POLLNVAL) != 0;
        set.any |= to.any();
    }
    Ok(set)
}

/// As [`wait`], for reading alone, of any number of descriptors; says whether any is ready.
pub fn wait_many(fds: &[BorrowedFd<'_>], until: Option<BootTime>) -> io::Result<bool> {
    let polled = fds.iter().map(|fd| libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 });
    ppoll(&mut polled.collect::<Vec<_>>(), until)
}

/// Waits; says whether any descriptor is ready.
fn ppoll(polled: &mut [libc::pollfd], until: Option<BootTime>) -> io::Result<bool> {
    let timeout = until.map(|at| {
        let left = at.since(boot_now());
        libc::timespec {
            // A day at most, which every width of these fields holds: a longer wait is taken up again by the caller.
            tv_sec: left.as_secs().min(86_400) as _,
            tv_nsec: left.subsec_nanos() as _,
        }
    });
    let timeout_at = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: `polled` is valid for its length; `timeout_at` is null or points to `timeout`, which lives on; no signal
    // mask is given.
    let r = unsafe { libc::ppoll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, timeout_at, std::ptr::null()) };
    if r < 0 {
        let e = io::Error::last_os_error();
        return if e.kind() == io::ErrorKind::Interrupted { Ok(false) } else { Err(e) };
    }
    Ok(r > 0)
}

/// Wakes a [`wait`] from another thread (`eventfd(2)`). Clones wake the same waiter.
#[derive(Clone, Debug)]
pub struct Wake {
    fd: Arc<OwnedFd>,
}

impl Wake {
    /// A new one, not signalled.
    pub fn new() -> io::Result<Wake> {
        // SAFETY: eventfd takes two numbers and returns a descriptor or −1.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: `fd` was just opened and belongs to nobody else.
        Ok(Wake { fd: Arc::new(unsafe { OwnedFd::from_raw_fd(fd) }) })
    }

    /// Makes the descriptor readable until [`Wake::clear`].
    pub fn wake(&self) {
        let one = 1_u64.to_ne_bytes();
        // SAFETY: eight readable bytes. The only possible failure, a full counter, is readable already.
        unsafe { libc::write(self.fd.as_raw_fd(), one.as_ptr().cast(), one.len()) };
    }

    /// Takes the signal back; returns whether there was one.
    pub fn clear(&self) -> bool {
        let mut count = [0_u8; 8];
        // SAFETY: eight writable bytes.
        unsafe { libc::read(self.fd.as_raw_fd(), count.as_mut_ptr().cast(), count.len()) == 8 }
    }
}

impl AsFd for Wake {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_wake_from_another_thread_ends_the_wait() {
        let wake = Wake::new().unwrap();
        let other = wake.clone();
        let t = std::thread::spawn(move || other.wake());
        let set = wait(&[(wake.as_fd(), Interest::Read)], None).unwrap();
        assert!(set.get(0).read && set.any());
        assert!(wake.clear());
        assert!(!wake.clear());
        t.join().unwrap();
    }

    #[test]
    fn the_deadline_is_not_early_and_may_be_past() {
        let wake = Wake::new().unwrap();
        let until = boot_now() + Duration::from_micros(300);
        assert!(!wait(&[(wake.as_fd(), Interest::Read)], Some(until)).unwrap().any());
        assert!(boot_now() >= until);
        assert!(!wait(&[], Some(BootTime::from_ns(0))).unwrap().any());
        let many = vec![(wake.as_fd(), Interest::Both); MAX_FDS + 1];
        assert_eq!(wait(&many, None).unwrap_err().raw_os_error(), Some(libc::EINVAL));
        let all = wait(&many[1..], None).unwrap();
        assert!(all.get(MAX_FDS - 1).write && !all.get(MAX_FDS).any());
    }
}
