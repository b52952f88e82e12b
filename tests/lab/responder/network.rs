//! The simulated network as a plain value: a packet and a time go in, packets and times come out.
//!
//! It has no clock and no socket, so its decisions are tested in virtual time; `live.rs` gives it both. A packet walks
//! the hops (TTL first, then MTU, as routers do it), reaches its host, and the rules that match shape the answer.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use super::faults::{ErrorSpec, Strangers};
use super::fragments::Reassembly;
use super::log::{Action, Kind, Seen};
use super::message::{echo_reply, ms_since_midnight, timestamp_reply};
use super::options::recorded;
use super::packet::{Ip, Outgoing};
use super::plan::{Plan, jitter, ns};
use super::probe::Probe;
use super::scenario::{HostSpec, Scenario, of_family};
use super::values::Random;

/// A packet and when it is to arrive.
pub type Due = (u64, Vec<u8>);

/// Who answers: what the rules' `nth` counts by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Who {
    Host(IpAddr),
    Hop(usize),
}

/// A simulated network.
#[derive(Debug)]
pub struct Network {
    scenario: Arc<Scenario>,
    random: Random,
    counts: HashMap<Who, u64>,
    /// Per hop: errors that it may still send, and when that was so.
    allowance: Vec<(f64, u64)>,
    /// Answers held back, and how many must go before them.
    held: Vec<(u32, Vec<u8>)>,
    reassembly: Reassembly,
    log: Vec<Seen>,
}

/// What came of a probe.
struct Outcome {
    action: Action,
    nth: u64,
    out: Vec<Due>,
}

impl Outcome {
    fn quiet(action: Action, nth: u64) -> Outcome {
        Outcome { action, nth, out: Vec::new() }
    }
}

impl Network {
    /// A network at the beginning of its scenario.
    pub fn new(scenario: Scenario) -> Network {
        let random = Random(scenario.seed);
        let allowance = scenario.hop.iter().map(|h| (f64::from(h.burst), 0)).collect();
        Network {
            scenario: Arc::new(scenario),
            random,
            counts: HashMap::new(),
            allowance,
            held: Vec::new(),
            reassembly: Reassembly::default(),
            log: Vec::new(),
        }
    }

    /// What it has seen so far.
    pub fn log(&self) -> &[Seen] {
        &self.log
    }

    /// Takes a packet at `now_ns`; says what arrives for it, and when.
    pub fn answer(&mut self, now_ns: u64, packet: &[u8]) -> Vec<Due> {
        let Some((ip, packet)) = Ip::parse(packet) else {
            let nowhere = Ipv4Addr::UNSPECIFIED.into();
            let action = Action::Garbage;
            let (kind, len) = (Kind::Other, packet.len());
            let seen = Seen {
                at_ns: now_ns,
                src: nowhere,
                dst: nowhere,
                ttl: 0,
                tos: 0,
                len,
                kind,
                ident: 0,
                seq: 0,
                nth: 0,
                action,
                sent: 0,
            };
            self.log.push(seen);
            return Vec::new();
        };
        let scenario = Arc::clone(&self.scenario);
        let probe = Probe::new(now_ns, ip, packet);
        if probe.kind == Kind::Other && on_link(probe.ip.dst) {
            // Group reports and router solicitations: the tool's kernel talking to itself.
            return Vec::new();
        }
        let Outcome { action, nth, out } = self.travel(&scenario, &probe);
        let Probe { ip, kind, ident, seq, .. } = &probe;
        self.log.push(Seen {
            at_ns: now_ns,
            src: ip.src,
            dst: ip.dst,
            ttl: ip.ttl,
            tos: ip.tos,
            len: packet.len(),
            kind: *kind,
            ident: *ident,
            seq: *seq,
            nth,
            action,
            sent: out.len(),
        });
        if action == Action::Fragment {
            if let Some(whole) = self.reassembly.add(&probe.ip, packet) {
                return self.answer(now_ns, &whole);
            }
        }
        out
    }

    /// Over the hops to the host.
    fn travel(&mut self, scenario: &Scenario, probe: &Probe<'_>) -> Outcome {
        let host = host_of(scenario, probe.ip.dst);
        let hops = if on_link(probe.ip.dst) { 0 } else { host.and_then(|h| h.hops).unwrap_or(scenario.hop.len()) };
        for (hop, at) in scenario.hop.iter().take(hops).zip(1usize..) {
            if usize::from(probe.ip.ttl) <= at {
                return self.at_hop(scenario, probe, at, Action::Expired(at), &ErrorSpec::named("time-exceeded"));
            }
            let Some(mtu) = hop.mtu.filter(|mtu| probe.packet.len() > *mtu && probe.ip.dont_fragment) else { continue };
            let error = ErrorSpec { mtu: Some(mtu as u32), ..ErrorSpec::named("too-big") };
            return self.at_hop(scenario, probe, at, Action::TooBig(at), &error);
        }
        if probe.ip.is_fragment() {
            return Outcome::quiet(Action::Fragment, 0);
        }
        let Some(host) = host else { return Outcome::quiet(Action::NoHost, 0) };
        self.at_host(scenario, probe, host, hops)
    }

