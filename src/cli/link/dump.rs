//! `rlink dump`: what passes an interface, a line a frame, or a capture file.

use std::fs::File;
use std::io::BufWriter;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;

use clap::Args as ClapArgs;

use super::telling::Telling;
use super::values::refusal;
use crate::cli::conduct::{Listener, Stage};
use crate::cli::sandbox::{RLINK, Sandbox};
use crate::cli::{Exit, Refusal, values};
use crate::clock::BootTime;
use crate::link::listen::{Config, Note, Session};
use crate::net::packet::{FramesNet, FramesOptions, FramesSocket};
use crate::probe::{Command, Drive};
use crate::report::link::{Capture, FrameReport};
use crate::sys::ancillary::Stages;
use crate::sys::clock::{boot_now, wall_now};
use crate::sys::errno::Errno;
use crate::sys::filter::wanted::{Protocol, Wanted, wanted_filter};
use crate::sys::packet::{Hears, Membership};
use crate::units::{EtherType, Port};

/// Room for frames that come faster than we are scheduled.
const RECEIVE_BUFFER: u32 = 16 << 20;
/// Bytes kept of a frame: as large as segmentation offload makes them.
const SNAP: usize = (64 << 10) + 256;

/// What it can be told.
#[derive(Clone, Debug, ClapArgs)]
#[command(override_usage = "rlink dump -I IF [OPTIONS]")]
pub(super) struct Args {
    /// The interface to hear
    #[arg(short = 'I', long, value_name = "IF")]
    interface: String,
    /// Only these frames: tcp, udp, icmp, icmp6, arp, or an EtherType in hex (0x88b5)
    #[arg(long, value_name = "WHAT")]
    proto: Option<String>,
    /// Only frames from or to this address
    #[arg(long, value_name = "ADDR")]
    host: Option<String>,
    /// Only TCP and UDP from or to this port
    #[arg(long, value_name = "N")]
    port: Option<String>,
    /// Write the frames to FILE, for Wireshark, and print none
    #[arg(long, value_name = "FILE")]
    pcapng: Option<String>,
    /// Hear what is for other stations, too, for as long as this runs
    #[arg(long)]
    promisc: bool,
    /// Stop after N frames
    #[arg(short = 'c', long, value_name = "N")]
    count: Option<String>,
    /// End after TIME
    #[arg(short = 'w', long, value_name = "TIME")]
    deadline: Option<String>,
    /// Print no frames, only what they came to
    #[arg(short = 'q', long)]
    quiet: bool,
    /// Print JSON Lines
    #[arg(short = 'j', long)]
    json: bool,
}

