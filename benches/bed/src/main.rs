//! A network of the test bed for as long as standard input is open.
//!
//! `chain` is real routers in namespaces, `simulate` the fault responder with a scenario. Either prints one line,
//! `ready PATH WORD…`: the network namespace to run commands in; of a chain, the addresses of its far end and the network
//! namespace of its first router. Everything is gone when this process ends.

#[path = "../../../tests/lab/mod.rs"]
mod lab;

use std::io::Read;
use std::process::ExitCode;

use lab::{Host, Lab, Scenario};

const USAGE: &str = "\
bed chain ROUTERS [--limits] [--dead-behind N]   --limits: of ICMP errors, as Linux has them
bed simulate SCENARIO.toml";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let Some(lab) = lab::begin("bed", &[]) else { return ExitCode::from(2) };
    match words[..] {
        ["chain", routers, ref options @ ..] => match routers.parse() {
            Ok(routers) => chain(&lab, routers, options),
            Err(error) => fail(&format!("{routers}: {error}")),
        },
        ["simulate", path] => match std::fs::read_to_string(path) {
            Ok(text) => {
                let host = lab.host("near");
                let _network = lab.simulate(&host, Scenario::parse(&text));
                serve(&host, &[])
            }
            Err(error) => fail(&format!("{path}: {error}")),
        },
        _ => fail(USAGE),
    }
}

fn chain(lab: &Lab, routers: usize, options: &[&str]) -> ExitCode {
    let chain = lab.chain(routers);
    match *options {
        [] => {}
        ["--limits"] => chain.limit_errors(),
        ["--dead-behind", hop] => match hop.parse() {
            Ok(hop) if (1..=routers).contains(&hop) => chain.swallow(hop),
            _ => return fail(&format!("--dead-behind {hop}: not one of the {routers} routers")),
        },
        _ => return fail(USAGE),
    }
    // Neighbours are known before anything is measured; replies to echo requests use up no limit.
    if options.first() != Some(&"--dead-behind") {
        for target in chain.far() {
            let _ = chain.a.command("ping").words("-n -c 1 -W 2").arg(target).output();
        }
    }
    let router = chain.routers.first().unwrap_or(&chain.b);
    let [v4, v6] = chain.far();
    serve(&chain.a, &[v4, v6, router.netns().path()])
}

fn serve(host: &Host, words: &[String]) -> ExitCode {
    println!("ready {} {}", host.netns().path(), words.join(" "));
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    ExitCode::SUCCESS
}

fn fail(why: &str) -> ExitCode {
    eprintln!("bed: {why}");
    ExitCode::from(2)
}
