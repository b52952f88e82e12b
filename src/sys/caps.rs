//! Privileges: raised only around the calls that need them, then given up in every form.
//!
//! Three ways lead to a raw socket: root, a file with `cap_net_raw+p` (not `+ep`, which does not even start where the
//! bounding set lacks it, kernel.md 19), and setuid-root. Capabilities belong to a thread (kernel.md 18): drop them
//! before threads are started.

use std::io;

use ::caps::errors::CapsError;
use ::caps::{CapSet, Capability};

use super::options::check;
use super::process;

/// Whether this thread may have CAP_NET_RAW, now or by [`with_net_raw`].
#[must_use]
pub fn has_net_raw_permitted() -> bool {
    permitted(Capability::CAP_NET_RAW)
}

/// Whether this thread may have CAP_NET_ADMIN, now or by [`with_net_admin`].
#[must_use]
pub fn has_net_admin_permitted() -> bool {
    permitted(Capability::CAP_NET_ADMIN)
}

fn permitted(capability: Capability) -> bool {
    ::caps::has_cap(None, CapSet::Permitted, capability).unwrap_or(false)
}

/// Runs `f` with CAP_NET_RAW in force, if it is permitted; without it `f` runs all the same and the kernel answers.
pub fn with_net_raw<T>(f: impl FnOnce() -> T) -> T {
    with(Capability::CAP_NET_RAW, f)
}

/// As [`with_net_raw`], for CAP_NET_ADMIN.
pub fn with_net_admin<T>(f: impl FnOnce() -> T) -> T {
    with(Capability::CAP_NET_ADMIN, f)
}

fn with<T>(capability: Capability, f: impl FnOnce() -> T) -> T {
    /// Lowers again even if the closure panics.
    struct Raised(Capability);
    impl Drop for Raised {
        fn drop(&mut self) {
            // Lowering what is permitted cannot be refused.
            let _ = ::caps::drop(None, CapSet::Effective, self.0);
        }
    }
    let in_force = ::caps::has_cap(None, CapSet::Effective, capability).unwrap_or(false);
    let _raised = (!in_force && permitted(capability) && ::caps::raise(None, CapSet::Effective, capability).is_ok())
        .then(|| Raised(capability));
    f()
}

/// Gives up every capability of this thread, in all sets a thread can give up, and forbids gaining any by `exec`
/// (`no_new_privs`). Verified: an error means that something is left.
pub fn drop_all() -> io::Result<()> {
    // Ambient capabilities are unknown before Linux 4.3, and then there are none; they also end with the inheritable.
    let _ = ::caps::clear(None, CapSet::Ambient);
    for set in [CapSet::Effective, CapSet::Permitted, CapSet::Inheritable] {
        ::caps::clear(None, set).map_err(refused)?;
    }
    // SAFETY: PR_SET_NO_NEW_PRIVS takes numbers only; the unused arguments must be zero.
    check(unsafe {
        libc::prctl(
            libc::PR_SET_NO_NEW_PRIVS,
            1 as libc::c_ulong,
            0 as libc::c_ulong,
            0 as libc::c_ulong,
            0 as libc::c_ulong,
        )
    })?;
    for set in [CapSet::Effective, CapSet::Permitted, CapSet::Inheritable] {
        if !::caps::read(None, set).map_err(refused)?.is_empty() {
            return Err(io::Error::from_raw_os_error(libc::EPERM));
        }
    }
    Ok(())
}

fn refused(e: CapsError) -> io::Error {
    io::Error::other(e.to_string())
}

/// Whether the caller is root: real user id 0, as `ping` judges it for its limits on intervals and preload.
#[must_use]
pub fn is_root_like() -> bool {
    process::uid() == 0
}

/// Whether this process was started setuid to somebody other than its caller.
#[must_use]
pub fn is_setuid() -> bool {
    process::uid() != process::effective_uid()
}

/// Acts as the caller from here on, but keeps the saved ids and with them the permitted capabilities: files are opened
/// as the caller, and [`with_net_raw`] still works. For setuid binaries, first thing in `main`.
pub fn effective_ids_to_caller() -> io::Result<()> {
    // SAFETY: these calls take numbers and touch no memory. Group first: as the caller we might not be allowed to.
    unsafe {
        check(libc::setegid(libc::getgid()))?;
        check(libc::seteuid(libc::getuid()))
    }
}

/// Becomes the caller for good: real, effective and saved ids. Verified: an error means that privilege is left.
pub fn drop_setuid_for_good() -> io::Result<()> {
    let (mut ruid, mut euid, mut suid) = (0, 0, 0);
    let (mut rgid, mut egid, mut sgid) = (0, 0, 0);
    // SAFETY: the setters take numbers; the getters fill the six variables, which are of the types they name.
    unsafe {
        let (uid, gid) = (libc::getuid(), libc::getgid());
        check(libc::setresgid(gid, gid, gid))?;
        check(libc::setresuid(uid, uid, uid))?;
        check(libc::getresgid(&mut rgid, &mut egid, &mut sgid))?;
        check(libc::getresuid(&mut ruid, &mut euid, &mut suid))?;
        if [ruid, euid, suid] != [uid; 3] || [rgid, egid, sgid] != [gid; 3] {
            return Err(io::Error::from_raw_os_error(libc::EPERM));
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// In a thread of its own: capabilities are per thread, and other tests need theirs.
    #[test]
    fn nothing_is_left_and_nothing_comes_back() {
        std::thread::spawn(|| {
            drop_all().unwrap();
            assert!(!has_net_raw_permitted() && !has_net_admin_permitted());
            assert_eq!(with_net_raw(|| 7), 7);
            let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
            for field in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
                assert!(status.contains(&format!("{field}:\t0000000000000000")), "{field} in {status}");
            }
            assert!(status.contains("NoNewPrivs:\t1"));
        })
        .join()
        .unwrap();
    }

    #[test]
    fn what_was_in_force_before_is_in_force_after() {
        std::thread::spawn(|| {
            let effective = || ::caps::has_cap(None, CapSet::Effective, Capability::CAP_NET_RAW).unwrap();
            let before = effective();
            with_net_raw(|| ());
            assert_eq!(effective(), before);
        })
        .join()
        .unwrap();
    }

    #[test]
    fn raised_only_around_the_closure() {
        std::thread::spawn(|| {
            if !has_net_raw_permitted() {
                return;
            }
            ::caps::drop(None, CapSet::Effective, Capability::CAP_NET_RAW).unwrap();
            let effective = || ::caps::has_cap(None, CapSet::Effective, Capability::CAP_NET_RAW).unwrap();
            assert!(!effective());
            assert!(with_net_raw(effective));
            assert!(!effective());
        })
        .join()
        .unwrap();
    }
}
