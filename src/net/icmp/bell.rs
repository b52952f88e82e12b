//! Whether arrivals are stamped yet, asked with as little as it takes.
//!
//! The kernel switches receive stamps on behind our back (lab_kernel 3), and only a packet that comes with one shows that it
//! has. A raw socket can send itself that packet, for a third of what a socket of its own takes: it is rung as soon as it
//! is open and listened to as late as can be.

use crate::sys::socket::Socket;
use crate::sys::stamping::{self, StampGuard, SwitchingOn};
use crate::units::{Family, Ident, Seq};
use crate::wire::icmp;

/// How it is found out.
#[derive(Debug)]
pub(super) enum Bell {
    /// Not at all: none are wanted.
    Unwanted,
    /// Not yet asked.
    Silent,
    /// By the raw socket of a family, which has sent itself a packet.
    Rung(Family),
    /// By a socket of its own.
    Own(SwitchingOn),
}

impl Bell {
    /// `wanted`: whether stamps are.
    pub(super) fn new(wanted: bool) -> Bell {
        if wanted { Bell::Silent } else { Bell::Unwanted }
    }

    /// Has a raw socket send itself an echo reply that nobody asked for, under an ident that no ping socket can have;
    /// where that cannot be, asks.
    pub(super) fn ring(&mut self, socket: &Socket) {
        if !matches!(self, Bell::Silent) {
            return;
        }
        let family = socket.family();
        let mut reply = [0; icmp::HEADER_LEN];
        let written = icmp::emit_echo_reply(family, &mut reply, Ident(0), Seq(0)).is_ok();
        if written && stamping::ring(socket, &reply) {
            *self = Bell::Rung(family);
        } else {
            self.ask();
        }
    }

    /// Asks by a socket of its own, if nothing was asked yet.
    pub(super) fn ask(&mut self) {
        if matches!(self, Bell::Silent) {
            *self = Bell::Own(SwitchingOn::begin());
        }
    }

    /// Waits until arrivals are stamped; the socket that was rung is among these. Keep what is returned as long as stamps
    /// are wanted.
    pub(super) fn heard<'s>(self, mut sockets: impl Iterator<Item = &'s Socket>) -> Option<StampGuard> {
        let rung = match self {
            Bell::Unwanted | Bell::Silent => return None,
            Bell::Own(switching_on) => return Some(switching_on.wait()),
            Bell::Rung(family) => sockets.find(|socket| socket.family() == family),
        };
        let stamped = rung.is_some_and(|socket| stamping::rang(socket).unwrap_or(false));
        // Too early, or a firewall's rule for loopback: a socket of its own has the patience.
        (!stamped).then(stamping::ensure_receive_stamps)
    }
}
