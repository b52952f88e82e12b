//! What rlink tells.

mod line;

pub use line::{Line, is_fit};
