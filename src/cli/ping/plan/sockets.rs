//! What the sockets must be: addresses, marks, header fields and options.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{FamilyWish, values};
use crate::cli::Refusal;
use crate::cli::ping::args::{Args, FamilyArgs};
use crate::units::Family;

/// Which kind of ICMP socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SocketKind {
    /// Raw where allowed, else the ping socket.
    #[default]
    Auto,
    /// `SOCK_RAW`.
    Raw,
    /// The ping socket, `SOCK_DGRAM`.
    Dgram,
}

/// Path MTU discovery (`IP_MTU_DISCOVER`, ip(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PmtuMode {
    /// Set don't-fragment, fragment nothing.
    Do,
    /// Set don't-fragment, fragment what is known to be too large.
    Want,
    /// Set don't-fragment, ignore what is known of the path.
    Probe,
    /// Never set it.
    Dont,
}

/// An IPv4 option in every probe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum IpOption {
    /// None.
    #[default]
    None,
    /// `-R`: nine routers write their address (RFC 791).
    RecordRoute,
    /// `-T tsonly`: nine routers write the time.
    Timestamp,
    /// `-T tsandaddr`: four routers write address and time.
    TimestampAndAddress,
    /// `-T tsprespec`: these routers write the time.
    TimestampOf(Vec<Ipv4Addr>),
}

/// What we write of the IPv4 header ourselves (`--hdrincl`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderPlan {
    /// IP identification; 0: the kernel's.
    pub id: u16,
    /// The don't-fragment bit.
    pub df: bool,
}

/// What the sockets must be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SocketPlan {
    /// Their kind.
    pub kind: SocketKind,
    /// ICMP identifier.
    pub ident: Option<u16>,
    /// Time to live or hop limit.
    pub ttl: Option<u8>,
    /// TOS or traffic class.
    pub tos: Option<u8>,
    /// Path MTU discovery.
    pub pmtu: Option<PmtuMode>,
    /// Interface or VRF, and the option that named it.
    pub interface: Option<String>,
    /// IPv4 source.
    pub source_v4: Option<Ipv4Addr>,
    /// IPv6 source.
    pub source_v6: Option<Ipv6Addr>,
    /// Firewall mark.
    pub mark: Option<u32>,
    /// Broadcast destinations are allowed.
    pub broadcast: bool,
    /// The first source address is kept.
    pub sticky_source: bool,
    /// Connect to the target.
    pub connect: bool,
    /// Directly attached hosts only.
    pub dont_route: bool,
    /// Multicast does not come back.
    pub no_loop: bool,
    /// Send buffer, bytes.
    pub sndbuf: Option<u32>,
    /// `SO_DEBUG`.
    pub debug: bool,
    /// IPv4 option.
    pub ip_option: IpOption,
    /// IPv6 flow label.
    pub flow_label: Option<u32>,
    /// The IPv4 header is ours.
    pub header: Option<HeaderPlan>,
}

pub(super) fn read(args: &Args, wish: &mut FamilyWish) -> Result<SocketPlan, Refusal> {
    let (sockets, packet) = (&args.sockets, &args.packet);
    let word =
        |option, text: &Option<String>, max| text.as_ref().map(|text| values::word(option, text, max)).transpose();
    let kinds = [("auto", SocketKind::Auto), ("raw", SocketKind::Raw), ("dgram", SocketKind::Dgram)];
    let modes = [("do", PmtuMode::Do), ("want", PmtuMode::Want), ("probe", PmtuMode::Probe), ("dont", PmtuMode::Dont)];
    let mut plan = SocketPlan {
        kind: sockets.socket.as_ref().map_or(Ok(SocketKind::Auto), |text| values::choice("--socket", text, &kinds))?,
        ident: word("-e", &packet.ident, 0xffff)?.map(|id| id as u16),
        ttl: packet.ttl.as_ref().map(|text| values::whole("-t", text, 0, 255)).transpose()?.map(|ttl| ttl as u8),
        tos: tos(args)?,
        pmtu: packet.pmtudisc.as_ref().map(|text| values::choice("-M", text, &modes)).transpose()?,
        mark: word("-m", &sockets.mark, u32::MAX.into())?.map(|mark| mark as u32),
        broadcast: sockets.broadcast,
        sticky_source: sockets.sticky_source,
        connect: sockets.connect,
        dont_route: sockets.dont_route,
        no_loop: sockets.no_loop,
        sndbuf: sndbuf(sockets.sndbuf.as_deref())?,
        debug: sockets.debug,
        ip_option: ip_option(&args.family)?,
        flow_label: word("-F", &args.family.flowlabel, 0xf_ffff)?.map(|label| label as u32),
        header: header(&args.family)?,
        ..SocketPlan::default()
    };
    for text in &sockets.interface {
        plan.interface_or_source(text)?;
    }
    if let Some(text) = &sockets.source {
        let addr = text.parse().map_err(|_| Refusal::of("--source", text, "not an IPv4 or IPv6 address"))?;
        plan.source(addr);
    }
    match (plan.source_v4, plan.source_v6) {
        (Some(_), None) => wish.wants(Family::V4, "the source address")?,
        (None, Some(_)) => wish.wants(Family::V6, "the source address")?,
        _ => {}
    }
    needs_raw(plan)
}

