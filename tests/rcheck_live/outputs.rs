//! What is written besides the line, and readers who do not take it.

use std::fs;

use crate::bed::{RCHECK, rcheck, told};
use crate::examples::block;
use crate::lab::{self, Dir, Need, User};

#[test]
fn a_textfile_is_written_whole_or_not_at_all() {
    let Some(lab) = lab::start!() else { return };
    let (host, dir) = (lab.host("a"), Dir::new(&lab));
    let path = dir.path("rcheck.prom");
    let run = |path: &str| rcheck(&host, &format!("--textfile {path} 127.0.0.1 192.0.2.1")).output();
    let out = run(path.to_str().unwrap());
    assert_eq!(out.code(), Some(3), "one host has no route: {out:#?}");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(
        "rcheck_state{target=\"127.0.0.1\",name=\"127.0.0.1\",address=\"127.0.0.1\",method=\"icmp\",port=\"\"} 0\n"
    ));
    assert!(text.contains("rcheck_rtt_avg_seconds{target=\"192.0.2.1\",name=\"192.0.2.1\",address=\"192.0.2.1\",method=\"icmp\",port=\"\"} NaN\n"));
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (_, value) = line.rsplit_once(' ').unwrap();
        assert!(value == "NaN" || value.parse::<f64>().is_ok(), "{line}");
    }
    // Nothing is left beside it, and a second run replaces it.
    run(path.to_str().unwrap());
    assert_eq!(fs::read_dir(dir.path("")).unwrap().count(), 1);
    let out = rcheck(&host, "--textfile /nonexistent/x.prom 127.0.0.1").output();
    assert_eq!(out.code(), Some(3), "{out:#?}");
    assert!(out.stderr.contains("--textfile /nonexistent/x.prom: not written: No such file or directory"), "{out:#?}");
    assert!(out.stdout.starts_with("OK - 127.0.0.1: "), "the verdict itself was told: {out:#?}");
}

#[test]
fn readers_who_leave_or_are_full_do_not_change_the_verdict_unheard() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let out = rcheck(&host, "127.0.0.1").stdout_to(full).output();
    assert_eq!(out.code(), Some(3), "nobody got it: {out:#?}");
    assert!(out.stderr.contains("No space left on device"), "{out:#?}");
    let (reader, writer) = nix::unistd::pipe().unwrap();
    drop(reader);
    let out = rcheck(&host, "127.0.0.1").stdout_to(writer).output();
    assert_eq!((out.code(), out.stderr.as_str()), (Some(0), ""), "{out:#?}");
}

#[test]
fn long_text_stands_below_the_line() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let plugin = told(&rcheck(&host, "-v 127.0.0.1 --expect loss<1%").output());
    assert!(plugin.long[0].starts_with("127.0.0.1 (127.0.0.1) icmp: OK; sent 5, received 5,"), "{plugin:#?}");
    assert_eq!(plugin.long[1], "  OK loss 0% (loss<1%)");
}

#[test]
fn usage_errors_are_unknown_to_people_and_to_programs() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    for words in ["", "-w 3 127.0.0.1", "-c rtt.p95 127.0.0.1", "--nosuch 127.0.0.1", "--as check_http 127.0.0.1"] {
        let out = rcheck(&host, words).output();
        assert_eq!(out.code(), Some(3), "{words}: {out:#?}");
        assert!(out.stdout.starts_with("UNKNOWN - "), "{words}: {out:#?}");
        assert!(out.stderr.starts_with("rcheck: ") && out.stderr.lines().count() == 1, "{words}: {out:#?}");
    }
    // What reads events is given nothing that is none.
    let out = rcheck(&host, "--json -w 3 127.0.0.1").output();
    assert_eq!((out.code(), out.stdout.as_str()), (Some(3), ""), "{out:#?}");
    assert!(out.stderr.starts_with("rcheck: ") && out.stderr.lines().count() == 1, "{out:#?}");
    for (name, words, said) in [
        ("check_icmp", "", "check_icmp: No hosts to check\n"),
        ("check_icmp", "-n 0 127.0.0.1", "check_icmp: -n 0: out of range"),
        ("check_ping", "127.0.0.1", "check_ping: <wpl> was not set"),
    ] {
        let out = rcheck(&host, words).called(name).output();
        assert_eq!((out.code(), out.stderr.as_str()), (Some(3), ""), "{words}: {out:#?}");
        assert!(out.stdout.starts_with(said), "{out:#?}");
    }
    for (name, code) in [("rcheck", 0), ("check_icmp", 3), ("check_ping", 3)] {
        for option in ["--help", "--version"] {
            let out = rcheck(&host, option).called(name).output();
            assert_eq!((out.code(), out.stderr.as_str()), (Some(code), ""), "{name} {option}");
            assert!(!out.stdout.is_empty());
        }
    }
}

