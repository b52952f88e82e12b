//! See `rprobe::ping::fuzz_entry::link`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| assert!(rprobe::ping::fuzz_entry::link(data)));
