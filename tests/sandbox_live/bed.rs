//! Commands that last, the library that makes the attempts in them, and what `/proc` says of their threads.

use std::collections::HashMap;
use std::fs;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::lab::{Dir, Lab, Pair, Run, Running, eventually, sys};

pub const RPING: &str = env!("CARGO_BIN_EXE_rping");
pub const RTRACE: &str = env!("CARGO_BIN_EXE_rtrace");
pub const RSWEEP: &str = env!("CARGO_BIN_EXE_rsweep");
pub const RCHECK: &str = env!("CARGO_BIN_EXE_rcheck");
pub const RLINK: &str = env!("CARGO_BIN_EXE_rlink");

/// Runs of every command that go on until they are ended: 10.1.0.2 is there and answers nothing.
pub const RUNS: [(&str, &str); 20] = [
    (RPING, "-i 0.1 127.0.0.1"),
    // Names are looked up by threads.
    (RPING, "-i 0.1 -H 127.0.0.1 127.0.0.2"),
    (RPING, "-i 0.1 --socket dgram ::1"),
    (RTRACE, "-I -n -w 9 10.1.0.2"),
    (RTRACE, "-U -n -w 9 10.1.0.2"),
    // Half open, by raw sockets.
    (RTRACE, "-T -n -w 9 10.1.0.2"),
    (RSWEEP, "-l -p 100 127.0.0.1"),
    // One thread more for each core.
    (RSWEEP, "--engine stateless --threads 2 --no-l2 --rate 100 127.1.0.0/16"),
    // Frames of its own, by packet sockets.
    (RSWEEP, "--engine stateless --threads 2 --rate 100 10.2.0.0/16"),
    (RCHECK, "-n 5 -w 9s,50% -c 9s,90% -t 15 10.1.0.2"),
    (RCHECK, "--udp 9 -n 2 -w 9s,50% -c 9s,90% -t 15 10.1.0.2"),
    (RCHECK, "--tcp 80 -n 2 -w 9s,50% -c 9s,90% -t 15 10.1.0.2"),
    (RLINK, "serve -I eth0"),
    (RLINK, "dump -I eth0"),
    (RLINK, "ping 02:00:00:00:00:77 -I eth0 -i 0.1"),
    (RLINK, "send 02:00:00:00:00:77 -I eth0 -i 0.1 -c 1000"),
    (RLINK, "arp 10.1.0.77 -I eth0 -c 1000"),
    (RLINK, "ndp fd00:1::77 -I eth0 -c 1000"),
    (RLINK, "ndp --routers -I eth0 -c 50 -W 1"),
    (RLINK, "scan -I eth0 -r 20 10.1.0.0/22"),
];

/// One run of each command.
pub fn one_of_each() -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut before = "";
    RUNS.into_iter().filter(move |(program, _)| std::mem::replace(&mut before, program) != *program)
}

/// A host whose neighbour, 10.1.0.2, drops everything.
pub fn silent_pair(lab: &Lab) -> Pair {
    let pair = lab.pair();
    pair.b.sysctl("net.ipv4.icmp_echo_ignore_all", "1");
    let refuse = "add table inet t\nadd chain inet t in { type filter hook input priority 0; policy drop; }\n";
    pair.b.command("nft").args(["-f", "-"]).stdin(refuse).output().ok();
    // Answers no more, but its address is known.
    let shown = pair.b.command("ip").words("-br link show eth0").output().ok();
    let mac = shown.stdout.split_whitespace().nth(2).unwrap();
    pair.a.ip(&format!("neigh replace 10.1.0.2 lladdr {mac} dev eth0 nud permanent"));
    pair.a.ip("route add 10.2.0.0/16 via 10.1.0.2");
    pair
}

/// The place of the attempts: the library, a file, a service, a report.
pub struct Place {
    dir: Dir,
    /// Not below the directory: the name of a socket has to be short.
    service: PathBuf,
    _listener: UnixListener,
}

