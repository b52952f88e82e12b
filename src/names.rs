//! Names and addresses, looked up behind the back of whoever measures.
//!
//! A look-up may take seconds (`getnameinfo(3)` and `getaddrinfo(3)` have no time-out of their own), so it never happens
//! on the thread that sends probes or hears Ctrl-C: [`Names`] (addresses to names), [`Origins`] (addresses to those who
//! announce them) and [`Lookups`] (names to addresses) return at once, workers do the waiting, and a descriptor tells a loop
//! that something has become known. Workers start with the first question: who asks nothing has no threads. Threads inherit
//! the privileges of the one that asks, so ask after those have been dropped.

mod forward;
pub mod origin;

pub use forward::Lookups;
pub use origin::Origin;

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::sys::poll::Wake;
use crate::sys::resolve;

/// Look-ups that wait side by side: one dead server must not hold up the others' names.
const WORKERS: usize = 4;

/// Addresses that are remembered. Whoever floods us from forged addresses gets no more memory than this.
const MOST_KNOWN: usize = 4096;

/// Stack of a worker. The resolver of the C library keeps its buffers there.
const STACK: usize = 512 * 1024;

type Answer<V> = (IpAddr, Option<V>);

/// The way to look up.
type LookUp<V> = Arc<dyn Fn(IpAddr) -> Option<V> + Send + Sync>;

/// Names of addresses.
pub type Names = Learned<String>;

/// Those who announce addresses.
pub type Origins = Learned<Origin>;

/// What has been learned of addresses: a cache that fills itself.
pub struct Learned<V> {
    /// `None`: asked, no answer yet.
    known: HashMap<IpAddr, Option<Option<V>>>,
    waiting: usize,
    workers: usize,
    questions: Sender<IpAddr>,
    queue: Arc<Mutex<Receiver<IpAddr>>>,
    answers: Receiver<Answer<V>>,
    answer: Sender<Answer<V>>,
    wake: Wake,
    look_up: LookUp<V>,
}

impl Names {
    /// Names by the system's resolver; asks nothing yet.
    ///
    /// # Errors
    /// When the descriptor cannot be made.
    pub fn new() -> io::Result<Self> {
        Names::with(|addr| resolve::reverse(addr, 0))
    }
}

impl<V: Send + 'static> Learned<V> {
    /// By this way to look up; asks nothing yet.
    ///
    /// # Errors
    /// When the descriptor cannot be made.
    pub fn with(look_up: impl Fn(IpAddr) -> Option<V> + Send + Sync + 'static) -> io::Result<Self> {
        let (questions, queue) = mpsc::channel();
        let (answer, answers) = mpsc::channel();
        Ok(Learned {
            known: HashMap::new(),
            waiting: 0,
            workers: 0,
            questions,
            queue: Arc::new(Mutex::new(queue)),
            answers,
            answer,
            wake: Wake::new()?,
            look_up: Arc::new(look_up),
        })
    }

    /// Starts to look an address up, unless that has been done.
    pub fn ask(&mut self, addr: IpAddr) {
        if self.known.contains_key(&addr) || self.known.len() >= MOST_KNOWN {
            return;
        }
        if self.workers <= self.waiting && self.workers < WORKERS && self.start_worker().is_ok() {
            self.workers += 1;
        }
        if self.workers > 0 && self.questions.send(addr).is_ok() {
            self.known.insert(addr, None);
            self.waiting += 1;
        } else {
            self.known.insert(addr, Some(None));
        }
    }

    /// What is known of an address: its name, that it has none (`Some(None)`), or nothing yet (`None`). An address that
    /// was never asked for, or one too many, has none.
    #[must_use]
    pub fn get(&self, addr: IpAddr) -> Option<Option<&V>> {
        match self.known.get(&addr) {
            Some(known) => known.as_ref().map(Option::as_ref),
            None => Some(None),
        }
    }

    /// Takes in the answers that have come. To be called when the descriptor is readable.
    pub fn collect(&mut self) {
        if self.waiting == 0 {
            return;
        }
        self.wake.clear();
        while let Ok((addr, found)) = self.answers.try_recv() {
            self.known.insert(addr, Some(found));
            self.waiting = self.waiting.saturating_sub(1);
        }
    }

    fn start_worker(&self) -> io::Result<()> {
        let (queue, answer) = (Arc::clone(&self.queue), self.answer.clone());
        let (wake, look_up) = (self.wake.clone(), Arc::clone(&self.look_up));
        let work = move || {
            // Ends when the cache, and with it the only sender of questions, is gone.
            while let Some(addr) = next(&queue) {
                if answer.send((addr, look_up(addr))).is_err() {
                    return;
                }
                wake.wake();
            }
        };
        // Never joined: a look-up that hangs must not keep the process from ending.
        thread::Builder::new().name("names".into()).stack_size(STACK).spawn(work).map(drop)
    }
}

impl<V> std::fmt::Debug for Learned<V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Learned").field("known", &self.known.len()).field("waiting", &self.waiting).finish()
    }
}

/// The lock is held while waiting; the other workers queue up behind it.
fn next(queue: &Mutex<Receiver<IpAddr>>) -> Option<IpAddr> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

impl<V> AsFd for Learned<V> {
    /// Readable when [`Learned::collect`] has something to take in.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sys::poll::{Interest, wait};
    use std::sync::Condvar;

    fn addr(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    /// Waits for answers, without a limit of its own: a test that hangs here has failed.
    fn until(names: &mut Names, known: &[IpAddr]) {
        while known.iter().any(|a| names.get(*a).is_none()) {
            assert!(wait(&[(names.as_fd(), Interest::Read)], None).unwrap().any());
            names.collect();
        }
    }

    #[test]
    fn names_become_known_later_and_only_once() {
        let mut names = Learned::with(|addr| (addr != self::addr(2)).then(|| format!("host-{addr}"))).unwrap();
        assert_eq!(names.get(addr(1)), Some(None), "nobody asked");
        for _ in 0..3 {
            names.ask(addr(1));
        }
        names.ask(addr(2));
        assert_eq!(names.waiting, 2);
        until(&mut names, &[addr(1), addr(2)]);
        assert_eq!(names.get(addr(1)), Some(Some(&"host-192.0.2.1".to_owned())));
        assert_eq!(names.get(addr(2)), Some(None));
        assert_eq!(names.waiting, 0);
    }

    #[test]
    fn a_look_up_that_hangs_holds_up_nobody() {
        static RELEASED: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());
        let mut names = Learned::with(|addr| {
            if addr == self::addr(1) {
                let guard = RELEASED.0.lock().unwrap();
                drop(RELEASED.1.wait_while(guard, |released| !*released).unwrap());
            }
            Some(String::from("name"))
        })
        .unwrap();
        names.ask(addr(1));
        names.ask(addr(2));
        until(&mut names, &[addr(2)]);
        assert_eq!(names.get(addr(1)), None, "still pending");
        *RELEASED.0.lock().unwrap() = true;
        RELEASED.1.notify_all();
        until(&mut names, &[addr(1)]);
    }

    #[test]
    fn strangers_get_no_more_memory_than_there_is() {
        let mut names: Names = Learned::with(|_| None).unwrap();
        for i in 0..2 * MOST_KNOWN as u32 {
            names.ask(IpAddr::from(i.to_be_bytes()));
        }
        assert_eq!(names.known.len(), MOST_KNOWN);
        assert_eq!(names.get(IpAddr::from([255; 4])), Some(None));
        assert!(names.workers <= WORKERS);
    }
}
