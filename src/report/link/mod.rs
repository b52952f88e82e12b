//! What rlink tells people and programs: text and JSON Lines, one file a subject.

mod asked;
mod frame;
mod interfaces;
mod line;
mod passing;
mod router;
mod scanned;
mod state;
mod totals;

pub use asked::Asked;
pub use frame::{FrameClock, FrameReport, Shown};
pub use interfaces::{Interface, interfaces_json, interfaces_text};
pub use line::{Line, is_fit};
pub use passing::Capture;
pub use scanned::progress_text;
pub use state::{LinkState, state_text};
pub use totals::{SendTotals, ServeTotals, Serving};
