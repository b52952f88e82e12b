//! Lists of names to addresses, and of addresses to names, several at once.

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use super::STACK;
use crate::sys::poll::Wake;
use crate::sys::resolve::{self, Found, LookupError, LookupFlags};
use crate::units::Family;

/// Look-ups that wait side by side.
const WORKERS: usize = 32;

/// The addresses of a name, or why it has none.
pub(super) type Answer = Result<Found, LookupError>;

/// Names being looked up (or addresses, the other way round).
#[derive(Debug)]
pub struct Lookups<A = Answer> {
    answers: Receiver<(usize, A)>,
    left: usize,
    wake: Wake,
}

impl Lookups {
    /// Starts to look these names up, by the system's resolver.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(names: Vec<String>, family: Option<Family>) -> io::Result<Self> {
        Lookups::with(names, move |name| resolve::lookup(name, family, LookupFlags::default()))
    }
}

impl Lookups<Option<String>> {
    /// Starts to look up the names of these addresses; `None` for one that has none.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn reverse(addrs: Vec<(IpAddr, u32)>) -> io::Result<Self> {
        Lookups::with(addrs, |(addr, scope)| resolve::reverse(*addr, *scope))
    }
}

impl<A: Send + 'static> Lookups<A> {
    fn with<Q: Send + Sync + 'static>(
        names: Vec<Q>,
        look_up: impl Fn(&Q) -> A + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let (answer, answers) = mpsc::channel();
        let (left, wake) = (names.len(), Wake::new()?);
        let shared = Arc::new((names, AtomicUsize::new(0), look_up));
        for worker in 0..left.min(WORKERS) {
            let (shared, answer, wake) = (Arc::clone(&shared), answer.clone(), wake.clone());
            let work = move || {
                let (names, next, look_up) = &*shared;
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(name) = names.get(index) else { return };
                    if answer.send((index, look_up(name))).is_err() {
                        return;
                    }
                    wake.wake();
                }
            };
            // Never joined: a look-up that hangs must not keep the process from ending.
            let started = thread::Builder::new().name("names".into()).stack_size(STACK).spawn(work);
            // One worker is enough to get through, however few threads this process may have.
            started.map(drop).or_else(|error| if worker > 0 { Ok(()) } else { Err(error) })?;
        }
        Ok(Lookups { answers, left, wake })
    }

    /// Whether every name has had its answer.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.left == 0
    }

    /// The next answer that has come, with the index of its name. To be called until `None` when the descriptor is
    /// readable.
    pub fn take(&mut self) -> Option<(usize, A)> {
        self.wake.clear();
        let answer = self.answers.try_recv().ok()?;
        self.left = self.left.saturating_sub(1);
        Some(answer)
    }
}

impl<A> AsFd for Lookups<A> {
    /// Readable when [`Lookups::take`] has something.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sys::poll::{Interest, wait};

    #[test]
    fn every_name_has_its_own_answer() {
        let names: Vec<String> = (0..50).map(|n| format!("192.0.2.{n}")).collect();
        let flags = LookupFlags { numeric_only: true };
        let mut lookups = Lookups::with(names.clone(), move |name| match name.as_str() {
            "192.0.2.7" => Err(LookupError::Temporary),
            name => resolve::lookup(name, None, flags),
        })
        .unwrap();
        let mut answers: Vec<Option<Answer>> = vec![None; names.len()];
        while !lookups.is_done() {
            assert!(wait(&[(lookups.as_fd(), Interest::Read)], None).unwrap().any());
            while let Some((index, answer)) = lookups.take() {
                assert!(answers[index].replace(answer).is_none(), "answered once");
            }
        }
        for (index, answer) in answers.into_iter().enumerate() {
            match answer.unwrap() {
                Ok(found) => assert_eq!(found.addrs, [(names[index].parse().unwrap(), 0)]),
                Err(error) => assert_eq!((index, error), (7, LookupError::Temporary)),
            }
        }
    }

    #[test]
    fn no_names_need_no_threads() {
        assert!(Lookups::start(Vec::new(), None).unwrap().is_done());
    }
}
