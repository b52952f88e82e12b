//! Every event of rlink, in every state that matters.

use rprobe::clock::WallTime;
use rprobe::report::link::{Interface, interfaces_json};
use rprobe::sys::link::{Link, StampAbilities};
use rprobe::units::MacAddr;

const AT: WallTime = WallTime::from_ns(1_795_259_269_820_283_000);

/// What `write` writes, line by line.
fn lines(write: impl FnOnce(&mut Vec<u8>)) -> Vec<String> {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
}

fn interfaces() -> Vec<String> {
    let link = |flags| Link {
        name: "eth0".into(),
        index: 2,
        mac: Some(MacAddr([2, 0, 0, 0, 0, 1])),
        hardware: 1,
        mtu: 1500,
        flags,
    };
    let stamps = Some(StampAbilities { clock: Some(0), hardware_transmit: true, ..StampAbilities::default() });
    let all = [
        Interface { link: link(0x1041), addresses: vec!["fe80::1".parse().unwrap()], stamps },
        Interface { link: Link { mac: None, ..link(1) }, addresses: Vec::new(), stamps: None },
        Interface { link: link(0), addresses: Vec::new(), stamps: Some(StampAbilities::default()) },
    ];
    lines(|out| interfaces_json(&all, AT, Box::new(out)).unwrap())
}

/// All of them.
pub(crate) fn everything() -> Vec<String> {
    interfaces()
}
