//! Kernel constants and layouts that the `libc` crate does not have, each with the header it comes from.
//!
//! Values are those of `asm-generic`, which every architecture that Rust's standard library supports on Linux shares,
//! but SPARC and PA-RISC number socket options differently: on those, stamping would ask for something else, so the
//! build stops.

use libc::c_int;

#[cfg(any(target_arch = "sparc", target_arch = "sparc64"))]
compile_error!("SPARC numbers its socket options differently (arch/sparc/include/uapi/asm/socket.h)");

/// `include/uapi/linux/icmp.h`: a mask of ICMP types below 32 that a raw socket does *not* want (level `SOL_RAW`).
pub const ICMP_FILTER: c_int = 1;
/// `include/uapi/linux/icmpv6.h`: 256 bits, a set bit blocks that type (level `IPPROTO_ICMPV6`).
pub const ICMPV6_FILTER: c_int = 1;
/// `include/uapi/linux/in.h`: the level of options of raw sockets.
pub const SOL_RAW: c_int = 255;

/// `include/uapi/linux/in.h`: report where the RFC 4884 extension of an ICMP error begins (Linux 5.9).
pub const IP_RECVERR_RFC4884: c_int = 26;
/// `include/uapi/linux/in6.h`: the same for ICMPv6.
pub const IPV6_RECVERR_RFC4884: c_int = 31;
/// `include/uapi/linux/in6.h`: outgoing interface of unicast packets, in network byte order.
pub const IPV6_UNICAST_IF: c_int = 76;
/// `include/uapi/linux/in.h`: outgoing interface of unicast packets, in network byte order.
pub const IP_UNICAST_IF: c_int = 50;

/// `include/uapi/linux/in6.h`: lease a flow label.
pub const IPV6_FLOWLABEL_MGR: c_int = 32;
/// `include/uapi/linux/in6.h`: send the flow information of the destination address.
pub const IPV6_FLOWINFO_SEND: c_int = 33;
/// `include/uapi/linux/in6.h`: whether the kernel chooses a flow label where none is given.
pub const IPV6_AUTOFLOWLABEL: c_int = 70;
/// `include/uapi/linux/in6.h`, `flr_action`: take a label.
pub const IPV6_FL_A_GET: u8 = 0;
/// `include/uapi/linux/in6.h`, `flr_flags`: create it if there is none.
pub const IPV6_FL_F_CREATE: u16 = 1;
/// `include/uapi/linux/in6.h`, `flr_share`: for everybody who asks for it so. A lease lingers for seconds after its process, so that an
/// exclusive one would refuse the same command a second time.
pub const IPV6_FL_S_ANY: u8 = 255;

/// `include/uapi/linux/in6.h`, `struct in6_flowlabel_req`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct FlowLabelRequest {
    /// Destination the label is for.
    pub dst: [u8; 16],
    /// The label, network byte order; 0 asks the kernel to choose, and the answer stands here.
    pub label: u32,
    /// `IPV6_FL_A_*`.
    pub action: u8,
    /// `IPV6_FL_S_*`.
    pub share: u8,
    /// `IPV6_FL_F_*`.
    pub flags: u16,
    /// Seconds.
    pub expires: u16,
    /// Seconds.
    pub linger: u16,
    /// Padding of the kernel's structure.
    pub pad: u32,
}

/// `include/uapi/asm-generic/socket.h`: stamps with C `long` seconds (the only one before Linux 5.1).
pub const SO_TIMESTAMPING_OLD: c_int = 37;
/// `include/uapi/asm-generic/socket.h`: stamps with 64-bit seconds on every architecture (Linux 5.1).
pub const SO_TIMESTAMPING_NEW: c_int = 65;
/// `include/uapi/asm-generic/socket.h`: the number a transmit stamp will carry (control message, Linux 6.13).
pub const SCM_TS_OPT_ID: c_int = 81;
/// `include/uapi/asm-generic/socket.h`: count of packets this socket dropped, on later packets.
pub const SO_RXQ_OVFL: c_int = 40;
/// `include/uapi/asm-generic/socket.h`: memory and drop counters of a socket (Linux 4.12).
pub const SO_MEMINFO: c_int = 55;
/// `include/uapi/asm-generic/socket.h`: receive buffer beyond `rmem_max` (CAP_NET_ADMIN).
pub const SO_RCVBUFFORCE: c_int = 33;
/// `include/uapi/asm-generic/socket.h`: send buffer beyond `wmem_max` (CAP_NET_ADMIN).
pub const SO_SNDBUFFORCE: c_int = 32;

