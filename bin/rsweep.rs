//! rsweep: many hosts at once. All of it is in `rprobe::cli::sweep`.
#![cfg_attr(not(test), no_main)]

rprobe::entry!(rprobe::cli::sweep::main);
