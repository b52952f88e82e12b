//! What the simulated network does with a probe that it is given, and what strangers send.

use super::log::{Record, What};
use super::packet::{Coming, Error, Reply, message};
use super::path::{Quote, Stamps, Stranger};
use super::plan::{Plan, too_big};
use super::rng::Rng;
use super::world::{BOOT, Sim, WALL};
use crate::clock::{Now, Stage, WallTime, as_ns};
use crate::net::{Claim, Exchange, FarClock, NotSent, Peer, Probe, SentAt};
use crate::units::{Family, Seq};
use crate::wire::icmp::IcmpError;

/// Strangers imitate one of so many latest probes.
const RECENT: usize = 16;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

impl Sim {
    /// Everything that is done with one probe.
    pub(super) fn treat(&mut self, probe: &Probe, payload: &[u8]) -> Result<SentAt, NotSent> {
        let at = self.reading();
        let addr = probe.to.addr;
        let nth = {
            let count = self.counts.entry(addr).or_insert(0);
            *count += 1;
            *count
        };
        let index = self.log.probes.len();
        if self.keep_log {
            let (key, to, seq, ttl) = (probe.key, probe.to, probe.seq, probe.ttl);
            self.log.probes.push(Record { key, to, nth, seq, ttl, at, refused: false, heard: Vec::new() });
        }
        if let Some(route) = self.routes.get(&addr).cloned() {
            return self.treat_route(&route, probe, payload, index);
        }
        let mut plan = Plan::of(self.paths.get(&addr).unwrap_or(&self.path), &mut self.rng);
        let acts = self.rules.iter().filter(|rule| rule.nth.contains(&nth) && rule.to.is_none_or(|to| to == addr));
        acts.for_each(|rule| plan.apply(rule.act));
        let family = Family::of(addr);
        plan.measure(family, payload.len());
        if let Some(why) = plan.refuse.or(self.refuse) {
            if let Some(record) = self.log.probes.get_mut(index) {
                record.refused = true;
            }
            return Err(why);
        }
        if self.recent.len() >= RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((probe.to, probe.exchange, probe.seq, payload.to_vec()));
        let bytes = message(if family == Family::V4 { 8 } else { 128 }, probe.seq, payload);
        let sum = u16::from_be_bytes([bytes[2], bytes[3]]);
        self.schedule(plan, probe, payload, index, at, sum);
        self.boot = self.boot.saturating_add(as_ns(self.send_cost));
        Ok(SentAt { at, checksum: Some(sum) })
    }

