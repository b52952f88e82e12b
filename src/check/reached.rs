//! Answers of ports as ping's session knows answers: a SYN-ACK, data, or the host's own "port unreachable" is what was
//! asked for, a reset is a refusal.
//!
//! A datagram that answers may say nothing of which probe it answers but the port it came to, so each probe goes by a flow
//! of its own, as far as there are flows, and the newest probe of a flow is the one that is answered.

use super::Method;
use super::run::Run;
use crate::clock::Now;
use crate::net::{Answer, Arrival, Claim, Event, Peer, Reached, Reply, Trouble};
use crate::probe::Machine as _;
use crate::units::{Family, Seq};
use crate::wire::icmp::IcmpError;

/// Bytes that the session takes for a header in front of the payload.
const HEADER: usize = 8;

impl Run {
    /// Hears what answers a TCP or UDP probe.
    pub(super) fn heard_of_port(&mut self, now: Now, event: &Event<'_>) {
        match event {
            Event::Reached(reached) => self.reached(now, reached),
            Event::Error(trouble) => {
                let claim = self.numbered(trouble.claim);
                let own_word = matches!(self.method, Method::Udp(_))
                    && trouble.offender == claim.peer.addr
                    && is_port_unreachable(&trouble.error);
                if own_word {
                    self.answered(now, claim, trouble.arrival);
                } else {
                    self.session.heard(now, &Event::Error(Trouble { claim, ..*trouble }));
                }
            }
            Event::Local { claim, errno, mtu } => {
                let claim = claim.map(|claim| self.numbered(claim));
                self.session.heard(now, &Event::Local { claim, errno: *errno, mtu: *mtu });
            }
            _ => self.session.heard(now, event),
        }
    }

    fn reached(&mut self, now: Now, reached: &Reached<'_>) {
        let claim = self.numbered(reached.claim);
        match (self.method, reached.how) {
            (Method::Tcp(_), Reply::SynAck) | (Method::Udp(_), Reply::Data) => {
                self.answered(now, claim, reached.arrival);
            }
            (Method::Tcp(_), Reply::Rst) => self.reset(now, claim, reached.from, reached.arrival),
            // Nothing that was asked is answered so.
            _ => self.session.heard(now, &Event::Foreign { from: reached.from.addr }),
        }
    }

    fn answered(&mut self, now: Now, claim: Claim, arrival: Arrival) {
        let answer = Answer {
            claim,
            arrival,
            payload: &[],
            icmp_len: HEADER + self.size,
            checksum_ok: true,
            options: &[],
            far: None,
            packet: &[],
            has_ip_header: false,
        };
        self.session.heard(now, &Event::Answer(answer));
    }

    /// A reset settles its probe as an error does, and is told apart from one where samples are taken.
    fn reset(&mut self, now: Now, claim: Claim, from: Peer, arrival: Arrival) {
        let family = Family::of(from.addr);
        let (ty, code) = if family == Family::V4 { (3, 3) } else { (1, 4) };
        let error = IcmpError { family, ty, code, info: 0 };
        let trouble = Trouble::unquoted(claim, arrival, from.addr, error);
        self.mark_reset(from, true);
        self.session.heard(now, &Event::Error(trouble));
        self.gather();
        self.mark_reset(from, false);
    }

    fn mark_reset(&mut self, peer: Peer, is_reset: bool) {
        for index in self.by_addr.get(&peer.addr).into_iter().flatten() {
            if let Some(host) = self.hosts.get_mut(*index) {
                host.is_reset = is_reset;
            }
        }
    }

    /// The claim with a number: where the bytes name none, that of the newest probe of its flow.
    fn numbered(&self, claim: Claim) -> Claim {
        if claim.seq.is_some() {
            return claim;
        }
        let hosts = self.by_addr.get(&claim.peer.addr).into_iter().flatten();
        let newest = hosts.filter_map(|index| Some(self.hosts.get(*index)?.samples.fates.len() as u64)).max();
        let config = self.session.config();
        let is_of_flow = |number: &u64| claim.flow.is_none_or(|flow| config.flow_of(*number) == flow);
        let number = (1..=newest.unwrap_or(0)).rev().take(usize::from(config.flows.max(1))).find(is_of_flow);
        Claim { seq: number.map(Seq::of_number), ..claim }
    }
}

/// RFC 792: type 3, code 3; RFC 4443 §3.1: type 1, code 4.
fn is_port_unreachable(error: &IcmpError) -> bool {
    matches!((error.family, error.ty, error.code), (Family::V4, 3, 3) | (Family::V6, 1, 4))
}

#[cfg(test)]
#[path = "reached_tests.rs"]
mod tests;
