//! rlink's machines: who has an address on this link, who is there at all, and what passes by.
//!
//! [`ask`] is the question in both families' formats. [`neighbour`] asks for one address (and finds duplicates),
//! [`routers`] for routers, [`scan`] for everybody, [`listen`] for nothing: it hears. All of them take and give frames and
//! know no socket.

pub mod ask;
pub mod listen;
pub mod neighbour;
pub mod routers;
pub mod scan;

#[cfg(test)]
mod fake;
