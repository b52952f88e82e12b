//! The whole receive path of both engines, for fuzzing: bytes and control messages, the network's readers, the engine.
//!
//! Whatever is heard, the two equations hold, and a packet that is nobody's answer changes nothing but the count of
//! strangers; no packet without a probe's proof counts as an answer.

use std::net::IpAddr;
use std::time::Duration;

use super::stateless::{Book, Finder, Note, PROOF_LEN, Proof};
use super::targets::{BadList, Block, Ranges, Space, Target, read, read_list};
use super::{Command, Config, Mode, Spacing, Sweep};
use crate::clock::{BootTime, Epoch, Now, WallTime};
use crate::net::fuzz_entry::{Far, Packets, Script};
use crate::net::icmp::SocketKind;
use crate::net::{Batch, Event, Exchange, Key, Peer, Probe};
use crate::probe::counters::Counters;
use crate::probe::fuzz_entry::{Heard, play};
use crate::probe::token::TOKEN_LEN;
use crate::units::Family;

fn addr(family: Family, n: u8) -> Peer {
    match family {
        Family::V4 => IpAddr::from([10, 9, 0, n]).into(),
        Family::V6 => IpAddr::from([0xfd00, 9, 0, 0, 0, 0, 0, u16::from(n)]).into(),
    }
}

/// The exact engine, by ICMP sockets of either family and kind.
#[must_use]
pub fn exact(data: &[u8]) -> bool {
    let mut script = Script::new(data);
    let family = if script.is() { Family::V6 } else { Family::V4 };
    let kind = if script.is() { SocketKind::Dgram } else { SocketKind::Raw };
    let bits = script.byte();
    let hosts: Vec<Peer> = (0..=script.byte() % 4).map(|n| addr(family, n + 1)).collect();
    let plain = Config::new(hosts, [7; 16]);
    let config = Config {
        mode: match bits & 3 {
            0 => Mode::Alive { attempts: 3, backoff: 1.5 },
            1 => Mode::Loop,
            _ => Mode::Count(u64::from(script.byte())),
        },
        spacing: if bits & 4 != 0 { Spacing::Auto } else { Spacing::Fixed(Duration::from_millis(1)) },
        space_retries: bits & 8 != 0,
        check_source: bits & 16 != 0,
        keep_times: bits & 32 != 0,
        intervals: bits & 64 != 0,
        size: if bits & 128 != 0 { usize::from(script.byte() % 80) } else { plain.size },
        ..plain
    };
    let carries_proof = config.size >= TOKEN_LEN;
    // The whole of it, and each host.
    let look = |sweep: &Sweep, now: Now| -> Vec<Counters> {
        let hosts = sweep.hosts().filter_map(|id| sweep.summary(id)).map(|summary| summary.counters);
        std::iter::once(sweep.totals(now).counters).chain(hosts).collect()
    };
    let judge = |sweep: &Sweep, now: Now, before: &Vec<Counters>, heard: Heard| {
        let after = look(sweep, now);
        let kept = before.iter().zip(&after).all(|(before, after)| match heard {
            Heard::Stranger => Counters { foreign: 0, ..*before } == Counters { foreign: 0, ..*after },
            Heard::Unproven if carries_proof => answers(before) == answers(after),
            _ => true,
        });
        kept && after.iter().all(Counters::balanced)
    };
    play(&mut Sweep::new(config), &mut Packets::icmp(family, kind), script, || Command::Stop, look, judge)
}

fn answers(c: &Counters) -> (u64, u64, u64, u64, u64) {
    (c.replied, c.late, c.duplicates, c.corrupt, c.truncated)
}

