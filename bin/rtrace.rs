//! rtrace: every router on the way to a host, on one path, with its evidence. All of it is in `rprobe::cli::trace`.
#![cfg_attr(not(test), no_main)]

rprobe::entry!(rprobe::cli::trace::main);
