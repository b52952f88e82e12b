//! Text in traceroute's shape: one line a hop, then what the path came to and why it ends there.
//!
//! Under a peer's own name nothing is printed that the peer would not print. Otherwise evidence stands behind the times,
//! and the last line says which hop was the last and why. A single target's lines come as its hops settle; several
//! targets settle side by side, and each one's lines are kept until it is done, so that paths do not mix. While somebody
//! waits at a terminal, a line of progress that leaves no trace goes to `err`.

mod ending;
mod hop;
mod style;
mod tracepath;

use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::Arc;

use super::{Report, Run, Traced};
use crate::probe::TargetId;
use crate::report::Failed;
use crate::report::{Names, clean};
use crate::trace::{Hop, Method, Note};
use crate::units::Family;
use style::who;
pub use style::{Shape, Style};

/// The text report.
pub struct Text<'w> {
    run: Arc<Run>,
    style: Style,
    out: Box<dyn Write + 'w>,
    err: Box<dyn Write + 'w>,
    /// Of each target: lines that wait for its end, and what its hops have shown.
    states: Vec<State>,
    /// Targets that are done.
    done: usize,
    /// Whether a block was printed, so that the next one stands apart.
    printed: bool,
    /// Length of the line of progress that stands on the screen.
    progress: usize,
}

/// What is kept of one target.
#[derive(Debug, Default)]
struct State {
    lines: String,
    /// Hops told so far.
    hops: u8,
    /// Probes answered so far.
    answered: u64,
    /// The widest address so far: columns only grow.
    width: usize,
    /// The target's own answer, for the last line.
    reached: Option<crate::trace::Answer>,
    /// Distance that the last answer suggests the way back has.
    back: Option<u8>,
}

impl<'w> Text<'w> {
    /// A report of this run; progress goes to `err`.
    #[must_use]
    pub fn new(run: Arc<Run>, style: Style, out: Box<dyn Write + 'w>, err: Box<dyn Write + 'w>) -> Self {
        let states = run.traced.iter().map(|_| State::default()).collect();
        Text { run, style, out, err, states, done: 0, printed: false, progress: 0 }
    }

    /// The line that a target's begin with.
    fn header(&self, traced: &Traced) -> String {
        let run = &self.run;
        // Whatever the link is called, the peer calls itself this.
        let program = if self.style.shape == Shape::Traceroute { "traceroute" } else { &self.style.program };
        let host = &traced.host;
        let mut line = format!(
            "{program} to {} ({}), {} hops max, {} byte packets",
            clean(&host.operand),
            host.address(),
            run.last,
            traced.length
        );
        if self.style.shape == Shape::Own {
            let _ = write!(line, ", {}", self.how(traced));
        }
        line
    }

    /// The method, and what it had to do without.
    fn how(&self, traced: &Traced) -> String {
        let run = &self.run;
        let mut how = match run.method {
            Method::Icmp => "ICMP echo".to_owned(),
            Method::Udp => "UDP".to_owned(),
            Method::Tcp => "TCP SYN".to_owned(),
        };
        if let Some((_, port)) = traced.ports {
            let _ = write!(how, " to port {}", port.0);
        }
        match run.numbering {
            "paris" => {}
            other => {
                let _ = write!(how, ", {other}");
            }
        }
        if run.flow != 0 {
            let _ = write!(how, ", flow {}", run.flow);
        }
        if let Some(fallback) = &run.fallback {
            let _ = write!(how, " ({fallback})");
        }
        how
    }

    /// Lines of a target: printed at once if it is the only one, kept until its end if not.
    fn print(&mut self, target: TargetId, line: &str) -> io::Result<()> {
        if self.run.several {
            if let Some(state) = self.states.get_mut(target.0 as usize) {
                state.lines.push_str(line);
                state.lines.push('\n');
            }
            return Ok(());
        }
        self.erase_progress()?;
        writeln!(self.out, "{line}")
    }

    /// All lines of a target that is done.
    fn release(&mut self, target: TargetId) -> io::Result<()> {
        self.done += 1;
        let Some(state) = self.states.get_mut(target.0 as usize) else { return Ok(()) };
        let lines = std::mem::take(&mut state.lines);
        if lines.is_empty() {
            return Ok(());
        }
        self.erase_progress()?;
        let apart = if std::mem::replace(&mut self.printed, true) { "\n" } else { "" };
        write!(self.out, "{apart}{lines}")
    }

