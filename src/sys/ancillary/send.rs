//! The control messages of one packet that is sent: what it asks of the kernel beside the socket's options.

use std::net::IpAddr;

use libc::{IPPROTO_IP, IPPROTO_IPV6, SOL_SOCKET};

use crate::sys::cmsg::{Encoder, space};
use crate::sys::consts::*;
use crate::units::{Family, Ttl};

/// Which transmit stamps to ask for; combine with `|`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Stages(u32);

impl Stages {
    /// None.
    pub const NONE: Stages = Stages(0);
    /// On entering the packet scheduler.
    pub const SCHED: Stages = Stages(SOF_TIMESTAMPING_TX_SCHED);
    /// When the driver takes the packet.
    pub const DRIVER: Stages = Stages(SOF_TIMESTAMPING_TX_SOFTWARE);
    /// When the network card sends it; nothing comes unless the card's stamping was switched on by its owner.
    pub const NIC: Stages = Stages(SOF_TIMESTAMPING_TX_HARDWARE);

    /// Whether no stamp is asked for.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The flags of `SO_TIMESTAMPING`.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }
}

impl std::ops::BitOr for Stages {
    type Output = Stages;
    fn bitor(self, other: Stages) -> Stages {
        Stages(self.0 | other.0)
    }
}

/// What one packet asks of the kernel beside the socket's options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SendControl {
    /// Hop limit.
    pub ttl: Option<Ttl>,
    /// Type of service or traffic class.
    pub tos: Option<u8>,
    /// Transmit stamps.
    pub stages: Stages,
    /// The number they shall carry. Only where [`crate::sys::stamping::Granted::numbered`] says so: other kernels refuse
    /// the packet.
    pub stamp: Option<u32>,
    /// Interface to send through.
    pub ifindex: Option<u32>,
    /// Source address.
    pub source: Option<IpAddr>,
}

/// Bytes that the control messages of any [`SendControl`] fit into.
pub const SEND_CONTROL_LEN: usize = space(4) * 4 + space(20);

/// Writes the control messages of one packet. Returns their length and where the stamp's number stands in them.
pub fn encode(control: &SendControl, family: Family, buffer: &mut [u8]) -> (usize, Option<usize>) {
    let mut e = Encoder::new(buffer);
    let (ip, ttl, tos) = match family {
        Family::V4 => (IPPROTO_IP, libc::IP_TTL, libc::IP_TOS),
        Family::V6 => (IPPROTO_IPV6, libc::IPV6_HOPLIMIT, libc::IPV6_TCLASS),
    };
    if let Some(v) = control.ttl {
        e.push(ip, ttl, &i32::from(v.0).to_ne_bytes());
    }
    if let Some(v) = control.tos {
        e.push(ip, tos, &i32::from(v).to_ne_bytes());
    }
    if control.ifindex.is_some() || control.source.is_some() {
        push_pktinfo(&mut e, control, family);
    }
    if !control.stages.is_empty() {
        e.push(SOL_SOCKET, SO_TIMESTAMPING_OLD, &control.stages.bits().to_ne_bytes());
    }
    let number = control.stamp.and_then(|id| e.push(SOL_SOCKET, SCM_TS_OPT_ID, &id.to_ne_bytes()));
    (e.len(), number)
}

fn push_pktinfo(e: &mut Encoder<'_>, control: &SendControl, family: Family) {
    let ifindex = control.ifindex.unwrap_or(0).to_ne_bytes();
    match family {
        Family::V4 => {
            let mut info = [0_u8; 12];
            info[0..4].copy_from_slice(&ifindex);
            if let Some(IpAddr::V4(a)) = control.source {
                info[4..8].copy_from_slice(&a.octets());
            }
            e.push(IPPROTO_IP, libc::IP_PKTINFO, &info);
        }
        Family::V6 => {
            let mut info = [0_u8; 20];
            if let Some(IpAddr::V6(a)) = control.source {
                info[0..16].copy_from_slice(&a.octets());
            }
            info[16..20].copy_from_slice(&ifindex);
            e.push(IPPROTO_IPV6, libc::IPV6_PKTINFO, &info);
        }
    }
}
