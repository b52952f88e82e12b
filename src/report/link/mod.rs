//! What rlink tells people and programs: text and JSON Lines, one file a subject.

mod interfaces;

pub use interfaces::{Interface, interfaces_json, interfaces_text};
