//! What is looked for after the round trips, of the hosts that answered: path MTUs and distances. Neither is measured
//! beside them, because it would be measured with them.

use super::hops::Traces;
use super::open::GroupSockets;
use super::plan::{Item, Plan};
use super::pmtu::{self, Searches};
use super::run::{Seen, Slot};
use super::turns::{Turner, turn_all};
use crate::check::Method;
use crate::cli::Refusal;
use crate::clock::BootTime;
use crate::net::Peer;
use crate::net::icmp::{OpenError, Options, Sockets};
use crate::sys::signals::{Signal, Signals};

/// Of whom it is wanted.
pub(super) struct Wanted<'a> {
    pub(super) plan: &'a Plan,
    pub(super) slots: &'a [Slot],
    pub(super) deadline: BootTime,
    pub(super) token_key: [u8; 16],
}

impl Wanted<'_> {
    /// Looks, and adds what it finds; the signal that ended it, if one did.
    pub(super) fn look_further(
        &self,
        signals: &Signals,
        seen: &mut [Seen],
        searches: Vec<(Options, Sockets)>,
        traces: Vec<(Method, Options, GroupSockets)>,
    ) -> Result<Option<Signal>, Refusal> {
        let refused = |error: OpenError| Refusal::new(error.to_string());
        let mut searching = self.searches(seen, searches).map_err(refused)?;
        let mut tracing = self.traces(seen, traces).map_err(refused)?;
        let searchers = searching.iter_mut().map(|one| -> &mut dyn Turner { one });
        let tracers = tracing.iter_mut().map(|one| -> &mut dyn Turner { one });
        let mut all: Vec<&mut dyn Turner> = searchers.chain(tracers).collect();
        let signal = turn_all(&mut all, signals).map_err(|error| Refusal::io("the sockets broke", &error))?;
        for (index, mtu) in searching.into_iter().flat_map(|searches| searches.found) {
            if let Some((samples, ..)) = seen.get_mut(index) {
                samples.pmtu = Some(mtu);
            }
        }
        for (index, hops) in tracing.iter().flat_map(Traces::found) {
            if let Some((samples, ..)) = seen.get_mut(index) {
                samples.hops = Some(hops);
            }
        }
        Ok(signal)
    }

    /// The slots whose hosts answered, of items that want it.
    fn answered<'s>(
        &'s self,
        seen: &'s [Seen],
        wants: impl Fn(&Item) -> bool + 's,
    ) -> impl Iterator<Item = (usize, Peer, &'s Seen)> {
        self.slots.iter().zip(seen).enumerate().filter_map(move |(index, (slot, seen))| {
            let (peer, ..) = slot.probed?;
            let is_wanted = self.plan.items.get(slot.item).is_some_and(&wants) && seen.0.received() > 0;
            is_wanted.then_some((index, peer, seen))
        })
    }

    /// Searches for the path MTU, as many side by side as there are sets of sockets.
    fn searches(&self, seen: &[Seen], sockets: Vec<(Options, Sockets)>) -> Result<Vec<Searches>, OpenError> {
        let mut shares: Vec<Vec<pmtu::Wanted>> = sockets.iter().map(|_| Vec::new()).collect();
        let count = shares.len().max(1);
        for (n, (index, peer, (samples, ..))) in self.answered(seen, |item| item.pmtu).enumerate() {
            let rtt = samples.rtts.iter().max().copied().unwrap_or_default();
            if let Some(share) = shares.get_mut(n % count) {
                share.push(pmtu::Wanted { index, peer, rtt });
            }
        }
        let all = sockets.into_iter().zip(shares).filter(|(_, share)| !share.is_empty());
        all.map(|((options, sockets), share)| {
            let peers: Vec<Peer> = share.iter().map(|wanted| wanted.peer).collect();
            let net = sockets.into_net(&options, &peers)?;
            Ok(Searches::new(net, share, self.deadline, self.token_key))
        })
        .collect()
    }

    /// Traces, one for each method.
    fn traces(&self, seen: &[Seen], sockets: Vec<(Method, Options, GroupSockets)>) -> Result<Vec<Traces>, OpenError> {
        let mut all = Vec::new();
        for (method, options, sockets) in sockets.into_iter().filter(|(.., sockets)| sockets.can_trace()) {
            let wanted = self.answered(seen, |item| item.trace && item.probes.method == method);
            let hosts: Vec<(usize, Peer)> = wanted.map(|(index, peer, _)| (index, peer)).collect();
            if hosts.is_empty() {
                continue;
            }
            let peers: Vec<Peer> = hosts.iter().map(|(_, peer)| *peer).collect();
            let net = sockets.into_net(&options, &peers)?;
            all.push(Traces::new(method, net, &hosts, self.deadline, self.token_key));
        }
        Ok(all)
    }
}
