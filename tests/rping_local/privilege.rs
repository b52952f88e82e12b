//! The ways to a socket: root, a file capability, setuid-root, the groups that may ping; and that after the opening no
//! thread has any privilege left.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::bed::{Dir, Etc, RPING, Rping as _, Told, rping};
use crate::dns::Dns;
use crate::lab::{self, Host, Need, Output, Run, User, eventually};

/// Nobody's ids, with no group and with what is left of capabilities in the bounding set.
const NOBODY: &[&str] = &["--reuid=65534", "--regid=65534", "--clear-groups"];

/// No group may open ping sockets (an empty range; the kernel's default).
fn close_ping_sockets(host: &Host) {
    host.sysctl("net.ipv4.ping_group_range", "1 0");
}

/// A file run through `setpriv`, handed over by descriptor: nobody may not be allowed to walk to it.
fn setpriv(host: &Host, program: &Path, options: &[&str], words: &str) -> Run {
    const SCRIPT: &str = r#"exec 9<"$1"; shift; exec setpriv "$@""#;
    let run = host.command("sh").args(["-c", SCRIPT, "sh"]).arg(program).args(options);
    run.arg("/proc/self/fd/9").words(words)
}

/// The kind of socket that a run with `--json` had.
#[track_caller]
fn socket_of(out: &Output) -> String {
    assert_eq!(out.code(), Some(0), "{out:#?}");
    Told::of(out).one("start")["socket"].as_str().unwrap().to_owned()
}

/// Gives a file `cap_net_raw+p`; `false` where the file system keeps no capabilities.
fn set_capability(host: &Host, file: &Path, capability: &str) -> bool {
    host.command("setcap").arg(capability).arg(file).output().status.success()
}

/// Each thread of a process, as `/proc` shows it.
fn threads(pid: u32) -> Vec<String> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    tasks.filter_map(|t| fs::read_to_string(t.unwrap().path().join("status")).ok()).collect()
}

/// That a thread has nothing left and can gain nothing; `uid` is whose it is.
#[track_caller]
fn is_powerless(status: &str, uid: u32) {
    let field = |name: &str| {
        let line = status.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_else(|| panic!("no {name} in {status}"));
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    for set in ["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"] {
        assert_eq!(field(set), "0000000000000000", "{set} in {status}");
    }
    assert_eq!(field("NoNewPrivs:"), "1", "{status}");
    for ids in ["Uid:", "Gid:"] {
        assert_eq!(field(ids), [uid.to_string(), uid.to_string(), uid.to_string(), uid.to_string()].join(" "));
    }
}

#[test]
fn root_gets_a_raw_socket() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    for target in ["127.0.0.1", "::1"] {
        assert_eq!(socket_of(&rping(&host, "--json -c 1").arg(target).output()), "raw");
    }
}

#[test]
fn an_ordinary_user_gets_a_ping_socket_where_its_group_may_have_one() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let host = lab.host("a");
    for target in ["127.0.0.1", "::1"] {
        assert_eq!(socket_of(&rping(&host, "--json -c 1").arg(target).user(User::Nobody).output()), "dgram");
    }
}

#[test]
fn what_is_chosen_is_opened_or_refused_and_said() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let host = lab.host("a");
    for (user, choice, expect) in [
        (User::Root, "auto", Some("SOCK_RAW")),
        (User::Root, "raw", Some("SOCK_RAW")),
        (User::Root, "dgram", Some("SOCK_DGRAM")),
        (User::Nobody, "auto", Some("SOCK_DGRAM")),
        (User::Nobody, "dgram", Some("SOCK_DGRAM")),
        (User::Nobody, "raw", None),
    ] {
        for target in ["127.0.0.1", "::1"] {
            let out = rping(&host, "-v -c 1 --socket").args([choice, target]).user(user).output();
            match expect {
                Some(kind) => {
                    assert_eq!(out.code(), Some(0), "{user:?} {choice} {target}: {out:#?}");
                    let socket = if target == "::1" { "sock6" } else { "sock4" };
                    let says = format!("{socket} (socktype: {kind})");
                    assert!(out.stderr.contains(&says), "{choice} {target}: {}", out.stderr);
                }
                None => {
                    assert_eq!(out.code(), Some(2), "{out:#?}");
                    assert!(out.stderr.starts_with("rping: raw sockets are not permitted here; "), "{}", out.stderr);
                    assert_eq!((out.stderr.lines().count(), out.stdout.as_str()), (1, ""));
                }
            }
        }
    }
}

