//! A network in a host of the lab, and what it heard of a few probes.

use std::net::IpAddr;
use std::time::Duration;

use rprobe::clock::{Stage, WallTime};
use rprobe::net::hops::{Flow, HopNet, Method, Names, Numbering, Options, SocketChoice, Sockets, Tcp};
use rprobe::net::icmp;
use rprobe::net::{Batch, Event, Exchange, Key, Network, NotSent, Peer, Probe, Quote, Reply, SentAt};
use rprobe::sys::caps;
use rprobe::units::{Port, Seq, Ttl};

/// The payload behind the two octets that are the network's.
pub const TOKEN: &[u8] = b"0123456789";

/// The destination port of UDP probes, and of closed TCP ones.
pub const CLOSED: u16 = 33_434;

/// An ICMP error or an answer, without what borrows.
#[derive(Clone, Debug)]
pub struct Heard {
    pub peer: IpAddr,
    pub from: IpAddr,
    pub seq: Option<u16>,
    pub flow: Option<u16>,
    /// Type and code of an error.
    pub error: Option<(u8, u8)>,
    /// What an error says beside.
    pub mtu: u32,
    pub how: Option<Reply>,
    pub tcp: Vec<u8>,
    pub quote: Option<Quote>,
    pub quoted_checksum: Option<u16>,
    pub payload: Vec<u8>,
    pub extensions: Option<Vec<u8>>,
    pub at: Option<WallTime>,
    pub ttl: Option<Ttl>,
}

/// What came of some probes.
#[derive(Debug, Default)]
pub struct Outcome {
    pub sent: Vec<Result<SentAt, NotSent>>,
    pub heard: Vec<Heard>,
    pub stamps: Vec<(Key, Stage, WallTime)>,
    pub foreign: usize,
    pub local: usize,
}

impl Outcome {
    /// What was heard of a number.
    pub fn of(&self, seq: u16) -> &Heard {
        let mut fits = self.heard.iter().filter(|h| h.seq == Some(seq));
        let first = fits.next().unwrap_or_else(|| panic!("nothing about {seq}: {self:#?}"));
        assert!(fits.next().is_none(), "one answer to {seq}: {self:#?}");
        first
    }

    /// The stamp of a probe as it left.
    pub fn left(&self, seq: u16) -> WallTime {
        let stamp = self.stamps.iter().find(|(key, stage, _)| *key == key_of(seq) && *stage == Stage::Driver);
        stamp.unwrap_or_else(|| panic!("no stamp of {seq}: {self:#?}")).2
    }
}

pub fn key_of(seq: u16) -> Key {
    Key { slot: u32::from(seq) + 500, generation: 3 }
}

/// One flow to this port.
pub fn options(method: Method, choice: SocketChoice, port: u16) -> Options {
    let sockets =
        icmp::Options { socket: choice, names: Names::TRACE, window: 64, size: 12, ..icmp::Options::default() };
    Options { method, flows: vec![Flow { src_port: None, dst_port: Port(port) }], sockets }
}

pub fn udp(choice: SocketChoice) -> Options {
    options(Method::Udp(Numbering::Paris), choice, CLOSED)
}

pub fn tcp(port: u16) -> Options {
    options(Method::Tcp(Tcp::default()), SocketChoice::Raw, port)
}

/// Opens as a command does: privilege is given up before targets are known.
pub fn open(options: &Options, to: IpAddr) -> HopNet {
    let sockets = Sockets::open(options).unwrap_or_else(|e| panic!("{e}"));
    caps::drop_all().unwrap();
    sockets.into_net(options, &[Peer::from(to)]).unwrap_or_else(|e| panic!("{e}"))
}

/// Sends probes with these numbers and hop limits at once.
pub fn send(net: &mut HopNet, exchange: Exchange, to: IpAddr, probes: &[(u16, u8, u16)], out: &mut Outcome) {
    send_sized(net, exchange, to, probes, 2 + TOKEN.len(), out);
}