/// `include/uapi/linux/sock_diag.h`: how many words `SO_MEMINFO` returns.
pub const SK_MEMINFO_VARS: usize = 9;
/// `include/uapi/linux/sock_diag.h`: bytes queued for receiving.
pub const SK_MEMINFO_RMEM_ALLOC: usize = 0;
/// `include/uapi/linux/sock_diag.h`: receive buffer.
pub const SK_MEMINFO_RCVBUF: usize = 1;
/// `include/uapi/linux/sock_diag.h`: bytes on their way out.
pub const SK_MEMINFO_WMEM_ALLOC: usize = 2;
/// `include/uapi/linux/sock_diag.h`: send buffer.
pub const SK_MEMINFO_SNDBUF: usize = 3;
/// `include/uapi/linux/sock_diag.h`: packets dropped since the socket was opened.
pub const SK_MEMINFO_DROPS: usize = 8;

/// `include/uapi/linux/net_tstamp.h`: stamp when the network card sends.
pub const SOF_TIMESTAMPING_TX_HARDWARE: u32 = 1 << 0;
/// `include/uapi/linux/net_tstamp.h`: stamp when the driver takes the packet.
pub const SOF_TIMESTAMPING_TX_SOFTWARE: u32 = 1 << 1;
/// `include/uapi/linux/net_tstamp.h`: stamp when the network card receives.
pub const SOF_TIMESTAMPING_RX_HARDWARE: u32 = 1 << 2;
/// `include/uapi/linux/net_tstamp.h`: stamp when the packet enters the kernel.
pub const SOF_TIMESTAMPING_RX_SOFTWARE: u32 = 1 << 3;
/// `include/uapi/linux/net_tstamp.h`: report software stamps.
pub const SOF_TIMESTAMPING_SOFTWARE: u32 = 1 << 4;
/// `include/uapi/linux/net_tstamp.h`: report hardware stamps.
pub const SOF_TIMESTAMPING_RAW_HARDWARE: u32 = 1 << 6;
/// `include/uapi/linux/net_tstamp.h`: number the transmit stamps.
pub const SOF_TIMESTAMPING_OPT_ID: u32 = 1 << 7;
/// `include/uapi/linux/net_tstamp.h`: stamp when the packet enters the packet scheduler.
pub const SOF_TIMESTAMPING_TX_SCHED: u32 = 1 << 8;
/// `include/uapi/linux/net_tstamp.h`: return the stamp without the packet's bytes.
pub const SOF_TIMESTAMPING_OPT_TSONLY: u32 = 1 << 11;
/// `include/uapi/linux/net_tstamp.h`: software *and* hardware transmit stamps (Linux 4.13).
pub const SOF_TIMESTAMPING_OPT_TX_SWHW: u32 = 1 << 14;

/// `include/uapi/linux/errqueue.h`, `ee_info` of a transmit stamp: the driver or the card has it.
pub const SCM_TSTAMP_SND: u32 = 0;
/// `include/uapi/linux/errqueue.h`, `ee_info` of a transmit stamp: the packet scheduler has it.
pub const SCM_TSTAMP_SCHED: u32 = 1;

/// `include/uapi/linux/errqueue.h`: an error of this host.
pub const SO_EE_ORIGIN_LOCAL: u8 = 1;
/// `include/uapi/linux/errqueue.h`: an ICMP message.
pub const SO_EE_ORIGIN_ICMP: u8 = 2;
/// `include/uapi/linux/errqueue.h`: an ICMPv6 message.
pub const SO_EE_ORIGIN_ICMP6: u8 = 3;
/// `include/uapi/linux/errqueue.h`: no error but a transmit stamp.
pub const SO_EE_ORIGIN_TIMESTAMPING: u8 = 4;
/// `include/uapi/linux/errqueue.h`: size of `struct sock_extended_err`; the offender's address follows it.
pub const EXTENDED_ERR_LEN: usize = 16;
/// `include/uapi/linux/errqueue.h`, `sock_ee_data_rfc4884.flags`: the extension's checksum or lengths are wrong.
pub const SO_EE_RFC4884_FLAG_INVALID: u8 = 1;

