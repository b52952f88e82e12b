//! The source address of each destination: our checksums hang on it, and a header of our own says it. The kernel's choice
//! is asked for again and again, because addresses and routes change, and because a header of our own may hold any
//! address (lab_kernel 14), also one that this host has lost.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::clock::BootTime;
use crate::net::Peer;
use crate::sys::errno::Errno;
use crate::sys::route::SourceFinder;

/// How long an answer is believed in.
const BELIEVED: Duration = Duration::from_millis(250);

/// Destinations remembered at once; then all are forgotten.
const MOST: usize = 1 << 16;

/// Sources of destinations.
#[derive(Debug)]
pub(super) struct Sources {
    finder: Finder,
    known: HashMap<Peer, (IpAddr, BootTime)>,
}

/// Who knows.
#[derive(Debug)]
enum Finder {
    Kernel(SourceFinder),
    /// Always this one, for tests of bytes.
    Fixed(IpAddr),
}

impl Sources {
    pub(super) fn new(finder: SourceFinder) -> Sources {
        Sources { finder: Finder::Kernel(finder), known: HashMap::new() }
    }

    pub(super) fn fixed(source: IpAddr) -> Sources {
        Sources { finder: Finder::Fixed(source), known: HashMap::new() }
    }

    /// The source of packets to `to`.
    ///
    /// # Errors
    /// The kernel's: no route, or a source that was asked for and is gone.
    pub(super) fn of(&mut self, to: Peer, now: BootTime) -> Result<IpAddr, Errno> {
        if let Some((source, _)) = self.known.get(&to).filter(|(_, until)| now < *until) {
            return Ok(*source);
        }
        let source = match &self.finder {
            Finder::Kernel(finder) => finder.find(to.addr, to.scope).map_err(|e| Errno::from(&e))?,
            Finder::Fixed(source) => *source,
        };
        if self.known.len() >= MOST {
            self.known.clear();
        }
        self.known.insert(to, (source, now + BELIEVED));
        Ok(source)
    }
}
