//! `rlink scan`: who is on a link.

use std::io::{self, IsTerminal};
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use clap::Args as ClapArgs;

use super::on_link::OnLink;
use super::telling::Telling;
use super::values::refusal;
use crate::cli::conduct::{Listener, Stage};
use crate::cli::painted::Painted;
use crate::cli::sandbox::{RLINK, Sandbox};
use crate::cli::{Exit, Refusal, values};
use crate::clock::BootTime;
use crate::link::ask::Asker;
use crate::link::scan::{Config, Note, Session, Sweep};
use crate::net::Network;
use crate::net::packet::{FramesNet, FramesOptions, FramesSocket};
use crate::probe::{Command, Drive};
use crate::report::link::{FrameReport, progress_text};
use crate::sys::ancillary::Stages;
use crate::sys::clock::{set_timer_slack_min, wall_now};
use crate::sys::errno::Errno;
use crate::sys::filter::wanted::neighbour_filter;
use crate::sys::packet::Hears;
use crate::sys::process;
use crate::units::Ident;

/// Frames a second: what a radio link, which sends broadcasts slowly, still bears.
const RATE: u32 = 500;
/// Rounds: one for everybody, one for those who did not answer.
const ROUNDS: u32 = 2;
/// How long the last answers are waited for.
const WAIT: Duration = Duration::from_secs(1);
/// The largest sweep, addresses.
const MOST: u32 = 1 << 20;
/// How wide addresses are printed, where IPv4 alone is asked for, and otherwise.
const NARROW: usize = 15;
const WIDE: usize = 28;
/// How often the terminal is told how far the scan is.
const PROGRESS: Duration = Duration::from_millis(200);

/// What it can be told.
#[derive(Clone, Debug, ClapArgs)]
#[command(override_usage = "rlink scan -I IF [PREFIX...] [OPTIONS]")]
pub(super) struct Args {
    /// Ask for every address of these (default: the interface's IPv4 networks, and a call to all IPv6 nodes)
    #[arg(value_name = "PREFIX")]
    prefixes: Vec<String>,
    /// The interface
    #[arg(short = 'I', long, value_name = "IF")]
    interface: String,
    /// Without PREFIX: IPv4 only
    #[arg(short = '4', long, conflicts_with = "ipv6")]
    ipv4: bool,
    /// Without PREFIX: IPv6 only
    #[arg(short = '6', long)]
    ipv6: bool,
    /// Frames a second (default 500)
    #[arg(short = 'r', long, value_name = "N")]
    rate: Option<String>,
    /// Ask again so often those who did not answer (default 1)
    #[arg(long, value_name = "N")]
    retries: Option<String>,
    /// Wait TIME for the last answers (default 1)
    #[arg(short = 'W', long, value_name = "TIME")]
    timeout: Option<String>,
    /// End the whole run after TIME
    #[arg(short = 'w', long, value_name = "TIME")]
    deadline: Option<String>,
    /// No progress on the terminal
    #[arg(short = 'q', long)]
    quiet: bool,
    /// Print JSON Lines
    #[arg(short = 'j', long)]
    json: bool,
}

