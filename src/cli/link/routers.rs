//! `rlink ndp --routers`: which routers are on a link, and what they advertise.

use std::net::IpAddr;
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use super::ask::read_source;
use super::on_link::OnLink;
use super::telling::Telling;
use super::values::refusal;
use crate::cli::conduct::{Listener, Stage};
use crate::cli::sandbox::{RLINK, Sandbox};
use crate::cli::{Exit, Refusal, values};
use crate::clock::BootTime;
use crate::link::ask::Asker;
use crate::link::routers::{Config, Note, Session};
use crate::net::packet::{FramesNet, FramesOptions, FramesSocket};
use crate::probe::{Command, Drive};
use crate::report::link::FrameReport;
use crate::sys::clock::wall_now;
use crate::sys::filter::wanted::icmp6_filter;
use crate::sys::packet::Hears;
use crate::units::{EtherType, Family};
use crate::wire::ndp;

/// How long a solicitation is waited for: RFC 4861 §10, RTR_SOLICITATION_INTERVAL.
const WAIT: Duration = Duration::from_secs(4);
/// Solicitations: RFC 4861 §10, MAX_RTR_SOLICITATIONS.
const COUNT: u64 = 3;

/// The options, as given.
pub(super) struct Wanted<'a> {
    pub(super) interface: Option<&'a str>,
    pub(super) count: Option<&'a String>,
    pub(super) wait: Option<&'a String>,
    pub(super) source: Option<&'a String>,
    pub(super) first: bool,
    pub(super) quiet: bool,
    pub(super) json: bool,
    pub(super) how: Sandbox<'a>,
}

/// Asks for routers.
///
/// # Errors
/// One line, where nobody was asked.
pub(super) fn run(wanted: &Wanted<'_>) -> Result<Exit, Refusal> {
    let Some(interface) = wanted.interface else {
        return Err(Refusal::new("--routers: name the interface to ask on: -I IF (see: rlink interfaces)"));
    };
    let count = wanted.count.map(|text| values::whole("-c", text, 1, 1000)).transpose()?.unwrap_or(COUNT);
    let wait = wanted.wait.map(|text| values::pause("-W", text)).transpose()?.unwrap_or(WAIT);
    let source = wanted.source.map(|text| read_source(text, Family::V6)).transpose()?;
    let link = OnLink::named(interface)?;
    let hears = Hears::One(EtherType::IPV6);
    let filter = icmp6_filter(&[ndp::kind::ROUTER_ADVERTISEMENT]);
    let options = FramesOptions { filter, ..FramesOptions::new(interface, hears) };
    let socket = FramesSocket::open(&options).map_err(|error| refusal(&error))?;
    RLINK.close(wanted.how, None)?;
    let stage = Stage::open()?;
    let out = stage.stdout(wanted.how.name)?;
    let conductor = stage.conductor(wanted.how.name);
    let report = FrameReport::new(interface, wanted.json, Box::new(out));
    let telling = Telling::new(conductor, report, socket.link().clone());
    let mut listening = Listening { telling, quiet: wanted.quiet };
    let asker = Asker {
        mac: socket.link().mac.unwrap_or_default(),
        // RFC 4861 §4.1: an address of the interface, or the unspecified one while there is none.
        source: source.or(link.link_local().map(IpAddr::V6)),
    };
    let config = Config { asker, scope: socket.link().index, count, wait, first: wanted.first };
    let mut drive = Drive::new(Session::new(config), socket.into_net());
    if let ControlFlow::Break(exit) = conductor.conduct(&mut drive, Command::Stop, &mut listening) {
        return Ok(exit);
    }
    stage.fate.hurry();
    let (sent, routers) = (drive.machine().sent(), drive.machine().routers());
    if !wanted.quiet || wanted.json {
        listening.telling.tell(|report| report.routers(sent, routers, wall_now()));
    }
    let exit = match (routers, sent) {
        (1.., _) => Exit::Yes,
        (0, 1..) => Exit::No,
        (0, 0) => Exit::Trouble,
    };
    Ok(listening.telling.end(exit))
}

struct Listening<'a> {
    telling: Telling<'a>,
    quiet: bool,
}

impl Listener<Session, FramesNet> for Listening<'_> {
    fn tell(&mut self, note: &Note) {
        match note {
            Note::Happened(happening) => self.telling.happened(happening),
            Note::NotSent { errno, .. } => self.telling.conductor.say(&format!("a solicitation was not sent: {errno}")),
            Note::Router(_) if self.quiet => {}
            Note::Router(router) => self.telling.tell(|report| report.router(router)),
        }
    }

    fn turned(&mut self) -> ControlFlow<Exit> {
        self.telling.turned()
    }

    fn status(&mut self, drive: &mut Drive<Session, FramesNet>) {
        let (sent, routers) = (drive.machine().sent(), drive.machine().routers());
        self.telling.conductor.say(&format!("{routers} routers heard, {sent} solicitations sent"));
    }

    fn deadline(&self) -> Option<BootTime> {
        None
    }

    fn fds(&self) -> [Option<BorrowedFd<'_>>; 2] {
        [None, None]
    }
}
