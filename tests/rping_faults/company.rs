//! Several processes at once: each counts its own replies, all of them and no others, whatever their idents.

use crate::bed::{Heard, WAYS, json, over};
use crate::lab::responder::Record;
use crate::lab::{self, Scenario};

const LOSSY: &str = "
    title = 'one net that loses and doubles by number'
    [[host]]
    prefix = ['10.9.0.0/16', 'fd00:9::/32']
    [[rule]]
    seq = [4, 9, 15]
    drop = true
    [[rule]]
    seq = 7
    copies = 1
";

#[test]
fn processes_with_one_forced_ident_never_count_each_other_s_replies() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let net = lab.simulate(&host, Scenario::parse(LOSSY));
    for target in ["10.9.1.1", "fd00:9:1::1"] {
        // The same ident, target and numbers, a different length of run each.
        let runs: Vec<_> = (0..5)
            .map(|i| {
                let words = format!("--socket raw -e 4711 -c {} -i 0.02 -W 1.5 {target}", 20 + i);
                (20 + i, json(&host, &words).start())
            })
            .collect();
        for (count, run) in runs {
            let heard = Heard::new(run.wait());
            let foreign = heard.count("foreign");
            heard.counts(&format!("sent {count} replied {} lost 3 duplicates 1 foreign {foreign}", count - 3)).exits(0);
            assert_eq!(heard.seqs("lost"), [4, 9, 15]);
            assert!(foreign > 0, "the others' replies were heard");
        }
    }
    assert_eq!(net.log().echoes().len(), 2 * (20 + 21 + 22 + 23 + 24));
}

#[test]
fn raw_and_ping_sockets_side_by_side_each_have_their_own() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::parse(LOSSY));
    let runs: Vec<_> = [0, 1, 2]
        .iter()
        .flat_map(|_| WAYS)
        .map(|way| {
            let target = if way.v4 { "10.9.1.1" } else { "fd00:9:1::1" };
            over(&host, way.socket(), "-c 16 -i 0.02 -W 1.5").arg(target).start()
        })
        .collect();
    let runs: Vec<Heard> = runs.into_iter().map(|run| Heard::new(run.wait())).collect();
    let ident = |heard: &Heard| heard.events("start")[0]["ident"].clone();
    for heard in &runs {
        // Of twelve random idents two may well be the same: then the other's replies are heard, and foreign.
        let alone = runs.iter().filter(|other| ident(other) == ident(heard)).count() == 1;
        let foreign = if alone { 0 } else { heard.count("foreign") };
        heard.counts(&format!("sent 16 replied 13 lost 3 duplicates 1 foreign {foreign}")).exits(0);
    }
}

#[test]
fn a_raw_socket_with_a_ping_socket_s_ident_counts_its_own() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::parse(LOSSY));
    for target in ["10.9.1.1", "fd00:9:1::1"] {
        let mut dgram = json(&host, "--socket dgram -e 777 -c 40 -i 0.02 -W 1.5").arg(target).start();
        dgram.wait_for(|out| out.contains("\"reply\""));
        let raw = Heard::new(json(&host, "--socket raw -e 777 -c 16 -i 0.02 -W 1.5").arg(target).output());
        let dgram = Heard::new(dgram.wait());
        assert_eq!((&dgram.events("start")[0]["ident"], &raw.events("start")[0]["ident"]), (&777.into(), &777.into()));
        let foreign = [&raw, &dgram].map(|h| h.count("foreign"));
        raw.counts(&format!("sent 16 replied 13 lost 3 duplicates 1 foreign {}", foreign[0]));
        dgram.counts(&format!("sent 40 replied 37 lost 3 duplicates 1 foreign {}", foreign[1]));
        assert!(foreign[0] > 0);
    }
}

#[test]
fn errors_go_to_whom_they_are_about() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let scenario = "
        title = 'errors by number'
        [[hop]]
        address = ['10.255.1.1', 'fd00:ff:1::1']
        [[host]]
        prefix = ['10.9.0.0/16', 'fd00:9::/32']
        [[rule]]
        to = ['10.9.1.0/24', 'fd00:9:1::/64']
        seq = '2-6'
        error = { name = 'host-unreachable' }";
    let _net = lab.simulate(&host, Scenario::parse(scenario));
    for (bad, good) in [("10.9.1.1", "10.9.2.1"), ("fd00:9:1::1", "fd00:9:2::1")] {
        for socket in ["raw", "dgram"] {
            let runs =
                [bad, good, bad, good].map(|target| over(&host, socket, "-c 10 -i 0.02 -W 1.5").arg(target).start());
            for (run, expected) in runs.into_iter().zip(["errors 5 replied 5", "replied 10"].iter().cycle()) {
                Heard::new(run.wait()).counts(&format!("sent 10 {expected}")).exits(0);
            }
        }
    }
}
