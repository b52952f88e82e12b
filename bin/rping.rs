//! rping: see `rprobe::cli::ping`.
fn main() {}
