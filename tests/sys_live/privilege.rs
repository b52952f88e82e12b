//! Setuid-root: what a process keeps between its start and the dropping of its ids, and that nothing is left after.
//!
//! User ids belong to the whole process, so this runs in a process of its own: the test starts itself again.

use std::process::Command;

use nix::unistd::{Gid, Uid, getresgid, getresuid, setresgid, setresuid};
use rprobe::sys::caps;
use rprobe::sys::socket::Socket;
use rprobe::units::Family;

use crate::bed::skip;

const TEST: &str = "privilege::setuid_root_acts_as_the_caller_and_ends_as_the_caller";
const INNER: &str = "RPROBE_SETUID_TEST";
const NOBODY: u32 = 65_534;

#[test]
fn setuid_root_acts_as_the_caller_and_ends_as_the_caller() {
    if std::env::var_os(INNER).is_some() {
        return as_started_by_nobody();
    }
    if !Uid::effective().is_root() || !caps::has_net_raw_permitted() {
        return skip(TEST, "needs root");
    }
    let exe = std::env::current_exe().unwrap();
    let out = Command::new(exe).args([TEST, "--exact", "--test-threads=1"]).env(INNER, "1").output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{said}{}", String::from_utf8_lossy(&out.stderr));
    assert!(said.contains("1 passed"), "it ran: {said}");
}

/// As the kernel starts a setuid-root and setgid-root file for nobody.
fn as_started_by_nobody() {
    let (uid, gid, root) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY), Uid::from_raw(0));
    setresgid(gid, Gid::from_raw(0), Gid::from_raw(0)).unwrap();
    setresuid(uid, root, root).unwrap();
    assert!(caps::is_setuid() && !caps::is_root_like());

    caps::effective_ids_to_caller().unwrap();
    assert_eq!((Uid::effective(), Gid::effective()), (uid, gid), "files are opened as the caller");
    assert!(Socket::raw_icmp(Family::V4).is_err(), "nothing is in force");
    assert!(caps::has_net_raw_permitted());
    let socket = caps::with_net_raw(|| Socket::raw_icmp(Family::V4)).unwrap();
    assert!(Socket::raw_icmp(Family::V4).is_err(), "and nothing is again");

    caps::drop_setuid_for_good().unwrap();
    caps::drop_all().unwrap();
    let (u, g) = (getresuid().unwrap(), getresgid().unwrap());
    assert_eq!([u.real, u.effective, u.saved], [uid; 3]);
    assert_eq!([g.real, g.effective, g.saved], [gid; 3]);
    assert!(setresuid(uid, root, root).is_err(), "there is no way back");
    assert!(caps::with_net_raw(|| Socket::raw_icmp(Family::V4)).is_err());
    socket.drain().unwrap();
}
