//! rping: exact round-trip times to one host or several. All of it is in `rprobe::cli::ping`.
#![cfg_attr(not(test), no_main)]

rprobe::entry!(rprobe::cli::ping::main);