    /// The packet ends at a hop.
    fn at_hop(&mut self, s: &Scenario, probe: &Probe<'_>, at: usize, action: Action, error: &ErrorSpec) -> Outcome {
        let nth = self.count(Who::Hop(at));
        let plan = self.plan(s, probe, Some(at), nth);
        let hop = &s.hop[at - 1];
        let quiet = hop.silent || (hop.black_hole && matches!(action, Action::TooBig(_)));
        let Some(from) = of_family(&hop.address, probe.ip.src).filter(|_| !quiet) else {
            return Outcome::quiet(Action::Swallowed(at), nth);
        };
        if plan.drops() {
            return Outcome::quiet(Action::Dropped, nth);
        }
        if !self.allowed(s, at, probe.now) {
            return Outcome::quiet(Action::Swallowed(at), nth);
        }
        // A rule may put another error in the place of the usual one.
        let errors = plan.errors();
        let specs = if errors.is_empty() { vec![error] } else { errors };
        let when = probe.now + path_delay(s, at) + plan.delay(&mut self.random);
        let mut out = Vec::new();
        for spec in specs {
            let left = if matches!(action, Action::Expired(_)) { 1 } else { probe.ip.ttl - at as u8 + 1 };
            out.extend(self.error(probe, &plan, spec, Some(from), (at, left, hop.quote), when));
        }
        Outcome { action, nth, out }
    }

    /// The packet has reached its host, or where it would be.
    fn at_host(&mut self, s: &Scenario, probe: &Probe<'_>, host: &HostSpec, hops: usize) -> Outcome {
        let nth = self.count(Who::Host(probe.ip.dst));
        let plan = self.plan(s, probe, None, nth);
        let last_hop = hops.checked_sub(1).and_then(|i| of_family(&s.hop[i].address, probe.ip.src));
        let left = probe.ip.ttl.saturating_sub(hops as u8);
        let mut when = probe.now + path_delay(s, hops) + ns(host.delay.0) + jitter(host.jitter.0, &mut self.random);
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
        let quote = hops.checked_sub(1).and_then(|i| s.hop[i].quote);
        for spec in &errors {
            out.extend(self.error(probe, &plan, spec, last_hop, (hops, left, quote), when));
        }
        if replaced {
            return Outcome { action: Action::Error, nth, out };
        }
        if host.down.is_some() {
            return Outcome { action: Action::NoHost, nth, out };
        }
        let message = match (probe.kind, host.clock) {
            (Kind::Echo, _) => echo_reply(probe.body(), probe.ip.src.is_ipv4()),
            (Kind::Timestamp, Some(clock)) => timestamp_reply(probe.body(), when as i64 + clock.0),
            (Kind::Udp, _) => {
                let spec = ErrorSpec::named("port-unreachable");
                out.extend(self.error(probe, &plan, &spec, Some(probe.ip.dst), (hops, left, None), when));
                return Outcome { action: Action::Error, nth, out };
            }
            _ => return Outcome { action: Action::NotServed, nth, out },
        };
        let alone = [probe.ip.dst];
        let answerers = if host.answerers.is_empty() { &alone[..] } else { &host.answerers };
        let ttl = host.ttl.saturating_sub(hops as u8);
        for answerer in answerers.iter().filter(|a| a.is_ipv4() == probe.ip.src.is_ipv4()) {
            let src = plan.source(probe.ip.src).unwrap_or(*answerer);
            let mut reply = probe.reply(src, ttl, message.clone());
            if let IpAddr::V4(host) = answerer {
                reply.options = recorded(&probe.ip.options, &routers(s, hops), *host, ms_since_midnight(when as i64));
            }
            out.extend(self.deliver(&plan, reply, when));
            when += plan.spacing();
        }
        Outcome { action: Action::Replied, nth, out }
    }

