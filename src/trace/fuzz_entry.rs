//! The whole receive path of a trace, for fuzzing: bytes and control messages, the network's readers, the tracer.
//!
//! Whatever is heard, the two equations hold for every target, and a packet that is nobody's answer changes nothing but
//! the count of strangers.

use std::net::IpAddr;
use std::time::Duration;

use super::{Command, Config, Method, Target, Tracer};
use crate::clock::Now;
use crate::net::Peer;
use crate::net::fuzz_entry::{Packets, Script};
use crate::net::hops::{self, Numbering, SocketKind, Tcp};
use crate::probe::counters::Counters;
use crate::probe::fuzz_entry::{Heard, play};
use crate::units::{Family, Ttl};

/// Traces by every method, family and kind of socket.
#[must_use]
pub fn hops(data: &[u8]) -> bool {
    let mut script = Script::new(data);
    let family = if script.is() { Family::V6 } else { Family::V4 };
    let kind = if script.is() { SocketKind::Dgram } else { SocketKind::Raw };
    let bits = script.byte();
    let (method, mut far) = match bits % 5 {
        0 => (Method::Icmp, Packets::icmp(family, kind)),
        1 => (Method::Tcp, Packets::hops(hops::Method::Tcp(Tcp::default()), family, SocketKind::Raw)),
        n => {
            let numbering = [Numbering::Paris, Numbering::Classic, Numbering::Dublin][usize::from(n - 2)];
            (Method::Udp, Packets::hops(hops::Method::Udp(numbering), family, kind))
        }
    };
    let addr = |n: u8| -> Peer {
        match family {
            Family::V4 => IpAddr::from([10, 9, 0, n]).into(),
            Family::V6 => IpAddr::from([0xfd00, 9, 0, 0, 0, 0, 0, u16::from(n)]).into(),
        }
    };
    let targets: Vec<Target> = (0..=script.byte() % 2).map(|n| Target::from(addr(n + 1))).collect();
    let plain = Config::new(targets, [7; 16]);
    let config = Config {
        method,
        last: Ttl(1 + script.byte() % 40),
        tries: 1 + script.byte() % 4,
        one_flow: bits & 64 != 0,
        length_is_number: bits % 5 == 4 && family == Family::V6,
        mtu: (bits & 128 != 0).then_some(1500),
        spacing: Duration::from_micros(u64::from(script.byte())),
        note_tries: true,
        ..plain
    };
    let look = |tracer: &Tracer, _: Now| -> Vec<Counters> {
        tracer.target_ids().filter_map(|id| tracer.counters(id)).collect()
    };
    let judge = |tracer: &Tracer, now: Now, before: &Vec<Counters>, heard: Heard| {
        let after = look(tracer, now);
        let same = |(before, after): (&Counters, &Counters)| {
            Counters { foreign: 0, ..*before } == Counters { foreign: 0, ..*after }
        };
        let kept = heard != Heard::Stranger || before.iter().zip(&after).all(same);
        kept && after.iter().all(Counters::balanced)
    };
    play(&mut Tracer::new(config), &mut far, script, || Command::Stop, look, judge)
}
