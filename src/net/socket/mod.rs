//! What the sockets of every network have in common: what a caller may want of them, how that is set, and the words of a
//! refusal.
//!
//! Two steps, because a command gives its privilege up in between: what needs it, and what anybody may set.

mod options;
mod refusal;
mod set;
mod source;

pub(super) use refusal::{in_container, io_while, is_refusal};
pub(super) use set::{
    bad_source, bind_device, interface_index, lease_flow_label, ordinary, privileged, set_fragmented, set_whole,
    sets_df, wanted_stages,
};
pub(super) use source::Source;

pub use options::{HeaderInclude, Names, Options, SocketChoice, SocketKind, Stages};
pub use refusal::OpenError;
