//! Who is on this link? Every address of a prefix asked for at a rate, and, as nobody can ask for 2^64, all IPv6 nodes
//! called at once.
//!
//! Sweeps go round by round: who has answered is not asked again, and a round begins when the answers to the one before
//! have had time to come. A call is an echo request to all nodes, from each of our own addresses, for a host answers from
//! an address of the same kind. Whatever else is heard on the way (announcements, the questions of others) tells of
//! stations as well. Two stations for one address are a conflict.

mod hear;
mod note;
mod plan;
mod session;

pub use note::{Found, Note, Progress, Totals};
pub use plan::{Config, Sweep};
pub use session::Session;

#[cfg(test)]
mod tests;
