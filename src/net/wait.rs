//! How every network waits: for its own sockets and for what the caller waits for besides, and who of them it was.

use std::io;
use std::os::fd::BorrowedFd;

use crate::clock::BootTime;
use crate::sys::errno;
use crate::sys::poll::{self, Interest, MAX_FDS};

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// The time has come, or the wait was cut short.
    Time,
    /// Something can be taken.
    Ready,
    /// A descriptor of `also` is readable; something may be there to be taken, too.
    Called,
}

/// Waits until one of the network's `own` descriptors or of `also` is readable, or `until` has come (`None`: never).
///
/// # Errors
/// EAFNOSUPPORT: the network has no socket. Else as [`poll::wait`].
pub(in crate::net) fn wait<'f>(
    own: impl IntoIterator<Item = BorrowedFd<'f>>,
    also: &[BorrowedFd<'f>],
    until: Option<BootTime>,
) -> io::Result<Woken> {
    let mut own = own.into_iter();
    let Some(first) = own.next() else {
        return Err(errno::EAFNOSUPPORT.into_io());
    };
    let mut fds = [(first, Interest::Read); MAX_FDS];
    let (mut n, mut foreign) = (1, MAX_FDS);
    let rest = own.map(|fd| (fd, false)).chain(also.iter().map(|fd| (*fd, true)));
    for (slot, (fd, is_foreign)) in fds.iter_mut().skip(1).zip(rest) {
        slot.0 = fd;
        if is_foreign {
            foreign = foreign.min(n);
        }
        n += 1;
    }
    let ready = poll::wait(fds.get(..n).unwrap_or_default(), until)?;
    Ok(match ready.any() {
        false => Woken::Time,
        true if (foreign..n).any(|at| ready.get(at).any()) => Woken::Called,
        true => Woken::Ready,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;
    use crate::sys::clock::boot_now;
    use crate::sys::poll::Wake;

    #[test]
    fn it_says_who_called() {
        let [socket, other, signal] = [(); 3].map(|()| Wake::new().unwrap());
        let wait = || wait([socket.as_fd(), other.as_fd()], &[signal.as_fd()], Some(boot_now())).unwrap();
        assert_eq!(wait(), Woken::Time);
        other.wake();
        assert_eq!(wait(), Woken::Ready);
        signal.wake();
        assert_eq!(wait(), Woken::Called);
        other.clear();
        assert_eq!(wait(), Woken::Called);
        signal.clear();
        assert_eq!(wait(), Woken::Time);
    }

    #[test]
    fn without_a_socket_there_is_nothing_to_wait_for() {
        let signal = Wake::new().unwrap();
        assert!(wait([], &[signal.as_fd()], Some(boot_now())).is_err());
    }
}
