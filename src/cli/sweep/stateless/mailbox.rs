//! Notes on their way from the threads that read to the one that writes.
//!
//! It has a bound: where the writer stands still (`| less`), so do those who put notes in, and with them the sending; that
//! is better than answers that nobody has room for.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use crate::sweep::stateless::Note;
use crate::sys::poll::Wake;

/// The writer is woken at so many, or when it looks by itself.
const WAKE_AT: usize = 2_048;

/// No more than so many wait: some 5 MB.
const MOST: usize = 32_768;

/// Notes that wait to be told.
pub(super) struct Mailbox {
    notes: Mutex<Vec<Note>>,
    room: Condvar,
    wake: Wake,
    /// The writer, who may put notes in too and must not wait for itself.
    writer: ThreadId,
}

impl Mailbox {
    /// Of the calling thread.
    ///
    /// # Errors
    /// When the kernel has no descriptor left.
    pub(super) fn new() -> io::Result<Mailbox> {
        let (notes, room, wake) = (Mutex::new(Vec::new()), Condvar::new(), Wake::new()?);
        Ok(Mailbox { notes, room, wake, writer: thread::current().id() })
    }

    /// Puts a note in; waits where there is no room.
    pub(super) fn put(&self, note: Note) {
        let mut notes = self.lock();
        if thread::current().id() != self.writer {
            while notes.len() >= MOST {
                notes = self.room.wait(notes).unwrap_or_else(PoisonError::into_inner);
            }
        }
        notes.push(note);
        if notes.len() == WAKE_AT {
            self.wake.wake();
        }
    }

    /// Takes all out, in exchange for an empty list.
    pub(super) fn take(&self, into: &mut Vec<Note>) {
        into.clear();
        self.wake.clear();
        std::mem::swap(&mut *self.lock(), into);
        self.room.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Note>> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsFd for Mailbox {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::net::Peer;
    use crate::sys::errno::ENETUNREACH;
    use std::net::IpAddr;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    fn note(n: usize) -> Note {
        Note::NotSent(Peer::from(IpAddr::from((n as u32).to_be_bytes())), ENETUNREACH)
    }

    #[test]
    fn who_puts_in_waits_for_who_takes_out_and_nothing_is_lost() {
        let mailbox = Mailbox::new().unwrap();
        let put = AtomicUsize::new(0);
        const ALL: usize = 2 * MOST + 100;
        let mut all = Vec::new();
        thread::scope(|scope| {
            scope.spawn(|| {
                (0..ALL).for_each(|n| {
                    mailbox.put(note(n));
                    put.store(n + 1, SeqCst);
                });
            });
            let mut taken = Vec::new();
            while all.len() < ALL {
                thread::yield_now();
                assert!(put.load(SeqCst) <= all.len() + MOST + 1);
                mailbox.take(&mut taken);
                all.append(&mut taken);
            }
        });
        assert!(all.iter().enumerate().all(|(n, found)| *found == note(n)), "in order");
    }

    #[test]
    fn the_writer_does_not_wait_for_itself() {
        let mailbox = Mailbox::new().unwrap();
        (0..MOST + 5).for_each(|n| mailbox.put(note(n)));
        let mut taken = vec![note(0); 3];
        mailbox.take(&mut taken);
        assert_eq!(taken.len(), MOST + 5);
    }
}
