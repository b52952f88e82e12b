//! Many descriptors as one (`epoll(7)`): for sockets by the hundred, of which few are ready at a time.
//!
//! Only for asking which of them are; waiting is [`super::poll`]'s work, to the nanosecond, on the one descriptor that
//! this is.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use super::options::check;

/// How many are told at a time.
const AT_ONCE: usize = 64;

/// A set of descriptors, each with a number of the caller's.
#[derive(Debug)]
pub struct Epoll {
    fd: OwnedFd,
}

impl Epoll {
    /// An empty set.
    pub fn new() -> io::Result<Epoll> {
        // SAFETY: epoll_create1 takes a flag and returns a descriptor or −1.
        let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        check(fd)?;
        // SAFETY: `fd` was just opened and belongs to nobody else.
        Ok(Epoll { fd: unsafe { OwnedFd::from_raw_fd(fd) } })
    }

    /// Adds a descriptor that is ready once it can be written or has failed. Closing it takes it out.
    pub fn add_writable(&self, fd: BorrowedFd<'_>, number: u64) -> io::Result<()> {
        let mut event = libc::epoll_event { events: libc::EPOLLOUT as u32, u64: number };
        // SAFETY: both descriptors are open, and `event` lives through the call, which copies it.
        let r = unsafe { libc::epoll_ctl(self.fd.as_raw_fd(), libc::EPOLL_CTL_ADD, fd.as_raw_fd(), &mut event) };
        check(r)
    }

    /// The numbers of some that are ready; never waits.
    pub fn ready(&self, mut tell: impl FnMut(u64)) -> io::Result<usize> {
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; AT_ONCE];
        // SAFETY: `events` is valid for writing the number of events that is given; zero is "do not wait".
        let n = unsafe { libc::epoll_wait(self.fd.as_raw_fd(), events.as_mut_ptr(), AT_ONCE as i32, 0) };
        let Ok(n) = usize::try_from(n) else {
            let e = io::Error::last_os_error();
            return if e.kind() == io::ErrorKind::Interrupted { Ok(0) } else { Err(e) };
        };
        // By value: the structure is packed on some systems.
        events.iter().take(n).for_each(|event| tell(event.u64));
        Ok(n)
    }
}

impl AsFd for Epoll {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    #[test]
    fn what_is_ready_is_told_by_its_number_until_it_is_closed() {
        let epoll = Epoll::new().unwrap();
        let mut told = Vec::new();
        assert_eq!(epoll.ready(|n| told.push(n)).unwrap(), 0);
        let (a, b) = UnixStream::pair().unwrap();
        epoll.add_writable(a.as_fd(), 7).unwrap();
        epoll.add_writable(b.as_fd(), u64::MAX).unwrap();
        epoll.ready(|n| told.push(n)).unwrap();
        told.sort_unstable();
        assert_eq!(told, [7, u64::MAX]);
        drop(a);
        told.clear();
        epoll.ready(|n| told.push(n)).unwrap();
        assert_eq!(told, [u64::MAX]);
    }
}
