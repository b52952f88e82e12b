//! Frames received into memory that we share with the kernel (`packet_mmap`, `TPACKET_V2`): no system call to read them.
//!
//! The kernel writes a frame into the next free slot and then sets the slot's status; whoever has read it sets the status
//! back. A slot that is not free when its turn comes loses the frame, which [`Socket::frame_counts`] tells. The kernel
//! stamps each frame as it writes it, whether or not anybody has stamps switched on.

use std::io;
use std::os::fd::AsRawFd;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering};

use super::address::{LinkName, array, parse_link};
use super::consts::{PACKET_RX_RING, PACKET_VERSION, SOL_PACKET, TP_STATUS_KERNEL, TP_STATUS_USER, TPACKET_V2};
use super::errno::Errno;
use super::socket::Socket;
use crate::clock::WallTime;

/// Bytes of a block, which the kernel allocates as a whole: a multiple of every page size that Linux has.
const BLOCK: usize = 1 << 16;

/// `struct tpacket2_hdr` (`include/uapi/linux/if_packet.h`), in bytes; the sender's address follows it.
const HEADER_LEN: usize = 32;

/// Where a frame without its link-layer header begins in a slot: behind header and address (52 bytes), and the room that
/// the kernel leaves for a header of that kind (`tpacket_rcv`, net/packet/af_packet.c).
pub const SLOT_HEAD: usize = 80;

/// A frame in its slot.
#[derive(Clone, Copy, Debug)]
pub struct Slot<'a> {
    /// Its bytes, as far as there was room.
    pub bytes: &'a [u8],
    /// How long it is.
    pub len: usize,
    /// When the kernel wrote it.
    pub at: WallTime,
    /// Where it came from.
    pub link: LinkName,
}

/// A packet socket that receives into a ring of slots of one size.
#[derive(Debug)]
pub struct FrameRing {
    socket: Socket,
    memory: NonNull<u8>,
    slot: usize,
    slots: usize,
    next: usize,
}

// SAFETY: the mapping is owned by this value alone and goes with it; nothing about it belongs to a thread.
unsafe impl Send for FrameRing {}

impl FrameRing {
    /// Gives a packet socket that hears nothing yet a ring of about so many bytes, with slots for frames of `longest` bytes.
    pub fn new(socket: Socket, longest: usize, bytes: usize) -> io::Result<FrameRing> {
        let slot = longest.saturating_add(SLOT_HEAD).next_power_of_two().clamp(256, BLOCK);
        let blocks = (bytes / BLOCK).clamp(1, 1 << 14);
        let slots = blocks * (BLOCK / slot);
        socket.set_int(SOL_PACKET, PACKET_VERSION, TPACKET_V2)?;
        // struct tpacket_req: size and number of blocks, size and number of frames.
        let mut request = [0_u8; 16];
        for (field, value) in request.chunks_exact_mut(4).zip([BLOCK, blocks, slot, slots]) {
            let value = u32::try_from(value).map_err(|_| Errno(libc::EINVAL).into_io())?;
            field.copy_from_slice(&value.to_ne_bytes());
        }
        socket.set_raw(SOL_PACKET, PACKET_RX_RING, &request)?;
        let (access, len) = (libc::PROT_READ | libc::PROT_WRITE, blocks * BLOCK);
        // SAFETY: the kernel chooses the place of a new mapping of the ring just made, which has this length.
        let at = unsafe { libc::mmap(ptr::null_mut(), len, access, libc::MAP_SHARED, socket.as_raw_fd(), 0) };
        let memory = NonNull::new(at.cast()).filter(|_| at != libc::MAP_FAILED);
        let memory = memory.ok_or_else(io::Error::last_os_error)?;
        Ok(FrameRing { socket, memory, slot, slots, next: 0 })
    }

