//! Landlock (`landlock(7)`, Linux 5.13): what may still be written, for a process that restricts itself.
//!
//! Only changes are restricted: creating, writing, renaming, removing, running. Reading stays open, because the C
//! library's name services read files that only they know. Descriptors that are open already are not concerned. A
//! restriction holds for the calling thread and for those that it starts later, and cannot be undone.

use std::fs::File;
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::options::check;

// include/uapi/asm-generic/unistd.h: numbers from 424 on are every architecture's.
const CREATE_RULESET: libc::c_long = 444;
const ADD_RULE: libc::c_long = 445;
const RESTRICT_SELF: libc::c_long = 446;

// include/uapi/linux/landlock.h
const CREATE_RULESET_VERSION: u32 = 1;
const RULE_PATH_BENEATH: u32 = 1;
const EXECUTE: u64 = 1;
const WRITE_FILE: u64 = 1 << 1;
const REMOVE_FILE: u64 = 1 << 5;
const MAKE_REG: u64 = 1 << 8;
/// Executing, writing, removing, making: all of the first version but `READ_FILE` and `READ_DIR`.
const CHANGES: u64 = EXECUTE | WRITE_FILE | 0x1ff << 4;
/// Version 2: moving to another directory.
const REFER: u64 = 1 << 13;
/// Version 3.
const TRUNCATE: u64 = 1 << 14;
/// Version 5: `ioctl` on devices that are opened from then on.
const IOCTL_DEV: u64 = 1 << 15;
/// Version 6: signals to processes that are not restricted alike.
const SCOPE_SIGNAL: u64 = 1 << 1;

/// What a file needs that is written beside its place and then moved there.
const REPLACE: u64 = WRITE_FILE | MAKE_REG | REMOVE_FILE;

/// `struct landlock_ruleset_attr`; older kernels know only its beginning.
#[repr(C)]
struct RulesetAttr {
    handled_access_fs: u64,
    handled_access_net: u64,
    scoped: u64,
}

/// `struct landlock_path_beneath_attr`.
#[repr(C, packed)]
struct PathBeneathAttr {
    allowed_access: u64,
    parent_fd: i32,
}

/// What a version of Landlock can refuse, and how much of [`RulesetAttr`] it knows.
fn handled(version: u32) -> (RulesetAttr, usize) {
    let since = |first: u32, what: u64| if version >= first { what } else { 0 };
    let changes = CHANGES | since(2, REFER) | since(3, TRUNCATE) | since(5, IOCTL_DEV);
    let attr = RulesetAttr { handled_access_fs: changes, handled_access_net: 0, scoped: since(6, SCOPE_SIGNAL) };
    let words = match version {
        0..=3 => 1,
        4..=5 => 2,
        _ => 3,
    };
    (attr, words * mem::size_of::<u64>())
}

/// The version of Landlock that this kernel has.
///
/// # Errors
/// Where it has none (`ENOSYS`), or it is switched off (`EOPNOTSUPP`).
pub fn version() -> io::Result<u32> {
    // SAFETY: with this flag the kernel takes no structure: null and 0 are what it asks for.
    let version = unsafe {
        libc::syscall(CREATE_RULESET, std::ptr::null::<RulesetAttr>(), 0 as libc::size_t, CREATE_RULESET_VERSION)
    };
    u32::try_from(version).map_err(|_| io::Error::last_os_error())
}

/// Lets this thread, and all that it starts, change no file any more, but make, write and replace files below these
/// directories; where the kernel can, it sends no signals to others either. One that cannot be opened is left out:
/// whoever writes there is told so then.
///
/// Takes [`forbid_gains`](super::caps::forbid_gains) or CAP_SYS_ADMIN.
///
/// # Errors
/// Where the kernel has no Landlock (`ENOSYS`), or it is switched off (`EOPNOTSUPP`), or it refuses.
pub fn restrict_writing(below: &[&Path]) -> io::Result<()> {
    let version = version()?;
    let (attr, size) = handled(version);
    // SAFETY: `attr` is valid for reading `size` bytes, at most its own size; the kernel copies them.
    let ruleset = unsafe { libc::syscall(CREATE_RULESET, &raw const attr, size as libc::size_t, 0 as libc::c_uint) };
    let ruleset = i32::try_from(ruleset).ok().filter(|fd| *fd >= 0).ok_or_else(io::Error::last_os_error)?;
    // SAFETY: the kernel has just made this descriptor for us; nobody else knows it.
    let ruleset = unsafe { OwnedFd::from_raw_fd(ruleset) };
    for path in below {
        allow_replacing(&ruleset, path)?;
    }
    // SAFETY: takes numbers only.
    done(unsafe { libc::syscall(RESTRICT_SELF, ruleset.as_raw_fd(), 0 as libc::c_uint) })
}

fn allow_replacing(ruleset: &OwnedFd, path: &Path) -> io::Result<()> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let flags = libc::O_PATH | libc::O_DIRECTORY;
    let Ok(parent) = File::options().read(true).custom_flags(flags).open(path) else { return Ok(()) };
    let rule = PathBeneathAttr { allowed_access: REPLACE, parent_fd: parent.as_raw_fd() };
    // SAFETY: `rule` has the kernel's packed layout and lives across the call, which copies it.
    done(unsafe { libc::syscall(ADD_RULE, ruleset.as_raw_fd(), RULE_PATH_BENEATH, &raw const rule, 0 as libc::c_uint) })
}

fn done(r: libc::c_long) -> io::Result<()> {
    check(if r < 0 { -1 } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_kernels_are_asked_for_what_they_know() {
        let of = |version| {
            let (attr, size) = handled(version);
            (attr.handled_access_fs, attr.scoped, size)
        };
        // landlock.h: LANDLOCK_ACCESS_FS_* without READ_FILE (1 << 2) and READ_DIR (1 << 3).
        assert_eq!(of(1), (0x1ff3, 0, 8));
        assert_eq!(of(2), (0x3ff3, 0, 8));
        assert_eq!(of(3), (0x7ff3, 0, 8));
        assert_eq!(of(4), (0x7ff3, 0, 16));
        assert_eq!(of(5), (0xfff3, 0, 16));
        assert_eq!(of(6), (0xfff3, 2, 24));
        assert_eq!(of(99), of(6), "later ones can refuse more, and what is not named stays allowed");
    }
}
