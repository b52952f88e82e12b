//! rping: exact round-trip times to one host or several. All of it is in `rprobe::cli::ping`.

use std::process::ExitCode;

fn main() -> ExitCode {
    rprobe::cli::ping::main()
}
