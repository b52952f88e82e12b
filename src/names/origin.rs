//! Who announces an address to the world: the origin AS and the prefix, from a file or by DNS.
//!
//! A file stays on this machine and is the way to ask for nobody's attention; DNS tells whoever runs the zone which
//! addresses are on a path, so it is never asked unless the user said so. Both are read as they stand: an address that
//! is in neither has no origin, which is no error.

mod dns;
#[doc(hidden)]
pub mod fuzz_entry;
mod table;

use std::io;
use std::net::IpAddr;
use std::path::Path;

use serde::Deserialize;

pub use dns::Zone;
use table::Table;

/// Who announces an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The autonomous systems; more than one where several announce the same prefix.
    pub asns: Vec<u32>,
    /// The prefix, where it is known: address and length.
    pub prefix: Option<(IpAddr, u8)>,
    /// What the first of them is called, where that is known.
    pub name: Option<String>,
}

/// A file of origins.
#[derive(Debug)]
pub enum Database {
    /// MaxMind's format (GeoLite2-ASN and those that follow it).
    MaxMind(maxminddb::Reader<Vec<u8>>),
    /// ip2asn's table of ranges.
    Table(Table),
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// It cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is compressed.
    #[error("is compressed: unpack it first, as in gunzip FILE")]
    Compressed,
    /// It is of no format that is known here.
    #[error("neither MaxMind's format nor ip2asn's table (start, end, AS, country, name, separated by tabs)")]
    Unknown,
}

/// What a record of MaxMind's holds of interest.
#[derive(Deserialize)]
struct Record {
    autonomous_system_number: Option<u32>,
    autonomous_system_organization: Option<String>,
}

/// How MaxMind's format ends: its metadata begins with this within the last 128 KiB.
const MAXMIND_MARK: &[u8] = b"\xab\xcd\xefMaxMind.com";

impl Database {
    /// Opens a file of either format, told by its contents.
    ///
    /// # Errors
    /// A file that cannot be read or is neither.
    pub fn open(path: &Path) -> Result<Database, DatabaseError> {
        let file = std::fs::File::open(path)?;
        if let Some(table) = Table::of(file)? {
            return Ok(Database::Table(table));
        }
        let bytes = std::fs::read(path)?;
        if bytes.starts_with(&[0x1f, 0x8b]) {
            return Err(DatabaseError::Compressed);
        }
        if !bytes.windows(MAXMIND_MARK.len()).rev().take(128 * 1024).any(|window| window == MAXMIND_MARK) {
            return Err(DatabaseError::Unknown);
        }
        maxminddb::Reader::from_source(bytes).map(Database::MaxMind).map_err(|_| DatabaseError::Unknown)
    }

    /// Who announces this address; `None` if the file does not say.
    #[must_use]
    pub fn find(&self, addr: IpAddr) -> Option<Origin> {
        match self {
            Database::Table(table) => table.find(addr),
            Database::MaxMind(reader) => {
                let found = reader.lookup(addr).ok()?;
                let record: Record = found.decode().ok()??;
                let network = found.network().ok()?;
                Some(Origin {
                    asns: vec![record.autonomous_system_number?],
                    prefix: Some((network.network(), network.prefix())),
                    name: record.autonomous_system_organization,
                })
            }
        }
    }
}

#[cfg(test)]
mod tests;
