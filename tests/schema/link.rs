//! Every event of rlink, in every state that matters.

use std::time::Duration;

use rprobe::clock::WallTime;
use rprobe::link::{Answerer, Counts, Heard};
use rprobe::report::link::{
    FrameClock, FrameReport, Interface, LinkState, SendTotals, ServeTotals, Serving, Shown, interfaces_json,
};
use rprobe::sys::address::Direction;
use rprobe::sys::link::{Link, StampAbilities};
use rprobe::units::{EtherType, MacAddr, Tag};

const MAC: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
const AT: WallTime = WallTime::from_ns(1_795_259_269_820_283_000);

/// What `write` writes, line by line.
fn lines(write: impl FnOnce(&mut Vec<u8>)) -> Vec<String> {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
}

fn interfaces() -> Vec<String> {
    let link = |flags| Link { name: "eth0".into(), index: 2, mac: Some(MAC), hardware: 1, mtu: 1500, flags };
    let stamps = Some(StampAbilities { clock: Some(0), hardware_transmit: true, ..StampAbilities::default() });
    let all = [
        Interface { link: link(0x1041), addresses: vec!["fe80::1".parse().unwrap()], stamps },
        Interface { link: Link { mac: None, ..link(1) }, addresses: Vec::new(), stamps: None },
        Interface { link: link(0), addresses: Vec::new(), stamps: Some(StampAbilities::default()) },
    ];
    lines(|out| interfaces_json(&all, AT, Box::new(out)).unwrap())
}

/// Frames, and what stands before and behind them.
fn frames() -> Vec<String> {
    let server = Answerer { mac: MAC, vlan: None, answers: true };
    let echo = b"rPL\x01\x01\x00\x00\x02\xff\xff\xff\xff\xff\xff\x00\x00ab";
    let frame = |payload: &[u8]| [&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5], payload].concat();
    let tag = Tag { id: 5, priority: 7, drop_eligible: true };
    lines(|out| {
        let mut report = FrameReport::new("eth0", true, Box::new(out));
        let serving = |vlan| Serving { mac: MAC, ether_type: EtherType::EXPERIMENTAL, vlan, answers: true, at: AT };
        report.serving(&serving(None)).unwrap();
        report.serving(&serving(Some(5))).unwrap();
        for (payload, stripped) in [(&b"Hi"[..], None), (echo, Some((EtherType::VLAN, tag)))] {
            let bytes = frame(payload);
            for direction in [Direction::Host, Direction::Other] {
                let seen = server.look(&Heard { bytes: &bytes, cut: false, direction, stripped, at: None }).unwrap();
                for (outgoing, clock) in [(false, FrameClock::Kernel), (true, FrameClock::User)] {
                    report.frame(&Shown { at: AT, clock, outgoing, seen }).unwrap();
                }
            }
        }
        for state in [LinkState::Down, LinkState::Gone, LinkState::Up] {
            report.state(state, AT).unwrap();
        }
        let counts = Counts { heard: u64::MAX, ..Counts::default() };
        report.served(&ServeTotals { counts, took: Duration::from_secs(1), at: AT }).unwrap();
        report.sent(&SendTotals { attempted: 3, at: AT, ..SendTotals::default() }).unwrap();
    })
}

/// All of them.
pub(crate) fn everything() -> Vec<String> {
    interfaces().into_iter().chain(frames()).collect()
}
