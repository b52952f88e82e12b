//! All methods over both families, privileged or not, over a chain of real routers: the whole way, and what each kind of
//! socket can and cannot see.

use crate::bed::{Heard, WAYS, far, number, rtrace, text};
use crate::lab::{self, Dir, Lab, Need, User};

/// Routers of the long chain.
const ROUTERS: usize = 12;

#[test]
fn every_method_finds_all_of_twelve_routers() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(ROUTERS);
    for (way, heard) in far(&WAYS, &chain.a, &chain.far(), "") {
        heard.reached_at(ROUTERS as u64 + 1);
        assert_eq!(heard.path(), chain.way(way.v4), "{way:?}");
        let start = heard.events("start")[0];
        assert_eq!((start["socket"].as_str(), start["numbering"].as_str()), (Some(way.socket()), Some("paris")));
        assert_eq!(start["fallback"].is_null(), way.raw, "{start}");
        for hop in 1..=ROUTERS as u64 {
            let answers = heard.answers(hop);
            assert_eq!(answers.len(), 3, "{way:?} {heard:#?}");
            for answer in answers {
                // What an ordinary socket cannot see is null, never invented.
                for field in ["quoted_ttl", "quoted_tos", "quoted_bytes"] {
                    assert_eq!(answer[field].is_null(), !way.raw, "{way:?} {field} {answer}");
                }
                if way.raw {
                    assert_eq!((number(answer, "quoted_ttl"), number(answer, "quoted_tos")), (1, 0));
                }
                assert_eq!(answer["kind"], "time_exceeded");
                assert_eq!(number(answer, "return_length"), hop, "{way:?} {answer}");
                assert!(number(answer, "rtt_ns") > 0);
                assert_eq!(answer["clock"], "kernel", "{way:?} {answer}");
            }
        }
        let kind = match way.method {
            "-I" => "echo",
            "-U" => "port_unreachable",
            _ => "rst",
        };
        assert!(heard.answers(ROUTERS as u64 + 1).iter().all(|answer| answer["kind"] == kind), "{heard:#?}");
        let end = heard.summary();
        assert_eq!((number(end, "foreign"), number(end, "duplicates"), number(end, "lost")), (0, 0, 0), "{end}");
    }
}

/// A copy that nobody may run, too: the build directory may be closed to others.
fn copy(lab: &Lab) -> (Dir, std::path::PathBuf) {
    let dir = Dir::new(lab);
    let program = dir.copy(crate::bed::RTRACE, "rtrace", 0o755);
    (dir, program)
}

#[test]
fn nobody_traces_by_ordinary_sockets_and_is_told_what_they_cannot() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let chain = lab.chain(3);
    let (_dir, program) = copy(&lab);
    chain.a.sysctl("net.ipv4.ping_group_range", "0 65534");
    let run = |words: &str| chain.a.command(&program).words(words).user(User::Nobody).output();
    for (v4, target) in [(true, chain.far_v4()), (false, chain.far_v6())] {
        for method in ["-I", "-U"] {
            let heard = Heard::new(run(&format!("--json {method} {target}")));
            heard.reached_at(4);
            assert_eq!(heard.path(), chain.way(v4));
            assert!(heard.events("start")[0]["fallback"].as_str().is_some_and(|said| !said.is_empty()), "{heard:#?}");
        }
        let said = run(&format!("-n -U {target}"));
        assert!(said.stdout.starts_with("rtrace to ") && said.stdout.contains(&target), "{said:#?}");
        let refused = run(&format!("-T {target}"));
        assert_eq!((refused.code(), refused.stderr.lines().count()), (Some(2), 1), "{refused:#?}");
        assert!(refused.stderr.contains("CAP_NET_RAW"), "{refused:#?}");
    }
}

#[test]
fn open_ports_answer_as_what_they_are() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, lab::Scenario::load("trace_plain"));
    let (said, code) = text(&host, "-T -p 80 10.9.0.1");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.ends_with("reached 10.9.0.1 at hop 13: port 80 is open\n"), "{said}");
    let (said, _) = text(&host, "-T -p 81 10.8.0.2");
    assert!(said.ends_with("reached 10.8.0.2 at hop 4: port 81 is closed\n"), "{said}");
    let (said, _) = text(&host, "-U -p 53 fd00:9::1");
    assert!(said.ends_with("reached fd00:9::1 at hop 13: port 53 answers with data\n"), "{said}");
    // Beside us there is no router.
    let (said, _) = text(&host, "10.7.0.1");
    assert_eq!(said.lines().count(), 3, "{said}");
    assert!(said.ends_with("reached 10.7.0.1 at hop 1\n"), "{said}");
}

#[test]
fn a_syn_is_never_a_connection() {
    let Some(lab) = lab::start!() else { return };
    let chain = lab.chain(2);
    let listener = chain.b.enter(|| std::net::TcpListener::bind("0.0.0.0:8080").unwrap());
    listener.set_nonblocking(true).unwrap();
    let out = rtrace(&chain.a, "-n -T -p 8080").arg(chain.far_v4()).output().ok();
    assert!(out.stdout.ends_with(": port 8080 is open\n"), "{out:#?}");
    assert_eq!(listener.accept().map(|_| ()).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}
