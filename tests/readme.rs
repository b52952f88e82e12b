//! Every command line of the README is run, in a namespace of its own, against its loopback.
//!
//! What installs is run with its destinations moved into a directory that goes away; what builds or tests the project
//! itself is only looked at, because it is what runs this. A line of a kind that is not known here fails.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod lab;

use lab::{Host, Need};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const RPING: &str = env!("CARGO_BIN_EXE_rping");
const RLINK: &str = env!("CARGO_BIN_EXE_rlink");
const COMMANDS: [&str; 5] =
    [RPING, env!("CARGO_BIN_EXE_rtrace"), env!("CARGO_BIN_EXE_rsweep"), env!("CARGO_BIN_EXE_rcheck"), RLINK];
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
        for command in COMMANDS {
            symlink(command, path.join("bin").join(command.rsplit('/').next().unwrap())).unwrap();
        }
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
    let line = line.replace("sudo ", "").replace("target/release/", &format!("{dir}/bin/"));
    let line = line.replace("/usr/local/", &format!("{dir}/usr/local/")).replace("/etc/", &format!("{dir}/etc/"));
    let script = format!("cd {} && PATH={dir}/bin:$PATH:/usr/sbin:/sbin && {line}", root().display());
    // bash, for its braces.
    let output = host.command("bash").args(["-ec", &script]).limit(Duration::from_secs(60)).output();
    assert_eq!(output.code(), Some(0), "{line}\n{}\n{}", output.stdout, output.stderr);
    // fping's summaries stand there, and so do rsweep's.
    assert!(output.said().is_empty() || line.starts_with("rsweep "), "{line}\n{}", output.stderr);
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
            // packaging/test-deb does what these say, and packaging/static looks at what it makes.
            "cargo build --release"
            | "tests/run --install"
            | "packaging/deb"
            | "packaging/static"
            | "apt install ./target/debian/rprobe_*.deb"
            | "podman build -f packaging/Containerfile -t rprobe ." => {
                let ours =
                    line.split(' ').filter(|word| ["tests/", "packaging/"].iter().any(|dir| word.starts_with(dir)));
                for file in ours {
                    assert!(root().join(file).is_file(), "{line}");
                }
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
    let installed = scratch.0.join("usr/local");
    for command in COMMANDS.map(|command| command.rsplit('/').next().unwrap()) {
        assert!(installed.join("bin").join(command).is_file(), "{command}");
        assert!(installed.join(format!("share/man/man8/{command}.8")).is_file(), "{command}");
    }
    for page in ["rprobe-json.7", "rprobe-measuring.7"] {
        assert!(installed.join("share/man/man7").join(page).is_file(), "{page}");
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

/// Lines as `benches/peers` prints them, won and lost, and one that has no figure.
const FIGURES: &str = "\
rping 0.1.0; ping from iputils 20221126; 2 cores; load 0.10 0.20 0.30

== single
wall time
  rping -c1                          1500 us     (1400 1500 1600)
  ping -c1                           1400 us     (1300 1400 1500)
CPU time
  rping -c1                          1100 us     (1000 1100 1200)
  ping -c1                           1000 us     (900 1000 1100)
  MISSED  CPU time, rping / ping: 1.1 (at most 1)

== flood
round trips
  rping -f -q                       150.0 kpps   (149.0 150.0 151.0)
  ping -f -q                         99.5 kpps   (99.0 99.5 100.0)
  fping                                 - kpps   ()

load at the end 0.10 0.20 0.30
";

#[test]
fn the_table_of_peers_is_made_of_what_the_benches_print() {
    let Some(_lab) = lab::start!(Need::Tool("python3")) else { return };
    let file = std::env::temp_dir().join(format!("rprobe-figures-{}", std::process::id()));
    fs::write(&file, FIGURES).unwrap();
    let made = Command::new(root().join("benches/table")).arg(&file).output().unwrap();
    let refused = Command::new(root().join("benches/table")).arg(root().join("Cargo.toml")).output().unwrap();
    fs::remove_file(&file).unwrap();
    let table = String::from_utf8(made.stdout).unwrap();
    for row in [
        "| `rping` | one ping: CPU time | less | 1100 µs | ping 1000 µs |",
        "| `rping` | flood: round trips a second | more | 150.0 k/s | ping 99.5 k/s |",
        "`benches/peers` on rping 0.1.0; ping from iputils 20221126; 2 cores; load 0.10 0.20 0.30.",
    ] {
        assert!(table.lines().any(|line| line == row), "{row}\n{table}");
    }
    let absent = String::from_utf8(made.stderr).unwrap();
    assert!(absent.contains("no figures for single: one ping: peak memory"), "{absent}");
    assert!(!refused.status.success() && refused.stdout.is_empty());
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for marker in ["<!-- benches/table: begin -->\n", "<!-- benches/table: end -->\n"] {
        assert_eq!(readme.matches(marker).count(), 1);
    }
}

/// Of what a reader sees: text with a place for each piece, and no more than a page can carry.
#[test]
fn the_pictures_are_pictures() {
    for (name, shows) in [("rping", "rtt min/avg/max/mdev"), ("rtrace", "reached 10.9.1.1 at hop ")] {
        let path = root().join(format!("docs/{name}.svg"));
        let picture = fs::read_to_string(&path).unwrap();
        assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n") && picture.len() < 32_768, "{name}");
        assert!(picture.contains(&format!("<title>{name} ")) && picture.contains(shows), "{name}");
        assert_eq!(picture.matches("<tspan ").count(), picture.matches("</tspan>").count());
        assert!(!picture.contains('\u{1b}'), "{name} has an escape sequence");
    }
}
