//! `rlink arp` and `rlink ndp`: who has an address, is it free, and that it is ours. One run for both families; only the
//! formats differ, and those are `link::ask`'s.

mod args;
mod plan;

use std::net::{IpAddr, UdpSocket};
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;

use args::Options;
pub(super) use args::{ArpArgs, NdpArgs};
pub(super) use plan::read_source;

use super::on_link::OnLink;
use super::telling::Telling;
use super::values::refusal;
use crate::cli::conduct::{Listener, Stage};
use crate::cli::operand::{Host, Operand, is_link_local};
use crate::cli::resolve::resolve;
use crate::cli::sandbox::{RLINK, Sandbox};
use crate::cli::{Exit, Refusal};
use crate::clock::BootTime;
use crate::link::ask::Asker;
use crate::link::neighbour::{Config, Note, Schedule, Session, Summary, Task, Verdict};
use crate::net::packet::{FramesNet, FramesOptions, FramesSocket};
use crate::net::{Network, Peer};
use crate::probe::{Command, Drive};
use crate::report::link::{Asked, FrameReport};
use crate::sys::clock::{set_timer_slack_min, wall_now};
use crate::sys::filter::wanted::icmp6_filter;
use crate::sys::packet::Hears;
use crate::sys::signals::Signals;
use crate::units::{EtherType, Family};
use crate::wire::ndp;
use plan::Plan;

/// `rlink arp`.
pub(super) fn arp(args: &ArpArgs, how: Sandbox<'_>) -> Result<Exit, Refusal> {
    run(&args.address, Family::V4, &args.options, how)
}

/// `rlink ndp`.
pub(super) fn ndp(args: &NdpArgs, how: Sandbox<'_>) -> Result<Exit, Refusal> {
    let o = &args.options;
    match (&args.address, args.routers) {
        (Some(address), false) => run(address, Family::V6, o, how),
        (Some(address), true) => Err(Refusal::of("--routers", address, "takes no address: all routers are asked")),
        (None, false) => Err(Refusal::new("no address given; name one, or ask for routers: --routers")),
        (None, true) => {
            let not_for_routers = [
                ("-b", o.broadcast),
                ("--dad", o.dad),
                ("--announce", o.announce.is_some()),
                ("-i", o.interval.is_some()),
                ("-w", o.deadline.is_some()),
            ];
            if let Some((option, _)) = not_for_routers.iter().find(|(_, given)| *given) {
                return Err(Refusal::new(format!(
                    "{option} says nothing of routers; --routers takes -c, -W, -f and -s"
                )));
            }
            super::routers::run(&super::routers::Wanted {
                interface: o.interface.as_deref(),
                count: o.count.as_ref(),
                wait: o.timeout.as_ref(),
                source: o.source.as_ref(),
                first: o.first,
                quiet: o.quiet,
                json: o.json,
                how,
            })
        }
    }
}

fn run(address: &str, family: Family, o: &Options, how: Sandbox<'_>) -> Result<Exit, Refusal> {
    let name = how.name;
    let plan = Plan::of(o, family)?;
    let operand = Operand::read(address)?;
    let known = match &operand.host {
        Host::Address { addr, zone } => Some((checked(&operand.text, *addr, family)?, zone.clone())),
        Host::Name => None,
    };
    let link = match (&known, o.interface.as_deref()) {
        (Some((addr, zone)), interface) => place(interface, &operand.text, *addr, zone.as_deref())?,
        (None, Some(interface)) => OnLink::named(interface)?,
        // Sockets are opened, and privilege is given up, before any name is looked up.
        (None, None) => {
            return Err(Refusal::of("ADDRESS", &operand.text, "a name; name the interface to ask on, too: -I IF"));
        }
    };
    let (hears, filter) = match family {
        Family::V4 => (Hears::One(EtherType::ARP), Vec::new()),
        Family::V6 => {
            let kinds = [ndp::kind::NEIGHBOR_SOLICITATION, ndp::kind::NEIGHBOR_ADVERTISEMENT];
            (Hears::One(EtherType::IPV6), icmp6_filter(&kinds))
        }
    };
    let options = FramesOptions { filter, ..FramesOptions::new(&link.name, hears) };
    let socket = FramesSocket::open(&options).map_err(|error| refusal(&error))?;
    RLINK.close(how, None)?;
    set_timer_slack_min();
    let stage = Stage::open()?;
    let addr = match known {
        Some((addr, _)) => addr,
        None => looked_up(&operand, family, &stage.signals)?,
    };
    let source = plan.source(&operand.text, addr, &link)?;
    let _joined = joined(addr, socket.link().index);

    let mac = socket.link().mac.unwrap_or_default();
    let peer = Peer { addr, scope: if addr.is_ipv6() { socket.link().index } else { 0 } };
    let config = plan.config(Asker { mac, source }, peer)?;
    let asked = Asked {
        operand: operand.text.clone(),
        peer,
        source,
        mac,
        task: config.task,
        count: config.count,
        interval: if let Schedule::Every(interval) = config.schedule { Some(interval) } else { None },
        timeout: config.timeout,
        at: wall_now(),
    };
    let out = stage.stdout(name)?;
    let conductor = stage.conductor(name);
    let report = FrameReport::new(&link.name, o.json, Box::new(out));
    let telling = Telling::new(conductor, report, socket.link().clone());
    let mut listening = Listening { telling, asked, quiet: o.quiet };
    if !o.quiet {
        listening.telling.tell(|report| report.asking(&listening.asked));
    }
    let mut drive = Drive::new(Session::new(config), socket.into_net());
    if let ControlFlow::Break(exit) = conductor.conduct(&mut drive, Command::Stop, &mut listening) {
        return Ok(exit);
    }
    stage.fate.hurry();
    let now = drive.network_mut().now();
    let summary = drive.machine().summary(now);
    if !o.quiet || o.json {
        listening.telling.tell(|report| report.asked(&listening.asked, &summary));
    }
    let exit = verdict(drive.machine().config(), &summary);
    Ok(listening.telling.end(exit))
}

