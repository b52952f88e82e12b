//! The hardware address of a next hop, as the kernel knows it; where it does not, a packet makes it ask.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use super::lane::Lane;
use super::template::{Ask, HEAD_LEN};
use super::way::Hop;
use crate::net::Peer;
use crate::sys::clock::boot_now;
use crate::sys::{netlink, poll};
use crate::units::{Family, MacAddr, Seq};

/// The kernel asks three times, a second apart (`mcast_solicit`, `retrans_time_ms`).
const PATIENCE: Duration = Duration::from_millis(3_100);

/// How often its table is looked at meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// The address of a next hop; `None` if it does not say it. An echo request to it makes the kernel look for it; its
/// payload proves nothing, so that an answer counts as nothing.
pub(super) fn hardware_address(hop: &Hop, asking: &mut Lane) -> io::Result<Option<MacAddr>> {
    if let Some(mac) = known(hop)? {
        return Ok(Some(mac));
    }
    let is_link_local = matches!(hop.gateway, IpAddr::V6(addr) if addr.is_unicast_link_local());
    let to = Peer { addr: hop.gateway, scope: if is_link_local { hop.ifindex } else { 0 } };
    let until = boot_now() + PATIENCE;
    // A refusal is seen by what does not come of it.
    let _ = asking.send(&[Ask { to, seq: Seq(0), head: [0; HEAD_LEN] }]);
    loop {
        if let Some(mac) = known(hop)? {
            return Ok(Some(mac));
        }
        if boot_now() >= until {
            return Ok(None);
        }
        poll::wait(&[], Some(boot_now() + LOOK_EVERY))?;
    }
}

fn known(hop: &Hop) -> io::Result<Option<MacAddr>> {
    let all = netlink::neighbours(Family::of(hop.gateway))?;
    let found = all.iter().find(|n| (n.addr, n.ifindex) == (hop.gateway, hop.ifindex));
    Ok(found.and_then(|n| n.mac).map(MacAddr))
}
