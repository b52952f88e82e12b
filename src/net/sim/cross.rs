//! A probe on its way through routers: where it ends, and what is said of it there.
//!
//! Where it ends is settled as it leaves; whether the router there may speak is settled when the probe is there, because
//! limits are shared between probes that overtake each other.

use std::net::IpAddr;

use super::limit::Limit;
use super::log::What;
use super::packet::{Coming, message};
use super::path::Stamps;
use super::rng::Rng;
use super::route::{Balance, Quoted, Replies, Route, Router, Sockets};
use super::spoken::{Says, Spoken};
use super::world::Sim;
use crate::clock::{Stage, as_ns};
use crate::net::{Claim, Exchange, NotSent, Peer, Probe, Quote, Reply, SentAt};
use crate::sys::errno::EMSGSIZE;
use crate::units::{Family, Port, Seq, Ttl};
use crate::wire::icmp::IcmpError;

/// Our own addresses.
pub(super) const OURS: (IpAddr, IpAddr) = (
    IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)),
    IpAddr::V6(std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
);

/// The first of our source ports.
const PORT: u16 = 50_000;

/// What a translated checksum is off by.
const TRANSLATION: u16 = 0x1234;

/// A probe at the router or host that ends it.
#[derive(Clone, Debug)]
pub(super) struct Crossing {
    limit: Option<Limit>,
    back: u64,
    copies: u32,
    spoken: Spoken,
}

/// A probe as it is passed on.
struct Passing {
    src: IpAddr,
    tos: u8,
    left: u8,
    sum: u16,
    size: u32,
}

