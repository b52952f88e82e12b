//! What rlink tells people and programs: text and JSON Lines, one file a subject.

mod interfaces;
mod line;

pub use interfaces::{Interface, interfaces_json, interfaces_text};
pub use line::{Line, is_fit};
