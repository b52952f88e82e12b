//! A packet socket without a kernel: the writers and readers of [`crate::net::packet`], with a link behind them that a
//! fuzzer plays.

use super::Script;
use super::far::{Far, Mail, Sent, beside, taken};
use crate::clock::{Now, Stage};
use crate::net::packet::{Echo, Format, Heard, Presence, Whole};
use crate::net::{Batch, Event, NotSent, SentAt};
use crate::sys::address::{Direction, LinkName};
use crate::units::MacAddr;
use crate::wire::{ethernet, link_echo};

/// This host's station.
pub const US: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
/// Its interface.
pub const INTERFACE: u32 = 3;

/// A socket, and what its far side does to true frames before they are spoiled.
#[derive(Debug)]
pub struct Frames<F> {
    format: F,
    mail: Mail,
    turn: fn(&mut Vec<u8>, MacAddr),
}

impl Frames<Echo> {
    /// Echo between stations.
    #[must_use]
    pub fn echo() -> Frames<Echo> {
        Frames { format: Echo::without_kernel(US, INTERFACE), mail: Mail::default(), turn: turn_echo }
    }
}

impl Frames<Whole> {
    /// Frames that a machine makes itself; `turn` makes an answer of one.
    #[must_use]
    pub fn whole(turn: fn(&mut Vec<u8>, MacAddr)) -> Frames<Whole> {
        Frames { format: Whole::without_kernel(INTERFACE), mail: Mail::default(), turn }
    }
}

/// The answer to an echo request.
#[allow(clippy::ptr_arg)] // others make a frame of another length
fn turn_echo(frame: &mut Vec<u8>, _: MacAddr) {
    if let Some((destination, rest)) = frame.split_first_chunk_mut::<6>() {
        if let Some(source) = rest.first_chunk_mut::<6>() {
            std::mem::swap(destination, source);
        }
    }
    if let Some(message) = frame.get_mut(ethernet::HEADER_LEN..) {
        link_echo::turn_to_reply(message);
    }
}

impl<F: Format> Frames<F> {
    fn tell(&self, script: &mut Script<'_>, now: Now, bytes: &[u8], tell: &mut dyn FnMut(&Event<'_>, bool)) {
        let source = bytes.get(6..).and_then(|rest| rest.first_chunk()).map(|mac| MacAddr(*mac));
        let direction = match script.byte() % 16 {
            0 => Direction::Broadcast,
            1 => Direction::Multicast,
            2 => Direction::Other,
            3 => Direction::Outgoing,
            _ => Direction::Host,
        };
        let link = LinkName { ifindex: INTERFACE, direction, addr: source, ..LinkName::default() };
        let ancillary = beside(script, now);
        let heard = Heard { bytes, link, ancillary: &ancillary, read: now };
        tell(&self.format.read(&heard), self.mail.is_proven(bytes));
    }
}

impl<F: Format> Far for Frames<F> {
    fn send(&mut self, script: &mut Script<'_>, now: Now, batch: &mut Batch, done: &mut Vec<Result<SentAt, NotSent>>) {
        for index in 0..batch.len() {
            let payload = batch.payload(index).map(|(_, payload)| payload.to_vec()).unwrap_or_default();
            let Some((probe, room)) = batch.packet_mut(index) else { continue };
            let probe = *probe;
            let len = self.format.write(&probe, room);
            let packet = batch.packet(index, len).unwrap_or_default().to_vec();
            let how = taken(script, now, None);
            if how.is_ok() {
                self.mail.post(Sent { key: probe.key, to: probe.to, packet, head: ethernet::HEADER_LEN }, &payload);
            }
            done.push(how);
        }
    }

    fn hear(&mut self, script: &mut Script<'_>, now: Now, tell: &mut dyn FnMut(&Event<'_>, bool)) {
        match script.byte() % 8 {
            0..=3 => {
                let Some(sent) = self.mail.pick(script) else { return };
                let mut frame = sent.packet;
                (self.turn)(&mut frame, MacAddr([2, 0, 0, 0, 0, script.byte()]));
                script.spoil(&mut frame, 0);
                self.tell(script, now, &frame, tell);
            }
            4 => {
                let Some(sent) = self.mail.pick(script) else { return };
                let mut copy = sent.packet;
                script.spoil(&mut copy, 0);
                let _ = self.format.probe_in(&copy);
                tell(&Event::Stamp { key: sent.key, stage: Stage::Driver, at: now.wall, packet: &copy }, true);
            }
            5 if F::TELLS_PRESENCE => tell(&Event::Link(presence(script)), true),
            _ => {
                let bytes = script.piece();
                self.tell(script, now, bytes, tell);
            }
        }
    }
}

fn presence(script: &mut Script<'_>) -> Presence {
    [Presence::Up, Presence::Down, Presence::Gone][usize::from(script.byte() % 3)]
}