/// The stateless engine's book: nothing is known of a probe but what it carries.
#[must_use]
pub fn stateless(data: &[u8]) -> bool {
    let mut script = Script::new(data);
    let family = if script.is() { Family::V6 } else { Family::V4 };
    let blocks = Block::cidr(addr(family, 0).addr, if family == Family::V4 { 24 } else { 120 }, 0);
    let Ok(space) = Space::new(blocks) else { return false };
    let proof = Proof::new(&[7; 16]);
    let mut book = Book::new(proof.clone(), Finder::new(&space), space.total(), true);
    let mut far = Packets::icmp(family, SocketKind::Raw);
    let mut now = 1_000_000_000_u64;
    let (mut batch, mut done) = (Batch::new(1), Vec::new());
    let mut heads: Vec<[u8; PROOF_LEN]> = Vec::new();
    let mut good = true;
    for _ in 0..400 {
        if script.is_over() || !good {
            break;
        }
        now = now.saturating_add(script.nanoseconds().min(1 << 50)).min(1 << 62);
        let at = Now {
            boot: BootTime::from_ns(now),
            wall: WallTime::from_ns(now as i64),
            epoch: Epoch(u32::from(script.byte() / 250)),
        };
        if script.byte() % 3 == 0 {
            let to = addr(family, script.byte());
            let head = proof.write(to.addr, at.boot);
            batch.clear();
            let probe = Probe::new(Key::default(), to, Exchange::Echo, proof.seq(to.addr));
            batch.push(probe, PROOF_LEN).copy_from_slice(&head);
            done.clear();
            far.send(&mut script, at, &mut batch, &mut done);
            if done.iter().all(Result::is_ok) {
                heads.push(head);
                book.tally.sent += 1;
            }
            continue;
        }
        far.hear(&mut script, at, &mut |event, _| good &= is_fair(&mut book, event, &heads));
    }
    good
}

/// What a stateless book may believe: an answer whose payload begins with what was sent, once for each target.
fn is_fair(book: &mut Book, event: &Event<'_>, heads: &[[u8; PROOF_LEN]]) -> bool {
    let count = |book: &Book| (book.tally.alive, book.tally.duplicates, book.tally.rtt.count(), book.tally.errors);
    let before = count(book);
    let note = book.hear(event);
    let after = count(book);
    let proven = match event {
        Event::Answer(answer) => heads.iter().any(|head| answer.payload.starts_with(head)),
        _ => false,
    };
    let answered = matches!(note, Some(Note::Alive(_) | Note::Duplicate(_)));
    let untouched = matches!(event, Event::Foreign { .. }) && before != after;
    (!answered || proven)
        && !untouched
        && after.2 <= after.0
        && (answered || (before.0, before.1) == (after.0, after.1))
}

/// A list of targets: plain lines, JSON Lines, blocks, ranges; and what is done with their addresses.
#[must_use]
pub fn targets(data: &[u8]) -> bool {
    let zone = |name: &str| (name == "eth0").then_some(3);
    let mut blocks = Vec::new();
    let mut good = true;
    let listed = read_list::<BadList>(data, &mut |_, text| {
        match read(text, &zone) {
            Ok(Target::Block(block)) => blocks.push(block),
            Ok(Target::Name(name)) => good &= name == text && !name.contains('/'),
            Err(why) => good &= is_one_line(&why.to_string()),
        }
        Ok(())
    });
    good &= listed.as_ref().err().is_none_or(|why| is_one_line(&why.to_string()));
    good && blocks.iter().all(is_whole) && are_sets(&blocks)
}

fn is_one_line(text: &str) -> bool {
    !text.is_empty() && !text.contains('\n')
}

/// A block counts from its first address to its last.
fn is_whole(block: &Block) -> bool {
    let count = block.count();
    let last = count.map_or(u128::MAX, |count| count - 1);
    let ends = block.nth(0).map(|peer| peer.addr) == Some(block.first())
        && block.nth(last).map(|peer| peer.addr) == Some(block.last())
        && count.is_none_or(|count| block.nth(count).is_none());
    let middle = block.nth(last / 2).is_some_and(|peer| block.offset_of(peer.addr) == Some(last / 2));
    let inner = block.inner().is_none_or(|inner| block.first() <= inner.first() && inner.last() <= block.last());
    ends && middle && inner
}

/// What is left of all blocks without the first half of them, and what is within it, are all of them.
fn are_sets(blocks: &[Block]) -> bool {
    let Ok(space) = Space::new(blocks.iter().copied()) else { return true };
    let some = Ranges::new(blocks.iter().copied().take(blocks.len().div_ceil(2)));
    let (outside, inside) = (space.without(&some), space.within(&some));
    let parts = outside.total().checked_add(inside.total());
    let whole = parts == Some(space.total()) && outside.blocks().all(|block| !some.contains(block.first()));
    let last = space.total().checked_sub(1);
    let ends = last.is_none_or(|last| space.nth(last).is_some() && space.nth(last.saturating_add(1)).is_none());
    whole && ends && space.distinct().total() <= space.total()
}
