//! Whom a sweep asks: addresses as blocks, however many, and how people write them.
//!
//! Text becomes [`Block`]s ([`read`], [`read_list`]); blocks in order become a [`Space`], which counts its addresses and finds
//! each by its number without keeping any; sets of addresses to leave out or to keep to are [`Ranges`]. An iterator, a
//! permutation or a shard of sixteen million targets costs no more memory than one of ten.

mod block;
mod list;
mod ranges;
mod read;
mod reserved;
mod space;

pub use block::Block;
pub use list::{BadList, read_list};
pub use ranges::Ranges;
pub use read::{BadTarget, Target, read};
pub use reserved::reserved;
pub use space::{Space, TooMany};
