//! Every event of a sweep without state, from one note of each kind.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rprobe::clock::{ClockSource, WallTime};
use rprobe::net::Peer;
use rprobe::report::sweep::{Failed, Json, Labels, Run, ScanReport};
use rprobe::sweep::Config;
use rprobe::sweep::stateless::{Cut, Note, Refusal, Reply, Tally, Trouble};
use rprobe::sys::errno::Errno;
use rprobe::units::{Family, Seq, Ttl};
use rprobe::wire::icmp::IcmpError;

/// All that can be told.
pub(crate) fn everything() -> Vec<String> {
    let at = WallTime::from_ns(1_700_000_000_000_000_000);
    let peer: Peer = IpAddr::from([192, 0, 2, 7]).into();
    let far = Peer { addr: "fe80::7".parse().unwrap(), scope: 3 };
    let run =
        Run { engine: "stateless", socket: "packet", ..super::sweeps::describe(&Config::new(vec![peer], [1; 16])) };
    let (rtt, clock, seq) = (Some(Duration::from_micros(70)), ClockSource::KernelRx, Seq(9));
    let reply = Reply { peer, number: 0, rtt, clock, ttl: Some(Ttl(64)), bytes: 64, seq, at };
    let unstamped = Reply { peer: far, rtt: None, ttl: None, ..reply };
    let error = IcmpError { family: Family::V4, ty: 3, code: 1, info: 0 };
    let refusal = Refusal { peer, number: 0, offender: peer.addr, error, weak: false, ttl: None, seq, at };
    let cut = |why| Note::Slowed(Cut { from: 300_000.4, to: 150_000.2, why });
    let notes = [
        Note::Alive(reply),
        Note::Alive(unstamped),
        Note::Duplicate(reply),
        Note::Error(refusal),
        Note::Error(Refusal { weak: true, ..refusal }),
        Note::NotSent(peer, Errno(101)),
        cut(Trouble::Dropped),
        cut(Trouble::Queue),
        cut(Trouble::Buffers),
        cut(Trouble::Neighbours),
    ];
    let labels = Labels::new(Default::default(), vec![(3, "eth0".into())]);
    let mut out = Vec::new();
    {
        let mut report = Json::new(Arc::new(run), Box::new(&mut out));
        report.begin(&["IPv4 by frames by eth0 to 192.0.2.1, 2 threads".to_owned()]).unwrap();
        let (operand, reason) = ("nobody".into(), "Name or service not known".into());
        report.not_probed(&Failed { operand, reason, temporary: true, at }).unwrap();
        notes.iter().for_each(|note| report.heard(note, at, &labels).unwrap());
        report.silent(&labels.who(peer, Some(0)), at).unwrap();
        let tally = Tally { sent: 3, alive: 1, errors: 1, ..Tally::default() };
        let times = (Duration::from_millis(5), Duration::from_millis(9));
        let totals = tally.totals(3, times, Default::default());
        report.end(&totals, &|_| None, (Duration::from_micros(200), Duration::from_micros(900))).unwrap();
    }
    String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
}
