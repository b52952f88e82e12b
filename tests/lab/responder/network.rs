//! The simulated network as a plain value: a packet and a time go in, packets and times come out.
//!
//! It has no clock and no socket, so its decisions are tested in virtual time; `live.rs` gives it both. A packet walks
//! the hops (TTL first, then what the hop lets pass, then MTU, as routers do it), reaches its host, and the rules that
//! match shape the answer.

mod arrival;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use super::faults::ErrorSpec;
use super::fragments::Reassembly;
use super::limit::{Buckets, Limits, Who};
use super::log::{Action, Kind, Seen};
use super::message::Sight;
use super::packet::{Ip, Outgoing};
use super::plan::{Plan, jitter, ns};
use super::probe::Probe;
use super::router::{Branch, Hop};
use super::scenario::{Scenario, of_family};
use super::values::Random;
use super::way::Way;
use arrival::host_of;

/// A packet and when it is to arrive.
pub type Due = (u64, Vec<u8>);

/// A simulated network.
#[derive(Debug)]
pub struct Network {
    scenario: Arc<Scenario>,
    random: Random,
    counts: HashMap<Who, u64>,
    buckets: Buckets,
    /// Answers held back, and how many must go before them.
    held: Vec<(u32, Vec<u8>)>,
    reassembly: Reassembly,
    log: Vec<Seen>,
}

/// A router where a packet ends.
struct Stop<'s> {
    hop: &'s Hop,
    branch: Option<&'s Branch>,
    /// From 1.
    at: usize,
}

