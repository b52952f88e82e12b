//! The link layer's machines beside ping: what becomes of a frame, who has an address, who is there, what passes by. Echo
//! by MAC address itself is the ping machine ([`crate::ping::Session`]) on another network
//! ([`crate::net::packet::EchoNet`]).
//!
//! [`ask`] is the question for an address in both families' formats. [`neighbour`] asks for one (and finds duplicates),
//! [`routers`] for routers, [`scan`] for everybody, [`listen`] for nothing: it hears. [`Answerer`] answers echo requests.
//! Nothing here touches a socket or a clock.

mod answer;
pub mod ask;
#[doc(hidden)]
pub mod fuzz_entry;
mod happening;
pub mod listen;
pub mod neighbour;
pub mod routers;
pub mod scan;
mod station;

pub use crate::probe::Command;
pub use answer::{Answerer, Counts, Heard, Replies, Seen, Silence};
pub use happening::{Happening, What};

#[cfg(test)]
mod fake;
