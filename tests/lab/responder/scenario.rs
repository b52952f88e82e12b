//! The scenario file as types: the route, the hosts at its end, and the rules that bend their answers.
//!
//! `tests/scenarios/README.md` explains every key with examples. A key that nobody knows is an error, so that a misspelt
//! fault cannot pass for an absent one.

use std::net::IpAddr;
use std::path::Path;

use serde::Deserialize;

use super::faults::{ErrorSpec, Strangers, Write};
use super::log::Kind;
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
    /// ARP and neighbour discovery (only where the network is at the far end of a veth).
    #[serde(default)]
    pub neighbour: Neighbour,
}

fn default_local() -> Vec<String> {
    vec!["10.200.0.2/24".to_owned(), "fd00:200::2/64".to_owned()]
}

/// A router.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Hop {
    /// Its addresses, one a family; without one of a family it is silent in that.
    #[serde(default, deserialize_with = "many")]
    pub address: Vec<IpAddr>,
    /// What it adds to every round trip through or to it.
    #[serde(default)]
    pub delay: Span,
    /// Never says anything.
    #[serde(default)]
    pub silent: bool,
    /// ICMP errors a second; more are swallowed.
    pub rate: Option<f64>,
    /// Errors that may come at once under `rate`.
    #[serde(default = "one")]
    pub burst: u32,
    /// Octets it quotes beyond the quoted IP header; without it as many as the RFCs allow.
    pub quote: Option<usize>,
    /// Largest packet that fits the line behind it.
    pub mtu: Option<usize>,
    /// What does not fit vanishes without a word.
    #[serde(default)]
    pub black_hole: bool,
}

fn one() -> u32 {
    1
}

/// Hosts.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HostSpec {
    /// Which addresses.
    #[serde(deserialize_with = "many")]
    pub prefix: Vec<Prefix>,
    /// Behind how many of the hops; all without it.
    pub hops: Option<usize>,
    /// What it adds to the round trip.
    #[serde(default)]
    pub delay: Span,
    /// At most this much more, evenly spread.
    #[serde(default)]
    pub jitter: Span,
    /// TTL or hop limit its answers start with.
    #[serde(default = "default_ttl")]
    pub ttl: u8,
    /// Nobody there: `"silent"`, or the error that the last hop sends.
    pub down: Option<String>,
    /// Its clock's offset; with it, timestamp requests are answered.
    pub clock: Option<Span>,
    /// A broadcast or multicast address: these answer.
    #[serde(default, deserialize_with = "many")]
    pub answerers: Vec<IpAddr>,
}

fn default_ttl() -> u8 {
    64
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
    /// Added to the ident.
    #[serde(default)]
    pub ident_add: u16,
    /// Added to the sequence number.
    #[serde(default)]
    pub seq_add: u16,
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
