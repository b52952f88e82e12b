//! Foreign text: names, interfaces and payloads with escape sequences, line breaks, marks that turn or hide text, bytes that
//! are no UTF-8, and formulas. Harmless in text, the same again in JSON, no formula in CSV, one label in metrics.

use std::fs;

use serde_json::Value;

use crate::bed::{RCHECK, RLINK, RPING, RSWEEP, RTRACE, events};
use crate::lab::{self, Dir, Etc, Host, Output, Scenario};

/// Names as `/etc/hosts` and a careless resolver let them through: no blanks, for those end a name.
const NAMES: [&str; 9] = [
    "a\u{1b}[2J\u{1b}]0;owned\u{7}b",
    "moc.live\u{202e}moc.knab",
    "a\u{2066}b\u{2069}c\u{200e}d\u{200f}",
    "zero\u{200b}width\u{feff}",
    "c1\u{9b}31m\u{85}x",
    "=cmd|'C_calc'!A0",
    "+1-1@SUM(1)",
    "quote\"back\\slash|pipe;semi",
    "bücher.例え",
];

/// Whether a terminal shows this as it is written: no control characters but line breaks and tabs, no marks.
fn is_plain(text: &str) -> bool {
    text.chars().all(|c| {
        let mark =
            matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
        matches!(c, '\n' | '\t') || !(c.is_control() || mark)
    })
}

#[track_caller]
fn plain(out: Output, what: &str) -> Output {
    assert!(!out.killed && out.signal().is_none() && !out.stderr.contains("panicked"), "{what}: {out:#?}");
    assert!(is_plain(&out.stdout) && is_plain(&out.stderr), "{what}: {out:?}");
    out
}

/// A network of one router and one host whose addresses all have these names.
fn named(lab: &lab::Lab) -> (Host, lab::Responder, Etc) {
    let hosts: String = (1..)
        .zip(NAMES)
        .map(|(n, name)| {
            let name = name.replace(' ', "_");
            format!("10.9.0.{n} {name}\nfd00:9::{n} {name}\n10.255.{n}.1 {name}\n")
        })
        .collect();
    let host = lab.host("a");
    let hops: String =
        (1..=NAMES.len()).map(|n| format!("[[hop]]\naddress = ['10.255.{n}.1', 'fd00:ff:{n}::1']\n")).collect();
    let text = format!("title = 'names'\n{hops}[[host]]\nprefix = ['10.9.0.0/16', 'fd00:9::/32']");
    let net = lab.simulate(&host, Scenario::parse(&text));
    (host, net, Etc::new(lab, &hosts))
}

#[test]
fn names_of_hosts_and_routers_paint_nothing() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net, etc) = named(&lab);
    let run = |program: &str, words: &str| plain(etc.run(&host, program).words(words).output(), words);
    for n in 1..=NAMES.len() {
        for target in [format!("10.9.0.{n}"), format!("fd00:9::{n}")] {
            let shown = run(RPING, &format!("-H -c 1 {target}")).stdout;
            assert_eq!(shown.lines().filter(|line| line.contains("bytes from ")).count(), 1, "{shown}");
            let told = events(&run(RPING, &format!("--json -H -c 1 {target}")));
            let reply = told.iter().find(|event| event["event"] == "reply").unwrap();
            assert_eq!(reply["name"], NAMES[n - 1].replace(' ', "_"), "JSON keeps what it escapes");
        }
    }
    let all = (1..=NAMES.len()).map(|n| format!("10.9.0.{n}")).collect::<Vec<_>>().join(" ");
    for words in ["-H -c 1", "-H -q -c 1", "-H -t 3 -c 1", "-H --csv -c 1", "-H --json -c 1"] {
        run(RPING, &format!("{words} {all}"));
    }
    for words in ["-d -c 1", "-d -a", "-d --csv -c 1", "-d --json -c 1", "-d -J -c 1", "-d -C 1 -q", "-A -d -a"] {
        run(RSWEEP, &format!("{words} {all}"));
    }
    for words in ["", "--json --names", "--atlas", "--aligned"] {
        run(RTRACE, &format!("-I -q 1 {words} 10.9.0.1"));
    }
    run(RCHECK, &format!("-p 1 {all}"));
}

