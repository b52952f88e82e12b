//! The stateless engine: one probe for each of any number of targets, as fast as this host can, in memory that has a bound.
//!
//! Nothing is kept of a probe. Which target comes when is computed ([`Order`]); that an answer is ours, and when its probe
//! left, the answer proves itself ([`Proof`]); who has answered is remembered in a set of fixed size ([`Seen`]). What there
//! is to decide is decided by plain values ([`Book`], [`Rate`], [`Gate`], [`Worker`]) that know no socket and no thread;
//! [`run`] gives each sending thread a worker, and whoever has just sent reads what has arrived.

mod book;
mod crew;
mod desk;
mod field;
mod finder;
mod gate;
mod order;
mod permutation;
mod proof;
mod rate;
mod run;
mod seen;
mod tally;
mod worker;

pub use book::{Book, Note, Refusal, Reply};
pub use desk::Desk;
pub use field::Field;
pub use finder::Finder;
pub use gate::{BATCH, Gate};
pub use order::{Order, Shard};
pub use permutation::Permutation;
pub use proof::{PROOF_LEN, Proof};
pub use rate::{Cut, Rate, Signs, Trouble};
pub use run::{Outcome, Plan, Progress, Wish, run};
pub use seen::{EXACT_MOST, Seen};
pub use tally::{ErrorCode, Tally};
pub use worker::{Turn, Worker};
