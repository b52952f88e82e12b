//! The first moments of a command: what Rust's own start does and a command needs, without what it does not.
//!
//! Before `main` the standard library looks for the end of the stack in `/proc/self/maps`, and installs handlers that name
//! a stack overflow: some twenty system calls and a seventh of the time that a short command takes as a whole. The kernel
//! ends a process that runs off its stack either way. What is needed stands in [`run`]. Where the C library does not hand
//! the arguments to Rust by itself (musl), the start is the ordinary one.

use std::io;

/// Makes a command's `main` the program's, given a `fn() -> u8` that returns the exit code.
///
/// The file that uses it begins with `#![cfg_attr(all(target_env = "gnu", not(test)), no_main)]`.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        // SAFETY: no other `main` exists where `no_main` is set by this very condition; C calls it once, and the arguments
        // are not looked at.
        #[cfg(all(target_env = "gnu", not(test)))]
        #[unsafe(no_mangle)]
        extern "C" fn main(
            _count: ::core::ffi::c_int,
            _words: *const *const ::core::ffi::c_char,
        ) -> ::core::ffi::c_int {
            $crate::sys::entry::run($main)
        }

        #[cfg(not(all(target_env = "gnu", not(test))))]
        fn main() -> ::std::process::ExitCode {
            ::std::process::ExitCode::from($main())
        }
    };
}

/// Runs a command and ends the process with its exit code.
pub fn run(main: fn() -> u8) -> ! {
    if open_standard_streams().is_err() {
        // What is opened next would be taken for a standard stream: better nothing than a socket that is written to.
        std::process::abort();
    }
    ignore_broken_pipes();
    let code = main();
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
