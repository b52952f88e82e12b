//! What the fuzz targets and the corpus test run of origins: answers of a name server, and files of tables.
//!
//! Nothing here panics by itself: the result says whether what was read keeps its promises.

use std::net::IpAddr;

use super::table::Table;
use super::{Origin, dns};

/// A DNS answer to a question of ours; a table of ranges, in which two addresses are looked up; MaxMind's format.
#[must_use]
pub fn origins(data: &[u8]) -> bool {
    let four = IpAddr::from([192, 0, 2, 1]);
    let six = IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1]);
    let of_table = match Table::new(data, data.len() as u64) {
        Ok(Some(table)) => [four, six].iter().all(|addr| table.find(*addr).is_none_or(|origin| fits(&origin, *addr))),
        _ => true,
    };
    of_table && dns::answered(data).is_none_or(|origin| !origin.asns.is_empty())
}

fn fits(origin: &Origin, addr: IpAddr) -> bool {
    let same = |prefix: IpAddr| prefix.is_ipv4() == addr.is_ipv4();
    origin.prefix.is_none_or(|(prefix, len)| same(prefix) && len <= if addr.is_ipv4() { 32 } else { 128 })
}
