//! An interface that goes in mid-run: it is said, waited for, and used again.

use std::time::Duration;

use crate::bed::{events, mac, of, rlink, serve, stop};
use crate::lab::{self, eventually};

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn a_server_waits_for_an_interface_that_goes_down() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let server = serve(&pair.b, "--json");
    pair.b.down("eth0");
    assert!(eventually(PATIENCE, || server.stderr_so_far().contains("eth0 went down; waiting for it")));
    pair.b.up("eth0");
    assert!(eventually(PATIENCE, || server.stderr_so_far().contains("eth0 is back")));
    pair.b.ready("eth0");
    pair.a.ready("eth0");
    rlink(&pair.a, &format!("ping {} -I eth0 -c 1 -w 5", mac(2))).output().ok();
    let all = stop(server);
    let states: Vec<&str> = of(&all, "link").iter().map(|e| e["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["down", "up"]);
    assert_eq!(of(&all, "served")[0]["answered"], 1);
}

#[test]
fn a_server_finds_an_interface_that_was_taken_away_by_its_name() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let server = serve(&pair.b, "--json");
    pair.a.ip("link del eth0");
    assert!(eventually(PATIENCE, || server.stderr_so_far().contains("eth0 is gone; waiting for it")));
    lab.cable((&pair.a, "eth0"), (&pair.b, "eth0"));
    // A new one has a new address, too.
    pair.b.ip(&format!("link set eth0 address {}", mac(7)));
    pair.a.ready("eth0");
    assert!(eventually(PATIENCE, || server.stderr_so_far().contains("eth0 is back")));
    rlink(&pair.a, &format!("ping {} -I eth0 -c 1 -w 5", mac(7))).output().ok();
    let all = stop(server);
    let states: Vec<&str> = of(&all, "link").iter().map(|e| e["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["gone", "up"]);
}

#[test]
fn both_ends_follow_an_address_that_changes_while_the_interface_is_up() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let server = serve(&pair.b, "--json");
    pair.b.ip(&format!("link set eth0 address {}", mac(7)));
    let mut ping = rlink(&pair.a, &format!("ping {} -I eth0 -i 0.05 -W 0.5 --json", mac(7))).start();
    ping.wait_for(|text| text.contains("\"reply\""));
    pair.a.ip(&format!("link set eth0 address {}", mac(8)));
    let asks = |server: &lab::Running| server.stdout_so_far().contains(&mac(8));
    assert!(eventually(PATIENCE, || asks(&server)), "{}", server.stdout_so_far());
    let before = ping.stdout_so_far().len();
    ping.wait_for(|text| text.get(before..).is_some_and(|after| after.contains("\"reply\"")));
    ping.signal(libc::SIGINT);
    ping.wait().ok();
    // It was never away.
    assert!(of(&stop(server), "link").is_empty());
}

#[test]
fn a_ping_says_what_is_not_sent_and_goes_on() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let _server = serve(&pair.b, "-q");
    let mut ping = rlink(&pair.a, &format!("ping {} -I eth0 -i 0.05 -W 0.5 --json", mac(2))).start();
    ping.wait_for(|text| text.contains("\"reply\""));
    pair.a.down("eth0");
    ping.wait_for(|text| text.contains("ENETDOWN"));
    pair.a.up("eth0");
    ping.wait_for(|text| {
        let after = text.rsplit("\"recovered\"").next().filter(|after| after.len() < text.len());
        after.is_some_and(|after| after.contains("\"reply\""))
    });
    pair.b.ip("link del eth0");
    ping.wait_for(|text| text.contains("ENODEV"));
    ping.signal(libc::SIGINT);
    let out = ping.wait();
    assert_eq!(out.code(), Some(0), "{out:#?}");
    let all = events(&out);
    let end = of(&all, "summary")[0];
    let number = |key: &str| end[key].as_u64().unwrap();
    assert_eq!(number("attempted"), number("sent") + number("not_sent"));
    assert_eq!(number("sent"), number("received") + number("lost") + number("in_flight"));
    assert!(of(&all, "not_sent").iter().all(|e| ["ENETDOWN", "ENODEV"].contains(&e["error"].as_str().unwrap())));
}

#[test]
fn a_ping_goes_on_by_an_interface_of_the_same_name() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let server = serve(&pair.b, "-q");
    let mut ping = rlink(&pair.a, &format!("ping {} -I eth0 -i 0.05 -W 0.5 --json", mac(2))).start();
    ping.wait_for(|text| text.contains("\"reply\""));
    pair.b.ip("link del eth0");
    ping.wait_for(|text| text.contains("ENODEV"));
    assert!(eventually(PATIENCE, || server.stderr_so_far().contains("eth0 is gone")));
    lab.cable((&pair.a, "eth0"), (&pair.b, "eth0"));
    pair.b.ip(&format!("link set eth0 address {}", mac(2)));
    ping.wait_for(|text| {
        let after = text.rsplit("\"recovered\"").next().filter(|after| after.len() < text.len());
        after.is_some_and(|after| after.contains("\"reply\""))
    });
    ping.signal(libc::SIGINT);
    ping.wait().ok();
}

#[test]
fn a_sender_sends_what_was_refused_when_the_interface_is_back() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let server = serve(&pair.b, "--json");
    let mut send = rlink(&pair.a, &format!("send {} -I eth0 -c 20 -i 0.05 --json", mac(2))).start();
    send.wait_for(|text| text.contains("\"frame\""));
    pair.a.down("eth0");
    send.wait_for(|text| text.contains("\"down\""));
    pair.a.up("eth0");
    let out = send.wait().ok();
    let all = events(&out);
    let end = of(&all, "sent")[0];
    assert_eq!((&end["sent"], &end["not_sent"], &end["stamped"]), (&20.into(), &0.into(), &20.into()));
    assert!(out.stderr.contains("eth0 went down; waiting for it") && out.stderr.contains("eth0 is back"), "{out:#?}");
    drop(server);
}
