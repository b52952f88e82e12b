//! See `rprobe::report::link::is_fit`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| assert!(rprobe::report::link::is_fit(data)));
