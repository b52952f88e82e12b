//! What a user other than root may not do to others, though the command can: rates, and groups. (rping's limits, the model
//! of these, are tested with it; rtrace's few probes and rlink's privilege, which only root has, need none.)

use serde_json::Value;

use crate::bed::{RCHECK, RSWEEP, with_capability};
use crate::lab::{self, Dir, Host, Need, Output, User};

fn run(host: &Host, program: &str, words: &str, user: User) -> Output {
    host.command(program).words(words).user(user).output()
}

fn last(out: &Output) -> Value {
    serde_json::from_str(out.stdout.lines().last().unwrap()).unwrap()
}

#[test]
fn a_sweep_is_no_flood() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let host = lab.host("a");
    for words in ["-i 0 127.0.0.1", "--rate 2000 127.0.0.1", "-c 2 -p 1 127.0.0.1", "-r 2 -t 1 127.0.0.1"] {
        let out = run(&host, RSWEEP, words, User::Nobody);
        assert_eq!((out.code(), out.stdout.as_str()), (Some(1), ""), "{words}: {out:#?}");
        assert!(out.stderr.contains("takes root") && out.stderr.lines().count() == 1, "{}", out.stderr);
        assert_eq!(run(&host, RSWEEP, words, User::Root).code(), Some(0), "{words}: root may");
    }
    // A pace that nobody chose keeps to it, 200 probes in no less than 199 ms; also where the file may open raw sockets.
    let dir = Dir::new(&lab);
    let by_file = with_capability(&lab, &dir, RSWEEP);
    let (exact, stateless) = ("exact --rate auto", "stateless --no-l2");
    for (program, engine) in [(Some(RSWEEP.into()), exact), (by_file.clone(), exact), (by_file, stateless)] {
        let Some(program) = program else { return lab.skip("the file system keeps no capabilities") };
        let words = format!("--json --engine {engine} 127.0.0.1-200");
        let out = host.command(program).words(&words).user(User::Nobody).output();
        assert_eq!(out.code(), Some(0), "{out:#?}");
        assert!(out.elapsed.as_millis() >= 199, "{engine}: {:?}", out.elapsed);
    }
}

#[test]
fn a_check_waits_between_its_probes() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let host = lab.host("a");
    let took = |user| last(&run(&host, RCHECK, "--json -n 20 127.0.0.1", user))["took_ns"].as_u64().unwrap();
    let least = 19 * 2_000_000;
    assert!(took(User::Nobody) >= least);
}

#[test]
fn groups_are_for_root_or_for_nobody() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let host = lab.host("a");
    host.ip("route add 224.0.0.0/4 dev lo");
    for words in ["224.0.0.1", "223.255.255.254-224.0.0.1", "ff02::1%lo"] {
        let out = run(&host, RSWEEP, &format!("-r 0 -t 50 --json {words}"), User::Nobody);
        assert!(out.stdout.contains("stands for many hosts, which takes root"), "{words}: {out:#?}");
        assert!(!out.stdout.contains("\"summary\""), "{words}: {out:#?}");
        let out = run(&host, RSWEEP, &format!("-r 0 -t 50 --json {words}"), User::Root);
        assert!(last(&out)["attempted"].as_u64() > Some(0), "{words}: {out:#?}");
    }
    // No verdict about one host comes from many.
    for user in [User::Root, User::Nobody] {
        for group in ["224.0.0.1", "ff02::1%lo"] {
            let out = run(&host, RCHECK, group, user);
            assert_eq!(out.code(), Some(3), "{out:#?}");
            assert!(out.stdout.contains("stands for many hosts"), "{out:#?}");
        }
    }
}
