//! The link layer's tools beside ping: what becomes of a frame. Echo by MAC address itself is the ping machine
//! ([`crate::ping::Session`]) on another network ([`crate::net::packet::EchoNet`]).
//!
//! Nothing here touches a socket or a clock: a frame goes in as bytes, a verdict and perhaps a reply come out.

mod answer;

pub use answer::{Answerer, Counts, Heard, Replies, Seen, Silence};
