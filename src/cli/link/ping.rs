//! `rlink ping`: the ping machine on a link. What differs from rping is whom it asks, and by which network.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use clap::Args as ClapArgs;

use super::values::{ether_type, mac, refusal, tag};
use crate::cli::color::{Color, no_color};
use crate::cli::conduct::Stage;
use crate::cli::ping::plan::schedule::{FLOOD_SAMPLE, USER_GROUP_INTERVAL, USER_INTERVAL};
use crate::cli::ping::plan::{NamesWanted, REPLY_DRIVEN_WINDOW};
use crate::cli::ping::session;
use crate::cli::ping::teller::Teller;
use crate::cli::sandbox::{RLINK, Sandbox};
use crate::cli::stdout::Stdout;
use crate::cli::{Exit, Refusal, values};
use crate::net::Peer;
use crate::net::packet::{EchoOptions, EchoSocket};
use crate::ping::{Config, Pace, Stamping, Target};
use crate::report::Host;
use crate::report::ping::{Json, Report, Run, Style, Text};
use crate::sys::ancillary::Stages;
use crate::sys::clock::{set_timer_slack_min, wall_now};
use crate::sys::link::Link;
use crate::sys::{caps, process, terminal};
use crate::units::MacAddr;

/// What it can be told.
#[derive(Clone, Debug, ClapArgs)]
#[command(override_usage = "rlink ping MAC -I IF [OPTIONS]")]
pub(super) struct Args {
    /// The station to ask; a group address asks many
    #[arg(value_name = "MAC")]
    mac: String,
    /// The interface to ask through
    #[arg(short = 'I', long, value_name = "IF")]
    interface: String,
    /// Stop after N requests (with -w: N replies)
    #[arg(short = 'c', long, value_name = "N")]
    count: Option<String>,
    /// Time between two requests (default 1)
    ///
    /// Users other than root may not go below 0.002, nor below 1 to a group.
    #[arg(short = 'i', long, value_name = "TIME")]
    interval: Option<String>,
    /// End the whole run after TIME
    #[arg(short = 'w', long, value_name = "TIME")]
    deadline: Option<String>,
    /// Count a request as lost after TIME; 0: never (default 10)
    #[arg(short = 'W', long, value_name = "TIME")]
    timeout: Option<String>,
    /// Bytes of data (default 56)
    ///
    /// The first 8 are a token that proves that a reply answers this very request. At most the interface's MTU less 16.
    #[arg(short = 's', long, value_name = "BYTES")]
    size: Option<String>,
    /// Flood: send as fast as replies come, a dot each
    #[arg(short = 'f', long)]
    flood: bool,
    /// The type of the frames (default 0x88b5)
    #[arg(long, value_name = "TYPE")]
    ethertype: Option<String>,
    /// Ask in a VLAN, by an 802.1Q tag with this number, and perhaps a priority
    #[arg(long, value_name = "ID[:PRIO]")]
    vlan: Option<String>,
    /// Tell of requests that are unanswered when the next one leaves
    #[arg(short = 'O', long)]
    outstanding: bool,
    /// Only the first line and the summary
    #[arg(short = 'q', long)]
    quiet: bool,
    /// Print seconds since 1970 before each line
    #[arg(short = 'D', long)]
    timestamps: bool,
    /// Print what this host itself added
    #[arg(long)]
    breakdown: bool,
    /// Print percentiles in the summary
    #[arg(long)]
    percentiles: bool,
    /// Print JSON Lines
    #[arg(short = 'j', long)]
    json: bool,
    /// Colour: auto, always or never (default auto)
    #[arg(long, value_name = "WHEN")]
    color: Option<String>,
}

/// Pings; `name` begins messages.
///
/// # Errors
/// One line, where nothing was asked.
pub(super) fn run(args: &Args, how: Sandbox<'_>) -> Result<Exit, Refusal> {
    let name = how.name;
    let to = mac(&args.mac)?;
    let mut config = config(args, to)?;
    let color = Color::read(args.color.as_ref(), no_color())?;
    let paced = config.pace == Pace::Interval;
    let socket = EchoSocket::open(EchoOptions {
        device: args.interface.clone(),
        ether_type: ether_type(args.ethertype.as_ref())?,
        tag: tag(args.vlan.as_ref())?,
        stages: if paced { Stages::SCHED | Stages::DRIVER | Stages::NIC } else { Stages::DRIVER | Stages::NIC },
        window: if paced { 1 } else { REPLY_DRIVEN_WINDOW },
        size: config.size,
        no_stamp_numbers: false,
    });
    let socket = socket.map_err(|error| refusal(&error))?;
    RLINK.close(how, None)?;
    let link = socket.link().clone();
    fits(args, &config, to, &link, socket.max_size())?;

    set_timer_slack_min();
    let stage = Stage::open()?;
    let peer = Peer::station(to, link.index);
    config.targets.push(Target { peer, group: to.is_group() });
    config.token_key = process::random_key().map_err(|error| Refusal::io("no random numbers", &error))?;
    let run = Arc::new(describe(args, &config, peer));

    let out = stage.stdout(name)?;
    let report = report(args, name, color, Arc::clone(&run), out);
    let conductor = stage.conductor(name);
    let teller = Teller::new(report, None, NamesWanted::None, std::iter::once(false), args.quiet && args.json);
    let mut teller = teller.map_err(|error| Refusal::io("cannot tell", &error))?.of_stations();
    teller.start();
    Ok(session::run(conductor, config, socket.into_net(), teller))
}

