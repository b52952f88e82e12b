//! A run from its plan to its outcome: makes the parts, starts a thread for each sender, and waits for the end.
//!
//! The caller's thread sends nothing: it watches over signals and progress, and at the end waits for late answers.

use std::io;
use std::ops::Range;
use std::os::fd::BorrowedFd;
use std::thread;
use std::time::Duration;

use super::super::targets::Space;
use super::super::totals::Totals;
use super::book::{Book, Note};
use super::crew::{Crew, Watcher};
use super::desk::Desk;
use super::field::Field;
use super::finder::Finder;
use super::order::{Order, Shard};
use super::proof::Proof;
use super::rate::Rate;
use super::tally::Tally;
use crate::clock::Now;
use crate::net::Peer;
use crate::net::scan::Scan;
use crate::sys::clock::boot_now;
use crate::sys::process;

/// What is to be swept, and how.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Whom to ask; distinct addresses.
    pub space: Space,
    /// Which order: the same seed gives the same.
    pub seed: u64,
    /// Which part of them.
    pub shard: Shard,
    /// How many at most.
    pub limit: Option<u64>,
    /// Probes a second at most; `None`: as many as go.
    pub rate: Option<f64>,
    /// How long to wait for late answers when all is sent: four times the longest round trip, but at least and at most so
    /// long. Where every target has been heard of, nobody waits.
    pub patience: (Duration, Duration),
    /// Whether percentiles of round-trip times are wanted.
    pub percentiles: bool,
}

/// How things stand.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Since the begin.
    pub elapsed: Duration,
    /// How many targets are to be probed.
    pub targets: u64,
    /// What has been counted.
    pub tally: Tally,
    /// Whether all is sent, and answers are waited for.
    pub waiting: bool,
}

/// What the caller wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Go on.
    GoOn,
    /// Send no more; wait for answers no longer than a round trip takes.
    Stop,
}

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// What was counted.
    pub tally: Tally,
    /// How many targets were to be probed.
    pub targets: u64,
    /// From the first probe to the last.
    pub sending: Duration,
    /// To the end of the run.
    pub elapsed: Duration,
    /// Whether it was stopped.
    pub stopped: bool,
    book: Book,
    order: Order,
    space: Space,
    abandoned: Vec<Range<u64>>,
    claimed: u64,
}

impl Outcome {
    /// The figures as every engine gives them.
    #[must_use]
    pub fn totals(&self, at: Now) -> Totals {
        self.tally.totals(self.targets, (self.sending, self.elapsed), at)
    }

    /// The targets that were probed, or refused by the kernel, and did not answer, with their numbers, in the order they were probed in.
    /// `None` where there are too many to have been remembered.
    pub fn silent(&self) -> Option<impl Iterator<Item = (u128, Peer)> + '_> {
        self.book.has_answered(0)?;
        let tried = |position: &u64| !self.abandoned.iter().any(|range| range.contains(position));
        let numbers = (0..self.claimed).filter(tried).filter_map(|position| self.order.at(position));
        let silent = numbers.filter(|number| self.book.has_answered(*number) == Some(false));
        Some(silent.filter_map(|number| Some((number, self.space.nth(number)?))))
    }
}

/// Sweeps. `tell` hears what is worth telling, on whichever thread read it; `watch` is asked some ten times a second,
/// and whenever one of `also` is readable, what is wanted.
///
/// # Errors
/// When a socket breaks, or the kernel has no descriptor or thread for us.
pub fn run(
    plan: &Plan,
    scan: Scan,
    tell: &mut (dyn FnMut(&Note) + Send),
    watch: &mut dyn FnMut(&Progress) -> Wish,
    also: &[BorrowedFd<'_>],
) -> io::Result<Outcome> {
    let proof = Proof::new(&process::random_key()?);
    let order = Order::new(plan.space.total(), plan.seed, plan.shard, plan.limit);
    let book = Book::new(proof.clone(), Finder::new(&plan.space), plan.space.total(), plan.percentiles);
    let begin = boot_now();
    let rate = Rate::new(begin, [plan.rate, scan.most].into_iter().flatten().reduce(f64::min));
    let field = Field::new(&plan.space, order.clone(), proof, begin, rate.now());
    let crew = Crew::new(field, Desk::new(scan.ear, book, rate), tell, scan.senders.len())?;
    let mut watcher = Watcher::new(watch, begin);
    thread::scope(|scope| {
        let crew = &crew;
        for sender in scan.senders {
            let work = move || crew.work(sender);
            if let Err(error) = thread::Builder::new().name("send".to_owned()).spawn_scoped(scope, work) {
                crew.give_up(error);
            }
        }
        crew.oversee(&mut watcher, also)
    })?;
    let sending = boot_now().since(begin);
    crew.wait_for_answers(plan.patience, &mut watcher, also)?;
    let elapsed = boot_now().since(begin);
    let claimed = crew.field().claimed();
    let (book, tally, abandoned) = crew.finish()?;
    let (space, targets, stopped) = (plan.space.clone(), order.len(), watcher.is_stopped());
    Ok(Outcome { tally, targets, sending, elapsed, stopped, book, order, space, abandoned, claimed })
}
