//! The kernel's message headers (`include/linux/socket.h`: `struct user_msghdr`, `struct mmsghdr`).
//!
//! The system calls are made directly, because libraries differ: musl's `msghdr` has other field widths than the
//! kernel's, and its `sendmmsg` is a loop of `sendmsg`. Lengths are the kernel's `size_t` on 32 and 64 bit alike.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

/// `struct user_msghdr`.
#[repr(C)]
pub(super) struct Header {
    pub(super) name: *mut libc::c_void,
    pub(super) name_len: libc::c_int,
    pub(super) iov: *mut libc::iovec,
    pub(super) iov_len: usize,
    pub(super) control: *mut libc::c_void,
    pub(super) control_len: usize,
    pub(super) flags: libc::c_uint,
}

/// `struct mmsghdr`.
#[repr(C)]
pub(super) struct Multi {
    pub(super) header: Header,
    pub(super) len: libc::c_uint,
}

impl Multi {
    pub(super) const EMPTY: Multi = Multi {
        header: Header {
            name: ptr::null_mut(),
            name_len: 0,
            iov: ptr::null_mut(),
            iov_len: 0,
            control: ptr::null_mut(),
            control_len: 0,
            flags: 0,
        },
        len: 0,
    };
}

/// `iovec` of nothing.
pub(super) const NO_BYTES: libc::iovec = libc::iovec { iov_base: ptr::null_mut(), iov_len: 0 };

/// `sendmmsg(2)`, or `sendmsg(2)` for a single message. Returns how many were sent.
///
/// # Safety
/// Every pointer in the headers must be valid for reading its length.
pub(super) unsafe fn send(fd: BorrowedFd<'_>, messages: &mut [Multi]) -> io::Result<usize> {
    loop {
        let r = match &mut *messages {
            [one] => {
                let at: *mut Header = &mut one.header;
                // SAFETY: one valid header, and the caller vouches for what it points to.
                unsafe { libc::syscall(libc::SYS_sendmsg, fd.as_raw_fd(), at, 0) }.min(1)
            }
            // SAFETY: `many` is valid for its length, and the caller vouches for what the headers point to.
            many => unsafe {
                libc::syscall(libc::SYS_sendmmsg, fd.as_raw_fd(), many.as_mut_ptr(), many.len() as libc::c_uint, 0)
            },
        };
        if let Some(n) = outcome(r, messages.len() == 1)? {
            return Ok(n);
        }
    }
}

/// `recvmmsg(2)`. Returns how many messages arrived.
///
/// # Safety
/// Every pointer in the headers must be valid for writing its length.
pub(super) unsafe fn receive(fd: BorrowedFd<'_>, messages: &mut [Multi], flags: libc::c_int) -> io::Result<usize> {
    loop {
        // SAFETY: `messages` is valid for its length, the caller vouches for what the headers point to, and no time-out
        // is given (so that the width of time_t does not matter).
        let r = unsafe {
            libc::syscall(
                libc::SYS_recvmmsg,
                fd.as_raw_fd(),
                messages.as_mut_ptr(),
                messages.len() as libc::c_uint,
                flags,
                ptr::null_mut::<libc::timespec>(),
            )
        };
        if let Some(n) = outcome(r, false)? {
            return Ok(n);
        }
    }
}

/// `None`: interrupted by a signal before anything was done.
fn outcome(r: libc::c_long, single: bool) -> io::Result<Option<usize>> {
    match usize::try_from(r) {
        Ok(n) => Ok(Some(if single { 1 } else { n })),
        Err(_) => {
            let e = io::Error::last_os_error();
            if e.kind() == io::ErrorKind::Interrupted { Ok(None) } else { Err(e) }
        }
    }
}
