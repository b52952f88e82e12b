//! A run from beginning to end, in the order that safety asks for: open what needs privilege, give privilege up, hear
//! signals, resolve names, then trace.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;

use super::open::{Opened, Sockets, open};
use super::plan::{Format, Plan};
use super::session;
use super::targets::place;
use super::teller::Teller;
use crate::cli::Refusal;
use crate::cli::conduct::Stage;
use crate::cli::exit::Exit;
use crate::cli::resolve::resolve;
use crate::cli::route::Router;
use crate::cli::stdout::Stdout;
use crate::net::Network;
use crate::net::hops::{Method as Hops, Numbering};
use crate::net::icmp::SocketKind;
use crate::report::clean;
use crate::report::trace::{Atlas, Json, Report, Run, Shape, Style, Text, Traced};
use crate::report::{Failed, Host};
use crate::sys::clock::{set_timer_slack_min, wall_now};
use crate::sys::process;
use crate::sys::route;
use crate::trace::{Config, Target};
use crate::units::{Family, Ident, Port};

/// Does what was planned; `name` begins messages.
///
/// # Errors
/// One line, where nothing was traced.
pub(super) fn run(mut plan: Plan, name: &str) -> Result<Exit, Refusal> {
    let Opened { sockets, origins } = open(&mut plan, name)?;
    set_timer_slack_min();
    let stage = Stage::open()?;
    let found =
        resolve(&plan.operands, plan.family, &stage.signals).map_err(|error| Refusal::io("cannot look up", &error))?;

    let (mut hosts, mut failed) = (Vec::new(), Vec::new());
    for (operand, found) in plan.operands.iter().zip(found) {
        match place(&plan, &sockets, operand, found) {
            Ok(host) => hosts.push(host),
            Err(problem) => {
                let _ = writeln!(io::stderr(), "{name}: {}: {}", clean(&operand.text), problem.reason);
                let (reason, temporary) = (problem.reason, problem.temporary);
                failed.push(Failed { operand: operand.text.clone(), reason, temporary, at: wall_now() });
            }
        }
    }
    if hosts.is_empty() && plan.output.format != Format::Json {
        return Ok(Exit::Trouble);
    }
    let peers: Vec<_> = hosts.iter().map(|host| host.peer).collect();
    let trip = Trip { plan: &plan, name, hosts, failed, stage: &stage };
    let refused = |error: crate::net::icmp::OpenError| Refusal::new(error.to_string());
    match sockets {
        Sockets::Icmp(sockets) => {
            let net = sockets.into_net(&plan.sockets, &peers).map_err(refused)?;
            let mut about = About { ports: None, fallback: None, hosts: trip.hosts.clone() };
            for host in &mut about.hosts {
                let family = Family::of(host.peer.addr);
                host.ident = net.ident(family);
                host.socket = socket_name(net.kind(family));
                if net.kind(family) == Some(SocketKind::Dgram) {
                    about.fallback =
                        Some("by ping sockets: what routers quote of the IP header is not seen".to_owned());
                }
            }
            trip.go(about, net, origins)
        }
        Sockets::Hops(hops) => {
            let (sockets, options) = *hops;
            let net = sockets.into_net(&options, &peers).map_err(refused)?;
            let mut about = About {
                ports: net.flows().first().copied(),
                fallback: net.fallback().map(str::to_owned),
                hosts: trip.hosts.clone(),
            };
            about.hosts.iter_mut().for_each(|host| host.socket = socket_name(Some(net.kind())));
            trip.go(about, net, origins)
        }
    }
}

fn socket_name(kind: Option<SocketKind>) -> &'static str {
    match kind {
        Some(SocketKind::Dgram) => "dgram",
        _ => "raw",
    }
}

/// What the sockets turned out to be.
struct About {
    hosts: Vec<Host>,
    ports: Option<(Port, Port)>,
    fallback: Option<String>,
}

impl About {
    /// The ICMP ident, where all hosts share it.
    fn ident(&self) -> Option<Ident> {
        let first = self.hosts.first()?.ident?;
        self.hosts.iter().all(|host| host.ident == Some(first)).then_some(first)
    }
}

