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
    ($($name:ident $words:literal)*) => {
        /// The symbol of an error number and what it means, where it is one a socket call can give. The words are those of
        /// glibc, which users know and search for, whatever C library a build has.
        const fn meaning(n: i32) -> Option<(&'static str, &'static str)> {
            $(if n == libc::$name { return Some((stringify!($name), $words)); })*
            None
        }
    };
}

names! {
    EPERM "Operation not permitted"
    ENOENT "No such file or directory"
    EINTR "Interrupted system call"
    EIO "Input/output error"
    ENXIO "No such device or address"
    EBADF "Bad file descriptor"
    EAGAIN "Resource temporarily unavailable"
    ENOMEM "Cannot allocate memory"
    EACCES "Permission denied"
    EFAULT "Bad address"
    EBUSY "Device or resource busy"
    EEXIST "File exists"
    ENODEV "No such device"
    EINVAL "Invalid argument"
    ENFILE "Too many open files in system"
    EMFILE "Too many open files"
    ENOTTY "Inappropriate ioctl for device"
    ENOSPC "No space left on device"
    EPIPE "Broken pipe"
    ERANGE "Numerical result out of range"
    ENOSYS "Function not implemented"
    ENOMSG "No message of desired type"
    EPROTO "Protocol error"
    EOVERFLOW "Value too large for defined data type"
    ENOTSOCK "Socket operation on non-socket"
    EDESTADDRREQ "Destination address required"
    EMSGSIZE "Message too long"
    EPROTOTYPE "Protocol wrong type for socket"
    ENOPROTOOPT "Protocol not available"
    EPROTONOSUPPORT "Protocol not supported"
    ESOCKTNOSUPPORT "Socket type not supported"
    EOPNOTSUPP "Operation not supported"
    EPFNOSUPPORT "Protocol family not supported"
    EAFNOSUPPORT "Address family not supported by protocol"
    EADDRINUSE "Address already in use"
    EADDRNOTAVAIL "Cannot assign requested address"
    ENETDOWN "Network is down"
    ENETUNREACH "Network is unreachable"
    ENETRESET "Network dropped connection on reset"
    ECONNABORTED "Software caused connection abort"
    ECONNRESET "Connection reset by peer"
    ENOBUFS "No buffer space available"
    EISCONN "Transport endpoint is already connected"
    ENOTCONN "Transport endpoint is not connected"
    ESHUTDOWN "Cannot send after transport endpoint shutdown"
    ETIMEDOUT "Connection timed out"
    ECONNREFUSED "Connection refused"
    EHOSTDOWN "Host is down"
    EHOSTUNREACH "No route to host"
    EALREADY "Operation already in progress"
    EINPROGRESS "Operation now in progress"
    ENONET "Machine is not on the network"
    ENOKEY "Required key not available"
    EREMOTEIO "Remote I/O error"
    ENOTUNIQ "Name not unique on network"
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
        meaning(self.0).map_or_else(|| format!("E{}", self.0), |(symbol, _)| symbol.to_owned())
    }

    /// The same as an error of `std`.
    #[must_use]
    pub fn into_io(self) -> io::Error {
        io::Error::from_raw_os_error(self.0)
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((_, words)) = meaning(self.0) {
            return f.write_str(words);
        }
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
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn words_and_names_are_those_that_users_know() {
        let e = Errno(libc::ENETUNREACH);
        assert_eq!((e.to_string().as_str(), e.name().as_str()), ("Network is unreachable", "ENETUNREACH"));
        // One that is not in our list is in the system's words.
        assert_eq!(Errno(libc::ENOTDIR).to_string(), "Not a directory");
        assert_eq!(Errno(4095).name(), "E4095");
        assert_eq!(Errno::from(&io::Error::from_raw_os_error(libc::EMSGSIZE)), Errno(libc::EMSGSIZE));
        assert_eq!(Errno::from(&io::Error::other("x")), Errno(libc::EIO));
    }

    /// The C library itself is asked, where it is the one whose words these are.
    #[cfg(target_env = "gnu")]
    #[test]
    fn every_word_is_glibcs() {
        let listed: Vec<i32> = (1..200).filter(|n| meaning(*n).is_some()).collect();
        assert!(listed.len() > 50, "{listed:?}");
        for n in listed {
            let (_, words) = meaning(n).unwrap();
            assert_eq!(io::Error::from_raw_os_error(n).to_string(), format!("{words} (os error {n})"));
        }
    }
}
