//! Capture files, read back by a parser that we did not write: tshark.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::process::{Command, Stdio};
use std::sync::Arc;

use rprobe::clock::WallTime;
use rprobe::net::Peer;
use rprobe::ping::{Note, TargetId};
use rprobe::report::ping::{Pcapng, Report};
use rprobe::units::Ttl;
use rprobe::wire::{checksum, ipv4, protocol};

use super::sample::*;
use super::skip::skip;

fn capture(notes: &[Note]) -> Vec<u8> {
    let run = run(vec![host("four", "192.0.2.1"), host("six", "2001:db8::1")]);
    let mut out = Vec::new();
    {
        let mut report = Pcapng::new(Arc::new(run), "rping 0.1", Box::new(&mut out));
        report.start().unwrap();
        notes.iter().for_each(|n| report.note(n, &Book).unwrap());
        report.summary(&[]).unwrap();
    }
    out
}

/// An ICMP echo with a right checksum (of ICMPv4).
fn echo(ty: u8) -> Vec<u8> {
    let mut bytes = vec![ty, 0, 0, 0, 0x12, 0x34, 0, 5];
    let sum = checksum::checksum(&bytes);
    bytes[2..4].copy_from_slice(&sum.to_be_bytes());
    bytes
}

fn packet(target: u32, peer: &str, local: Option<&str>, outgoing: bool, bytes: Vec<u8>, has_ip_header: bool) -> Note {
    Note::Packet {
        target: TargetId(target),
        number: 5,
        at: WallTime::from_ns(AT.as_ns() + 123),
        outgoing,
        peer: Peer::from(peer.parse::<IpAddr>().unwrap()),
        local: local.map(addr),
        ttl: Some(Ttl(57)),
        tos: Some(0x10),
        bytes,
        has_ip_header,
        outcome: if outgoing { "replied" } else { "duplicate" },
    }
}

/// What tshark reads: a line for each packet; `None` where it does not start.
fn tshark(file: &[u8]) -> Option<String> {
    let fields = "frame.time_epoch ip.src ip.dst ip.ttl ip.dsfield ip.checksum.status ipv6.src ipv6.dst ipv6.hlim \
                  ipv6.tclass icmp.type icmp.seq icmp.checksum.status icmpv6.type frame.comment";
    let mut args = vec!["-n", "-r", "-", "-o", "ip.check_checksum:TRUE", "-T", "fields", "-E", "separator=|"];
    fields.split_whitespace().for_each(|f| args.extend(["-e", f]));
    let mut child = Command::new("tshark")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    child.stdin.take().unwrap().write_all(file).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "tshark refuses the file");
    Some(String::from_utf8(done.stdout).unwrap())
}

#[test]
fn tshark_reads_what_we_wrote() {
    let mut whole = vec![0; 20];
    let header = ipv4::Repr {
        src: Ipv4Addr::new(192, 0, 2, 1),
        dst: Ipv4Addr::new(192, 0, 2, 100),
        tos: 0,
        ident: 7,
        dont_fragment: false,
        more_fragments: false,
        fragment_offset: 0,
        ttl: Ttl(64),
        protocol: protocol::ICMP,
        options: &[],
        payload_len: 8,
    };
    header.emit(&mut whole).unwrap();
    whole.extend(echo(0));
    let file = capture(&[
        packet(0, "192.0.2.1", Some("192.0.2.100"), true, echo(8), false),
        packet(0, "192.0.2.1", Some("192.0.2.100"), false, whole, true),
        packet(1, "2001:db8::1", Some("2001:db8::100"), true, echo(128), false),
        packet(1, "2001:db8::1", None, false, echo(129), false),
    ]);
    let Some(read) = tshark(&file) else {
        return skip("golden::capture::tshark_reads_what_we_wrote", "tshark is not installed");
    };
    let made = "(IP header put together)";
    let time = "1795259269.820283123";
    let want = format!(
        "{time}|192.0.2.100|192.0.2.1|57|0x10|1|||||8|5|1||four seq 5: replied {made}\n\
         {time}|192.0.2.1|192.0.2.100|64|0x00|1|||||0|5|1||four seq 5: duplicate\n\
         {time}||||||2001:db8::100|2001:db8::1|57|0x00000010||||128|six seq 5: replied {made}\n\
         {time}||||||2001:db8::1|::|57|0x00000010||||129|six seq 5: duplicate {made}\n"
    );
    assert_eq!(read, want);
}

#[test]
fn a_message_too_long_for_any_header_is_left_out() {
    assert_eq!(capture(&[packet(0, "192.0.2.1", None, true, vec![0; 70_000], false)]), capture(&[]));
}

#[test]
fn other_notes_write_nothing() {
    assert_eq!(capture(&[Note::Dropped { at: AT, more: 1 }]), capture(&[]));
}
