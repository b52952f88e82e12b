//! What is sent: ICMP, UDP or TCP, to which port, on which flow, and where its number travels.

use super::super::args::{Args, MethodArgs, PathArgs};
use super::super::peers::Peer;
use crate::cli::Refusal;
use crate::cli::values;
use crate::net::hops::{Flow, Method as Hops, Numbering, SynOptions, Tcp, flag};
use crate::trace::{Config, Method};
use crate::units::Port;

/// The first port of traceroute's UDP probes, which nobody listens at.
const UDP: u16 = 33_434;
/// The port of traceroute's `-U`.
const DNS: u16 = 53;
/// The first port of tracepath's.
const TRACEPATH: u16 = 44_444;
/// The web's.
const HTTP: u16 = 80;
/// Where the source ports of chosen flows begin: below those that the kernel gives to anybody (ip_local_port_range), so
/// that a flow is the same way in every run.
const FLOW_PORTS: u16 = 31_000;
/// Flows that can be chosen.
const FLOWS: u64 = 63;
/// IPv4's header and TCP's, without options.
const TCP_HEADERS: u32 = 40;

/// The method, and for UDP and TCP all that the network must know of it.
pub(super) fn read(
    args: &Args,
    peer: Option<Peer>,
    flow: Option<u16>,
    trace: &mut Config,
) -> Result<Option<(Hops, Flow)>, Refusal> {
    let (asked, path) = (&args.method, &args.path);
    let method = which(asked)?.unwrap_or(peer.map_or(Method::Icmp, Peer::method));
    trace.method = method;
    let numbering = match (path.classic, path.dublin) {
        (true, true) => return Err(Refusal::new("--classic and --dublin exclude each other: choose one")),
        (true, false) => Numbering::Classic,
        (false, true) => Numbering::Dublin,
        // traceroute's own default; its -U keeps the port.
        (false, false) if peer == Some(Peer::Traceroute) && which(asked)?.is_none() => Numbering::Classic,
        (false, false) => Numbering::Paris,
    };
    if method != Method::Udp && (path.classic || path.dublin) {
        let option = if path.classic { "--classic" } else { "--dublin" };
        return Err(Refusal::new(format!("{option} goes with UDP alone: add -U")));
    }
    if method != Method::Tcp && !asked.options.is_empty() {
        return Err(Refusal::new("-O goes with TCP alone: add -T"));
    }
    let port = |option, text: &String| values::whole(option, text, 1, 65_535).map(|port| Port(port as u16));
    let sport = asked.sport.as_ref().map(|text| port("--sport", text)).transpose()?;
    let dport = asked.port.as_ref().map(|text| port("-p", text)).transpose()?;
    if method == Method::Icmp {
        // traceroute takes -p with -I as the first sequence number, which is the machine's here.
        if sport.is_some() || (dport.is_some() && peer.is_none()) {
            return Err(Refusal::new("-p and --sport go with UDP and TCP: add -U or -T"));
        }
        trace.flow = flow.unwrap_or(0);
        return Ok(None);
    }
    let default = match (method, peer) {
        (Method::Tcp, _) => HTTP,
        (_, Some(Peer::Traceroute)) if which(asked)?.is_some() => DNS,
        (_, Some(Peer::Tracepath)) => TRACEPATH,
        _ => UDP,
    };
    let dst_port = dport.unwrap_or(Port(default));
    // Another flow is another source port; of a port that was chosen, so many further on.
    let src_port = match (sport, flow) {
        (None, None) => None,
        (None, Some(flow)) => Some(Port(FLOW_PORTS + flow)),
        (Some(Port(port)), flow) => Some(Port(
            port.checked_add(flow.unwrap_or(0))
                .ok_or_else(|| Refusal::of("--sport", port.to_string(), "with --flow it goes past 65535"))?,
        )),
    };
    trace.one_flow = numbering != Numbering::Classic;
    let how = match method {
        Method::Tcp => {
            let (tcp, length) = tcp(&asked.options)?;
            trace.headers = Some(length);
            Hops::Tcp(tcp)
        }
        _ => Hops::Udp(numbering),
    };
    Ok(Some((how, Flow { src_port, dst_port })))
}

/// The flow that was asked for.
pub(super) fn flow(path: &PathArgs) -> Result<Option<u16>, Refusal> {
    let flow = path.flow.as_ref().map(|text| values::whole("--flow", text, 0, FLOWS)).transpose()?;
    Ok(flow.map(|flow| flow as u16))
}

/// The method that options name, if they name one.
fn which(args: &MethodArgs) -> Result<Option<Method>, Refusal> {
    let names = [
        ("icmp", Method::Icmp),
        ("udp", Method::Udp),
        ("tcp", Method::Tcp),
        ("default", Method::Udp),
        ("syn", Method::Tcp),
    ];
    let named = args.module.as_ref().map(|text| values::choice("-M", text, &names)).transpose()?;
    let flags = [(args.icmp, Method::Icmp), (args.udp, Method::Udp), (args.tcp, Method::Tcp)];
    let mut asked = flags.into_iter().filter(|(set, _)| *set).map(|(_, method)| method).chain(named);
    let first = asked.next();
    match asked.find(|method| Some(*method) != first) {
        Some(_) => Err(Refusal::new("-I, -U, -T and -M name different methods: choose one")),
        None => Ok(first),
    }
}

/// Flags and options of a SYN, and the length of its IPv4 packet.
fn tcp(words: &[String]) -> Result<(Tcp, u32), Refusal> {
    let mut tcp = Tcp::default();
    let mut flags = None;
    for word in words.iter().flat_map(|text| text.split(',')).filter(|word| !word.is_empty()) {
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        let mut flag = |bit| flags = Some(flags.unwrap_or(0) | bit);
        match (name, value) {
            ("syn", None) => flag(flag::SYN),
            ("ack", None) => flag(flag::ACK),
            ("fin", None) => flag(flag::FIN),
            ("rst", None) => flag(flag::RST),
            ("psh", None) => flag(flag::PSH),
            ("urg", None) => flag(flag::URG),
            ("ece", None) => flag(flag::ECE),
            ("cwr", None) => flag(flag::CWR),
            ("ecn", None) => flag(flag::SYN | flag::ECE | flag::CWR),
            ("flags", Some(value)) => flags = Some(values::word("-O flags", value, 255)? as u8),
            ("sack", None) => tcp.options.sack = true,
            ("timestamps", None) => tcp.options.timestamp = Some(1),
            ("window_scaling", None) => tcp.options.window_scale = Some(2),
            ("mss", Some(value)) => tcp.options.mss = Some(values::whole("-O mss", value, 1, 65_535)? as u16),
            // As Linux' own SYNs are.
            ("sysctl", None) => {
                tcp.options = SynOptions { sack: true, timestamp: Some(1), window_scale: Some(7), ..tcp.options };
            }
            // What the answer carried is told anyway.
            ("info" | "reuse", None) => {}
            _ => {
                let known =
                    "syn ack fin rst psh urg ece cwr flags=N ecn sack timestamps window_scaling mss=N sysctl info";
                return Err(Refusal::of("-O", word, format!("not one of: {known}")));
            }
        }
    }
    tcp.flags = flags.unwrap_or(tcp.flags);
    let options = u32::try_from(tcp.options.bytes().len()).unwrap_or(0);
    Ok((tcp, TCP_HEADERS + options))
}
