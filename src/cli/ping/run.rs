//! A run from beginning to end, in the order that safety asks for: open what needs privilege, give privilege up, hear
//! signals, resolve names, then probe. What is probed and told is put together here; the loop is in `conduct`.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use super::open::{Opened, open};
use super::plan::{Format, Plan, Task};
use super::targets::{Fate as OperandFate, place, target};
use super::teller::Teller;
use super::{mtu, session};
use crate::cli::Refusal;
use crate::cli::conduct::{Conductor, Stage};
use crate::cli::exit::Exit;
use crate::cli::operand::Operand;
use crate::cli::resolve::resolve;
use crate::cli::stdout::Stdout;
use crate::net::Peer;
use crate::net::icmp::{IcmpNet, SocketKind};
use crate::ping::{Config, MtuConfig, Pace, Pattern, Stamping};
use crate::report::clean;
use crate::report::ping::{Csv, Json, Pcapng, Report, Run, Style, Text};
use crate::report::{Failed, Host};
use crate::sys::clock::{set_timer_slack_min, wall_now};
use crate::sys::{process, terminal};
use crate::units::Family;

/// Does what was planned; `name` begins messages.
///
/// # Errors
/// One line, where nothing was probed.
pub(super) fn run(mut plan: Plan, name: &str) -> Result<Exit, Refusal> {
    let Opened { sockets, capture } = open(&mut plan, name)?;
    if plan.output.verbose {
        let kinds = [Family::V4, Family::V6].map(|f| sockets.kind(f).map_or("none", SocketKind::name));
        let _ = writeln!(io::stderr(), "{name}: sock4 (socktype: {}), sock6 (socktype: {})", kinds[0], kinds[1]);
    }
    set_timer_slack_min();
    let stage = Stage::open()?;
    let found =
        resolve(&plan.operands, plan.family, &stage.signals).map_err(|error| Refusal::io("cannot look up", &error))?;

    let (mut hosts, mut operands, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for (operand, found) in plan.operands.iter().zip(found) {
        match place(&plan, &sockets, operand, found)? {
            OperandFate::Probed(host) => {
                hosts.push(*host);
                operands.push(operand);
            }
            OperandFate::Failed { reason, temporary } => {
                let _ = writeln!(io::stderr(), "{name}: {}: {reason}", clean(&operand.text));
                failed.push(Failed { operand: operand.text.clone(), reason, temporary, at: wall_now() });
            }
        }
    }
    if plan.sockets.broadcast && hosts.iter().any(|host| host.group && host.peer.addr.is_ipv4()) {
        let _ = writeln!(io::stderr(), "{name}: WARNING: pinging broadcast address");
    }
    if hosts.is_empty() && plan.output.format == Format::Text {
        return Ok(Exit::Trouble);
    }
    let peers: Vec<_> = hosts.iter().map(|host| host.peer).collect();
    let net = sockets.into_net(&plan.sockets, &peers).map_err(|error| Refusal::new(error.to_string()))?;
    for host in &mut hosts {
        introduce(host, &net);
        if plan.output.verbose {
            let kind = net.kind(host.family()).map_or("no", SocketKind::name);
            let ident = host.ident.map_or(0, |ident| ident.0);
            let _ = writeln!(io::stderr(), "{name}: {}: {kind} socket, ident {ident}", clean(&host.operand));
        }
    }
    let config = config(&plan, &hosts)?;
    let run = Arc::new(describe(&plan, &config, hosts));

    let mut report = report(&plan, name, Arc::clone(&run), stage.stdout(name)?);
    let conductor = stage.conductor(name);
    if let (Task::MtuSearch, [peer]) = (plan.task, peers.as_slice()) {
        return search(&plan, *peer, conductor, net, report.as_mut());
    }
    let capture = capture.map(|file| -> Box<dyn Report> {
        let program = concat!("rping ", env!("CARGO_PKG_VERSION"));
        Box::new(Pcapng::new(Arc::clone(&run), program, Box::new(BufWriter::new(file))))
    });
    let quiet = plan.output.quiet && plan.output.format != Format::Text;
    let was_named = operands.iter().map(|operand: &&Operand| operand.address().is_none());
    let teller = Teller::new(report, capture, plan.output.names, was_named, quiet);
    let mut teller = teller.map_err(|error| Refusal::io("cannot look up names", &error))?;
    teller.start();
    for failed in &failed {
        teller.write(|report| report.failed(failed));
    }
    if peers.is_empty() {
        teller.finish(&[]);
        return Ok(Exit::Trouble);
    }
    Ok(match session::run(conductor, config, net, teller) {
        Exit::Yes | Exit::No if !failed.is_empty() => Exit::Trouble,
        exit => exit,
    })
}

/// Searches instead of pinging.
fn search(
    plan: &Plan,
    peer: Peer,
    conductor: Conductor<'_>,
    net: IcmpNet,
    report: &mut dyn Report,
) -> Result<Exit, Refusal> {
    let mut config = MtuConfig::new(peer, u32::from(u16::MAX), token_key()?);
    if let (true, Some(timeout)) = (plan.session.timeout_chosen, plan.session.timeout) {
        config.timeout = timeout;
    }
    Ok(mtu::run(conductor, config, plan.session.deadline, net, report))
}

fn token_key() -> Result<[u8; 16], Refusal> {
    process::random_key().map_err(|error| Refusal::io("no random numbers", &error))
}

/// What the sockets turned out to be.
fn introduce(host: &mut Host, net: &IcmpNet) {
    let family = Family::of(host.peer.addr);
    host.ident = net.ident(family);
    host.socket = match net.kind(family) {
        Some(SocketKind::Dgram) => "dgram",
        _ => "raw",
    };
}

fn config(plan: &Plan, hosts: &[Host]) -> Result<Config, Refusal> {
    Ok(Config { targets: hosts.iter().map(target).collect(), token_key: token_key()?, ..plan.session.clone() })
}

fn describe(plan: &Plan, config: &Config, hosts: Vec<Host>) -> Run {
    Run {
        hosts,
        several: plan.operands.len() > 1,
        at: wall_now(),
        exchange: config.exchange,
        size: config.size,
        pattern: match &config.pattern {
            Pattern::Counting => Vec::new(),
            Pattern::Bytes(bytes) => bytes.clone(),
        },
        ip_options: plan.sockets.ip_options.len(),
        flow_label: plan.sockets.flow_label,
        count: config.count,
        interval: config.interval,
        reply_driven: config.pace != Pace::Interval,
        timeout: config.timeout,
        sample: match config.stamping {
            Stamping::Sample(one_in) => Some(one_in),
            Stamping::All | Stamping::None => None,
        },
    }
}

fn report<'a>(plan: &Plan, name: &str, run: Arc<Run>, out: Stdout<'a>) -> Box<dyn Report + 'a> {
    let output = &plan.output;
    let out = Box::new(out);
    match output.format {
        Format::Json => Box::new(Json::new(run, out)),
        Format::Csv => Box::new(Csv::new(run, out)),
        Format::Text => {
            let screen = io::stdout();
            let style = Style {
                peer: output.peer,
                quiet: output.quiet,
                verbose: output.verbose,
                timestamps: output.timestamps,
                bell: output.audible,
                flood: output.flood,
                breakdown: output.breakdown,
                color: output.color.is_on(&screen),
                // Dots that go to no screen are not limited by its width.
                width: terminal::columns(&screen).map_or(usize::MAX, usize::from),
                ..Style::new(name)
            };
            Box::new(Text::new(run, style, out, Box::new(io::stderr())))
        }
    }
}
