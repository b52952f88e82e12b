//! The house's plan, enforced: a file imports only from floors below its own, or from its own folder.
//!
//! Every `crate::`, `super::` and (in `bin/`) `rprobe::` path of the sources is resolved to the top-level module it
//! reaches and held against the table of floors, which is itself held against the one in `src/lib.rs`. It also
//! checks that `unsafe` stays in `src/sys`, each block under its `// SAFETY:`, and that every file opens with `//!`.
//! Reading is done in `layers/source.rs`, on tokens: comments and strings do not count.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "layers/source.rs"]
mod source;

use source::{Source, find_sources};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Top-level modules by floor. 5a's tools do not import each other, nor do `wire` and `sys`, nor `net` and `names`;
/// the files of floor 0 stand in one folder, `src/`, and may.
const FLOORS: &[(&str, &[&str])] = &[
    ("7", &["cli"]),
    ("6", &["report"]),
    ("5b", &["check", "link"]),
    ("5a", &["ping", "trace", "sweep"]),
    ("4", &["stats"]),
    ("3", &["probe"]),
    ("2", &["net", "names"]),
    ("1", &["wire", "sys"]),
    ("0", &["units", "clock", "duration"]),
];

/// What a command in `bin/` may name of the library; `entry` is the macro that makes its `main` the program's.
const FOR_COMMANDS: &[&str] = &["cli", "report", "entry"];

/// Where the one `unsafe` of the crate is.
const KERNEL: &str = "src/sys";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// How low a module's floor lies: 0 is the attic, so that a larger number may be imported by a smaller one.
fn depth(module: &str) -> Option<usize> {
    FLOORS.iter().position(|(_, modules)| modules.contains(&module))
}

fn may_import(from: &str, to: &str) -> Result<(), String> {
    let (Some(a), Some(b)) = (depth(from), depth(to)) else {
        let stranger = if depth(from).is_none() { from } else { to };
        return Err(format!("`{stranger}` stands on no floor: add it to the table in src/lib.rs and to FLOORS"));
    };
    let ground = FLOORS.len() - 1;
    match (from == to, b.cmp(&a)) {
        (true, _) | (_, std::cmp::Ordering::Greater) => Ok(()),
        (_, std::cmp::Ordering::Equal) if a == ground => Ok(()),
        (_, std::cmp::Ordering::Equal) => {
            Err(format!("`{from}` and `{to}` share floor {} and do not see each other", FLOORS[a].0))
        }
        (_, std::cmp::Ordering::Less) => {
            Err(format!("points up: `{from}` is on floor {}, `{to}` on floor {}", FLOORS[a].0, FLOORS[b].0))
        }
    }
}

/// Every violation in the tree below `root` (`src/`, `bin/`, `examples/`), as `file:line: what`.
fn violations(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for path in find_sources(root, &["src", "bin", "examples", "tests", "benches", "fuzz/fuzz_targets"]) {
        let text = fs::read_to_string(root.join(&path)).expect("a source file is UTF-8");
        found.extend(violations_in(&path, &text));
    }
    found
}

/// The same for one file: `path` is relative to the package, and says which module the text is.
fn violations_in(path: &Path, text: &str) -> Vec<String> {
    let name = path.display();
    let mut found = Vec::new();
    if !text.starts_with("//!") {
        found.push(format!("{name}:1: opens without a `//!` that says what the file is for"));
    }
    let source = Source::read(text);
    // Tests and benches are no part of the house: the lint `unsafe_code` and the reviewer look after them.
    let ours = ["src", "bin", "examples"].iter().any(|folder| path.starts_with(folder));
    if !ours {
        return found;
    }
    if path.starts_with(KERNEL) {
        for line in source.unsafe_without_reason() {
            found.push(format!("{name}:{line}: `unsafe` without a `// SAFETY:` above it"));
        }
    } else {
        for line in source.lines_of("unsafe") {
            found.push(format!("{name}:{line}: `unsafe` outside of {KERNEL}"));
        }
        if path != Path::new("src/lib.rs") {
            for line in source.lines_of("unsafe_code") {
                found.push(format!("{name}:{line}: only src/lib.rs says where `unsafe_code` is allowed"));
            }
        }
    }
    for (line, reached) in source.reached(&module_path(path)) {
        let verdict = if path.starts_with("src") {
            match module_path(path).first() {
                // The crate root only names its modules.
                None => Err(format!("src/lib.rs reaches into `{reached}`: it only declares modules")),
                Some(own) => may_import(own, &reached),
            }
        } else if path.starts_with("bin") && !FOR_COMMANDS.contains(&reached.as_str()) {
            Err(format!("a command calls {FOR_COMMANDS:?} and not `{reached}`"))
        } else {
            Ok(())
        };
        if let Err(what) = verdict {
            found.push(format!("{name}:{line}: {what}"));
        }
    }
    found
}

