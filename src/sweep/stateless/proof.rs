//! What makes a probe ours without any memory of it: keyed hashes of the address it went to.
//!
//! The sequence number is 16 bits of a hash of the address, so that even an error that quotes nothing but the ICMP header
//! can be held against the address it quotes. The payload begins with our clock and a 64-bit SipHash of address and clock
//! under a second key: who has not seen the probe can make neither, and who has cannot put another time or sender in.
//! The hash is SipHash-1-3, which guards the tables of Rust and Python, and an address is hashed no longer than it is.

use std::net::IpAddr;

use siphasher::sip::SipHasher13;

use crate::clock::BootTime;
use crate::units::Seq;

/// Bytes at the head of the payload: clock and hash, big-endian.
pub const PROOF_LEN: usize = 16;

/// The keys of one run.
#[derive(Clone, Debug)]
pub struct Proof {
    sequence: SipHasher13,
    token: SipHasher13,
}

impl Proof {
    /// Under this key, which should be random.
    #[must_use]
    pub fn new(key: &[u8; 16]) -> Proof {
        let keys = SipHasher13::new_with_key(key);
        let derived = |n: u8| {
            let mut key = [0; 16];
            key[..8].copy_from_slice(&keys.hash(&[n, 0]).to_le_bytes());
            key[8..].copy_from_slice(&keys.hash(&[n, 1]).to_le_bytes());
            SipHasher13::new_with_key(&key)
        };
        Proof { sequence: derived(1), token: derived(2) }
    }

    /// The sequence number of the probe to an address.
    #[must_use]
    pub fn seq(&self, addr: IpAddr) -> Seq {
        let hash = match addr {
            IpAddr::V4(a) => self.sequence.hash(&a.octets()),
            IpAddr::V6(a) => self.sequence.hash(&a.octets()),
        };
        Seq((hash & 0xffff) as u16)
    }

    /// The head of the payload of a probe that leaves at `clock`.
    #[must_use]
    pub fn write(&self, addr: IpAddr, clock: BootTime) -> [u8; PROOF_LEN] {
        let mut head = [0; PROOF_LEN];
        head[..8].copy_from_slice(&clock.as_ns().to_be_bytes());
        head[8..].copy_from_slice(&self.token(addr, clock.as_ns()).to_be_bytes());
        head
    }

    /// When the probe left that this payload answers; `None` where it was not made here for this address, or changed.
    #[must_use]
    pub fn read(&self, addr: IpAddr, payload: &[u8]) -> Option<BootTime> {
        let (clock, rest) = payload.split_first_chunk::<8>()?;
        let (token, _) = rest.split_first_chunk::<8>()?;
        let clock = u64::from_be_bytes(*clock);
        (u64::from_be_bytes(*token) == self.token(addr, clock)).then_some(BootTime::from_ns(clock))
    }

    fn token(&self, addr: IpAddr, clock: u64) -> u64 {
        // Address, then clock. SipHash covers the length: no input of one family is one of the other.
        let mut input = [0; 24];
        let len = match addr {
            IpAddr::V4(a) => {
                input[..4].copy_from_slice(&a.octets());
                4
            }
            IpAddr::V6(a) => {
                input[..16].copy_from_slice(&a.octets());
                16
            }
        };
        input[len..len + 8].copy_from_slice(&clock.to_be_bytes());
        self.token.hash(&input[..len + 8])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn v4(n: u32) -> IpAddr {
        IpAddr::V4(n.into())
    }

    #[test]
    fn what_was_written_is_read_for_its_own_address_only() {
        let proof = Proof::new(&[5; 16]);
        let at = BootTime::from_ns(123_456_789);
        for addr in ["192.0.2.7", "2001:db8::7"] {
            let addr: IpAddr = addr.parse().unwrap();
            let mut head = proof.write(addr, at).to_vec();
            assert_eq!(proof.read(addr, &head), Some(at));
            assert_eq!(proof.read(v4(1), &head), None, "another sender");
            assert_eq!(Proof::new(&[6; 16]).read(addr, &head), None, "another run");
            assert_eq!(proof.read(addr, &head[..15]), None, "cut short");
            head.extend([9; 40]);
            assert_eq!(proof.read(addr, &head), Some(at), "what follows is not looked at");
        }
    }

    #[test]
    fn sequence_numbers_are_spread_and_depend_on_the_key() {
        let (one, other) = (Proof::new(&[1; 16]), Proof::new(&[2; 16]));
        let seqs: std::collections::HashSet<Seq> = (0..65_536).map(|n| one.seq(v4(n))).collect();
        // 65,536 balls into as many bins leave 63.2 % of them hit.
        assert!((40_500..42_400).contains(&seqs.len()), "{}", seqs.len());
        let same = (0..65_536).filter(|n| one.seq(v4(*n)) == other.seq(v4(*n))).count();
        assert!(same < 12, "{same} of 65,536 agree by chance");
        assert_eq!(one.seq(v4(77)), one.seq(v4(77)));
    }

    proptest! {
        #[test]
        fn no_altered_bit_passes(n: u32, at: u64, bit in 0_usize..128) {
            let proof = Proof::new(&[3; 16]);
            let mut head = proof.write(v4(n), BootTime::from_ns(at));
            head[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(proof.read(v4(n), &head), None);
        }

        #[test]
        fn no_guess_passes(n: u32, guess: [u8; 16]) {
            prop_assert_eq!(Proof::new(&[4; 16]).read(v4(n), &guess), None);
        }
    }
}