/// Listens; `name` begins messages.
///
/// # Errors
/// One line, where nothing was heard.
pub(super) fn run(args: &Args, how: Sandbox<'_>) -> Result<Exit, Refusal> {
    let name = how.name;
    let wanted = wanted(args)?;
    let count = args.count.as_ref().map(|text| values::whole("-c", text, 1, i64::MAX as u64)).transpose()?;
    let deadline = args.deadline.as_ref().map(|text| values::run_length("-w", text)).transpose()?;
    if args.pcapng.as_deref() == Some("") {
        return Err(Refusal::of("--pcapng", "", "needs the name of a file to write"));
    }
    let memberships = if args.promisc { vec![Membership::Promiscuous] } else { Vec::new() };
    let options = FramesOptions {
        filter: wanted_filter(&wanted).unwrap_or_default(),
        memberships,
        stages: Stages::NONE,
        receive_buffer: RECEIVE_BUFFER,
        snap: SNAP,
        own_frames: true,
        any_hardware: true,
        ..FramesOptions::new(&args.interface, Hears::All)
    };
    let socket = FramesSocket::open(&options).map_err(|error| refusal(&error))?;
    let link = socket.link().clone();
    if link.mac.is_none() && !link.is_loopback() {
        return Err(Refusal::of(
            "-I",
            &args.interface,
            "carries no Ethernet frames (a tunnel); there is nothing to read",
        ));
    }
    let file = args
        .pcapng
        .as_ref()
        .map(|path| File::create(path).map_err(|error| Refusal::of("--pcapng", path, Errno::from(error))));
    let file = file.transpose()?;
    RLINK.close(how, None)?;
    let capture = file.map(|file| {
        let program = concat!("rlink ", env!("CARGO_PKG_VERSION"));
        Capture::new(&args.interface, program, Box::new(BufWriter::new(file)))
    });
    let capture = capture.transpose().map_err(|error| Refusal::io("--pcapng", &error))?;
    let stage = Stage::open()?;
    let out = stage.stdout(name)?;
    let conductor = stage.conductor(name);
    let report = FrameReport::new(&args.interface, args.json, Box::new(out));
    let telling = Telling::new(conductor, report, link);
    let started = boot_now();
    let until = deadline.filter(|d| !d.is_zero()).map(|deadline| started + deadline);
    let mut listening = Listening { telling, capture, quiet: args.quiet, failed: false, until };
    let mut drive = Drive::new(Session::new(Config { wanted, count }), socket.into_net());
    match conductor.conduct(&mut drive, Command::Stop, &mut listening) {
        ControlFlow::Break(exit) if !listening.failed && !listening.is_late() => return Ok(exit),
        _ => {}
    }
    stage.fate.hurry();
    listening.capture(|capture| capture.flush());
    let totals = drive.machine().totals();
    listening.telling.tell(|report| report.dumped(&totals, boot_now().since(started), wall_now()));
    let exit = if listening.failed { Exit::Trouble } else { Exit::Yes };
    Ok(listening.telling.end(exit))
}

/// Which frames.
fn wanted(args: &Args) -> Result<Wanted, Refusal> {
    let protocol = args.proto.as_ref().map(|text| protocol(text)).transpose()?;
    let host = args
        .host
        .as_ref()
        .map(|text| text.parse::<IpAddr>().map_err(|_| Refusal::of("--host", text, "not an IPv4 or IPv6 address")));
    let port = args.port.as_ref().map(|text| values::whole("--port", text, 0, u64::from(u16::MAX)));
    let port = port.transpose()?.map(|port| Port(port as u16));
    let wanted = Wanted { protocol, host: host.transpose()?, port };
    let types = [EtherType::ARP, EtherType::IPV4, EtherType::IPV6];
    let possible = match protocol {
        Some(Protocol::Type(other)) if !types.contains(&other) => wanted.may_be(other),
        _ => types.iter().any(|ether_type| wanted.may_be(*ether_type)),
    };
    match (possible, &args.proto, &args.port) {
        (true, ..) => Ok(wanted),
        (false, Some(proto), Some(port)) if args.host.is_none() => {
            Err(Refusal::of("--port", port, format!("{proto} has no ports; only tcp and udp have")))
        }
        (false, Some(proto), _) => {
            Err(Refusal::of("--proto", proto, "never has what the other options ask for; nothing would be heard"))
        }
        (false, None, _) => Err(Refusal::new("--host and --port together ask for what is never sent")),
    }
}

/// Reads what `--proto` takes.
fn protocol(text: &str) -> Result<Protocol, Refusal> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let number = || u16::from_str_radix(hex, 16).ok().filter(|_| hex.bytes().all(|b| b.is_ascii_hexdigit()));
    let problem = |problem| Err(Refusal::of("--proto", text, problem));
    match text {
        "tcp" => Ok(Protocol::Tcp),
        "udp" => Ok(Protocol::Udp),
        "icmp" => Ok(Protocol::Icmp),
        "icmp6" => Ok(Protocol::Icmp6),
        "arp" => Ok(Protocol::Arp),
        _ => match number().map(EtherType) {
            None => problem("not one of tcp, udp, icmp, icmp6, arp, nor an EtherType in hex, as in: 0x88b5"),
            Some(EtherType::ARP) => Ok(Protocol::Arp),
            Some(length) if length.is_length() => problem("a length, and no type; types begin at 0x0600"),
            Some(tag) if tag.is_tag() => problem("a VLAN tag, which is looked behind; name what is inside"),
            Some(ether_type) => Ok(Protocol::Type(ether_type)),
        },
    }
}