/// `src/net/raw/mod.rs` and `src/net/raw.rs` are both `["net", "raw"]`; the crate root and other folders are empty.
fn module_path(path: &Path) -> Vec<String> {
    let Ok(inner) = path.strip_prefix("src") else { return Vec::new() };
    let mut parts: Vec<String> =
        inner.with_extension("").components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib")) {
        parts.pop();
    }
    parts
}

/// The modules of the table in the crate documentation, by floor.
fn documented_floors(lib: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut floors = BTreeMap::new();
    for line in lib.lines().filter_map(|line| line.strip_prefix("//! |")) {
        let mut cells = line.split('|').map(str::trim);
        let (Some(floor), Some(place)) = (cells.next(), cells.next()) else { continue };
        if !floor.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        let names = place.split('`').skip(1).step_by(2).filter(|name| !name.contains('/'));
        floors.entry(floor.to_owned()).or_insert_with(BTreeSet::new).extend(names.map(str::to_owned));
    }
    floors
}

#[test]
fn nothing_points_up() {
    let found = violations(root());
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}

#[test]
fn the_table_is_the_one_in_lib_rs() {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let mut ours: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (floor, modules) in FLOORS {
        ours.entry((*floor).to_owned()).or_default().extend(modules.iter().map(|name| (*name).to_owned()));
    }
    assert_eq!(documented_floors(&lib), ours);
}

#[test]
fn every_module_of_the_tree_stands_on_a_floor() {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let declared = Source::read(&lib).declared_modules();
    assert!(declared.len() >= 10, "read only {declared:?} from src/lib.rs");
    let on_disk: BTreeSet<String> = fs::read_dir(root().join("src"))
        .unwrap()
        .map(|entry| entry.unwrap().path().with_extension("").file_name().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "lib")
        .collect();
    assert_eq!(declared, on_disk, "src/lib.rs declares what lies in src/, and nothing else lies there");
    for module in &declared {
        assert!(depth(module).is_some(), "`{module}` stands on no floor");
    }
}

#[test]
fn the_tree_was_really_read() {
    let files = find_sources(root(), &["src", "bin", "tests"]);
    for expected in ["src/lib.rs", "src/sys/mod.rs", "src/clock.rs", "bin/rping.rs", "tests/layers.rs"] {
        assert!(files.contains(&PathBuf::from(expected)), "{expected} was not found");
    }
}

/// The planted sins: each must be found, on its line, or the test above proves nothing.
mod planted {
    use super::*;

    fn check(path: &str, text: &str) -> Vec<String> {
        violations_in(Path::new(path), &format!("//! Planted.\n{text}"))
    }

    #[track_caller]
    fn found(path: &str, text: &str, expected: &str) {
        let found = check(path, text);
        assert!(
            found.iter().any(|line| line.contains(expected)),
            "{path}: {text:?}: expected {expected:?} in {found:?}"
        );
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
        clean(
            "src/sys/poll.rs",
            "/// # Safety\n/// Call with care.\nunsafe fn f() {}\ntype F = unsafe extern \"C\" fn();",
        );
    }

    #[test]
    fn files_without_a_head() {
        assert_eq!(violations_in(Path::new("src/wire/a.rs"), "use std::io;\n").len(), 1);
        assert_eq!(violations_in(Path::new("tests/a.rs"), "// Plain.\n").len(), 1);
    }
}
