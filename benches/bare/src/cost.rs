//! What a command costs: wall time, CPU time and peak memory of each run, its output thrown away.
//!
//! The kernel counts the memory of the process that spawned towards the child's peak, so the spawner must be as small
//! as this one; a script's interpreter would be all that is seen.

use crate::args::{Args, Outcome};
use std::io;
use std::mem::zeroed;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Runs `bare cost`.
pub fn run(args: &Args) -> Outcome {
    let (program, rest) = args.operands.split_first().ok_or("a command is missing")?;
    for _ in 0..args.number("runs")?.unwrap_or(5) {
        let mut command = Command::new(program);
        command.args(rest).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begin = Instant::now();
        let child = command.spawn()?;
        let mut status = 0;
        // SAFETY: a child of ours, waited for once; a rusage that lives here.
        let (got, usage) = unsafe {
            let mut usage: libc::rusage = zeroed();
            (libc::wait4(child.id() as libc::pid_t, &mut status, 0, &mut usage), usage)
        };
        let wall = begin.elapsed();
        if got < 0 {
            return Err(io::Error::last_os_error().into());
        }
        let cpu: i64 = [usage.ru_utime, usage.ru_stime].iter().map(|t| t.tv_sec * 1_000_000 + t.tv_usec).sum();
        let code = if libc::WIFEXITED(status) { libc::WEXITSTATUS(status) } else { -1 };
        println!("{} {cpu} {} {code}", wall.as_micros(), usage.ru_maxrss);
    }
    Ok(())
}