struct Listening<'a> {
    telling: Telling<'a>,
    capture: Option<Capture<'a>>,
    quiet: bool,
    /// The capture file took no more.
    failed: bool,
    until: Option<BootTime>,
}

impl<'a> Listening<'a> {
    /// Writes to the capture; a failure is said once, and ends the run.
    fn capture(&mut self, write: impl FnOnce(&mut Capture<'a>) -> std::io::Result<()>) {
        if let Some(Err(error)) = self.capture.as_mut().map(write) {
            self.telling.conductor.say(&format!("--pcapng: {}; the capture ends here", Errno::from(&error)));
            (self.capture, self.failed) = (None, true);
        }
    }

    fn is_late(&self) -> bool {
        self.until.is_some_and(|until| boot_now() >= until)
    }
}

impl Listener<Session, FramesNet> for Listening<'_> {
    fn tell(&mut self, note: &Note) {
        match note {
            Note::Happened(happening) => self.telling.happened(happening),
            Note::Frame(frame) if self.capture.is_some() => self.capture(|capture| capture.frame(frame)),
            Note::Frame(_) if self.quiet || self.failed => {}
            Note::Frame(frame) => self.telling.tell(|report| report.passed(frame)),
        }
    }

    fn turned(&mut self) -> ControlFlow<Exit> {
        self.telling.turned()?;
        if self.failed || self.is_late() { ControlFlow::Break(Exit::Yes) } else { ControlFlow::Continue(()) }
    }

    fn status(&mut self, drive: &mut Drive<Session, FramesNet>) {
        let t = drive.machine().totals();
        self.telling.conductor.say(&format!("{} frames, {} bytes, {} dropped", t.frames, t.bytes, t.dropped));
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
    use clap::{FromArgMatches, Parser};

    fn read(words: &str) -> Result<Wanted, String> {
        #[derive(Parser)]
        struct Only {
            #[command(flatten)]
            args: Args,
        }
        let matches = <Only as clap::CommandFactory>::command()
            .try_get_matches_from(["dump", "-I", "eth0"].into_iter().chain(words.split_whitespace()))
            .unwrap();
        wanted(&Only::from_arg_matches(&matches).unwrap().args).map_err(|why| why.to_string())
    }

    #[test]
    fn what_is_wanted_is_read_or_refused_in_one_line() {
        let tcp = Wanted { protocol: Some(Protocol::Tcp), port: Some(Port(80)), ..Wanted::default() };
        assert_eq!(read("--proto tcp --port 80"), Ok(tcp));
        assert_eq!(read("--proto 88B5").unwrap().protocol, Some(Protocol::Type(EtherType(0x88b5))));
        assert_eq!(read("--proto 0806").unwrap().protocol, Some(Protocol::Arp));
        assert_eq!(read(""), Ok(Wanted::default()));
        for (words, expect) in [
            (
                "--proto sctp",
                "--proto sctp: not one of tcp, udp, icmp, icmp6, arp, nor an EtherType in hex, as in: 0x88b5",
            ),
            (
                "--proto 0x10000",
                "--proto 0x10000: not one of tcp, udp, icmp, icmp6, arp, nor an EtherType in hex, as in: 0x88b5",
            ),
            ("--proto 0x05dc", "--proto 0x05dc: a length, and no type; types begin at 0x0600"),
            ("--proto 0x8100", "--proto 0x8100: a VLAN tag, which is looked behind; name what is inside"),
            ("--proto icmp --port 5", "--port 5: icmp has no ports; only tcp and udp have"),
            (
                "--proto arp --host fe80::1",
                "--proto arp: never has what the other options ask for; nothing would be heard",
            ),
            ("--host router1", "--host router1: not an IPv4 or IPv6 address"),
            ("--port 70000", "--port 70000: out of range: 0 <= value <= 65535"),
        ] {
            assert_eq!(read(words), Err(expect.to_owned()), "{words}");
        }
    }
}
