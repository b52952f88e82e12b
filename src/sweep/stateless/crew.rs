//! The threads of a run: each sender has one, and whoever has just sent reads what has arrived.
//!
//! No thread only reads: where answers come at the rate of probes, a batch out and a batch in keep step by themselves, on
//! as many cores as there are, and a thread that sleeps need not be woken for each packet.

use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use super::book::{Book, Note};
use super::desk::Desk;
use super::field::Field;
use super::rate::TICK;
use super::run::{Progress, Wish};
use super::tally::Tally;
use super::worker::{Turn, Worker};
use crate::clock::BootTime;
use crate::net::scan::{Ear, Sender, Sending};
use crate::sys::clock::boot_now;
use crate::sys::poll::{self, Interest, Wake};

/// What was not read for so long, because another thread is reading, is waited for: beyond the buffer it is lost.
const UNREAD: Duration = Duration::from_millis(20);

/// How often the caller is told how things stand.
const WATCH: Duration = Duration::from_millis(100);

/// How often late answers are read when all is sent.
const LATE: Duration = Duration::from_millis(5);

/// How long a stopped run waits for answers that are on their way.
const STOPPED: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));

/// Everything that the threads share.
pub(super) struct Crew<'a> {
    field: Field<'a>,
    reading: Mutex<Reading<'a>>,
    /// When somebody last read, in nanoseconds since boot.
    read_at: AtomicU64,
    working: AtomicUsize,
    /// Wakes threads that wait for their slot.
    stop: Wake,
    /// Wakes the caller's thread.
    over: Wake,
}

/// What one thread at a time has.
struct Reading<'a> {
    desk: Desk<Ear>,
    tell: &'a mut (dyn FnMut(&Note) + Send),
    abandoned: Vec<Range<u64>>,
    broken: Option<io::Error>,
}

/// The caller, who watches.
pub(super) struct Watcher<'a> {
    watch: &'a mut dyn FnMut(&Progress) -> Wish,
    begin: BootTime,
    is_stopped: bool,
    /// What had been counted when it was last seen.
    seen: Tally,
}

impl<'a> Watcher<'a> {
    pub(super) fn new(watch: &'a mut dyn FnMut(&Progress) -> Wish, begin: BootTime) -> Watcher<'a> {
        Watcher { watch, begin, is_stopped: false, seen: Tally::default() }
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.is_stopped
    }
}

impl<'a> Crew<'a> {
    pub(super) fn new(
        field: Field<'a>,
        desk: Desk<Ear>,
        tell: &'a mut (dyn FnMut(&Note) + Send),
        threads: usize,
    ) -> io::Result<Crew<'a>> {
        Ok(Crew {
            field,
            reading: Mutex::new(Reading { desk, tell, abandoned: Vec::new(), broken: None }),
            read_at: AtomicU64::new(boot_now().as_ns()),
            working: AtomicUsize::new(threads),
            stop: Wake::new()?,
            over: Wake::new()?,
        })
    }

