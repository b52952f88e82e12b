//! Targets from everywhere, sets and orders; files for the alive and the dead; CSV.

use std::fs;
use std::path::PathBuf;

use super::bed::{Told, rsweep};
use crate::lab::{self, Host, Lab};

fn network(lab: &Lab) -> Host {
    let host = lab.host("a");
    host.up("lo");
    host.answer_for("10.9.0.0/16");
    host.answer_for("fd00:9::/64");
    host
}

/// A directory of one test; gone with it.
struct Dir(PathBuf);

impl Dir {
    fn new(lab: &Lab) -> Dir {
        let name = format!("{}-{}", lab.test().replace("::", "-"), std::process::id());
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Dir(path)
    }

    fn file(&self, name: &str, text: &str) -> String {
        fs::write(self.0.join(name), text).unwrap();
        self.path(name)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn alive(told: &lab::Output) -> Vec<&str> {
    told.stdout.lines().collect()
}

#[test]
fn blocks_ranges_lists_and_sets() {
    let Some(lab) = lab::start!() else { return };
    let (host, dir) = (network(&lab), Dir::new(&lab));
    let told = rsweep(&host, "-a -i 0 10.9.0.0/30 10.9.1.5-6 fd00:9::1-fd00:9::2").output().ok();
    let expect = ["10.9.0.0", "10.9.0.1", "10.9.0.2", "10.9.0.3", "10.9.1.5", "10.9.1.6", "fd00:9::1", "fd00:9::2"];
    assert_eq!(alive(&told), expect);
    let list = dir.file("list", "10.9.0.0/29 a network\n{\"target\":\"10.9.3.3\",\"rtt_ns\":1}\n# none\n");
    let out = dir.file("out", "10.9.0.2-10.9.0.5\n");
    let allow = dir.file("allow", "10.9.0.0/16\n");
    let words = format!("-a -i 0 -f {list} --exclude-file {out} --exclude 10.9.0.0 --allow-file {allow}");
    assert_eq!(alive(&rsweep(&host, &words).output().ok()), ["10.9.0.1", "10.9.0.6", "10.9.0.7", "10.9.3.3"]);
    assert_eq!(alive(&rsweep(&host, "-a").stdin("10.9.0.1\n10.9.0.9-10\n").output().ok()).len(), 3);
    for (words, names) in [
        (format!("-f {}", dir.file("bad", "10.9.0.1\n10.9.0.0/40\n")), "line 2"),
        ("10.9.0.0/99".to_owned(), "10.9.0.0/99"),
        (format!("--exclude-file {}", dir.file("names", "host.example\n")), "line 1"),
        ("--shard 5/4 10.9.0.1".to_owned(), "--shard 5/4"),
        ("--rate fast 10.9.0.1".to_owned(), "--rate fast"),
    ] {
        let told = rsweep(&host, &words).stdin("").output();
        assert_eq!((told.code(), told.stdout.as_str(), told.stderr.lines().count()), (Some(1), "", 1), "{told:#?}");
        assert!(told.stderr.contains(names), "{told:#?}");
    }
}

#[test]
fn parts_are_all_and_an_order_is_an_order() {
    let Some(lab) = lab::start!() else { return };
    let host = network(&lab);
    let run = |words: &str| {
        let told = rsweep(&host, &format!("-a -i 0 {words} 10.9.0.0/24")).output().ok();
        alive(&told).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let (first, second) = (run("--seed 5 --shard 1/2"), run("--seed 5 --shard 2/2"));
    assert_eq!((first.len(), second.len()), (128, 128));
    let mut all = [first.clone(), second].concat();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 256);
    assert_ne!(first, run("--shard 1/2"), "shuffled");
    assert_eq!(run("--limit 7").len(), 7);
}

#[test]
fn the_alive_and_the_dead_are_written_and_can_be_read_again() {
    let Some(lab) = lab::start!() else { return };
    let (host, dir) = (network(&lab), Dir::new(&lab));
    host.ip("link add v0 type veth peer name v1\naddr add 10.7.0.1/24 dev v0");
    host.up("v0");
    host.up("v1");
    let (up, down) = (dir.path("up"), dir.path("down"));
    let words = format!("-q -i 1 -r 0 -t 500 --alive-file {up} --dead-file {down} 10.9.0.1-3 10.7.0.2-3");
    assert_eq!(rsweep(&host, &words).output().code(), Some(1));
    let read = |path: &str| fs::read_to_string(path).unwrap();
    assert_eq!((read(&up).as_str(), read(&down).as_str()), ("10.9.0.1\n10.9.0.2\n10.9.0.3\n", "10.7.0.2\n10.7.0.3\n"));
    assert_eq!(alive(&rsweep(&host, &format!("-a -f {up}")).output().ok()).len(), 3);
    let json = dir.file("json", &rsweep(&host, "--json -i 0 10.9.0.1-2").output().ok().stdout);
    let told = rsweep(&host, &format!("-f {json}")).output();
    assert_eq!(told.code(), Some(1), "the first line names no target: {told:#?}");
    let told = Told::new(rsweep(&host, "--json -s --limit 2 10.9.0.0/24").output());
    assert_eq!(told.of("alive").len(), 2);
    let csv = rsweep(&host, "--csv -i 0 10.9.0.1").output().ok().stdout;
    assert!(csv.starts_with("target,address,alive,") && csv.contains("\n10.9.0.1,10.9.0.1,true,1,0,1,1,"), "{csv}");
}

#[test]
fn names_are_looked_up_both_ways() {
    let Some(lab) = lab::start!() else { return };
    let host = network(&lab);
    let shown = |words: &str| rsweep(&host, words).output().stdout;
    assert_eq!(shown("-a -4 localhost"), "localhost\n");
    assert_eq!(shown("-a -A -4 localhost"), "127.0.0.1\n");
    assert_eq!(shown("-a -n 127.0.0.1"), "localhost\n");
    assert_eq!(shown("-a -d -A 127.0.0.1"), "localhost (127.0.0.1)\n");
    let told = rsweep(&host, "-a nosuch.invalid 10.9.0.1").output();
    assert_eq!((told.stdout.as_str(), told.code()), ("10.9.0.1\n", Some(2)));
    assert!(told.stderr.starts_with("nosuch.invalid: "), "{told:#?}");
}
