//! The accounts: whatever happens, each target is tried once at most, and every probe has one end.

use rprobe::sweep::stateless::Note;

use crate::bed::{Nature, sweep};

#[test]
fn what_the_kernel_refuses_is_counted_by_its_reason_and_the_rest_goes_on() {
    const EACCES: i32 = 13;
    const ENETUNREACH: i32 = 101;
    let nature = Nature {
        refuses: |addr| match addr {
            std::net::IpAddr::V4(a) if a.octets()[3] == 255 => Some(EACCES),
            std::net::IpAddr::V4(a) if a.octets()[2] == 3 => Some(ENETUNREACH),
            _ => None,
        },
        ..Nature::default()
    };
    let ran = sweep(65_536, nature, None, 3, None);
    assert_eq!(ran.tally.not_sent.get(&EACCES), Some(&256));
    assert_eq!(ran.tally.not_sent.get(&ENETUNREACH), Some(&255));
    assert_eq!((ran.tally.attempted(), ran.tally.alive), (65_536, 65_536 - 511));
    let told = ran.notes.iter().filter(|note| matches!(note, Note::NotSent(..))).count();
    assert_eq!(told, 511);
}

#[test]
fn a_run_that_is_stopped_at_any_moment_adds_up() {
    for (stop_at, rate) in [(0, None), (1, None), (7_000_000, None), (33_000_000, Some(1e5)), (90_000_000, Some(500.0))]
    {
        let nature = Nature { answers: |addr| addr.is_ipv4() && addr.to_string().ends_with('4'), ..Nature::default() };
        let ran = sweep(100_000, nature, rate, 4, Some(stop_at));
        assert!(ran.sent.len() < 100_000);
        assert_eq!(ran.tally.sent, ran.sent.len() as u64, "stopped at {stop_at}");
        assert_eq!(ran.tally.refused(), 0);
        assert!(ran.untried <= 4 * 64, "{}", ran.untried);
        let answer = ran.sent.keys().filter(|addr| addr.to_string().ends_with('4')).count() as u64;
        assert_eq!((ran.tally.alive, ran.tally.silent()), (answer, ran.tally.sent - answer));
    }
}

#[test]
fn probes_without_room_at_the_end_were_not_sent() {
    // The line takes nothing after the first 100.
    let nature = Nature { line: 0.0, queue: 100.0, cost_ns: 1000, ..Nature::default() };
    let ran = sweep(1000, Nature { line: 1e12, ..nature.clone() }, None, 1, None);
    assert_eq!(ran.tally.sent, 1000);
    let ran = sweep(1000, nature, None, 2, Some(500_000_000));
    assert_eq!(ran.tally.attempted() + ran.untried, 128, "two batches were claimed");
    assert_eq!(ran.tally.sent, ran.sent.len() as u64);
}
