//! Whatever is heard, and whenever: nothing panics, nothing overflows, the equations hold.

use std::net::IpAddr;
use std::time::Duration;

use proptest::prelude::*;
use rprobe::clock::{BootTime, Epoch, Now, Stage, WallTime};
use rprobe::net::{Answer, Arrival, Batch, Claim, Event, Exchange, FarClock, Key, NotSent, Peer, SentAt, Trouble};
use rprobe::ping::{Command, Config, MtuConfig, MtuSession, Pace, Session, Stamping, Target, Until};
use rprobe::probe::Machine;
use rprobe::sys::errno::Errno;
use rprobe::units::{Family, Seq, Ttl};
use rprobe::wire::icmp::IcmpError;

use crate::bed::*;

/// A number near the ends of its range, or near nothing.
fn any_ns() -> impl Strategy<Value = u64> {
    prop_oneof![0u64..10_000_000_000, Just(0), Just(u64::MAX), Just(i64::MAX as u64), any::<u64>()]
}

fn any_now() -> impl Strategy<Value = Now> {
    (any_ns(), any_ns(), 0u32..3).prop_map(|(boot, wall, epoch)| Now {
        boot: BootTime::from_ns(boot),
        wall: WallTime::from_ns(wall as i64),
        epoch: Epoch(epoch),
    })
}

fn any_peer() -> impl Strategy<Value = Peer> {
    let addr = prop::sample::select(vec!["192.0.2.1", "192.0.2.2", "224.0.0.1", "2001:db8::1", "fe80::1", "0.0.0.0"]);
    (addr, 0u32..3).prop_map(|(addr, scope)| Peer { addr: ip(addr), scope })
}

#[derive(Clone, Debug)]
enum Blow {
    Fill,
    Stamp(u32, u32, u8, u64),
    Answer {
        peer: Peer,
        seq: u16,
        own: bool,
        bytes: Vec<u8>,
        len: usize,
        ok: bool,
        far: Option<(u32, u32)>,
        times: Times,
    },
    Trouble {
        peer: Peer,
        seq: u16,
        error: (u8, u8, u32),
        sum: Option<u16>,
        own: bool,
        bytes: Vec<u8>,
        redirect: bool,
        times: Times,
    },
    Local {
        claim: Option<(Peer, u16)>,
        errno: i32,
        mtu: Option<u32>,
    },
    Foreign(IpAddr),
    Dropped(u64),
    Stepped(i64),
    Stop,
}

type Times = (Option<u64>, Option<u64>);

fn blow() -> impl Strategy<Value = Blow> {
    let times = || (prop::option::of(any_ns()), prop::option::of(any_ns()));
    let bytes = || prop::collection::vec(any::<u8>(), 0..80);
    let seq = || prop_oneof![1u16..20, any::<u16>()];
    prop_oneof![
        8 => Just(Blow::Fill),
        3 => (0u32..20, 0u32..2, 0u8..3, any_ns()).prop_map(|(slot, generation, stage, at)| Blow::Stamp(slot, generation, stage, at)),
        6 => (any_peer(), seq(), any::<bool>(), bytes(), prop_oneof![0usize..100, any::<usize>()], any::<bool>(), prop::option::of(any::<(u32, u32)>()), times())
            .prop_map(|(peer, seq, own, bytes, len, ok, far, times)| Blow::Answer { peer, seq, own, bytes, len, ok, far, times }),
        3 => (any_peer(), seq(), any::<(u8, u8, u32)>(), any::<Option<u16>>(), any::<bool>(), bytes(), any::<bool>(), times())
            .prop_map(|(peer, seq, error, sum, own, bytes, redirect, times)| Blow::Trouble { peer, seq, error, sum, own, bytes, redirect, times }),
        1 => (prop::option::of((any_peer(), seq())), any::<i32>(), any::<Option<u32>>()).prop_map(|(claim, errno, mtu)| Blow::Local { claim, errno, mtu }),
        1 => any_peer().prop_map(|peer| Blow::Foreign(peer.addr)),
        1 => any::<u64>().prop_map(Blow::Dropped),
        1 => any::<i64>().prop_map(Blow::Stepped),
        1 => prop::bool::weighted(0.05).prop_map(|stop| if stop { Blow::Stop } else { Blow::Fill }),
    ]
}

fn any_duration() -> impl Strategy<Value = Duration> {
    prop_oneof![(0u64..3_000_000_000).prop_map(Duration::from_nanos), Just(Duration::MAX), Just(Duration::ZERO)]
}

