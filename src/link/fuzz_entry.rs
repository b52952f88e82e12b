//! The whole receive path of the link's machines, for fuzzing: frames and control messages, the reader, the machine.
//!
//! Whatever is heard, the counters of the questions add up; the one who listens counts every frame; the one who answers
//! sends nothing back that is longer than what came. (Echo as a client is [`crate::ping::fuzz_entry::link`].)

use std::net::IpAddr;
use std::time::Duration;

use super::ask::{Announce, Asker};
use super::{Answerer, Heard as FrameHeard, Replies, listen, neighbour, routers, scan, station};
use crate::clock::Now;
use crate::net::Peer;
use crate::net::fuzz_entry::{Far, Frames, INTERFACE, Script, US};
use crate::net::packet::Whole;
use crate::probe::Command;
use crate::probe::fuzz_entry::{Heard, play};
use crate::sys::address::Direction;
use crate::sys::filter::wanted::Wanted;
use crate::units::{EtherType, Ident, MacAddr, Tag};
use crate::wire::{ethernet, icmp, ipv6, ndp};

/// Each of the machines, by the first byte.
#[must_use]
pub fn neighbours(data: &[u8]) -> bool {
    let mut script = Script::new(data);
    let six = script.is();
    let source: IpAddr = if six { IpAddr::from([0xfe80, 0, 0, 0, 0, 0, 0, 1]) } else { IpAddr::from([10, 1, 0, 1]) };
    let target: IpAddr = if six { IpAddr::from([0xfe80, 0, 0, 0, 0, 0, 0, 2]) } else { IpAddr::from([10, 1, 0, 2]) };
    let asker = Asker { mac: US, source: (script.byte() % 4 != 0).then_some(source) };
    let mut far = Frames::whole(turn);
    match script.byte() % 4 {
        0 => ask(&mut script, asker, target, &mut far),
        1 => sweep(&mut script, asker, target, &mut far),
        2 => {
            let wait = Duration::from_millis(100);
            let config = routers::Config { asker, scope: INTERFACE, count: 3, wait, first: script.is() };
            let machine = &mut routers::Session::new(config);
            play(machine, &mut far, script, || Command::Stop, |_, _| (), |m, _, (), _| m.sent() <= 3)
        }
        _ => {
            let count = script.is().then(|| u64::from(script.byte()));
            let host = script.is().then_some(target);
            let mut machine =
                listen::Session::new(listen::Config { wanted: Wanted { host, ..Wanted::default() }, count });
            let all = |m: &listen::Session, _: Now| m.totals();
            play(
                &mut machine,
                &mut far,
                script,
                || Command::Stop,
                all,
                |m, _, before, _| m.totals().frames >= before.frames,
            )
        }
    }
}

fn ask(script: &mut Script<'_>, asker: Asker, target: IpAddr, far: &mut Frames<Whole>) -> bool {
    let peer = Peer { addr: target, scope: INTERFACE };
    let config = match script.byte() % 4 {
        0 => neighbour::Config::duplicate(asker, peer, script.long()),
        1 => neighbour::Config::new(asker, peer, neighbour::Task::Announce(Announce::Reply)),
        _ => neighbour::Config { count: Some(9), first: script.is(), ..plain(asker, peer) },
    };
    let look = |session: &neighbour::Session, now: Now| session.summary(now);
    let judge = |session: &neighbour::Session, now: Now, before: &neighbour::Summary, heard: Heard| {
        let after = session.summary(now);
        let untouched = before.counters == after.counters && before.stations.len() == after.stations.len();
        after.counters.balanced() && (heard != Heard::Stranger || untouched)
    };
    play(&mut neighbour::Session::new(config), far, *script, || Command::Stop, look, judge)
}

fn plain(asker: Asker, peer: Peer) -> neighbour::Config {
    neighbour::Config::new(asker, peer, neighbour::Task::Ask)
}

fn sweep(script: &mut Script<'_>, asker: Asker, target: IpAddr, far: &mut dyn Far) -> bool {
    let len = if target.is_ipv4() { 28 } else { 124 };
    let config = scan::Config {
        sweeps: scan::Sweep::of_prefix(asker, target, len, 1 << 8).into_iter().collect(),
        calls: if target.is_ipv6() { vec![asker] } else { Vec::new() },
        own: asker.source.into_iter().collect(),
        scope: INTERFACE,
        rate: 1000,
        rounds: 2,
        wait: Duration::from_millis(100),
        progress: None,
        ident: Ident(7),
        token_key: [3; 16],
    };
    let judge = |session: &scan::Session, now: Now, before: &scan::Totals, _: Heard| {
        let after = session.totals(now);
        after.found >= before.found && after.conflicts <= after.found && after.sent >= before.sent
    };
    play(&mut scan::Session::new(config), far, *script, || Command::Stop, |session, now| session.totals(now), judge)
}

/// What a station would answer a question with; a router, too.
fn turn(frame: &mut Vec<u8>, mac: MacAddr) {
    let Ok(asked) = ethernet::Frame::new_checked(frame) else { return };
    if let Some(answer) = station::answer(mac, None, &asked).or_else(|| advertised(mac, &asked)) {
        *frame = answer;
    }
}

/// What a router answers a solicitation with.
fn advertised(mac: MacAddr, asked: &ethernet::Frame<'_>) -> Option<Vec<u8>> {
    let packet = ipv6::Header::new_checked(asked.payload).ok().filter(|_| asked.ether_type == EtherType::IPV6)?;
    let Ok(Some(ndp::Message::RouterSolicitation { .. })) = ndp::parse(packet.payload()) else { return None };
    let (src, dst) = (mac.link_local(), if packet.src().is_unspecified() { ndp::ALL_NODES } else { packet.src() });
    let mut message = vec![0; 16];
    *message.first_mut()? = ndp::kind::ROUTER_ADVERTISEMENT;
    message.extend([1, 1, 2, 0, 0, 0, 0, 9, 3, 4, 64, 192, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
    message.extend([0xfd; 16]);
    icmp::fill_checksum_v6(src, dst, &mut message);
    Some(station::icmp6_frame(mac, asked.src, src, dst, &message))
}

/// The one who answers echo requests of others: only to stations, only once, and never with more than it got.
#[must_use]
pub fn serve(data: &[u8]) -> bool {
    let mut script = Script::new(data);
    let vlan = script.is().then_some(5);
    let server = Answerer { mac: US, vlan, answers: true };
    let mut replies = Replies::default();
    let mut good = true;
    while !script.is_over() && good {
        let direction = if script.byte() % 8 == 0 { Direction::Other } else { Direction::Host };
        let stripped = script.is().then(|| (EtherType::VLAN, Tag { id: 5, ..Tag::default() }));
        let heard = FrameHeard { bytes: script.piece(), cut: script.byte() == 255, direction, stripped, at: None };
        replies.clear();
        if let Ok(seen) = server.look(&heard) {
            server.answer(&seen, &mut replies);
            let fits = |reply: &[u8]| {
                reply.len() <= heard.bytes.len().max(ethernet::MIN_LEN) + ethernet::TAG_LEN
                    && ethernet::Frame::new_checked(reply)
                        .is_ok_and(|f| f.dst.is_station() && f.src == US && f.dst != US)
            };
            good &= replies.len() <= 1 && replies.from(0).all(fits) && (replies.is_empty() || seen.silence.is_none());
        }
    }
    good
}
