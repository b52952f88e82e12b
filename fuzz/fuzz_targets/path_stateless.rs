//! See `rprobe::sweep::fuzz_entry::stateless`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| assert!(rprobe::sweep::fuzz_entry::stateless(data)));
