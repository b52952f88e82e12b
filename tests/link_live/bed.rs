//! Packet sockets on the hosts of a lab, and frames for them.

use std::os::fd::AsFd;
use std::time::Duration;

use rprobe::sys::address::LinkName;
use rprobe::sys::ancillary::Ancillary;
use rprobe::sys::batch::{OutgoingFrame, Queue, RecvRing, SendControl, SendRing};
use rprobe::sys::clock::boot_now;
use rprobe::sys::link::Link;
use rprobe::sys::packet::Hears;
use rprobe::sys::poll::{self, Interest};
use rprobe::sys::socket::Socket;
use rprobe::units::{EtherType, MacAddr, Tag};
use rprobe::wire::ethernet::Repr;

use crate::lab::Host;

pub const TYPE: EtherType = EtherType::EXPERIMENTAL;

/// A frame as it was read.
pub struct Heard {
    pub bytes: Vec<u8>,
    pub link: LinkName,
    pub ancillary: Ancillary,
}

pub fn link(host: &Host, interface: &str) -> Link {
    host.enter(|| Link::named(interface).unwrap())
}

/// A socket on a host's `eth0`; `prepare` runs before it is bound.
pub fn socket(host: &Host, hears: Hears, prepare: impl FnOnce(&Socket) + Send) -> Socket {
    host.enter(|| {
        let socket = Socket::packet().unwrap();
        socket.recv_frame_info(true).unwrap();
        socket.hear_own_frames(false).unwrap();
        prepare(&socket);
        socket.bind_link(Link::named("eth0").unwrap().index, hears).unwrap();
        socket
    })
}

pub fn frame(dst: MacAddr, src: MacAddr, tag: Option<Tag>, ether_type: EtherType, payload: &[u8]) -> Vec<u8> {
    let repr = Repr { dst, src, tag, ether_type };
    let mut frame = vec![0; repr.header_len()];
    frame.extend(payload);
    repr.emit(&mut frame).unwrap();
    frame
}

pub fn send(socket: &Socket, frames: &[Vec<u8>], control: SendControl) -> usize {
    let items = frames.iter().map(|bytes| OutgoingFrame { by: None, bytes, control });
    SendRing::new(64).send_frames(socket, items).unwrap()
}

/// Reads until there are `n`, or nothing more comes for two seconds.
pub fn hear(socket: &Socket, queue: Queue, n: usize) -> Vec<Heard> {
    let mut ring = RecvRing::new(16, 2048);
    let mut all = Vec::new();
    while all.len() < n {
        let got = ring.receive(socket, queue).unwrap();
        for r in (0..got).filter_map(|i| ring.get(i)) {
            let link = r.link.unwrap_or_default();
            all.push(Heard { bytes: r.bytes.to_vec(), link, ancillary: r.ancillary() });
        }
        let until = boot_now() + Duration::from_secs(2);
        if got == 0 && !poll::wait(&[(socket.as_fd(), Interest::Read)], Some(until)).unwrap().any() {
            break;
        }
    }
    all
}

/// Whether the queue is empty, now that something sent later has arrived elsewhere.
pub fn is_silent(socket: &Socket) -> bool {
    RecvRing::new(1, 64).receive(socket, Queue::Data).unwrap() == 0
}
