//! Every event of rlink's arp, ndp, scan and dump, in every state that matters.

use std::net::IpAddr;
use std::time::Duration;

use rprobe::clock::{ClockSource, Now, WallTime};
use rprobe::link::ask::{Announce, Asker, Claim, How};
use rprobe::link::listen::{self, Captured};
use rprobe::link::neighbour::{Answer, Kind, Summary, Task, Verdict};
use rprobe::link::routers::Advertised;
use rprobe::link::scan::{Found, Totals};
use rprobe::probe::counters::Counters;
use rprobe::probe::times::Rtt;
use rprobe::report::link::{Asked, FrameReport};
use rprobe::stats::{LossRuns, RttStats};
use rprobe::sys::address::Direction;
use rprobe::sys::errno::Errno;
use rprobe::units::{EtherType, MacAddr, Tag};

const MAC: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
const OTHER: MacAddr = MacAddr([2, 0, 0, 0, 0, 2]);
const AT: WallTime = WallTime::from_ns(1_795_259_269_820_283_000);

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn asked(addr: &str, task: Task) -> Asked {
    let schedule = (task == Task::Ask).then_some(Duration::from_secs(1));
    Asked {
        operand: addr.to_owned(),
        peer: ip(addr).into(),
        source: schedule.map(|_| ip("10.1.0.1")),
        mac: MAC,
        task,
        count: schedule.map(|_| 3),
        interval: schedule,
        timeout: Duration::from_secs(1),
        at: AT,
    }
}

fn neighbours(report: &mut FrameReport<'_>) {
    let rtt = Some(Rtt { time: Duration::from_micros(21), clock: ClockSource::Kernel });
    for (addr, task) in
        [("10.1.0.2", Task::Ask), ("fe80::2", Task::Duplicate), ("10.1.0.2", Task::Announce(Announce::Reply))]
    {
        let run = asked(addr, task);
        report.asking(&run).unwrap();
        for (kind, number) in
            [(Kind::Good, 1), (Kind::Late, 2), (Kind::Another, 1), (Kind::Duplicate, 1), (Kind::Unasked, 0)]
        {
            let claim = Claim { addr: ip(addr), mac: OTHER, sender: MAC, how: How::Answer { solicited: true } };
            let rtt = rtt.filter(|_| number == 1);
            let answer = Answer { number, claim, kind, at: AT, rtt, to_us: number == 1, conflict: true };
            report.answer(&run, &answer).unwrap();
        }
        report.no_answer(&run, 2, AT).unwrap();
        report.unsent(&run, 3, Errno(100), AT).unwrap();
        report.announced(&run, 1, AT).unwrap();
        report.conflict(&run, &[MAC, OTHER], AT).unwrap();
        for how in [How::Use, How::Answer { solicited: false }, How::Wish { nonce: None }] {
            let claim = Claim { addr: ip(addr), mac: OTHER, sender: OTHER, how };
            report.taken(&run, &claim, AT).unwrap();
        }
        for verdict in [None, Some(Verdict::Free), Some(Verdict::Taken), Some(Verdict::Undecided)] {
            let summary = Summary {
                counters: Counters { attempted: 4, not_sent: 1, sent: 3, replied: 2, lost: 1, ..Counters::default() },
                to_all: 1,
                rtt: RttStats::new(false),
                loss_runs: LossRuns::default(),
                clocks: [0, 2, 0, 0],
                stations: Vec::new(),
                verdict,
                dropped: 1,
                skipped: 1,
                took: Duration::from_secs(2),
                sending: Duration::from_secs(1),
                at: Now { wall: AT, ..Now::default() },
            };
            report.asked(&run, &summary).unwrap();
        }
    }
    for (addr, rtt, conflict) in [("10.1.0.2", rtt, false), ("fe80::2", None, true)] {
        report.found(&Found { addr: ip(addr), mac: OTHER, at: AT, rtt, conflict }, 28).unwrap();
    }
    report.scan_unsent(Some(ip("10.1.0.2")), Errno(100), AT).unwrap();
    report.scan_unsent(None, Errno(100), AT).unwrap();
    report.scanned(&["10.1.0.0/24".to_owned()], &Totals { complete: true, ..Totals::default() }, AT).unwrap();
}

fn routers(report: &mut FrameReport<'_>) {
    let bare = [134, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut full = vec![134, 0, 0, 0, 64, 0xec, 7, 8, 0, 0, 0, 1, 0, 0, 0, 1];
    full.extend([1, 1, 2, 0, 0, 0, 0, 9, 5, 1, 0, 0, 0, 0, 5, 0xdc]);
    full.extend([3, 4, 64, 0xe0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0x38, 0x40, 0, 0, 0, 0]);
    full.extend([0x20; 16]);
    full.extend([25, 3, 0, 0, 0xff, 0xff, 0xff, 0xff]);
    full.extend([0x20; 16]);
    full.extend(b"\x1f\x02\0\0\0\0\x02\x58\x03a\x1b[\0\0\0\0");
    full.extend([24, 1, 0, 0x18, 0xff, 0xff, 0xff, 0xff, 99, 1, 0, 0, 0, 0, 0, 0]);
    full.extend([38, 2, 7, 15, 0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]);
    full.extend(b"\x25\x02http://p/\xff\0\0\0\0");
    for (message, after) in [(bare.to_vec(), None), (full, Some(Duration::from_millis(12)))] {
        let from = "fe80::9".parse().unwrap();
        let after = after.map(|time| Rtt { time, clock: ClockSource::KernelRx });
        report.router(&Advertised { from, mac: OTHER, at: AT, after, message }).unwrap();
    }
    report.routers(3, 0, AT).unwrap();
}

fn passing(report: &mut FrameReport<'_>) {
    let asker = Asker { mac: MAC, source: Some(ip("10.1.0.1")) };
    let arp = asker.question(ip("10.1.0.2"), None, None).as_slice().to_vec();
    let ndp = asker.question(ip("fe80::2"), None, None).as_slice().to_vec();
    let mut tcp = Vec::new();
    let builder = etherparse::PacketBuilder::ethernet2([2; 6], [4; 6]).ipv4([10, 1, 0, 1], [10, 1, 0, 2], 64);
    builder.tcp(4242, 80, 1, 1).write(&mut tcp, b"x").unwrap();
    let tag = Some((EtherType::VLAN, Tag { id: 5, priority: 7, drop_eligible: true }));
    for (bytes, direction, stripped) in [
        (arp, Direction::Broadcast, None),
        (ndp, Direction::Outgoing, tag),
        (tcp, Direction::Other, tag),
        (vec![1, 2], Direction::Host, None),
        (Vec::new(), Direction::Unknown(9), None),
    ] {
        report.passed(&Captured { at: AT, direction, len: bytes.len() + 7, stripped, bytes }).unwrap();
    }
    report.dumped(&listen::Totals::default(), Duration::from_secs(1), AT).unwrap();
}

/// All of them.
pub(crate) fn everything() -> Vec<String> {
    let mut out = Vec::new();
    let mut report = FrameReport::new("eth0", true, Box::new(&mut out));
    neighbours(&mut report);
    routers(&mut report);
    passing(&mut report);
    drop(report);
    String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
}