/// Scans; `name` begins messages.
///
/// # Errors
/// One line, where nobody was asked.
pub(super) fn run(args: &Args, how: Sandbox<'_>) -> Result<Exit, Refusal> {
    let name = how.name;
    let whole = |option, text: &Option<String>, min, max, default: u32| {
        let read = text.as_ref().map(|text| values::whole(option, text, min, max)).transpose()?;
        Ok(read.map_or(default, |n| u32::try_from(n).unwrap_or(u32::MAX)))
    };
    let rate = whole("-r", &args.rate, 1, 1_000_000, RATE)?;
    let retries = whole("--retries", &args.retries, 0, 100, ROUNDS - 1)?;
    let wait = args.timeout.as_ref().map(|text| values::pause("-W", text)).transpose()?.unwrap_or(WAIT);
    let deadline = args.deadline.as_ref().map(|text| values::run_length("-w", text)).transpose()?;
    let link = OnLink::named(&args.interface)?;
    let prefixes = prefixes(args, &link)?;
    let calls = args.prefixes.is_empty() && !args.ipv4;

    // Both families are heard by one socket, and before the kernel has looked at tags: what has one is not ours.
    let options = FramesOptions {
        filter: neighbour_filter(),
        stages: Stages::DRIVER,
        receive_buffer: 4 << 20,
        ..FramesOptions::new(&args.interface, Hears::All)
    };
    let socket = FramesSocket::open(&options).map_err(|error| refusal(&error))?;
    RLINK.close(how, None)?;
    set_timer_slack_min();
    let mac = socket.link().mac.unwrap_or_default();
    let asker = |source| Asker { mac, source };
    let column = if calls || prefixes.iter().any(|(addr, _)| addr.is_ipv6()) { WIDE } else { NARROW };
    let sweeps: Vec<Sweep> = prefixes
        .iter()
        .filter_map(|(addr, len)| Sweep::of_prefix(asker(link.source_for(*addr)), *addr, *len, MOST))
        .collect();
    let callers: Vec<IpAddr> = link.own().into_iter().filter(|own| calls && own.is_ipv6()).collect();
    if sweeps.is_empty() && callers.is_empty() {
        let problem = "has no address to scan from; name a prefix, as in: 192.0.2.0/24";
        return Err(Refusal::of("-I", &args.interface, problem));
    }
    let random = process::random_u64().map_err(|error| Refusal::io("no random numbers", &error))?;
    let token_key = process::random_key().map_err(|error| Refusal::io("no random numbers", &error))?;
    let shows_progress = !args.json && !args.quiet && io::stderr().is_terminal();
    let config = Config {
        sweeps,
        calls: callers.into_iter().map(|own| asker(Some(own))).collect(),
        own: link.own(),
        scope: socket.link().index,
        rate,
        rounds: retries + 1,
        wait,
        progress: shows_progress.then_some(PROGRESS),
        ident: Ident(random as u16),
        token_key,
    };
    let stage = Stage::open()?;
    let out = stage.stdout(name)?;
    let conductor = stage.conductor(name);
    let report = FrameReport::new(&args.interface, args.json, Box::new(out));
    let telling = Telling::new(conductor, report, socket.link().clone());
    let mut drive = Drive::new(Session::new(config), socket.into_net());
    let until = deadline.filter(|d| !d.is_zero()).map(|deadline| drive.network_mut().now().boot + deadline);
    let mut listening = Listening {
        telling,
        column,
        rounds: retries + 1,
        json: args.json,
        refused: None,
        progress: Painted::default(),
        until,
    };
    let ended = conductor.conduct(&mut drive, Command::Stop, &mut listening);
    listening.progress.wipe();
    match ended {
        ControlFlow::Break(exit) if !listening.is_late() => return Ok(exit),
        _ => {}
    }
    stage.fate.hurry();
    let now = drive.network_mut().now();
    let totals = drive.machine().totals(now);
    let texts: Vec<String> = prefixes.iter().map(|(addr, len)| format!("{addr}/{len}")).collect();
    listening.telling.tell(|report| report.scanned(&texts, &totals, wall_now()));
    let exit = match (totals.found, totals.sent) {
        (1.., _) => Exit::Yes,
        (0, 1..) => Exit::No,
        (0, 0) => Exit::Trouble,
    };
    Ok(listening.telling.end(exit))
}

/// What to sweep: as given, or the interface's own networks of IPv4.
fn prefixes(args: &Args, link: &OnLink) -> Result<Vec<(IpAddr, u8)>, Refusal> {
    let given: Vec<(IpAddr, u8)> = args.prefixes.iter().map(|text| prefix(text)).collect::<Result<_, _>>()?;
    if !given.is_empty() || args.ipv6 {
        return Ok(given);
    }
    let own = link.networks.iter().copied().filter(|(addr, _)| addr.is_ipv4());
    let own: Vec<(IpAddr, u8)> = own.collect();
    if let Some((addr, len)) = own.iter().find(|(addr, len)| is_too_large(*addr, *len)) {
        let text = format!("{addr}/{len}");
        return Err(Refusal::of("-I", &args.interface, format!("its network {text} is too large; name a part of it")));
    }
    Ok(own)
}

