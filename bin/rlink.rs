//! rlink: frames, echo by MAC address and neighbours on one link. All of it is in `rprobe::cli::link`.

use std::process::ExitCode;

fn main() -> ExitCode {
    rprobe::cli::link::main()
}
