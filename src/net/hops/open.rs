//! Opening the sockets, in two steps: what needs privilege first, what needs targets after it has been given up.
//!
//! The source ports come first of all, because the filters say them; a raw socket hears strangers from the moment it
//! opens, so that its filter comes next, and what slipped in before is discarded (lab_kernel 10).

use super::lines::{Line, Opened, dont_fragment, finder, listeners, ordinary_lines, raw_line};
use super::network::HopNet;
use super::numbers::Numbers;
use super::options::{Method, Options};
use super::ports::Held;
use super::protocol::Hops;
use super::sources::Sources;
use super::write::{IpFields, TcpFields};
use crate::net::Peer;
use crate::net::channel::{Channel, Channels, Gate, Setup};
use crate::net::socket::{
    OpenError, SocketKind, Stages, bind_device, interface_index, io_while, lease_flow_label, ordinary, privileged,
    wanted_stages,
};
use crate::sys::errno::{self, Errno};
use crate::sys::process;
use crate::sys::route::SourceFinder;
use crate::sys::socket::{Kind, Socket};
use crate::sys::stamping::SwitchingOn;
use crate::units::{Family, Port, Ttl};

/// What this process could open, before it knows its targets.
#[derive(Debug)]
pub struct Sockets {
    kind: SocketKind,
    flows: Vec<(Port, Port)>,
    /// Of the families that there are.
    opened: Vec<Opened>,
    interface: Option<u32>,
    switching_on: Option<SwitchingOn>,
}

impl Sockets {
    /// Opens both families and sets what needs privilege: afterwards none is needed.
    ///
    /// # Errors
    /// When neither family can be opened, an option is refused, or raw sockets are and nothing else will do.
    pub fn open(options: &Options) -> Result<Sockets, OpenError> {
        let wanted = &options.sockets;
        let switching_on = (wanted.stages != Stages::None).then(SwitchingOn::begin);
        let interface = interface_index(wanted)?;
        let (kind, listeners) = listeners(options)?;
        let families: Vec<Family> = listeners.iter().map(|(family, _)| *family).collect();
        let raw = kind == SocketKind::Raw;
        let mut held = Held::hold(options, &families, raw)?;
        let mut opened = Vec::new();
        for (index, (family, listener)) in listeners.into_iter().enumerate() {
            let ports = held.sockets.iter_mut().filter_map(|flow| flow.get_mut(index).and_then(Option::take));
            let ports: Vec<Socket> = ports.collect();
            let mut one = match listener {
                Some(icmp) => raw_line(options, family, icmp, &held, ports)?,
                None => ordinary_lines(options, family, ports),
            };
            one.sockets().try_for_each(|socket| privileged(socket, wanted))?;
            let sockets: Vec<&Socket> = one.sockets().collect();
            one.bound = bind_device(&sockets, wanted)?;
            if raw {
                one.finder = Some(finder(options, family, interface, one.bound)?);
            }
            opened.push(one);
        }
        Ok(Sockets { kind, flows: held.flows, opened, interface, switching_on })
    }

    /// The kind of socket: raw, or ordinary UDP sockets.
    #[must_use]
    pub fn kind(&self) -> SocketKind {
        self.kind
    }

