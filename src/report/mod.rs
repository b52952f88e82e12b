//! What a run tells people and programs, one folder a command; what all of them share stands beside the folders.
//!
//! A report gets plain values, hears a machine's notes in order, and writes to a `dyn Write`. It knows no flags, no
//! signals and no sockets, so each line of each format is tested as a string.

mod address;
pub mod check;
mod clean;
mod event;
mod lines;
pub mod link;
mod local_time;
mod number;
pub mod ping;
pub mod sweep;
mod target;
mod times;
pub mod trace;

use std::net::IpAddr;

use crate::names::Origin;

pub use clean::{clean, clean_bytes, is_unfit};
pub use local_time::TimeFormat;
pub use number::TimeOfDay;
pub use target::{Failed, Host};

/// Names of addresses and interfaces, as far as they are known already.
pub trait Names {
    /// The host name of an address; `None` where it is not wanted, not known or not yet known.
    fn name(&self, addr: IpAddr) -> Option<&str>;

    /// The name of an interface, for link-local addresses.
    fn interface(&self, index: u32) -> Option<&str> {
        let _ = index;
        None
    }

    /// Whether peers are stations of a link, known by their hardware addresses.
    fn shows_stations(&self) -> bool {
        false
    }

    /// Who announces an address; `None` where it is not wanted, not known or not yet known.
    fn origin(&self, addr: IpAddr) -> Option<&Origin> {
        let _ = addr;
        None
    }
}

/// Knows none: numbers only (`-n`).
#[derive(Clone, Copy, Debug, Default)]
pub struct NoNames;

impl Names for NoNames {
    fn name(&self, _: IpAddr) -> Option<&str> {
        None
    }
}
