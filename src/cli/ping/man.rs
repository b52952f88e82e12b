//! rping(8).

/// The page, in man(7).
pub(super) fn page() -> String {
    String::new()
}
