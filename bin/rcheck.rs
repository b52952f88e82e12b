//! rcheck: a verdict on latency and loss. All of it is in `rprobe::cli::check`.
#![cfg_attr(not(test), no_main)]

rprobe::entry!(rprobe::cli::check::main);
