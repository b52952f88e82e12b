//! What stays constant between the probes of a trace, and what tells them apart all the same.
//!
//! Routers that balance by flow hash addresses, protocol and the first four octets behind the IP header. Of UDP and TCP
//! those are the ports, which the network holds constant. Of ICMP they are type, code and checksum (RFC 792), so the
//! checksum is the flow: two octets of the payload balance what the sequence number and the token add to it. A machine that
//! looks for many paths takes one of these for each flow and shares the rest.

use super::{Config, Method};
use crate::probe::token::{self, DAMAGED, Proof, TOKEN_LEN, Tokens};
use crate::units::{Family, Seq};
use crate::wire::checksum;

/// Octets that balance a checksum.
const BALANCE: usize = 2;

/// The payloads of one flow.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    size: usize,
    /// Where the token begins; `None`: there is no room for one.
    token_at: Option<usize>,
    /// Where the octets stand that balance the ICMP checksum.
    balance_at: Option<usize>,
    /// What sequence number and payload sum up to.
    sum: u16,
    tokens: Tokens,
}

impl Flow {
    pub(super) fn new(config: &Config) -> Self {
        let size = config.size;
        // The first octets of a datagram are the network's.
        let token_at = if config.method == Method::Udp { BALANCE } else { 0 };
        // One flow is worth more than proof: where there is room for one of them, it balances.
        let balances = config.method == Method::Icmp && config.one_flow && size >= BALANCE;
        let has_token = size >= token_at + TOKEN_LEN + if balances { BALANCE } else { 0 };
        let behind = if has_token { TOKEN_LEN } else { 0 };
        // Any constant would do; this one spreads neighbouring flows over the values. The ident is a part of the sum.
        let sum = config.flow.wrapping_mul(0x9e37).wrapping_add(0x7274);
        let ident = config.ident.map_or(0, |ident| ident.0);
        Flow {
            size,
            token_at: has_token.then_some(token_at),
            balance_at: balances.then_some(behind),
            sum: minus(sum, ident),
            tokens: Tokens::new(&config.token_key),
        }
    }

    /// Octets of a usual probe's payload.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// The least payload that carries all that a usual probe carries.
    pub(super) fn least(&self) -> usize {
        let token = self.token_at.map_or(0, |at| at + TOKEN_LEN);
        self.balance_at.map_or(token, |at| at + BALANCE).max(BALANCE.min(self.size))
    }

    /// The token of a probe; zeros where none would be carried.
    pub(super) fn token(&self, target: u32, number: u64) -> [u8; TOKEN_LEN] {
        if self.token_at.is_some() { self.tokens.of(target, number) } else { [0; TOKEN_LEN] }
    }

    /// Writes a probe's payload of any size from [`Flow::least`] on.
    pub(super) fn write(&self, family: Family, token: &[u8; TOKEN_LEN], seq: Seq, out: &mut [u8]) {
        let len = out.len();
        let fill_from = self.least().min(len);
        (fill_from..).zip(out.iter_mut().skip(fill_from)).for_each(|(at, byte)| *byte = (at & 0xff) as u8);
        if let Some(room) = self.token_at.and_then(|at| out.get_mut(at..at + TOKEN_LEN)) {
            room.copy_from_slice(token);
        }
        let Some(at) = self.balance_at.filter(|at| at + BALANCE <= len) else { return };
        // The pseudo-header of ICMPv6 has the length in it (RFC 8200 §8.1).
        let length = if family == Family::V6 { (len & 0xffff) as u16 } else { 0 };
        let others = checksum::add(checksum::add(checksum::sum(out), seq.0), length);
        if let Some(room) = out.get_mut(at..at + BALANCE) {
            room.copy_from_slice(&minus(self.sum, others).to_be_bytes());
        }
    }

    /// Whether what an error quotes from behind the transport header can be this probe's; `Token` if it proves it.
    pub(super) fn quoted(&self, token: &[u8; TOKEN_LEN], payload: &[u8]) -> Option<Proof> {
        match self.token_at {
            Some(at) => token::quoted(token, payload.get(at..).unwrap_or_default()),
            None => Some(Proof::Weak),
        }
    }

