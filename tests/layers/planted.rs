//! The planted sins: each must be found, on its line, or the test of the tree proves nothing.

use std::fs;
use std::path::Path;

use super::{violations, violations_in};

fn check(path: &str, text: &str) -> Vec<String> {
    violations_in(Path::new(path), &format!("//! Planted.\n{text}"))
}

#[track_caller]
fn found(path: &str, text: &str, expected: &str) {
    let found = check(path, text);
    assert!(found.iter().any(|line| line.contains(expected)), "{path}: {text:?}: expected {expected:?} in {found:?}");
}

#[track_caller]
fn clean(path: &str, text: &str) {
    assert_eq!(check(path, text), Vec::<String>::new(), "{path}: {text:?}");
}

#[test]
fn in_a_tree_on_disk() {
    let tree = std::env::temp_dir().join(format!("rprobe-layers-{}", std::process::id()));
    fs::create_dir_all(tree.join("src/wire/deep")).unwrap();
    fs::write(tree.join("src/wire/mod.rs"), "//! Fine.\nuse crate::units::Ttl;\n").unwrap();
    fs::write(tree.join("src/wire/deep/x.rs"), "//! Not.\n\nuse crate::ping::Session;\n").unwrap();
    let found = violations(&tree);
    fs::remove_dir_all(&tree).unwrap();
    assert_eq!(found, ["src/wire/deep/x.rs:3: points up: `wire` is on floor 1, `ping` on floor 5a"]);
}

#[test]
fn upward_imports() {
    found("src/wire/icmp.rs", "use crate::net::Event;", ":2: points up: `wire` is on floor 1, `net` on floor 2");
    found("src/units.rs", "\n\nuse crate::wire;", ":4: points up");
    found("src/stats/mod.rs", "fn f(s: &crate::ping::Session) {}", "points up");
    found("src/ping/mod.rs", "use crate::check::Verdict;", "points up");
    found("src/net/mod.rs", "pub use crate::{clock::Now, wire::{self, Icmp}, probe::Key};", "`probe` on floor 3");
    found("src/net/mod.rs", "use crate ::\n  {\n  clock,\n  cli as c };", ":5: points up");
    found("src/probe/drive.rs", "type T = Vec<crate::report::Text>;", "points up");
    found("src/probe/drive.rs", "use ::rprobe::report;", "`report`");
}

#[test]
fn sideways_imports() {
    found("src/wire/mod.rs", "use crate::sys::cmsg;", "share floor 1");
    found("src/sys/mod.rs", "use crate::wire::icmp;", "share floor 1");
    found("src/net/mod.rs", "use crate::names;", "share floor 2");
    found("src/ping/mod.rs", "use crate::trace::Hop;", "share floor 5a");
    found("src/check/mod.rs", "use crate::link::Frame;", "share floor 5b");
}

#[test]
fn escapes_by_super() {
    found("src/wire/mod.rs", "use super::net::Event;", "`net`");
    found("src/wire/icmp.rs", "use super::super::net::Event;", "`net`");
    found("src/wire/icmp/echo.rs", "use super::{super::super::cli, emit};", "`cli`");
    found("src/wire/icmp.rs", "mod tests { fn f() { super::super::super::probe::drive() } }", "`probe`");
    found("src/stats/mod.rs", "use super::*;", "whole crate root");
    found("src/stats/mod.rs", "use crate::*;", "whole crate root");
    found("src/stats/mod.rs", "use crate as root;", "whole crate root");
    clean("src/wire/icmp.rs", "use super::checksum; mod tests { use super::*; use super::super::checksum::sum; }");
    clean("src/net/raw/mod.rs", "use super::super::wire::icmp; use self::filter::F; mod filter;");
    clean("src/net/raw.rs", "mod tests { mod inner { use super::super::super::super::units::Ttl; } }");
}

#[test]
fn commands_call_the_ground_floor_of_the_top() {
    found("bin/rping.rs", "use rprobe::ping::Session; fn main() {}", "not `ping`");
    clean("bin/rping.rs", "fn main() -> std::process::ExitCode { rprobe::cli::ping::main() }");
    clean("examples/once.rs", "use rprobe::{ping::Session, net};");
}

#[test]
fn downward_and_own() {
    clean("src/ping/mod.rs", "use crate::{probe::{Drive, Machine}, stats, units::Ttl, clock::Now};");
    clean("src/ping/line.rs", "use crate::ping::Session; use super::Note;");
    clean(
        "src/cli/mod.rs",
        "use crate::report::Text; use crate::names; pub(crate) fn f() {} pub(in crate::cli) fn g() {}",
    );
    clean("src/check/mod.rs", "use crate::{ping, trace, sweep};");
    clean("src/clock.rs", "use crate::units::Ttl;");
}

#[test]
fn comments_and_strings_are_not_code() {
    clean(
        "src/wire/mod.rs",
        "// use crate::net;\n/* crate::cli /* nested */ crate::ping */\n/// `crate::probe`, unsafe\nfn f() {}",
    );
    clean("src/wire/mod.rs", r##"const A: &str = "crate::net \" unsafe {"; const B: &str = r#"" crate::cli "#;"##);
    clean("src/wire/mod.rs", r"const A: char = '\''; const B: u8 = b'{'; fn f<'a>(x: &'a str) {} // crate::net");
    found("src/wire/mod.rs", r#"const A: &str = "//"; use crate::net;"#, "points up");
    found(
        "src/wire/mod.rs",
        "fn f<'a>(x: &'a str) { let c = '\"'; crate::net::g() } const S: &str = \"\";",
        "points up",
    );
}

#[test]
fn modules_on_no_floor() {
    found("src/util.rs", "use crate::units;", "`util` stands on no floor");
    found("src/net/mod.rs", "use crate::helpers::x;", "`helpers` stands on no floor");
}

#[test]
fn unsafe_code() {
    found("src/net/mod.rs", "fn f() { unsafe { g() } }", ":2: `unsafe` outside");
    found("src/net/mod.rs", "#![allow(unsafe_code)]", "only src/lib.rs");
    found("bin/rping.rs", "unsafe fn f() {}", "outside");
    found("src/sys/poll.rs", "fn f() {\n    unsafe { g() }\n}", ":3: `unsafe` without");
    found(
        "src/sys/poll.rs",
        "// SAFETY: for the first alone.\nlet a = unsafe { g() };\nlet b = unsafe { g() };",
        ":4: ",
    );
    found("src/sys/poll.rs", "// Not a reason.\nunsafe impl Send for X {}", ":3: ");
    clean("src/sys/poll.rs", "fn f() {\n    // SAFETY: g has no contract\n    // but this.\n    unsafe { g() }\n}");
    clean("src/sys/poll.rs", "// SAFETY: it is.\n#[allow(x)]\nlet a =\n    h(1, unsafe { g() });");
    clean("src/sys/poll.rs", "let a = b\n    // SAFETY: it is.\n    .map(|x| unsafe { g(x) });");
    clean("src/sys/poll.rs", "/// # Safety\n/// Call with care.\nunsafe fn f() {}\ntype F = unsafe extern \"C\" fn();");
}

#[test]
fn files_without_a_head() {
    assert_eq!(violations_in(Path::new("src/wire/a.rs"), "use std::io;\n").len(), 1);
    assert_eq!(violations_in(Path::new("tests/a.rs"), "// Plain.\n").len(), 1);
}
