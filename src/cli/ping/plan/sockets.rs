//! What the sockets must be: addresses, marks, header fields and options.

use super::FamilyWish;
use crate::cli::Refusal;
use crate::cli::from::{device_or_source, source};
use crate::cli::ping::args::{Args, FamilyArgs};
use crate::cli::values;
use crate::net::icmp::{HeaderInclude, Options, SocketChoice};
use crate::sys::options::PmtuMode;
use crate::units::{Family, Ident, Ttl};
use crate::wire::ip_options::{self, StampKind};

/// An IPv4 option in every probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IpOption {
    /// None.
    None,
    /// Its bytes are in [`Options::ip_options`].
    Set,
    /// `-T tsprespec`: the operands are its hosts.
    Hosts,
}

pub(super) fn read(args: &Args, wish: &mut FamilyWish) -> Result<(Options, IpOption), Refusal> {
    let (sockets, packet) = (&args.sockets, &args.packet);
    let word =
        |option, text: &Option<String>, max| text.as_ref().map(|text| values::word(option, text, max)).transpose();
    let modes = [("do", PmtuMode::Do), ("want", PmtuMode::Want), ("probe", PmtuMode::Probe), ("dont", PmtuMode::Dont)];
    let ttl = packet.ttl.as_ref().map(|text| values::whole("-t", text, 0, 255)).transpose()?;
    let (ip_option, ip_options) = ip_option(&args.family)?;
    let mut options = Options {
        socket: values::socket_choice(sockets.socket.as_ref())?,
        ident: word("-e", &packet.ident, 0xffff)?.map(|id| Ident(id as u16)),
        ttl: ttl.map(|ttl| Ttl(ttl as u8)),
        tos: tos(args)?,
        pmtu: packet.pmtudisc.as_ref().map(|text| values::choice("-M", text, &modes)).transpose()?,
        mark: word("-m", &sockets.mark, u32::MAX.into())?.map(|mark| mark as u32),
        broadcast: sockets.broadcast,
        sticky_source: sockets.sticky_source,
        connect: sockets.connect,
        dontroute: sockets.dont_route,
        no_multicast_loop: sockets.no_loop,
        send_buffer: send_buffer(sockets.sndbuf.as_deref())?,
        debug: sockets.debug,
        ip_options,
        flow_label: word("-F", &args.family.flowlabel, 0xf_ffff)?.map(|label| label as u32),
        header: header(&args.family)?,
        timestamps: args.family.icmp_timestamp,
        ..Options::default()
    };
    for text in &sockets.interface {
        device_or_source("-I", &mut options, text)?;
    }
    if let Some(text) = &sockets.source {
        let addr = text.parse().map_err(|_| Refusal::of("--source", text, "not an IPv4 or IPv6 address"))?;
        source(&mut options, addr);
    }
    if let [only] = options.sources.as_slice() {
        wish.wants(Family::of(only.addr), "the source address")?;
    }
    Ok((needs_raw(options)?, ip_option))
}

fn tos(args: &Args) -> Result<Option<u8>, Refusal> {
    match (&args.packet.tos, &args.packet.dscp) {
        (Some(_), Some(_)) => Err(Refusal::new("-Q and --dscp both set the same byte: choose one")),
        (Some(text), None) => values::tos("-Q", text).map(Some),
        (None, Some(text)) => values::dscp("--dscp", text).map(Some),
        (None, None) => Ok(None),
    }
}

fn send_buffer(text: Option<&str>) -> Result<Option<u32>, Refusal> {
    let bytes = text.map(|text| values::whole("-S", text, 1, i32::MAX as u64)).transpose()?;
    Ok(bytes.map(|bytes| bytes as u32))
}

fn ip_option(args: &FamilyArgs) -> Result<(IpOption, Vec<u8>), Refusal> {
    let set = |built: ip_options::Built| (IpOption::Set, built.as_slice().to_vec());
    match (args.ip_timestamp.as_deref(), args.record_route) {
        (Some(_), true) => Err(Refusal::new("-R and -T: only one of -T or -R may be used")),
        (None, true) => Ok(set(ip_options::record_route())),
        (None, false) => Ok((IpOption::None, Vec::new())),
        (Some("tsonly"), _) => Ok(set(ip_options::timestamp(StampKind::TsOnly))),
        (Some("tsandaddr"), _) => Ok(set(ip_options::timestamp(StampKind::TsAndAddr))),
        (Some("tsprespec"), _) => Ok((IpOption::Hosts, Vec::new())),
        (Some(text), _) => {
            Err(Refusal::of("-T", text, "invalid timestamp type: not one of tsonly, tsandaddr, tsprespec"))
        }
    }
}

fn header(args: &FamilyArgs) -> Result<Option<HeaderInclude>, Refusal> {
    let id = args.ip_id.as_ref().map(|text| values::word("--ip-id", text, 0xffff)).transpose()?;
    match (args.hdrincl, id, args.df) {
        (true, id, df) => Ok(Some(HeaderInclude { ip_id: id.unwrap_or_default() as u16, df })),
        (false, None, false) => Ok(None),
        (false, Some(_), _) => Err(Refusal::new("--ip-id needs --hdrincl: otherwise the kernel numbers packets")),
        (false, None, true) => Err(Refusal::new("--df needs --hdrincl; without it, -M do sets the same bit")),
    }
}

/// What a ping socket cannot do takes a raw one.
fn needs_raw(mut options: Options) -> Result<Options, Refusal> {
    let why = if options.header.is_some() {
        "--hdrincl"
    } else if options.timestamps {
        "--icmp-timestamp"
    } else if options.ident == Some(Ident(0)) {
        "-e 0"
    } else {
        return Ok(options);
    };
    if options.socket == SocketChoice::Dgram {
        return Err(Refusal::new(format!("--socket dgram does not go with {why}, which only a raw socket can do")));
    }
    options.socket = SocketChoice::Raw;
    Ok(options)
}
