//! Tables of what command lines mean: fping's rules, what overrides what, and each refusal.

use std::ffi::OsStr;
use std::time::Duration;

use super::*;
use crate::report::sweep::Shown;
use crate::sweep::Mode;

fn called(name: &str, line: &str) -> Result<Plan, String> {
    let args = crate::cli::options::read::<Args, _, _>(std::iter::once(name).chain(line.split_whitespace()))
        .map_err(|error| error.to_string())?;
    let invocation = Invocation::of(Some(OsStr::new(name)), "rsweep", &["fping"]);
    Plan::of(&args, &invocation).map_err(|refusal| refusal.to_string())
}

fn plan(line: &str) -> Plan {
    called("rsweep", line).unwrap()
}

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

#[test]
fn the_defaults_are_fpings() {
    let config = plan("h").config;
    assert_eq!(config.mode, Mode::Alive { attempts: 4, backoff: 1.5 });
    assert_eq!((config.spacing, config.timeout, config.size), (Spacing::Fixed(ms(10)), ms(500), 56));
    let counting = plan("-c 3 h").config;
    assert_eq!((counting.mode, counting.period, counting.timeout), (Mode::Count(3), ms(1000), ms(1000)));
}

#[test]
fn the_time_out_follows_the_period_to_two_seconds() {
    for (line, expect) in [
        ("-c 1 -p 200 h", 200),
        ("-l -p 5000 h", 2000),
        ("-C 1 -p 200 -t 700 h", 700),
        ("-p 200 h", 500),
        ("-t 20ms h", 20),
        ("-t 1.5s h", 1500),
    ] {
        assert_eq!(plan(line).config.timeout, ms(expect), "{line}");
    }
}

#[test]
fn what_is_shown_follows_fpings_rules() {
    let shown = |name: &str, line: &str| called(name, line).unwrap().style.shown;
    let none = Shown::default();
    for (line, expect) in [
        ("h", Shown { verdicts: true, ..none }),
        ("-q h", Shown { quiet: true, ..none }),
        ("-a h", Shown { alive: true, ..none }),
        ("-u h", Shown { unreachable: true, ..none }),
        ("-a -q h", Shown { alive: true, quiet: true, ..none }),
        ("-x 1 h", none),
        ("-X 1 h", none),
        ("-c 1 h", Shown { replies: true, ..none }),
        ("-C 1 h", Shown { replies: true, ..none }),
        ("-c 1 -a h", Shown { replies: true, ..none }),
        ("-c 1 -q h", Shown { quiet: true, ..none }),
        ("-c 1 -Q 1 h", Shown { quiet: true, ..none }),
        ("-l h", Shown { replies: true, ..none }),
        ("-l -Q 1 h", Shown { quiet: true, ..none }),
    ] {
        for name in ["rsweep", "fping"] {
            assert_eq!(shown(name, line), expect, "{name} {line}");
        }
    }
    assert!(shown("fping", "-l -q h").replies && !shown("rsweep", "-l -q h").replies, "fping's -q quiets no loop");
}

#[test]
fn names_decide_what_is_ours() {
    let fping = called("fping", "h").unwrap();
    assert!(fping.style.fping && !fping.input.blocks && fping.input.reserved && !fping.config.late_counts);
    assert_eq!(fping.watch, Watch::Never);
    let ours = plan("h");
    assert!(!ours.style.fping && ours.input.blocks && !ours.input.reserved && ours.config.late_counts);
    assert_eq!(called("fping6", "h").unwrap().family, Some(Family::V6));
    assert_eq!(plan("--json h").format, Format::Json);
    assert_eq!(called("fping", "-J -c 1 h").unwrap().format, Format::FpingJson);
}

