//! The end of a packet's way: the host that it reaches, or the place where it would be.

use std::net::{IpAddr, Ipv4Addr};

use super::{Due, Network, Outcome, Speaker, sight, ttl_of};
use crate::lab::responder::faults::{ErrorSpec, Strangers};
use crate::lab::responder::hosts::{Closed, HostSpec};
use crate::lab::responder::limit::Who;
use crate::lab::responder::log::{Action, Kind};
use crate::lab::responder::message::{Sight, echo_reply, ms_since_midnight, timestamp_reply};
use crate::lab::responder::options::recorded;
use crate::lab::responder::packet::Outgoing;
use crate::lab::responder::plan::{Plan, jitter, ns};
use crate::lab::responder::probe::Probe;
use crate::lab::responder::scenario::{Scenario, of_family};
use crate::lab::responder::transport;
use crate::lab::responder::way::Way;

impl Network {
    /// The packet has reached its host, or where it would be.
    pub(super) fn at_host(
        &mut self,
        s: &Scenario,
        probe: &Probe<'_>,
        way: &Way<'_, '_>,
        host: &HostSpec,
        hops: usize,
    ) -> Outcome {
        let nth = self.count(Who::Host(probe.ip.dst));
        let plan = self.plan(s, probe, None, nth);
        let last_hop = way.last.map(|(_, hop)| hop);
        let mut when = probe.now + way.delay + ns(host.delay.0) + jitter(host.jitter.0, &mut self.random);
        when += plan.delay(&mut self.random);
        if plan.drops() {
            return Outcome::quiet(Action::Dropped, nth);
        }
        if !probe.checksum_ok {
            return Outcome::quiet(Action::BadChecksum, nth);
        }
        let mut out = self.strangers(probe, &plan);
        let down = host.down.as_deref().filter(|d| *d != "silent").map(ErrorSpec::named);
        let errors: Vec<&ErrorSpec> = plan.errors().into_iter().chain(down.as_ref()).collect();
        let replaced = errors.iter().any(|e| !e.also);
        let quoted = way.quoted();
        let sight_there = sight(way, &quoted, last_hop);
        let speaker = Speaker {
            from: last_hop.and_then(|hop| hop.answers_from(hop.branch.first(), probe.ip.dst)),
            ttl: way.last.map_or(255, |(at, hop)| ttl_of(hop, at, way)),
        };
        for spec in &errors {
            out.extend(self.error(probe, &plan, spec, &speaker, &sight_there, when));
        }
        if replaced {
            return Outcome { action: Action::Error, nth, out };
        }
        if host.down.is_some() {
            return Outcome { action: Action::NoHost, nth, out };
        }
        let ttl = host.ttl.saturating_sub(host.back.unwrap_or((hops - way.absent) as u8));
        let v4 = probe.ip.src.is_ipv4();
        let reply = match (probe.kind, host.clock) {
            (Kind::Echo, _) if !host.no_echo => Some(probe.reply(probe.ip.dst, ttl, echo_reply(probe.body(), v4))),
            (Kind::Timestamp, Some(clock)) => {
                Some(probe.reply(probe.ip.dst, ttl, timestamp_reply(probe.body(), when as i64 + clock.0)))
            }
            (Kind::Udp, _) if HostSpec::opens(&host.udp_open, probe.seq) => {
                let got = probe.body().get(8..).unwrap_or_default();
                Some(transport::udp(probe, host.udp_data.as_ref().map_or(got, |d| &d.0)))
            }
            (Kind::Udp, _) if host.closed == Closed::Refuses => {
                if !self.allowed(s, Who::Host(probe.ip.dst), probe, host.limits()) {
                    return Outcome { action: Action::Dropped, nth, out };
                }
                let spec = ErrorSpec::named("port-unreachable");
                let speaker = Speaker { from: Some(probe.ip.dst), ttl };
                let sight = Sight { quote: host.quote, lies: None, extension: None, ..sight_there };
                out.extend(self.error(probe, &plan, &spec, &speaker, &sight, when));
                return Outcome { action: Action::Error, nth, out };
            }
            (Kind::Tcp, _) => {
                let open = HostSpec::opens(&host.tcp_open, probe.seq);
                transport::tcp(probe, open).filter(|_| open || host.closed == Closed::Refuses)
            }
            _ => None,
        };
        let Some(reply) = reply else { return Outcome { action: Action::NotServed, nth, out } };
        let alone = [probe.ip.dst];
        let answerers = if host.answerers.is_empty() { &alone[..] } else { &host.answerers };
        for answerer in answerers.iter().filter(|a| a.is_ipv4() == v4) {
            let src = plan.source(probe.ip.src).unwrap_or(*answerer);
            let mut reply = Outgoing { src, ttl, ..reply.clone() };
            if let IpAddr::V4(host) = answerer {
                reply.options = recorded(&probe.ip.options, &routers(s, hops), *host, ms_since_midnight(when as i64));
            }
            out.extend(self.deliver(&plan, reply, when));
            when += plan.spacing();
        }
        Outcome { action: Action::Replied, nth, out }
    }

    /// The unsolicited replies that the probe sets off.
    fn strangers(&mut self, probe: &Probe<'_>, plan: &Plan<'_>) -> Vec<Due> {
        let mut out = Vec::new();
        for burst in plan.strangers() {
            let Strangers { count, gap, from, ident, same_payload } = burst;
            let src = of_family(from, probe.ip.src).unwrap_or(probe.ip.dst);
            let ident = ident.unwrap_or(probe.ident);
            let payload = probe.body().get(8..).unwrap_or_default();
            for i in 0..*count {
                let mut message = vec![if src.is_ipv4() { 0 } else { 129 }, 0, 0, 0];
                message.extend(ident.to_be_bytes());
                message.extend((i as u16).to_be_bytes());
                if *same_payload {
                    message.extend(payload)
                } else {
                    message.resize(8 + payload.len(), 0)
                }
                let packet = probe.reply(src, 60, message);
                out.push((probe.now + u64::from(i) * ns(gap.0), Plan::default().finish(packet)));
            }
        }
        out
    }
}

/// Who is at an address: the entry with the longest prefix.
pub(super) fn host_of(s: &Scenario, dst: IpAddr) -> Option<&HostSpec> {
    let fit = |h: &HostSpec| h.prefix.iter().filter(|p| p.contains(dst)).map(|p| p.len()).max();
    s.host.iter().filter_map(|h| Some((fit(h)?, h))).max_by_key(|(len, _)| *len).map(|(_, h)| h)
}

/// The IPv4 addresses of the first `hops` hops.
fn routers(s: &Scenario, hops: usize) -> Vec<Ipv4Addr> {
    let v4 = |a: &IpAddr| if let IpAddr::V4(a) = a { Some(*a) } else { None };
    s.hop.iter().take(hops).filter_map(|h| h.address.iter().find_map(v4)).collect()
}
