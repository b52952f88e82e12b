//! See `rprobe::net::fuzz_entry::hops`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| assert!(rprobe::net::fuzz_entry::hops(data)));