/// `include/linux/socket.h`: the level of options and control messages of packet sockets.
pub const SOL_PACKET: c_int = 263;
/// `include/uapi/linux/if_packet.h`: join a group of link-layer addresses.
pub const PACKET_ADD_MEMBERSHIP: c_int = 1;
/// `include/uapi/linux/if_packet.h`: leave it.
pub const PACKET_DROP_MEMBERSHIP: c_int = 2;
/// `include/uapi/linux/if_packet.h`: a ring of slots to receive into.
pub const PACKET_RX_RING: c_int = 5;
/// `include/uapi/linux/if_packet.h`: how slots are laid out.
pub const PACKET_VERSION: c_int = 10;
/// `include/uapi/linux/if_packet.h`: the layout with nanoseconds and slots of one size.
pub const TPACKET_V2: c_int = 1;
/// `include/uapi/linux/if_packet.h`: the slot is the kernel's.
pub const TP_STATUS_KERNEL: u32 = 0;
/// `include/uapi/linux/if_packet.h`: there is a frame in the slot.
pub const TP_STATUS_USER: u32 = 1;
/// `include/uapi/linux/if_packet.h`: frames seen and dropped since the last asking.
pub const PACKET_STATISTICS: c_int = 6;
/// `include/uapi/linux/if_packet.h`: length, VLAN tag and status beside each frame.
pub const PACKET_AUXDATA: c_int = 8;
/// `include/uapi/linux/if_packet.h`: transmit stamps in the error queue (control message).
pub const PACKET_TX_TIMESTAMP: c_int = 16;
/// `include/uapi/linux/if_packet.h`: send past the packet scheduler, straight to the driver.
pub const PACKET_QDISC_BYPASS: c_int = 20;
/// `include/uapi/linux/if_packet.h`: do not hear what this host sends (Linux 4.20).
pub const PACKET_IGNORE_OUTGOING: c_int = 23;
/// `include/uapi/linux/if_packet.h`: hear one group of link-layer addresses.
pub const PACKET_MR_MULTICAST: u16 = 0;
/// `include/uapi/linux/if_packet.h`: hear every frame on the wire.
pub const PACKET_MR_PROMISC: u16 = 1;
/// `include/uapi/linux/if_packet.h`: hear every group.
pub const PACKET_MR_ALLMULTI: u16 = 2;
/// `include/uapi/linux/if_packet.h`: the card would have computed the checksum.
pub const TP_STATUS_CSUMNOTREADY: u32 = 1 << 3;
/// `include/uapi/linux/if_packet.h`: the VLAN tag is told beside the frame.
pub const TP_STATUS_VLAN_VALID: u32 = 1 << 4;
/// `include/uapi/linux/if_packet.h`: and the type that announced it.
pub const TP_STATUS_VLAN_TPID_VALID: u32 = 1 << 6;
/// `include/uapi/linux/if_ether.h`: every protocol.
pub const ETH_P_ALL: u16 = 0x0003;
/// `include/uapi/linux/if_arp.h`: Ethernet, and what looks like it.
pub const ARPHRD_ETHER: u16 = 1;
/// `include/uapi/linux/ethtool.h`: which stamps an interface gives.
pub const ETHTOOL_GET_TS_INFO: u32 = 0x41;
/// `include/uapi/linux/sockios.h`: ask the driver.
pub const SIOCETHTOOL: u32 = 0x8946;

/// `include/uapi/linux/ethtool.h`, `struct ethtool_ts_info`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct StampInfoRequest {
    /// `ETHTOOL_GET_TS_INFO`.
    pub cmd: u32,
    /// `SOF_TIMESTAMPING_*` that it can.
    pub so_timestamping: u32,
    /// Number of the card's clock; −1: none.
    pub phc_index: i32,
    /// `HWTSTAMP_TX_*`, as bits.
    pub tx_types: u32,
    /// Reserved.
    pub tx_reserved: [u32; 3],
    /// `HWTSTAMP_FILTER_*`, as bits.
    pub rx_filters: u32,
    /// Reserved.
    pub rx_reserved: [u32; 3],
}

/// `netdb.h` of glibc: encode names as the DNS wants them (IDNA). musl has no such flag and refuses unknown ones.
#[cfg(target_env = "gnu")]
pub const AI_IDN: c_int = 0x40;
/// musl: names go to the DNS as they are.
#[cfg(not(target_env = "gnu"))]
pub const AI_IDN: c_int = 0;
/// `netdb.h` of glibc: decode names from the DNS (IDNA).
#[cfg(target_env = "gnu")]
pub const NI_IDN: c_int = 32;
/// musl: names come from the DNS as they are.
#[cfg(not(target_env = "gnu"))]
pub const NI_IDN: c_int = 0;
