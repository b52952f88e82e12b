//! `rlink serve`: shows the frames of one type, and answers echo requests. It never blocks in receiving: it waits for
//! frames and signals at once, and then takes all that is there, a batch a call.

mod server;

use clap::Args as ClapArgs;

use super::values::{ether_type, refusal, tag};
use crate::cli::conduct::Stage;
use crate::cli::sandbox::{RLINK, Sandbox};
use crate::cli::{Exit, Refusal, values};
use crate::link::Answerer;
use crate::net::packet::{LinkOptions, LinkSocket};
use crate::report::link::{FrameReport, Serving};
use crate::sys::clock::wall_now;
use crate::sys::filter::{Frames, frame_filter};
use crate::sys::packet::Hears;
use crate::sys::stamping::{SwitchingOn, Timestamping};
use server::Server;

/// Room for frames that come faster than we are scheduled.
const RECEIVE_BUFFER: u32 = 8 * 1024 * 1024;
/// Bytes of a frame that are not its payload: header, two tags and some to spare.
const HEADERS: usize = 64;

/// What it can be told.
#[derive(Clone, Debug, ClapArgs)]
#[command(override_usage = "rlink serve -I IF [OPTIONS]")]
pub(super) struct Args {
    /// The interface to hear
    #[arg(short = 'I', long, value_name = "IF")]
    interface: String,
    /// The type of frames to hear (default 0x88b5)
    #[arg(long, value_name = "TYPE")]
    ethertype: Option<String>,
    /// Serve a VLAN: frames with an 802.1Q tag of this number
    ///
    /// Without it frames without a tag are served, and those of VLANs that have no interface here are shown only.
    #[arg(long, value_name = "ID")]
    vlan: Option<String>,
    /// Answer echo requests (the default)
    #[arg(long, overrides_with = "no_echo")]
    echo: bool,
    /// Answer nothing
    #[arg(long, overrides_with = "echo")]
    no_echo: bool,
    /// Show no frames, only the totals
    #[arg(short = 'q', long)]
    quiet: bool,
    /// End after TIME
    #[arg(short = 'w', long, value_name = "TIME")]
    deadline: Option<String>,
    /// Print JSON Lines
    #[arg(short = 'j', long)]
    json: bool,
}

/// Serves until it is interrupted; `name` begins messages.
///
/// # Errors
/// One line, where nothing was served.
pub(super) fn run(args: &Args, how: Sandbox<'_>) -> Result<Exit, Refusal> {
    let name = how.name;
    let ether_type = ether_type(args.ethertype.as_ref())?;
    let vlan = tag(args.vlan.as_ref())?.map(|tag| tag.id);
    let deadline = args.deadline.as_ref().map(|text| values::run_length("-w", text)).transpose()?;
    let (hears, filter) = match vlan {
        None => (Hears::One(ether_type), Vec::new()),
        Some(id) => (Hears::All, frame_filter(Frames { types: &[ether_type], vlan: Some(id) })),
    };
    // Who shows nothing needs no times.
    let stamping = (!args.quiet).then(SwitchingOn::begin);
    let socket = LinkSocket::open(&LinkOptions {
        filter,
        timestamping: stamping.as_ref().map(|_| Timestamping::RECEIVE),
        receive_buffer: RECEIVE_BUFFER,
        frame_info: true,
        ..LinkOptions::new(&args.interface, hears)
    });
    let socket = socket.map_err(|error| refusal(&error))?;
    RLINK.close(how, None)?;
    let stage = Stage::open()?;
    let _stamps = stamping.map(SwitchingOn::wait);

    let out = stage.stdout(name)?;
    let mac = socket.link().mac.unwrap_or_default();
    let packet = usize::try_from(socket.link().mtu).unwrap_or(usize::MAX).saturating_add(HEADERS);
    let answers = !args.no_echo;
    let server = Server::new(
        stage.conductor(name),
        socket,
        Answerer { mac, vlan, answers },
        FrameReport::new(&args.interface, args.json, Box::new(out)),
        args.quiet,
        packet,
    );
    Ok(server.serve(deadline, &Serving { mac, ether_type, vlan, answers, at: wall_now() }))
}