#[test]
fn where_nothing_is_permitted_one_line_names_the_remedies() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let host = lab.host("a");
    close_ping_sockets(&host);
    // A root directory without the marks that container runtimes leave.
    const ROOM: &str = r#"cd "$1" && shift && for d in usr bin sbin lib lib32 lib64 etc proc dev; do
            if [ -L /$d ]; then cp -P /$d $d; elif [ -d /$d ]; then mkdir $d && mount --rbind /$d $d; fi || exit 99
        done
        exec chroot --userspec=65534:65534 --groups= . "$@""#;
    let dir = Dir::new(&lab);
    dir.copy(RPING, "rping", 0o755);
    let plain = host.command("unshare").args(["-m", "--propagation", "private", "sh", "-c", ROOM, "sh"]);
    let plain = plain.arg(dir.path("")).args(["/rping", "-c", "1", "127.0.0.1"]).output();
    let env = ("KUBERNETES_SERVICE_HOST", "10.0.0.1");
    let container = rping(&host, "-c 1 127.0.0.1").user(User::Nobody).env(env.0, env.1).output();
    for (out, remedies) in [
        (&plain, &["sudo setcap cap_net_raw+p", "sudo sysctl -w net.ipv4.ping_group_range='0 2147483647'"][..]),
        (
            &container,
            &[
                "this is a container",
                "--cap-add NET_RAW",
                "--sysctl net.ipv4.ping_group_range=",
                "securityContext.capabilities.add [\"NET_RAW\"]",
                "securityContext.sysctls",
            ],
        ),
    ] {
        assert_eq!((out.code(), out.stdout.as_str()), (Some(2), ""), "{out:#?}");
        assert!(out.stderr.starts_with("rping: raw and ping sockets are not permitted here; "), "{}", out.stderr);
        assert_eq!(out.stderr.lines().count(), 1, "{}", out.stderr);
        for remedy in remedies {
            assert!(out.stderr.contains(remedy), "{remedy} in {}", out.stderr);
        }
    }
    assert!(!plain.stderr.contains("container"), "{}", plain.stderr);
    assert!(!container.stderr.contains("sudo"), "{}", container.stderr);
}

#[test]
fn the_remedies_of_the_message_are_true() {
    let Some(lab) = lab::start!(Need::OtherUser, Need::Tool("setcap")) else { return };
    let (host, dir) = (lab.host("a"), Dir::new(&lab));
    close_ping_sockets(&host);
    let copy = dir.copy(RPING, "rping", 0o755);
    let run = || host.command(&copy).words("--json -c 1 127.0.0.1").user(User::Nobody).output();
    assert_eq!(run().code(), Some(2));
    host.sysctl("net.ipv4.ping_group_range", "0 2147483647");
    assert_eq!(socket_of(&run()), "dgram");
    if !set_capability(&host, &copy, "cap_net_raw+p") {
        return lab.skip("the file system keeps no capabilities");
    }
    assert_eq!(socket_of(&run()), "raw");
}

/// Kernel fact 19: a container's bounding set. The file starts nevertheless and finds the other way.
#[test]
fn a_file_capability_that_cannot_be_had_is_no_obstacle() {
    let Some(lab) = lab::start!(Need::OtherUser, Need::Tool("setcap"), Need::Tool("setpriv")) else { return };
    let (host, dir) = (lab.host("a"), Dir::new(&lab));
    let copy = dir.copy(RPING, "rping", 0o755);
    if !set_capability(&host, &copy, "cap_net_raw+p") {
        return lab.skip("the file system keeps no capabilities");
    }
    let options = [NOBODY, &["--bounding-set=-net_raw"]].concat();
    assert_eq!(socket_of(&setpriv(&host, &copy, NOBODY, "--json -c 1 127.0.0.1").output()), "raw");
    assert_eq!(socket_of(&setpriv(&host, &copy, &options, "--json -c 1 127.0.0.1").output()), "dgram");
    close_ping_sockets(&host);
    let out = setpriv(&host, &copy, &options, "-c 1 127.0.0.1").output();
    assert_eq!(out.code(), Some(2), "{out:#?}");
    assert!(out.stderr.contains("raw and ping sockets are not permitted here"), "{}", out.stderr);
}