#[test]
fn rates_hold_for_every_attempt_and_intervals_do_not() {
    let of = |line: &str| (plan(line).config.spacing, plan(line).config.space_retries);
    assert_eq!(of("-i 5 h"), (Spacing::Fixed(ms(5)), false));
    assert_eq!(of("-i 0 h"), (Spacing::Fixed(ms(0)), false));
    assert_eq!(of("--rate 1000 h"), (Spacing::Fixed(ms(1)), true));
    assert_eq!(of("--rate auto h"), (Spacing::Auto, true));
    assert_eq!(plan("-i 0 h").sockets.stages, Stages::Driver);
    assert_eq!(plan("h").sockets.stages, Stages::Both);
}

#[test]
fn sockets_are_as_asked() {
    let sockets = plan("-H 9 -O 0x10 -I eth0 -S 192.0.2.1 -M -k 7 h").sockets;
    assert_eq!((sockets.ttl, sockets.tos, sockets.pmtu), (Some(Ttl(9)), Some(16), Some(PmtuMode::Do)));
    assert_eq!((sockets.device.as_deref(), sockets.bind, sockets.mark), (Some("eth0"), true, Some(7)));
    assert!(!plan("--oiface eth0 h").sockets.bind);
    let times = plan("--icmp-timestamp h");
    assert_eq!((times.family, times.sockets.socket), (Some(Family::V4), SocketChoice::Raw));
}

#[test]
fn targets_come_from_somewhere() {
    assert_eq!(plan("").input.file.as_deref(), Some("-"));
    assert_eq!(plan("-f list").input.file.as_deref(), Some("list"));
    assert_eq!(plan("a b").input.file, None);
    assert_eq!(plan("--shard 2/4 --seed 0").input.shard, Some((1, 4)));
    assert_eq!(plan("--exclude 192.0.2.1 --exclude 192.0.2.2 h").input.exclude.len(), 2);
}

#[test]
fn nonsense_is_refused_in_one_line_that_names_it() {
    for (line, names) in [
        ("-4 -6 h", "-4"),
        ("-a -u h", "-a"),
        ("-c 1 -l h", "-l"),
        ("-n -d h", "-n"),
        ("-I a --oiface b h", "--oiface"),
        ("--icmp-timestamp -b 9 h", "--icmp-timestamp"),
        ("--icmp-timestamp -6 h", "--icmp-timestamp"),
        ("--icmp-timestamp --socket dgram h", "--icmp-timestamp"),
        ("-f list h", "-f"),
        ("-g -f list", "-g"),
        ("-g", "-g"),
        ("-g a b c", "-g"),
        ("-i 5 --rate 5 h", "--rate"),
        ("--json --csv h", "--csv"),
        ("-c 0 h", "-c 0"),
        ("-C x h", "-C x"),
        ("-r -1 h", "-r -1"),
        ("-p 0 h", "-p 0"),
        ("-p 0.0005 h", "-p 0.0005"),
        ("-t x h", "-t x"),
        ("-B 9 h", "-B 9"),
        ("-b 65508 h", "-b 65508"),
        ("-H 256 h", "-H 256"),
        ("-O 256 h", "-O 256"),
        ("-S host h", "-S host"),
        ("-Q x h", "-Q x"),
        ("-x 0 h", "-x 0"),
        ("--timestamp-format unix h", "--timestamp-format unix"),
        ("--seqmap-timeout x h", "--seqmap-timeout x"),
        ("--shard 3/2 h", "--shard 3/2"),
        ("--limit 0 h", "--limit 0"),
        ("--seed x h", "--seed x"),
        ("--rate 0 h", "--rate 0"),
        ("--progress often h", "--progress often"),
        ("--socket tcp h", "--socket tcp"),
    ] {
        let refusal = called("rsweep", line).unwrap_err();
        assert!(refusal.contains(names) && refusal.lines().count() == 1, "{line}: {refusal}");
    }
    assert!(called("fping", "-J h").unwrap_err().contains("-J"));
    assert!(called("fping6", "-4 h").unwrap_err().contains("fping6"));
}
