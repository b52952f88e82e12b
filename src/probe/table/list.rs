//! Rows of slots, linked through the slots themselves: a probe leaves its row from the middle in constant time, and
//! nothing is allocated.

use super::slot::Slot;

/// No slot.
pub(super) const NONE: u32 = u32::MAX;

/// Slots in a row, linked by their own `prev` and `next`. A slot is in one row at the most.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    head: u32,
    tail: u32,
    len: usize,
}

impl List {
    pub(super) const EMPTY: List = List { head: NONE, tail: NONE, len: 0 };

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The slot that has been in it longest; [`NONE`] if it is empty.
    pub(super) fn first(&self) -> u32 {
        self.head
    }

    /// Puts a slot at the end.
    pub(super) fn push(&mut self, slots: &mut [Slot], index: u32) {
        let slot = &mut slots[index as usize];
        (slot.prev, slot.next) = (self.tail, NONE);
        match slots.get_mut(self.tail as usize) {
            Some(last) => last.next = index,
            None => self.head = index,
        }
        self.tail = index;
        self.len += 1;
    }

    /// Takes a slot out.
    pub(super) fn remove(&mut self, slots: &mut [Slot], index: u32) {
        let &Slot { prev, next, .. } = &slots[index as usize];
        match slots.get_mut(prev as usize) {
            Some(slot) => slot.next = next,
            None => self.head = next,
        }
        match slots.get_mut(next as usize) {
            Some(slot) => slot.prev = prev,
            None => self.tail = prev,
        }
        self.len -= 1;
    }
}
