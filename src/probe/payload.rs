//! What a probe carries and what a reply proves by bringing it back.
//!
//! The keyed token stands in the first eight bytes, the pattern behind it. A reply whose token is wrong belongs to somebody
//! else, even if the rest fits: another command that runs under the same ident sends the same pattern. Only a token with at
//! most [`DAMAGED`] wrong bytes is taken as ours and hurt on the way; a stranger hits that once in 10^13 replies.

use super::token::{self, DAMAGED, Proof, TOKEN_LEN, Tokens};
use crate::net::Exchange;

/// What fills a probe behind its token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Pattern {
    /// The byte's own offset in the payload, as iputils does.
    #[default]
    Counting,
    /// These bytes, repeated.
    Bytes(Vec<u8>),
}

/// How a payload compares to a probe's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// It is this probe's; with the offset of its first wrong byte, if one is.
    Same(Proof, Option<usize>),
    /// It is not.
    Other,
}

/// The payload of every probe of a session, but for the token.
#[derive(Clone, Debug)]
pub struct Payload {
    template: Vec<u8>,
    exchange: Exchange,
    has_token: bool,
    tokens: Tokens,
}

impl Payload {
    /// Of so many bytes, with tokens under this key. A timestamp request has none.
    #[must_use]
    pub fn new(exchange: Exchange, size: usize, pattern: &Pattern, key: &[u8; 16]) -> Self {
        let size = if exchange == Exchange::Timestamp { 0 } else { size };
        let has_token = size >= TOKEN_LEN;
        let start = if has_token { TOKEN_LEN } else { 0 };
        let byte = |at: usize| match pattern {
            Pattern::Bytes(bytes) if !bytes.is_empty() => bytes[at.saturating_sub(start) % bytes.len()],
            _ => (at & 0xff) as u8,
        };
        Payload { template: (0..size).map(byte).collect(), exchange, has_token, tokens: Tokens::new(key) }
    }

    /// Bytes of a payload.
    #[must_use]
    pub fn len(&self) -> usize {
        self.template.len()
    }

    /// Whether there is no payload at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.template.is_empty()
    }

    /// Whether it is long enough to carry a token.
    #[must_use]
    pub fn has_token(&self) -> bool {
        self.has_token
    }

    /// The token of a probe; zeros where none would be carried.
    #[must_use]
    pub fn token(&self, target: u32, number: u64) -> [u8; TOKEN_LEN] {
        if self.has_token { self.tokens.of(target, number) } else { [0; TOKEN_LEN] }
    }

    /// Writes a probe's payload, or as much of it as fits.
    pub fn write(&self, token: &[u8; TOKEN_LEN], out: &mut [u8]) {
        let len = out.len().min(self.template.len());
        out[..len].copy_from_slice(&self.template[..len]);
        if let Some(head) = out.first_chunk_mut::<TOKEN_LEN>().filter(|_| self.has_token) {
            *head = *token;
        }
    }

    /// Compares what a reply brought, as far as it was read, with the payload of the probe that has this token.
    #[must_use]
    pub fn compare(&self, token: &[u8; TOKEN_LEN], got: &[u8]) -> Likeness {
        if self.exchange == Exchange::Timestamp {
            // What follows the header are three times, the far host's own among them.
            return Likeness::Same(Proof::Weak, None);
        }
        if !self.has_token {
            // Nothing longer than our probe can be an answer to it.
            let Some(sent) = self.template.get(..got.len()) else { return Likeness::Other };
            return Likeness::Same(Proof::Weak, first_difference(sent, got));
        }
        let Some((head, rest)) = got.split_first_chunk::<TOKEN_LEN>() else {
            // The probe carried its proof and this brings none of it back.
            return Likeness::Other;
        };
        if head != token {
            return match token::wrong_bytes(token, head) {
                0..=DAMAGED => Likeness::Same(Proof::Weak, first_difference(token, head)),
                _ => Likeness::Other,
            };
        }
        let sent = self.template.get(TOKEN_LEN..).unwrap_or_default();
        let common = sent.len().min(rest.len());
        let wrong = first_difference(&sent[..common], &rest[..common]);
        let longer = (rest.len() > sent.len()).then_some(sent.len());
        Likeness::Same(Proof::Token, wrong.or(longer).map(|at| at + TOKEN_LEN))
    }

    /// The byte that a probe with this token has at an offset of its payload.
    #[must_use]
    pub fn byte(&self, token: &[u8; TOKEN_LEN], at: usize) -> Option<u8> {
        let in_token = token.get(at).filter(|_| self.has_token);
        in_token.or_else(|| self.template.get(at)).copied()
    }

    /// Whether bytes that an error quotes from behind the ICMP header can be this probe's; `Token` if they prove it.
    #[must_use]
    pub fn quoted(&self, token: &[u8; TOKEN_LEN], quote: &[u8]) -> Option<Proof> {
        if self.has_token { token::quoted(token, quote) } else { Some(Proof::Weak) }
    }
}

