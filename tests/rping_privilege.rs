//! By which right rping opens its sockets, and that it has none left afterwards.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod lab;

use lab::{Host, Need, Run, User};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A copy that everybody may run, in a directory that goes away.
struct Copy {
    dir: PathBuf,
}

impl Copy {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("rprobe-{name}-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_rping"), dir.join("rping")).unwrap();
        Copy { dir }
    }

    fn path(&self) -> PathBuf {
        self.dir.join("rping")
    }

    fn as_nobody(&self, host: &Host, words: &str) -> Run {
        host.command(self.path()).words(words).user(User::Nobody)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// The kind of socket that the first event names.
fn socket(json: &str) -> &str {
    json.split(r#""socket":""#).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or(json)
}

/// The lines of `/proc/<pid>/task/*/status` that begin so, without repetitions.
fn status(pid: u32, field: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for task in fs::read_dir(format!("/proc/{pid}/task")).unwrap() {
        let text = fs::read_to_string(task.unwrap().path().join("status")).unwrap();
        let value = text.lines().find_map(|line| line.strip_prefix(field)).unwrap().trim().to_owned();
        if !all.contains(&value) {
            all.push(value);
        }
    }
    all
}

fn threads(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/task")).unwrap().count()
}

#[test]
fn no_thread_has_a_capability_left() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    // Names are looked up, so that there are threads to look at.
    let mut run = host.command(env!("CARGO_BIN_EXE_rping")).words("-H -i 0.01 127.0.0.1").start();
    run.wait_for(|text| text.contains("icmp_seq=2 "));
    assert!(threads(run.pid()) > 1, "looking names up takes a thread");
    for set in ["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"] {
        assert_eq!(status(run.pid(), set), ["0000000000000000"], "{set}");
    }
    assert_eq!(status(run.pid(), "NoNewPrivs:"), ["1"]);

    let mut numeric = host.command(env!("CARGO_BIN_EXE_rping")).words("-i 0.01 127.0.0.1").start();
    numeric.wait_for(|text| text.contains("icmp_seq=2 "));
    assert_eq!(threads(numeric.pid()), 1, "numbers take no thread");
}

#[test]
fn without_rights_the_ping_socket_serves_or_one_line_tells_what_would() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let (host, copy) = (lab.host("a"), Copy::new("none"));
    for target in ["127.0.0.1", "::1"] {
        let open = copy.as_nobody(&host, &format!("--json -c 2 -i 0.01 {target}")).output().ok();
        assert_eq!(socket(&open.stdout), "dgram");
    }
    host.sysctl("net.ipv4.ping_group_range", "1 0");
    let closed = copy.as_nobody(&host, "-c 1 127.0.0.1").output();
    assert_eq!((closed.code(), closed.stdout.as_str(), closed.stderr.lines().count()), (Some(2), "", 1));
    let named = ["setcap cap_net_raw+p", "--cap-add NET_RAW"].iter().any(|remedy| closed.stderr.contains(remedy));
    assert!(named && closed.stderr.contains("ping_group_range"), "{}", closed.stderr);
    let mark = copy.as_nobody(&host, "-m 5 -c 1 127.0.0.1").output();
    assert_eq!((mark.code(), mark.stderr.lines().count()), (Some(2), 1));
}

#[test]
fn a_file_capability_serves_without_being_in_force() {
    let Some(lab) = lab::start!(Need::OtherUser, Need::Tool("setcap")) else { return };
    let (host, copy) = (lab.host("a"), Copy::new("filecap"));
    host.sysctl("net.ipv4.ping_group_range", "1 0");
    if !setcap("cap_net_raw+p", &copy.path()) {
        return lab.skip("this file system holds no capabilities");
    }
    let output = copy.as_nobody(&host, "--json -c 1 127.0.0.1").output().ok();
    assert_eq!(socket(&output.stdout), "raw");
    let mut run = copy.as_nobody(&host, "-i 0.01 127.0.0.1").start();
    run.wait_for(|text| text.contains("icmp_seq=2 "));
    for set in ["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"] {
        assert_eq!(status(run.pid(), set), ["0000000000000000"], "{set}");
    }
}

fn setcap(capability: &str, file: &Path) -> bool {
    let path = "/usr/sbin:/sbin:/usr/bin:/bin";
    Command::new("setcap").env("PATH", path).arg(capability).arg(file).status().is_ok_and(|status| status.success())
}

#[test]
fn a_setuid_binary_is_its_caller_for_good() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let (host, copy) = (lab.host("a"), Copy::new("setuid"));
    host.sysctl("net.ipv4.ping_group_range", "1 0");
    fs::set_permissions(copy.path(), fs::Permissions::from_mode(0o4755)).unwrap();
    let mut run = copy.as_nobody(&host, "-i 0.01 127.0.0.1").start();
    run.wait_for(|text| text.contains("icmp_seq=2 "));
    assert_eq!(status(run.pid(), "Uid:"), ["65534\t65534\t65534\t65534"]);
    assert_eq!(status(run.pid(), "CapPrm:"), ["0000000000000000"]);
    drop(run);
    // A file is opened as the caller, who may not write into this directory.
    let file = copy.dir.join("x.pcapng");
    let refused = copy.as_nobody(&host, &format!("--pcapng {} -c 1 127.0.0.1", file.display())).output();
    assert_eq!((refused.code(), file.exists()), (Some(2), false), "{}", refused.stderr);
    // Limits are the caller's as well.
    assert_eq!(copy.as_nobody(&host, "-f -c 1 127.0.0.1").output().code(), Some(2));
}
