//! Echo by MAC address: times by the kernel, many answerers, VLANs, losses.

use crate::bed::{events, mac, of, rlink, serve, stop};
use crate::lab;

#[test]
fn a_station_answers_and_the_kernel_stamps_both_ends() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let server = serve(&pair.b, "--json");
    let ping = rlink(&pair.a, &format!("ping {} -I eth0 -c 5 -i 0.02 --json", mac(2))).output().ok();
    let all = events(&ping);
    let replies = of(&all, "reply");
    assert_eq!(replies.len(), 5, "{all:#?}");
    for (reply, seq) in replies.iter().zip(1..) {
        assert_eq!((&reply["seq"], &reply["from"], &reply["bytes"]), (&seq.into(), &mac(2).into(), &64.into()));
        assert_eq!((&reply["proof"], &reply["clock"]), (&"token".into(), &"kernel".into()), "{reply}");
        assert!(reply["rtt_ns"].as_u64().unwrap() > 0);
    }
    let end = of(&all, "summary")[0];
    assert_eq!((&end["sent"], &end["received"], &end["foreign"]), (&5.into(), &5.into(), &0.into()));
    assert_eq!((&end["address"], &of(&all, "start")[0]["socket"]), (&mac(2).into(), &"packet".into()));
    let served = stop(server);
    assert_eq!(of(&served, "served")[0]["answered"], 5);
    let frames = of(&served, "frame");
    assert_eq!(frames.len(), 5);
    assert!(frames.iter().all(|f| f["answered"] == true && f["echo"]["kind"] == "request" && f["src"] == *mac(1)));
}

#[test]
fn text_has_the_shape_of_ping() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let _server = serve(&pair.b, "-q");
    let out = rlink(&pair.a, &format!("ping {} -I eth0 -c 2 -i 0.02 -s 100", mac(2))).output().ok().stdout;
    // A machine that stood still makes it say so.
    let lines: Vec<&str> = out.lines().filter(|line| !line.contains("skipped")).collect();
    assert_eq!(lines[0], format!("PING {} on eth0, 100 bytes of data.", mac(2)));
    assert!(lines[1].starts_with(&format!("108 bytes from {}: seq=1 time=", mac(2))), "{out}");
    assert_eq!(lines[4], format!("--- {} ping statistics ---", mac(2)));
    assert!(lines[5].starts_with("2 packets transmitted, 2 received, 0% packet loss, time "), "{out}");
    assert!(lines[6].starts_with("rtt min/avg/max/mdev = "), "{out}");
    let quiet = rlink(&pair.a, &format!("ping {} -I eth0 -c 2 -i 0.02 -q", mac(2))).output().ok().stdout;
    assert!(!quiet.contains("bytes from") && quiet.contains("2 received"), "{quiet}");
}

#[test]
fn a_group_is_answered_by_many_each_of_which_is_listed() {
    let Some(lab) = lab::start!() else { return };
    let bridge = lab.bridge(3);
    let servers = [serve(&bridge.hosts[1], "--json"), serve(&bridge.hosts[2], "--json")];
    for group in ["ff:ff:ff:ff:ff:ff", "33:33:00:00:00:01"] {
        let ping = rlink(&bridge.hosts[0], &format!("ping {group} -I eth0 -c 2 -i 0.1 --json")).output().ok();
        let all = events(&ping);
        let mut from: Vec<String> = all
            .iter()
            .filter(|e| e["event"] == "reply" || e["event"] == "duplicate")
            .map(|e| e["from"].as_str().unwrap().to_owned())
            .collect();
        from.sort_unstable();
        assert_eq!(from, [mac(2), mac(2), mac(3), mac(3)], "{group}");
        let end = of(&all, "summary")[0];
        assert_eq!((&end["received"], &end["duplicates"]), (&2.into(), &2.into()));
    }
    for server in servers {
        let all = stop(server);
        assert_eq!(of(&all, "served")[0]["answered"], 4);
        // On a bridge each hears the other's answers only if they are flooded: they never are to a known station.
        assert_eq!(of(&all, "served")[0]["unanswered"], 0);
    }
    let text = {
        let _servers = [serve(&bridge.hosts[1], "-q"), serve(&bridge.hosts[2], "-q")];
        rlink(&bridge.hosts[0], "ping ff:ff:ff:ff:ff:ff -I eth0 -c 1 -W 1").output().ok().stdout
    };
    assert!(text.contains(&format!("from {}", mac(2))), "{text}");
}

#[test]
fn a_vlan_is_asked_by_tags_of_our_own() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let five = serve(&pair.b, "--vlan 5 --json");
    let mut untagged = serve(&pair.b, "--json");
    let capture = pair.a.capture("eth0");
    let asked = rlink(&pair.a, &format!("ping {} -I eth0 --vlan 5:3 -c 2 -i 0.02 --json", mac(2))).output().ok();
    assert_eq!(of(&events(&asked), "reply").len(), 2);
    let frames = capture.stop();
    let requests: Vec<_> = frames.iter().filter(|f| f.bytes.get(12..14) == Some(&[0x81, 0x00])).collect();
    assert!(requests.iter().all(|f| f.bytes[14..18] == [0x60, 0x05, 0x88, 0xb5]) && requests.len() >= 2);
    let other = rlink(&pair.a, &format!("ping {} -I eth0 --vlan 6 -c 1 -W 0.2 --json", mac(2))).output();
    assert_eq!((other.code(), of(&events(&other), "lost").len()), (Some(1), 1));

    let served = stop(five);
    assert_eq!(of(&served, "served")[0]["answered"], 2);
    let frame = of(&served, "frame")[0];
    assert_eq!((&frame["vlan"], &frame["priority"], &frame["hidden_vlan"]), (&5.into(), &3.into(), &false.into()));
    // Who serves what is untagged hears them without their tag, knows that there was one, and answers none.
    untagged.wait_for(|text| text.matches("\"frame\"").count() >= 3);
    let served = stop(untagged);
    assert_eq!(of(&served, "served")[0]["answered"], 0);
    let hidden = of(&served, "frame");
    assert_eq!(hidden.len(), 3);
    assert!(hidden.iter().all(|f| f["hidden_vlan"] == true && f["answered"] == false));
}

#[test]
fn a_flood_and_the_largest_frame() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let server = serve(&pair.b, "-q --json");
    let flood = rlink(&pair.a, &format!("ping {} -I eth0 -f -c 3000 --json -q", mac(2))).output().ok();
    let all = events(&flood);
    assert_eq!(of(&all, "summary")[0]["received"], 3000);
    let large = rlink(&pair.a, &format!("ping {} -I eth0 -c 1 -s 1484 --json", mac(2))).output().ok();
    assert_eq!(of(&events(&large), "reply")[0]["bytes"], 1492);
    let small = rlink(&pair.a, &format!("ping {} -I eth0 -c 1 -s 0 --json", mac(2))).output().ok();
    assert_eq!(of(&events(&small), "reply")[0]["proof"], "weak");
    assert_eq!(of(&stop(server), "served")[0]["answered"], 3002);
}

#[test]
fn nobody_answers() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let out = rlink(&pair.a, &format!("ping {} -I eth0 -c 2 -i 0.02 -W 0.1 --json", mac(9))).output();
    assert_eq!(out.code(), Some(1));
    let all = events(&out);
    assert_eq!((of(&all, "lost").len(), &of(&all, "summary")[0]["loss"]), (2, &1.0.into()));
}
