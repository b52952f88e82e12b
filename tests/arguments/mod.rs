//! What the tests of command lines share: how bad input is answered, what is asked for, and links by which a command is called.
// Each test binary that includes this module uses a part of it.
#![allow(dead_code, unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use predicates::prelude::*;

/// Exactly one line on stderr, which begins with the name; nothing on stdout; exit code 2.
pub fn refused(name: &str, command: &mut Command) -> String {
    let output = command.output().unwrap();
    let line = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let line = line.strip_suffix('\n').expect("a whole line");
    assert!(!line.contains('\n'), "one line: {line}");
    assert!(!line.chars().any(char::is_control), "{line:?}");
    line.strip_prefix(&format!("{name}: ")).expect(line).to_owned()
}

/// Help, which names this option, and version are asked for and no error; nobody may read on.
pub fn help_and_version(name: &str, program: &str, option: &str) {
    let run = |word| Command::new(program).arg(word).assert().success().stderr("");
    run("-h").stdout(predicate::str::contains(option));
    run("--help").stdout(predicate::str::contains(option));
    run("-V").stdout(format!("{name} {}\n", env!("CARGO_PKG_VERSION")));
    let pipe = "\"$0\" --help | true; \"$0\" --help >/dev/full || echo $? >&2";
    let full = format!("{name}: cannot write: No space left on device\n2\n");
    Command::new("sh").args(["-c", pipe, program]).assert().stderr(full);
}

/// A directory that goes away with the test.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rprobe-arguments-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The program under another name.
    pub fn called(&self, program: &str, name: &str) -> Command {
        let link = self.0.join(name);
        let _ = symlink(program, &link);
        Command::new(link)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
