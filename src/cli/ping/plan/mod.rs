//! What a command line means: options turned into checked, plain values, without asking the kernel anything.
//!
//! [`Plan::of`] is a pure function of the words and of who says them, so each rule and each refusal is tested without
//! privilege. What only the kernel knows (is there such an interface, is this address ours) is asked by `run`.

mod operand;
mod output;
pub(in crate::cli) mod schedule;
mod sockets;

#[cfg(test)]
mod tests;

use crate::cli::operand::Operand;
use crate::cli::values;
use crate::cli::{Invocation, Refusal};
use crate::net::Exchange;
use crate::net::icmp::{Options, Stages};
use crate::ping::{Config, Pace, Pattern, Stamping};
use crate::sys::options::PmtuMode;
use crate::units::{Family, Ttl};

use super::args::Args;

pub use output::{Format, NamesWanted, Output};

/// Bytes of payload that an IPv4 packet holds behind its smallest header and ICMP's.
const MAX_SIZE_V4: u64 = 65_535 - 20 - 8;
/// Bytes of payload that an IPv6 packet holds behind ICMPv6's header (its length does not count its own header).
const MAX_SIZE_V6: u64 = 65_535 - 8;
/// Probes that replies let out at once: what buffers are made for in a flood.
pub(in crate::cli) const REPLY_DRIVEN_WINDOW: u32 = 1024;
/// Probes to all hosts together that buffers are made for.
const MOST_AT_ONCE: u32 = 65_536;
/// What an ICMP timestamp carries behind its header: three times (RFC 792).
const TIMESTAMP_BODY: usize = 12;
/// Room that IPv4 options take.
const IP_OPTIONS: u64 = 40;

/// Who calls, as far as it matters to what is allowed and meant.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The name it called us by.
    pub invocation: Invocation,
    /// Whether the limits for ordinary users do not apply: real user id 0.
    pub is_root: bool,
    /// Whether the environment switches name look-ups off (`IPUTILS_PING_PTR_LOOKUP=0`).
    pub no_names: bool,
    /// Whether the environment asks for no colour (`NO_COLOR`, not empty).
    pub no_color: bool,
}

/// What is to be done for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Measure round-trip times.
    Ping,
    /// Find the largest packet that passes unfragmented.
    MtuSearch,
}

/// A command line, understood and checked.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What to do.
    pub task: Task,
    /// Whom to probe, as typed.
    pub operands: Vec<Operand>,
    /// The family that names are looked up in (`None`: as the system orders them).
    pub family: Option<Family>,
    /// The session, all but its targets and its token key.
    pub session: Config,
    /// What the sockets must be.
    pub sockets: Options,
    /// What is told, and how.
    pub output: Output,
    /// Whether the limits for ordinary users apply.
    pub limited: bool,
    /// Whether the kernel is not asked to refuse what is not needed.
    pub no_sandbox: bool,
}

impl Plan {
    /// Reads a command line.
    ///
    /// # Errors
    /// One line on the first option that cannot be meant.
    pub fn of(args: &Args, caller: &Caller) -> Result<Plan, Refusal> {
        if let Some(query) = &args.family.node_info {
            return Err(Refusal::of(
                "-N",
                query,
                "node information queries are not supported (few hosts answer RFC 4620); use iputils' ping -N",
            ));
        }
        let mut family = FamilyWish::new(args, caller)?;
        let (mut sockets, ip_option) = sockets::read(args, &mut family)?;
        let mut operands = operand::read(&args.hosts, &family)?;
        operand::prespecify(&mut operands, ip_option, &mut sockets)?;
        let output = output::read(&args.output, args.schedule.flood, caller)?;
        let mut session = schedule::read(args, caller)?;

        if args.family.icmp_timestamp {
            session.exchange = Exchange::Timestamp;
            session.size = TIMESTAMP_BODY;
        }
        if let Some(text) = &args.packet.pattern {
            session.pattern = Pattern::Bytes(values::pattern("-p", text)?);
        }
        session.percentiles = output.percentiles || output.format != Format::Text;
        session.note_sent = output.dots;
        session.note_replies = !output.quiet;
        session.note_unanswered = args.output.outstanding;
        session.capture = output.pcapng.is_some();

        let plan = Plan {
            task: if args.packet.mtu_search { Task::MtuSearch } else { Task::Ping },
            family: family.family,
            operands,
            session,
            sockets,
            output,
            limited: !caller.is_root,
            no_sandbox: args.sandbox.no_sandbox,
        };
        Ok(plan.with_size(args)?.fits_together(args)?.with_socket_needs())
    }

