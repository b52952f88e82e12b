//! What packet sockets alone have (`packet(7)`, `net/packet/af_packet.c`): binding to a link, memberships, counters.
//!
//! [`Socket::packet`] opens one that hears nothing. The order that lets no stray frame in: filter and options first, then
//! [`Socket::bind_link`]. Bound to *one* protocol the kernel hands it frames of that type alone, but behind its own look at
//! VLANs: a frame of a VLAN that has no interface here comes without its tag and as [`Direction::Other`]. Who wants tags
//! binds to [`Hears::All`], with a filter for what is wanted and [`Socket::recv_frame_info`].
//!
//! [`Direction::Other`]: super::address::Direction::Other

use std::io;
use std::mem;
use std::os::fd::AsRawFd;

use super::address::Name;
use super::consts::*;
use super::options::check;
use super::socket::Socket;
use crate::units::{EtherType, MacAddr};

/// Which frames a packet socket hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hears {
    /// None: it only sends.
    Nothing,
    /// Those of one type, untagged or of a VLAN that has no interface here.
    One(EtherType),
    /// All, before the kernel has looked at their tags.
    All,
}

/// What an interface shall hear for a packet socket beside what is sent to its own address. It ends with the socket, so
/// that an interface is always left as it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// Every frame on the wire.
    Promiscuous,
    /// Every group address.
    AllGroups,
    /// One group address.
    Group(MacAddr),
}

/// Frames that a packet socket saw since the counters were last asked for (`struct tpacket_stats`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameCounts {
    /// That passed its filter, dropped ones included.
    pub seen: u32,
    /// That found no room in its queue.
    pub dropped: u32,
}

impl Socket {
    /// Binds a packet socket to an interface (`ifindex` 0: all of them) and the frames to hear; may be done again. What is
    /// sent without saying by which interface leaves by this one.
    pub fn bind_link(&self, ifindex: u32, hears: Hears) -> io::Result<()> {
        let protocol = match hears {
            Hears::Nothing => 0,
            Hears::One(ether_type) => ether_type.0,
            Hears::All => ETH_P_ALL,
        };
        let mut name = Name::default();
        let len = name.write_link(ifindex, protocol, MacAddr::ZERO);
        let bytes = name.as_bytes(len);
        // SAFETY: `bytes` is a sockaddr_ll of `len` bytes, which the kernel only reads.
        check(unsafe { libc::bind(self.as_raw_fd(), bytes.as_ptr().cast(), len as libc::socklen_t) })
    }

    /// Whether each frame comes with its length, its VLAN tag and the state of its checksum.
    pub fn recv_frame_info(&self, on: bool) -> io::Result<()> {
        self.set_int(SOL_PACKET, PACKET_AUXDATA, on.into())
    }

    /// Whether frames that this host sends are heard too, as packet sockets do by default (Linux 4.20 can do without;
    /// before, look at [`LinkName::direction`](super::address::LinkName)).
    pub fn hear_own_frames(&self, on: bool) -> io::Result<()> {
        self.set_int(SOL_PACKET, PACKET_IGNORE_OUTGOING, (!on).into())
    }

    /// Whether frames go straight to the driver: no queue, no shaping, no stamp by the scheduler, and a full ring of the
    /// driver drops them (`ENOBUFS`).
    pub fn bypass_scheduler(&self, on: bool) -> io::Result<()> {
        self.set_int(SOL_PACKET, PACKET_QDISC_BYPASS, on.into())
    }

    /// Makes an interface hear more.
    pub fn join(&self, ifindex: u32, what: Membership) -> io::Result<()> {
        self.membership(PACKET_ADD_MEMBERSHIP, ifindex, what)
    }

    /// Takes a [`Socket::join`] back.
    pub fn leave(&self, ifindex: u32, what: Membership) -> io::Result<()> {
        self.membership(PACKET_DROP_MEMBERSHIP, ifindex, what)
    }

    fn membership(&self, name: libc::c_int, ifindex: u32, what: Membership) -> io::Result<()> {
        let (ty, group) = match what {
            Membership::Promiscuous => (PACKET_MR_PROMISC, MacAddr::ZERO),
            Membership::AllGroups => (PACKET_MR_ALLMULTI, MacAddr::ZERO),
            Membership::Group(group) => (PACKET_MR_MULTICAST, group),
        };
        // struct packet_mreq: interface index, type, address length, 8 bytes of address.
        let mut request = [0_u8; 16];
        request[0..4].copy_from_slice(&ifindex.to_ne_bytes());
        request[4..6].copy_from_slice(&ty.to_ne_bytes());
        request[6..8].copy_from_slice(&6_u16.to_ne_bytes());
        request[8..14].copy_from_slice(&group.0);
        self.set_raw(SOL_PACKET, name, &request)
    }

    /// The frames seen and dropped since the last call: asking sets both to zero. [`Socket::memory_info`] keeps counting
    /// drops all the while.
    pub fn frame_counts(&self) -> io::Result<FrameCounts> {
        let mut words = [0_u32; 2];
        let mut len = mem::size_of_val(&words) as libc::socklen_t;
        // SAFETY: `words` is valid for `len` bytes of writing, any bit pattern is a u32, and the kernel writes no more.
        let r = unsafe {
            libc::getsockopt(self.as_raw_fd(), SOL_PACKET, PACKET_STATISTICS, words.as_mut_ptr().cast(), &mut len)
        };
        check(r)?;
        let [seen, dropped] = words;
        Ok(FrameCounts { seen, dropped })
    }
}
