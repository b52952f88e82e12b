//! What needs privilege, done first; then privilege is given up for good.
//!
//! Targets that are probed alike share their sockets, one set a group; searches for the path MTU have sets of their own.
//! Names are looked up after that.

use super::net::CheckNet;
use super::plan::{Plan, Probes};
use crate::check::Method;
use crate::cli::Refusal;
use crate::cli::route::scope_sources;
use crate::cli::sandbox::{RCHECK, Sandbox};
use crate::net::Peer;
use crate::net::connect::ConnectNet;
use crate::net::hops::{self, Numbering};
use crate::net::icmp::{self, OpenError, Options, SocketChoice, Sockets};
use crate::sys::caps;
use crate::sys::options::PmtuMode;
use crate::units::{Family, Port};

/// Payload of the probes of a trace.
const TRACE_SIZE: usize = 64;

/// As many as ordinary sockets take.
const MOST_FLOWS: u16 = 12;

/// Searches that run side by side.
const SEARCHES: usize = 8;

/// Hosts that are probed alike.
pub(super) struct Group {
    pub(super) probes: Probes,
    /// Indices into [`Plan::items`].
    pub(super) items: Vec<usize>,
    pub(super) options: Options,
    pub(super) sockets: GroupSockets,
}

/// What they are probed by.
pub(super) enum GroupSockets {
    Icmp(icmp::Sockets),
    Hops(Box<(hops::Options, hops::Sockets)>),
    /// TCP without privilege.
    Connect(Port),
}

impl GroupSockets {
    fn open(method: Method, flows: u16, options: &Options) -> Result<GroupSockets, OpenError> {
        let of = |method, port, flows| {
            let flow = hops::Flow { src_port: None, dst_port: port };
            let options = hops::Options { method, flows: vec![flow; usize::from(flows)], sockets: options.clone() };
            hops::Sockets::open(&options).map(|sockets| GroupSockets::Hops(Box::new((options, sockets))))
        };
        match method {
            Method::Icmp => icmp::Sockets::open(options).map(GroupSockets::Icmp),
            Method::Udp(port) => of(hops::Method::Udp(Numbering::Paris), port, flows),
            // Half open where raw sockets are to be had, whole where not.
            Method::Tcp(port) if options.socket != SocketChoice::Dgram && caps::has_net_raw_permitted() => {
                of(hops::Method::Tcp(hops::Tcp::default()), port, 1)
            }
            Method::Tcp(port) if options.socket != SocketChoice::Raw => Ok(GroupSockets::Connect(port)),
            Method::Tcp(port) => of(hops::Method::Tcp(hops::Tcp::default()), port, 1),
        }
    }

    /// Whether a family can be had.
    pub(super) fn has(&self, family: Family) -> bool {
        match self {
            GroupSockets::Icmp(sockets) => sockets.kind(family).is_some(),
            GroupSockets::Hops(_) | GroupSockets::Connect(_) => true,
        }
    }

    /// Whether hosts can be traced: connections have no hop limit of their own.
    pub(super) fn can_trace(&self) -> bool {
        !matches!(self, GroupSockets::Connect(_))
    }

    /// The network that reaches these hosts.
    pub(super) fn into_net(self, options: &Options, peers: &[Peer]) -> Result<CheckNet, OpenError> {
        match self {
            GroupSockets::Icmp(sockets) => sockets.into_net(options, peers).map(CheckNet::Icmp),
            GroupSockets::Hops(hops) => hops.1.into_net(&hops.0, peers).map(CheckNet::Hops),
            GroupSockets::Connect(port) => {
                ConnectNet::new(port, options.clone()).map(|net| CheckNet::Connect(Box::new(net)))
            }
        }
    }
}

/// Flows that a group's probes go by: UDP answers are told apart by them alone.
pub(super) fn flows(probes: &Probes) -> u16 {
    match probes.method {
        Method::Udp(_) => u16::try_from(probes.packets).unwrap_or(MOST_FLOWS).min(MOST_FLOWS),
        Method::Icmp | Method::Tcp(_) => 1,
    }
}

/// What is open when privilege is gone.
pub(super) struct Opened {
    pub(super) groups: Vec<Group>,
    /// With what they are to be.
    pub(super) searches: Vec<(Options, Sockets)>,
    /// For each method whose hosts are to be traced.
    pub(super) traces: Vec<(Method, Options, GroupSockets)>,
}

/// Opens all that the plan needs.
pub(super) fn open(plan: &mut Plan, name: &str) -> Result<Opened, Refusal> {
    scope_sources(&mut plan.sockets);
    plan.sockets.family = only_family(plan);
    let mut groups: Vec<(Probes, Vec<usize>)> = Vec::new();
    for (index, item) in plan.items.iter().enumerate() {
        match groups.iter_mut().find(|(probes, _)| *probes == item.probes) {
            Some((_, items)) => items.push(index),
            None => groups.push((item.probes, vec![index])),
        }
    }
    let open_sockets = |options: &Options| Sockets::open(options).map_err(|error| Refusal::new(error.to_string()));
    let groups = groups.into_iter().map(|(probes, items)| {
        let window = u32::try_from(items.len() * 4).unwrap_or(u32::MAX).clamp(16, 65_536);
        let options = Options { size: probes.size, window, ..plan.sockets.clone() };
        let sockets = GroupSockets::open(probes.method, flows(&probes), &options)
            .map_err(|error| Refusal::new(error.to_string()))?;
        Ok(Group { probes, items, options, sockets })
    });
    let groups = groups.collect::<Result<Vec<_>, Refusal>>()?;
    let wanted = plan.items.iter().filter(|item| item.pmtu).count().min(SEARCHES);
    let searches = (0..wanted).map(|_| {
        let options =
            Options { size: usize::from(u16::MAX), pmtu: Some(PmtuMode::Probe), window: 16, ..plan.sockets.clone() };
        let sockets = open_sockets(&options)?;
        Ok((options, sockets))
    });
    let searches = searches.collect::<Result<Vec<_>, Refusal>>()?;
    let mut methods: Vec<Method> = Vec::new();
    for item in plan.items.iter().filter(|item| item.trace) {
        if !methods.contains(&item.probes.method) {
            methods.push(item.probes.method);
        }
    }
    let traces = methods.into_iter().map(|method| {
        let options = Options { size: TRACE_SIZE, window: 256, ..plan.sockets.clone() };
        let sockets = GroupSockets::open(method, 1, &options).map_err(|error| Refusal::new(error.to_string()))?;
        Ok((method, options, sockets))
    });
    let traces = traces.collect::<Result<Vec<_>, Refusal>>()?;
    let how = Sandbox { name, off: plan.no_sandbox, verbose: plan.output.verbose };
    RCHECK.close(how, plan.output.textfile.as_deref())?;
    Ok(Opened { groups, searches, traces })
}

/// The one family that can be needed, if it is one.
fn only_family(plan: &Plan) -> Option<Family> {
    if plan.family.is_some() {
        return plan.family;
    }
    let mut families = plan.items.iter().map(|item| item.operand.family());
    let first = families.next()??;
    families.all(|family| family == Some(first)).then_some(first)
}