    /// Whether what came back is this probe's payload, and whether it was damaged on the way.
    pub(super) fn returned(&self, token: &[u8; TOKEN_LEN], payload: &[u8]) -> Option<(Proof, bool)> {
        let Some(at) = self.token_at else { return Some((Proof::Weak, false)) };
        match token::wrong_bytes(token, payload.get(at..)?.first_chunk()?) {
            0 => Some((Proof::Token, false)),
            1..=DAMAGED => Some((Proof::Weak, true)),
            _ => None,
        }
    }

    /// The token that stands in a payload.
    pub(super) fn token_in<'a>(&self, payload: &'a [u8]) -> Option<&'a [u8; TOKEN_LEN]> {
        payload.get(self.token_at?..)?.first_chunk()
    }
}

/// In ones' complement, where what is taken off is added turned (RFC 1071 §2).
fn minus(a: u16, b: u16) -> u16 {
    checksum::add(a, !b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Ident;

    fn config(method: Method, size: usize, flow: u16) -> Config {
        Config { method, size, flow, ..Config::new(Vec::new(), [3; 16]) }
    }

    /// An echo request as the wire has it, with its checksum.
    fn echo(flow: &Flow, ident: u16, number: u64, len: usize) -> (Vec<u8>, u16) {
        let mut packet = vec![8, 0, 0, 0];
        packet.extend_from_slice(&ident.to_be_bytes());
        packet.extend_from_slice(&Seq::of_number(number).0.to_be_bytes());
        packet.resize(8 + len, 0);
        let token = flow.token(0, number);
        flow.write(Family::V4, &token, Seq::of_number(number), &mut packet[8..]);
        let sum = checksum::checksum(&packet);
        (packet, sum)
    }

    #[test]
    fn the_checksum_of_a_flow_is_one_and_of_another_flow_another() {
        for size in [2, 3, 9, 10, 11, 32, 56, 1472] {
            let sums = |number: u16| {
                let flow = Flow::new(&config(Method::Icmp, size, number));
                let sums: Vec<u16> = (1..300).map(|number| echo(&flow, 77, number, size).1).collect();
                assert!(sums.iter().all(|sum| *sum == sums[0]), "{size}: {sums:?}");
                sums[0]
            };
            assert_ne!(sums(0), sums(1), "{size}");
        }
    }

    #[test]
    fn sizes_of_one_flow_have_one_checksum_and_so_have_runs_that_know_their_ident() {
        let flow = Flow::new(&config(Method::Icmp, 32, 4));
        assert_eq!(echo(&flow, 77, 1, 32).1, echo(&flow, 77, 2, 1400).1);
        let with = |ident| Flow::new(&Config { ident: Some(Ident(ident)), ..config(Method::Icmp, 32, 4) });
        assert_eq!(echo(&with(77), 77, 1, 32).1, echo(&with(0xff00), 0xff00, 9, 32).1);
    }

    #[test]
    fn what_is_quoted_or_returned_proves_as_much_as_it_holds() {
        for (method, at) in [(Method::Icmp, 0), (Method::Udp, 2)] {
            let flow = Flow::new(&config(method, 32, 0));
            let (token, mut payload) = (flow.token(1, 9), vec![0; 32]);
            flow.write(Family::V6, &token, Seq(9), &mut payload);
            assert_eq!(flow.quoted(&token, &payload), Some(Proof::Token));
            assert_eq!(flow.quoted(&token, &payload[..6]), Some(Proof::Weak));
            assert_eq!(flow.quoted(&token, &[]), Some(Proof::Weak));
            assert_eq!(flow.quoted(&flow.token(1, 8), &payload), None);
            assert_eq!(flow.returned(&token, &payload), Some((Proof::Token, false)));
            assert_eq!(flow.token_in(&payload), Some(&token));
            payload[at] ^= 1;
            assert_eq!(flow.returned(&token, &payload), Some((Proof::Weak, true)));
            assert_eq!(flow.returned(&token, &payload[..4]), None);
        }
        let bare = Flow::new(&config(Method::Tcp, 0, 0));
        assert_eq!(bare.quoted(&[0; 8], &[]), Some(Proof::Weak));
        bare.write(Family::V4, &[0; 8], Seq(1), &mut []);
    }
}