fn config() -> impl Strategy<Value = Config> {
    let pace =
        prop_oneof![Just(Pace::Interval), Just(Pace::Flood), any_duration().prop_map(|floor| Pace::Adaptive { floor })];
    let until =
        prop::option::of(any::<(bool, u32)>().prop_map(|(up, n)| if up { Until::Up(n) } else { Until::Down(n) }));
    let stamping = prop_oneof![Just(Stamping::All), Just(Stamping::None), any::<u32>().prop_map(Stamping::Sample)];
    let target = (any_peer(), any::<bool>()).prop_map(|(peer, group)| Target { peer, group });
    let targets = prop::collection::vec(target, 0..4);
    let times = (any_duration(), prop::option::of(any_duration()), prop::option::of(any_duration()), any::<bool>());
    let rest = (prop::option::of(any::<u64>()), any::<u32>(), 0usize..70, any::<(bool, bool, bool, bool)>());
    (targets, pace, until, stamping, times, rest).prop_map(|(targets, pace, until, stamping, times, rest)| Config {
        count: rest.0,
        interval: times.0,
        timeout: times.1,
        deadline: times.2,
        timeout_chosen: times.3,
        preload: rest.1,
        size: rest.2,
        capture: rest.3.0,
        note_unanswered: rest.3.1,
        user_to_user: rest.3.2,
        exchange: if rest.3.3 { Exchange::Timestamp } else { Exchange::Echo },
        pace,
        until,
        stamping,
        ..Config::new(targets, [1; 16])
    })
}

/// Deals the blows to a machine; `check` looks at it after each.
fn deal<M: Machine<Command = Command>>(machine: &mut M, exchange: Exchange, blows: &[(Now, Blow)], check: impl Fn(&M)) {
    let mut batch = Batch::new(7);
    let mut last = Vec::new();
    for (now, blow) in blows {
        let now = *now;
        let arrival = |(kernel, nic): Times| Arrival {
            kernel: kernel.map(|ns| WallTime::from_ns(ns as i64)),
            nic: nic.map(|ns| WallTime::from_ns(ns as i64)),
            read: now,
            ttl: Some(Ttl(3)),
            tos: None,
            to: None,
            ifindex: None,
        };
        match blow {
            Blow::Fill => {
                batch.clear();
                machine.fill(now, &mut batch);
                for (index, probe) in batch.probes().iter().enumerate() {
                    last = batch.payload(index).unwrap().1.to_vec();
                    let sent = SentAt { at: now, checksum: (index % 2 == 0).then_some(7) };
                    let refused = NotSent { errno: Errno(105), mtu: Some(0) };
                    machine.sent(now, probe.key, if index % 5 == 4 { Err(refused) } else { Ok(sent) });
                    check(machine);
                }
                machine.notes(&mut |_| {});
            }
            Blow::Stamp(slot, generation, stage, at) => {
                let stage = [Stage::Sched, Stage::Driver, Stage::Nic][usize::from(*stage)];
                let (key, at) = (Key { slot: *slot, generation: *generation }, WallTime::from_ns(*at as i64));
                machine.heard(now, &Event::Stamp { key, stage, at, packet: &[1, 2] });
            }
            Blow::Answer { peer, seq, own, bytes, len, ok, far, times } => {
                let payload = if *own { &last } else { bytes };
                machine.heard(
                    now,
                    &Event::Answer(Answer {
                        claim: Claim::icmp(*peer, exchange, Seq(*seq)),
                        arrival: arrival(*times),
                        payload,
                        icmp_len: *len,
                        checksum_ok: *ok,
                        options: bytes,
                        far: far.map(|(receive_ms, transmit_ms)| FarClock { originate_ms: 0, receive_ms, transmit_ms }),
                        packet: bytes,
                        has_ip_header: false,
                    }),
                );
            }
            Blow::Trouble { peer, seq, error, sum, own, bytes, redirect, times } => {
                let trouble = Trouble {
                    claim: Claim::icmp(*peer, exchange, Seq(*seq)),
                    arrival: arrival(*times),
                    offender: router(),
                    error: IcmpError { family: Family::V4, ty: error.0, code: error.1, info: error.2 },
                    quoted_checksum: *sum,
                    quoted_payload: if *own { &last } else { bytes },
                    quote: None,
                    extensions: None,
                    packet: bytes,
                    has_ip_header: true,
                };
                machine.heard(
                    now,
                    &match redirect {
                        true => Event::Redirect { gateway: router(), about: trouble },
                        false => Event::Error(trouble),
                    },
                );
            }
            Blow::Local { claim, errno, mtu } => {
                let claim = claim.map(|(peer, seq)| Claim::icmp(peer, exchange, Seq(seq)));
                machine.heard(now, &Event::Local { claim, errno: Errno(*errno), mtu: *mtu });
            }
            Blow::Foreign(from) => machine.heard(now, &Event::Foreign { from: *from }),
            Blow::Dropped(more) => machine.heard(now, &Event::Dropped { more: *more }),
            Blow::Stepped(ns) => machine.heard(now, &Event::Stepped { ns: *ns }),
            Blow::Stop => machine.command(now, Command::Stop),
        }
        check(machine);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_session_survives_everything(config in config(), blows in prop::collection::vec((any_now(), blow()), 1..200)) {
        let exchange = config.exchange;
        let check = |session: &Session| {
            for id in session.target_ids() {
                let counters = session.summary(id, Now::default()).unwrap().counters;
                assert!(counters.balanced(), "{counters:?}");
            }
        };
        deal(&mut Session::new(config), exchange, &blows, check);
    }

    #[test]
    fn a_search_survives_everything(
        peer in any_peer(),
        max in any::<u32>(),
        min in any::<u32>(),
        blows in prop::collection::vec((any_now(), blow()), 1..200),
    ) {
        let config = MtuConfig { min, ..MtuConfig::new(peer, max, [1; 16]) };
        deal(&mut MtuSession::new(config), Exchange::Echo, &blows, |_| {});
    }
}
