//! The server: what it shows, what it never answers, its totals.

use crate::bed::{events, mac, of, rlink, serve, stop};
use crate::lab;

/// The bytes of an echo message: kind, then `Hi`.
fn echo(kind: u8) -> String {
    format!("72504c01{kind:02x}000002deadbeef000100004869")
}

#[test]
fn plain_frames_are_shown_and_never_answered() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let mut server = serve(&pair.b, "--json");
    let capture = pair.a.capture("eth0");
    let send = |words: &str| rlink(&pair.a, &format!("send {} -I eth0 -q {words}", mac(2))).output().ok();
    send("--payload Hi");
    send("--hex 00ff");
    send(&format!("--hex {}", echo(2)));
    send(&format!("--hex {}", echo(3)));
    // Another type is not heard at all.
    send("--ethertype 0x88b6");
    send(&format!("--hex {}", echo(1)));
    server.wait_for(|text| text.matches("\"frame\"").count() >= 5);
    let answered = |f: &&lab::Frame| f.bytes[12..14] == [0x88, 0xb5] && f.direction == lab::Direction::In;
    let all = stop(server);
    let frames = capture.stop();
    let answers: Vec<_> = frames.iter().filter(answered).collect();
    assert_eq!(answers.len(), 1, "only the request is answered");
    assert_eq!(answers[0].bytes[14..], [&b"rPL\x01\x02\x00\x00\x02\xde\xad\xbe\xef\x00\x01\x00\x00Hi"[..]].concat());
    let shown = of(&all, "frame");
    let payloads: Vec<&str> = shown.iter().map(|f| f["payload"].as_str().unwrap()).collect();
    assert_eq!(payloads, ["4869", "00ff", &echo(2), &echo(3), &echo(1)]);
    assert_eq!(shown.iter().filter(|f| f["answered"] == true).count(), 1);
    assert!(shown.iter().all(|f| f["clock"] == "kernel"));
    let totals = of(&all, "served")[0];
    for (key, n) in [("heard", 5), ("answered", 1), ("plain", 3), ("replies", 1), ("unanswered", 0), ("dropped", 0)] {
        assert_eq!(totals[key], n, "{key}: {totals}");
    }
}

#[test]
fn forged_sources_are_not_answered() {
    let Some(lab) = lab::start!(lab::Need::Tool("python3")) else { return };
    let bridge = lab.bridge(2);
    let server = serve(&bridge.hosts[1], "--json");
    let capture = bridge.hosts[1].capture("eth0");
    // From a group, from nobody, from the server itself; and at last one that is honest.
    let script = "import socket,sys\n\
        s=socket.socket(socket.AF_PACKET,socket.SOCK_RAW)\n\
        s.bind(('eth0',0))\n\
        m=bytes.fromhex(sys.argv[1])\n\
        for src in ['ffffffffffff','333300000001','000000000000','020000000002','020000000001']:\n\
        \x20   s.send(bytes.fromhex('020000000002'+src+'88b5')+m)\n";
    // A bridge forwards none of the strange sources: straight to the server's port.
    bridge.switch.ip("link set port1 nomaster\nlink set port2 nomaster");
    bridge.switch.command("python3").args(["-c", &script.replace("eth0", "port2"), &echo(1)]).output().ok();
    let mut server = server;
    server.wait_for(|text| text.lines().count() >= 6);
    let all = stop(server);
    let out: Vec<_> = capture
        .stop()
        .into_iter()
        .filter(|f| f.direction == lab::Direction::Out && f.bytes[12..14] == [0x88, 0xb5])
        .collect();
    assert_eq!(out.len(), 1);
    assert_eq!(out[0].bytes[..6], [2, 0, 0, 0, 0, 1]);
    let totals = of(&all, "served")[0];
    assert_eq!((&totals["answered"], &totals["unanswered"]), (&1.into(), &4.into()));
}

#[test]
fn two_servers_are_silent_and_answering_can_be_switched_off() {
    let Some(lab) = lab::start!() else { return };
    let bridge = lab.bridge(3);
    let servers = [serve(&bridge.hosts[1], "--json"), serve(&bridge.hosts[2], "--json --no-echo")];
    let ping = rlink(&bridge.hosts[0], "ping ff:ff:ff:ff:ff:ff -I eth0 -c 3 -i 0.05 --json").output().ok();
    let all = events(&ping);
    assert_eq!((of(&all, "reply").len(), of(&all, "duplicate").len()), (3, 0));
    // A reply to everybody, as a broken server might send it.
    rlink(&bridge.hosts[0], &format!("send ff:ff:ff:ff:ff:ff -I eth0 -q --hex {}", echo(2))).output().ok();
    let ends = servers.map(|mut server| {
        server.wait_for(|text| text.lines().count() >= 5);
        stop(server)
    });
    assert_eq!(of(&ends[0], "served")[0]["answered"], 3);
    assert_eq!(
        (&of(&ends[1], "served")[0]["answered"], &of(&ends[1], "served")[0]["unanswered"]),
        (&0.into(), &3.into())
    );
    assert!(ends.iter().all(|end| of(end, "served")[0]["replies"] == 1));
}

#[test]
fn it_ends_by_a_signal_or_its_time_and_tells_of_both() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let mut server = serve(&pair.b, "");
    rlink(&pair.a, &format!("send {} -I eth0 -q", mac(2))).output().ok();
    server.wait_for(|text| text.contains("2 bytes: Hi | 4869"));
    server.signal(libc::SIGQUIT);
    assert!(lab::eventually(std::time::Duration::from_secs(20), || server
        .stderr_so_far()
        .contains("1 frames heard, 0 echo")));
    server.signal(libc::SIGTERM);
    let out = server.wait().ok().stdout;
    assert!(out.starts_with(&format!("SERVE {} on eth0, frames of type 0x88b5\n", mac(2))), "{out}");
    assert!(out.contains("\n1 frame heard, 0 echo requests answered, 1 of other programs\n"), "{out}");
    assert!(out.ends_with("\n0 dropped by the kernel for want of room\n"), "{out}");
    rlink(&pair.b, "serve -I eth0 -w 0.1 -q").output().ok();
}

#[test]
fn what_the_kernel_drops_is_counted() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let server = serve(&pair.b, "-q --json");
    // A server that stands still.
    server.signal(libc::SIGSTOP);
    let sent = rlink(&pair.a, &format!("send {} -I eth0 -q -i 0 -c 60000 --json", mac(2))).output().ok();
    server.signal(libc::SIGCONT);
    let all = stop(server);
    let (totals, sent) = (of(&all, "served")[0], &of(&events(&sent), "sent")[0]["sent"].clone());
    let number = |key: &str| totals[key].as_u64().unwrap();
    assert!(number("dropped") > 0, "{totals}");
    // What a busy veth itself did not pass on is counted by it.
    let stats = pair.a.command("ip").words("-j -s link show eth0").output().ok().stdout;
    let stats: serde_json::Value = serde_json::from_str(&stats).unwrap();
    let lost = stats[0]["stats64"]["tx"]["dropped"].as_u64().unwrap();
    assert_eq!(number("heard") + number("dropped") + lost, sent.as_u64().unwrap());
}