    /// The socket: for filter, binding and counters.
    #[must_use]
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Gives frames in the order they came, at most `most`, and returns how many there were.
    pub fn take(&mut self, most: usize, mut hear: impl FnMut(&Slot<'_>)) -> usize {
        for done in 0..most {
            if !self.is_full(self.next) {
                return done;
            }
            if let Some(slot) = self.read(self.next) {
                hear(&slot);
            }
            self.status(self.next).store(TP_STATUS_KERNEL, Ordering::Release);
            self.next = (self.next + 1) % self.slots;
        }
        most
    }

    /// How full it is, in thousandths. Full slots follow each other, so that a bisection finds the first that is free.
    #[must_use]
    pub fn fill(&self) -> u32 {
        let (mut full, mut free) = (0, self.slots);
        while full < free {
            let middle = full + (free - full) / 2;
            if self.is_full((self.next + middle) % self.slots) { full = middle + 1 } else { free = middle }
        }
        u32::try_from(full * 1000 / self.slots).unwrap_or(1000)
    }

    fn is_full(&self, slot: usize) -> bool {
        self.status(slot).load(Ordering::Acquire) & TP_STATUS_USER != 0
    }

    fn status(&self, slot: usize) -> &AtomicU32 {
        debug_assert!(slot < self.slots);
        // SAFETY: every caller's `slot` is a remainder by `slots`, so that the address is in the mapping; slots begin at
        // multiples of 256 bytes of a page; the word is only ever touched atomically, by us and by the kernel.
        unsafe { AtomicU32::from_ptr(self.memory.as_ptr().add(slot * self.slot).cast()) }
    }

    /// Reads a slot that the kernel has handed over.
    fn read(&self, slot: usize) -> Option<Slot<'_>> {
        // SAFETY: the slot is in the mapping (as in `status`) and its status says that it is ours: the kernel does not
        // touch it until `take`, which holds `self` alone, gives it back behind the last use of what is returned here. The
        // status word itself is left out.
        let bytes =
            unsafe { std::slice::from_raw_parts(self.memory.as_ptr().add(slot * self.slot + 4), self.slot - 4) };
        read_slot(bytes)
    }
}

impl Drop for FrameRing {
    fn drop(&mut self) {
        // SAFETY: unmaps what `new` has mapped, and nothing borrowed from it is left.
        unsafe { libc::munmap(self.memory.as_ptr().cast(), self.slots * self.slot) };
    }
}

/// Reads a slot without its status.
fn read_slot(bytes: &[u8]) -> Option<Slot<'_>> {
    let word = |at: usize| array(bytes, at).map(u32::from_ne_bytes);
    let half = |at: usize| array(bytes, at).map(u16::from_ne_bytes);
    // Length, bytes that had room, offsets of link-layer and network header, seconds, nanoseconds.
    let (len, room, net) = (word(0)? as usize, word(4)? as usize, usize::from(half(10)?));
    let at = i64::from(word(12)?) * 1_000_000_000 + i64::from(word(16)?);
    let link = parse_link(bytes.get(HEADER_LEN - 4..HEADER_LEN - 4 + 20)?)?;
    let from = net.checked_sub(4)?;
    let frame = bytes.get(from..from.checked_add(room)?)?;
    Some(Slot { bytes: frame, len, at: WallTime::from_ns(at), link })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_slot_can_be_read_beyond_its_end(mut bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = read_slot(&bytes);
            // One that says AF_PACKET, so that its lengths are looked at.
            if let Some(family) = bytes.get_mut(HEADER_LEN - 4..HEADER_LEN - 2) {
                family.copy_from_slice(&(libc::AF_PACKET as u16).to_ne_bytes());
                let _ = read_slot(&bytes);
            }
        }
    }

    #[test]
    fn a_slot_is_read_field_by_field() {
        let mut bytes = vec![0; 252];
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        put(0, &99_u32.to_ne_bytes());
        put(4, &3_u32.to_ne_bytes());
        put(8, &80_u16.to_ne_bytes());
        put(10, &80_u16.to_ne_bytes());
        put(12, &7_u32.to_ne_bytes());
        put(16, &5_u32.to_ne_bytes());
        put(28, &(libc::AF_PACKET as u16).to_ne_bytes());
        put(32, &9_u32.to_ne_bytes());
        put(76, b"abc");
        let slot = read_slot(&bytes).unwrap();
        assert_eq!((slot.bytes, slot.len, slot.at.as_ns()), (&b"abc"[..], 99, 7_000_000_005));
        assert_eq!(slot.link.ifindex, 9);
    }
}
