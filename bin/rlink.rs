//! rlink: frames, echo by MAC address and neighbours on one link. All of it is in `rprobe::cli::link`.
#![cfg_attr(not(test), no_main)]

rprobe::entry!(rprobe::cli::link::main);
