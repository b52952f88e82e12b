//! The search for a path's MTU, as a pure value: sizes out, outcomes in.
//!
//! It begins at the largest size, for most paths have no narrow link. A router that names its next hop's MTU (RFC 1191,
//! RFC 4443 §3.2) saves most steps, but its word is tried from both sides: routers lie, and tunnels miscount. Where nobody
//! says anything (a black hole, RFC 2923 §2.1) silence counts as too large, provided that small packets are answered; then
//! it is a bisection. At most some twenty sizes are asked for.

/// What became of a packet of some size that may not be fragmented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It arrived whole.
    Fits,
    /// A router or this host said that it is too large, and perhaps what would not be.
    TooBig(Option<u32>),
    /// Nobody said anything, however often it was sent.
    Silent,
}

/// What a search has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Packets up to this size pass.
    Mtu {
        /// Bytes of the IP packet.
        mtu: u32,
        /// Whether the next larger size vanished without a word.
        black_hole: bool,
    },
    /// Not even the smallest size was answered.
    Nothing,
}

/// A search.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    min: u32,
    max: u32,
    /// Largest size that is known to fit.
    fits: Option<u32>,
    /// Smallest size that is known not to, and whether that is known from silence.
    fails: Option<(u32, bool)>,
    /// What was last named as an MTU.
    named: Option<u32>,
    /// How many more names are believed.
    trust: u8,
}

/// More narrow links than this, each named in its turn, no path has; a router that always names one byte less would
/// otherwise have us try every size.
const TRUST: u8 = 8;

impl Search {
    /// Among IP packets of `min` to `max` bytes, both included. `min` should be a size that any path carries (RFC 791: 68;
    /// RFC 8200 §5: 1280).
    #[must_use]
    pub fn new(min: u32, max: u32) -> Self {
        Search { min: min.min(max), max, fits: None, fails: None, named: None, trust: TRUST }
    }

    /// The size to try next; `None` when the search is over.
    #[must_use]
    pub fn next(&self) -> Option<u32> {
        let Some((fails, silent)) = self.fails else {
            return (self.fits != Some(self.max)).then_some(self.max);
        };
        if fails <= self.min {
            return None;
        }
        // Silence proves nothing before something has been heard at all.
        let Some(fits) = self.fits else {
            return Some(if silent { self.min } else { self.named_below(fails).unwrap_or(self.min) });
        };
        if fits + 1 >= fails {
            return None;
        }
        let named = self.named_below(fails).filter(|named| *named > fits);
        let above = self.named.filter(|named| *named == fits).map(|named| named + 1);
        Some(named.or(above).unwrap_or(fits + (fails - fits) / 2))
    }

    /// What became of a packet of this size.
    pub fn tried(&mut self, size: u32, outcome: Outcome) {
        match outcome {
            Outcome::Fits => self.fits = Some(self.fits.map_or(size, |fits| fits.max(size))),
            Outcome::TooBig(named) => {
                self.fail(size, false);
                if let Some(named) = named.filter(|named| self.trust > 0 && (self.min..size).contains(named)) {
                    (self.named, self.trust) = (Some(named), self.trust - 1);
                }
            }
            Outcome::Silent => self.fail(size, true),
        }
        // What contradicts itself (a path that changed) is taken as the last word has it.
        if let (Some(fits), Some((fails, _))) = (self.fits, self.fails) {
            if fits >= fails {
                match outcome {
                    Outcome::Fits => self.fails = None,
                    _ => self.fits = None,
                }
            }
        }
    }

    /// What it has come to; `None` while it goes on.
    #[must_use]
    pub fn found(&self) -> Option<Found> {
        if self.next().is_some() {
            return None;
        }
        Some(self.fits.map_or(Found::Nothing, |mtu| {
            let black_hole = self.fails.is_some_and(|(_, silent)| silent);
            Found::Mtu { mtu, black_hole }
        }))
    }

