//! Landlock and the filter of system calls, as the kernel obeys them. Both last as long as the process, so that these run
//! in processes of their own: each test starts itself again.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::channel;
use std::thread;

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use rprobe::sys::{caps, landlock, seccomp};

use crate::bed::skip;

const INNER: &str = "RPROBE_SANDBOX_TEST";

/// Runs `inner` in a process of its own.
fn alone(test: &str, inner: impl FnOnce()) {
    if std::env::var_os(INNER).is_some() {
        return inner();
    }
    let exe = std::env::current_exe().unwrap();
    let out = Command::new(exe).args([test, "--exact", "--test-threads=1"]).env(INNER, "1").output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{said}{}", String::from_utf8_lossy(&out.stderr));
    assert!(said.contains("1 passed"), "it ran: {said}");
}

#[test]
fn only_below_the_directory_is_anything_written() {
    const TEST: &str = "sandbox::only_below_the_directory_is_anything_written";
    if let Err(why) = landlock::version() {
        return skip(TEST, &format!("no Landlock: {why}"));
    }
    let dir = std::env::temp_dir().join(format!("rprobe-landlock-{}", std::process::id()));
    alone(TEST, || {
        let (inside, outside) = (dir.join("inside"), dir.join("outside"));
        for made in [&inside, &outside] {
            fs::create_dir_all(made).unwrap();
            fs::write(made.join("old"), "old").unwrap();
        }
        let mut before = File::create(outside.join("before")).unwrap();
        // Restrictions are the thread's, so that this one can clean up.
        let work = || {
            caps::forbid_gains().unwrap();
            landlock::restrict_writing(&[&inside, Path::new("/nowhere/at/all")]).unwrap();
            fs::write(inside.join("new"), "new").unwrap();
            fs::rename(inside.join("new"), inside.join("old")).unwrap();
            let refused = |done: io::Result<()>| {
                let error = done.expect_err("this is not allowed");
                assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{error}");
            };
            refused(fs::write(outside.join("new"), "new"));
            refused(File::options().write(true).open(outside.join("old")).map(drop));
            refused(fs::remove_file(outside.join("old")));
            refused(fs::create_dir(inside.join("directory")));
            refused(std::os::unix::fs::symlink("/", inside.join("link")));
            refused(Command::new("/bin/true").status().map(drop));
            assert_eq!(fs::read(outside.join("old")).unwrap(), b"old", "reading is free");
            before.write_all(b"what is open stays open").unwrap();
            thread::scope(|scope| {
                let later = scope.spawn(|| fs::write(outside.join("new"), "new"));
                refused(later.join().unwrap());
            });
        };
        let ended = thread::scope(|scope| scope.spawn(work).join());
        fs::remove_dir_all(&dir).unwrap();
        ended.unwrap();
    });
}

#[test]
fn calls_are_refused_in_every_thread_and_nobody_dies() {
    const TEST: &str = "sandbox::calls_are_refused_in_every_thread_and_nobody_dies";
    alone(TEST, || {
        // A thread that was there before.
        let (go, come) = channel();
        let before = thread::spawn(move || {
            come.recv().unwrap();
            refusals()
        });
        caps::forbid_gains().unwrap();
        if let Err(why) = seccomp::refuse_calls() {
            return skip(TEST, &format!("no filters of system calls: {why}"));
        }
        go.send(()).unwrap();
        let later = thread::spawn(refusals);
        for refused in [refusals(), before.join().unwrap(), later.join().unwrap()] {
            assert_eq!(refused, [Some(Errno::EPERM); 4]);
        }
        let allowed = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        allowed.connect(allowed.local_addr().unwrap()).unwrap();
    });
}

/// What becomes of calls that the filter knows.
fn refusals() -> [Option<Errno>; 4] {
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
    let program = Command::new("/bin/true").status().map_err(|error| Errno::from_raw(error.raw_os_error().unwrap()));
    [
        unshare(CloneFlags::CLONE_NEWUTS).err(),
        program.err(),
        socket(AddressFamily::Inet, SockType::Raw, SockFlag::empty(), None).err(),
        socket(AddressFamily::Packet, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None).err(),
    ]
}
