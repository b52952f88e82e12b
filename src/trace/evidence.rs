//! What an answer gives evidence of, besides that somebody is there.

use super::answer::{Evidence, Nat, Reach, What};
use super::way::Way;
use super::{Config, Method};
use crate::net::Trouble;
use crate::probe::table::Slot;
use crate::units::Ttl;
use crate::wire::icmp::{ErrorKind, IcmpError};

/// What an ICMP error says to a trace; `None` for what is neither here nor there (source quench).
pub(super) fn meaning(error: IcmpError, from_target: bool) -> Option<What> {
    Some(match error.kind() {
        ErrorKind::TimeExceededTransit | ErrorKind::TimeExceededReassembly | ErrorKind::TimeExceededOther => {
            What::TimeExceeded(error)
        }
        ErrorKind::PortUnreachable => What::Reached(Reach::PortUnreachable(error)),
        ErrorKind::ProtocolUnreachable if from_target => What::Reached(Reach::PortUnreachable(error)),
        ErrorKind::SourceQuench | ErrorKind::Redirect | ErrorKind::Other => return None,
        _ => What::Error(error),
    })
}

/// What the quote of a probe shows.
pub(super) fn of_quote(trouble: &Trouble<'_>, slot: &Slot, way: &Way, config: &Config) -> Evidence {
    let quote = trouble.quote.as_ref();
    let mtu = match trouble.error.kind() {
        ErrorKind::PacketTooBig { mtu } => Some(mtu).filter(|mtu| *mtu > 0),
        _ => None,
    };
    let source = quote.map(|quote| quote.src).filter(|src| way.target.source.is_some_and(|ours| ours != *src));
    let port =
        quote.and_then(|quote| quote.src_port).filter(|port| config.source_port.is_some_and(|ours| ours != *port));
    // A checksum of zero is one that somebody did not keep (or, in UDP over IPv4, never had).
    let sums = trouble.quoted_checksum.filter(|sum| *sum != 0).zip(slot.checksum());
    let checksum = sums.map_or(0, |(quoted, sent)| quoted.wrapping_sub(sent));
    let nat = Nat { source, port, checksum };
    let is_nat = source.is_some() || port.is_some() || (checksum != 0 && config.method != Method::Icmp);
    Evidence { nat: is_nat.then_some(nat), mtu, ..quote.map(Evidence::of).unwrap_or_default() }
}

/// The target's distance by a quote of its own: the hop limit that was left when the probe came in.
pub(super) fn distance(sent: usize, quoted: Option<Ttl>) -> Option<usize> {
    let left = usize::from(quoted?.0);
    (left > 0 && left <= sent).then(|| sent - left + 1)
}

/// Hops that an answer came by, if it left with the next usual hop limit above what it arrived with.
pub(super) fn return_length(arrived: Ttl) -> u8 {
    let left = [64, 128].into_iter().find(|usual| arrived.0 <= *usual).unwrap_or(255);
    (left - arrived.0).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_is_guessed_from_the_usual_hop_limits() {
        assert_eq!([64, 57, 128, 119, 255, 243, 1].map(|ttl| return_length(Ttl(ttl))), [1, 8, 1, 10, 1, 13, 64]);
    }

    #[test]
    fn a_distance_by_quote_is_no_more_than_what_was_sent() {
        assert_eq!(distance(20, Some(Ttl(12))), Some(9));
        assert_eq!(distance(12, Some(Ttl(1))), Some(12));
        assert_eq!(distance(12, Some(Ttl(0))), None);
        assert_eq!(distance(12, Some(Ttl(13))), None);
        assert_eq!(distance(12, None), None);
    }
}
