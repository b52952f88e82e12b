//! Errors of the kernel as the kernel names them.
//!
//! `std::io::Error` prints "(os error 101)" behind every text; users know "Network is unreachable", and machines want
//! `ENETUNREACH`. An [`Errno`] gives both, and is `Copy`, so that an outcome can carry it.

use std::fmt;
use std::io;

/// A kernel error number (`errno(3)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Errno(pub i32);

macro_rules! names {
    ($($name:ident)*) => {
        /// The symbol of an error number, where it is one a socket call can give.
        const fn symbol(n: i32) -> Option<&'static str> {
            $(if n == libc::$name { return Some(stringify!($name)); })*
            None
        }
    };
}

names! {
    EPERM ENOENT EINTR EIO ENXIO EBADF EAGAIN ENOMEM EACCES EFAULT EBUSY EEXIST ENODEV EINVAL ENFILE EMFILE ENOTTY
    ENOSPC EPIPE ERANGE ENOSYS ENOMSG EPROTO EOVERFLOW ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT
    EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH
    ENETRESET ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH
    EALREADY EINPROGRESS ENONET ENOKEY EREMOTEIO ENOTUNIQ
}

/// A protocol that this is not.
pub const EPROTONOSUPPORT: Errno = Errno(libc::EPROTONOSUPPORT);
/// An argument that makes no sense.
pub const EINVAL: Errno = Errno(libc::EINVAL);
/// Message too long: larger than the path MTU, or than a packet can be.
pub const EMSGSIZE: Errno = Errno(libc::EMSGSIZE);
/// Address family not supported.
pub const EAFNOSUPPORT: Errno = Errno(libc::EAFNOSUPPORT);
/// Not an address of this host.
pub const EADDRNOTAVAIL: Errno = Errno(libc::EADDRNOTAVAIL);
/// A firewall of this host refuses, or a privilege is missing.
pub const EPERM: Errno = Errno(libc::EPERM);
/// Nobody listens there.
pub const ECONNREFUSED: Errno = Errno(libc::ECONNREFUSED);
/// The other end closed a connection hard.
pub const ECONNRESET: Errno = Errno(libc::ECONNRESET);
/// A connection is on its way.
pub const EINPROGRESS: Errno = Errno(libc::EINPROGRESS);
/// No such interface.
pub const ENODEV: Errno = Errno(libc::ENODEV);
/// No room in a queue.
pub const ENOBUFS: Errno = Errno(libc::ENOBUFS);
/// Not now.
pub const EAGAIN: Errno = Errno(libc::EAGAIN);
/// No memory.
pub const ENOMEM: Errno = Errno(libc::ENOMEM);
/// The socket's interface is gone.
pub const ENXIO: Errno = Errno(libc::ENXIO);
/// The interface is down.
pub const ENETDOWN: Errno = Errno(libc::ENETDOWN);
/// No route.
pub const ENETUNREACH: Errno = Errno(libc::ENETUNREACH);

impl Errno {
    /// Whether it says that the socket itself is unusable, and not that an earlier packet met with an error.
    #[must_use]
    pub fn is_broken(self) -> bool {
        matches!(self.0, libc::EBADF | libc::ENOTSOCK | libc::EFAULT | libc::EINVAL | libc::ENOSYS)
    }

    /// Whether it says that this host is short of room for a moment, and may well send the next packet.
    #[must_use]
    pub fn is_shortage(self) -> bool {
        matches!(self.0, libc::ENOBUFS | libc::EAGAIN | libc::ENOMEM)
    }

    /// "ENETUNREACH", or "E" and its number for one that no socket call gives.
    #[must_use]
    pub fn name(self) -> String {
        symbol(self.0).map_or_else(|| format!("E{}", self.0), str::to_owned)
    }

    /// The same as an error of `std`.
    #[must_use]
    pub fn into_io(self) -> io::Error {
        io::Error::from_raw_os_error(self.0)
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = io::Error::from_raw_os_error(self.0).to_string();
        f.write_str(text.split(" (os error").next().unwrap_or(&text))
    }
}

impl std::error::Error for Errno {}

impl From<&io::Error> for Errno {
    /// An error that is not the kernel's own (a refused argument) counts as EIO.
    fn from(e: &io::Error) -> Errno {
        Errno(e.raw_os_error().unwrap_or(libc::EIO))
    }
}

impl From<io::Error> for Errno {
    fn from(e: io::Error) -> Errno {
        Errno::from(&e)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_name_are_the_systems() {
        let e = Errno(libc::ENETUNREACH);
        // glibc's and musl's words.
        assert!(["Network is unreachable", "Network unreachable"].contains(&e.to_string().as_str()));
        assert_eq!(e.name(), "ENETUNREACH");
        assert_eq!(Errno(libc::EPERM).to_string(), "Operation not permitted");
        assert_eq!(Errno(4095).name(), "E4095");
        assert_eq!(Errno::from(&io::Error::from_raw_os_error(libc::EMSGSIZE)), Errno(libc::EMSGSIZE));
        assert_eq!(Errno::from(&io::Error::other("x")), Errno(libc::EIO));
    }
}
