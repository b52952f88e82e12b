//! rcheck: a verdict on latency and loss. All of it is in `rprobe::cli::check`.

use std::process::ExitCode;

fn main() -> ExitCode {
    rprobe::cli::check::main()
}
