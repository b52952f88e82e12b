//! Control messages (`cmsg(3)`) without pointers: an encoder and a bounded iterator over bytes.
//!
//! The layout is the kernel's `struct cmsghdr` (`include/linux/socket.h`): a length that counts the header, level, type,
//! data, each padded to the size of a C `long`. It is read and written as bytes, so that a wrong length can cut a message
//! short but never lead out of the buffer, and nothing here is `unsafe`.

use super::address::array;

/// Alignment of headers and data.
const ALIGN: usize = std::mem::size_of::<usize>();
/// Length of a header: a `size_t` and two ints, a multiple of [`ALIGN`] on 32- and 64-bit systems.
const HEADER: usize = ALIGN + 8;

/// Bytes that a message with this much data takes.
#[must_use]
pub const fn space(data: usize) -> usize {
    HEADER + data.div_ceil(ALIGN) * ALIGN
}

/// One control message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// `cmsg_level`.
    pub level: i32,
    /// `cmsg_type`.
    pub ty: i32,
    /// What stands behind the header.
    pub data: &'a [u8],
}

/// Iterates over the control messages that the kernel wrote; ends at the first that does not fit in.
#[derive(Clone, Debug)]
pub struct Messages<'a> {
    rest: &'a [u8],
}

impl<'a> Messages<'a> {
    /// Over `msg_controllen` bytes of a control buffer.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Messages { rest: bytes }
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Message<'a>> {
        let len = usize::from_ne_bytes(array(self.rest, 0)?);
        let level = i32::from_ne_bytes(array(self.rest, ALIGN)?);
        let ty = i32::from_ne_bytes(array(self.rest, ALIGN + 4)?);
        let data = self.rest.get(HEADER..len)?;
        self.rest = self.rest.get(space(data.len())..).unwrap_or(&[]);
        Some(Message { level, ty, data })
    }
}

/// Writes control messages one behind the other.
#[derive(Debug)]
pub struct Encoder<'a> {
    buffer: &'a mut [u8],
    len: usize,
}

impl<'a> Encoder<'a> {
    /// Into a buffer that is aligned for a `long`.
    pub fn new(buffer: &'a mut [u8]) -> Self {
        Encoder { buffer, len: 0 }
    }

    /// Appends a message and returns where its data begins; `None`, and nothing written, if it does not fit.
    pub fn push(&mut self, level: i32, ty: i32, data: &[u8]) -> Option<usize> {
        let start = self.len;
        let slot = self.buffer.get_mut(start..start + space(data.len()))?;
        slot.fill(0);
        slot[..ALIGN].copy_from_slice(&(HEADER + data.len()).to_ne_bytes());
        slot[ALIGN..ALIGN + 4].copy_from_slice(&level.to_ne_bytes());
        slot[ALIGN + 4..HEADER].copy_from_slice(&ty.to_ne_bytes());
        slot[HEADER..HEADER + data.len()].copy_from_slice(data);
        self.len = start + slot.len();
        Some(start + HEADER)
    }

    /// How many bytes are to be sent.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing was pushed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_layout_is_libcs() {
        assert_eq!(HEADER, std::mem::size_of::<libc::cmsghdr>());
        for n in 0..64_usize {
            // SAFETY: CMSG_SPACE only computes.
            assert_eq!(space(n), unsafe { libc::CMSG_SPACE(n as libc::c_uint) } as usize);
        }
    }

    proptest! {
        #[test]
        fn what_is_pushed_is_iterated(items in proptest::collection::vec((any::<i32>(), any::<i32>(), proptest::collection::vec(any::<u8>(), 0..40)), 0..6)) {
            let mut buffer = [0xa5_u8; 512];
            let mut e = Encoder::new(&mut buffer);
            let mut kept = Vec::new();
            for (level, ty, data) in &items {
                if let Some(at) = e.push(*level, *ty, data) {
                    kept.push((*level, *ty, data.clone(), at));
                }
            }
            let len = e.len();
            let seen: Vec<_> = Messages::new(&buffer[..len]).map(|m| (m.level, m.ty, m.data.to_vec())).collect();
            prop_assert_eq!(seen.len(), kept.len());
            for (s, k) in seen.iter().zip(&kept) {
                prop_assert_eq!((s.0, s.1, &s.2), (k.0, k.1, &k.2));
                prop_assert_eq!(&buffer[k.3..k.3 + k.2.len()], &k.2[..]);
            }
        }

        #[test]
        fn garbage_ends_the_iteration(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(Messages::new(&bytes).count() <= bytes.len());
        }
    }

    #[test]
    fn a_full_buffer_takes_nothing_more() {
        let mut buffer = [0_u8; 24];
        let mut e = Encoder::new(&mut buffer);
        assert!(e.push(1, 2, &[3; 8]).is_some());
        assert!(e.push(1, 2, &[]).is_none());
        assert_eq!(Messages::new(&buffer[..24]).count(), 1);
    }
}