/// What the options mean, but for the target.
fn config(args: &Args, to: MacAddr) -> Result<Config, Refusal> {
    let mut config = Config::new(Vec::new(), [0; 16]);
    let count = args.count.as_ref().map(|text| values::whole("-c", text, 1, i64::MAX as u64));
    config.count = count.transpose()?;
    if let Some(text) = &args.interval {
        config.interval = values::pause("-i", text)?;
    } else if args.flood {
        config.interval = Duration::ZERO;
    }
    let least = if to.is_group() { USER_GROUP_INTERVAL } else { USER_INTERVAL };
    if !caps::is_root_like() && config.interval < least {
        let option = args.interval.as_ref().map_or_else(|| "-f".to_owned(), |text| format!("-i {text}"));
        let least = least.as_secs_f64();
        return Err(Refusal::new(format!("{option}: takes root; the shortest interval for others here is {least}")));
    }
    if let Some(text) = &args.timeout {
        let timeout = values::pause("-W", text)?;
        config.timeout = (!timeout.is_zero()).then_some(timeout);
        config.timeout_chosen = true;
    }
    if let Some(text) = &args.deadline {
        config.deadline = Some(values::run_length("-w", text)?).filter(|length| !length.is_zero());
    }
    if let Some(text) = &args.size {
        config.size = values::whole("-s", text, 0, u64::from(u16::MAX))? as usize;
    }
    if config.interval.is_zero() {
        (config.pace, config.stamping) = (Pace::Flood, Stamping::Sample(FLOOD_SAMPLE));
    }
    config.wait_for_all = true;
    config.percentiles = args.percentiles || args.json;
    config.note_sent = args.flood && !args.json && !args.quiet;
    config.note_replies = !args.quiet;
    config.note_unanswered = args.outstanding;
    Ok(config)
}

/// What only the interface tells.
fn fits(args: &Args, config: &Config, to: MacAddr, link: &Link, max_size: usize) -> Result<(), Refusal> {
    if config.size > max_size {
        let mtu = link.mtu;
        let problem = format!("a frame has room for {max_size} here (MTU {mtu} of {}, less 16)", link.name);
        return Err(Refusal::of("-s", config.size.to_string(), problem));
    }
    if link.mac == Some(to) {
        let problem = format!("the address of {} itself, which does not hear what it sends", link.name);
        return Err(Refusal::of("MAC", &args.mac, problem));
    }
    Ok(())
}

fn describe(args: &Args, config: &Config, peer: Peer) -> Run {
    let mut host = Host::new(&args.mac, peer);
    host.station = true;
    host.group = config.targets.iter().any(|target| target.group);
    host.device = Some(args.interface.clone());
    host.socket = "packet";
    let sample = match config.stamping {
        Stamping::Sample(one_in) => Some(one_in),
        Stamping::All | Stamping::None => None,
    };
    Run {
        size: config.size,
        count: config.count,
        interval: config.interval,
        reply_driven: config.pace != Pace::Interval,
        timeout: config.timeout,
        sample,
        ..Run::new(vec![host], wall_now())
    }
}

fn report<'a>(args: &Args, name: &str, color: Color, run: Arc<Run>, out: Stdout<'a>) -> Box<dyn Report + 'a> {
    let out: Box<dyn Write> = Box::new(out);
    if args.json {
        return Box::new(Json::new(run, out));
    }
    let screen = io::stdout();
    let style = Style {
        quiet: args.quiet,
        timestamps: args.timestamps,
        flood: args.flood,
        breakdown: args.breakdown,
        color: color.is_on(&screen),
        // Dots that go to no screen are not limited by its width.
        width: terminal::columns(&screen).map_or(usize::MAX, usize::from),
        ..Style::new(name)
    };
    Box::new(Text::new(run, style, out, Box::new(io::stderr())))
}
