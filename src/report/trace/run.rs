//! What every report may know of a trace beforehand: plain values, filled in by the command.

use crate::clock::WallTime;
use crate::probe::TargetId;
use crate::report::Host;
use crate::trace::Method;
use crate::units::Port;

/// A run of rtrace.
#[derive(Clone, Debug)]
pub struct Run {
    /// The targets, in the order of [`crate::trace::Config::targets`].
    pub traced: Vec<Traced>,
    /// Whether several operands were given, even if only one of them can be traced.
    pub several: bool,
    /// When it began.
    pub at: WallTime,
    /// What is sent.
    pub method: Method,
    /// Where the number of a probe travels: "paris", "classic", "dublin".
    pub numbering: &'static str,
    /// Which of several ways.
    pub flow: u16,
    /// What could not be had, and what was taken instead.
    pub fallback: Option<String>,
    /// First hop limit.
    pub first: u8,
    /// Last hop limit.
    pub last: u8,
    /// Tries for each hop.
    pub tries: u8,
    /// Whether the path MTU is searched.
    pub mtu: bool,
    /// Whether rewritten DSCP or ECN is looked for.
    pub bleaching: bool,
    /// TOS or traffic class of the probes.
    pub tos: u8,
}

/// A target as the user knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traced {
    /// Who.
    pub host: Host,
    /// Bytes of a probe, its IP header included.
    pub length: u32,
    /// Source and destination port of UDP and TCP, the first of them where they are counted up.
    pub ports: Option<(Port, Port)>,
    /// MTU of the first link, as this host knows it.
    pub first_mtu: Option<u32>,
}

impl Run {
    /// The target of a note.
    pub(super) fn traced(&self, target: TargetId) -> Option<&Traced> {
        self.traced.get(usize::try_from(target.0).ok()?)
    }

    /// The method, for machines.
    pub(super) fn method_name(&self) -> &'static str {
        match self.method {
            Method::Icmp => "icmp",
            Method::Udp => "udp",
            Method::Tcp => "tcp",
        }
    }
}
