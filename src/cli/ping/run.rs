//! A run from beginning to end, in the order that safety asks for: open what needs privilege, give privilege up, hear
//! signals, resolve names, then probe.
//!
//! The loop is `Drive`'s; what is added here is signals and names. An interrupt (INT, TERM, HUP) ends the run with its
//! summary and the verdict so far, a second one at once; QUIT prints how things stand.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::Arc;

use super::open::{Opened, open};
use super::plan::{Color, Format, Operand, Plan};
use super::resolve::resolve;
use super::targets::{Fate as OperandFate, Router, target};
use super::teller::Teller;
use crate::cli::Refusal;
use crate::cli::exit::Exit;
use crate::cli::stdout::{Fate, Stdout};
use crate::net::Network;
use crate::net::icmp::{IcmpNet, SocketKind};
use crate::ping::{Command, Config, Pace, Pattern, Session, Stamping, Summary, TargetId};
use crate::probe::{Drive, Turn};
use crate::report::{Csv, Failed, Host, Json, Pcapng, Report, Run, Style, Text, clean};
use crate::sys::clock::{set_timer_slack_min, wall_now};
use crate::sys::errno::Errno;
use crate::sys::signals::{Signal, Signals, restore_default_and_raise};
use crate::sys::{process, terminal};
use crate::units::Family;

/// Does what was planned; `name` begins messages.
///
/// # Errors
/// One line, where nothing was probed.
pub(super) fn run(mut plan: Plan, name: &str) -> Result<Exit, Refusal> {
    let Opened { sockets, capture } = open(&mut plan)?;
    set_timer_slack_min();
    let signals = Signals::block_and_open().map_err(|error| trouble("cannot hear signals", &error))?;
    let found = resolve(&plan.operands, plan.family, &signals).map_err(|error| trouble("cannot look up", &error))?;

    let (mut hosts, mut operands, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    let router = Router::new(&plan, &sockets);
    for (operand, found) in plan.operands.iter().zip(found) {
        match router.target(operand, found)? {
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
    }
    let config = config(&plan, &hosts)?;
    let run = Arc::new(describe(&plan, &config, hosts));

    let fate = Fate::default();
    let out = || Stdout::new(name, signals.as_fd(), &fate).map_err(|error| trouble("standard output", &error));
    let report = report(&plan, name, Arc::clone(&run), out()?);
    let capture = capture.map(|file| -> Box<dyn Report> {
        let program = concat!("rping ", env!("CARGO_PKG_VERSION"));
        Box::new(Pcapng::new(Arc::clone(&run), program, Box::new(BufWriter::new(file))))
    });
    let quiet = plan.output.quiet && plan.output.format != Format::Text;
    let was_named = operands.iter().map(|operand: &&Operand| operand.address().is_none());
    let teller = Teller::new(report, capture, plan.output.names, was_named, quiet);
    let mut teller = teller.map_err(|error| trouble("cannot look up names", &error))?;
    teller.start();
    for failed in &failed {
        teller.write(|report| report.failed(failed));
    }
    if peers.is_empty() {
        teller.finish(&[]);
        return Ok(Exit::Trouble);
    }
    let conducted =
        Conductor { name, signals: &signals, fate: &fate }.conduct(Drive::new(Session::new(config), net), teller);
    Ok(match conducted {
        Exit::Yes | Exit::No if !failed.is_empty() => Exit::Trouble,
        exit => exit,
    })
}

fn trouble(what: &str, error: &io::Error) -> Refusal {
    Refusal::new(format!("{what}: {}", Errno::from(error)))
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
    let token_key = process::random_key().map_err(|error| trouble("no random numbers", &error))?;
    Ok(Config { targets: hosts.iter().map(target).collect(), token_key, ..plan.session.clone() })
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
                color: match output.color {
                    Color::Auto => screen.is_terminal() && std::env::var_os("TERM").is_some_and(|term| term != "dumb"),
                    Color::Always => true,
                    Color::Never => false,
                },
                // Dots that go to no screen are not limited by its width.
                width: terminal::columns(&screen).map_or(usize::MAX, usize::from),
                ..Style::new(name)
            };
            Box::new(Text::new(run, style, out, Box::new(io::stderr())))
        }
    }
}

/// Turns the loop.
struct Conductor<'a> {
    name: &'a str,
    signals: &'a Signals,
    fate: &'a Fate,
}

impl Conductor<'_> {
    fn conduct(&self, mut drive: Drive<Session, IcmpNet>, mut teller: Teller<'_>) -> Exit {
        let mut broken = None;
        let mut stopping = false;
        loop {
            while let Some(signal) = self.signals.read() {
                match signal {
                    Signal::Quit => {
                        let so_far = summaries(&mut drive);
                        teller.write(|report| report.status(&so_far));
                    }
                    _ if stopping => restore_default_and_raise(signal),
                    _ => {
                        stopping = true;
                        self.fate.hurry();
                        drive.command(Command::Stop);
                    }
                }
            }
            let turned = drive.turn(&mut |note| teller.tell(note));
            teller.flush();
            if let Some(error) = teller.take_capture_error() {
                self.say(&format!("--pcapng: {}; the capture ends here", Errno::from(&error)));
                broken = Some(());
            }
            if let Some(error) = teller.error() {
                return self.cannot_write(error);
            }
            match turned {
                Ok(Turn::Done) => break,
                Ok(Turn::Again) => {}
                Ok(Turn::Wait(until)) => {
                    let until = [until, teller.deadline()].into_iter().flatten().min();
                    let also = [self.signals.as_fd(), teller.fd().unwrap_or(self.signals.as_fd())];
                    if let Err(error) = drive.network_mut().wait(until, &also) {
                        self.say(&format!("cannot wait: {}", Errno::from(&error)));
                        broken = Some(());
                        break;
                    }
                }
                Err(error) => {
                    self.say(&format!("the sockets broke: {}", Errno::from(&error)));
                    broken = Some(());
                    break;
                }
            }
        }
        self.fate.hurry();
        let ends = summaries(&mut drive);
        teller.finish(&ends);
        if let Some(error) = teller.error() {
            return self.cannot_write(error);
        }
        if broken.is_some() || teller.take_capture_error().is_some() || self.fate.has_lost() {
            return Exit::Trouble;
        }
        verdict(drive.machine(), &ends)
    }

    /// Nobody reads any more: that is no failure. Anything else is.
    fn cannot_write(&self, error: &io::Error) -> Exit {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Exit::Yes;
        }
        self.say(&format!("cannot write: {}", Errno::from(error)));
        Exit::Trouble
    }

    fn say(&self, what: &str) {
        let _ = writeln!(io::stderr(), "{}: {what}", self.name);
    }
}

fn summaries(drive: &mut Drive<Session, IcmpNet>) -> Vec<Summary> {
    let now = drive.network_mut().now();
    let count = drive.machine().config().targets.len();
    (0..count).filter_map(|index| drive.machine().summary(TargetId(index as u32), now)).collect()
}

/// All answered, one did not, or one could not even be asked.
fn verdict(session: &Session, ends: &[Summary]) -> Exit {
    let unasked = |end: &Summary| end.counters.attempted > 0 && end.counters.sent == 0;
    if ends.iter().any(unasked) {
        return Exit::Trouble;
    }
    let met = if session.config().until.is_some() { session.until_met() } else { session.all_answered() };
    if met { Exit::Yes } else { Exit::No }
}
