//! The ways to privilege, for every command: root, a capability of the file, set-user-id; with and without CAP_NET_RAW in
//! the bounding set, with and without `no_new_privs`. And that nothing of it is left in any thread.

use std::path::{Path, PathBuf};

use crate::bed::{
    RCHECK, RLINK, RPING, RSWEEP, RTRACE, RUNS, field, name, reaches, runs, silent_pair, threads, with_capability,
};
use crate::lab::{self, Dir, Host, Need, Run, User};

/// Commands that take privilege from their files, with the words of a run that needs a raw socket, and of one that takes
/// what there is.
const TAKERS: [(&str, &str, &str); 4] = [
    (RPING, "-c 1 --socket raw 127.0.0.1", "-c 1 127.0.0.1"),
    (RTRACE, "-I -n --socket raw 127.0.0.1", "-I -n 127.0.0.1"),
    (RSWEEP, "--socket raw 127.0.0.1", "127.0.0.1"),
    (RCHECK, "--socket raw 127.0.0.1", "127.0.0.1"),
];

const NOBODY: &[&str] = &["--reuid=65534", "--regid=65534", "--clear-groups"];

/// A file run through `setpriv`, handed over by descriptor: nobody may not be allowed to walk to it.
fn setpriv(host: &Host, program: &Path, options: &[&str], words: &str) -> Run {
    const SCRIPT: &str = r#"exec 9<"$1"; shift; exec setpriv "$@""#;
    let run = host.command("sh").args(["-c", SCRIPT, "sh"]).arg(program).args(options);
    run.arg("/proc/self/fd/9").words(words)
}

/// That a thread has nothing left and can gain nothing; `uid` is whose it is.
#[track_caller]
fn is_powerless(status: &str, uid: u32, run: &str) {
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(field(status, set), "0000000000000000", "{set}, {run}: {status}");
    }
    assert_eq!((field(status, "NoNewPrivs"), field(status, "Seccomp")), ("1".into(), "2".into()), "{run}: {status}");
    for ids in ["Uid", "Gid"] {
        assert_eq!(field(status, ids), format!("{uid} {uid} {uid} {uid}"), "{run}: {status}");
    }
}

#[test]
fn no_thread_of_any_command_keeps_anything() {
    let Some(lab) = lab::start!(Need::OtherUser, Need::Tool("setcap"), Need::Tool("nft")) else { return };
    let (pair, dir) = (silent_pair(&lab), Dir::new(&lab));
    let takers: Vec<_> = TAKERS.iter().map(|(program, ..)| (*program, with_capability(&lab, &dir, program))).collect();
    let keeps = takers.iter().all(|(_, copy)| copy.is_some());
    for (program, words) in RUNS {
        let mut ways = vec![(PathBuf::from(program), User::Root)];
        if let Some((_, by_file)) = takers.iter().find(|(taker, _)| *taker == program) {
            // Raw frames past the kernel are for root.
            if !words.contains("stateless") {
                ways.extend(by_file.clone().map(|copy| (copy, User::Nobody)));
                ways.push((dir.copy(program, &format!("{}-uid", name(program)), 0o6755), User::Nobody));
            }
        }
        for (file, user) in ways {
            let run = format!("{} {user:?}: {words}", file.display());
            let running = pair.a.command(&file).words(words).user(user).start();
            reaches(&running, "Seccomp", "2");
            runs(&running, words);
            let all = threads(running.pid());
            assert!(!all.is_empty(), "{run}");
            let uid = if user == User::Root { 0 } else { 65_534 };
            all.iter().for_each(|(_, status)| is_powerless(status, uid, &run));
            running.signal(libc::SIGTERM);
            assert!(!running.wait().killed, "{run}");
        }
    }
    if !keeps {
        lab.skip("the file system keeps no capabilities");
    }
}

