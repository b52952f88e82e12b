//! Who we are, where our lines go, and random numbers from the kernel.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

/// Fills `bytes` from the kernel's generator (`getrandom(2)`). Blocks only before that is seeded, early in boot.
pub fn random(bytes: &mut [u8]) -> io::Result<()> {
    let mut done = 0;
    while let Some(rest) = bytes.get_mut(done..).filter(|r| !r.is_empty()) {
        // SAFETY: `rest` is valid for writing its length.
        let r = unsafe { libc::getrandom(rest.as_mut_ptr().cast(), rest.len(), 0) };
        match usize::try_from(r) {
            Ok(n) => done += n,
            Err(_) => {
                let e = io::Error::last_os_error();
                if e.kind() != io::ErrorKind::Interrupted {
                    return Err(e);
                }
            }
        }
    }
    Ok(())
}

/// A random number.
pub fn random_u64() -> io::Result<u64> {
    let mut b = [0_u8; 8];
    random(&mut b)?;
    Ok(u64::from_ne_bytes(b))
}

/// A random key of 128 bits.
pub fn random_key() -> io::Result<[u8; 16]> {
    let mut b = [0_u8; 16];
    random(&mut b)?;
    Ok(b)
}

/// Lets this process have as many open files as it may: the soft limit becomes the hard one. A refusal leaves it as it is.
pub fn raise_open_files() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is valid for writing and, afterwards, for reading one rlimit.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) == 0 && limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
        }
    }
}

/// Standard output by a descriptor of its own, and without the buffer of the standard library's.
pub fn standard_output() -> io::Result<OwnedFd> {
    // SAFETY: takes numbers only.
    let fd = unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_DUPFD_CLOEXEC, 3) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor for us; nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// This process.
#[must_use]
pub fn pid() -> u32 {
    std::process::id()
}

/// The real user id: who called.
#[must_use]
pub fn uid() -> u32 {
    // SAFETY: getuid takes nothing, touches no memory and cannot fail.
    unsafe { libc::getuid() }
}

/// The effective user id: as whom we act.
#[must_use]
pub fn effective_uid() -> u32 {
    // SAFETY: geteuid takes nothing, touches no memory and cannot fail.
    unsafe { libc::geteuid() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn random_numbers_differ() {
        assert_ne!(random_key().unwrap(), random_key().unwrap());
        assert_ne!(random_u64().unwrap(), random_u64().unwrap());
        random(&mut []).unwrap();
    }
}
