//! Control messages of the kernel; see `rprobe::sys::ancillary::decode`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let read = rprobe::sys::ancillary::decode(data);
    assert!(read.tx.is_none() || read.error.is_none());
});
