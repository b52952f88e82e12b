//! See `rprobe::cli::fuzz_entry::values`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| assert!(rprobe::cli::fuzz_entry::values(data)));