    /// The most payload that a packet of this family holds with the options that are set.
    #[must_use]
    pub fn max_size(&self, family: Family) -> usize {
        let options = if self.sockets.ip_options.is_empty() { 0 } else { IP_OPTIONS };
        let max = match family {
            Family::V4 => MAX_SIZE_V4 - options,
            Family::V6 => MAX_SIZE_V6,
        };
        usize::try_from(max).unwrap_or(usize::MAX)
    }

    /// What only the address tells: the size it takes, TTL 0, and the limits for groups. To be asked for each address
    /// that a name turned out to have; those of literal operands have been checked.
    ///
    /// # Errors
    /// One line on the option that does not go with this address.
    pub fn check_address(&self, family: Family, group: bool) -> Result<(), Refusal> {
        let max = self.max_size(family);
        if self.session.size > max {
            let problem = format!("out of range: 0 <= value <= {max} with {family}");
            return Err(Refusal::of("-s", self.session.size.to_string(), problem));
        }
        if family == Family::V4 && self.sockets.ttl == Some(Ttl(0)) && self.sockets.header.is_none() {
            return Err(Refusal::of("-t", "0", "out of range: 1 <= value <= 255 with IPv4; 0 takes --hdrincl"));
        }
        if group { schedule::check_group(self) } else { Ok(()) }
    }

    fn with_size(mut self, args: &Args) -> Result<Plan, Refusal> {
        if let Some(text) = &args.packet.size {
            let most =
                [Family::V4, Family::V6].map(|family| if self.may_probe(family) { self.max_size(family) } else { 0 });
            let most = most.into_iter().max().unwrap_or_default() as u64;
            self.session.size = usize::try_from(values::whole("-s", text, 0, most)?).unwrap_or(usize::MAX);
        }
        Ok(self)
    }

    /// What the session's way of probing asks of the sockets.
    fn with_socket_needs(mut self) -> Plan {
        if self.task == Task::MtuSearch {
            // The bit is set, and what the kernel remembers of the path is not believed.
            self.sockets.pmtu = Some(PmtuMode::Probe);
        }
        let is_paced = self.session.pace == Pace::Interval;
        self.sockets.size = match self.task {
            Task::Ping => self.session.size,
            Task::MtuSearch => self.max_size(Family::V6),
        };
        let window = if is_paced { self.session.preload } else { self.session.preload.max(REPLY_DRIVEN_WINDOW) };
        let hosts = u32::try_from(self.operands.len()).unwrap_or(u32::MAX);
        self.sockets.window = window.saturating_mul(hosts).min(MOST_AT_ONCE);
        self.sockets.stages = match self.session.stamping {
            Stamping::None => Stages::None,
            _ if is_paced => Stages::Both,
            _ => Stages::Driver,
        };
        let mut needed = [Family::V4, Family::V6].into_iter().filter(|family| self.may_probe(*family));
        let first = needed.next();
        self.sockets.family = if needed.next().is_none() { first } else { None };
        self.sockets.copies = self.session.capture;
        self.sockets.tell_queue_drops = is_paced;
        self.sockets.spare_idents = !is_paced;
        self
    }