/// What ends it.
enum Ended<'a> {
    Expired(&'a Router),
    Refused(&'a Router, IcmpError),
    There,
    Gone,
}

impl Sim {
    /// Everything that is done with a probe whose target stands behind routers.
    pub(super) fn treat_route(
        &mut self,
        route: &Route,
        probe: &Probe,
        payload: &[u8],
        index: usize,
    ) -> Result<SentAt, NotSent> {
        let at = self.reading();
        let family = Family::of(probe.to.addr);
        let ip = if family == Family::V4 { 20 } else { 40 };
        let headers = ip + if probe.exchange == Exchange::Tcp { 20 } else { 8 };
        let size = payload.len() as u32 + headers;
        let refused = route.local_mtu.filter(|mtu| size > *mtu).map(|mtu| NotSent { errno: EMSGSIZE, mtu: Some(mtu) });
        if let Some(why) = refused.or(self.refuse) {
            if let Some(record) = self.log.probes.get_mut(index) {
                record.refused = true;
            }
            return Err(why);
        }
        let sum = self.checksum(family, probe, payload);
        let shown = match self.path.stamps {
            Stamps::AtOnce => Some(as_ns(self.path.departure)),
            Stamps::After(late) => Some(as_ns(late)),
            Stamps::Never => None,
        };
        let left = at.boot.as_ns() + as_ns(self.path.departure);
        if let Some(shown) = shown.filter(|_| probe.stamp) {
            let stamp = Coming::Stamp { key: probe.key, stage: Stage::Driver, at: at.wall + self.path.departure };
            self.coming.push(at.boot.as_ns() + shown, stamp);
        }
        let ours = if family == Family::V4 { OURS.0 } else { OURS.1 };
        let left_with = probe.ttl.map_or(64, |ttl| ttl.0);
        let mut passing = Passing { src: ours, tos: self.tos, left: left_with, sum, size };
        let crossing = match walk(route, &mut passing, probe, &mut self.rng) {
            Ended::Gone => None,
            Ended::Expired(router) => {
                let error = time_exceeded(family);
                self.error(router, error, &passing, probe, payload, index)
            }
            Ended::Refused(router, error) => self.error(router, error, &passing, probe, payload, index),
            Ended::There => self.host(route, &passing, probe, payload, index),
        };
        if let Some((crossing, there)) = crossing {
            self.coming.push(left + there, Coming::Crossing(Box::new(crossing)));
        }
        self.boot = self.boot.saturating_add(as_ns(self.send_cost));
        let known = match (probe.exchange, self.sockets) {
            (Exchange::Udp, Sockets::Plain) => false,
            (Exchange::Udp | Exchange::Tcp, _) => true,
            _ => family == Family::V4,
        };
        Ok(SentAt { at, checksum: known.then_some(sum) })
    }

    /// The transport checksum that it leaves with.
    fn checksum(&self, family: Family, probe: &Probe, payload: &[u8]) -> u16 {
        match (probe.exchange, self.sockets) {
            (Exchange::Udp, Sockets::Raw) => probe.seq.0,
            (Exchange::Udp | Exchange::Tcp, _) => 0x4000 ^ probe.seq.0.wrapping_mul(31),
            _ => {
                let bytes = message(if family == Family::V4 { 8 } else { 128 }, probe.seq, payload);
                u16::from_be_bytes([bytes[2], bytes[3]])
            }
        }
    }

    fn error(
        &mut self,
        router: &Router,
        error: IcmpError,
        passing: &Passing,
        probe: &Probe,
        payload: &[u8],
        index: usize,
    ) -> Option<(Crossing, u64)> {
        let udp = probe.exchange == Exchange::Udp;
        let quotes_payload = router.quoted == Quoted::All;
        let seq = match (udp, self.sockets) {
            (true, Sockets::Raw) => Some(Seq(passing.sum)),
            (true, Sockets::Plain) => quotes_payload.then_some(probe.seq),
            _ => Some(probe.seq),
        };
        let ports = probe.exchange == Exchange::Udp || probe.exchange == Exchange::Tcp;
        let port = |port: u16| ports.then_some(Port(port));
        let ip = if passing.src.is_ipv4() { 20 } else { 40 };
        let len = if quotes_payload { passing.size as usize } else { ip + 8 };
        let quote = Quote {
            src: passing.src,
            ttl: Ttl(router.quoted_ttl.unwrap_or(passing.left)),
            tos: passing.tos,
            ip_ident: passing.src.is_ipv4().then_some(probe.seq.0),
            total_len: passing.size,
            dont_fragment: true,
            src_port: port(PORT + probe.flow),
            dst_port: port(33_434),
            len,
        };
        // The kernel shows the first eight octets of what a ping socket sent, and no header of an ordinary UDP socket's.
        let sum = (!udp || self.sockets != Sockets::Plain).then_some(passing.sum);
        let quote = Some(quote).filter(|_| self.sockets != Sockets::Plain);
        let payload = if quotes_payload { payload.to_vec() } else { Vec::new() };
        let says = Says::Error { error, sum, quote, extensions: router.extensions.clone() };
        let flow = ports.then_some(probe.flow);
        let claim = Claim { peer: probe.to, exchange: probe.exchange, seq, flow };
        let (what, from) = (What::Error, Peer::from(router.addr));
        self.spoken(router, Spoken { probe: index, what, from, claim, ttl: Ttl(router.ttl), says, payload })
    }

    fn host(
        &mut self,
        route: &Route,
        passing: &Passing,
        probe: &Probe,
        payload: &[u8],
        index: usize,
    ) -> Option<(Crossing, u64)> {
        let host = &route.host;
        let reply = match (route.replies, probe.exchange) {
            (Replies::Silence, _) => return None,
            (Replies::With(reply), _) => Some(reply),
            (Replies::Usual, Exchange::Tcp) => Some(Reply::Rst),
            (Replies::Usual, Exchange::Udp) => {
                let error = port_unreachable(Family::of(probe.to.addr));
                return self.error(host, error, passing, probe, payload, index);
            }
            (Replies::Usual, _) => None,
        };
        let (seq, says, payload) = match reply {
            // Data of its own says nothing of the probe.
            Some(Reply::Data) => (None, Says::Reply(Reply::Data), b"hello".to_vec()),
            Some(reply) => (Some(probe.seq), Says::Reply(reply), Vec::new()),
            None => (Some(probe.seq), Says::Echo, payload.to_vec()),
        };
        let flow = reply.map(|_| probe.flow);
        let claim = Claim { peer: probe.to, exchange: probe.exchange, seq, flow };
        let from = Peer { addr: host.addr, scope: probe.to.scope };
        let unlimited = Router { limit: None, ..host.clone() };
        let what = What::Reply;
        self.spoken(&unlimited, Spoken { probe: index, what, from, claim, ttl: Ttl(host.ttl), says, payload })
    }

    /// When and how often it is said.
    fn spoken(&mut self, router: &Router, spoken: Spoken) -> Option<(Crossing, u64)> {
        if router.silent || self.rng.chance(router.loss) {
            return None;
        }
        let mut rtt = as_ns(router.rtt + self.rng.up_to(router.jitter));
        if self.rng.chance(router.late.0) {
            rtt += as_ns(router.late.1);
        }
        let there = as_ns(router.rtt) / 2;
        let copies = u32::from(self.rng.chance(router.duplicates));
        Some((Crossing { limit: router.limit, back: rtt - there, copies, spoken }, there))
    }

    /// A probe is where it ends: whoever is there speaks if it may.
    pub(super) fn crossed(&mut self, crossing: Crossing) {
        if crossing.limit.is_some_and(|limit| !self.buckets.allow(limit, self.boot)) {
            return;
        }
        let mut at = self.boot + crossing.back;
        for _ in 0..crossing.copies {
            self.coming.push(at, Coming::Spoken(Box::new(crossing.spoken.clone())));
            at += crossing.back / 2;
        }
        self.coming.push(at, Coming::Spoken(Box::new(crossing.spoken)));
    }
}

/// Passes a probe on until it ends.
fn walk<'a>(route: &'a Route, passing: &mut Passing, probe: &Probe, rng: &mut Rng) -> Ended<'a> {
    let count = route.hops.len();
    let mut place = 0;
    // A hop limit has eight bits: no way is longer.
    for _ in 0..=255 {
        if place >= count {
            match route.loops_to {
                Some(again) => place = again,
                None => return if passing.left > 0 { Ended::There } else { Ended::Gone },
            }
        }
        let Some((by, routers)) = route.hops.get(place) else { return Ended::Gone };
        let pick = match by {
            Balance::Packet => rng.below(routers.len() as u64),
            Balance::Flow => {
                let icmp = if matches!(probe.exchange, Exchange::Echo) { passing.sum } else { 0 };
                flow_hash(probe, icmp).wrapping_add(place as u64) % routers.len().max(1) as u64
            }
        };
        let Some(router) = routers.get(pick as usize) else { return Ended::Gone };
        if passing.left <= 1 {
            return Ended::Expired(router);
        }
        if let Some(error) = router.refuses {
            return Ended::Refused(router, error);
        }
        if let Some((mtu, says_so)) = router.mtu.filter(|(mtu, _)| passing.size > *mtu) {
            let error = super::plan::too_big(Family::of(probe.to.addr), mtu);
            return if says_so { Ended::Refused(router, error) } else { Ended::Gone };
        }
        if rng.chance(router.drops) {
            return Ended::Gone;
        }
        passing.left -= 1;
        if let Some(addr) = router.translates_to {
            passing.src = addr;
            if probe.exchange != Exchange::Echo {
                passing.sum = passing.sum.wrapping_add(TRANSLATION);
            }
        }
        if let Some((keeps, sets)) = router.tos {
            passing.tos = passing.tos & keeps | sets;
        }
        place += 1;
    }
    Ended::Gone
}

fn flow_hash(probe: &Probe, icmp: u16) -> u64 {
    let addr = match probe.to.addr {
        IpAddr::V4(addr) => u64::from(addr.to_bits()),
        IpAddr::V6(addr) => addr.to_bits() as u64,
    };
    let mixed = (addr ^ (u64::from(probe.flow) << 32) ^ (u64::from(icmp) << 48)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed >> 40
}

fn time_exceeded(family: Family) -> IcmpError {
    IcmpError { family, ty: if family == Family::V4 { 11 } else { 3 }, code: 0, info: 0 }
}

fn port_unreachable(family: Family) -> IcmpError {
    match family {
        Family::V4 => IcmpError { family, ty: 3, code: 3, info: 0 },
        Family::V6 => IcmpError { family, ty: 1, code: 4, info: 0 },
    }
}
