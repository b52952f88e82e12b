//! A machine played against a fuzzer's network and clock: what every tool's fuzz targets have in common.
//!
//! The script decides when time passes and what is heard; what is sent goes to a far side that can answer it truly. After
//! every step `judge` looks at the machine. Nothing here panics by itself: the result says whether all was well.

use crate::clock::{BootTime, Epoch, Now, WallTime};
use crate::net::fuzz_entry::{Far, Script};
use crate::net::{Batch, Event};
use crate::probe::{Machine, Next};

/// Steps of one script at most, so that no input takes long.
const STEPS: u32 = 400;
/// Wall clock minus boot clock.
const WALL: i64 = 1_700_000_000_000_000_000;

/// What the machine has just heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing: it was asked what to do, or told what became of what it sent.
    Nothing,
    /// A packet that nobody can take for an answer.
    Stranger,
    /// A packet in which no probe's proof stands.
    Unproven,
    /// Whatever else.
    Anything,
}

/// Plays a script; whether `judge` was content after every step. `look` is asked before each.
pub fn play<M: Machine, S>(
    machine: &mut M,
    far: &mut dyn Far,
    mut script: Script<'_>,
    stop: impl Fn() -> M::Command,
    look: impl Fn(&M, Now) -> S,
    judge: impl Fn(&M, Now, &S, Heard) -> bool,
) -> bool {
    let mut now = Now { boot: BootTime::from_ns(1_000_000_000), wall: WallTime::from_ns(WALL), epoch: Epoch(0) };
    let (mut batch, mut done) = (Batch::new(8), Vec::new());
    let mut due = Some(now.boot);
    let mut good = true;
    for _ in 0..STEPS {
        if script.is_over() || !good {
            break;
        }
        match script.byte() % 16 {
            0..=4 => {
                let before = look(machine, now);
                batch.clear();
                let next = machine.fill(now, &mut batch);
                due = if let Next::At(at) = next { Some(at) } else { None };
                good &= judge(machine, now, &before, Heard::Nothing);
                done.clear();
                far.send(&mut script, now, &mut batch, &mut done);
                for (probe, how) in batch.probes().iter().zip(done.drain(..)) {
                    machine.sent(now, probe.key, how);
                }
                good &= judge(machine, now, &look(machine, now), Heard::Nothing);
                if next == Next::Done {
                    break;
                }
            }
            5 => pass(&mut now, script.nanoseconds().min(1 << 58)),
            6 | 7 => {
                let left = due.map_or(1_000_000, |due| due.as_ns().saturating_sub(now.boot.as_ns()));
                pass(&mut now, left.min(1 << 40));
            }
            8 => {
                // The clock on the wall is set: mostly told, at times not yet.
                let ns = i64::from(script.short() as i16).saturating_mul(100_000_000);
                now.wall = WallTime::from_ns(now.wall.as_ns().saturating_add(ns));
                now.epoch = Epoch(now.epoch.0.wrapping_add(1));
                if script.is() {
                    machine.heard(now, &Event::Stepped { ns });
                }
            }
            9 => machine.heard(now, &Event::Dropped { more: u64::from(script.short()) }),
            10 if script.byte() > 200 => machine.command(now, stop()),
            10 => machine.notes(&mut |_| {}),
            _ => {
                far.hear(&mut script, now, &mut |event, proven| {
                    let before = look(machine, now);
                    machine.heard(now, event);
                    let heard = match event {
                        Event::Foreign { .. } => Heard::Stranger,
                        Event::Answer(_) | Event::Reached(_) | Event::Error(_) if !proven => Heard::Unproven,
                        _ => Heard::Anything,
                    };
                    good &= judge(machine, now, &before, heard);
                });
            }
        }
    }
    machine.notes(&mut |_| {});
    good
}

fn pass(now: &mut Now, ns: u64) {
    now.boot = BootTime::from_ns(now.boot.as_ns().saturating_add(ns).min(1 << 62));
    now.wall = WallTime::from_ns(now.wall.as_ns().saturating_add_unsigned(ns));
}