    /// The network that reaches these targets.
    ///
    /// # Errors
    /// When a target's family could not be opened, or an option is refused.
    pub fn into_net(self, options: &Options, targets: &[Peer]) -> Result<HopNet, OpenError> {
        let mut channels = Vec::new();
        let mut held = Vec::new();
        let families: Vec<Family> = self.opened.iter().map(|opened| opened.family).collect();
        if let Some(missing) = targets.iter().find(|target| !families.contains(&Family::of(target.addr))) {
            return Err(missing_family(options, *missing));
        }
        for opened in self.opened {
            let of_family = targets.iter().find(|target| Family::of(target.addr) == opened.family);
            let Some(first) = of_family else { continue };
            // Where the socket is bound, no choice is left, and IPv6 refuses the attempt.
            let chosen = self.interface.filter(|_| !opened.bound);
            opened.sockets().try_for_each(|socket| ordinary(socket, &options.sockets, chosen))?;
            let mut finder = opened.finder;
            for line in opened.lines {
                let setup = setup(options, self.kind, &line, self.interface, opened.bound, *first)?;
                let hops = hops(options, self.kind, opened.family, &self.flows, &line, finder.take())?;
                let ears = line.ears.into_iter().map(|(ear, hears)| (ear, hears, Gate::Told)).collect();
                channels.push(Channel::new(hops, line.sender, ears, &options.sockets, setup));
            }
            held.extend(opened.held);
        }
        let channels = Channels::new(channels, self.switching_on.map(SwitchingOn::wait));
        Ok(HopNet { channels, kind: self.kind, flows: self.flows, _held: held })
    }
}

/// Sets what needs no privilege and is not every socket's.
fn setup(
    options: &Options,
    kind: SocketKind,
    line: &Line,
    interface: Option<u32>,
    bound: bool,
    first: Peer,
) -> Result<Setup, OpenError> {
    let sender = &line.sender;
    let by_queue = kind == SocketKind::Dgram;
    if sender.family() == Family::V6 {
        // Before Linux 4.1 there is no such option, and no such label.
        let _ = sender.set_auto_flow_label(false);
    }
    let flow = lease_flow_label(sender, &options.sockets, first)?;
    let error_queue = by_queue || options.sockets.tell_queue_drops;
    sender.recv_error_queue(error_queue).map_err(io_while("switching the error queue on"))?;
    // Before Linux 5.9 there is no such option, and only extensions that show themselves are found.
    let _ = sender.recv_error_rfc4884(by_queue);
    Ok(Setup {
        whole: false,
        errors_by_queue: by_queue,
        error_queue: !by_queue && options.sockets.tell_queue_drops,
        own_ip: sender.kind() == Kind::RawHeader,
        connected: false,
        flow,
        stages: wanted_stages(&options.sockets, line.granted),
        stamps: options.sockets.stamps(),
        numbered: line.granted.numbered,
        interface,
        device: options.sockets.device.clone().filter(|_| !bound),
        source: None,
    })
}

fn hops(
    options: &Options,
    kind: SocketKind,
    family: Family,
    flows: &[(Port, Port)],
    line: &Line,
    finder: Option<SourceFinder>,
) -> Result<Hops, OpenError> {
    let random = process::random_u64().map_err(io_while("asking the kernel for random bytes"))?.to_be_bytes();
    let [a, b, c, d, ..] = random;
    let tcp = match options.method {
        Method::Tcp(tcp) => Some(TcpFields {
            base: u16::from_be_bytes([a, b]),
            ack_base: u16::from_be_bytes([c, d]),
            flags: tcp.flags,
            options: tcp.options.bytes(),
        }),
        Method::Udp(_) => None,
    };
    let ip = (line.sender.kind() == Kind::RawHeader).then(|| IpFields {
        tos: options.sockets.tos.unwrap_or(0),
        ttl: options.sockets.ttl.unwrap_or(Ttl(64)),
        dont_fragment: dont_fragment(options),
    });
    Ok(Hops {
        family,
        kind,
        method: options.method,
        flows: flows.to_vec(),
        only: line.flow,
        ip,
        tcp,
        sources: finder.map(Sources::new),
        numbers: Numbers::new(),
        tcp_payload: 0,
    })
}

/// Why a target's family is not there.
fn missing_family(options: &Options, target: Peer) -> OpenError {
    let family = Family::of(target.addr);
    if options.sockets.family.is_some_and(|only| only != family) {
        return OpenError::option("", target.addr, "is of the other family than was asked for");
    }
    let error = Socket::udp(family).err().unwrap_or_else(|| errno::EAFNOSUPPORT.into_io());
    OpenError::NoFamily { family, error: Errno::from(&error).into_io() }
}
