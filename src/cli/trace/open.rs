//! What needs privilege, done first; then privilege is given up for good.
//!
//! Sockets of the families that may be needed, by the method's own way; the file of origins, opened as the caller; then
//! ids and capabilities of the only thread there is. Names are resolved after that.

use super::plan::{Origins, Plan};
use crate::cli::Refusal;
use crate::cli::route::scope_sources;
use crate::cli::sandbox::{RTRACE, Sandbox};
use crate::names::origin::{Database, Zone};
use crate::net::hops;
use crate::net::icmp::{self, SocketKind};
use crate::units::Family;

/// What is open when privilege is gone.
pub(super) struct Opened {
    pub(super) sockets: Sockets,
    pub(super) origins: Option<Source>,
}

/// The method's sockets, before its targets are known.
pub(super) enum Sockets {
    /// ICMP.
    Icmp(Box<icmp::Sockets>),
    /// UDP or TCP, and what its network needs to know again.
    Hops(Box<(hops::Sockets, hops::Options)>),
}

/// Where origins are looked up.
pub(super) enum Source {
    File(Database),
    Zone(Zone),
}

impl Sockets {
    /// The kind of socket that a family has, if it has one.
    pub(super) fn kind(&self, family: Family) -> Option<SocketKind> {
        match self {
            Sockets::Icmp(sockets) => sockets.kind(family),
            // Which of both there are shows when the targets are known.
            Sockets::Hops(hops) => Some(hops.0.kind()),
        }
    }
}

/// Opens all that the plan needs.
///
/// # Errors
/// One line on what cannot be had.
pub(super) fn open(plan: &mut Plan, name: &str) -> Result<Opened, Refusal> {
    scope_sources(&mut plan.sockets);
    let refused = |error: icmp::OpenError| Refusal::new(error.to_string());
    let sockets = match plan.hops {
        None => Sockets::Icmp(Box::new(icmp::Sockets::open(&plan.sockets).map_err(refused)?)),
        Some((method, flow)) => {
            let options = hops::Options { method, flows: vec![flow], sockets: plan.sockets.clone() };
            Sockets::Hops(Box::new((hops::Sockets::open(&options).map_err(refused)?, options)))
        }
    };
    RTRACE.close(Sandbox { name, off: plan.no_sandbox, verbose: plan.output.verbose }, None)?;
    let origins = match &plan.origins {
        Origins::None => None,
        Origins::File(path) => {
            let database = Database::open(path).map_err(|error| Refusal::of("--asn-db", path, error))?;
            Some(Source::File(database))
        }
        Origins::Zone(zone) => {
            Some(Source::Zone(Zone::new(zone).map_err(|error| Refusal::of("--asn-dns", zone, error))?))
        }
    };
    Ok(Opened { sockets, origins })
}
