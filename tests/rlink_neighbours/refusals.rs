//! Bad input: one line each, exit 2, nothing sent.

use crate::bed::rlink;
use crate::lab;

#[test]
fn each_gets_one_line_that_says_what_would_do() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    pair.a.ip("link add sleeping type veth peer name other");
    let has_tunnel = pair.a.try_ip("tuntap add tun9 mode tun\nlink set tun9 up").status.success();
    let capture = pair.b.capture("eth0");
    for (words, says) in [
        ("arp", "<ADDRESS> is missing"),
        ("arp fe80::1 -I eth0", "ADDRESS fe80::1: an IPv6 address; ask by neighbour discovery: rlink ndp"),
        ("ndp 10.1.0.2", "ADDRESS 10.1.0.2: an IPv4 address; ask by ARP: rlink arp"),
        ("arp 224.0.0.1 -I eth0", "ADDRESS 224.0.0.1: a group, which nobody has alone"),
        ("arp 255.255.255.255", "ADDRESS 255.255.255.255: everybody's address"),
        ("arp 127.0.0.1", "ADDRESS 127.0.0.1: on no link"),
        ("arp 192.0.2.1", "ADDRESS 192.0.2.1: on no link of this host; name the interface to ask on: -I IF"),
        ("arp 10.1.0.1", "ADDRESS 10.1.0.1: this host's own; whether another has it, too, tells --dad"),
        ("arp somebody", "ADDRESS somebody: a name; name the interface to ask on, too: -I IF"),
        ("arp some/body", "some/body: not a name"),
        ("ndp fe80::2", "ADDRESS fe80::2: an address of every link; name the interface: -I IF"),
        ("ndp fe80::2%eth0 -I lo", "-I lo: another interface than the one of fe80::2%eth0"),
        ("arp 10.1.0.2 -I eth7", "-I eth7: no such interface (see: rlink interfaces)"),
        ("arp 10.1.0.2 -I lo", "-I lo: the loopback has no MAC address"),
        ("arp 10.1.0.2 -I sleeping", "-I sleeping: the interface is down"),
        ("arp 10.1.0.2 -I tun9", "-I tun9: has no MAC address (a tunnel, or no Ethernet)"),
        ("arp 10.1.0.2 -c 0", "-c 0: out of range"),
        ("arp 10.1.0.2 -i 0", "-i 0: too short: at least 0.001"),
        ("arp 10.1.0.2 -W 0", "-W 0: nobody answers in no time"),
        ("arp 10.1.0.2 -w soon", "-w soon: "),
        ("arp 10.1.0.2 -s fe80::1", "-s fe80::1: not an IPv4 address of a host"),
        ("arp 10.1.0.2 -s 255.255.255.255", "-s 255.255.255.255: not an IPv4 address of a host"),
        ("arp 10.1.0.2 --announce=loudly", "--announce loudly: not one of request, reply"),
        ("arp 10.1.0.2 --announce --dad", "--dad"),
        ("arp 10.1.0.2 --announce -s 10.1.0.1", "-s 10.1.0.1: an announcement is from the address that it announces"),
        ("ndp fd00:1::2 --dad -s fd00:1::1", "-s fd00:1::1: whoever looks whether an IPv6 address is free has none"),
        ("ndp", "no address given; name one, or ask for routers: --routers"),
        ("ndp --routers", "--routers: name the interface to ask on: -I IF"),
        ("ndp --routers fe80::1 -I eth0", "--routers fe80::1: takes no address"),
        ("ndp --routers --dad -I eth0", "--dad says nothing of routers"),
        ("scan", "--interface <IF> is missing"),
        ("scan -I eth7", "-I eth7: "),
        ("scan -I eth0 10.0.0.0/8", "PREFIX 10.0.0.0/8: too large to ask for each of its addresses; at least /12"),
        ("scan -I eth0 fd00::/64", "PREFIX fd00::/64: too large"),
        ("scan -I eth0 10.1.0.0/33", "PREFIX 10.1.0.0/33: the prefix length must be a number up to 32"),
        ("scan -I eth0 -r 0", "-r 0: out of range"),
        ("dump", "--interface <IF> is missing"),
        ("dump -I eth7", "-I eth7: no such interface"),
        ("dump -I eth0 --proto sctp", "--proto sctp: not one of tcp, udp, icmp, icmp6, arp"),
        ("dump -I eth0 --proto arp --port 5", "--port 5: arp has no ports"),
        ("dump -I eth0 --host router1", "--host router1: not an IPv4 or IPv6 address"),
        ("dump -I eth0 --pcapng /nonexistent/x", "--pcapng /nonexistent/x: No such file or directory"),
        ("dump -I tun9", "-I tun9: carries no Ethernet frames"),
    ] {
        if words.contains("tun9") && !has_tunnel {
            continue;
        }
        let out = rlink(&pair.a, words).output();
        assert_eq!((out.code(), out.stdout.as_str()), (Some(2), ""), "{words}: {out:#?}");
        let lines: Vec<&str> = out.stderr.lines().collect();
        assert!(lines.len() == 1 && lines[0].starts_with("rlink: ") && lines[0].contains(says), "{words}: {lines:?}");
    }
    let sent = capture.stop();
    assert!(sent.iter().all(|f| f.bytes[12..14] != [0x08, 0x06]), "nothing was asked");
}
