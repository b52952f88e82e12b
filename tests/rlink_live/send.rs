//! Frames out: their bytes, their stamps, their totals.

use crate::bed::{events, mac, of, rlink};
use crate::lab::{self, Direction, Need};

#[test]
fn the_frame_on_the_wire_is_the_one_that_was_asked_for() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let capture = pair.b.capture("eth0");
    let run = |words: &str| rlink(&pair.a, &format!("send {words} -I eth0 --json"));
    run(&mac(2)).output().ok();
    run(&format!("{} --vlan 5:3 --payload xy", mac(2))).output().ok();
    run("ff:ff:ff:ff:ff:ff --ethertype 0x88b6 --hex 00:ff").output().ok();
    run(&format!("{} -", mac(2))).stdin("from a pipe").output().ok();
    run(&format!("{} --file - -c 2 -i 0.01", mac(2))).stdin("").output().ok();
    let frames: Vec<Vec<u8>> = capture
        .stop()
        .into_iter()
        .filter(|f| f.direction == Direction::In)
        .map(|f| f.bytes)
        .filter(|b| b[12] != 0x86)
        .collect();
    let to = |dst: [u8; 6], rest: &[u8]| [&dst[..], &[2, 0, 0, 0, 0, 1], rest].concat();
    let b = [2, 0, 0, 0, 0, 2];
    assert_eq!(
        frames,
        [
            to(b, b"\x88\xb5Hi"),
            // The kernel tells of the tag beside the frame, and the capture of this lab does not ask.
            to(b, b"\x88\xb5xy"),
            to([0xff; 6], b"\x88\xb6\x00\xff"),
            to(b, b"\x88\xb5from a pipe"),
            to(b, b"\x88\xb5"),
            to(b, b"\x88\xb5"),
        ]
    );
}

#[test]
fn frames_count_as_they_leave() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let out = rlink(&pair.a, &format!("send {} -I eth0 -c 4 -i 0.02 --json", mac(2))).output().ok();
    let all = events(&out);
    let frames = of(&all, "frame");
    assert_eq!(frames.len(), 4);
    assert!(frames.iter().all(|f| f["direction"] == "out" && f["clock"] == "kernel" && f["answered"] == false));
    let times: Vec<i64> = frames.iter().map(|f| f["ts_ns"].as_i64().unwrap()).collect();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
    let end = of(&all, "sent")[0];
    for (key, n) in [("attempted", 4), ("sent", 4), ("asked", 4), ("stamped", 4), ("not_sent", 0)] {
        assert_eq!(end[key], n, "{key}: {end}");
    }
    let many = rlink(&pair.a, &format!("send {} -I eth0 -c 6400 -i 0", mac(2))).output().ok().stdout;
    assert_eq!(many, "100 frames left eth0 of 100 that were looked after; 6400 sent\n");
}

/// The lesson's own check: Wireshark with `eth.type == 0x88b5`.
#[test]
fn tshark_reads_them() {
    let Some(lab) = lab::start!(Need::Tool("tshark")) else { return };
    let pair = lab.pair();
    let file = std::env::temp_dir().join(format!("rlink-send-{}.pcapng", std::process::id()));
    let path = file.to_str().unwrap();
    let words = format!("-Q -n -i eth0 -c 2 -a duration:20 -w {path} -f");
    // Not what the kernels say by themselves.
    let ours = format!("ether src {} and not ip6 and not arp", mac(1));
    let tshark = pair.b.command("tshark").words(&words).arg(ours).limit(std::time::Duration::from_secs(30)).start();
    assert!(lab::eventually(std::time::Duration::from_secs(20), || {
        // It hears some time after its file is there, so it is asked for more than once.
        file.exists()
    }));
    let fields = "-T fields -e eth.dst -e eth.src -e eth.type -e vlan.id -e vlan.priority -e data.data";
    let mut tshark = tshark;
    while !tshark.try_ended() {
        rlink(&pair.a, &format!("send {} -I eth0 -q", mac(2))).output().ok();
        rlink(&pair.a, &format!("send {} -I eth0 -q --vlan 5:3 --payload tagged", mac(2))).output().ok();
    }
    tshark.wait().ok();
    let read = |filter: &str| {
        let run = pair.b.command("tshark").words(&format!("-n -r {path} -Y")).arg(filter).words(fields);
        run.output().ok().stdout
    };
    let all = read("eth.type == 0x88b5 || vlan.etype == 0x88b5");
    std::fs::remove_file(&file).unwrap();
    let plain = format!("{}\t{}\t0x88b5\t\t\t4869", mac(2), mac(1));
    let tagged = format!("{}\t{}\t0x8100\t5\t3\t746167676564", mac(2), mac(1));
    assert!(all.lines().count() >= 1 && all.lines().all(|line| line == plain || line == tagged), "{all}");
    assert!(all.contains(&tagged) || all.contains(&plain), "{all}");
}