    fn may_probe(&self, family: Family) -> bool {
        match self.family {
            Some(only) => only == family,
            None => self.operands.iter().any(|operand| operand.family().is_none_or(|own| own == family)),
        }
    }

    /// Options that exclude each other.
    fn fits_together(self, args: &Args) -> Result<Plan, Refusal> {
        let (packet, family, schedule) = (&args.packet, &args.family, &args.schedule);
        let excluded = [
            (family.icmp_timestamp && packet.size.is_some(), "--icmp-timestamp", "-s", "its length is fixed"),
            (family.icmp_timestamp && packet.pattern.is_some(), "--icmp-timestamp", "-p", "it has no payload"),
            (packet.mtu_search && packet.size.is_some(), "--mtu-search", "-s", "it chooses the sizes"),
            (packet.mtu_search && packet.pmtudisc.is_some(), "--mtu-search", "-M", "it never fragments"),
            (packet.mtu_search && schedule.count.is_some(), "--mtu-search", "-c", "it ends when the size is found"),
            (packet.mtu_search && self.operands.len() > 1, "--mtu-search", "several hosts", "it searches one path"),
            (packet.mtu_search && schedule.flood, "--mtu-search", "-f", "it asks one size at a time"),
            (packet.mtu_search && schedule.adaptive, "--mtu-search", "-A", "it asks one size at a time"),
            (
                packet.mtu_search && family.icmp_timestamp,
                "--mtu-search",
                "--icmp-timestamp",
                "a timestamp has one size",
            ),
            (packet.mtu_search && self.output.format == Format::Csv, "--mtu-search", "--csv", "it has --json"),
            (schedule.until_up.is_some() && schedule.until_down.is_some(), "--until-up", "--until-down", "choose one"),
            (self.sockets.connect && self.operands.len() > 1, "-C", "several hosts", "a socket connects to one"),
        ];
        for (both, one, other, why) in excluded {
            if both {
                return Err(Refusal::new(format!("{one} does not go with {other}: {why}")));
            }
        }
        let literals: Vec<_> = self.operands.iter().filter_map(Operand::address).collect();
        for address in literals {
            self.check_address(Family::of(address), address.is_multicast() || self.sockets.broadcast)?;
        }
        Ok(self)
    }
}

/// The family that the options ask for, and which option that was.
#[derive(Clone, Debug)]
struct FamilyWish {
    family: Option<Family>,
    why: String,
}

impl FamilyWish {
    fn new(args: &Args, caller: &Caller) -> Result<Self, Refusal> {
        if args.sockets.ipv4 && args.sockets.ipv6 {
            return Err(Refusal::new("-4 and -6: only one -4 or -6 option may be specified"));
        }
        let mut wish = FamilyWish { family: None, why: String::new() };
        if let Some(family) = caller.invocation.family {
            wish.wants(family, &caller.invocation.name)?;
        }
        let wishes = [
            (args.sockets.ipv4, Family::V4, "-4"),
            (args.sockets.ipv6, Family::V6, "-6"),
            (args.family.record_route, Family::V4, "-R"),
            (args.family.ip_timestamp.is_some(), Family::V4, "-T"),
            (args.family.icmp_timestamp, Family::V4, "--icmp-timestamp"),
            (args.family.hdrincl, Family::V4, "--hdrincl"),
            (args.family.flowlabel.is_some(), Family::V6, "-F"),
        ];
        for (wanted, family, why) in wishes {
            if wanted {
                wish.wants(family, why)?;
            }
        }
        Ok(wish)
    }

    /// One more option that has a family.
    fn wants(&mut self, family: Family, why: &str) -> Result<(), Refusal> {
        match self.family {
            Some(other) if other != family => {
                let other_why = &self.why;
                Err(Refusal::new(format!("{why} is {family} and {other_why} is {other}: choose one family")))
            }
            Some(_) => Ok(()),
            None => {
                *self = FamilyWish { family: Some(family), why: why.to_owned() };
                Ok(())
            }
        }
    }
}
