//! What every report may know of a run beforehand: plain values, filled in by the command.

use std::time::Duration;

use crate::clock::WallTime;
use crate::net::Exchange;
use crate::ping::TargetId;
use crate::report::Host;

/// A run of ping.
#[derive(Clone, Debug)]
pub struct Run {
    /// The targets, in the order of [`crate::ping::Config::targets`].
    pub hosts: Vec<Host>,
    /// Whether several operands were given, even if only one of them can be probed: lines then begin with the operand.
    pub several: bool,
    /// When it began.
    pub at: WallTime,
    /// Echo or timestamp.
    pub exchange: Exchange,
    /// Payload bytes behind the ICMP header (`-s`).
    pub size: usize,
    /// The bytes that fill it (`-p`); empty where it counts up.
    pub pattern: Vec<u8>,
    /// Bytes of IPv4 options in each probe (`-R`, `-T`).
    pub ip_options: usize,
    /// IPv6 flow label (`-F`).
    pub flow_label: Option<u32>,
    /// Probes for each target, if limited.
    pub count: Option<u64>,
    /// Time between two probes to a target.
    pub interval: Duration,
    /// Whether replies drive the sending (flood, adaptive), so that `ipg/ewma` says how fast it went.
    pub reply_driven: bool,
    /// After how long a probe is lost; `None`: never.
    pub timeout: Option<Duration>,
    /// Where only one in so many probes is stamped by the kernel and counted.
    pub sample: Option<u32>,
}

impl Run {
    /// `ping`'s defaults: 56 bytes once a second without end.
    #[must_use]
    pub fn new(hosts: Vec<Host>, at: WallTime) -> Self {
        Run {
            several: hosts.len() > 1,
            hosts,
            at,
            exchange: Exchange::Echo,
            size: 56,
            pattern: Vec::new(),
            ip_options: 0,
            flow_label: None,
            count: None,
            interval: Duration::from_secs(1),
            reply_driven: false,
            timeout: Some(Duration::from_secs(10)),
            sample: None,
        }
    }

    /// What the number of a probe is called: it is no ICMP that goes to stations.
    pub(super) fn seq(&self) -> &'static str {
        if self.hosts.first().is_some_and(|host| host.station) { "seq" } else { "icmp_seq" }
    }

    /// The host of a note.
    pub(super) fn host(&self, target: TargetId) -> Option<&Host> {
        self.hosts.get(usize::try_from(target.0).ok()?)
    }
}
