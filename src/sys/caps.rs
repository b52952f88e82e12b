//! Privileges: raised only around the calls that need them, then given up in every form.
//!
//! Three ways lead to a raw socket: root, a file with `cap_net_raw+p` (not `+ep`, which does not even start where the
//! bounding set lacks it, lab_kernel 19), and setuid-root. Capabilities belong to a thread (lab_kernel 18): drop them
//! before threads are started.

use std::io;

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

/// `struct __user_cap_header_struct` (`include/uapi/linux/capability.h`).
#[repr(C)]
struct CapHeader {
    version: u32,
    pid: i32,
}

/// `struct __user_cap_data_struct`: 32 capabilities, of which version 3 has two.
#[repr(C)]
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct CapData {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// `_LINUX_CAPABILITY_VERSION_3`.
const CAP_VERSION_3: u32 = 0x2008_0522;

/// Gives up every capability of this thread, effective, permitted and inheritable, and with these the ambient ones
/// (`cap_capset`, `security/commoncap.c`). Verified: an error means that something is left.
///
/// The bounding set stays as it was: it is no right but what `exec` could give, and [`forbid_gains`] ends that. To take
/// it apart is a system call for each capability, longer than all else at start together.
pub fn drop_all() -> io::Result<()> {
    let mut header = CapHeader { version: CAP_VERSION_3, pid: 0 };
    let nothing = [CapData::default(); 2];
    let mut left = [CapData { effective: u32::MAX, ..CapData::default() }; 2];
    // SAFETY: `header` and the two elements that version 3 has are of the kernel's layout and live across the calls;
    // `capset` reads `nothing`, `capget` fills `left`.
    unsafe {
        check_long(libc::syscall(libc::SYS_capset, &raw mut header, nothing.as_ptr()))?;
        check_long(libc::syscall(libc::SYS_capget, &raw mut header, left.as_mut_ptr()))?;
    }
    if left == nothing { Ok(()) } else { Err(io::Error::from_raw_os_error(libc::EPERM)) }
}

/// Forbids this thread, and those that it starts, to gain anything by `exec` (`no_new_privs`): no file capability, no
/// set-user-id. Restrictions of one's own ([`landlock`](super::landlock), [`seccomp`](super::seccomp)) ask for it.
pub fn forbid_gains() -> io::Result<()> {
    // SAFETY: PR_SET_NO_NEW_PRIVS takes numbers only; the unused arguments must be zero.
    check(unsafe {
        libc::prctl(
            libc::PR_SET_NO_NEW_PRIVS,
            1 as libc::c_ulong,
            0 as libc::c_ulong,
            0 as libc::c_ulong,
            0 as libc::c_ulong,
        )
    })
}

fn check_long(r: libc::c_long) -> io::Result<()> {
    check(if r < 0 { -1 } else { 0 })
}

/// Whether this process owes rights to its file, and not to who called: set-user-id, or capabilities of the file. What
/// the caller had of its own, a file can only pass on, and then it is inheritable. To be asked first of all.
#[must_use]
pub fn come_from_file() -> bool {
    let inherits = || ::caps::has_cap(None, CapSet::Inheritable, Capability::CAP_NET_RAW).unwrap_or(false);
    is_setuid() || (!is_root_like() && has_net_raw_permitted() && !inherits())
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
        let (uid, gid) = (libc::getuid(), libc::getgid());
        if libc::getegid() != gid {
            check(libc::setegid(gid))?;
        }
        if libc::geteuid() != uid {
            check(libc::seteuid(uid))?;
        }
    }
    Ok(())
}

/// Becomes the caller for good: real, effective and saved ids. Verified: an error means that privilege is left.
pub fn drop_setuid_for_good() -> io::Result<()> {
    if is_the_caller_alone()? {
        return Ok(());
    }
    // SAFETY: these calls take numbers and touch no memory.
    unsafe {
        let (uid, gid) = (libc::getuid(), libc::getgid());
        check(libc::setresgid(gid, gid, gid))?;
        check(libc::setresuid(uid, uid, uid))?;
    }
    if is_the_caller_alone()? { Ok(()) } else { Err(io::Error::from_raw_os_error(libc::EPERM)) }
}

/// Whether real, effective and saved ids are one.
fn is_the_caller_alone() -> io::Result<bool> {
    let (mut ruid, mut euid, mut suid) = (0, 0, 0);
    let (mut rgid, mut egid, mut sgid) = (0, 0, 0);
    // SAFETY: the calls fill the six variables, which are of the types they name.
    unsafe {
        check(libc::getresgid(&mut rgid, &mut egid, &mut sgid))?;
        check(libc::getresuid(&mut ruid, &mut euid, &mut suid))?;
    }
    Ok([euid, suid] == [ruid; 2] && [egid, sgid] == [rgid; 2])
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
            forbid_gains().unwrap();
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