/// Every example of the manual page is run, its hosts being this one.
#[test]
fn the_examples_of_the_manual_page_work() {
    let Some(lab) = lab::start!(Need::Tool("sh")) else { return };
    let (host, dir) = (lab.host("a"), Dir::new(&lab));
    // Cron: the line behind the five fields of its time, as sh runs it.
    let cron = block("rcheck.8", "example: cron");
    let line = cron.lines().find(|line| line.starts_with("*/5 ")).unwrap();
    let command = line.splitn(6, ' ').nth(5).unwrap().replace("\\%", "%");
    let bin = dir.path("");
    let script = |command: &str| {
        let text = format!("PATH=$BIN:$PATH; logger() {{ cat >&2; }}\n{command}");
        host.command("sh").args(["-c", &text]).env("BIN", bin.to_str().unwrap()).output()
    };
    std::os::unix::fs::symlink(RCHECK, dir.path("rcheck")).unwrap();
    let quiet = script(&command.replace("core.example", "127.0.0.1"));
    assert_eq!((quiet.code(), quiet.stdout.as_str(), quiet.stderr.as_str()), (Some(0), "", ""), "{quiet:#?}");
    let loud = script(&command.replace("core.example", "192.0.2.1"));
    assert!(loud.stdout.contains("UNKNOWN - ") || loud.stderr.contains("UNKNOWN - "), "{loud:#?}");
    // Nagios and Icinga 2: their macros filled in, the command runs and is OK.
    for (begin, from, fill) in [
        (
            "example: nagios",
            "command_line",
            vec![("$USER1$/", ""), ("$HOSTADDRESS$", "127.0.0.1"), ("$ARG1$", "200ms,40%"), ("$ARG2$", "500ms,80%")],
        ),
        ("example: icinga", "command = [", vec![]),
    ] {
        let text = block("rcheck.8", begin);
        let line = text.lines().find(|line| line.contains(from)).unwrap_or_else(|| panic!("no {from} in {text}"));
        let command = match from {
            "command_line" => line.trim_start().strip_prefix("command_line").unwrap().trim().to_owned(),
            _ => {
                // Arguments of Icinga's command: each quoted name with its value.
                let mut words = vec!["rcheck".to_owned()];
                for line in text.lines().filter(|line| line.trim_start().starts_with("\"-")) {
                    let mut quoted = line.split('"').skip(1).step_by(2);
                    words.push(quoted.next().unwrap().to_owned());
                    let value = quoted.next().unwrap();
                    words.push(match value {
                        "$address$" => "127.0.0.1".to_owned(),
                        "$rcheck_warning$" => "200ms,40%".to_owned(),
                        "$rcheck_critical$" => "500ms,80%".to_owned(),
                        "$rcheck_expect$" => "'rtt.p95 < 50ms'".to_owned(),
                        other => panic!("{other}: fill it in here"),
                    });
                }
                words.join(" ")
            }
        };
        let command = fill.iter().fold(command, |text, (macro_, value)| text.replace(macro_, value));
        let out = script(&command);
        assert_eq!(out.code(), Some(0), "{command}: {out:#?}");
        assert!(out.stdout.starts_with("OK - "), "{out:#?}");
    }
}

#[test]
fn an_ordinary_users_file_is_an_ordinary_users() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let (host, dir) = (lab.host("a"), Dir::new(&lab));
    // A directory of root's, which nobody may not write to.
    let path = dir.path("x.prom");
    let out = rcheck(&host, &format!("--textfile {} 127.0.0.1", path.display())).user(User::Nobody).output();
    assert_eq!(out.code(), Some(3), "{out:#?}");
    assert!(out.stderr.contains("not written: Permission denied") && !path.exists(), "{out:#?}");
}
