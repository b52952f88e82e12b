//! The manual page in `man/` is the one that rping makes of its options, and is sound man(7).
//!
//! After a change of options or prose: `RPROBE_UPDATE_MAN=1 cargo test --test man`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod skip;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

fn page() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("man/rping.8")
}

fn generate(what: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_rping")).args(["--generate", what]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_page_is_up_to_date() {
    let fresh = generate("man");
    if std::env::var_os("RPROBE_UPDATE_MAN").is_some() {
        fs::write(page(), &fresh).unwrap();
    }
    let stored = fs::read_to_string(page()).unwrap();
    assert!(stored == fresh, "man/rping.8 is stale: RPROBE_UPDATE_MAN=1 cargo test --test man");
}

#[test]
fn the_page_names_every_option_and_has_every_section() {
    let page = generate("man").replace(r"\-", "-");
    let help = Command::new(env!("CARGO_BIN_EXE_rping")).arg("-h").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let mut options = 0;
    for line in help.lines().filter(|line| line.trim_start().starts_with('-')) {
        let named = line.trim_start().split("  ").next().unwrap_or_default();
        for option in named.split([' ', ',']).filter(|word| word.starts_with("--")) {
            assert!(page.contains(&format!("\\fB{option}\\fR")), "{option}");
            options += 1;
        }
    }
    assert!(options > 50, "{options} options in the help");
    for section in
        ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "OUTPUT", "EXIT STATUS", "JSON", "EXAMPLES", "PRIVILEGES"]
    {
        assert!(page.contains(&format!(".SH {section}\n")), "{section}");
    }
    assert!(!page.contains("@OPTIONS@"));
}

#[test]
fn mandoc_has_nothing_to_say() {
    match Command::new("mandoc").args(["-T", "lint"]).arg(page()).output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && said.is_empty(), "{said}");
        }
        Err(error) => skip::skip("man::mandoc_has_nothing_to_say", &format!("mandoc: {error}")),
    }
}

#[test]
fn completions_know_the_options() {
    for shell in ["bash", "zsh", "fish"] {
        let script = generate(shell);
        assert!(script.contains("mtu-search") && script.contains("rping"), "{shell}");
    }
}
