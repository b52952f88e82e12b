//! What needs privilege, done first; then privilege is given up for good.
//!
//! Sockets of the families that may be needed, with mark and device; the capture file, opened as the caller and not as
//! the owner of a setuid binary; then ids and capabilities of the only thread there is. Names are resolved after that.

use std::fs::File;
use std::net::IpAddr;

use super::plan::Plan;
use crate::cli::Refusal;
use crate::net::icmp::Sockets;
use crate::sys::errno::Errno;
use crate::sys::{caps, interfaces};

/// What is open when privilege is gone.
pub(super) struct Opened {
    pub(super) sockets: Sockets,
    pub(super) capture: Option<File>,
}

/// Opens all that the plan needs.
///
/// # Errors
/// One line on what cannot be had.
pub(super) fn open(plan: &mut Plan) -> Result<Opened, Refusal> {
    scope_sources(plan);
    let sockets = Sockets::open(&plan.sockets).map_err(|error| Refusal::new(error.to_string()))?;
    let capture = plan
        .output
        .pcapng
        .as_ref()
        .map(|path| File::create(path).map_err(|error| Refusal::of("--pcapng", path, Errno::from(error))));
    let capture = capture.transpose()?;
    let given_up = caps::drop_setuid_for_good().and_then(|()| caps::drop_all());
    given_up.map_err(|error| Refusal::new(format!("cannot give up privileges: {}", Errno::from(error))))?;
    Ok(Opened { sockets, capture })
}

/// A link-local source belongs to the interface that was named with it.
fn scope_sources(plan: &mut Plan) {
    let Some(index) = plan.sockets.device.as_deref().and_then(interfaces::index_of) else { return };
    for source in &mut plan.sockets.sources {
        if is_link_local(source.addr) {
            source.scope = index;
        }
    }
}

/// Whether an address means nothing without its interface.
pub(super) fn is_link_local(addr: IpAddr) -> bool {
    match addr {
        IpAddr::V4(_) => false,
        // ff02::/16 and ff01::/16: multicast on a link or an interface (RFC 4291 §2.7).
        IpAddr::V6(addr) => addr.is_unicast_link_local() || matches!(addr.segments()[0] & 0xff0f, 0xff01 | 0xff02),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_some_addresses_need_an_interface() {
        for (addr, expect) in [
            ("fe80::1", true),
            ("ff02::1", true),
            ("ff12::1", true),
            ("ff01::1", true),
            ("ff05::1", false),
            ("2001:db8::1", false),
            ("::1", false),
            ("169.254.0.1", false),
            ("224.0.0.1", false),
        ] {
            assert_eq!(is_link_local(addr.parse().unwrap()), expect, "{addr}");
        }
    }
}
