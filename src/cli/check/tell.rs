//! What came of it, to standard output and to a file: the status line of the dialect, or events, or metrics.
//!
//! A reader who stands still is not waited for longer than a second, and what could not be written is UNKNOWN: a verdict
//! that nobody got is none.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::Path;

use super::dialect::Dialect;
use super::plan::Plan;
use super::whole;
use crate::check::State;
use crate::cli::Refusal;
use crate::cli::stdout::{Fate, Stdout};
use crate::report::check::{Checked, Json, details, first_answer, icmp_line, line, ping_line, textfile};
use crate::sys::clock::wall_now;
use crate::sys::errno::Errno;
use crate::sys::process;
use crate::sys::signals::Signals;

/// Tells, and says what all of it comes to.
pub(super) fn tell(plan: &Plan, name: &str, signals: &Signals, hosts: &[Checked]) -> Result<State, Refusal> {
    let state = whole(plan, hosts);
    let fate = Fate::default();
    fate.hurry();
    let out = Stdout::new(name, signals.as_fd(), &fate).map_err(|error| Refusal::io("standard output", &error))?;
    let told = write(plan, state, hosts, Box::new(out));
    let saved = plan.output.textfile.as_deref().map_or(Ok(()), |path| {
        save(path, &textfile(hosts, wall_now()))
            .map_err(|error| Refusal::of("--textfile", path, format!("not written: {}", Errno::from(&error))))
    });
    match told {
        // Nobody reads any more: the exit code still says it.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => return Err(Refusal::io("cannot write", &error)),
        Ok(()) if fate.has_lost() => return Ok(State::Unknown),
        Ok(()) => {}
    }
    if let Err(refusal) = saved {
        // The line is out already; what is left to say belongs on standard error.
        let _ = writeln!(io::stderr(), "{name}: {refusal}");
        return Ok(State::Unknown);
    }
    Ok(state)
}

fn write<'a>(plan: &Plan, state: State, hosts: &[Checked], mut out: Box<dyn Write + 'a>) -> io::Result<()> {
    if plan.output.json {
        let mut json = Json::new(out);
        return hosts.iter().try_for_each(|host| json.verdict(host));
    }
    let mut text = match plan.dialect {
        Dialect::Rcheck => line(state, hosts),
        Dialect::CheckPing => hosts.iter().map(ping_line).collect::<Vec<_>>().join("\n"),
        Dialect::CheckHost => match hosts.iter().find(|host| host.samples.received() > 0) {
            Some(host) if state == State::Ok => first_answer(host, packets(plan)),
            _ => icmp_line(state, hosts, plan.output.modes),
        },
        Dialect::CheckIcmp | Dialect::CheckRtaMulti => icmp_line(state, hosts, plan.output.modes),
    };
    text.push('\n');
    if plan.output.verbose {
        hosts.iter().for_each(|host| text.push_str(&details(host)));
    }
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn packets(plan: &Plan) -> u64 {
    plan.items.first().map_or(0, |item| item.probes.packets)
}

/// Writes a file whole or not at all: whoever collects it never reads half of one.
fn save(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Not ending in .prom: a collector that comes in between does not see it.
    let beside = path.with_file_name(format!(".{name}.{}", process::pid()));
    let written = File::options().write(true).create_new(true).open(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let done = written.and_then(|()| fs::rename(&beside, path));
    if done.is_err() {
        // It may never have been made.
        let _ = fs::remove_file(&beside);
    }
    done
}