    fn fail(&mut self, size: u32, silent: bool) {
        if self.fails.is_none_or(|(fails, _)| size <= fails) {
            self.fails = Some((size, silent));
        }
    }

    fn named_below(&self, fails: u32) -> Option<u32> {
        self.named.filter(|named| *named < fails)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a search on a path and returns what it found and the sizes it asked for.
    fn search(min: u32, max: u32, path: impl Fn(u32) -> Outcome) -> (Found, Vec<u32>) {
        let mut search = Search::new(min, max);
        let mut sizes = Vec::new();
        while let Some(size) = search.next() {
            assert!((min.min(max)..=max).contains(&size) && sizes.len() < 24, "{size} after {sizes:?}");
            sizes.push(size);
            search.tried(size, path(size));
        }
        (search.found().unwrap_or(Found::Nothing), sizes)
    }

    fn mtu(mtu: u32, black_hole: bool) -> Found {
        Found::Mtu { mtu, black_hole }
    }

    #[test]
    fn a_wide_path_takes_one_probe() {
        assert_eq!(search(68, 1500, |_| Outcome::Fits), (mtu(1500, false), vec![1500]));
    }

    #[test]
    fn a_named_mtu_is_tried_from_both_sides() {
        let path = |size| if size <= 1400 { Outcome::Fits } else { Outcome::TooBig(Some(1400)) };
        assert_eq!(search(68, 1500, path), (mtu(1400, false), vec![1500, 1400, 1401]));
    }

    #[test]
    fn narrow_links_one_after_another() {
        let path = |size| match size {
            0..=1280 => Outcome::Fits,
            1281..=1400 => Outcome::TooBig(Some(1280)),
            _ => Outcome::TooBig(Some(1400)),
        };
        assert_eq!(search(68, 9000, path), (mtu(1280, false), vec![9000, 1400, 1280, 1281]));
    }

    #[test]
    fn every_mtu_is_found_whoever_lies_or_is_silent() {
        for truth in 68..=1500 {
            let fits = |size: u32| size <= truth;
            let silent = |size| if fits(size) { Outcome::Fits } else { Outcome::Silent };
            let mute = |size| if fits(size) { Outcome::Fits } else { Outcome::TooBig(None) };
            let low = |size| if fits(size) { Outcome::Fits } else { Outcome::TooBig(Some(truth / 2)) };
            let high = |size| if fits(size) { Outcome::Fits } else { Outcome::TooBig(Some(size - 1)) };
            let absurd = |size| if fits(size) { Outcome::Fits } else { Outcome::TooBig(Some(u32::MAX)) };
            assert_eq!(search(68, 1500, silent).0, mtu(truth, truth < 1500));
            assert_eq!(search(68, 1500, mute).0, mtu(truth, false));
            assert_eq!(search(68, 1500, low).0, mtu(truth, false));
            assert_eq!(search(68, 1500, absurd).0, mtu(truth, false));
            assert_eq!(search(68, 1500, high).0, mtu(truth, false));
        }
    }

    #[test]
    fn a_dead_host_has_no_mtu() {
        assert_eq!(search(68, 1500, |_| Outcome::Silent), (Found::Nothing, vec![1500, 68]));
        assert_eq!(search(68, 1500, |_| Outcome::TooBig(Some(10))), (Found::Nothing, vec![1500, 68]));
        assert_eq!(search(1500, 68, |_| Outcome::Fits).0, mtu(68, false), "limits the wrong way round");
    }

    #[test]
    fn a_path_that_changes_under_way_ends_all_the_same() {
        let mut search = Search::new(68, 1500);
        search.tried(1500, Outcome::TooBig(None));
        search.tried(784, Outcome::Fits);
        search.tried(700, Outcome::Silent);
        assert_eq!(search.next(), Some(68));
        search.tried(1500, Outcome::Fits);
        assert_eq!(search.found(), Some(mtu(1500, false)));
    }
}
