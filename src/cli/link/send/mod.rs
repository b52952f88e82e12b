//! `rlink send`: frames out, on an absolute schedule, and what the kernel says about their leaving.
//!
//! A frame counts as having left when the driver took it, by the kernel's own stamp: that a send call succeeded says only
//! that a queue did.

mod sender;

use std::time::Duration;

use clap::Args as ClapArgs;

use super::payload::{self, Given};
use super::values::{ether_type, mac, refusal, tag};
use crate::cli::conduct::Stage;
use crate::cli::sandbox::{RLINK, Sandbox};
use crate::cli::{Exit, Refusal, values};
use crate::net::packet::{LinkOptions, LinkSocket};
use crate::report::link::FrameReport;
use crate::sys::clock::set_timer_slack_min;
use crate::sys::packet::Hears;
use crate::sys::stamping::Timestamping;
use crate::wire::ethernet::Repr;
use sender::Sender;

/// More than any frame's payload.
const LONGEST: usize = 65_535;

/// What it can be told.
#[derive(Clone, Debug, ClapArgs)]
#[command(override_usage = "rlink send MAC -I IF [OPTIONS] [-]")]
pub(super) struct Args {
    /// The station or the group to send to
    #[arg(value_name = "MAC")]
    mac: String,
    /// Read the payload from standard input
    #[arg(value_name = "-")]
    stdin: Option<String>,
    /// The interface to send through
    #[arg(short = 'I', long, value_name = "IF")]
    interface: String,
    /// The payload, as text (default Hi)
    #[arg(long, value_name = "TEXT")]
    payload: Option<String>,
    /// The payload, as hexadecimal digits
    #[arg(long, value_name = "DIGITS")]
    hex: Option<String>,
    /// The payload, from a file; - is standard input
    #[arg(long, value_name = "FILE")]
    file: Option<String>,
    /// The type of the frames (default 0x88b5)
    #[arg(long, value_name = "TYPE")]
    ethertype: Option<String>,
    /// Write an 802.1Q tag with this VLAN, and perhaps a priority
    #[arg(long, value_name = "ID[:PRIO]")]
    vlan: Option<String>,
    /// Send N frames (default 1)
    #[arg(short = 'c', long, value_name = "N")]
    count: Option<String>,
    /// Time between two frames (default 1); 0: as fast as the interface takes them
    #[arg(short = 'i', long, value_name = "TIME")]
    interval: Option<String>,
    /// Show no frames, only the total
    #[arg(short = 'q', long)]
    quiet: bool,
    /// Print JSON Lines
    #[arg(short = 'j', long)]
    json: bool,
}

/// Sends; `name` begins messages.
///
/// # Errors
/// One line, where nothing was sent.
pub(super) fn run(args: &Args, how: Sandbox<'_>) -> Result<Exit, Refusal> {
    let name = how.name;
    let dst = mac(&args.mac)?;
    let ether_type = ether_type(args.ethertype.as_ref())?;
    let tag = tag(args.vlan.as_ref())?;
    let count = args.count.as_ref().map_or(Ok(1), |text| values::whole("-c", text, 1, i64::MAX as u64))?;
    let interval = args.interval.as_ref().map_or(Ok(Duration::from_secs(1)), |text| values::pause("-i", text))?;
    let socket = LinkSocket::open(&LinkOptions {
        timestamping: Some(Timestamping { receive: false, ..Timestamping::ALL }),
        ..LinkOptions::new(&args.interface, Hears::Nothing)
    });
    let socket = socket.map_err(|error| refusal(&error))?;
    RLINK.close(how, None)?;

    let given = Given {
        text: args.payload.as_deref(),
        hex: args.hex.as_deref(),
        file: args.file.as_deref(),
        operand: args.stdin.as_deref(),
    };
    let link = socket.link();
    let (payload, option) = payload::read(given, LONGEST)?;
    if payload.len() > usize::try_from(link.mtu).unwrap_or(usize::MAX) {
        let (len, mtu) = (payload.len(), link.mtu);
        let len = if len > LONGEST { format!("more than {LONGEST}") } else { len.to_string() };
        let problem = format!("{option} has {len} bytes, and a frame through {} holds {mtu} (its MTU)", args.interface);
        return Err(Refusal::new(crate::report::clean(&problem).into_owned()));
    }
    let repr = Repr { dst, src: link.mac.unwrap_or_default(), tag, ether_type };
    let mut frame = vec![0; repr.header_len()];
    frame.extend(&payload);
    repr.emit(&mut frame).map_err(|error| Refusal::new(error.to_string()))?;

    set_timer_slack_min();
    let stage = Stage::open()?;
    let out = stage.stdout(name)?;
    let conductor = stage.conductor(name);
    let report = FrameReport::new(&args.interface, args.json, Box::new(out));
    let shows = !args.quiet && !interval.is_zero();
    Ok(Sender::new(conductor, report, shows, socket, frame, interval).send(count))
}
