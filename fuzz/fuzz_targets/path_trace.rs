//! See `rprobe::trace::fuzz_entry::hops`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| assert!(rprobe::trace::fuzz_entry::hops(data)));
