//! One network namespace, held by an open descriptor.
//!
//! A namespace is entered by a thread of its own for as long as one closure runs, so tests in one process work in many
//! namespaces side by side, and nothing has a name that could clash or outlive a test: when the last descriptor is closed
//! the kernel takes the namespace down with everything in it.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::panic::resume_unwind;
use std::thread;

use nix::sched::{CloneFlags, setns, unshare};

/// A network namespace that lives as long as this value.
#[derive(Debug)]
pub struct Netns {
    handle: File,
}

impl Netns {
    /// Makes a new, empty namespace; the calling thread stays where it is.
    pub fn new() -> io::Result<Netns> {
        let made = thread::spawn(|| {
            unshare(CloneFlags::CLONE_NEWNET)?;
            File::open("/proc/thread-self/ns/net")
        });
        let handle = made.join().map_err(|_| io::Error::other("the thread that makes a namespace panicked"))??;
        Ok(Netns { handle })
    }

    /// Runs `f` on a thread inside this namespace and hands back its result (or its panic).
    pub fn enter<T: Send>(&self, f: impl FnOnce() -> T + Send) -> T {
        thread::scope(|s| {
            let inside = s.spawn(|| {
                self.move_in().expect("enter the network namespace");
                f()
            });
            inside.join().unwrap_or_else(|panic| resume_unwind(panic))
        })
    }

    /// Moves the calling thread into this namespace for good: for threads that serve it.
    pub fn move_in(&self) -> io::Result<()> {
        setns(&self.handle, CloneFlags::CLONE_NEWNET).map_err(io::Error::from)
    }

    /// A path by which other processes (`ip link … netns PATH`) find this namespace while this value lives.
    pub fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.handle.as_raw_fd())
    }

    /// Writes a setting below `/proc/sys`; `key` has dots for slashes.
    pub fn sysctl(&self, key: &str, value: &str) -> io::Result<()> {
        let path = format!("/proc/sys/{}", key.replace('.', "/"));
        self.enter(|| fs::write(path, value))
    }

    /// A second handle on the same namespace.
    pub fn again(&self) -> io::Result<Netns> {
        Ok(Netns { handle: self.handle.try_clone()? })
    }
}
