//! Replays the fuzz targets' corpus through the same entry functions, whole and cut at every byte, on any toolchain.
//!
//! What a fuzzer finds is put beside the seeds under `fuzz/corpus/<target>/` with a name that says what it was.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use rprobe::report::link::is_fit;
use rprobe::sys::ancillary;
use rprobe::wire::fuzz_entry;
use std::fs;
use std::path::Path;

type Entry = fn(&[u8]) -> bool;

const TARGETS: [(&str, Entry); 24] = [
    ("arp", fuzz_entry::arp),
    ("ndp", fuzz_entry::ndp),
    ("content", fuzz_entry::content),
    ("line", is_fit),
    ("ethernet", fuzz_entry::ethernet),
    ("icmpv4", fuzz_entry::icmpv4),
    ("icmpv6", fuzz_entry::icmpv6),
    ("ipv4", fuzz_entry::ipv4),
    ("quoted", fuzz_entry::quoted),
    ("extension", fuzz_entry::extension),
    ("ip_options", fuzz_entry::ip_options),
    ("control", control),
    ("hops", rprobe::net::fuzz_entry::hops),
    ("path_ping", rprobe::ping::fuzz_entry::icmp),
    ("path_link_ping", rprobe::ping::fuzz_entry::link),
    ("path_trace", rprobe::trace::fuzz_entry::hops),
    ("path_sweep", rprobe::sweep::fuzz_entry::exact),
    ("path_stateless", rprobe::sweep::fuzz_entry::stateless),
    ("path_neighbours", rprobe::link::fuzz_entry::neighbours),
    ("path_serve", rprobe::link::fuzz_entry::serve),
    ("targets", rprobe::sweep::fuzz_entry::targets),
    ("origins", rprobe::names::origin::fuzz_entry::origins),
    ("values", rprobe::cli::fuzz_entry::values),
    ("check_file", rprobe::cli::fuzz_entry::check_file),
];

/// A stamp of a packet that we sent is never an error too.
fn control(bytes: &[u8]) -> bool {
    let read = ancillary::decode(bytes);
    read.tx.is_none() || read.error.is_none()
}

fn inputs(target: &str) -> Vec<(String, Vec<u8>)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    fs::read_dir(&dir)
        .unwrap_or_else(|e| panic!("{}: {e}", dir.display()))
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), fs::read(&path).unwrap()))
        .collect()
}

#[test]
fn every_input_of_every_target_whole_and_cut() {
    for (target, entry) in TARGETS {
        let inputs = inputs(target);
        assert!(!inputs.is_empty(), "no corpus for {target}");
        for (path, bytes) in inputs {
            for cut in 0..=bytes.len() {
                assert!(entry(&bytes[..cut]), "{target}: {path} cut to {cut} bytes");
            }
        }
    }
}

/// One octet after the other takes each value that has broken a parser somewhere.
#[test]
fn every_input_with_one_octet_changed() {
    for (target, entry) in TARGETS {
        for (path, bytes) in inputs(target) {
            for at in 0..bytes.len() {
                for value in [0, 1, 3, 4, 0x0f, 0x44, 0x4f, 0x60, 0x7f, 0x80, 0xfe, 0xff] {
                    let mut changed = bytes.clone();
                    changed[at] = value;
                    assert!(entry(&changed), "{target}: {path} with octet {at} = {value}");
                }
            }
        }
    }
}

/// Each target of `fuzz/Cargo.toml` is replayed here, and the other way round.
#[test]
fn the_targets_are_those_of_the_fuzzer() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/Cargo.toml")).unwrap();
    let mut theirs: Vec<&str> = manifest
        .split("[[bin]]")
        .skip(1)
        .filter_map(|bin| bin.lines().find_map(|l| l.strip_prefix("name = \"")?.strip_suffix('"')))
        .collect();
    let mut ours: Vec<&str> = TARGETS.iter().map(|t| t.0).collect();
    theirs.sort_unstable();
    ours.sort_unstable();
    assert_eq!(theirs, ours);
}
