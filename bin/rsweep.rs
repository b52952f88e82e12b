//! rsweep: many hosts at once. All of it is in `rprobe::cli::sweep`.

use std::process::ExitCode;

fn main() -> ExitCode {
    rprobe::cli::sweep::main()
}
