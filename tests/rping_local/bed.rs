//! What these tests share: the command under test, what it told, and a private `/etc`.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::lab::{self, Host, Lab, Output, Run, eventually};

/// The command under test.
pub const RPING: &str = env!("CARGO_BIN_EXE_rping");

/// rping in `host` with the words of a line.
pub fn rping(host: &Host, words: &str) -> Run {
    host.command(RPING).words(words)
}

/// A directory of one test; gone with it.
#[derive(Debug)]
pub struct Dir(PathBuf);

impl Dir {
    /// An empty directory that everybody may read.
    pub fn new(lab: &Lab) -> Dir {
        let name = lab.test().replace("::", "-");
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Dir(path)
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A file in it.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// A copy of the command under test, with this mode.
    pub fn copy(&self, name: &str, mode: u32) -> PathBuf {
        let path = self.path(name);
        // By a process of its own: a descriptor open for writing, inherited by a command that another test starts just
        // then, would make the copy "busy".
        assert!(Command::new("cp").arg(RPING).arg(&path).status().unwrap().success());
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A private `/etc` for one command: its hosts file and its nameserver (127.0.0.1 of the namespace).
#[derive(Debug)]
pub struct Etc(Dir);

impl Etc {
    /// With these lines in the hosts file.
    pub fn new(lab: &Lab, hosts: &str) -> Etc {
        let dir = Dir::new(lab);
        dir.file("hosts", hosts);
        dir.file("resolv.conf", "nameserver 127.0.0.1\n");
        dir.file("nsswitch.conf", "hosts: files dns\n");
        dir.file("gai.conf", "");
        Etc(dir)
    }

    /// rping that reads these files instead of the machine's.
    pub fn rping(&self, host: &Host, words: &str) -> Run {
        // exec, so that signals meet rping itself.
        const SCRIPT: &str = r#"etc=$1; shift
            for f in hosts resolv.conf nsswitch.conf gai.conf; do
                [ ! -e /etc/$f ] || mount --bind "$etc/$f" "/etc/$f" || exit 99
            done
            exec "$@""#;
        host.command("unshare")
            .args(["-m", "--propagation", "private", "sh", "-c", SCRIPT, "sh"])
            .arg(&self.0.0)
            .arg(RPING)
            .words(words)
    }
}

/// What a run with `--json` told.
#[derive(Debug)]
pub struct Told(pub Vec<Value>);

impl Told {
    /// Reads every line; each must be a whole object.
    #[track_caller]
    pub fn of(out: &Output) -> Told {
        Told::from(&out.stdout)
    }

    /// Reads lines.
    #[track_caller]
    pub fn from(stdout: &str) -> Told {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e} in {line:?}"));
        Told(stdout.lines().map(parse).collect())
    }

    /// The events of this kind.
    pub fn all(&self, event: &str) -> Vec<&Value> {
        self.0.iter().filter(|e| e["event"] == event).collect()
    }

    /// The one event of this kind.
    #[track_caller]
    pub fn one(&self, event: &str) -> &Value {
        let all = self.all(event);
        assert_eq!(all.len(), 1, "{event} in {self:#?}");
        all[0]
    }

    /// The summary of the one target, its equations checked.
    #[track_caller]
    pub fn summary(&self) -> &Value {
        let summary = self.one("summary");
        check(summary);
        summary
    }

    /// All summaries, their equations checked.
    #[track_caller]
    pub fn summaries(&self) -> Vec<&Value> {
        let all = self.all("summary");
        all.iter().for_each(|s| check(s));
        all
    }
}

/// A counter.
#[track_caller]
pub fn n(summary: &Value, field: &str) -> u64 {
    summary[field].as_u64().unwrap_or_else(|| panic!("no number {field} in {summary}"))
}

/// `attempted = not_sent + sent`, `sent = replied + late + errors + lost + in_flight`.
#[track_caller]
fn check(s: &Value) {
    assert_eq!(n(s, "attempted"), n(s, "not_sent") + n(s, "sent"), "{s}");
    let settled = ["replied", "late", "errors", "lost", "in_flight"].map(|f| n(s, f)).iter().sum::<u64>();
    assert_eq!(n(s, "sent"), settled, "{s}");
    assert_eq!(n(s, "received"), n(s, "replied") + n(s, "late"), "{s}");
}

/// Whether a text holds nothing that paints a terminal.
pub fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && c != '\n')
}

/// Waits until a pipe that nobody reads takes no more lines.
#[track_caller]
pub fn wait_full(reader: &OwnedFd) {
    let waiting = || lab::sys::bytes_waiting(reader).unwrap();
    let full = eventually(Duration::from_secs(5), || {
        let before = waiting();
        thread::sleep(Duration::from_millis(30));
        before > 4096 && before == waiting()
    });
    assert!(full, "the pipe fills");
}
