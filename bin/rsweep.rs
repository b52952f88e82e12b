//! rsweep: many hosts at once. All of it is in `rprobe::cli::sweep`.
#![cfg_attr(all(target_env = "gnu", not(test)), no_main)]

rprobe::entry!(rprobe::cli::sweep::main);
