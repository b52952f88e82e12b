//! A RIPE Atlas traceroute result for each target, as that project's tools read it.
//!
//! Measurement and probe numbers are theirs to give, so they are 0 here; times are milliseconds, and seconds since 1970,
//! as they have them. The firmware field names the version of the format that is written.

use std::io::{self, Write};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Report, Run};
use crate::clock::as_ns;
use crate::net::Reply;
use crate::report::Names;
use crate::report::lines::to_writer;
use crate::trace::{Answer, Hop, Note, Path, Reach, Try, What};
use crate::units::Family;
use crate::wire::extension::meaning::{Extensions, Meaning};
use crate::wire::icmp::{ErrorKind, IcmpError};

/// The firmware whose format this is.
const FIRMWARE: u32 = 5080;

/// The report.
pub struct Atlas<'w> {
    run: Arc<Run>,
    out: Box<dyn Write + 'w>,
    hops: Vec<Vec<Value>>,
}

impl<'w> Atlas<'w> {
    /// A report of this run to `out`.
    #[must_use]
    pub fn new(run: Arc<Run>, out: Box<dyn Write + 'w>) -> Self {
        let hops = run.traced.iter().map(|_| Vec::new()).collect();
        Atlas { run, out, hops }
    }

    fn end(&mut self, path: &Path) -> io::Result<()> {
        let run = Arc::clone(&self.run);
        let Some(traced) = run.traced(path.target) else { return Ok(()) };
        let host = &traced.host;
        let hops = self.hops.get_mut(path.target.0 as usize).map(std::mem::take).unwrap_or_default();
        let mut result = json!({
            "fw": FIRMWARE,
            "mver": env!("CARGO_PKG_VERSION"),
            "lts": -1,
            "timestamp": run.at.as_ns().div_euclid(1_000_000_000),
            "endtime": path.at.wall.as_ns().div_euclid(1_000_000_000),
            "msm_id": 0,
            "msm_name": "Traceroute",
            "prb_id": 0,
            "type": "traceroute",
            "dst_name": host.operand,
            "dst_addr": host.peer.addr.to_string(),
            "proto": run.method_name().to_uppercase(),
            "af": if host.family() == Family::V4 { 4 } else { 6 },
            "size": traced.length,
            "paris_id": run.flow,
            "result": hops,
        });
        if let (Some(source), Value::Object(fields)) = (host.source, &mut result) {
            fields.insert("src_addr".into(), json!(source.to_string()));
            fields.insert("from".into(), json!(source.to_string()));
        }
        to_writer(&mut self.out, &result)?;
        writeln!(self.out)?;
        self.out.flush()
    }
}

impl Report for Atlas<'_> {
    fn start(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn note(&mut self, note: &Note, _: &dyn Names) -> io::Result<()> {
        match note {
            Note::Hop(hop) => {
                if let Some(hops) = self.hops.get_mut(hop.target.0 as usize) {
                    hops.push(one_hop(hop));
                }
                Ok(())
            }
            Note::Revised { target, distance, answer, .. } => {
                let told =
                    self.hops.get_mut(target.0 as usize).and_then(|hops| hops.get_mut(usize::from(*distance) - 1));
                if let Some(Value::Array(results)) = told.and_then(|hop| hop.get_mut("result")) {
                    results.push(answered(answer));
                }
                Ok(())
            }
            Note::End(path) => self.end(path),
            Note::Try { .. } | Note::Mtu(_) | Note::Dropped { .. } | Note::Stepped { .. } => Ok(()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn one_hop(hop: &Hop) -> Value {
    let results: Vec<Value> = hop
        .tries
        .iter()
        .map(|one| match one {
            Try::Answer(answer) => answered(answer),
            Try::Silent { .. } => json!({"x": "*"}),
            Try::NotSent { errno, .. } => json!({"error": errno.to_string()}),
        })
        .collect();
    json!({"hop": hop.distance, "result": results})
}

fn answered(answer: &Answer) -> Value {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            fields.insert(name.to_owned(), value);
        }
    };
    let evidence = &answer.evidence;
    put("from", json!(answer.from.addr.to_string()));
    put("ttl", json!(answer.reply_ttl.map(|ttl| ttl.0)));
    put("size", json!(evidence.quoted_len));
    put("rtt", json!((as_ns(answer.rtt.time) as f64 / 1e3).round() / 1e3));
    put("ittl", json!(evidence.quoted_ttl.map(|ttl| ttl.0).filter(|ttl| *ttl != 1)));
    put("itos", json!(evidence.quoted_tos.filter(|tos| *tos != 0)));
    put("tos", json!(answer.tos.filter(|tos| *tos != 0)));
    put("mtu", json!(evidence.mtu));
    put("late", json!(answer.late.then_some(1)));
    put("err", answer.what.error().map_or(Value::Null, |error| err(&error)));
    put("flags", flags(&answer.what));
    put("icmpext", answer.extensions.as_ref().map_or(Value::Null, |extensions| icmpext(extensions)));
    Value::Object(fields)
}

/// Their letters for errors, or the code.
fn err(error: &IcmpError) -> Value {
    match error.kind() {
        ErrorKind::TimeExceededTransit | ErrorKind::PortUnreachable => Value::Null,
        ErrorKind::NetUnreachable => json!("N"),
        ErrorKind::HostUnreachable => json!("H"),
        ErrorKind::ProtocolUnreachable => json!("P"),
        ErrorKind::AdminProhibited | ErrorKind::NetProhibited | ErrorKind::HostProhibited => json!("A"),
        _ => json!(error.code),
    }
}

fn flags(what: &What) -> Value {
    match what {
        What::Reached(Reach::Reply(Reply::SynAck)) => json!("SA"),
        What::Reached(Reach::Reply(Reply::Rst)) => json!("RA"),
        What::Reached(Reach::Reply(Reply::Segment)) => json!("A"),
        _ => Value::Null,
    }
}

fn icmpext(extensions: &Extensions) -> Value {
    let objects: Vec<Value> = extensions
        .objects
        .iter()
        .filter_map(|object| match object {
            Meaning::Mpls(labels) => Some(json!({
                "class": 1,
                "type": 1,
                "mpls": labels
                    .iter()
                    .map(|l| json!({"label": l.label, "exp": l.tc, "s": u8::from(l.bottom), "ttl": l.ttl}))
                    .collect::<Vec<_>>(),
            })),
            Meaning::Interface(_) => Some(json!({"class": 2})),
            Meaning::Unknown { class, c_type, .. } => Some(json!({"class": class, "type": c_type})),
            Meaning::Malformed { .. } => None,
        })
        .collect();
    json!({"version": 2, "rfc4884": 1, "obj": objects})
}
