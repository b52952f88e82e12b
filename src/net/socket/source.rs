//! The source address of packets whose header we write. There the kernel takes any (lab_kernel 14), bound or not
//! (`inet_sk_flowi_flags` in include/net/inet_sock.h), so that an address this host loses in mid-run would become a
//! forged one: it is looked for again and again.

use std::net::IpAddr;
use std::time::Duration;

use crate::clock::BootTime;
use crate::sys::route;

/// How long an address that was found is believed in: looking costs more than sending.
const BELIEVED: Duration = Duration::from_millis(100);

/// A source that must be this host's.
#[derive(Debug)]
pub(in crate::net) struct Source {
    addr: IpAddr,
    /// Until when it need not be looked for; `None`: it was not there.
    until: Option<BootTime>,
}

impl Source {
    /// Not looked for yet.
    pub(in crate::net) fn new(addr: IpAddr) -> Self {
        Source { addr, until: None }
    }

    /// Whether probes may leave from it.
    pub(in crate::net) fn is_ours(&mut self, now: BootTime) -> bool {
        if self.until.is_none_or(|until| now >= until) {
            self.until = route::is_local_address(self.addr).then(|| now + BELIEVED);
        }
        self.until.is_some()
    }
}
