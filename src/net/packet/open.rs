//! Opening an echo socket: the ident is chosen first, so that the kernel lets only frames with it through to the queue, and
//! another asker's flood on the same host does not fill it.

use super::echo::{Echo, EchoNet};
use super::hear::Listener;
use super::network::{PacketNet, Rings};
use super::refusal::{LinkError, io_while};
use super::socket::{LinkOptions, LinkSocket};
use crate::sys::ancillary::Stages;
use crate::sys::batch::{RecvRing, SendRing};
use crate::sys::filter::{Frames, frame_filter, word_filter};
use crate::sys::link::Link;
use crate::sys::packet::Hears;
use crate::sys::process;
use crate::sys::stamping::{SwitchingOn, Timestamping};
use crate::units::{EtherType, Tag};
use crate::wire::{ethernet, link_echo};

/// Bytes of receive buffer per frame in it, with its stamp's.
const BUFFER_PER_FRAME: u32 = 4 * 1024;

/// How to ask.
#[derive(Clone, Debug)]
pub struct EchoOptions {
    /// The interface's name.
    pub device: String,
    /// The type of the frames.
    pub ether_type: EtherType,
    /// The VLAN to ask in, by tags of our own; `None`: untagged.
    pub tag: Option<Tag>,
    /// Which stamps to ask for.
    pub stages: Stages,
    /// How many requests may be unanswered.
    pub window: u32,
    /// Bytes of data in the largest request.
    pub size: usize,
    /// Find stamps by the copy of the frame that comes with them, as kernels before 6.13 make one do.
    pub no_stamp_numbers: bool,
}

/// What this process could open, before it knows more.
#[derive(Debug)]
pub struct EchoSocket {
    socket: LinkSocket,
    options: EchoOptions,
    ident: u32,
    switching_on: Option<SwitchingOn>,
}

impl EchoSocket {
    /// Opens the socket: afterwards no privilege is needed.
    ///
    /// # Errors
    /// One line for a person.
    pub fn open(options: EchoOptions) -> Result<EchoSocket, LinkError> {
        // First of all: the kernel takes its time over it.
        let switching_on = (!options.stages.is_empty()).then(SwitchingOn::begin);
        let ident = process::random_u64().map_err(io_while("asking the kernel for random bytes"))? as u32;
        let (hears, filter) = match options.tag {
            // Tags are told only to those who hear everything.
            Some(tag) => (Hears::All, frame_filter(Frames { types: &[options.ether_type], vlan: Some(tag.id) })),
            None => {
                let at = ethernet::HEADER_LEN;
                let words = [(at, link_echo::MAGIC), (at + link_echo::IDENT_AT, ident)];
                (Hears::One(options.ether_type), word_filter(&words))
            }
        };
        let socket = LinkSocket::open(&LinkOptions {
            filter,
            timestamping: (!options.stages.is_empty())
                .then_some(Timestamping { numbers: !options.no_stamp_numbers, ..Timestamping::ALL }),
            receive_buffer: options.window.max(128).saturating_mul(BUFFER_PER_FRAME + 2 * options.size as u32),
            frame_info: true,
            ..LinkOptions::new(&options.device, hears)
        })?;
        Ok(EchoSocket { socket, options, ident, switching_on })
    }

    /// The most data that a request can carry through this interface.
    #[must_use]
    pub fn max_size(&self) -> usize {
        let mtu = usize::try_from(self.socket.link().mtu).unwrap_or(usize::MAX);
        mtu.saturating_sub(link_echo::HEADER_LEN).min(usize::from(u16::MAX))
    }

    /// The interface.
    #[must_use]
    pub fn link(&self) -> &Link {
        self.socket.link()
    }

    /// The network.
    #[must_use]
    pub fn into_net(self) -> EchoNet {
        let EchoSocket { socket, options, ident, switching_on } = self;
        let batch = (options.window as usize).clamp(8, 256);
        let packet = (options.size + 128).max(1536);
        let link = socket.link();
        let listener = Listener {
            ether_type: options.ether_type,
            vlan: options.tag.map(|tag| tag.id),
            ident,
            ifindex: link.index,
            mac: link.mac.unwrap_or_default(),
        };
        let rings = Rings {
            out: SendRing::new(batch),
            data: RecvRing::new(batch, packet),
            queue: RecvRing::new(batch, packet),
        };
        let format = Echo { listener, tag: options.tag };
        PacketNet::new(socket, format, options.stages, rings, switching_on.map(SwitchingOn::wait))
    }
}
