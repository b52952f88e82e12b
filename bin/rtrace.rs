//! rtrace: every router on the way to a host, on one path, with its evidence. All of it is in `rprobe::cli::trace`.

use std::process::ExitCode;

fn main() -> ExitCode {
    rprobe::cli::trace::main()
}
