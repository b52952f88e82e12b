//! What the sockets must be: addresses, marks, header fields.

use super::super::args::Args;
use crate::cli::Refusal;
use crate::cli::from::{device, source};
use crate::cli::values;
use crate::net::hops::Names;
use crate::net::icmp::Options;
use crate::sys::options::PmtuMode;
use crate::trace::Config;

/// Expedited forwarding (RFC 3246) with ECT(0) (RFC 3168): what a network that rewrites anything rewrites.
const CONSPICUOUS: u8 = 46 << 2 | 0b10;

pub(super) fn read(args: &Args, trace: &mut Config) -> Result<Options, Refusal> {
    let (sockets, method) = (&args.sockets, &args.method);
    let word =
        |option, text: &Option<String>, max| text.as_ref().map(|text| values::word(option, text, max)).transpose();
    let asked = method.tos.as_ref().map(|text| values::tos("-t", text)).transpose()?;
    trace.tos = asked.unwrap_or(if args.search.bleaching { CONSPICUOUS } else { 0 });
    let mut options = Options {
        names: Names::TRACE,
        socket: values::socket_choice(sockets.socket.as_ref())?,
        tos: Some(trace.tos),
        // With a search, the bit is set and what the kernel remembers of the path is not believed.
        pmtu: Some(match (trace.mtu.is_some(), method.dont_fragment) {
            (true, _) => PmtuMode::Probe,
            (false, true) => PmtuMode::Do,
            (false, false) => PmtuMode::Dont,
        }),
        mark: word("--fwmark", &sockets.fwmark, u32::MAX.into())?.map(|mark| mark as u32),
        dontroute: sockets.dont_route,
        debug: sockets.debug,
        // A label that the kernel makes up for each packet would be another flow.
        flow_label: Some(word("-l", &method.flow_label, 0xf_ffff)?.unwrap_or(0) as u32),
        tell_queue_drops: true,
        ..Options::default()
    };
    if let Some(name) = &sockets.interface {
        options.device = Some(device("-i", name, name)?);
    }
    if let Some(text) = &sockets.source {
        let addr = text.parse().map_err(|_| Refusal::of("-s", text, "not an IPv4 or IPv6 address"))?;
        source(&mut options, addr);
    }
    Ok(options)
}
