//! What will be done with one probe: its path's ways by chance, then the rules.

use std::net::IpAddr;
use std::time::Duration;

use super::log::What;
use super::packet::Reply;
use super::path::{Act, Damage, Narrow, Path, Quote, Stamps};
use super::rng::Rng;
use crate::net::NotSent;
use crate::sys::errno::{EMSGSIZE, Errno};
use crate::units::Family;
use crate::wire::icmp::IcmpError;

/// What will be done with one probe.
pub(super) struct Plan {
    pub(super) departure: Duration,
    pub(super) delay: Duration,
    /// `None`: no reply; otherwise from whom, if not from the one who was asked.
    pub(super) reply: Option<Option<IpAddr>>,
    pub(super) copies: u32,
    pub(super) gap: Duration,
    pub(super) damage: Vec<Damage>,
    pub(super) errors: Vec<(IpAddr, IcmpError, Quote, Duration)>,
    pub(super) redirect: Option<(IpAddr, IpAddr)>,
    pub(super) refuse: Option<NotSent>,
    pub(super) give_up: Option<(Errno, Duration)>,
    pub(super) stamps: Stamps,
    pub(super) arrival_stamps: bool,
    pub(super) card_ns: Option<i64>,
    pub(super) mtu: Option<(u32, Narrow)>,
    pub(super) far_clock_ms: i64,
}

impl Plan {
    pub(super) fn of(path: &Path, rng: &mut Rng) -> Plan {
        let mut delay = path.delay + rng.up_to(path.jitter);
        if rng.chance(path.reordering.0) {
            delay += path.reordering.1;
        }
        let lost = rng.chance(path.loss) || !path.responds;
        Plan {
            departure: path.departure,
            delay,
            reply: (!lost).then_some(None),
            copies: u32::from(rng.chance(path.duplicates)),
            gap: rng.up_to(path.delay),
            damage: if rng.chance(path.damage) { vec![Damage::Byte(rng.word() as usize)] } else { Vec::new() },
            errors: Vec::new(),
            redirect: None,
            refuse: None,
            give_up: None,
            stamps: path.stamps,
            arrival_stamps: path.arrival_stamps,
            card_ns: path.card_ns,
            mtu: path.mtu,
            far_clock_ms: path.far_clock_ms,
        }
    }

    pub(super) fn apply(&mut self, act: Act) {
        match act {
            Act::Lose => self.reply = None,
            Act::Delay(more) => self.delay += more,
            Act::Duplicate(copies, gap) => (self.copies, self.gap) = (copies, gap),
            Act::Damage(damage) => self.damage.push(damage),
            Act::From(addr) => self.reply = Some(Some(addr)),
            Act::Error(from, error, quote, after) => self.errors.push((from, error, quote, after)),
            Act::Redirect(from, gateway) => self.redirect = Some((from, gateway)),
            Act::Refuse(why) => self.refuse = Some(why),
            Act::GiveUp(errno, after) => (self.reply, self.give_up) = (None, Some((errno, after))),
            Act::Stamp(stamps) => self.stamps = stamps,
            Act::NoArrivalStamp => self.arrival_stamps = false,
        }
    }

    /// What becomes of it if it is too large for its path.
    pub(super) fn measure(&mut self, family: Family, payload: usize) {
        let size = payload as u32 + if family == Family::V4 { 28 } else { 48 };
        match self.mtu.filter(|(mtu, _)| size > *mtu) {
            Some((mtu, Narrow::Here)) => self.refuse = Some(NotSent { errno: EMSGSIZE, mtu: Some(mtu) }),
            Some((_, Narrow::Nobody)) => self.reply = None,
            Some((mtu, Narrow::Router(from))) => self.fail(from, too_big(family, mtu)),
            Some((_, Narrow::OldRouter(from))) => self.fail(from, too_big(family, 0)),
            None => {}
        }
    }

    /// A router drops it and says so.
    fn fail(&mut self, from: IpAddr, error: IcmpError) {
        self.reply = None;
        self.errors.push((from, error, Quote::Whole, self.delay));
    }
}

impl Reply {
    pub(super) fn hurt(&mut self, damage: Damage, rng: &mut Rng) {
        self.what = if self.what == What::Reply { What::Damaged } else { self.what };
        match damage {
            Damage::Byte(at) => {
                let len = self.payload.len().max(1);
                if let Some(byte) = self.payload.get_mut(at % len) {
                    *byte = !*byte;
                }
            }
            Damage::Payload => rng.fill(&mut self.payload),
            Damage::Checksum => self.checksum_ok = false,
            Damage::CutTo(len) => {
                self.payload.truncate(len);
                self.icmp_len = self.icmp_len.min(len + 8);
            }
            Damage::Grown(more) => {
                self.payload.resize(self.payload.len() + more, 0);
                self.icmp_len += more;
            }
        }
    }
}

/// A packet was too big for the next link (RFC 1191 §4, RFC 4443 §3.2).
pub(super) fn too_big(family: Family, mtu: u32) -> IcmpError {
    match family {
        Family::V4 => IcmpError { family, ty: 3, code: 4, info: mtu },
        Family::V6 => IcmpError { family, ty: 2, code: 0, info: mtu },
    }
}