impl SocketPlan {
    /// `-I`: an address, an address with its interface, or an interface.
    fn interface_or_source(&mut self, text: &str) -> Result<(), Refusal> {
        if let Ok(addr) = text.parse::<Ipv4Addr>() {
            self.source(addr.into());
        } else if text.contains(':') {
            let (addr, zone) = text.split_once('%').map_or((text, None), |(addr, zone)| (addr, Some(zone)));
            let addr: Ipv6Addr = addr.parse().map_err(|_| Refusal::of("-I", text, "invalid source address"))?;
            self.source(addr.into());
            if let Some(zone) = zone {
                self.interface = Some(interface(zone, text)?);
            }
        } else {
            self.interface = Some(interface(text, text)?);
        }
        Ok(())
    }

    fn source(&mut self, addr: IpAddr) {
        match addr {
            IpAddr::V4(addr) => self.source_v4 = Some(addr),
            IpAddr::V6(addr) => self.source_v6 = Some(addr),
        }
    }
}

/// A word that can be an interface's name (dev_valid_name in the kernel's net/core/dev.c).
fn interface(name: &str, text: &str) -> Result<String, Refusal> {
    let possible = !matches!(name, "" | "." | "..")
        && name.len() < 16
        && !name.chars().any(|c| c == '/' || c == ':' || c.is_whitespace() || c.is_control());
    if possible {
        Ok(name.to_owned())
    } else {
        Err(Refusal::of("-I", text, "neither an address nor an interface's name"))
    }
}

fn tos(args: &Args) -> Result<Option<u8>, Refusal> {
    match (&args.packet.tos, &args.packet.dscp) {
        (Some(_), Some(_)) => Err(Refusal::new("-Q and --dscp both set the same byte: choose one")),
        (Some(text), None) => values::tos("-Q", text).map(Some),
        (None, Some(text)) => values::dscp("--dscp", text).map(Some),
        (None, None) => Ok(None),
    }
}

fn sndbuf(text: Option<&str>) -> Result<Option<u32>, Refusal> {
    let bytes = text.map(|text| values::whole("-S", text, 1, i32::MAX as u64)).transpose()?;
    Ok(bytes.map(|bytes| bytes as u32))
}

fn ip_option(args: &FamilyArgs) -> Result<IpOption, Refusal> {
    match (&args.ip_timestamp, args.record_route) {
        (Some(_), true) => Err(Refusal::new("-R and -T: only one of -T or -R may be used")),
        (None, true) => Ok(IpOption::RecordRoute),
        (None, false) => Ok(IpOption::None),
        (Some(text), false) => match text.as_str() {
            "tsonly" => Ok(IpOption::Timestamp),
            "tsandaddr" => Ok(IpOption::TimestampAndAddress),
            "tsprespec" => Ok(IpOption::TimestampOf(Vec::new())),
            _ => Err(Refusal::of("-T", text, "invalid timestamp type: not one of tsonly, tsandaddr, tsprespec")),
        },
    }
}

fn header(args: &FamilyArgs) -> Result<Option<HeaderPlan>, Refusal> {
    let id = args.ip_id.as_ref().map(|text| values::word("--ip-id", text, 0xffff)).transpose()?;
    match (args.hdrincl, id, args.df) {
        (true, id, df) => Ok(Some(HeaderPlan { id: id.unwrap_or_default() as u16, df })),
        (false, None, false) => Ok(None),
        (false, Some(_), _) => Err(Refusal::new("--ip-id needs --hdrincl: otherwise the kernel numbers packets")),
        (false, None, true) => Err(Refusal::new("--df needs --hdrincl; without it, -M do sets the same bit")),
    }
}

/// What a ping socket cannot do takes a raw one.
fn needs_raw(mut plan: SocketPlan) -> Result<SocketPlan, Refusal> {
    let why = if plan.header.is_some() {
        "--hdrincl"
    } else if plan.ident == Some(0) {
        "-e 0"
    } else {
        return Ok(plan);
    };
    if plan.kind == SocketKind::Dgram {
        return Err(Refusal::new(format!("--socket dgram does not go with {why}, which only a raw socket can do")));
    }
    plan.kind = SocketKind::Raw;
    Ok(plan)
}
