//! Files of one test: a directory that goes with it, and a private `/etc` for one command.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::command::Run;
use super::host::Host;
use super::topology::Lab;

/// A directory of one test; gone with it.
#[derive(Debug)]
pub struct Dir(PathBuf);

impl Dir {
    /// An empty directory that everybody may read.
    pub fn new(lab: &Lab) -> Dir {
        let name = lab.test().replace("::", "-");
        let path = scratch().join(format!("{name}-{}", std::process::id()));
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

    /// A copy of a program, with this mode.
    pub fn copy(&self, program: &str, name: &str, mode: u32) -> PathBuf {
        let path = self.path(name);
        // By a process of its own: a descriptor open for writing, inherited by a command that another test starts just
        // then, would make the copy "busy".
        assert!(Command::new("cp").arg(program).arg(&path).status().unwrap().success());
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

    /// A program that reads these files instead of the machine's.
    pub fn run(&self, host: &Host, program: &str) -> Run {
        // exec, so that signals meet the program itself.
        const SCRIPT: &str = r#"etc=$1; shift
            for f in hosts resolv.conf nsswitch.conf gai.conf; do
                [ ! -e /etc/$f ] || mount --bind "$etc/$f" "/etc/$f" || exit 99
            done
            exec "$@""#;
        host.command("unshare")
            .args(["-m", "--propagation", "private", "sh", "-c", SCRIPT, "sh"])
            .arg(&self.0.0)
            .arg(program)
    }
}

/// A directory to write in: cargo's own for tests, else the system's (`benches/bed` is no test).
fn scratch() -> PathBuf {
    option_env!("CARGO_TARGET_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from)
}