#[test]
fn a_files_privilege_opens_raw_sockets_unless_something_forbids_it() {
    let Some(lab) = lab::start!(Need::OtherUser, Need::Tool("setcap"), Need::Tool("setpriv")) else { return };
    let (host, dir) = (lab.host("a"), Dir::new(&lab));
    for (program, raw, any) in TAKERS {
        let Some(by_file) = with_capability(&lab, &dir, program) else {
            return lab.skip("the file system keeps no capabilities");
        };
        let by_uid = dir.copy(program, "by_uid", 0o4755);
        for (what, file) in [("capability", &by_file), ("set-user-id", &by_uid)] {
            // Twice: the first keeps what it was permitted until it has started something.
            const FORBIDS: [&str; 2] = ["setpriv", "--no-new-privs"];
            for (bounds, forbids, may) in [
                (&[][..], &[][..], true),
                (&[], &FORBIDS, false),
                (&["--bounding-set=-net_raw"], &[], false),
                (&["--bounding-set=-net_raw"], &FORBIDS, false),
            ] {
                let options = [NOBODY, bounds, forbids].concat();
                let says = format!("{program} by {what}, {options:?}");
                let out = setpriv(&host, file, &options, raw).output();
                assert_eq!(out.code() == Some(0), may, "{says}: {out:#?}");
                // What the system refuses is said in one line, and is no failure to start.
                assert!(may || out.stderr.contains("not permitted here"), "{says}: {out:#?}");
                let out = setpriv(&host, file, &options, any).output();
                assert_eq!(out.code(), Some(0), "{says}: a ping socket does: {out:#?}");
            }
        }
        std::fs::remove_file(by_uid).unwrap();
    }
}

/// A set-user-id file changes users, not groups: those of the caller stay, and no others come.
#[test]
fn groups_stay_the_callers() {
    let Some(lab) = lab::start!(Need::OtherUser, Need::Tool("setpriv"), Need::Tool("nft")) else { return };
    let (pair, dir) = (silent_pair(&lab), Dir::new(&lab));
    let copy = dir.copy(RPING, "rping", 0o6755);
    let caller = ["--reuid=65534", "--regid=65533", "--groups=65531,65532"];
    let running = setpriv(&pair.a, &copy, &caller, "-i 0.1 127.0.0.1").start();
    reaches(&running, "Seccomp", "2");
    for (_, status) in threads(running.pid()) {
        assert_eq!(field(&status, "Groups"), "65531 65532");
        assert_eq!(field(&status, "Gid"), "65533 65533 65533 65533");
        assert_eq!(field(&status, "Uid"), "65534 65534 65534 65534");
    }
}

#[test]
fn rlink_takes_nothing_from_its_file_and_says_why() {
    let Some(lab) = lab::start!(Need::OtherUser, Need::Tool("setcap"), Need::Tool("setpriv"), Need::Tool("nft")) else {
        return;
    };
    let (pair, dir) = (silent_pair(&lab), Dir::new(&lab));
    let by_uid = dir.copy(RLINK, "by_uid", 0o4755);
    let by_file = with_capability(&lab, &dir, RLINK);
    for file in [Some(&by_uid), by_file.as_ref()].into_iter().flatten() {
        for words in ["dump -I eth0 -c 1 -w 1", "serve -I eth0 -w 1", "interfaces"] {
            let out = pair.a.command(file).words(words).user(User::Nobody).output();
            assert_eq!((out.code(), out.stdout.as_str()), (Some(2), ""), "{words}: {out:#?}");
            let why = "takes no privilege from its file (capabilities, set-user-id): with it every user could read";
            assert!(out.stderr.contains(why) && out.stderr.lines().count() == 1, "{}", out.stderr);
        }
        let out = pair.a.command(file).words("--help").user(User::Nobody).output();
        assert_eq!(out.code(), Some(0), "{out:#?}");
        // Root has privilege of its own.
        let out = pair.a.command(file).words("send 02:00:00:00:00:77 -I eth0").output();
        assert_eq!(out.code(), Some(0), "{out:#?}");
    }
    // As has who was given it by name (systemd's AmbientCapabilities=).
    let given = [NOBODY, &["--inh-caps=+net_raw", "--ambient-caps=+net_raw"]].concat();
    let out = setpriv(&pair.a, Path::new(RLINK), &given, "send 02:00:00:00:00:77 -I eth0").output();
    assert_eq!(out.code(), Some(0), "{out:#?}");
    if by_file.is_none() {
        lab.skip("the file system keeps no capabilities");
    }
}