fn first_difference(a: &[u8], b: &[u8]) -> Option<usize> {
    if a == b {
        return None;
    }
    a.iter().zip(b).position(|(a, b)| a != b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(size: usize) -> Payload {
        Payload::new(Exchange::Echo, size, &Pattern::Counting, &[1; 16])
    }

    fn bytes_of(payload: &Payload, number: u64) -> Vec<u8> {
        let mut out = vec![0; payload.len()];
        payload.write(&payload.token(0, number), &mut out);
        out
    }

    #[test]
    fn the_pattern_fills_behind_the_token() {
        let counting = bytes_of(&payload(56), 1);
        assert_eq!(counting[8..12], [8, 9, 10, 11]);
        let pattern = Payload::new(Exchange::Echo, 12, &Pattern::Bytes(vec![0xa, 0xb, 0xc]), &[1; 16]);
        assert_eq!(bytes_of(&pattern, 1)[8..], [0xa, 0xb, 0xc, 0xa]);
        let small = Payload::new(Exchange::Echo, 4, &Pattern::Bytes(vec![0xa, 0xb, 0xc]), &[1; 16]);
        assert_eq!(bytes_of(&small, 1), [0xa, 0xb, 0xc, 0xa]);
        assert_eq!(bytes_of(&payload(300), 1)[255..258], [255, 0, 1]);
    }

    #[test]
    fn what_comes_back_whole_is_proof() {
        let payload = payload(56);
        let token = payload.token(0, 1);
        let mut got = bytes_of(&payload, 1);
        assert_eq!(payload.compare(&token, &got), Likeness::Same(Proof::Token, None));
        assert_eq!(payload.compare(&token, &got[..20]), Likeness::Same(Proof::Token, None), "cut short");
        got[40] ^= 1;
        assert_eq!(payload.compare(&token, &got), Likeness::Same(Proof::Token, Some(40)));
        got[40] ^= 1;
        got.push(0);
        assert_eq!(payload.compare(&token, &got), Likeness::Same(Proof::Token, Some(56)), "longer than was sent");
    }

    #[test]
    fn a_hurt_token_is_ours_and_a_strange_one_is_not() {
        let payload = payload(56);
        let token = payload.token(0, 1);
        let mut got = bytes_of(&payload, 1);
        got[3] ^= 0x10;
        assert_eq!(payload.compare(&token, &got), Likeness::Same(Proof::Weak, Some(3)));
        got[5] = !got[5];
        assert_eq!(payload.compare(&token, &got), Likeness::Same(Proof::Weak, Some(3)));
        got[6] ^= 1;
        assert_eq!(payload.compare(&token, &got), Likeness::Other);
        assert_eq!(payload.compare(&token, &bytes_of(&payload, 2)), Likeness::Other, "same pattern, other token");
        assert_eq!(payload.compare(&token, &got[..7]), Likeness::Other);
        assert_eq!(payload.compare(&token, &[]), Likeness::Other);
    }

    #[test]
    fn without_a_token_the_bytes_must_fit() {
        let payload = payload(4);
        assert_eq!(payload.compare(&[0; 8], &[0, 1, 2, 3]), Likeness::Same(Proof::Weak, None));
        assert_eq!(payload.compare(&[0; 8], &[0, 1]), Likeness::Same(Proof::Weak, None));
        assert_eq!(payload.compare(&[0; 8], &[0, 1, 9, 3]), Likeness::Same(Proof::Weak, Some(2)));
        assert_eq!(payload.compare(&[0; 8], &[0, 1, 2, 3, 4]), Likeness::Other);
    }

    #[test]
    fn a_quote_proves_as_much_as_it_holds() {
        let payload = payload(56);
        let token = payload.token(0, 1);
        assert_eq!(payload.quoted(&token, &[]), Some(Proof::Weak));
        assert_eq!(payload.quoted(&token, &token[..4]), Some(Proof::Weak));
        assert_eq!(payload.quoted(&token, &bytes_of(&payload, 1)), Some(Proof::Token));
        assert_eq!(payload.quoted(&token, &bytes_of(&payload, 2)), None);
    }
}
