//! The house's plan, enforced: a file imports only from floors below its own, or from its own folder.
//!
//! Every `crate::`, `super::` and (in `bin/`) `rprobe::` path of the sources is resolved to the top-level module it
//! reaches and held against the table of floors, which is itself held against the one in `src/lib.rs`. It also
//! checks that `unsafe` stays in `src/sys`, each block under its `// SAFETY:`, and that every file opens with `//!`.
//! Reading is done in `layers/source.rs`, on tokens: comments and strings do not count.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "layers/planted.rs"]
mod planted;
#[path = "layers/source.rs"]
mod source;
#[path = "layers/tokens.rs"]
mod tokens;

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

/// What a command in `bin/` may name of the library; `entry!` is the macro that makes its start.
const FOR_COMMANDS: &[&str] = &["cli", "entry", "report"];

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
