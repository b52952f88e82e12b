//! See `rprobe::sweep::fuzz_entry::targets`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| assert!(rprobe::sweep::fuzz_entry::targets(data)));
