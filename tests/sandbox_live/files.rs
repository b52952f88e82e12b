//! What a command was told to write it writes, sandbox or not; beside it, nothing.

use std::fs;
use std::os::unix::fs::symlink;

use crate::bed::{Place, RCHECK, RLINK, RPING, RSWEEP, reaches, silent_pair};
use crate::lab::{self, Dir, Need};

#[test]
fn output_files_are_written() {
    let Some(lab) = lab::start!(Need::Tool("nft")) else { return };
    let (pair, dir) = (silent_pair(&lab), Dir::new(&lab));
    let host = &pair.a;
    let path = |name: &str| dir.path(name).to_str().unwrap().to_owned();
    let run = |program: &str, words: String| host.command(program).words(&words).output();

    let out = run(RPING, format!("-c 2 -i 0.01 --pcapng {} 127.0.0.1", path("ping.pcapng")));
    assert_eq!(out.code(), Some(0), "{out:#?}");
    assert!(fs::metadata(path("ping.pcapng")).unwrap().len() > 200);
    let out = run(RLINK, format!("dump -I eth0 -w 0.01 --pcapng {}", path("link.pcapng")));
    assert_eq!(out.code(), Some(0), "{out:#?}");
    assert!(fs::metadata(path("link.pcapng")).unwrap().len() > 50);

    // Both engines; what stood in the files is gone, and nothing is made that was not named.
    for engine in ["exact", "stateless --no-l2"] {
        dir.file("alive", "192.0.2.1\n192.0.2.2\nlonger than what comes\n");
        let lists = format!("--alive-file {} --dead-file {}", path("alive"), path("dead"));
        let out = run(RSWEEP, format!("--engine {engine} -r 0 -t 100 {lists} 127.0.0.1 10.1.0.2"));
        assert_eq!(out.code(), Some(1), "{out:#?}");
        assert_eq!(fs::read_to_string(path("alive")).unwrap(), "127.0.0.1\n", "{engine}");
        assert_eq!(fs::read_to_string(path("dead")).unwrap(), "10.1.0.2\n", "{engine}");
    }
    // A run that comes to nothing leaves them alone.
    let out = run(RSWEEP, format!("--alive-file {} -f /dev/null", path("alive")));
    assert_eq!(out.code(), Some(1), "{out:#?}");
    assert_eq!(fs::read_to_string(path("alive")).unwrap(), "127.0.0.1\n");
    let out = run(RSWEEP, "--alive-file /nowhere/at/all 127.0.0.1".to_owned());
    assert_eq!(out.code(), Some(4), "{out:#?}");
    assert!(out.stderr.contains("--alive-file /nowhere/at/all: "), "{}", out.stderr);
    // A device takes them, too.
    let out = run(RSWEEP, "--alive-file /dev/stderr 127.0.0.1".to_owned());
    assert_eq!((out.code(), out.stderr.as_str()), (Some(0), "127.0.0.1\n"));
}

#[test]
fn metrics_are_replaced_in_their_directory_and_nowhere_else() {
    let Some(lab) = lab::start!(Need::Tool("cc"), Need::Tool("nft")) else { return };
    let (pair, place) = (silent_pair(&lab), Place::new(&lab));
    let metrics = place.path("metrics");
    fs::create_dir(&metrics).unwrap();
    let file = metrics.join("hosts.prom");
    for _ in 0..2 {
        let out = pair.a.command(RCHECK).words("127.0.0.1 --textfile").arg(&file).output();
        assert_eq!(out.code(), Some(0), "{out:#?}");
        assert!(fs::read_to_string(&file).unwrap().contains("127.0.0.1"));
        assert_eq!(fs::read_dir(&metrics).unwrap().count(), 1, "nothing is left beside it");
    }
    // From where one stands, and by a link to the directory.
    fs::remove_file(&file).unwrap();
    const THERE: &str = r#"cd "$1" && exec "$2" 127.0.0.1 --textfile hosts.prom"#;
    pair.a.command("sh").args(["-c", THERE, "sh"]).arg(&metrics).arg(RCHECK).output().ok();
    assert!(file.exists());
    fs::remove_file(&file).unwrap();
    symlink(&metrics, place.path("link")).unwrap();
    pair.a.command(RCHECK).words("127.0.0.1 --textfile").arg(place.path("link/hosts.prom")).output().ok();
    assert!(file.exists());
    // While it waits, it can write there and only there.
    let slow = "-n 5 -w 9s,50% -c 9s,90% -t 15 10.1.0.2 --textfile";
    let running = place.load(pair.a.command(RCHECK).words(slow).arg(&file)).start();
    reaches(&running, "Seccomp", "2");
    let outcomes = place.attempts(&running).remove(0);
    if rprobe::sys::landlock::version().is_ok() {
        assert_eq!((outcomes["create"], outcomes["truncate"]), (libc::EACCES, libc::EACCES), "{outcomes:?}");
        place.is_untouched();
    }
    running.signal(libc::SIGTERM);
    running.wait();
    assert!(fs::read_to_string(&file).unwrap().contains("10.1.0.2"), "what was found out until then is there");
    // Where there is no such directory.
    let out = pair.a.command(RCHECK).words("127.0.0.1 --textfile /nowhere/at/all.prom").output();
    assert_eq!(out.code(), Some(3), "{out:#?}");
    assert!(out.stderr.contains("--textfile /nowhere/at/all.prom: not written: No such file"), "{}", out.stderr);
}