impl Place {
    /// Builds the library.
    pub fn new(lab: &Lab) -> Place {
        let dir = Dir::new(lab);
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sandbox_live/attempts.c");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Wno-nonnull", "-o"])
            .arg(dir.path("attempts.so"))
            .args([source, "-ldl"])
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        dir.file("victim", "untouched");
        let service = format!("rprobe-{}-{}", std::process::id(), lab.test().len());
        let service = std::env::temp_dir().join(service);
        let _ = fs::remove_file(&service);
        let listener = UnixListener::bind(&service).unwrap();
        Place { dir, service, _listener: listener }
    }

    /// A path beside the file that must stay.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path(name)
    }

    /// Loads the library into a run.
    pub fn load(&self, run: Run) -> Run {
        let path = |name: &str| self.dir.path(name).to_str().unwrap().to_owned();
        run.env("LD_PRELOAD", &path("attempts.so"))
            .env("SANDBOX_DIR", &path(""))
            .env("SANDBOX_REPORT", &path("report"))
            .env("SANDBOX_SERVICE", self.service.to_str().unwrap())
    }

    /// Has every thread of a command make the attempts, and gives their errors by name.
    #[track_caller]
    pub fn attempts(&self, running: &Running) -> Vec<HashMap<String, i32>> {
        let report = self.dir.path("report");
        let read = || fs::read_to_string(&report).unwrap_or_default();
        let _ = fs::remove_file(self.dir.path("made"));
        let threads = threads(running.pid());
        let mut told = 0;
        for (thread, _) in &threads {
            let task = format!("/proc/{}/task/{thread}", running.pid());
            let sent = sys::signal_thread(running.pid(), *thread, libc::SIGUSR2);
            // A thread whose work was done takes no signal on its way out, and has nothing to tell.
            let has_ended = || !std::path::Path::new(&task).exists();
            assert!(sent.is_ok() || has_ended(), "{sent:?}");
            eventually(Duration::from_secs(20), || read().lines().count() > told || has_ended());
            let tells = read().lines().count() > told;
            assert!(tells || has_ended(), "thread {thread} told nothing: {}{}", read(), running.stderr_so_far());
            told += usize::from(tells);
        }
        let text = read();
        fs::write(&report, "").unwrap();
        let outcome = |word: &str| {
            let (name, errno) = word.split_once('=').unwrap();
            (name.to_owned(), errno.parse().unwrap())
        };
        text.lines().map(|line| line.split_whitespace().skip(1).map(outcome).collect()).collect()
    }

    /// That the file is still there, and nothing else.
    #[track_caller]
    pub fn is_untouched(&self) {
        assert_eq!(fs::read_to_string(self.dir.path("victim")).unwrap(), "untouched");
        for name in ["made", "moved", "fifo"] {
            assert!(!self.dir.path(name).exists(), "{name}");
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.service);
    }
}

/// A copy of a command with a capability of the file; `None` where the file system keeps none.
pub fn with_capability(lab: &Lab, dir: &Dir, program: &str) -> Option<PathBuf> {
    let copy = dir.copy(program, &format!("{}-cap", name(program)), 0o755);
    let set = lab.host("setcap").command("setcap").arg("cap_net_raw+p").arg(&copy).output();
    set.status.success().then_some(copy)
}

/// The last part of a path.
pub fn name(program: &str) -> &str {
    Path::new(program).file_name().unwrap().to_str().unwrap()
}

/// Each thread of a process with its `/proc/…/status`.
pub fn threads(pid: u32) -> Vec<(u32, String)> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let thread = |entry: fs::DirEntry| {
        let status = fs::read_to_string(entry.path().join("status")).ok()?;
        Some((entry.file_name().to_str()?.parse().ok()?, status))
    };
    tasks.filter_map(|entry| thread(entry.ok()?)).collect()
}

/// A field of a status, its words one space apart.
pub fn field(status: &str, name: &str) -> String {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let line = line.unwrap_or_else(|| panic!("no {name} in {status}"));
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Waits until a field of the command's first thread has a value: how far its start has come.
#[track_caller]
pub fn reaches(running: &Running, name: &str, value: &str) {
    let pid = running.pid();
    let is_there =
        || fs::read_to_string(format!("/proc/{pid}/status")).is_ok_and(|status| field(&status, name) == value);
    assert!(eventually(Duration::from_secs(20), is_there), "{name} never was {value}: {}", running.stderr_so_far());
}

/// Lets a run settle: its threads have started.
pub fn runs(running: &Running, words: &str) {
    let least = if words.contains("-H") || words.contains("--threads") { 2 } else { 1 };
    eventually(Duration::from_secs(20), || threads(running.pid()).len() >= least);
}
