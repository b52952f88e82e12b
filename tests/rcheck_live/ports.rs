//! TCP handshakes and UDP on real kernels: open, closed, filtered and lossy ports, half open with privilege and by
//! connections without.

use std::io::Read as _;
use std::net::{TcpListener, UdpSocket};
use std::thread;
use std::time::Duration;

use crate::bed::{event, events, rcheck, verdict};
use crate::lab::{self, Host, Need, User};

/// Accepts and closes on a port of all addresses of both families, until the test ends.
fn listen(host: &Host, port: u16) {
    let listener = host.enter(|| TcpListener::bind(("::", port))).unwrap();
    thread::spawn(move || {
        for connection in listener.incoming() {
            drop(connection);
        }
    });
}

/// Answers each datagram with other words.
fn echo(host: &Host, port: u16) {
    let socket = host.enter(|| UdpSocket::bind(("::", port))).unwrap();
    thread::spawn(move || {
        let mut buf = [0; 100];
        while let Ok((_, from)) = socket.recv_from(&mut buf) {
            let _ = socket.send_to(b"something else", from);
        }
    });
}

const BOTH: [&str; 2] = ["10.1.0.2", "fd00:1::2"];

fn ports_of_every_kind(user: User) {
    let Some(lab) = lab::start!(Need::Tool("nft"), Need::OtherUser) else { return };
    let pair = lab.pair();
    listen(&pair.b, 8080);
    echo(&pair.b, 5353);
    pair.b.nft(
        "table inet t { chain i { type filter hook input priority 0
         tcp dport 8082 drop
         udp dport 8082 drop
         tcp dport 8083 reject with icmpx type admin-prohibited
         }
         }",
    );
    let run = |words: &str| {
        let out = rcheck(&pair.a, &format!("--json {words}")).user(user).output();
        let mut all = events(&out);
        assert_eq!(all.len(), 1, "{out:#?}");
        all.remove(0)
    };
    for to in BOTH {
        // Without privilege the times are those of this process, which a busy machine holds up.
        let patient = "-w 3s,40% -c 4s,80%";
        let open = run(&format!("--tcp 8080 {patient} {to}"));
        assert_eq!(
            (&open["state"], &open["received"], &open["method"]),
            (&"ok".into(), &5.into(), &"tcp".into()),
            "{open}"
        );
        let clock = if user == User::Root { "kernel" } else { "user" };
        assert_eq!(open["clocks"][clock], 5, "{open}");
        let closed = run(&format!("--tcp 8081 {to}"));
        assert_eq!((&closed["state"], &closed["errors"]), (&"critical".into(), &5.into()), "{closed}");
        assert_eq!(
            (&closed["error"]["text"], &closed["error"]["type"]),
            (&"Connection refused".into(), &serde_json::Value::Null)
        );
        let filtered = run(&format!("--tcp 8082 -c 50ms,80% {to}"));
        assert_eq!((&filtered["state"], &filtered["lost"]), (&"critical".into(), &5.into()), "{filtered}");
        let rejected = run(&format!("--tcp 8083 -c 2s,80% {to}"));
        assert_eq!((&rejected["state"], &rejected["errors"]), (&"critical".into(), &5.into()), "{rejected}");
        assert_eq!(rejected["error"]["from"], to, "{rejected}");
        let answered = run(&format!("--udp 5353 {patient} {to}"));
        assert_eq!((&answered["state"], &answered["received"]), (&"ok".into(), &5.into()), "{answered}");
        let unreachable = run(&format!("--udp 9 {patient} {to}"));
        assert_eq!((&unreachable["state"], &unreachable["received"]), (&"ok".into(), &5.into()), "{unreachable}");
        let silent = run(&format!("--udp 8082 -c 50ms,80% {to}"));
        assert_eq!((&silent["state"], &silent["lost"]), (&"critical".into(), &5.into()), "{silent}");
    }
}

#[test]
fn ports_of_every_kind_as_root() {
    ports_of_every_kind(User::Root);
}

#[test]
fn ports_of_every_kind_as_nobody() {
    ports_of_every_kind(User::Nobody);
}

#[test]
fn half_of_the_handshakes_are_lost() {
    let Some(lab) = lab::start!(Need::Tool("nft")) else { return };
    let pair = lab.pair();
    listen(&pair.b, 8080);
    pair.b.nft(
        "table inet t { chain i { type filter hook input priority 0
         tcp dport 8080 tcp flags & (syn|ack) == syn numgen inc mod 2 lt 1 drop
         udp dport 9 numgen inc mod 2 lt 1 drop
         }
         }",
    );
    for port in ["--tcp 8080", "--udp 9"] {
        let seen = event(&pair.a, &format!("{port} -n 6 -c 1s,40% 10.1.0.2"));
        assert_eq!(
            (&seen["lost"], &seen["received"], &seen["state"]),
            (&3.into(), &3.into(), &"critical".into()),
            "{seen}"
        );
    }
}

/// With raw sockets nothing is ever accepted: the handshake stays half open, and the SYN-ACK is answered by a reset.
#[test]
fn a_half_open_handshake_is_no_connection() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let listener = pair.b.enter(|| TcpListener::bind("10.1.0.2:8080")).unwrap();
    listener.set_nonblocking(true).unwrap();
    assert_eq!(event(&pair.a, "--tcp 8080 10.1.0.2")["received"], 5);
    thread::sleep(Duration::from_millis(50));
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    // By connections, each is accepted and closed at once.
    assert_eq!(event(&pair.a, "--socket dgram --tcp 8080 10.1.0.2")["received"], 5);
    for _ in 0..5 {
        // The far end's kernel may be a moment behind ours.
        let mut accepted = None;
        lab::eventually(Duration::from_secs(20), || {
            accepted = listener.accept().ok();
            accepted.is_some()
        });
        let mut connection = accepted.expect("a connection").0;
        connection.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        connection.set_nonblocking(false).unwrap();
        assert_eq!(connection.read(&mut [0; 1]).unwrap(), 0, "closed, and nothing said");
    }
}

#[test]
fn a_file_may_mix_methods() {
    let Some(lab) = lab::start!() else { return };
    let (host, dir) = (lab.host("a"), lab::Dir::new(&lab));
    listen(&host, 8080);
    let file = dir.file(
        "t.toml",
        "[[target]]\nhost = '127.0.0.1'\n[[target]]\nhost = '127.0.0.1'\nname = 'web'\ntcp = 8080\n\
         [[target]]\nhost = '::1'\nudp = 9\n",
    );
    let plugin = verdict(&host, &format!("-f {}", file.display()), 0);
    assert_eq!(plugin.text.matches(" :: ").count(), 2, "{}", plugin.text);
    assert!(plugin.labels.contains(&"webrta".to_owned()), "{:?}", plugin.labels);
}
