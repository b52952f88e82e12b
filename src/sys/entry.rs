//! The first moments of a command: what Rust's own start does and a command needs, without what it does not.
//!
//! Before `main` the standard library looks for the end of the stack in `/proc/self/maps`, and installs handlers that name
//! a stack overflow: some twenty system calls and a seventh of the time that a short command takes as a whole. The kernel
//! ends a process that runs off its stack either way. What is needed stands in [`run`]; the arguments come with the call,
//! because not every C library hands them to Rust by itself (musl does not).

use std::ffi::{CStr, OsStr, OsString, c_char, c_int};
use std::io;
use std::os::unix::ffi::OsStrExt;

/// The heap of the static builds: musl's own asks the kernel for a mapping for almost every size, and gives each back (a
/// tenth of the time that a check takes).
#[cfg(all(target_env = "musl", feature = "cli"))]
pub use dlmalloc::GlobalDlmalloc as Heap;

/// Makes a command's `main` the program's: a `fn(Vec<OsString>) -> u8` that is given the words of the command line, the
/// command's own name first, and returns the exit code.
///
/// The file that uses it begins with `#![cfg_attr(not(test), no_main)]`.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        #[cfg(target_env = "musl")]
        #[global_allocator]
        static HEAP: $crate::sys::entry::Heap = $crate::sys::entry::Heap;

        // SAFETY: no other `main` exists where `no_main` is set by this very condition; C calls it once, with its arguments.
        #[cfg(not(test))]
        #[unsafe(no_mangle)]
        extern "C" fn main(count: ::core::ffi::c_int, words: *const *const ::core::ffi::c_char) -> ::core::ffi::c_int {
            // SAFETY: these are what C gives.
            unsafe { $crate::sys::entry::run($main, count, words) }
        }
    };
}

/// Runs a command and ends the process with its exit code.
///
/// # Safety
/// `count` and `words` are those that C gives to `main`: so many terminated strings.
pub unsafe fn run(main: fn(Vec<OsString>) -> u8, count: c_int, words: *const *const c_char) -> ! {
    if open_standard_streams().is_err() {
        // What is opened next would be taken for a standard stream: better nothing than a socket that is written to.
        std::process::abort();
    }
    ignore_broken_pipes();
    let words = (0..usize::try_from(count).unwrap_or(0)).map(|index| {
        // SAFETY: the caller's promise.
        let word = unsafe { CStr::from_ptr(*words.add(index)) };
        OsStr::from_bytes(word.to_bytes()).to_owned()
    });
    let code = main(words.collect());
    // What was written is flushed where it was written; Rust's own end would first make a buffer to flush.
    // SAFETY: takes a number; nothing of ours is registered to run at the end, and this thread does not return.
    unsafe { libc::exit(code.into()) }
}

/// Opens `/dev/null` for each of the three streams that the caller closed.
fn open_standard_streams() -> io::Result<()> {
    let mut streams = [0, 1, 2].map(|fd| libc::pollfd { fd, events: 0, revents: 0 });
    loop {
        // SAFETY: `streams` is valid for reading and writing its three elements.
        if unsafe { libc::poll(streams.as_mut_ptr(), 3, 0) } >= 0 {
            break;
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    for stream in streams {
        if stream.revents & libc::POLLNVAL == 0 {
            continue;
        }
        // SAFETY: the path is a terminated string. The lowest free number is this stream's own: those below are open.
        if unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// A reader who left is an error of the write, not a signal that kills.
fn ignore_broken_pipes() {
    // SAFETY: SIG_IGN is no handler that could do anything.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
}
