//! The proof that a reply answers us: eight bytes at the head of a probe's payload that only this run can make.
//!
//! SipHash-2-4 (Aumasson and Bernstein, 2012) of target and number under a key drawn for each run: whoever has not seen the
//! probe can neither guess its token nor compute one from another's.

use siphasher::sip::SipHasher24;

/// Bytes of a token.
pub const TOKEN_LEN: usize = 8;

/// Makes the tokens of one run.
#[derive(Clone, Debug)]
pub struct Tokens {
    hasher: SipHasher24,
}

impl Tokens {
    /// Under this key, which should be random.
    #[must_use]
    pub fn new(key: &[u8; 16]) -> Self {
        Tokens { hasher: SipHasher24::new_with_key(key) }
    }

    /// The token of one probe of one target.
    #[must_use]
    pub fn of(&self, target: u32, number: u64) -> [u8; TOKEN_LEN] {
        let mut input = [0; 12];
        input[..4].copy_from_slice(&target.to_le_bytes());
        input[4..].copy_from_slice(&number.to_le_bytes());
        self.hasher.hash(&input).to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_depends_on_key_target_and_number() {
        let tokens = Tokens::new(&[7; 16]);
        let one = tokens.of(0, 1);
        assert_eq!(one, Tokens::new(&[7; 16]).of(0, 1));
        assert_ne!(one, tokens.of(1, 1));
        assert_ne!(one, tokens.of(0, 2));
        assert_ne!(one, tokens.of(0, 65_537), "numbers do not wrap in tokens");
        assert_ne!(one, Tokens::new(&[8; 16]).of(0, 1));
    }
}
