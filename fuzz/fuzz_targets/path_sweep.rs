//! See `rprobe::sweep::fuzz_entry::exact`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| assert!(rprobe::sweep::fuzz_entry::exact(data)));
