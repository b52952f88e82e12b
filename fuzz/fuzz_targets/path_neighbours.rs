//! See `rprobe::link::fuzz_entry::neighbours`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| assert!(rprobe::link::fuzz_entry::neighbours(data)));