    /// One ICMP error about `probe`, as often as the plan wants it. `from` is who says it unless the error says so
    /// itself; `seen` is after how many hops, the TTL left there, and how much is quoted there.
    fn error(
        &mut self,
        probe: &Probe<'_>,
        plan: &Plan<'_>,
        spec: &ErrorSpec,
        from: Option<IpAddr>,
        seen: (usize, u8, Option<usize>),
        when: u64,
    ) -> Vec<Due> {
        let (hops, left, quote) = seen;
        let from = of_family(&spec.from, probe.ip.src).or(from).unwrap_or(probe.ip.dst);
        let Some(message) = spec.message(&probe.ip, probe.packet, left, quote) else { return Vec::new() };
        let ttl = 255 - (hops.saturating_sub(1)) as u8;
        let packet = probe.reply(from, ttl, message);
        if spec.also {
            // Beside the answer, which alone the rule's other effects are meant for.
            return vec![(when, Plan::default().finish(packet))];
        }
        self.deliver(plan, packet, when)
    }

    /// Finishes a packet and sends it in all its copies, or holds it back; lets go those that waited for it.
    fn deliver(&mut self, plan: &Plan<'_>, packet: Outgoing, when: u64) -> Vec<Due> {
        let bytes = plan.finish(packet);
        if plan.behind() > 0 {
            self.held.push((plan.behind(), bytes));
            return Vec::new();
        }
        let mut out: Vec<Due> = (0..=plan.copies()).map(|i| (when + i * plan.spacing(), bytes.clone())).collect();
        let mut still = Vec::new();
        for (wait, held) in self.held.drain(..) {
            if wait <= 1 { out.push((when + 1, held)) } else { still.push((wait - 1, held)) }
        }
        self.held = still;
        out
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

    fn count(&mut self, who: Who) -> u64 {
        let n = self.counts.entry(who).or_insert(0);
        *n += 1;
        *n
    }

    /// Whether a rate-limited hop may send one more error now (a token bucket).
    fn allowed(&mut self, s: &Scenario, at: usize, now: u64) -> bool {
        let hop = &s.hop[at - 1];
        let Some(rate) = hop.rate else { return true };
        let (tokens, then) = self.allowance[at - 1];
        let grown = now.saturating_sub(then) as f64 / 1e9 * rate;
        let tokens = (tokens + grown).min(f64::from(hop.burst));
        let may = tokens >= 1.0;
        self.allowance[at - 1] = (if may { tokens - 1.0 } else { tokens }, now);
        may
    }

    /// The rules that hold for the `nth` probe of a host (`hop` is `None`) or hop.
    fn plan<'s>(&mut self, s: &'s Scenario, probe: &Probe<'_>, hop: Option<usize>, nth: u64) -> Plan<'s> {
        let random = &mut self.random;
        let rules = s.rule.iter().filter(|r| {
            r.hop == hop
                && (r.to.is_empty() || r.to.iter().any(|p| p.contains(probe.ip.dst)))
                && r.kind.map_or(probe.kind != Kind::Other, |k| k == probe.kind)
                && (r.seq.is_empty() || r.seq.iter().any(|x| x.contains(probe.seq.into())))
                && (r.nth.is_empty() || r.nth.iter().any(|x| x.contains(nth)))
                && r.every.is_none_or(|n| n > 0 && nth % n == 0)
                && r.chance.is_none_or(|c| random.happens(c))
        });
        Plan::new(rules.collect())
    }
}

/// Who is at an address: the entry with the longest prefix.
fn host_of(s: &Scenario, dst: IpAddr) -> Option<&HostSpec> {
    let fit = |h: &HostSpec| h.prefix.iter().filter(|p| p.contains(dst)).map(|p| p.len()).max();
    s.host.iter().filter_map(|h| Some((fit(h)?, h))).max_by_key(|(len, _)| *len).map(|(_, h)| h)
}

/// Whether an address is never routed: link-local, limited broadcast, or a group of the link.
fn on_link(dst: IpAddr) -> bool {
    match dst {
        IpAddr::V4(a) => a.is_link_local() || a.is_broadcast() || a.octets()[..3] == [224, 0, 0],
        IpAddr::V6(a) => a.segments()[0] & 0xffc0 == 0xfe80 || matches!(a.segments()[0] & 0xff0f, 0xff01 | 0xff02),
    }
}

/// The IPv4 addresses of the first `hops` hops.
fn routers(s: &Scenario, hops: usize) -> Vec<Ipv4Addr> {
    let v4 = |a: &IpAddr| if let IpAddr::V4(a) = a { Some(*a) } else { None };
    s.hop.iter().take(hops).filter_map(|h| h.address.iter().find_map(v4)).collect()
}

/// What the first `hops` hops add to a round trip.
fn path_delay(s: &Scenario, hops: usize) -> u64 {
    s.hop.iter().take(hops).map(|h| ns(h.delay.0)).sum()
}
