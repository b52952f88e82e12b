//! temp
use rprobe::net::scan::*;
use rprobe::sweep::stateless::*;
use rprobe::sweep::targets::*;
use std::time::Duration;
fn main() {
    let mut a = std::env::args().skip(1);
    let cidr = a.next().unwrap();
    let threads: usize = a.next().unwrap().parse().unwrap();
    let frames = a.next().unwrap() == "l2";
    let rate = a.next().and_then(|r| r.parse::<f64>().ok());
    let mut blocks = vec![];
    for c in cidr.split(',') {
        let (ip, p) = c.split_once('/').unwrap();
        blocks.push(Block::cidr(ip.parse().unwrap(), p.parse().unwrap(), 0).unwrap());
    }
    let space = Space::new(blocks).unwrap();
    let o = ScanOptions { threads, frames, ..ScanOptions::default() };
    let s = ScanSockets::open(&o).unwrap();
    let ranges: Vec<Range> = space.blocks().map(|b| Range { first: b.first(), last: b.last(), scope: b.scope() }).collect();
    let scan = s.into_scan(&o, &ranges).unwrap();
    println!("{:?}", scan.paths.iter().map(|p| p.1.to_string()).collect::<Vec<_>>());
    let plan = Plan { space, seed: 1, shard: Shard::WHOLE, limit: None, rate, patience: (Duration::from_secs(1), Duration::from_secs(4)), percentiles: true };
    let out = run(&plan, scan, &mut |n| if let Note::Slowed(c) = n { println!("{c:?}") }, &mut |_| Wish::GoOn, &[]).unwrap();
    let t = &out.tally;
    println!("sent {} notsent {:?} alive {} errors {:?} dup {} corrupt {} foreign {} drops {} silent {} in {:?} ({:?}) {:.1} kpps; rtt {:?}/{:?}/{:?} p50 {:?} spread {:?} max {:?}",
        t.sent, t.not_sent, t.alive, t.errors_by_code, t.duplicates, t.corrupt, t.foreign, t.drops, t.silent(), out.sending, out.elapsed, t.sent as f64 / out.sending.as_secs_f64() / 1e3,
        t.rtt.min(), t.rtt.mean(), t.rtt.max(), t.rtt.percentile(50.0), t.spread, t.spread_most);
    println!("{}", std::fs::read_to_string("/proc/self/status").unwrap().lines().filter(|l| l.starts_with("VmHWM")).collect::<String>());
}
