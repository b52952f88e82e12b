//! A router of a scenario: who it is, what it says, and what it does to packets that pass.

use std::net::IpAddr;

use serde::Deserialize;

use super::extension::Extension;
use super::faults::{ErrorSpec, Quoted};
use super::limit::{Known, Limits, Rate, one};
use super::log::Kind;
use super::nat::Nat;
use super::scenario::of_family;
use super::values::{Prefix, Span, many};

/// A router.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Hop {
    /// Its addresses, one a family; without one of a family it is silent in that.
    #[serde(default, deserialize_with = "many")]
    pub address: Vec<IpAddr>,
    /// One a family: for each target it has an address of its own, with the target's last bits.
    #[serde(default, deserialize_with = "many")]
    pub prefix: Vec<Prefix>,
    /// It is on the way to these targets only.
    #[serde(default, deserialize_with = "many")]
    pub only: Vec<Prefix>,
    /// It answers from the target's address, as routers behind a destination NAT seem to.
    #[serde(default)]
    pub as_target: bool,
    /// Several routers at this distance.
    #[serde(default)]
    pub branch: Vec<Branch>,
    /// How one of them is chosen.
    #[serde(default)]
    pub balance: Balance,
    /// Chosen as at this hop before.
    pub follows: Option<usize>,
    /// What it adds to every round trip through or to it.
    #[serde(default)]
    pub delay: Span,
    /// At most this much more for its own answers, evenly spread.
    #[serde(default)]
    pub jitter: Span,

    /// Never says anything.
    #[serde(default)]
    pub silent: bool,
    /// This share of its errors it does not send.
    #[serde(default)]
    pub loss: f64,
    /// ICMP errors a second; more are swallowed.
    pub rate: Option<f64>,
    /// Errors that may come at once under `rate`.
    #[serde(default = "one")]
    pub burst: u32,
    /// A limit that has a name.
    pub limit: Option<Known>,
    /// Octets it quotes beyond the quoted IP header; without it as many as the RFCs allow.
    pub quote: Option<usize>,
    /// Lies in all its quotations.
    pub quoted: Option<Quoted>,
    /// What it appends to its errors.
    pub extension: Option<Extension>,
    /// TTL or hop limit its errors start with.
    #[serde(default = "most")]
    pub ttl: u8,
    /// Hops of the way back, where that is another.
    pub back: Option<u8>,

    /// Largest packet that fits the line behind it.
    pub mtu: Option<usize>,
    /// What does not fit vanishes without a word.
    #[serde(default)]
    pub black_hole: bool,
    /// This share of what it forwards is lost behind it.
    #[serde(default)]
    pub forward_loss: f64,
    /// It forwards nothing, and says so with this error.
    pub refuses: Option<ErrorSpec>,
    /// Only packets of these kinds are refused.
    #[serde(default, deserialize_with = "many")]
    pub refused: Vec<Kind>,
    /// Packets of these kinds vanish behind it.
    #[serde(default, deserialize_with = "many")]
    pub filters: Vec<Kind>,
    /// It rewrites addresses.
    pub nat: Option<Nat>,
    /// It sets the DSCP (0-63).
    pub dscp: Option<u8>,
    /// It sets the ECN bits (0-3).
    pub ecn: Option<u8>,
    /// It sends everything back to this hop.
    pub loops_to: Option<usize>,
    /// It forwards packets with the TTL 0, instead of saying that they are at their end.
    #[serde(default)]
    pub zero_ttl: bool,
}

fn most() -> u8 {
    255
}

/// One of several routers at the same distance.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Branch {
    /// Its addresses, one a family.
    #[serde(default, deserialize_with = "many")]
    pub address: Vec<IpAddr>,
    /// What it adds to every round trip, beside the hop's own delay.
    #[serde(default)]
    pub delay: Span,
    /// Never says anything.
    #[serde(default)]
    pub silent: bool,
    /// There is none: who takes this branch is one hop nearer to the target.
    #[serde(default)]
    pub absent: bool,
}

/// What the choice of a branch hangs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Balance {
    /// Addresses, protocol, and the first four bytes behind the IP header.
    #[default]
    Flow,
    /// The same, and traffic class and flow label.
    Label,
    /// The destination.
    Destination,
    /// Nothing: each packet for itself.
    Packet,
}

impl Hop {
    /// Whether it is on the way to `target` at all.
    pub fn leads_to(&self, target: IpAddr) -> bool {
        self.only.is_empty() || self.only.iter().any(|p| p.contains(target))
    }

    /// From where it answers a probe for `target`, if it has an address.
    pub fn answers_from(&self, branch: Option<&Branch>, target: IpAddr) -> Option<IpAddr> {
        let own = || {
            let prefix = self.prefix.iter().find_map(|p| p.with_host_of(target));
            of_family(&self.address, target).or(prefix)
        };
        match branch {
            _ if self.as_target => Some(target),
            Some(branch) => of_family(&branch.address, target),
            None => own(),
        }
    }

    /// Whether it holds its tongue.
    pub fn is_silent(&self, branch: Option<&Branch>) -> bool {
        self.silent || branch.is_some_and(|b| b.silent)
    }

    /// The error with which it refuses packets of this kind.
    pub fn refusal(&self, kind: Kind) -> Option<&ErrorSpec> {
        self.refuses.as_ref().filter(|_| self.refused.is_empty() || self.refused.contains(&kind))
    }

    /// The limits of its errors.
    pub fn limits(&self) -> Limits {
        Limits { own: self.rate.map(|rate| Rate { rate, burst: self.burst }), known: self.limit }
    }

    /// What the types cannot express, for hop `at` of `hops`.
    pub fn check(&self, at: usize, hops: usize) -> Result<(), String> {
        if let Some(loops) = self.loops_to.filter(|l| *l == 0 || *l > at) {
            return Err(format!("hop {at} loops to {loops}"));
        }
        if let Some(follows) = self.follows.filter(|f| *f == 0 || *f >= at) {
            return Err(format!("hop {at} of {hops} follows {follows}"));
        }
        if self.dscp.is_some_and(|d| d > 63) || self.ecn.is_some_and(|e| e > 3) {
            return Err(format!("hop {at}: DSCP {:?}, ECN {:?}", self.dscp, self.ecn));
        }
        if let Some(error) = &self.refuses {
            error.check()?;
        }
        self.extension.as_ref().map_or(Ok(()), Extension::check)
    }
}