/// No cell of CSV begins as a formula does.
#[test]
fn no_cell_is_a_formula() {
    let Some(lab) = lab::start!() else { return };
    let (host, _net, etc) = named(&lab);
    let all = (1..=NAMES.len()).map(|n| format!("10.9.0.{n}")).collect::<Vec<_>>().join(" ");
    let list: String = NAMES[5..7].iter().map(|name| format!("{}\n", name.replace(' ', "_"))).collect();
    let words = [
        (RPING, format!("--csv -H -c 1 {all}")),
        (RSWEEP, format!("--csv -d -c 1 {all}")),
        (RSWEEP, "--csv -c 1 -f -".into()),
    ];
    for (program, words) in words {
        let out = plain(etc.run(&host, program).words(&words).stdin(list.as_str()).output(), &words);
        let mut rows = csv::Reader::from_reader(out.stdout.as_bytes());
        let mut cells = 0;
        for row in rows.records() {
            for cell in &row.unwrap() {
                let number = cell.parse::<f64>().is_ok();
                assert!(number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{program} {cell:?}");
                cells += 1;
            }
        }
        assert!(cells > 10, "{program} {words}: {out:?}");
    }
}

/// What a file calls its targets goes into a status line, performance data, JSON and metrics.
#[test]
fn names_of_checks_break_no_line_and_no_label() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let dir = Dir::new(&lab);
    let escaped = |name: &str| name.chars().map(|c| format!("\\U{:08X}", c as u32)).collect::<String>();
    let mut text = String::new();
    let all: Vec<&str> = NAMES.iter().copied().chain(["line\nbreak | 'x'=1;2", "tab\there\r"]).collect();
    for name in &all {
        text += &format!("[[target]]\nhost = \"127.0.0.1\"\nname = \"{}\"\n", escaped(name));
    }
    let file = dir.file("targets.toml", &text);
    let prom = dir.path("rcheck.prom");
    let words = format!("-p 1 -f {} --textfile {}", file.display(), prom.display());
    let out = plain(host.command(RCHECK).words(&words).output(), "text").ok();
    // A status line, and below it a line for each; behind the one bar of each nothing but labels and numbers.
    for line in out.stdout.lines() {
        assert!(line.matches('|').count() <= 1, "{line}");
    }
    assert!(out.stdout.starts_with("OK"), "{}", out.stdout);
    let json = plain(host.command(RCHECK).words(&format!("--json -p 1 -f {}", file.display())).output(), "json");
    let told: Vec<Value> = events(&json);
    let names: Vec<&str> = told.iter().map(|event| event["name"].as_str().unwrap()).collect();
    assert_eq!(names, all, "JSON keeps what it escapes");
    for line in fs::read_to_string(prom).unwrap().lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        assert!(value == "NaN" || value.parse::<f64>().is_ok(), "{line}");
        if let Some(labels) = series.split_once('{').map(|(_, rest)| rest.strip_suffix('}').unwrap()) {
            assert_eq!(labels_of(labels), 5, "{line}");
        }
    }
    // A host that is no host is refused in one line.
    let bad = dir.file("bad.toml", "[[target]]\nhost = \"x\\u001b[2J\\ny\\u202e\"\nwarning = \"z\"\n\"k\\n\" = 1\n");
    let out = plain(host.command(RCHECK).words(&format!("-f {}", bad.display())).output(), "bad");
    assert_eq!((out.code(), out.stderr.lines().count()), (Some(3), 1), "{out:#?}");
}

/// How many labels stand there, by the rules of the text format: `name="value"`, backslashes before quotes.
fn labels_of(mut text: &str) -> usize {
    let mut labels = 0;
    while let Some((_, rest)) = text.split_once("=\"") {
        let mut end = None;
        let mut escaped = false;
        for (at, c) in rest.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => {
                    end = Some(at);
                    break;
                }
                _ => {}
            }
        }
        text = &rest[end.expect("a value ends")..];
        labels += 1;
    }
    labels
}