/// As [`send`], with so much payload.
pub fn send_sized(
    net: &mut HopNet,
    exchange: Exchange,
    to: IpAddr,
    probes: &[(u16, u8, u16)],
    size: usize,
    out: &mut Outcome,
) {
    let mut batch = Batch::new(probes.len());
    for &(seq, ttl, flow) in probes {
        let mut probe = Probe::new(key_of(seq), to.into(), exchange, Seq(seq));
        (probe.ttl, probe.flow) = (Some(Ttl(ttl)), flow);
        batch.push(probe, size)[2..2 + TOKEN.len()].copy_from_slice(TOKEN);
    }
    net.send(&mut batch, &mut out.sent);
}

/// Listens until a stranger was heard, or a while.
pub fn listen_for_strangers(net: &mut HopNet, out: &mut Outcome) {
    for _ in 0..200 {
        listen(net, 0, out);
        if out.foreign > 0 {
            break;
        }
    }
}

/// Listens until so many were heard and as many are stamped, or a while after.
pub fn listen(net: &mut HopNet, wanted: usize, out: &mut Outcome) {
    for turn in 0..1000 {
        net.take(&mut |_, event| note(event, out)).unwrap();
        let left = out.stamps.iter().filter(|(_, stage, _)| *stage == Stage::Driver).count();
        let stamped = left >= out.sent.iter().filter(|s| s.is_ok()).count();
        // Not every network has stamps.
        if out.heard.len() >= wanted && (stamped || turn >= 200) {
            break;
        }
        let until = net.now().boot + Duration::from_millis(10);
        net.wait(Some(until), &[]).unwrap();
    }
    // What comes although it should not has a moment.
    let until = net.now().boot + Duration::from_millis(30);
    while net.now().boot < until {
        net.wait(Some(until), &[]).unwrap();
        net.take(&mut |_, event| note(event, out)).unwrap();
    }
}

fn note(event: &Event<'_>, out: &mut Outcome) {
    match event {
        Event::Stamp { key, stage, at, .. } => out.stamps.push((*key, *stage, *at)),
        Event::Error(t) => out.heard.push(Heard {
            peer: t.claim.peer.addr,
            from: t.offender,
            seq: t.claim.seq.map(|s| s.0),
            flow: t.claim.flow,
            error: Some((t.error.ty, t.error.code)),
            mtu: t.error.info,
            how: None,
            tcp: Vec::new(),
            quote: t.quote,
            quoted_checksum: t.quoted_checksum,
            payload: t.quoted_payload.to_vec(),
            extensions: t.extensions.map(<[u8]>::to_vec),
            at: t.arrival.kernel,
            ttl: t.arrival.ttl,
        }),
        Event::Reached(r) => out.heard.push(Heard {
            peer: r.claim.peer.addr,
            from: r.from.addr,
            seq: r.claim.seq.map(|s| s.0),
            flow: r.claim.flow,
            error: None,
            mtu: 0,
            how: Some(r.how),
            tcp: r.tcp.to_vec(),
            quote: None,
            quoted_checksum: None,
            payload: r.payload.to_vec(),
            extensions: None,
            at: r.arrival.kernel,
            ttl: r.arrival.ttl,
        }),
        Event::Foreign { .. } => out.foreign += 1,
        Event::Local { .. } => out.local += 1,
        other => panic!("{other:?}"),
    }
}

/// Opens, sends probe *n* with hop limit *n* for each of these, and listens for as many answers.
pub fn trace(options: &Options, to: IpAddr, ttls: std::ops::RangeInclusive<u8>) -> Outcome {
    let mut net = open(options, to);
    let mut out = Outcome::default();
    let probes: Vec<_> = ttls.map(|ttl| (u16::from(ttl), ttl, 0)).collect();
    send(&mut net, options.method.exchange(), to, &probes, &mut out);
    listen(&mut net, probes.len(), &mut out);
    out
}

/// The address by which router *n* of a chain, from 1, answers.
pub fn router(v6: bool, n: usize) -> IpAddr {
    let text = if v6 { format!("fd00:{:x}::2", n - 1) } else { format!("10.0.{}.2", n - 1) };
    text.parse().unwrap()
}