/// Reads ADDRESS/LENGTH, or an address.
fn prefix(text: &str) -> Result<(IpAddr, u8), Refusal> {
    let problem = |problem: &str| Refusal::of("PREFIX", text, problem);
    let (addr, len) = text.split_once('/').map_or((text, None), |(addr, len)| (addr, Some(len)));
    let addr: IpAddr = addr.parse().map_err(|_| problem("not an address and a prefix length, as in: 192.0.2.0/24"))?;
    let widest = if addr.is_ipv4() { 32 } else { 128 };
    let len = match len {
        None => widest,
        Some(len) => len
            .parse()
            .ok()
            .filter(|n| *n <= widest && len.bytes().all(|b| b.is_ascii_digit()))
            .ok_or_else(|| problem(&format!("the prefix length must be a number up to {widest}")))?,
    };
    if addr.is_multicast() || addr.is_loopback() {
        return Err(problem("no neighbours are there; name a network of the link"));
    }
    if is_too_large(addr, len) {
        let least = widest - MOST.trailing_zeros() as u8;
        return Err(problem(&format!("too large to ask for each of its addresses; at least /{least}")));
    }
    Ok((addr, len))
}

fn is_too_large(addr: IpAddr, len: u8) -> bool {
    Sweep::of_prefix(Asker { mac: Default::default(), source: None }, addr, len, MOST).is_none()
}

struct Listening<'a> {
    telling: Telling<'a>,
    /// How wide addresses are printed.
    column: usize,
    rounds: u32,
    json: bool,
    /// What the first question that was not sent failed with.
    refused: Option<Errno>,
    progress: Painted,
    until: Option<BootTime>,
}

impl Listening<'_> {
    /// Whether the run has had its time.
    fn is_late(&self) -> bool {
        self.until.is_some_and(|until| crate::sys::clock::boot_now() >= until)
    }
}

impl Listener<Session, FramesNet> for Listening<'_> {
    fn tell(&mut self, note: &Note) {
        match note {
            Note::Progress(progress) => {
                self.progress.paint(&progress_text(progress, self.rounds));
                return;
            }
            _ => self.progress.wipe(),
        }
        match note {
            Note::Found(found) => self.telling.tell(|report| report.found(found, self.column)),
            Note::NotSent { addr, at, errno } => {
                if self.json {
                    self.telling.tell(|report| report.scan_unsent(*addr, *errno, *at));
                }
                if self.refused.replace(*errno) != Some(*errno) {
                    self.telling.conductor.say(&format!("questions are not sent: {errno}"));
                }
            }
            Note::Happened(happening) => self.telling.happened(happening),
            Note::Progress(_) => {}
        }
    }

    fn turned(&mut self) -> ControlFlow<Exit> {
        self.telling.turned()?;
        if self.is_late() { ControlFlow::Break(Exit::Yes) } else { ControlFlow::Continue(()) }
    }

    fn status(&mut self, drive: &mut Drive<Session, FramesNet>) {
        self.progress.wipe();
        self.telling.conductor.say(&progress_text(&drive.machine().progress(), self.rounds));
    }

    fn deadline(&self) -> Option<BootTime> {
        self.until
    }

    fn fds(&self) -> [Option<BorrowedFd<'_>>; 2] {
        [None, None]
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_read_or_refused_in_one_line() {
        assert_eq!(prefix("10.1.0.0/24"), Ok(("10.1.0.0".parse().unwrap(), 24)));
        assert_eq!(prefix("fd00::9"), Ok(("fd00::9".parse().unwrap(), 128)));
        for (text, expect) in [
            ("10.1.0.0/33", "PREFIX 10.1.0.0/33: the prefix length must be a number up to 32"),
            ("10.1.0.0/+8", "PREFIX 10.1.0.0/+8: the prefix length must be a number up to 32"),
            ("10.1.0.0/", "PREFIX 10.1.0.0/: the prefix length must be a number up to 32"),
            ("10.1/16", "PREFIX 10.1/16: not an address and a prefix length, as in: 192.0.2.0/24"),
            ("", "PREFIX '': not an address and a prefix length, as in: 192.0.2.0/24"),
            ("10.0.0.0/8", "PREFIX 10.0.0.0/8: too large to ask for each of its addresses; at least /12"),
            ("fd00::/64", "PREFIX fd00::/64: too large to ask for each of its addresses; at least /108"),
            ("224.0.0.0/24", "PREFIX 224.0.0.0/24: no neighbours are there; name a network of the link"),
        ] {
            assert_eq!(prefix(text).unwrap_err().to_string(), expect);
        }
    }
}
