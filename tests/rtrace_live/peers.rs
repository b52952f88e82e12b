//! The peers' names: a link of that name prints what the peer prints, beside the peer itself where it is installed.

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;

use crate::bed::RTRACE;
use crate::lab::{self, Chain, Dir, Host, Lab, Need, Output};

/// A link of this name.
fn link(lab: &Lab, name: &str) -> (Dir, std::path::PathBuf) {
    let dir = Dir::new(lab);
    let path = dir.path(name);
    symlink(RTRACE, &path).unwrap();
    (dir, path)
}

/// A text with its times taken out; of each hop the words that stay the same from run to run.
fn shape(text: &str) -> Vec<String> {
    let number = |word: &str| {
        let bare = word.strip_suffix("ms").unwrap_or(word);
        bare.contains('.') && bare.parse::<f64>().is_ok()
    };
    let line = |line: &str| {
        let mut text = String::new();
        for part in line.split_inclusive(' ') {
            let word = part.trim_end();
            text.push_str(&if number(word) { part.replace(word, "T") } else { part.to_owned() });
        }
        text.trim_end().to_owned()
    };
    text.lines().map(line).collect()
}

fn run(host: &Host, program: &str, words: &str) -> Output {
    let out = host.command(program).words(words).output();
    assert!(!out.killed, "{out:#?}");
    out
}

/// Both of them over a chain: same lines, same exit code. A busy machine makes the peer itself lose answers now and then:
/// what differs must differ each time.
#[track_caller]
fn same(chain: &Chain, ours: &str, theirs: &str, words: &str) {
    agree(|| {
        let (ours, theirs) = (run(&chain.a, ours, words), run(&chain.a, theirs, words));
        let is_same = shape(&ours.stdout) == shape(&theirs.stdout) && ours.code() == theirs.code();
        (!is_same).then(|| format!("{words}: {ours:#?} {theirs:#?}"))
    });
}

/// Runs both until there is no difference, at most five times.
#[track_caller]
fn agree(once: impl Fn() -> Option<String>) {
    let different: Vec<String> = (0..5).map_while(|_| once()).collect();
    assert!(different.len() < 5, "{}", different.last().map_or("", String::as_str));
}

#[test]
fn traceroute() {
    let Some(lab) = lab::start!(Need::Tool("traceroute")) else { return };
    let chain = lab.chain(4);
    let (_dir, ours) = link(&lab, "traceroute");
    let ours = ours.to_str().unwrap();
    let [v4, v6] = chain.far();
    for words in [
        format!("-n {v4}"),
        format!("-n -I {v4}"),
        format!("-n -T {v4}"),
        format!("-n -U {v4}"),
        format!("-n -q 1 {v4} 100"),
        format!("-n -6 {v6}"),
        format!("-n -f 2 -m 3 {v4}"),
        format!("-n -I -q 2 -w 2 -z 15 {v6}"),
    ] {
        same(&chain, ours, "traceroute", &words);
    }
    chain.silence(2);
    same(&chain, ours, "traceroute", &format!("-n -w 0.3 {v4}"));
    let dead = lab.chain(3);
    dead.prohibit(2);
    same(&dead, ours, "traceroute", &format!("-n -I -m 4 -w 0.3 {}", dead.far_v4()));
}

#[test]
fn traceroute6() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(2);
    let (_dir, ours) = link(&lab, "traceroute6");
    let out = run(&chain.a, ours.to_str().unwrap(), &format!("-n {}", chain.far_v6()));
    let first = format!("traceroute to {0} ({0}), 30 hops max, 80 byte packets", chain.far_v6());
    assert_eq!((out.code(), out.stdout.lines().next()), (Some(0), Some(first.as_str())), "{out:#?}");
    assert_eq!(run(&chain.a, ours.to_str().unwrap(), "-n 10.0.0.2").code(), Some(2));
}

#[test]
fn tcptraceroute() {
    let Some(lab) = lab::start!(Need::Tool("tcptraceroute")) else { return };
    let chain = lab.chain(3);
    let listener = chain.b.enter(|| std::net::TcpListener::bind("0.0.0.0:80").unwrap());
    let (_dir, ours) = link(&lab, "tcptraceroute");
    let ours = ours.to_str().unwrap();
    for words in [format!("-n {}", chain.far_v4()), format!("-n -q 1 {} 81", chain.far_v4())] {
        // The wrapper and the old program have a header of their own each; a hop is a hop.
        let hops = |out: &Output| -> BTreeSet<String> {
            let addresses = out.stdout.lines().filter(|line| line.starts_with(' '));
            addresses.filter_map(|line| line.split_whitespace().nth(1)).map(str::to_owned).collect()
        };
        agree(|| {
            let (ours, theirs) = (run(&chain.a, ours, &words), run(&chain.a, "tcptraceroute", &words));
            let is_same = ours.code() == theirs.code() && hops(&ours) == hops(&theirs);
            (!is_same).then(|| format!("{words}: {ours:#?} {theirs:#?}"))
        });
    }
    drop(listener);
}

#[test]
fn tracepath() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(3);
    chain.narrow(2, 1400);
    let (_dir, ours) = link(&lab, "tracepath");
    let ours = ours.to_str().unwrap();
    for target in chain.far() {
        let out = run(&chain.a, ours, &format!("-n {target}"));
        assert_eq!(out.code(), Some(0), "{out:#?}");
        let lines: Vec<&str> = out.stdout.lines().collect();
        assert!(lines[0].starts_with(" 1?: [LOCALHOST]") && lines[0].ends_with("pmtu 1500"), "{out:#?}");
        assert!(lines.iter().any(|line| line.contains("pmtu 1400")), "{out:#?}");
        assert!(lines.iter().any(|line| line.contains(&target) && line.ends_with("reached")), "{out:#?}");
        assert!(lines.last().unwrap().starts_with("     Resume: pmtu 1400 hops 4 back 4"), "{out:#?}");
    }
    if std::process::Command::new("tracepath").arg("-V").output().is_ok() {
        for host in [&chain.a, chain.router(1)] {
            host.ip("route flush cache");
        }
        let [v4, _] = chain.far();
        agree(|| {
            let theirs = run(&chain.a, "tracepath", &format!("-n {v4}"));
            let ours = run(&chain.a, ours, &format!("-n {v4}"));
            let is_same = (ours.stdout.lines().last(), ours.code()) == (theirs.stdout.lines().last(), theirs.code());
            (!is_same).then(|| format!("{ours:#?} {theirs:#?}"))
        });
    }
}
