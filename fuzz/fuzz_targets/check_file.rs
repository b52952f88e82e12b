//! See `rprobe::cli::fuzz_entry::check_file`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| assert!(rprobe::cli::fuzz_entry::check_file(data)));