/// Root of a container that took the capability away.
#[test]
fn root_without_the_capability_is_told_so_or_uses_a_ping_socket() {
    let Some(lab) = lab::start!(Need::OtherUser, Need::Tool("setpriv")) else { return };
    let host = lab.host("a");
    let less = ["--bounding-set=-net_raw", "--inh-caps=-net_raw"];
    assert_eq!(socket_of(&setpriv(&host, Path::new(RPING), &less, "--json -c 1 ::1").output()), "dgram");
    close_ping_sockets(&host);
    let out = setpriv(&host, Path::new(RPING), &less, "-c 1 ::1").output();
    assert_eq!(out.code(), Some(2), "{out:#?}");
    assert!(out.stderr.contains("not permitted here"), "{}", out.stderr);
}

#[test]
fn setuid_root_opens_raw_sockets_for_everybody() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let (host, dir) = (lab.host("a"), Dir::new(&lab));
    close_ping_sockets(&host);
    let copy = dir.copy(RPING, "rping", 0o4755);
    for target in ["127.0.0.1", "::1"] {
        let out = host.command(&copy).words("--json -c 1").arg(target).user(User::Nobody).output();
        assert_eq!(socket_of(&out), "raw");
    }
    // Its limits are those of its caller, not of its owner.
    let out = host.command(&copy).words("-c 1 -i 0.001 127.0.0.1").user(User::Nobody).output();
    assert_eq!(out.code(), Some(2), "{out:#?}");
}

#[test]
fn no_privilege_is_left_in_any_thread() {
    let Some(lab) = lab::start!(Need::OtherUser, Need::Tool("setcap")) else { return };
    let (host, dir) = (lab.host("a"), Dir::new(&lab));
    let dns = Dns::silent(&host);
    let (by_file, by_uid) = (dir.copy(RPING, "by_file", 0o755), dir.copy(RPING, "by_uid", 0o6755));
    let keeps = set_capability(&host, &by_file, "cap_net_raw,cap_net_admin+p");
    let ways: [(&Path, User, bool); 4] = [
        (Path::new(RPING), User::Root, true),
        (Path::new(RPING), User::Nobody, true),
        (&by_file, User::Nobody, keeps),
        (&by_uid, User::Nobody, true),
    ];
    for (program, user, _) in ways.into_iter().filter(|(.., possible)| *possible) {
        let uid = if user == User::Root { 0 } else { 65_534 };
        for words in ["-i 0.05 127.0.0.1", "-i 0.05 -H 127.0.0.1 127.0.0.2 ::1"] {
            let mut run = host.command(program).words(words).user(user).start();
            run.wait_for(|out| out.contains("icmp_seq=2"));
            let threads = threads(run.pid());
            // The look-ups that never end are threads of their own.
            assert!(!words.contains("-H") || threads.len() > 1, "{words}: {} threads", threads.len());
            threads.iter().for_each(|status| is_powerless(status, uid));
            run.signal(libc::SIGINT);
            assert_eq!(run.wait().code(), Some(0), "{program:?} {user:?} {words}");
        }
    }
    let _ = dns.asked();
    if !keeps {
        lab.skip("the file system keeps no capabilities");
    }
}

#[test]
fn no_privilege_is_there_while_a_name_is_looked_up() {
    let Some(lab) = lab::start!() else { return };
    let (host, etc) = (lab.host("a"), Etc::new(&lab, ""));
    let dns = Dns::silent(&host);
    let run = etc.rping(&host, "-c 1 hangs.test").start();
    assert!(eventually(std::time::Duration::from_secs(20), || dns.asked() > 0), "the nameserver was asked");
    let threads = threads(run.pid());
    assert!(threads.len() > 1, "{threads:#?}");
    threads.iter().for_each(|status| is_powerless(status, 0));
}

#[test]
fn a_capture_belongs_to_the_caller() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let (host, dir) = (lab.host("a"), Dir::new(&lab));
    let copy = dir.copy(RPING, "rping", 0o6755);
    let theirs = std::env::temp_dir().join(format!("rprobe-capture-{}.pcapng", std::process::id()));
    let ours = dir.path("closed.pcapng");
    let run = |to: &Path| host.command(&copy).words("-c 1 127.0.0.1 --pcapng").arg(to).user(User::Nobody).output();
    let out = run(&theirs);
    let meta = fs::metadata(&theirs);
    let _ = fs::remove_file(&theirs);
    assert_eq!(out.code(), Some(0), "{out:#?}");
    let meta = meta.unwrap();
    assert_eq!((meta.uid(), meta.gid()), (65_534, 65_534));
    assert!(meta.len() > 100);
    // Where the caller may not write, root's power does not help it.
    let out = run(&ours);
    assert_eq!(out.code(), Some(2), "{out:#?}");
    assert!(out.stderr.contains("--pcapng") && out.stderr.contains("Permission denied"), "{}", out.stderr);
    assert!(!ours.exists());
}
