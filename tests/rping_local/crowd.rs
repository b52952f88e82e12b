//! Many at once on one host: each hears its own replies, all of them, and nobody else's.

use crate::bed::{Told, n, rping};
use crate::lab::{self, Running};

#[test]
fn two_hundred_at_once_hear_each_its_own() {
    const COUNT: u64 = 10;
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let kinds = ["--socket raw", "--socket dgram", "--hdrincl", "--socket raw -s 4", "--socket dgram -s 0"];
    let targets = ["10.1.0.2", "fd00:1::2"];
    let start = |i: usize| -> Running {
        let kind = kinds[i % kinds.len()];
        let target = if kind == "--hdrincl" { targets[0] } else { targets[i / kinds.len() % 2] };
        rping(&pair.a, &format!("--json -c {COUNT} -i 0.05 -W 8 {kind} {target}")).start()
    };
    let runs: Vec<Running> = (0..200).map(start).collect();
    let outs: Vec<_> = runs.into_iter().map(Running::wait).collect();
    let tolds: Vec<Told> = outs.iter().map(Told::of).collect();
    let ident = |told: &Told| told.one("start")["ident"].as_u64().unwrap();
    let idents: Vec<u64> = tolds.iter().map(ident).collect();
    let mut distinct = idents.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert!(distinct.len() >= 190, "idents are random: {idents:?}");
    for ((out, told), ident) in outs.iter().zip(&tolds).zip(&idents) {
        assert_eq!(out.code(), Some(0), "{out:#?}");
        let summary = told.summary();
        for (field, expect) in
            [("sent", COUNT), ("replied", COUNT), ("duplicates", 0), ("corrupt", 0), ("lost", 0), ("dropped", 0)]
        {
            assert_eq!(n(summary, field), expect, "{field} in {out:#?}");
        }
        // Of 200 random idents two may well be the same; then the token tells, and the other's replies are foreign.
        if idents.iter().filter(|other| *other == ident).count() == 1 {
            assert_eq!(n(summary, "foreign"), 0, "{out:#?}");
        }
    }
}

/// The same ident chosen by hand: source, sequence and token still tell them apart.
#[test]
fn even_with_one_ident_nobody_counts_anothers_replies() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    // A ping socket of this ident can be but one.
    let kinds = ["raw", "raw", "raw --hdrincl", "dgram"];
    let start = |kind| rping(&pair.a, &format!("--json -e 99 -c 15 -i 0.02 -W 2 --socket {kind} 10.1.0.2")).start();
    let runs: Vec<Running> = kinds.into_iter().map(start).collect();
    for run in runs {
        let out = run.wait();
        let told = Told::of(&out);
        let summary = told.summary();
        assert_eq!((n(summary, "replied"), n(summary, "lost")), (15, 0), "{out:#?}");
        assert_eq!((n(summary, "duplicates"), n(summary, "corrupt")), (0, 0), "{out:#?}");
        assert_eq!(n(&summary["rtt"], "count"), 15, "{out:#?}");
    }
}

#[test]
fn a_flood_beside_does_not_disturb() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let flood = rping(&pair.a, "--json -f -c 3000 10.1.0.2").start();
    let calm = rping(&pair.a, "--json -c 20 -i 0.02 -W 2 10.1.0.2").output();
    assert_eq!(calm.code(), Some(0), "{calm:#?}");
    let told = Told::of(&calm);
    assert_eq!((n(told.summary(), "replied"), n(told.summary(), "foreign")), (20, 0), "{calm:#?}");
    let out = flood.wait();
    assert_eq!(n(Told::of(&out).summary(), "replied"), 3000, "{out:#?}");
}
