//! What a run of text looks like as a whole, held against files: the headers, every line of a reply and an error, the
//! statistics. The files are what iputils' ping prints (s20250605, and its sources), but for the differences that
//! `report::text` names. `UPDATE_GOLDEN=1 cargo test --test golden` writes them anew.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod capture;
mod ping;
mod ping_ends;
mod sample;
#[path = "../skip/mod.rs"]
mod skip;
mod sweep;
mod sweep_sample;
mod trace;
mod trace_sample;

use std::path::Path;

#[track_caller]
pub(crate) fn same(file: &str, (out, err): (String, String)) {
    let got = if err.is_empty() { out } else { format!("{out}=== stderr ===\n{err}") };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &got).unwrap();
    }
    let want = std::fs::read_to_string(&path).unwrap();
    assert_eq!(got, want, "{file} differs");
}
