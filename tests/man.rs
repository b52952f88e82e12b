//! The manual pages in `man/` are those that the commands make of their options, and are sound man(7).
//!
//! After a change of options or prose: `RPROBE_UPDATE_MAN=1 cargo test --test man`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "man/reference.rs"]
mod reference;
#[path = "schema/validator.rs"]
#[allow(dead_code)]
mod validator;

mod skip;

use std::collections::BTreeSet;
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

/// Pages of section 7, on what all commands share.
const SHARED: &[&str] = &["rprobe-json", "rprobe-measuring"];

/// Pages of others that ours send a reader to.
const OTHERS: &[&str] = &[
    "arping(8)",
    "capabilities(7)",
    "cron(8)",
    "ethtool(8)",
    "fping(8)",
    "icmp(7)",
    "ip-link(8)",
    "jq(1)",
    "ndisc6(8)",
    "packet(7)",
    "ping(8)",
    "raw(7)",
    "setcap(8)",
    "tcpdump(8)",
    "tracepath(8)",
    "traceroute(8)",
    "zmap(1)",
];

fn page(name: &str) -> PathBuf {
    let section = if SHARED.contains(&name) { 7 } else { 8 };
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("man/{name}.{section}"))
}

/// Every page.
fn pages() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().map(|(name, ..)| *name).chain(SHARED.iter().copied())
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
    let prose = fs::read_to_string(page("rprobe-json").with_extension("7.in")).unwrap();
    let events = ("rprobe-json", reference::page(&prose, &validator::schema()));
    let commands = COMMANDS.iter().map(|(name, binary, ..)| (*name, generate(binary, "man")));
    for (name, fresh) in commands.chain([events]) {
        if std::env::var_os("RPROBE_UPDATE_MAN").is_some() {
            fs::write(page(name), &fresh).unwrap();
        }
        let stored = fs::read_to_string(page(name)).unwrap();
        assert!(stored == fresh, "{} is stale: RPROBE_UPDATE_MAN=1 cargo test --test man", page(name).display());
    }
}

/// The stored page, read without the help of what made it: each event has a heading, below which each field stands.
#[test]
fn the_page_of_events_has_every_event_and_every_field() {
    let text = fs::read_to_string(page("rprobe-json")).unwrap().replace(r"\-", "-");
    let schema = validator::schema();
    let mut fields = 0;
    for (name, rule) in reference::definitions(&schema) {
        let heading = format!("\n.SS {}\n", reference::heading(&schema, &name));
        assert_eq!(text.matches(&heading).count(), 1, "{name}: its heading is{heading}");
        let section = text.split_once(&heading).unwrap().1;
        let section = section.split("\n.SS ").next().unwrap().split("\n.SH ").next().unwrap();
        let alternatives = rule["oneOf"].as_array().cloned().unwrap_or_default();
        let properties = rule["properties"].as_object().into_iter().flatten();
        let nested: Vec<_> = properties.map(|(_, about)| about["items"].clone()).collect();
        for rule in [rule.clone()].iter().chain(&alternatives).chain(&nested) {
            for (field, about) in reference::fields(rule) {
                let is_common = rule["properties"]["event"].is_object() && reference::COMMON.contains(&&*field);
                let place = if is_common { text.as_str() } else { section };
                let entry = format!(".TP\n.B {field}\n");
                assert!(place.contains(&entry), "{name}: {field} is not told");
                let said = place.split_once(&entry).unwrap().1.split(".TP\n").next().unwrap();
                let lines = said.lines().filter(|line| !line.starts_with('.')).count();
                // A field that can be one thing only is told by that.
                let is_told = lines > 1 || is_common || about.get("const").is_some();
                assert!(is_told, "{name}.{field} has no description: {said}");
                assert!(!field.ends_with("_ns") || said.contains("nanoseconds"), "{name}.{field}: {said}");
                fields += 1;
            }
        }
    }
    assert!(fields > 600, "{fields} fields");
}

#[test]
fn the_pages_send_readers_to_pages_that_exist() {
    let ours: BTreeSet<String> =
        pages().map(|name| format!("{name}({})", if SHARED.contains(&name) { 7 } else { 8 })).collect();
    for name in pages() {
        let text = fs::read_to_string(page(name)).unwrap().replace(r"\-", "-");
        let mut named = BTreeSet::new();
        for line in text.lines().filter(|line| line.starts_with(".BR ") || line.starts_with(".RB ")) {
            let words: Vec<&str> = line.split_whitespace().skip(1).collect();
            for pair in words.windows(2) {
                let section = pair[1].trim_matches(|c| ",.:;".contains(c));
                if section.len() > 2 && section.starts_with('(') && section[1..2].chars().all(|c| c.is_ascii_digit()) {
                    named.insert(format!("{}{}", pair[0], &section[..3]));
                }
            }
        }
        for reference in &named {
            assert!(ours.contains(reference) || OTHERS.contains(&&**reference), "{name} names {reference}");
        }
        let see_also = text.split_once(".SH SEE ALSO\n").unwrap_or_else(|| panic!("{name} has no SEE ALSO")).1;
        for shared in SHARED.iter().filter(|shared| **shared != name) {
            assert!(see_also.contains(&format!(".BR {shared} (7)")), "{name} does not send to {shared}");
        }
        assert!(see_also.matches(".BR r").count() > 2, "{name}: {see_also}");
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
    for name in pages() {
        match Command::new("mandoc").args(["-T", "lint"]).arg(page(name)).output() {
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stdout);
                assert!(output.status.success() && said.is_empty(), "{said}");
            }
            Err(error) => skip::skip("man::mandoc_has_nothing_to_say", &format!("mandoc: {error}")),
        }
    }
}

/// Under the short name and under the one that packages install a command as; each shell reads its own, where it is here.
#[test]
fn completions_know_the_options_and_are_sound() {
    let dir = std::env::temp_dir().join(format!("rprobe-completions-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    for (name, binary, _, known) in COMMANDS {
        let packaged = format!("rprobe-{}", name.strip_prefix('r').unwrap());
        let link = dir.join(&packaged);
        std::os::unix::fs::symlink(binary, &link).unwrap();
        let option = if *name == "rsweep" { "--generate-text" } else { "--generate" };
        for (shell, check, declares) in
            [("bash", "-n", "complete -F"), ("zsh", "-n", "#compdef "), ("fish", "--no-execute", "complete -c ")]
        {
            for (called, path) in [(*name, binary.to_string()), (&*packaged, link.to_str().unwrap().to_owned())] {
                let output = Command::new(path).args([option, shell]).output().unwrap();
                let script = String::from_utf8(output.stdout).unwrap();
                assert!(script.contains(known) && script.contains(declares), "{called} {shell}");
                let declared = script.lines().filter(|line| line.contains(declares));
                assert!(
                    declared.clone().count() > 0 && declared.clone().all(|line| line.contains(called)),
                    "{called} {shell}"
                );
                let file = dir.join(format!("{called}.{shell}"));
                fs::write(&file, &script).unwrap();
                // bash is a need of the tests themselves; the others are looked at where somebody uses them.
                let Ok(output) = Command::new(shell).arg(check).arg(&file).output() else { continue };
                assert!(output.status.success() && output.stderr.is_empty(), "{called} {shell}: {output:?}");
            }
        }
    }
    let _ = fs::remove_dir_all(&dir);
}
