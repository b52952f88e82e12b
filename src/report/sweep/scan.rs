//! What a sweep without state tells: the same formats, told by whatever is known of a target while it is spoken of.
//!
//! There is no list of hosts to read from at the end. An answer is told as it comes; who was silent is told at the end, one
//! after the other, as far as it is known; the closing figures are those of every sweep.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::time::Duration;

use super::Failed;
use super::roster::{Label, Name, Zone};
use crate::clock::WallTime;
use crate::net::Peer;
use crate::report::address::Address;
use crate::report::clean;
use crate::sweep::Totals;
use crate::sweep::stateless::Note;

/// What targets are called that are not called by their addresses.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    by_number: HashMap<u128, Label>,
    zones: Vec<(u32, String)>,
}

impl Labels {
    /// By the numbers of the targets; and the names of the interfaces that are zones.
    #[must_use]
    pub fn new(mut by_number: HashMap<u128, Label>, zones: Vec<(u32, String)>) -> Labels {
        for label in by_number.values_mut() {
            label.shown = clean(&label.shown).into();
        }
        Labels { by_number, zones }
    }

    /// A target, if it has a number.
    #[must_use]
    pub fn who(&self, peer: Peer, number: Option<u128>) -> Who<'_> {
        let zone = self.zones.iter().find(|(index, _)| *index == peer.scope).map(|(_, name)| name.as_str());
        Who { peer, label: number.and_then(|number| self.by_number.get(&number)), zone }
    }
}

/// A target and what it is called.
#[derive(Clone, Copy, Debug)]
pub struct Who<'a> {
    peer: Peer,
    label: Option<&'a Label>,
    zone: Option<&'a str>,
}

impl<'a> Who<'a> {
    /// As it is shown.
    pub(super) fn shown(&self) -> Name<'a> {
        self.label.map_or(self.address(), |label| Name::Text(&label.shown))
    }

    /// As it was typed, or its address.
    pub(super) fn target(&self) -> Name<'a> {
        self.label.map_or(self.address(), |label| Name::Text(&label.target))
    }

    /// Its address.
    pub(super) fn address(&self) -> Name<'a> {
        let zone = (self.peer.scope != 0).then(|| Zone::new(self.zone, self.peer.scope));
        Name::Address(self.peer.addr, zone)
    }

    /// As [`Who::target`], as text.
    pub(super) fn typed(&self) -> Cow<'a, str> {
        self.label.map_or_else(|| Cow::Owned(self.address().to_string()), |label| Cow::Borrowed(&*label.target))
    }

    /// Its address for events.
    pub(super) fn place(&self) -> Address<'a> {
        Address { addr: self.peer.addr, scope: self.peer.scope, zone: self.zone, mac: None }
    }
}

/// One way to tell of a sweep without state. Every error is the writer's.
pub trait ScanReport {
    /// The run begins; `ways` are what was chosen for each family, in words.
    ///
    /// # Errors
    /// The writer's, as of every method here.
    fn begin(&mut self, ways: &[String]) -> io::Result<()>;

    /// A target that could not be asked.
    ///
    /// # Errors
    /// The writer's.
    fn not_probed(&mut self, failed: &Failed) -> io::Result<()>;

    /// Something happened.
    ///
    /// # Errors
    /// The writer's.
    fn heard(&mut self, note: &Note, at: WallTime, labels: &Labels) -> io::Result<()>;

    /// A target was probed and did not answer.
    ///
    /// # Errors
    /// The writer's.
    fn silent(&mut self, who: &Who<'_>, at: WallTime) -> io::Result<()>;

    /// The run is over. `spread`: by how much round-trip times may be too long, on average and at most.
    ///
    /// # Errors
    /// The writer's.
    fn end(
        &mut self,
        totals: &Totals,
        percentile: &dyn Fn(f64) -> Option<Duration>,
        spread: (Duration, Duration),
    ) -> io::Result<()>;

    /// Writes what is held back.
    ///
    /// # Errors
    /// The writer's.
    fn pass(&mut self) -> io::Result<()>;
}