    fn schedule(&mut self, plan: Plan, probe: &Probe, payload: &[u8], index: usize, at: Now, sum: u16) {
        let sent = at.boot.as_ns();
        let left = sent + as_ns(plan.departure);
        let claim = Claim::icmp(probe.to, probe.exchange, probe.seq);
        if let Some((errno, after)) = plan.give_up {
            // It never left.
            return self.coming.push(sent + as_ns(after), Coming::GivenUp { probe: index, claim, errno, mtu: None });
        }
        let shown = match plan.stamps {
            Stamps::AtOnce => Some(left),
            Stamps::After(late) => Some(sent + as_ns(late)),
            Stamps::Never => None,
        };
        if let Some(shown) = shown.filter(|_| probe.stamp) {
            let stage = Stage::Driver;
            self.coming.push(shown, Coming::Stamp { key: probe.key, stage, at: at.wall + plan.departure });
            if let Some(ahead) = plan.card_ns {
                let at = card_time(left, ahead);
                self.coming.push(shown, Coming::Stamp { key: probe.key, stage: Stage::Nic, at });
            }
        }
        let error = |offender, error, quote: Quote, gateway, rng: &mut Rng| {
            let mut quoted = payload.to_vec();
            match quote {
                Quote::Whole => {}
                Quote::WrongToken => rng.fill(&mut quoted),
                Quote::Header | Quote::WrongChecksum => quoted.clear(),
            }
            let checksum = Some(if quote == Quote::WrongChecksum { sum ^ 0x55aa } else { sum });
            let (probe, payload) = (Some(index), quoted);
            let what = match (gateway, quote) {
                (Some(_), _) => What::Redirect,
                (None, Quote::Header | Quote::Whole) => What::Error,
                (None, Quote::WrongChecksum | Quote::WrongToken) => What::FalseError,
            };
            Box::new(Error { probe, what, about: claim, offender, error, checksum, payload, gateway })
        };
        for (from, what, quote, after) in plan.errors {
            let error = error(from, what, quote, None, &mut self.rng);
            self.coming.push(left + as_ns(after), Coming::Error(error));
        }
        if let Some((from, gateway)) = plan.redirect {
            let what = IcmpError { family: Family::of(from), ty: 5, code: 1, info: 0 };
            let error = error(from, what, Quote::Whole, Some(gateway), &mut self.rng);
            self.coming.push(left + as_ns(plan.delay) / 2, Coming::Error(error));
        }
        let Some(from) = plan.reply else { return };
        let mut reply = Reply {
            probe: Some(index),
            what: What::Reply,
            from: Peer { addr: from.unwrap_or(probe.to.addr), scope: probe.to.scope },
            exchange: probe.exchange,
            seq: probe.seq,
            icmp_len: payload.len() + 8,
            payload: payload.to_vec(),
            checksum_ok: true,
            far: None,
            stamped: plan.arrival_stamps,
            nic: None,
        };
        if from.is_some_and(|from| from != probe.to.addr) {
            reply.what = What::WrongSource;
        }
        if probe.exchange == Exchange::Timestamp {
            let ms = |wall: WallTime| wall.as_ns().div_euclid(1_000_000).rem_euclid(DAY_MS);
            let there = (ms(at.wall + plan.departure + plan.delay / 2) + plan.far_clock_ms).rem_euclid(DAY_MS) as u32;
            let originate_ms = ms(at.wall) as u32;
            reply.far = Some(FarClock { originate_ms, receive_ms: there, transmit_ms: there });
            reply.icmp_len = 20;
        }
        for damage in plan.damage {
            reply.hurt(damage, &mut self.rng);
        }
        let mut arrives = left + as_ns(plan.delay);
        for _ in 0..=plan.copies {
            reply.nic = plan.card_ns.map(|ahead| card_time(arrives, ahead));
            self.coming.push(arrives, Coming::Reply(Box::new(reply.clone())));
            arrives += as_ns(plan.gap);
        }
    }

    pub(super) fn stranger(&mut self, index: usize) {
        let Some(crowd) = self.crowds.get(index).copied() else { return };
        self.coming.push(self.boot + as_ns(crowd.every), Coming::Crowd(index));
        let pick = self.rng.below(self.recent.len() as u64) as usize;
        let imitated = self.recent.get(pick).cloned();
        let (to, exchange, seq, mut payload) =
            imitated.unwrap_or((crowd.from.into(), Exchange::Echo, Seq(1), vec![0; 56]));
        match crowd.kind {
            Stranger::Reply => self.rng.fill(&mut payload),
            Stranger::Twin | Stranger::Error | Stranger::Unnumbered => {
                let token = payload.len().min(8);
                self.rng.fill(&mut payload[..token]);
            }
            Stranger::Noise => {}
        }
        let what = match crowd.kind {
            Stranger::Noise => Coming::Noise { from: crowd.from },
            Stranger::Error | Stranger::Unnumbered => Coming::Error(Box::new(Error {
                probe: None,
                what: What::FalseError,
                about: Claim {
                    seq: Some(seq).filter(|_| crowd.kind == Stranger::Error),
                    ..Claim::icmp(to, exchange, seq)
                },
                offender: crowd.from,
                error: too_big(Family::of(to.addr), 1280),
                checksum: None,
                payload,
                gateway: None,
            })),
            Stranger::Reply | Stranger::Twin => Coming::Reply(Box::new(Reply {
                probe: None,
                what: What::Reply,
                from: crowd.from.into(),
                exchange,
                seq,
                icmp_len: payload.len() + 8,
                payload,
                checksum_ok: true,
                far: None,
                stamped: true,
                nic: None,
            })),
        };
        self.arrive(what, false);
    }
}

/// A time by the network card's clock, which knows of no steps.
fn card_time(boot: u64, ahead_ns: i64) -> WallTime {
    WallTime::from_ns((WALL + (boot - BOOT) as i64).saturating_add(ahead_ns))
}
