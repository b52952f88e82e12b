//! What is said of a probe by a router or the host behind it, on its way back to us.

use super::log::What;
use super::packet::arrival;
use crate::clock::{Now, WallTime};
use crate::net::{Answer, Claim, Event, Peer, Quote, Reached, Reply, Trouble};
use crate::units::Ttl;
use crate::wire::icmp::IcmpError;

/// What is said of a probe.
#[derive(Clone, Debug)]
pub(super) struct Spoken {
    pub(super) probe: usize,
    pub(super) what: What,
    pub(super) from: Peer,
    pub(super) claim: Claim,
    pub(super) ttl: Ttl,
    pub(super) says: Says,
    pub(super) payload: Vec<u8>,
}

/// What it is.
#[derive(Clone, Debug)]
pub(super) enum Says {
    Echo,
    Reply(Reply),
    Error { error: IcmpError, sum: Option<u16>, quote: Option<Quote>, extensions: Option<Vec<u8>> },
}

impl Spoken {
    /// Gives it as an event.
    pub(super) fn tell(&self, kernel: Option<WallTime>, read: Now, hear: &mut dyn FnMut(Now, &Event<'_>)) {
        let mut arrival = arrival(kernel, None, read);
        arrival.ttl = Some(self.ttl);
        let (claim, from, payload) = (self.claim, self.from, self.payload.as_slice());
        match &self.says {
            Says::Echo => hear(
                read,
                &Event::Answer(Answer {
                    claim,
                    arrival,
                    payload,
                    icmp_len: payload.len() + 8,
                    checksum_ok: true,
                    options: &[],
                    far: None,
                    packet: &[],
                    has_ip_header: false,
                }),
            ),
            Says::Reply(how) => {
                hear(read, &Event::Reached(Reached { claim, arrival, from, how: *how, tcp: &[], payload }))
            }
            Says::Error { error, sum, quote, extensions } => hear(
                read,
                &Event::Error(Trouble {
                    claim,
                    arrival,
                    offender: from.addr,
                    error: *error,
                    quoted_checksum: *sum,
                    quoted_payload: payload,
                    quote: *quote,
                    extensions: extensions.as_deref(),
                    packet: &[],
                    has_ip_header: false,
                }),
            ),
        }
    }
}