/// Interfaces of this host, and those that routers name (RFC 5837).
#[test]
fn names_of_interfaces_paint_nothing() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    // The kernel allows all but blanks, slashes and colons, 15 bytes of it.
    let odd = "e\u{1b}[31m\u{202e}=\u{9b}";
    pair.a.down("eth0");
    let renamed = pair.a.command("ip").args(["link", "set", "eth0", "name", odd]).output();
    assert!(renamed.status.success(), "{renamed:#?}");
    pair.a.command("ip").args(["link", "set", odd, "up"]).output().ok();
    pair.a.command("ip").args(["addr", "replace", "10.1.0.1/24", "dev", odd]).output().ok();
    let run = |program: &str, words: &str| {
        let args = words.split(' ').map(|word| if word == "IF" { odd } else { word });
        plain(pair.a.command(program).args(args).output(), words)
    };
    run(RPING, "-c 1 -W 1 -I IF 10.1.0.2");
    run(RPING, "--json -c 1 -W 1 -I IF 10.1.0.2");
    run(RTRACE, "-q 1 -m 2 -i IF 10.1.0.2");
    for words in ["interfaces", "interfaces --json", "arp -I IF -c 1 -w 1 10.1.0.2", "scan -I IF 10.1.0.0/30"] {
        run(RLINK, words);
    }
    for words in ["dump -I IF -w 0.3", "dump --json -I IF -w 0.3", "ping -I IF -c 1 -W 0.2 02:00:00:00:00:77"] {
        run(RLINK, words);
    }
    let host = lab.host("b");
    let names = ["x\\u001b[2Jy", "a\\u202eb", "\\\"q\\u0085", "=1+1"];
    let hops: String = (1..)
        .zip(names)
        .map(|(n, name)| {
            format!(
                "[[hop]]\naddress = ['10.255.{n}.1', 'fd00:ff:{n}::1']\n\
                 [hop.extension]\ninterface = [{{ role = 0, index = 3, name = \"{name}\", mtu = 1500 }}]\n"
            )
        })
        .collect();
    let text = format!("title = 'interfaces'\n{hops}[[host]]\nprefix = ['10.9.0.0/16', 'fd00:9::/32']");
    let _net = lab.simulate(&host, Scenario::parse(&text));
    for words in ["-I", "-U", "-I --json", "-I --atlas", "-I -e"] {
        let out = host.command(RTRACE).words(&format!("-n -q 1 {words} 10.9.0.1")).output();
        let out = plain(out, words);
        if words == "-I --json" {
            assert!(out.stdout.contains("x[2Jy") && out.stdout.contains("\"ab\""), "{}", out.stdout);
        }
    }
}

/// What strangers put into frames and echoes is shown by nobody as it is.
#[test]
fn payloads_paint_nothing() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let payload = "1b5b324a1b5d303b6f776e656407e280aee28081a6ff9b33316dc29b0a0d3d312b31";
    for words in ["", "--json"] {
        let mut server = pair.b.command(RLINK).words(&format!("serve -I eth0 {words}")).start();
        server.wait_for(|text| text.contains("SERVE ") || text.contains("\"serving\""));
        let to = pair.b.command("ip").words("-brief link show eth0").output().ok().stdout;
        let to = to.split_whitespace().nth(2).unwrap().to_owned();
        pair.a.command(RLINK).words(&format!("send {to} -I eth0 -q --hex {payload}")).output().ok();
        server.wait_for(|text| text.lines().count() >= 2);
        server.signal(libc::SIGINT);
        plain(server.wait(), words);
    }
    // The third answer's payload is another: what is told of it is a place and a byte.
    let host = lab.host("b");
    let text = format!(
        "title = 'payload'\n[[host]]\nprefix = ['10.9.0.0/16', 'fd00:9::/32']\n\
         [[rule]]\nwrite = {{ at = 16, hex = '{}' }}",
        &payload[..60]
    );
    let _net = lab.simulate(&host, Scenario::parse(&text));
    for words in ["-c 1 10.9.0.1", "-c 1 fd00:9::1", "--json -c 1 10.9.0.1", "--csv -c 1 10.9.0.1"] {
        plain(host.command(RPING).words(words).output(), words);
    }
}
