//! What keeps strangers' packets from a raw socket: a filter in the kernel that is attached when the first of them is heard.
//!
//! The kernel compiles a filter as it is attached, which takes longer than a probe to a host next door and back; most runs
//! are short and meet no stranger, and in a flood every packet pays for running it. Until then a stranger is known by the
//! same program, run here, and is not told of either: whatever is counted is the same.

use crate::sys::filter::{self, Insn};
use crate::sys::socket::Socket;

/// The state of a socket's filter.
#[derive(Debug, Default)]
pub(in crate::net) enum Gate {
    /// Whatever is heard is to be told: the socket has its filter, or needs none.
    #[default]
    Told,
    /// Nobody has come yet.
    Open(Vec<Insn>),
    /// The filter is attached, but strangers that came before may be queued.
    Closing(Vec<Insn>),
}

impl Gate {
    /// Whether the filter would have dropped a packet that proved to be nobody's answer.
    pub(super) fn is_stranger(&self, packet: &[u8]) -> bool {
        match self {
            Gate::Told => false,
            Gate::Open(program) | Gate::Closing(program) => !filter::accepts(program, packet),
        }
    }

    /// After everything that one reading returned has been looked at: attaches the filter if there was a stranger, and
    /// forgets the program once the queue was read to its end behind it.
    pub(super) fn turn(&mut self, socket: &Socket, met_stranger: bool, read_all: bool) {
        *self = match std::mem::take(self) {
            // Where the kernel has no room for a filter now, the next stranger asks again.
            Gate::Open(program) if met_stranger && socket.attach_filter(&program).is_ok() => Gate::Closing(program),
            Gate::Closing(_) if read_all => Gate::Told,
            as_it_was => as_it_was,
        };
    }
}