/// All that a trace needs beside its network.
struct Trip<'a> {
    plan: &'a Plan,
    name: &'a str,
    hosts: Vec<Host>,
    failed: Vec<Failed>,
    stage: &'a Stage,
}

impl<'a> Trip<'a> {
    fn go<N: Network>(self, about: About, net: N, origins: Option<super::open::Source>) -> Result<Exit, Refusal> {
        let plan = self.plan;
        if plan.output.verbose {
            self.introduce(&about);
        }
        let config = Config {
            // One ident is all that a run of one family has, and one source port.
            ident: about.ident(),
            source_port: about.ports.map(|(port, _)| port),
            targets: about.hosts.iter().map(|host| Target { peer: host.peer, source: host.source }).collect(),
            token_key: process::random_key().map_err(|error| Refusal::io("no random numbers", &error))?,
            note_tries: true,
            ..plan.trace.clone()
        };
        let run = Arc::new(describe(plan, about));
        let report = report(plan, self.name, Arc::clone(&run), self.stage.stdout(self.name)?);
        let teller = Teller::new(report, plan.output.names, origins);
        let mut teller = teller.map_err(|error| Refusal::io("cannot look up names", &error))?;
        teller.write(|report| report.start());
        for failed in &self.failed {
            teller.write(|report| report.failed(failed));
        }
        if run.traced.is_empty() {
            teller.finish();
            return Ok(Exit::Trouble);
        }
        Ok(match session::run(self.stage.conductor(self.name), config, net, teller) {
            Exit::Yes | Exit::No if !self.failed.is_empty() => Exit::Trouble,
            // The peers say only whether they ran.
            Exit::No if plan.output.shape != Shape::Own => Exit::Yes,
            exit => exit,
        })
    }

    /// Idents, ports and sockets, on stderr.
    fn introduce(&self, about: &About) {
        for host in &about.hosts {
            let what = match (about.ports, host.ident) {
                (Some((from, to)), _) => format!("ports {} to {}", from.0, to.0),
                (None, Some(ident)) => format!("ident {}", ident.0),
                (None, None) => "ident not known".to_owned(),
            };
            let _ = writeln!(io::stderr(), "{}: {}: {} socket, {what}", self.name, clean(&host.operand), host.socket);
        }
    }
}

fn describe(plan: &Plan, about: About) -> Run {
    let numbering = match plan.hops {
        Some((Hops::Udp(Numbering::Classic), _)) => "classic",
        Some((Hops::Udp(Numbering::Dublin), _)) => "dublin",
        _ => "paris",
    };
    let About { hosts, ports, fallback } = about;
    let router = Router::new(&plan.sockets);
    let traced = |host: Host| Traced {
        length: plan.length(Family::of(host.peer.addr)),
        first_mtu: route::path_mtu(host.peer.addr, host.peer.scope, &router.hints(host.peer)).ok(),
        host,
        ports,
    };
    Run {
        traced: hosts.into_iter().map(traced).collect(),
        several: plan.operands.len() > 1,
        at: wall_now(),
        method: plan.trace.method,
        numbering,
        flow: plan.flow,
        fallback,
        first: plan.trace.first.0,
        last: plan.trace.last.0,
        tries: plan.trace.tries,
        mtu: plan.trace.mtu.is_some(),
        bleaching: plan.bleaching,
        tos: plan.trace.tos,
    }
}

fn report<'a>(plan: &Plan, name: &str, run: Arc<Run>, out: Stdout<'a>) -> Box<dyn Report + 'a> {
    let output = &plan.output;
    let out = Box::new(out);
    match output.format {
        Format::Json => Box::new(Json::new(run, out)),
        Format::Atlas => Box::new(Atlas::new(run, out)),
        Format::Text => {
            let screen = io::stdout();
            let own = output.shape == Shape::Own;
            let style = Style {
                shape: output.shape,
                numeric: !output.names,
                extensions: output.extensions,
                back: output.back,
                asn: output.asn,
                reply: output.reply,
                aligned: own && screen.is_terminal(),
                color: output.color.is_on(&screen),
                progress: own && io::stderr().is_terminal(),
                ..Style::new(name)
            };
            Box::new(Text::new(run, style, out, Box::new(io::stderr())))
        }
    }
}
