//! Sweeps on simulated networks where everything happens that can: what reports are held against.
#![allow(dead_code)] // each test program takes what it needs

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rprobe::clock::WallTime;
use rprobe::net::sim::{Act, Damage, Happening, Path, Quote, Rule, Sim};
use rprobe::net::{Exchange, NotSent, Peer};
use rprobe::probe::Drive;
use rprobe::report::NoNames;
use rprobe::report::sweep::{Failed, Label, Report, Roster, Run};
use rprobe::sweep::{Config, Mode, Spacing, Sweep};
use rprobe::sys::errno::Errno;
use rprobe::units::{Family, Ident};
use rprobe::wire::icmp::IcmpError;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// What a run knows of itself.
pub(crate) fn describe(config: &Config) -> Run {
    let label = Label { target: "host.example".into(), shown: "host.example".into() };
    Run {
        roster: Roster::new(Arc::clone(&config.hosts), HashMap::from([(0, label)]), Vec::new()),
        targets: 2,
        engine: "exact",
        at: WallTime::from_ns(1_700_000_000_000_000_000),
        mode: config.mode,
        spacing: config.spacing,
        period: config.period,
        timeout: config.timeout,
        exchange: config.exchange,
        size: config.size,
        idents: vec![(Family::V4, Ident(7))],
        socket: "raw",
        seed: Some(3),
        shard: Some((0, 2)),
        report_every: Some(Duration::from_secs(1)),
        cumulative: false,
        unknown: 1,
    }
}

/// A target without an address.
pub(crate) fn nobody() -> Failed {
    let (operand, reason) = ("nobody".into(), "Name or service not known".into());
    Failed { operand, reason, temporary: false, at: WallTime::from_ns(1_700_000_000_000_000_000) }
}

fn hosts() -> Vec<Peer> {
    ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|a| Peer::from(ip(a))).into()
}

/// Who of three is alive.
pub(crate) fn alive() -> Config {
    Config::new(hosts(), [1; 16])
}

/// Eight probes to each.
pub(crate) fn count() -> Config {
    Config {
        mode: Mode::Count(8),
        period: ms(100),
        timeout: ms(100),
        spacing: Spacing::Auto,
        intervals: true,
        percentiles: true,
        check_source: true,
        ..alive()
    }
}

/// ICMP timestamps.
pub(crate) fn times() -> Config {
    Config { exchange: Exchange::Timestamp, ..count() }
}

/// Two answer after 20 ms, the third never.
pub(crate) fn good() -> Sim {
    Sim::new(1, Path::new(ms(20))).path(ip("192.0.2.3"), Path::silent())
}

/// Every accident there is.
pub(crate) fn bad() -> Sim {
    let error = IcmpError { family: Family::V4, ty: 3, code: 1, info: 0 };
    good()
        .rule(Rule::nth(1, Act::Delay(ms(150))))
        .rule(Rule::nth(2, Act::Duplicate(1, ms(1))))
        .rule(Rule::nth(3, Act::Damage(Damage::Byte(20))))
        .rule(Rule::nth(4, Act::Error(ip("198.51.100.1"), error, Quote::Whole, ms(5))))
        .rule(Rule::nth(4, Act::Lose))
        .rule(Rule::nth(5, Act::Redirect(ip("198.51.100.1"), ip("198.51.100.2"))))
        .rule(Rule::nth(6, Act::Refuse(NotSent { errno: Errno(101), mtu: None })))
        .rule(Rule::nth(7, Act::From(ip("198.51.100.9"))))
        .at(ms(250), Happening::Drop(3))
        .at(ms(350), Happening::Step(1_000_000_000))
        .at(ms(450), Happening::Suspend(ms(5000)))
}

/// Runs a sweep to its end and tells the report all of it, as the command does.
pub(crate) fn tell(report: &mut dyn Report, at: WallTime, config: Config, sim: Sim) {
    report.start().unwrap();
    report.failed(&nobody()).unwrap();
    let mut drive = Drive::new(Sweep::new(config), sim);
    drive.run(&mut |note| report.note(note, &NoNames).unwrap()).unwrap();
    if drive.machine().config().intervals {
        report.interval(drive.machine(), at).unwrap();
    }
    report.finish(drive.machine(), &drive.machine().totals(Default::default())).unwrap();
    report.flush().unwrap();
}
