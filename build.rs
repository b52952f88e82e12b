//! Links the unwinder into the commands instead of loading `libgcc_s.so.1` at each start of one: that takes a tenth of the
//! time in which a host next door is checked, and the commands then need the C library alone.
//!
//! Only where the C library is glibc, linked dynamically, and the compiler that links has the archive; anywhere else
//! nothing changes.

use std::env;
use std::path::PathBuf;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Some(archive) = unwinder() {
        if let Some(directory) = archive.parent().and_then(|directory| directory.to_str()) {
            println!("cargo::rustc-link-search=native={directory}");
            // As a whole: what needs it, the standard library, comes later on the linker's command line.
            println!("cargo::rustc-link-lib=static:+whole-archive=gcc_eh");
        }
    }
}

/// GCC's unwinder as an archive.
fn unwinder() -> Option<PathBuf> {
    let says = |name: &str| env::var(name).ok();
    let is_static = says("CARGO_CFG_TARGET_FEATURE").is_some_and(|all| all.split(',').any(|one| one == "crt-static"));
    if says("CARGO_CFG_TARGET_ENV")? != "gnu" || is_static {
        return None;
    }
    // The library alone leaves the choice to the program that it becomes part of.
    says("CARGO_FEATURE_CLI")?;
    // The compiler that will link: the archive must be of its target.
    let linker = match env::var_os("RUSTC_LINKER") {
        Some(linker) => linker,
        None if says("TARGET") == says("HOST") => "cc".into(),
        None => return None,
    };
    let told = Command::new(linker).arg("-print-file-name=libgcc_eh.a").output().ok()?;
    // A name without a directory is the compiler's way to say that it has none.
    let path = PathBuf::from(String::from_utf8(told.stdout).ok()?.trim_end());
    (told.status.success() && path.is_absolute() && path.is_file()).then_some(path)
}
