//! The manual pages in `man/` are those that the commands make of their options, and are sound man(7).
//!
//! After a change of options or prose: `RPROBE_UPDATE_MAN=1 cargo test --test man`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod skip;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Each command: its name, its binary, the fewest options it has, one that completions must know.
const COMMANDS: &[(&str, &str, usize, &str)] = &[
    ("rping", env!("CARGO_BIN_EXE_rping"), 50, "mtu-search"),
    ("rcheck", env!("CARGO_BIN_EXE_rcheck"), 25, "dns-failure"),
    ("rlink", env!("CARGO_BIN_EXE_rlink"), 2, "interfaces"),
    ("rtrace", env!("CARGO_BIN_EXE_rtrace"), 30, "bleaching"),
    ("rsweep", env!("CARGO_BIN_EXE_rsweep"), 50, "alive-file"),
];

/// What every page has.
const SECTIONS: &[&str] =
    &["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "OUTPUT", "EXIT STATUS", "JSON", "EXAMPLES", "PRIVILEGES"];

fn page(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("man/{name}.8"))
}

fn generate(binary: &str, what: &str) -> String {
    // To fping, and so to rsweep, --generate is something else.
    let option = if binary.ends_with("rsweep") { "--generate-text" } else { "--generate" };
    let output = Command::new(binary).args([option, what]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_pages_are_up_to_date() {
    for (name, binary, ..) in COMMANDS {
        let fresh = generate(binary, "man");
        if std::env::var_os("RPROBE_UPDATE_MAN").is_some() {
            fs::write(page(name), &fresh).unwrap();
        }
        let stored = fs::read_to_string(page(name)).unwrap();
        assert!(stored == fresh, "man/{name}.8 is stale: RPROBE_UPDATE_MAN=1 cargo test --test man");
    }
}

#[test]
fn the_pages_name_every_option_and_have_every_section() {
    for (name, binary, fewest, _) in COMMANDS {
        let page = generate(binary, "man").replace(r"\-", "-");
        let help = |words: &[&str]| {
            let help = Command::new(binary).args(words).arg("--help").output().unwrap();
            String::from_utf8(help.stdout).unwrap()
        };
        let top = help(&[]);
        // Behind its heading, up to an empty line, each line names a subcommand.
        let subcommands =
            top.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        let subcommands = subcommands.filter_map(|line| line.split_whitespace().next()).map(|sub| help(&[sub]));
        let help: String = std::iter::once(top.clone()).chain(subcommands).collect();
        let mut options = 0;
        for line in help.lines().filter(|line| line.trim_start().starts_with('-')) {
            let named = line.trim_start().split("  ").next().unwrap_or_default();
            for option in named.split([' ', ',', '[', '=']).filter(|word| word.starts_with("--")) {
                assert!(page.contains(&format!("\\fB{option}\\fR")), "{name} {option}");
                options += 1;
            }
        }
        assert!(options > *fewest, "{options} options in the help of {name}");
        for section in SECTIONS {
            assert!(page.contains(&format!(".SH {section}\n")), "{name}: {section}");
        }
        assert!(!page.contains("@OPTIONS"));
    }
}

#[test]
fn mandoc_has_nothing_to_say() {
    for (name, ..) in COMMANDS {
        match Command::new("mandoc").args(["-T", "lint"]).arg(page(name)).output() {
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stdout);
                assert!(output.status.success() && said.is_empty(), "{said}");
            }
            Err(error) => skip::skip("man::mandoc_has_nothing_to_say", &format!("mandoc: {error}")),
        }
    }
}

#[test]
fn completions_know_the_options() {
    for (name, binary, _, known) in COMMANDS {
        for shell in ["bash", "zsh", "fish"] {
            let script = generate(binary, shell);
            assert!(script.contains(known) && script.contains(name), "{name} {shell}");
        }
    }
}