    pub(super) fn field(&self) -> &Field<'a> {
        &self.field
    }

    /// A sending thread, from its first probe to its last.
    pub(super) fn work(&self, mut sender: Sender) {
        let mut worker = Worker::new();
        loop {
            let turn = worker.turn(&self.field, &mut sender);
            let now = sender.now();
            self.attend(now, &mut worker);
            match turn {
                Turn::Again => {}
                // Others' slots come first, and somebody has to read meanwhile.
                Turn::Wait(until) => self.rest(until.min(now + TICK)),
                Turn::Done => break,
            }
        }
        self.reading().abandoned.extend_from_slice(worker.abandoned());
        self.leave();
    }

    /// A thread is missing: nothing more is sent.
    pub(super) fn give_up(&self, error: io::Error) {
        self.reading().broken.get_or_insert(error);
        self.halt();
        self.leave();
    }

    /// The caller's thread, while others send.
    pub(super) fn oversee(&self, watcher: &mut Watcher<'_>, also: &[BorrowedFd<'_>]) -> io::Result<()> {
        let watched = loop {
            if self.working.load(SeqCst) == 0 {
                break Ok(());
            }
            let mut fds = vec![(self.over.as_fd(), Interest::Read)];
            fds.extend(also.iter().map(|fd| (*fd, Interest::Read)));
            if let Err(error) = poll::wait(&fds, Some(boot_now() + WATCH)) {
                break Err(error);
            }
            self.watch(watcher, false);
        };
        if watched.is_err() {
            self.halt();
        }
        watched
    }

    /// The caller's thread, when all is sent.
    pub(super) fn wait_for_answers(
        &self,
        patience: (Duration, Duration),
        watcher: &mut Watcher<'_>,
        also: &[BorrowedFd<'_>],
    ) -> io::Result<()> {
        let sent = boot_now();
        let mut watched = sent;
        let also: Vec<_> = also.iter().map(|fd| (*fd, Interest::Read)).collect();
        loop {
            let now = boot_now();
            let mut reading = self.reading();
            let Reading { desk, tell, .. } = &mut *reading;
            desk.attend(&self.field, now, *tell)?;
            let longest = desk.book().tally.rtt.max().unwrap_or_default();
            let (factor, (least, most)) = if watcher.is_stopped { (2, STOPPED) } else { (4, patience) };
            let until = sent + (longest * factor).clamp(least.min(most), most);
            let is_settled = tally(desk.book(), &self.field).is_settled();
            drop(reading);
            if is_settled || now >= until {
                return Ok(());
            }
            if now >= watched + WATCH {
                watched = now;
                self.watch(watcher, true);
            }
            if poll::wait(&also, Some(until.min(now + LATE)))?.any() {
                self.watch(watcher, true);
            }
        }
    }

    /// What was counted, and the positions that were claimed and never tried.
    pub(super) fn finish(self) -> io::Result<(Book, Tally, Vec<Range<u64>>)> {
        let mut reading = self.reading.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = reading.broken {
            return Err(error);
        }
        reading.desk.account();
        let book = reading.desk.into_book();
        let tally = tally(&book, &self.field);
        Ok((book, tally, reading.abandoned))
    }

    /// Reads what has arrived, if nobody else does so just now.
    fn attend(&self, now: BootTime, worker: &mut Worker) {
        let overdue = now.since(BootTime::from_ns(self.read_at.load(Relaxed))) > UNREAD;
        let reading = match self.reading.try_lock() {
            Ok(reading) => reading,
            Err(TryLockError::WouldBlock) if !overdue && !worker.has_refused() => return,
            Err(_) => self.reading(),
        };
        let mut reading = reading;
        // Waiting took time.
        let now = boot_now();
        let Reading { desk, tell, broken, .. } = &mut *reading;
        for (peer, errno) in worker.take_refused() {
            let note = desk.book_mut().refuse(peer, errno);
            tell(&note);
        }
        if let Err(error) = desk.attend(&self.field, now, *tell) {
            broken.get_or_insert(error);
            self.halt();
        }
        self.read_at.store(boot_now().as_ns(), Relaxed);
    }

    fn rest(&self, until: BootTime) {
        // Whatever ends it early, the next turn looks at the clock.
        let _ = poll::wait(&[(self.stop.as_fd(), Interest::Read)], Some(until));
    }

    fn watch(&self, watcher: &mut Watcher<'_>, waiting: bool) {
        // Who reads may be waiting for the caller to take what was told: nobody waits for each other.
        if let Ok(reading) = self.reading.try_lock() {
            watcher.seen = tally(reading.desk.book(), &self.field);
        }
        let tally = Tally { sent: self.field.sent(), ..watcher.seen.clone() };
        let elapsed = boot_now().since(watcher.begin);
        let progress = Progress { elapsed, targets: self.field.len(), tally, waiting };
        if (watcher.watch)(&progress) == Wish::Stop {
            watcher.is_stopped = true;
            self.halt();
        }
    }

    /// Nothing more is sent.
    fn halt(&self) {
        self.field.stop();
        self.stop.wake();
    }

    /// A thread is done; the last one wakes the caller's.
    fn leave(&self) {
        if self.working.fetch_sub(1, SeqCst) == 1 {
            self.over.wake();
        }
    }

    /// What is kept by one thread at a time. A thread that panicked while it had it left counters behind, and nothing that
    /// could be half done.
    fn reading(&self) -> MutexGuard<'_, Reading<'a>> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the desk and the threads have counted.
fn tally(book: &Book, field: &Field<'_>) -> Tally {
    let (spread, spread_most) = field.spread();
    Tally { sent: field.sent(), spread, spread_most, ..book.tally.clone() }
}
