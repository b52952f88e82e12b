//! Every command line of the README is run, in a namespace of its own, against its loopback.
//!
//! What installs is run with its destinations moved into a directory that goes away; what builds or tests the project
//! itself is only looked at, because it is what runs this. A line of a kind that is not known here fails.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod lab;

use lab::{Host, Need};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const RPING: &str = env!("CARGO_BIN_EXE_rping");
const RSWEEP: &str = env!("CARGO_BIN_EXE_rsweep");
const RTRACE: &str = env!("CARGO_BIN_EXE_rtrace");
const RLINK: &str = env!("CARGO_BIN_EXE_rlink");
/// The station that the README names.
const STATION: &str = "02:00:00:00:00:02";

/// What a run of rlink that went well says, one of these.
const SAYS: [&str; 7] = [
    " 0% packet loss",
    "1 frame left eth0",
    "INDEX ",
    " 0% unanswered",
    " is free",
    " scanned in ",
    " listened to for ",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The lines of all `sh` blocks, without their comments.
fn command_lines() -> Vec<String> {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let mut lines = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match line.trim() {
            "```sh" => inside = true,
            "```" => inside = false,
            line if inside && !line.is_empty() => lines.push(line.split("  #").next().unwrap().trim().to_owned()),
            _ => {}
        }
    }
    assert!(!inside, "a block is left open");
    lines
}

/// Where installed files go.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("rprobe-readme-{}", std::process::id()));
        for dir in ["bin", "usr/local/bin", "usr/local/share/man", "etc/bash_completion.d"] {
            fs::create_dir_all(path.join(dir)).unwrap();
        }
        std::os::unix::fs::symlink(RPING, path.join("bin/rping")).unwrap();
        std::os::unix::fs::symlink(RSWEEP, path.join("bin/rsweep")).unwrap();
        std::os::unix::fs::symlink(RTRACE, path.join("bin/rtrace")).unwrap();
        std::os::unix::fs::symlink(RLINK, path.join("bin/rlink")).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_rcheck"), path.join("bin/rcheck")).unwrap();
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs a line in a shell; the test is root of its namespace, so `sudo` says nothing new.
fn run(host: &Host, scratch: &Scratch, line: &str) -> String {
    let dir = scratch.0.to_str().unwrap();
    let line = line.replace("sudo ", "").replace("target/release/rping", RPING);
    let line = line.replace("target/release/rtrace", RTRACE);
    let line = line.replace("/usr/local/", &format!("{dir}/usr/local/")).replace("/etc/", &format!("{dir}/etc/"));
    let script = format!("cd {} && PATH={dir}/bin:$PATH:/usr/sbin:/sbin && {line}", root().display());
    let output = host.command("sh").args(["-ec", &script]).limit(Duration::from_secs(60)).output();
    assert_eq!(output.code(), Some(0), "{line}\n{}\n{}", output.stdout, output.stderr);
    // fping's summaries stand there, and so do rsweep's.
    assert!(output.stderr.is_empty() || line.starts_with("rsweep "), "{line}\n{}", output.stderr);
    output.stdout
}

#[test]
fn every_command_line_works() {
    let Some(lab) = lab::start!(Need::Tool("jq"), Need::Tool("setcap"), Need::Tool("sysctl")) else { return };
    let (host, station) = (lab.host("reader"), lab.host("station"));
    lab.cable((&host, "eth0"), (&station, "eth0"));
    station.ip(&format!("link set eth0 address {STATION}"));
    host.address("eth0", "192.0.2.1/24");
    station.address("eth0", "192.0.2.2/24");
    let mut server = None;
    let scratch = Scratch::new();
    let mut probed = 0;
    for line in command_lines() {
        match line.strip_prefix("sudo ").unwrap_or(&line) {
            "cargo build --release" | "tests/run --install" => {
                let program = line.split(' ').next().unwrap();
                assert!(program == "cargo" || root().join(program).is_file(), "{line}");
            }
            "cargo run --example ping_once" => {}
            command if command.starts_with("cargo run --release --bin rping -- ") => {
                let args = command.split_once(" -- ").unwrap().1;
                assert!(run(&host, &scratch, &format!("rping {args}")).contains(" 0% packet loss"), "{line}");
                probed += 1;
            }
            command if command.starts_with("rsweep ") => drop(run(&host, &scratch, command)),
            "rlink serve -I eth0" => {
                let mut serving = station.command(RLINK).words("serve -I eth0").limit(Duration::from_secs(60)).start();
                serving.wait_for(|text| text.contains(STATION));
                server = Some(serving);
            }
            command if command.starts_with("rlink ") => {
                let said = run(&host, &scratch, command);
                assert!(SAYS.iter().any(|s| said.contains(s)), "{line}: {said}");
                probed += 1;
            }
            command if command.starts_with("rtrace ") => {
                let said = run(&host, &scratch, command);
                let arrived = ["\nreached 127.0.0.1 at hop 1", "\"distance\":1,"].iter().any(|s| said.contains(s));
                assert!(arrived, "{line}: {said}");
                assert!(!line.contains("--mtu") || said.contains("\npath MTU 65535"), "{line}: {said}");
                probed += 1;
            }
            command if command.starts_with("rping --generate ") => drop(run(&host, &scratch, command)),
            command if command.starts_with("rping ") => {
                let said = run(&host, &scratch, command);
                assert!(
                    said.contains(" 0% packet loss") || said.contains("65535") || said.contains("p50"),
                    "{line}: {said}"
                );
                probed += 1;
            }
            command if command.starts_with("rcheck ") => {
                let command = command.replace("/tmp/", &format!("{}/", scratch.0.display()));
                let said = run(&host, &scratch, &command);
                assert!(said.contains("OK - ") || said == "\"ok\"\n", "{line}: {said}");
                probed += 1;
            }
            command if ["install", "sysctl", "setcap"].iter().any(|known| command.starts_with(known)) => {
                run(&host, &scratch, command);
            }
            _ => panic!("the README has a line that this test cannot run: {line}"),
        }
    }
    assert!(probed > 17, "{probed} lines probed");
    let shown = server.expect("a server").stdout_so_far();
    assert!(shown.contains(": Hi | 4869") && shown.contains("answered"), "{shown}");
    for page in ["rping.8", "rtrace.8"] {
        assert!(scratch.0.join("usr/local/share/man/man8").join(page).is_file());
    }
}

#[test]
fn the_library_example_works() {
    let Some(lab) = lab::start!() else { return };
    let mut build = Command::new(env!("CARGO"));
    let built = build.args(["build", "--quiet", "--locked", "--offline", "--example", "ping_once"]).current_dir(root());
    let built = built.output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let example = Path::new(RPING).parent().unwrap().join("examples/ping_once");
    let said = lab.host("user").command(example).output().ok().stdout;
    assert!(said.starts_with("127.0.0.1 answered in ") && said.contains("by the "), "{said}");
}

#[test]
fn the_readme_links_to_what_is_there() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    for link in links.filter(|link| !link.contains("://")) {
        assert!(root().join(link).exists(), "{link}");
    }
}
