//! Where everything that is heard is read, counted and told, and where the rate is decided: by one thread at a time.

use std::io;
use std::sync::atomic::Ordering::Relaxed;

use super::book::{Book, Note};
use super::field::Field;
use super::rate::{FULL_QUEUE, Rate, Signs};
use crate::clock::BootTime;
use crate::net::scan::Hearing;

/// Full batches read in one visit: others wait to be sent.
const READS: usize = 16;

/// The reading side of a run.
pub struct Desk<E> {
    ear: E,
    book: Book,
    rate: Rate,
    /// What had been counted when signs were last looked at.
    before: Signs,
}

impl<E: Hearing> Desk<E> {
    /// An empty one.
    #[must_use]
    pub fn new(ear: E, book: Book, rate: Rate) -> Desk<E> {
        Desk { ear, book, rate, before: Signs::default() }
    }

    /// What has been counted.
    #[must_use]
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// The same, to add to it.
    pub fn book_mut(&mut self) -> &mut Book {
        &mut self.book
    }

    /// The rate now.
    #[must_use]
    pub fn rate(&self) -> &Rate {
        &self.rate
    }

    /// The counts and the set of who answered, when the run is over.
    #[must_use]
    pub fn into_book(self) -> Book {
        self.book
    }

    /// Reads what has arrived, and from time to time looks at the signs of trouble.
    ///
    /// # Errors
    /// When a socket is broken for good.
    pub fn attend(&mut self, field: &Field<'_>, now: BootTime, tell: &mut dyn FnMut(&Note)) -> io::Result<()> {
        let Desk { ear, book, .. } = self;
        for _ in 0..READS {
            let more = ear.take(&mut |_, event| {
                if let Some(note) = book.hear(event) {
                    tell(&note);
                }
            })?;
            if !more {
                break;
            }
        }
        if now >= self.rate.due() {
            self.look(field, now, tell);
        } else if field.is_paused() {
            field.pause(self.ear.fill() >= FULL_QUEUE / 2);
        }
        Ok(())
    }

    /// Asks the kernel's counters what was lost; the last time at the end of a run.
    pub fn account(&mut self) {
        let Desk { ear, book, .. } = self;
        ear.account(&mut |_, event| {
            book.hear(event);
        });
    }

    fn look(&mut self, field: &Field<'_>, now: BootTime, tell: &mut dyn FnMut(&Note)) {
        self.account();
        let counts = &field.counts;
        let neighbours = counts.no_neighbours.load(Relaxed);
        let total = Signs {
            sent: field.sent(),
            dropped: self.book.tally.drops,
            refused: counts.no_room.load(Relaxed),
            neighbours: neighbours > 0,
            queue: self.ear.fill(),
            rtt: self.book.tally.rtt.mean(),
        };
        let signs = Signs {
            sent: total.sent - self.before.sent.min(total.sent),
            dropped: total.dropped - self.before.dropped.min(total.dropped),
            refused: total.refused - self.before.refused.min(total.refused),
            ..total
        };
        self.before = total;
        if let Some(cut) = self.rate.look(now, &signs) {
            self.book.tally.cuts += 1;
            tell(&Note::Slowed(cut));
        }
        field.gate.set(self.rate.now());
        // A lower rate empties no queue; what overflows before the rate tells is lost.
        field.pause(total.queue >= FULL_QUEUE);
    }
}