/// An address that a neighbour can have.
fn checked(text: &str, addr: IpAddr, family: Family) -> Result<IpAddr, Refusal> {
    let problem = match (family, addr) {
        (Family::V4, IpAddr::V6(_)) => "an IPv6 address; ask by neighbour discovery: rlink ndp",
        (Family::V6, IpAddr::V4(_)) => "an IPv4 address; ask by ARP: rlink arp",
        _ if addr.is_multicast() => "a group, which nobody has alone; name one host's address",
        (_, IpAddr::V4(v4)) if v4.is_broadcast() => "everybody's address; name one host's",
        _ if addr.is_loopback() || addr.is_unspecified() => "on no link; name the address of a neighbour",
        _ => return Ok(addr),
    };
    Err(Refusal::of("ADDRESS", text, problem))
}

fn looked_up(operand: &Operand, family: Family, signals: &Signals) -> Result<IpAddr, Refusal> {
    let found = resolve(std::slice::from_ref(operand), Some(family), signals)
        .map_err(|error| Refusal::io("cannot look up", &error))?;
    match found.into_iter().next() {
        Some(Ok(found)) => {
            let peer = found.peers.iter().find(|peer| Family::of(peer.addr) == family);
            let none = || Refusal::of("ADDRESS", &operand.text, format!("has no {family} address"));
            checked(&operand.text, peer.ok_or_else(none)?.addr, family)
        }
        Some(Err(why)) => Err(Refusal::of("ADDRESS", &operand.text, why)),
        None => Err(Refusal::of("ADDRESS", &operand.text, "not looked up")),
    }
}

/// The interface: named by option or zone, or found.
fn place(interface: Option<&str>, text: &str, addr: IpAddr, zone: Option<&str>) -> Result<OnLink, Refusal> {
    match (interface, zone) {
        (Some(interface), Some(zone)) if interface != zone => {
            Err(Refusal::of("-I", interface, format!("another interface than the one of {text}")))
        }
        (Some(name), _) | (None, Some(name)) => OnLink::named(name),
        (None, None) if is_link_local(addr) => {
            Err(Refusal::of("ADDRESS", text, "an address of every link; name the interface: -I IF"))
        }
        (None, None) => OnLink::towards(text, addr),
    }
}

/// Joins the group by which neighbour discovery asks for an address, so that the questions of others for it are heard: by
/// IP, because a switch that learns from MLD passes the group on to whoever joins it so. RFC 4862 §5.4.2 wants it.
fn joined(addr: IpAddr, index: u32) -> Option<UdpSocket> {
    let IpAddr::V6(addr) = addr else { return None };
    let socket = UdpSocket::bind("[::]:0").ok()?;
    socket.join_multicast_v6(&ndp::solicited_node(addr), index).ok()?;
    Some(socket)
}

/// As arping has it: answered at all, or with a count and a deadline as often as asked for; free; announced and not
/// objected to. What could not be sent tells nothing.
fn verdict(config: &Config, s: &Summary) -> Exit {
    let c = &s.counters;
    let met = match (config.task, s.verdict) {
        (_, Some(Verdict::Free)) => true,
        (_, Some(Verdict::Taken)) => false,
        (_, Some(Verdict::Undecided)) => return Exit::Trouble,
        _ if c.attempted > 0 && c.sent == 0 => return Exit::Trouble,
        (Task::Announce(_), _) if c.not_sent > 0 => return Exit::Trouble,
        (Task::Announce(_), _) => s.stations.is_empty(),
        _ => match config.count.filter(|_| config.deadline.is_some() && !config.first) {
            Some(count) => c.received() >= count,
            None => c.received() > 0,
        },
    };
    if met { Exit::Yes } else { Exit::No }
}

struct Listening<'a> {
    telling: Telling<'a>,
    asked: Asked,
    quiet: bool,
}

impl Listener<Session, FramesNet> for Listening<'_> {
    fn tell(&mut self, note: &Note) {
        let asked = &self.asked;
        match note {
            Note::Happened(happening) => self.telling.happened(happening),
            _ if self.quiet => {}
            Note::Answer(answer) => self.telling.tell(|report| report.answer(asked, answer)),
            Note::Lost { number, at } => self.telling.tell(|report| report.no_answer(asked, *number, *at)),
            Note::NotSent { number, at, errno } => {
                self.telling.tell(|report| report.unsent(asked, *number, *errno, *at));
            }
            Note::Announced { number, at } => self.telling.tell(|report| report.announced(asked, *number, *at)),
            Note::Conflict { at, stations } => self.telling.tell(|report| report.conflict(asked, stations, *at)),
            Note::Taken { at, claim } => self.telling.tell(|report| report.taken(asked, claim, *at)),
            // The summary counts them, and no time depends on the wall clock but where it is said.
            Note::Stepped { .. } | Note::Skipped { .. } => {}
        }
    }

    fn turned(&mut self) -> ControlFlow<Exit> {
        self.telling.turned()
    }

    fn status(&mut self, drive: &mut Drive<Session, FramesNet>) {
        let now = drive.network_mut().now();
        let s = drive.machine().summary(now);
        let (sent, received) = (s.counters.sent, s.counters.received());
        self.telling.conductor.say(&format!("{sent} sent, {received} answered, {} stations", s.stations.len()));
    }

    fn deadline(&self) -> Option<BootTime> {
        None
    }

    fn fds(&self) -> [Option<BorrowedFd<'_>>; 2] {
        [None, None]
    }
}
