//! Verdicts in every state: judged by thresholds, silent, refused, not sent, not resolved, cut short.

use std::time::Duration;

use rprobe::check::{
    Circumstances, Fate, Figures, Method, Refusal, Samples, Severity, State, Threshold, Unreachable, judge,
};
use rprobe::clock::WallTime;
use rprobe::report::check::{Checked, Json, not_probed};
use rprobe::sys::errno::Errno;
use rprobe::units::{Family, Port, Ttl};
use rprobe::wire::icmp::IcmpError;

fn checked(samples: Samples, interrupted: bool) -> Checked {
    let mut thresholds = Threshold::expect("rtt.p95 < 50ms, loss <= 1%, ttl > 64, pmtu == 1500").unwrap();
    thresholds.push(Threshold::read(Severity::Warning, "mos.g107=4:").unwrap());
    let figures = Figures::of(&samples);
    Checked {
        target: "fe80::1%eth0".into(),
        name: "core router".into(),
        address: Some("fe80::1".parse().unwrap()),
        zone: Some("eth0".into()),
        method: Method::Icmp,
        at: WallTime::from_ns(1_795_259_269_820_283_999),
        took: Duration::from_millis(3),
        verdict: judge(&samples, &figures, &thresholds, Circumstances { interrupted }),
        figures,
        samples,
        thresholds,
        problem: None,
        cut: interrupted.then(|| "interrupted by SIGTERM".into()),
    }
}

pub(crate) fn lines() -> Vec<String> {
    let rtts = [60, 20, 30].map(Duration::from_millis).to_vec();
    let fates = vec![Fate::Answered, Fate::Lost, Fate::Answered, Fate::Answered, Fate::InFlight];
    let error = IcmpError { family: Family::V6, ty: 1, code: 4, info: 0 };
    let unreachable = Some(Unreachable { from: "fe80::2".parse().unwrap(), what: Refusal::Icmp(error) });
    let seen = Samples { fates, rtts, ttl: Some(Ttl(60)), pmtu: Some(1280), duplicates: 1, ..Samples::default() };
    let mut all = vec![
        checked(seen.clone(), false),
        checked(seen.clone(), true),
        checked(Samples { fates: vec![Fate::Refused; 5], unreachable, ..Samples::default() }, false),
        checked(Samples { fates: vec![Fate::NotSent; 5], not_sent: Some(Errno(101)), ..Samples::default() }, false),
        checked(Samples::default(), false),
    ];
    all.push(Checked { method: Method::Tcp(Port(443)), address: None, ..checked(Samples::default(), false) });
    let reset = Some(Unreachable { from: "192.0.2.1".parse().unwrap(), what: Refusal::Reset });
    all.push(checked(Samples { fates: vec![Fate::Refused; 5], unreachable: reset, ..Samples::default() }, false));
    let thresholds = all[0].thresholds.clone();
    all.push(Checked {
        method: Method::Udp(Port(53)),
        problem: Some("Name or service not known".into()),
        verdict: not_probed(&thresholds, State::Critical),
        ..checked(Samples::default(), false)
    });
    let mut out = Vec::new();
    let mut json = Json::new(Box::new(&mut out));
    all.iter().for_each(|one| json.verdict(one).unwrap());
    drop(json);
    String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
}
