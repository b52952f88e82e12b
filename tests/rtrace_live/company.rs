//! Several targets, several runs, and strangers: nobody takes another's answers.

use crate::bed::{Heard, RTRACE, WAYS, json, number, text};
use crate::lab::{self, Etc, Scenario};

#[test]
fn runs_side_by_side_never_take_each_others_answers() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(4);
    // Each way twice at once, all to one target; and the same flow twice.
    let [v4, v6] = &chain.far();
    let start = |way: &crate::bed::Way| (*way, way.json(&chain.a, "-q 5").arg(way.of(v4, v6)).start());
    let runs: Vec<_> = WAYS.iter().chain(&WAYS).map(start).collect();
    for (way, run) in runs {
        let heard = Heard::new(run.wait());
        heard.reached_at(5);
        assert_eq!(heard.path(), chain.way(way.v4), "{way:?}");
        let end = heard.summary();
        let probes = number(end, "replied") + number(end, "late");
        assert_eq!((number(end, "duplicates"), number(end, "corrupt")), (0, 0), "{way:?} {end}");
        assert!(probes >= 25, "each has its own answers: {way:?} {heard:#?}");
        let mut seqs: Vec<u64> = Vec::new();
        for hop in 1..=5 {
            seqs.extend(heard.answers(hop).iter().map(|answer| number(answer, "seq")));
        }
        let all = seqs.len();
        seqs.sort_unstable();
        seqs.dedup();
        assert_eq!(seqs.len(), all, "{way:?}: no probe is answered twice");
    }
}

#[test]
fn several_targets_in_one_run() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("trace_plain"));
    for method in ["-I", "-U", "-T"] {
        let heard = Heard::new(json(&host, &format!("{method} 10.9.0.1 fd00:8::1 10.8.0.2 10.7.0.1")).output());
        assert_eq!(heard.output.code(), Some(0), "{heard:#?}");
        let ends = heard.events("summary");
        let mut found: Vec<(String, u64)> =
            ends.iter().map(|end| (end["target"].as_str().unwrap().to_owned(), number(end, "distance"))).collect();
        found.sort();
        let want = [("10.7.0.1", 1), ("10.8.0.2", 4), ("10.9.0.1", 13), ("fd00:8::1", 4)];
        assert_eq!(found, want.map(|(target, distance)| (target.to_owned(), distance)), "{method}");
    }
    let (said, code) = text(&host, "10.8.0.1 10.7.0.1 10.8.0.3");
    assert_eq!(code, Some(0), "{said}");
    let blocks: Vec<&str> = said.lines().filter(|line| line.contains("rtrace to ")).collect();
    assert_eq!(blocks.len(), 3, "{said}");
    // One of several that cannot be resolved is an error, and no reason not to trace the others.
    let etc = Etc::new(&lab, "127.0.0.1 localhost\n");
    let out = etc.run(&host, RTRACE).words("-n 10.7.0.1 no-such-name.invalid").output();
    assert_eq!((out.code(), out.stderr.lines().count()), (Some(2), 1), "{out:#?}");
    assert!(out.stdout.contains("reached 10.7.0.1 at hop 1\n"), "{out:#?}");
}

#[test]
fn lies_about_a_probe_settle_none() {
    let Some(lab) = lab::start!() else { return };
    // The second router's errors quote what we never sent, each in its own way.
    for lie in ["destination = ['10.77.0.1', 'fd00:77::1']", "ident-add = 5", "protocol = 47"] {
        let host = lab.host(&lie[..4]);
        let _net = lab.simulate(
            &host,
            Scenario::parse(&format!(
                "title = 'lies'
             [[hop]]
             address = ['10.255.1.1', 'fd00:ff:1::1']
             [[hop]]
             address = ['10.255.2.1', 'fd00:ff:2::1']
             quoted = {{ {lie} }}
             [[hop]]
             address = ['10.255.3.1', 'fd00:ff:3::1']
             [[host]]
             prefix = ['10.9.0.0/16', 'fd00:9::/32']",
            )),
        );
        let runs: Vec<_> = WAYS
            .iter()
            .filter(|way| way.raw)
            .map(|way| (*way, way.json(&host, "-q 1").arg(way.target(0)).start()))
            .collect();
        for (way, run) in runs {
            let heard = Heard::new(run.wait());
            heard.reached_at(4);
            assert_eq!(heard.path()[1], "*", "{way:?} {lie} {heard:#?}");
        }
    }
}

#[test]
fn reordered_and_copied_answers_are_counted_as_that() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(
        &host,
        Scenario::parse(
            "title = 'later ones first, and each twice'
         [[hop]]
         address = ['10.255.1.1', 'fd00:ff:1::1']
         [[hop]]
         address = ['10.255.2.1', 'fd00:ff:2::1']
         [[host]]
         prefix = ['10.9.0.0/16', 'fd00:9::/32']
         [[rule]]
         hop = 1
         nth = 1
         delay = '20ms'
         [[rule]]
         hop = 2
         copies = 1",
        ),
    );
    let heard = Heard::new(json(&host, "-I 10.9.0.1").output());
    heard.reached_at(3);
    assert_eq!(heard.answers(1).len(), 3, "{heard:#?}");
    assert!(number(heard.summary(), "duplicates") >= 3 && number(heard.summary(), "lost") == 0, "{heard:#?}");
    assert_eq!(number(heard.summary(), "reordered"), 1, "{heard:#?}");
}
