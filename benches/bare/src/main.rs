//! The bare loops: system calls and nothing else, to know what this machine can do at best.
//!
//! `flood` sends and receives echoes in batches as fast as they return; `paced` sends on a schedule and prints each
//! round-trip time; `link-echo` sends frames back and `link-load` offers them; `strangers` sends what nobody asked for;
//! `capture` is the witness on the interface; `cost` runs a command and says what it used; `burn` keeps a core busy.
//! IPv4 only, but for strangers. All is `unsafe` calls of libc without a layer: this is what layers are measured against.

mod args;
mod capture;
mod cost;
mod flood;
mod forged;
mod icmp;
mod link;
mod paced;
mod socket;
mod strangers;

use args::Args;
use std::process::ExitCode;

const USAGE: &str = "\
bare flood (--raw | --packet --interface IF --mac MAC) [--stamped | --unstamped] [--batch 256]
           [--seconds 2 | --count N] TARGET
bare paced [--count 500] [--interval 5ms] [--stamped | --unstamped] (TARGET | --packet --interface IF --mac MAC)
bare capture --interface IF [--sample] prints `ready`, then `out|in ID SEQ NS ADDRESS` at SIGTERM
bare link-echo --interface IF [--batch 256]      until a second of silence
bare link-load --interface IF --mac MAC [--rate 150000] [--batch 64] [--seconds 5 | --count N]
bare strangers --interface IF --mac MAC --from ADDRESS --what replies|unreachable|stations [--ident 7 | --listen]
               [--rate 200000] TARGET            until standard input ends
bare strangers … --what exceeded-udp|exceeded-echo --about ADDRESS [--rate 200000] TARGET
bare cost [--runs 5] -- COMMAND...   prints `WALL_US CPU_US PEAK_KB STATUS` for each run
bare burn                            until killed";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let command = words.next().unwrap_or_default();
    let result = Args::parse(words).and_then(|args| match command.as_str() {
        "flood" => flood::run(&args),
        "paced" => paced::run(&args),
        "capture" => capture::run(&args),
        "link-echo" => link::echo(&args),
        "link-load" => link::load(&args),
        "strangers" => strangers::run(&args),
        "cost" => cost::run(&args),
        "burn" => loop {
            std::hint::spin_loop();
        },
        _ => Err(USAGE.into()),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bare: {error}");
            ExitCode::from(2)
        }
    }
}
