//! Probing without sockets or clocks: the trait of all measurements, the probes in flight, and the one loop.

mod drive;
mod machine;
pub mod mtu;
pub mod pacer;
pub mod table;
pub mod token;

pub use drive::{Drive, Turn};
pub use machine::{Machine, Next};
