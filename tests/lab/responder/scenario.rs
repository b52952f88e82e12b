//! The scenario file as types: the route, the hosts at its end, and the rules that bend their answers.
//!
//! `tests/scenarios/README.md` explains every key with examples. A key that nobody knows is an error, so that a misspelt
//! fault cannot pass for an absent one.

use std::net::IpAddr;
use std::path::Path;

use serde::Deserialize;

use super::faults::{ErrorSpec, Strangers, Write};
use super::hosts::HostSpec;
use super::limit::Rate;
use super::log::Kind;
use super::router::Hop;
use super::values::{Hex, Prefix, Range, Span, many};

/// A whole simulated network.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scenario {
    /// One line: what this network is like.
    pub title: String,
    /// Start of the random numbers.
    #[serde(default)]
    pub seed: u64,
    /// Addresses of the tool's host on `net0`.
    #[serde(default = "default_local", deserialize_with = "many")]
    pub local: Vec<String>,
    /// MTU of `net0`, bytes.
    pub mtu: Option<u32>,
    /// Routers, from near to far.
    #[serde(default)]
    pub hop: Vec<Hop>,
    /// Who is there; the longest prefix wins.
    #[serde(default)]
    pub host: Vec<HostSpec>,
    /// What happens to answers; every rule that matches has its effect.
    #[serde(default)]
    pub rule: Vec<Rule>,
    /// A limit of ICMP errors that all routers and hosts share.
    pub errors: Option<Rate>,
    /// ARP and neighbour discovery (only where the network is at the far end of a veth).
    #[serde(default)]
    pub neighbour: Neighbour,
}

fn default_local() -> Vec<String> {
    vec!["10.200.0.2/24".to_owned(), "fd00:200::2/64".to_owned()]
}

/// Selectors, which must all hold, and effects.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rule {
    /// Probes to these.
    #[serde(default, deserialize_with = "many")]
    pub to: Vec<Prefix>,
    /// Answers of this hop (from 1); without it, answers of hosts.
    pub hop: Option<usize>,
    /// Probes of this kind.
    pub kind: Option<Kind>,
    /// Sequence numbers on the wire.
    #[serde(default, deserialize_with = "many")]
    pub seq: Vec<Range>,
    /// The how-manieth probe that this host or hop gets, from 1; for a host each address counts for itself.
    #[serde(default, deserialize_with = "many")]
    pub nth: Vec<Range>,
    /// Each *n*th of those.
    pub every: Option<u64>,
    /// With this probability.
    pub chance: Option<f64>,

    /// No answer.
    #[serde(default)]
    pub drop: bool,
    /// Later by this.
    #[serde(default)]
    pub delay: Span,
    /// Later by at most this, evenly spread.
    #[serde(default)]
    pub jitter: Span,
    /// This many more copies.
    #[serde(default)]
    pub copies: u32,
    /// Time between copies, or between the answerers of a broadcast.
    #[serde(default)]
    pub spacing: Span,
    /// Held back until this many later answers have gone out.
    #[serde(default)]
    pub behind: u32,
    /// Source address, one a family.
    #[serde(default, deserialize_with = "many")]
    pub source: Vec<IpAddr>,
    /// Added to the ident, or the port that an answer goes to.
    #[serde(default)]
    pub ident_add: u16,
    /// Added to the sequence number, or the port that an answer comes from.
    #[serde(default)]
    pub seq_add: u16,
    /// Added to the acknowledgement of a TCP answer.
    #[serde(default)]
    pub ack_add: u32,
    /// The flags of a TCP answer.
    pub tcp_flags: Option<u8>,
    /// Payload bytes to invert, by offset (0–7 hold rprobe's token).
    #[serde(default, deserialize_with = "many")]
    pub flip: Vec<usize>,
    /// Payload bytes to overwrite.
    #[serde(default, deserialize_with = "many")]
    pub write: Vec<Write>,
    /// The ICMP message is this instead (its checksum is made right).
    pub message: Option<Hex>,
    /// ICMP type and code are these.
    #[serde(rename = "type")]
    pub kind_byte: Option<u8>,
    /// See `type`.
    pub code: Option<u8>,
    /// The packet is cut to this many bytes.
    pub truncate: Option<usize>,
    /// A cut packet's IP header still tells the old length.
    #[serde(default)]
    pub keep_length: bool,
    /// The ICMP checksum is wrong.
    #[serde(default)]
    pub bad_checksum: bool,
    /// IPv4 options, or the inside of an IPv6 destination options header.
    pub options: Option<Hex>,
    /// TTL or hop limit when it leaves.
    pub reply_ttl: Option<u8>,
    /// Type of service or traffic class.
    pub tos: Option<u8>,
    /// An ICMP error instead of the answer, or beside it.
    pub error: Option<ErrorSpec>,
    /// Echo replies that nobody asked for.
    pub strangers: Option<Strangers>,
}

/// How the link layer behaves.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neighbour {
    /// The answer to "who has" comes this late.
    #[serde(default)]
    pub delay: Span,
    /// It never comes.
    #[serde(default)]
    pub silent: bool,
}

impl Scenario {
    /// Reads a scenario from text; panics with the place and the reason if it is wrong.
    #[track_caller]
    pub fn parse(text: &str) -> Scenario {
        let scenario: Scenario = toml::from_str(text).unwrap_or_else(|e| panic!("scenario: {e}"));
        if let Err(why) = scenario.check() {
            panic!("scenario {:?}: {why}", scenario.title);
        }
        scenario
    }

    /// Reads `tests/scenarios/<name>.toml`.
    #[track_caller]
    pub fn load(name: &str) -> Scenario {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios").join(format!("{name}.toml"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Scenario::parse(&text)
    }

    /// What the types cannot express.
    fn check(&self) -> Result<(), String> {
        let hops = self.hop.len();
        for (hop, at) in self.hop.iter().zip(1..) {
            hop.check(at, hops)?;
        }
        for host in &self.host {
            if host.hops.is_some_and(|h| h > hops) {
                return Err(format!("a host behind {:?} hops of {hops}", host.hops));
            }
            if let Some(name) = host.down.as_deref() {
                if name != "silent" {
                    ErrorSpec { name: Some(name.to_owned()), ..ErrorSpec::default() }.check()?;
                }
            }
        }
        for rule in &self.rule {
            if rule.hop.is_some_and(|h| h == 0 || h > hops) {
                return Err(format!("a rule for hop {:?} of {hops}", rule.hop));
            }
            if let Some(error) = &rule.error {
                error.check()?;
            }
        }
        Ok(())
    }
}

/// The first address of the family of `like`.
pub fn of_family(addresses: &[IpAddr], like: IpAddr) -> Option<IpAddr> {
    addresses.iter().copied().find(|a| a.is_ipv4() == like.is_ipv4())
}
