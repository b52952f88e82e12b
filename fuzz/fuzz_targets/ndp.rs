//! See `rprobe::wire::fuzz_entry::ndp`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| assert!(rprobe::wire::fuzz_entry::ndp(data)));
