//! Bad input: one line each, exit 2, nothing sent.

use crate::bed::{mac, rlink};
use crate::lab::{self, Need, User};

#[test]
fn each_gets_one_line_that_says_what_would_do() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    pair.a.ip("link add sleeping type veth peer name other");
    let has_tunnel = pair.a.try_ip("tuntap add tun9 mode tun\nlink set tun9 up").status.success();
    pair.a.mtu("eth0", 1400);
    let capture = pair.b.capture("eth0");
    let (us, them) = (mac(1), mac(2));
    for (words, says) in [
        ("", "no command given; 'rlink --help' lists them"),
        ("frobnicate", "unrecognized subcommand 'frobnicate'"),
        ("ping -I eth0", "<MAC> is missing"),
        ("ping 02:00:00:00:00:02", "--interface <IF> is missing"),
        ("ping 192.0.2.1 -I eth0", "MAC 192.0.2.1: not a MAC address; six pairs of hexadecimal digits are"),
        ("ping 02:00:00:00:00 -I eth0", "MAC 02:00:00:00:00: not a MAC address"),
        ("send 00:00:00:00:00:00 -I eth0", "MAC 00:00:00:00:00:00: no station's address"),
        ("ping THEM -I eth7", "-I eth7: no such interface (see: rlink interfaces)"),
        ("serve -I averyveryverylongname", "-I averyveryverylongname: no such interface"),
        ("ping THEM -I lo", "-I lo: the loopback has no MAC address"),
        ("serve -I lo", "-I lo: the loopback has no MAC address"),
        ("send THEM -I tun9", "-I tun9: has no MAC address (a tunnel, or no Ethernet)"),
        ("send THEM -I sleeping", "-I sleeping: the interface is down; switch it on: ip link set sleeping up"),
        ("ping US -I eth0", "MAC 02:00:00:00:00:01: the address of eth0 itself"),
        ("ping THEM -I eth0 -s 1385", "-s 1385: a frame has room for 1384 here (MTU 1400 of eth0, less 16)"),
        ("ping THEM -I eth0 -s 70000", "-s 70000: out of range: 0 <= value <= 65535"),
        ("ping THEM -I eth0 -c 0", "-c 0: out of range"),
        ("ping THEM -I eth0 -i -1", "-i -1: "),
        ("ping THEM -I eth0 -W nan", "-W nan: "),
        ("ping THEM -I eth0 --color sometimes", "--color sometimes: not one of auto, always, never"),
        ("ping THEM -I eth0 --vlan 4095", "--vlan 4095: out of range: 0 <= value <= 4094"),
        ("serve -I eth0 --ethertype 100", "--ethertype 100: a length, and no type"),
        ("send THEM -I eth0 --payload a --hex 00", "--payload, --hex, --file and - exclude each other"),
        ("send THEM -I eth0 --hex 0g", "--hex 0g: not pairs of hexadecimal digits"),
        ("send THEM -I eth0 --file /nonexistent", "--file /nonexistent: No such file or directory"),
        (
            "send THEM -I eth0 --file /dev/zero",
            "--file has more than 65535 bytes, and a frame through eth0 holds 1400 (its MTU)",
        ),
        ("interfaces eth7", "IF eth7: no such interface"),
        ("serve -I eth0 --frob", "unknown option '--frob'"),
    ] {
        if words.contains("tun9") && !has_tunnel {
            continue;
        }
        let words = words.replace("THEM", &them).replace("US", &us);
        let out = rlink(&pair.a, &words).output();
        assert_eq!((out.code(), out.stdout.as_str()), (Some(2), ""), "{words}: {out:#?}");
        let lines: Vec<&str> = out.stderr.lines().collect();
        assert!(lines.len() == 1 && lines[0].starts_with("rlink: ") && lines[0].contains(says), "{words}: {lines:?}");
    }
    let escape = pair.a.command(crate::bed::RLINK).args(["serve", "-I", "a\x1b[31mb"]).output();
    assert!(!escape.stderr.contains('\x1b') && escape.code() == Some(2), "{escape:?}");
    let sent = capture.stop();
    assert!(sent.iter().all(|f| f.bytes[12..14] != [0x88, 0xb5]), "nothing was sent");
}

#[test]
fn without_privilege_there_is_a_remedy() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let pair = lab.pair();
    for words in ["serve -I eth0", "send ff:ff:ff:ff:ff:ff -I eth0", "ping 02:00:00:00:00:02 -I eth0"] {
        let out = rlink(&pair.a, words).user(User::Nobody).output();
        assert_eq!(out.code(), Some(2));
        assert!(out.stderr.starts_with("rlink: packet sockets are not permitted here; "), "{out:?}");
        assert!(
            (out.stderr.contains("sudo") && !out.stderr.contains("setcap")) || out.stderr.contains("--cap-add NET_RAW")
        );
    }
    let out = rlink(&pair.a, "interfaces").user(User::Nobody).output().ok();
    assert!(out.stdout.contains(&mac(1)));
}
