//! The proof that a reply answers us: eight bytes at the head of a probe's payload that only this run can make.
//!
//! SipHash-2-4 (Aumasson and Bernstein, 2012) of target and number under a key drawn for each run: whoever has not seen the
//! probe can neither guess its token nor compute one from another's.

use siphasher::sip::SipHasher24;

/// Bytes of a token.
pub const TOKEN_LEN: usize = 8;

/// How surely a reply answers its probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It carries the probe's keyed token.
    Token,
    /// It carries no token (too small, a timestamp, an 8-byte quote): source, ident, sequence and checksum fit.
    Weak,
}

impl Proof {
    /// Its name, for machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Proof::Token => "token",
            Proof::Weak => "weak",
        }
    }
}

/// Wrong bytes in a token that is still ours: a stranger hits that once in 10^13 replies.
pub const DAMAGED: usize = 2;

/// How many bytes of a token that came back are wrong.
#[must_use]
pub fn wrong_bytes(sent: &[u8; TOKEN_LEN], got: &[u8; TOKEN_LEN]) -> usize {
    got.iter().zip(sent).filter(|(a, b)| a != b).count()
}

/// Whether what is quoted of a probe from its token on can be this probe's; [`Proof::Token`] if it proves it.
#[must_use]
pub fn quoted(token: &[u8; TOKEN_LEN], quote: &[u8]) -> Option<Proof> {
    let seen = quote.len().min(TOKEN_LEN);
    if quote.get(..seen)? == token.get(..seen)? {
        return Some(if seen == TOKEN_LEN { Proof::Token } else { Proof::Weak });
    }
    let end = quote.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    (end < TOKEN_LEN && quote.get(..end)? == token.get(..end)?).then_some(Proof::Weak)
}

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
    fn a_quote_proves_as_much_as_it_holds() {
        let token = *b"tokentok";
        let padded = |n: usize| [&token[..n], &[0; 100]].concat();
        for n in 0..TOKEN_LEN {
            assert_eq!(quoted(&token, &token[..n]), Some(Proof::Weak));
            assert_eq!(quoted(&token, &padded(n)), Some(Proof::Weak), "zeros are padding");
            let mut lie = padded(n);
            lie[n] ^= 1;
            assert_eq!(quoted(&token, &lie), None);
            let mut behind = padded(n);
            behind[50] = 1;
            assert_eq!(quoted(&token, &behind), None, "what follows is no padding");
        }
        assert_eq!(quoted(&token, &padded(TOKEN_LEN)), Some(Proof::Token));
    }

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
