//! What rlink tells people and programs: text and JSON Lines, one file a subject.

mod frame;
mod interfaces;
mod line;
mod state;
mod totals;

pub use frame::{FrameClock, FrameReport, Shown};
pub use interfaces::{Interface, interfaces_json, interfaces_text};
pub use line::{Line, is_fit};
pub use state::{LinkState, state_text};
pub use totals::{SendTotals, ServeTotals};
