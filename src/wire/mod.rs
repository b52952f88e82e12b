//! Bytes and meaning: packet formats, checked once, then never panicking.
//!
//! Everything here takes and fills slices. There is no I/O, no `unsafe` and no allocation on the ways in and out of a
//! packet (only [`pcapng`] appends to a `Vec`, and [`extension::meaning`] keeps a bounded copy). A view is made by a checking
//! constructor that says what is wrong and where ([`Malformed`]); from then on every accessor is total and no slice it
//! returns reaches past the bytes given.
//!
//! ICMP has one meaning for both families ([`icmp::Message`]), and what an error quotes is read by the *quoted* packet's
//! own header length ([`quoted`]): IP options in a reply or in a quote are the oldest hole in the pings of this world.
//! RFC 4884 structures are walked in [`extension`]; what their objects mean (RFC 4950, RFC 5837) is told by
//! [`extension::meaning`].

pub mod arp;
mod bytes;
pub mod checksum;
pub mod content;
pub mod ethernet;
pub mod extension;
#[doc(hidden)]
pub mod fuzz_entry;
pub mod icmp;
pub mod ip_options;
pub mod ipv4;
pub mod ipv6;
pub mod link_echo;
mod malformed;
pub mod ndp;
pub mod pcapng;
pub mod protocol;
pub mod quoted;
pub mod tcp;
pub mod udp;

pub use malformed::{Fault, Malformed, Part};
