//! IPv4 record-route and timestamp options as the routers and the host on the way fill them in (RFC 791 3.1).

use std::net::Ipv4Addr;

/// Option types.
const END: u8 = 0;
const NOP: u8 = 1;
const RECORD_ROUTE: u8 = 7;
const TIMESTAMP: u8 = 68;

/// The options of the answer to a request that had `options`: those that record are kept, with what every router of
/// `path` (there and back) and the `host` between writes into them; others are left out.
pub fn recorded(options: &[u8], path: &[Ipv4Addr], host: Ipv4Addr, ms: u32) -> Vec<u8> {
    let mut kept = recording(options);
    for address in path.iter().chain([&host]).chain(path.iter().rev()) {
        write(&mut kept, *address, ms);
    }
    kept
}

/// The recording options, one behind the other.
fn recording(mut options: &[u8]) -> Vec<u8> {
    let mut kept = Vec::new();
    while let Some(kind) = options.first() {
        let len = match (kind, options.get(1)) {
            (&END, _) => break,
            (&NOP, _) => 1,
            (_, Some(len)) if (2..=options.len()).contains(&usize::from(*len)) => usize::from(*len),
            _ => break,
        };
        let (option, rest) = options.split_at(len);
        if matches!(*kind, RECORD_ROUTE | TIMESTAMP) && len >= 4 {
            kept.extend(option);
        }
        options = rest;
    }
    kept
}

/// One router writes into each recording option. The pointer counts from 1 and stands behind the end when it is full.
fn write(mut options: &mut [u8], address: Ipv4Addr, ms: u32) {
    while options.len() >= 4 {
        let (option, rest) = options.split_at_mut(usize::from(options[1]));
        let at = usize::from(option[2]).saturating_sub(1);
        let (address, ms) = (address.octets(), ms.to_be_bytes());
        let entry = match (option[0], option[3] & 15) {
            (RECORD_ROUTE, _) => address.to_vec(),
            (TIMESTAMP, 0) => ms.to_vec(),
            (TIMESTAMP, 3) if option.get(at..at + 4) != Some(&address) => Vec::new(),
            (TIMESTAMP, _) => [address, ms].concat(),
            _ => Vec::new(),
        };
        if let Some(field) = option.get_mut(at..at + entry.len()) {
            field.copy_from_slice(&entry);
            option[2] += entry.len() as u8;
        } else if option[0] == TIMESTAMP {
            // A full timestamp option counts those that found no room.
            option[3] = option[3].saturating_add(16);
        }
        options = rest;
    }
}