/// Who complains about a packet, and the TTL that his packet arrives with.
struct Speaker {
    from: Option<IpAddr>,
    ttl: u8,
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
        Network {
            scenario: Arc::new(scenario),
            random,
            counts: HashMap::new(),
            buckets: Buckets::default(),
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
                id: 0,
                label: 0,
                first: [0; 4],
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
            id: ip.id,
            label: ip.label,
            first: probe.first_four(),
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
    fn travel(&mut self, s: &Scenario, probe: &Probe<'_>) -> Outcome {
        let host = host_of(s, probe.ip.dst);
        let hops = if on_link(probe.ip.dst) { 0 } else { host.and_then(|h| h.hops).unwrap_or(s.hop.len()) };
        let mut way = Way::new(probe);
        let mut passed = 0;
        while let Some(hop) = s.hop.get(passed).filter(|_| passed < hops) {
            let at = passed + 1;
            let on_the_way = hop.leads_to(probe.ip.dst);
            let branch = if on_the_way { way.branch(hop, at, &mut self.random) } else { None };
            passed += 1;
            if !on_the_way || branch.is_some_and(|b| b.absent) {
                way.absent += 1;
                continue;
            }
            way.delay += ns(hop.delay.0) + branch.map_or(0, |b| ns(b.delay.0));
            let stop = Stop { hop, branch, at };
            if way.ttl == 0 || way.ttl == 1 && !hop.zero_ttl {
                let error = ErrorSpec::named("time-exceeded");
                return self.at_hop(s, probe, &way, &stop, Action::Expired(at), &error);
            }
            if hop.filters.contains(&probe.kind) {
                return Outcome::quiet(Action::Filtered(at), 0);
            }
            if let Some(error) = hop.refusal(probe.kind) {
                return self.at_hop(s, probe, &way, &stop, Action::Refused(at), error);
            }
            if let Some(mtu) = hop.mtu.filter(|mtu| probe.packet.len() > *mtu && probe.ip.dont_fragment) {
                let error = ErrorSpec { mtu: Some(mtu as u32), ..ErrorSpec::named("too-big") };
                return self.at_hop(s, probe, &way, &stop, Action::TooBig(at), &error);
            }
            if hop.forward_loss > 0.0 && self.random.happens(hop.forward_loss) {
                return Outcome::quiet(Action::Lost(at), 0);
            }
            way.leave(at, hop);
            passed = hop.loops_to.map_or(passed, |to| to - 1);
        }
        if probe.ip.is_fragment() {
            return Outcome::quiet(Action::Fragment, 0);
        }
        let Some(host) = host else { return Outcome::quiet(Action::NoHost, 0) };
        self.at_host(s, probe, &way, host, hops)
    }

    /// The packet ends at a hop.
    fn at_hop(
        &mut self,
        s: &Scenario,
        probe: &Probe<'_>,
        way: &Way<'_, '_>,
        stop: &Stop<'_>,
        action: Action,
        error: &ErrorSpec,
    ) -> Outcome {
        let Stop { hop, branch, at } = *stop;
        let nth = self.count(Who::Hop(at));
        let plan = self.plan(s, probe, Some(at), nth);
        let quiet = hop.is_silent(branch) || (hop.black_hole && matches!(action, Action::TooBig(_)));
        let Some(from) = hop.answers_from(branch, probe.ip.dst).filter(|_| !quiet) else {
            return Outcome::quiet(Action::Swallowed(at), nth);
        };
        if plan.drops() || hop.loss > 0.0 && self.random.happens(hop.loss) {
            return Outcome::quiet(Action::Dropped, nth);
        }
        if !self.allowed(s, Who::Hop(at), probe, hop.limits()) {
            return Outcome::quiet(Action::Swallowed(at), nth);
        }
        // A rule may put another error in the place of the usual one.
        let errors = plan.errors();
        let specs = if errors.is_empty() { vec![error] } else { errors };
        let when = probe.now + way.delay + jitter(hop.jitter.0, &mut self.random) + plan.delay(&mut self.random);
        let speaker = Speaker { from: Some(from), ttl: ttl_of(hop, at, way) };
        let quoted = way.quoted();
        let sight = sight(way, &quoted, Some(hop));
        let mut out = Vec::new();
        for spec in specs {
            out.extend(self.error(probe, &plan, spec, &speaker, &sight, when));
        }
        Outcome { action, nth, out }
    }

    /// One ICMP error about `probe`, as often as the plan wants it. `speaker` says it, unless the error says who.
    fn error(
        &mut self,
        probe: &Probe<'_>,
        plan: &Plan<'_>,
        spec: &ErrorSpec,
        speaker: &Speaker,
        sight: &Sight<'_>,
        when: u64,
    ) -> Vec<Due> {
        let from = of_family(&spec.from, probe.ip.src).or(speaker.from).unwrap_or(probe.ip.dst);
        let Some(message) = spec.message(sight) else { return Vec::new() };
        let packet = probe.reply(from, speaker.ttl, message);
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

    fn count(&mut self, who: Who) -> u64 {
        let n = self.counts.entry(who).or_insert(0);
        *n += 1;
        *n
    }

    /// Whether one more error may go to the prober now.
    fn allowed(&mut self, s: &Scenario, who: Who, probe: &Probe<'_>, limits: Limits) -> bool {
        self.buckets.allow(who, probe.ip.src, limits, s.errors, probe.now)
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

/// Whether an address is never routed: link-local, limited broadcast, or a group of the link.
fn on_link(dst: IpAddr) -> bool {
    match dst {
        IpAddr::V4(a) => a.is_link_local() || a.is_broadcast() || a.octets()[..3] == [224, 0, 0],
        IpAddr::V6(a) => a.segments()[0] & 0xffc0 == 0xfe80 || matches!(a.segments()[0] & 0xff0f, 0xff01 | 0xff02),
    }
}

/// What a router sees of a packet, and how it would quote it.
fn sight<'a>(way: &'a Way<'_, '_>, quoted: &'a [u8], router: Option<&'a Hop>) -> Sight<'a> {
    Sight {
        ip: &way.ip,
        packet: quoted,
        left: way.ttl,
        quote: router.and_then(|hop| hop.quote),
        lies: router.and_then(|hop| hop.quoted.as_ref()),
        extension: router.and_then(|hop| hop.extension.as_ref()),
    }
}

/// The TTL that is left of an error of hop `at` when it arrives.
fn ttl_of(hop: &Hop, at: usize, way: &Way<'_, '_>) -> u8 {
    let hops = hop.back.map_or(at - way.absent.min(at), usize::from);
    hop.ttl.saturating_sub(hops.saturating_sub(1) as u8)
}
