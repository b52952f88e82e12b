//! The hosts of a scenario: who is there, how far away, and what their ports do.

use std::net::IpAddr;

use serde::Deserialize;

use super::limit::{Known, Limits, Rate, one};
use super::values::{Hex, Prefix, Range, Span, many};

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
    /// Routers on the way back, where that is another.
    pub back: Option<u8>,
    /// Nobody there: `"silent"`, or the error that the last hop sends.
    pub down: Option<String>,
    /// Its clock's offset; with it, timestamp requests are answered.
    pub clock: Option<Span>,
    /// A broadcast or multicast address: these answer.
    #[serde(default, deserialize_with = "many")]
    pub answerers: Vec<IpAddr>,
    /// It does not answer echo requests.
    #[serde(default)]
    pub no_echo: bool,
    /// UDP ports that answer.
    #[serde(default, deserialize_with = "many")]
    pub udp_open: Vec<Range>,
    /// What they answer; without it, what they got.
    pub udp_data: Option<Hex>,
    /// TCP ports that answer SYN-ACK.
    #[serde(default, deserialize_with = "many")]
    pub tcp_open: Vec<Range>,
    /// What the others do.
    #[serde(default)]
    pub closed: Closed,
    /// Octets it quotes beyond the quoted IP header; without it as many as the RFCs allow.
    pub quote: Option<usize>,
    /// ICMP errors a second; more are swallowed.
    pub rate: Option<f64>,
    /// Errors that may come at once under `rate`.
    #[serde(default = "one")]
    pub burst: u32,
    /// A limit that has a name.
    pub limit: Option<Known>,
}

fn default_ttl() -> u8 {
    64
}

/// What a closed port does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Closed {
    /// Says so: port unreachable, or RST.
    #[default]
    Refuses,
    /// Nothing.
    Silent,
}

impl HostSpec {
    /// The limits of its errors.
    pub fn limits(&self) -> Limits {
        Limits { own: self.rate.map(|rate| Rate { rate, burst: self.burst }), known: self.limit }
    }

    /// Whether a port is among those that answer.
    pub fn opens(ports: &[Range], port: u16) -> bool {
        ports.iter().any(|r| r.contains(port.into()))
    }
}
