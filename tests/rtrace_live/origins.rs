//! Names and origins: from a file, from a server of the namespace, and from nobody unasked; RIPE Atlas' results.

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::bed::{Heard, RTRACE, json, text};
use crate::lab::{self, Dir, Etc, Host, Scenario};

const TABLE: &str = "10.255.1.0\t10.255.1.255\t64500\tZZ\tONE-NET\n\
                     10.255.2.0\t10.255.3.255\t64501\tZZ\tTWO\u{1b}[31m-NET\n\
                     fd00:ff:1::\tfd00:ff:1:ffff:ffff:ffff:ffff:ffff\t64502\tZZ\tSIX\n";

#[test]
fn origins_from_a_file() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("trace_plain"));
    let dir = Dir::new(&lab);
    let table = dir.file("ip2asn.tsv", TABLE);
    let table = table.to_str().unwrap();
    let (said, code) = text(&host, &format!("-A --asn-db {table} 10.8.0.1"));
    assert_eq!(code, Some(0), "{said}");
    let line = |n: usize| said.lines().nth(n).unwrap();
    assert!(line(1).starts_with(" 1  10.255.1.1 [AS64500]  "), "{said}");
    assert!(line(3).starts_with(" 3  10.255.3.1 [AS64501]  ") && line(4).contains("10.8.0.1 [*]"), "{said}");
    let heard = Heard::new(json(&host, &format!("--asn-db {table} fd00:8::1")).output());
    assert_eq!(heard.answers(1)[0]["asns"], serde_json::json!([64502]), "{heard:#?}");
    assert!(heard.answers(2)[0]["asns"].as_array().is_none_or(Vec::is_empty), "{heard:#?}");
}

/// A name server of the namespace: every TXT question is answered with one origin, every other with "no such name".
struct Server {
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<Vec<String>>>,
}

impl Server {
    fn new(host: &Host) -> Server {
        let socket = host.enter(|| UdpSocket::bind("127.0.0.1:53").unwrap());
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let (mut asked, mut buf) = (Vec::new(), [0; 1500]);
            while !told.load(Ordering::Relaxed) {
                let Ok((len, from)) = socket.recv_from(&mut buf) else { continue };
                let (name, txt, reply) = answer(&buf[..len]);
                if txt {
                    asked.push(name);
                }
                let _ = socket.send_to(&reply, from);
            }
            asked
        });
        Server { stop, thread: Some(thread) }
    }

    /// The names that were asked for TXT.
    fn asked(mut self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap()
    }
}

/// The name of a question, whether it is for TXT, and an answer to it (RFC 1035 §4.1).
fn answer(query: &[u8]) -> (String, bool, Vec<u8>) {
    let (mut at, mut labels) = (12, Vec::new());
    while query[at] != 0 {
        let len = usize::from(query[at]);
        labels.push(String::from_utf8_lossy(&query[at + 1..=at + len]).into_owned());
        at += len + 1;
    }
    let question = &query[12..at + 5];
    let txt = query[at + 2] == 16;
    let mut reply = query[..2].to_vec();
    reply.extend(if txt { [0x81, 0x80] } else { [0x81, 0x83] });
    reply.extend([0, 1, 0, txt.into(), 0, 0, 0, 0]);
    reply.extend(question);
    if txt {
        let text = b"64510 64511 | 10.255.0.0/16 | ZZ | other | 2026-01-01";
        reply.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, text.len() as u8 + 1, text.len() as u8]);
        reply.extend(text);
    }
    (labels.join("."), txt, reply)
}

#[test]
fn origins_from_a_server_and_from_nobody_unasked() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("trace_plain"));
    let etc = Etc::new(&lab, "127.0.0.1 localhost\n10.255.2.1 second.example\n");
    let server = Server::new(&host);
    let out = etc.run(&host, RTRACE).words("-n --asn-dns --asn-zone origin.test.example 10.8.0.1").output().ok();
    assert!(out.stdout.lines().nth(1).unwrap().starts_with(" 1  10.255.1.1 [AS64510/AS64511]  "), "{out:#?}");
    let out = etc.run(&host, RTRACE).words("--json --asn-dns --asn-zone origin.test.example 10.8.0.2").output();
    let heard = Heard::new(out);
    let answer = heard.answers(2)[0];
    assert_eq!(
        (&answer["asns"], answer["prefix"].as_str()),
        (&serde_json::json!([64510, 64511]), Some("10.255.0.0/16"))
    );
    let asked = server.asked();
    assert!(asked.contains(&"1.1.255.10.origin.test.example".to_owned()), "{asked:?}");

    // Names come from the hosts file here; without -A nobody is asked for origins.
    let server = Server::new(&host);
    let out = etc.run(&host, RTRACE).words("10.8.0.1").output().ok();
    assert!(out.stdout.contains("\n 2  second.example (10.255.2.1)  "), "{out:#?}");
    assert!(server.asked().is_empty());
}

#[test]
fn atlas_results() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let _net = lab.simulate(&host, Scenario::load("trace_habits"));
    for (words, proto, af) in [("-I 10.9.3.1", "ICMP", 4), ("-U 10.9.3.2", "UDP", 4), ("-T fd00:9:3::3", "TCP", 6)] {
        let out = crate::bed::rtrace(&host, &format!("--atlas {words}")).output().ok();
        assert_eq!(out.stdout.lines().count(), 1, "{out:#?}");
        let result: Value = serde_json::from_str(&out.stdout).unwrap();
        assert_eq!((result["type"].as_str(), result["proto"].as_str()), (Some("traceroute"), Some(proto)), "{result}");
        assert_eq!((&result["af"], result["dst_addr"].as_str()), (&af.into(), words.split(' ').next_back()));
        let hops = result["result"].as_array().unwrap();
        assert_eq!(hops.len(), 6, "{result}");
        let first = &hops[0]["result"][0];
        assert!(first["from"].is_string() && first["rtt"].is_number() && first["ttl"].is_number(), "{result}");
        let label = &hops[2]["result"][0]["icmpext"]["obj"][0]["mpls"][0];
        assert_eq!((&label["label"], &label["exp"]), (&24001.into(), &5.into()), "{result}");
    }
    let out = crate::bed::rtrace(&host, "--atlas 10.9.1.1").output().ok();
    let result: Value = serde_json::from_str(&out.stdout).unwrap();
    assert_eq!(result["result"][2]["result"][0], serde_json::json!({"x": "*"}), "{result}");
}
