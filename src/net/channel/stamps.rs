//! Which probe a departure stamp belongs to.
//!
//! From Linux 6.13 on each packet carries a number of our own (`SCM_TS_OPT_ID`) and the stamp returns it. Older kernels
//! count by themselves, and their count drifts from ours when a send is refused (lab_kernel 2): there each stamp comes
//! with a copy of its packet, and the probe is found by what the packet says.

use std::net::IpAddr;

use crate::net::Key;
use crate::units::Seq;

/// Probes whose stamps may be outstanding at once; more than any window or preload.
const MAX: usize = 1 << 16;
/// Memory is touched only as it is needed: the ring begins this long and doubles while stamps are outstanding.
const FIRST: usize = 256;

#[derive(Clone, Copy, Debug)]
struct Entry {
    number: u32,
    key: Key,
    to: IpAddr,
    seq: Seq,
}

/// A ring of the probes that were stamped last.
#[derive(Debug, Default)]
pub(in crate::net) struct Stamps {
    ring: Vec<Option<Entry>>,
    next: u32,
    outstanding: u32,
}

impl Stamps {
    /// A number for a probe about to be sent.
    pub(in crate::net) fn enter(&mut self, key: Key, to: IpAddr, seq: Seq) -> u32 {
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        self.outstanding = self.outstanding.saturating_add(1);
        if (self.outstanding as usize) > self.ring.len() && self.ring.len() < MAX {
            self.grow();
        }
        let at = self.at(number);
        if let Some(entry) = self.ring.get_mut(at) {
            *entry = Some(Entry { number, key, to, seq });
        }
        number
    }

    /// The probe that has this number.
    pub(in crate::net) fn by_number(&mut self, number: u32) -> Option<Key> {
        let entry = (*self.ring.get(self.at(number))?)?;
        (entry.number == number).then_some(entry.key)
    }

    /// The newest probe to this address with this sequence number. Stamps come in the order of sending, so that the
    /// search is short where it matters.
    pub(in crate::net) fn by_packet(&self, to: IpAddr, seq: Seq) -> Option<Key> {
        (1..=self.ring.len() as u32).find_map(|back| {
            let number = self.next.wrapping_sub(back);
            let entry = (*self.ring.get(self.at(number))?)?;
            (entry.number == number && entry.to == to && entry.seq == seq).then_some(entry.key)
        })
    }

    /// A probe's last stamp came, or it was never sent.
    pub(in crate::net) fn settled(&mut self) {
        self.outstanding = self.outstanding.saturating_sub(1);
    }

    /// Nothing came although everything was read: where stamps do not come at all, their queue is not read for their sake.
    pub(in crate::net) fn none_came(&mut self) {
        const MANY: u32 = 4096;
        if self.outstanding > MANY {
            self.outstanding = 0;
        }
    }

    /// How many probes wait for their last stamp.
    pub(in crate::net) fn outstanding(&self) -> u32 {
        self.outstanding
    }

    fn at(&self, number: u32) -> usize {
        // The ring's length is 0 or a power of two.
        number as usize & self.ring.len().wrapping_sub(1)
    }

    fn grow(&mut self) {
        let old = std::mem::take(&mut self.ring);
        self.ring = vec![None; (old.len() * 2).max(FIRST)];
        for entry in old.into_iter().flatten() {
            let at = self.at(entry.number);
            if let Some(slot) = self.ring.get_mut(at) {
                *slot = Some(entry);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const TO: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn key(slot: u32) -> Key {
        Key { slot, generation: 0 }
    }

    #[test]
    fn numbers_find_their_probes_while_the_ring_grows() {
        let mut stamps = Stamps::default();
        let numbers: Vec<u32> = (0..5_000).map(|n| stamps.enter(key(n), TO, Seq::of_number(n.into()))).collect();
        for (n, number) in numbers.iter().enumerate() {
            assert_eq!(stamps.by_number(*number), Some(key(n as u32)));
        }
        assert_eq!(stamps.by_number(5_000), None);
    }

    #[test]
    fn a_number_from_before_the_ring_went_round_is_nobodys() {
        let mut stamps = Stamps::default();
        let first = stamps.enter(key(7), TO, Seq(7));
        stamps.settled();
        for n in 0..FIRST as u32 {
            stamps.enter(key(n), TO, Seq(0));
            stamps.settled();
        }
        assert_eq!(stamps.by_number(first), None);
    }

    #[test]
    fn counting_goes_on_past_32_bits() {
        let mut stamps = Stamps { next: u32::MAX, ..Stamps::default() };
        let (last, zero) = (stamps.enter(key(1), TO, Seq(1)), stamps.enter(key(2), TO, Seq(2)));
        assert_eq!((last, zero), (u32::MAX, 0));
        assert_eq!((stamps.by_number(last), stamps.by_number(zero)), (Some(key(1)), Some(key(2))));
        assert_eq!(stamps.by_packet(TO, Seq(1)), Some(key(1)));
        assert_eq!(stamps.by_packet(TO, Seq(3)), None);
    }
}