    fn hop(&mut self, hop: &Hop, names: &dyn Names) -> io::Result<()> {
        let index = hop.target.0 as usize;
        let Some(traced) = self.run.traced.get(index).cloned() else { return Ok(()) };
        if let Some(state) = self.states.get_mut(index) {
            state.hops = hop.distance;
            state.reached = state.reached.take().or_else(|| {
                hop.answers().find(|answer| matches!(answer.what, crate::trace::What::Reached(_))).cloned()
            });
            state.back = hop.answers().find_map(|answer| answer.return_length).or(state.back);
        }
        let line = match self.style.shape {
            Shape::Tracepath => tracepath::hop(&self.style, hop, names),
            Shape::Own | Shape::Traceroute => {
                let width = self.states.get(index).map_or(0, |state| state.width);
                let line = hop::Line::of(&self.style, &traced, self.run.tos, hop, names, width);
                if let Some(state) = self.states.get_mut(index) {
                    state.width = line.width;
                }
                line.text
            }
        };
        self.print(hop.target, &line)
    }

    /// How far things are, for whoever watches.
    fn show_progress(&mut self) -> io::Result<()> {
        if !self.style.progress || self.done == self.run.traced.len() {
            return self.erase_progress();
        }
        let answered: u64 = self.states.iter().map(|state| state.answered).sum();
        let text = if self.run.several {
            format!("{} of {} paths, {answered} answers", self.done, self.run.traced.len())
        } else {
            let hops = self.states.first().map_or(0, |state| state.hops);
            format!("{:2}  ... {answered} answers", hops + 1)
        };
        self.erase_progress()?;
        write!(self.err, "{text}\r")?;
        self.progress = text.len();
        self.err.flush()
    }

    fn erase_progress(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.progress) > 0 {
            // To the end of the line (ECMA-48 EL).
            write!(self.err, "\x1b[K")?;
            self.err.flush()?;
        }
        Ok(())
    }
}

impl Report for Text<'_> {
    fn start(&mut self) -> io::Result<()> {
        let run = Arc::clone(&self.run);
        for (index, traced) in run.traced.iter().enumerate() {
            let header = match self.style.shape {
                Shape::Tracepath => tracepath::header(traced),
                Shape::Own | Shape::Traceroute => self.header(traced),
            };
            self.print(TargetId(u32::try_from(index).unwrap_or(u32::MAX)), &header)?;
        }
        Ok(())
    }

    fn failed(&mut self, _: &Failed) -> io::Result<()> {
        Ok(())
    }

    fn note(&mut self, note: &Note, names: &dyn Names) -> io::Result<()> {
        match note {
            Note::Try { target, what, .. } => {
                if let Some(state) = self.states.get_mut(target.0 as usize) {
                    state.answered += u64::from(what.answer().is_some());
                }
                Ok(())
            }
            Note::Hop(hop) => self.hop(hop, names),
            Note::Revised { target, distance, answer, .. } if self.style.shape == Shape::Own => {
                let line = hop::revised(&self.style, *distance, answer, names);
                self.print(*target, &line)
            }
            Note::Mtu(step) if self.style.shape == Shape::Own && self.style.progress => {
                self.erase_progress()?;
                let text = format!("MTU: {} bytes: {}", step.size, ending::step(&step.step));
                write!(self.err, "{text}\r")?;
                self.progress = text.len();
                self.err.flush()
            }
            Note::Dropped { more, .. } if self.style.shape == Shape::Own => {
                self.erase_progress()?;
                writeln!(self.err, "{}: our own socket had no room for {more} packets", self.style.program)
            }
            Note::Stepped { .. } | Note::Revised { .. } | Note::Mtu(_) | Note::Dropped { .. } => Ok(()),
            Note::End(path) => {
                let Some(traced) = self.run.traced(path.target).cloned() else { return Ok(()) };
                let state = self.states.get(path.target.0 as usize);
                let lines = match self.style.shape {
                    Shape::Own => {
                        ending::lines(&traced, &self.run, path, state.and_then(|s| s.reached.as_ref()), names)
                    }
                    Shape::Tracepath => vec![tracepath::resume(&traced, path, state.and_then(|state| state.back))],
                    Shape::Traceroute => Vec::new(),
                };
                for line in lines {
                    self.print(path.target, &line)?;
                }
                self.release(path.target)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        // Lines first: progress stands below them.
        self.out.flush()?;
        self.show_progress()
    }
}

/// Whether an address is of IPv6: its column is wider.
fn least_width(family: Family) -> usize {
    match family {
        Family::V4 => 15,
        Family::V6 => 24,
    }
}
