//! See `rprobe::names::origin::fuzz_entry::origins`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| assert!(rprobe::names::origin::fuzz_entry::origins(data)));
