//! Lines of runs, letter for letter.

use super::*;
use crate::clock::{ClockSource, Now};
use crate::link::ask::Announce;
use crate::link::neighbour::Kind;
use crate::probe::counters::Counters;
use crate::probe::times::Rtt;
use crate::stats::{LossRuns, RttStats};

fn run(task: Task) -> Asked {
    Asked {
        operand: "10.1.0.2".into(),
        peer: "10.1.0.2".parse::<std::net::IpAddr>().unwrap().into(),
        source: (task == Task::Ask).then(|| "10.1.0.1".parse().unwrap()),
        mac: MacAddr([2, 0, 0, 0, 0, 1]),
        task,
        count: Some(3),
        interval: None,
        timeout: Duration::from_secs(1),
        at: WallTime::default(),
    }
}

fn claim(last: u8, how: How) -> Claim {
    let mac = MacAddr([2, 0, 0, 0, 0, last]);
    Claim { addr: run(Task::Ask).peer.addr, mac, sender: mac, how }
}

fn answer(number: u64, kind: Kind, last: u8) -> Answer {
    let rtt = Rtt { time: Duration::from_micros(990), clock: ClockSource::Kernel };
    Answer {
        number,
        claim: claim(last, How::Answer { solicited: true }),
        kind,
        at: WallTime::default(),
        rtt: (number > 0).then_some(rtt),
        to_us: true,
        conflict: false,
    }
}

fn summary(counters: Counters, verdict: Option<Verdict>) -> Summary {
    let mut rtt = RttStats::new(false);
    (0..counters.replied).for_each(|_| rtt.record(Duration::from_micros(990)));
    Summary {
        counters,
        to_all: 1,
        rtt,
        loss_runs: LossRuns::default(),
        clocks: [0; 4],
        stations: Vec::new(),
        verdict,
        dropped: 0,
        skipped: 0,
        took: Duration::from_secs(2),
        sending: Duration::from_secs(2),
        at: Now::default(),
    }
}

fn text(tell: impl FnOnce(&mut FrameReport<'_>) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    tell(&mut FrameReport::new("eth0", false, Box::new(&mut out))).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_run_reads_like_pings() {
    let counters = Counters { attempted: 3, sent: 3, replied: 2, lost: 1, duplicates: 1, ..Counters::default() };
    let r = run(Task::Ask);
    let told = text(|report| {
        report.asking(&r)?;
        report.answer(&r, &answer(1, Kind::Good, 2))?;
        report.answer(&r, &answer(1, Kind::Another, 3))?;
        let by_another = Claim { sender: MacAddr([2, 0, 0, 0, 0, 9]), ..claim(2, How::Use) };
        report.answer(&r, &Answer { claim: by_another, ..answer(0, Kind::Unasked, 2) })?;
        report.conflict(&r, &[MacAddr([2, 0, 0, 0, 0, 2]), MacAddr([2, 0, 0, 0, 0, 3])], WallTime::default())?;
        report.no_answer(&r, 2, WallTime::default())?;
        report.unsent(&r, 3, Errno(100), WallTime::default())?;
        report.asked(&r, &summary(counters, None))
    });
    assert_eq!(
        told,
        "ARP 10.1.0.2 from 10.1.0.1 02:00:00:00:00:01 on eth0\n\
         10.1.0.2 is at 02:00:00:00:00:02 seq=1 time=0.990 ms\n\
         10.1.0.2 is at 02:00:00:00:00:03 seq=1 time=0.990 ms (another station)\n\
         10.1.0.2 is at 02:00:00:00:00:02 (unasked) (said by 02:00:00:00:00:09)\n\
         CONFLICT: 2 stations have 10.1.0.2: 02:00:00:00:00:02, 02:00:00:00:00:03\n\
         10.1.0.2 does not answer seq=2\n\
         10.1.0.2 seq=3 not sent: Network is down\n\
         \n--- 10.1.0.2 arp statistics ---\n\
         3 questions sent (1 to all), 2 answered, +1 duplicates, 33.3333% unanswered, time 2000ms\n\
         rtt min/avg/max/mdev = 0.990/0.990/0.990/0.000 ms\n"
    );
}

#[test]
fn verdicts_and_announcements_are_one_line() {
    let sent = |n| Counters { attempted: n, sent: n, lost: n, ..Counters::default() };
    let dad = run(Task::Duplicate);
    let told = text(|report| {
        report.asking(&dad)?;
        report.taken(&dad, &claim(2, How::Wish { nonce: None }), WallTime::default())?;
        let stations = Vec::new();
        report.asked(&dad, &Summary { stations, ..summary(sent(3), Some(Verdict::Free)) })?;
        report.asked(&dad, &summary(sent(1), Some(Verdict::Undecided)))
    });
    assert_eq!(
        told,
        "ARP 10.1.0.2 from nobody 02:00:00:00:00:01 on eth0\n\
         CONFLICT: 02:00:00:00:00:02 wants it as well: 10.1.0.2\n\
         10.1.0.2 is free: 3 probes and no objection\n\
         10.1.0.2 is undecided: 1 probe sent, and not enough to tell\n"
    );
    let announcing = run(Task::Announce(Announce::Reply));
    let told = text(|report| {
        report.asking(&announcing)?;
        report.announced(&announcing, 1, WallTime::default())?;
        let counters = Counters { attempted: 2, not_sent: 1, sent: 1, in_flight: 1, ..Counters::default() };
        report.asked(&announcing, &summary(counters, None))
    });
    assert_eq!(
        told,
        "ARP 10.1.0.2 is announced at 02:00:00:00:00:01 on eth0\n\
         announced 10.1.0.2 at 02:00:00:00:00:01 seq=1\n\
         1 announcement sent, 1 not sent\n"
    );
}
