//! Whatever the network: a trace ends, panics never, tells hops in order and once, and its equations hold (the bed checks
//! those after every event).

use proptest::prelude::*;
use rprobe::net::Reply;
use rprobe::net::sim::{Balance, Limit, Quoted, Replies, Route, Router, Sockets, Stranger};
use rprobe::trace::{Config, End, Method, Note, Waits, What};
use rprobe::units::{Family, Ttl};

use crate::bed::*;

fn any_router(family: Family, hop: usize) -> impl Strategy<Value = Router> {
    let share = prop_oneof![3 => Just(0.0), 1 => 0.0..1.0f64];
    let conduct = (0u64..400, 0u64..100, share.clone(), share.clone(), share, any::<u8>());
    let odd = (prop::option::weighted(0.2, 1u32..4), prop::option::weighted(0.1, 1280u32..1500), any::<[bool; 8]>());
    (conduct, odd, prop::option::weighted(0.1, any::<u8>()), prop::collection::vec(any::<u8>(), 0..40)).prop_map(
        move |((rtt, jitter, loss, drops, duplicates, ttl), (limit, mtu, is), quoted_ttl, bytes)| {
            let mut router = router(family, hop, ms(rtt)).jitter(ms(jitter)).loss(loss).duplicates(duplicates).ttl(ttl);
            if is[0] && is[1] {
                router = router.drops(drops / 2.0);
            }
            if is[1] && is[2] && is[3] {
                router = router.silent();
            }
            if is[4] && is[5] && is[6] {
                router = router.late(0.3, ms(1500));
            }
            if is[2] {
                router = router.quoted(Quoted::Eight);
            }
            if is[0] && is[2] && is[4] && is[6] {
                router = router.translates_to(other_at(family, 99, 9));
            }
            if is[1] && is[3] && is[5] && is[7] && is[0] {
                router = router.refuses(if is[2] { prohibited(family) } else { unreachable(family) });
            }
            if let Some(name) = limit {
                router = router.limit(Limit { name, burst: 3, every: ms(500) });
            }
            if let Some(mtu) = mtu {
                router = router.mtu(mtu, is[6]);
            }
            if let Some(ttl) = quoted_ttl {
                router = router.quoted_ttl(ttl);
            }
            if is[7] {
                router = router.extensions(bytes);
            }
            router
        },
    )
}

fn any_route(family: Family) -> impl Strategy<Value = Route> {
    let routers =
        (0usize..24).prop_flat_map(move |count| (1..=count + 1).map(|hop| any_router(family, hop)).collect::<Vec<_>>());
    let replies = prop_oneof![
        4 => Just(Replies::Usual),
        1 => Just(Replies::Silence),
        1 => Just(Replies::With(Reply::Data)),
        1 => Just(Replies::With(Reply::Segment)),
    ];
    let odd = (prop::option::weighted(0.15, 1usize..24), prop::option::weighted(0.3, 1usize..24), any::<bool>());
    (routers, replies, odd).prop_map(move |(mut routers, replies, (back, split, by_packet))| {
        let last = routers.pop().unwrap();
        let hops = routers.len();
        let mut way = Route::new(routers, last).replies(replies);
        if let Some(hop) = split {
            let by = if by_packet { Balance::Packet } else { Balance::Flow };
            way = way.balanced(hop, by, (1..5).map(|n| Router::new(other_at(family, hop, n), ms(30))).collect());
        }
        match back {
            Some(back) if back <= hops => way.loops_to(back),
            _ => way,
        }
    })
}

fn any_config() -> impl Strategy<Value = (Config, Family)> {
    let what = (0usize..3, 0usize..2, 1u8..6, 0u8..4, 1u8..40);
    let how = (1u32..40, 1u8..20, 1u8..7, prop_oneof![Just(0usize), 0usize..100], any::<[bool; 4]>(), any::<u64>());
    (what, how, 1u8..6).prop_map(
        |((method, family, tries, extra, last), (at_once, window, gap, size, is, seed), first)| {
            let (method, family) = (METHODS[method], FAMILIES[family]);
            let size = if method == Method::Udp { size.max(2) } else { size };
            let config = Config {
                tries,
                extra,
                first: Ttl(first),
                last: Ttl(last),
                at_once,
                window,
                gap_limit: gap,
                size,
                mtu: is[0].then_some(1500),
                note_tries: is[1],
                wait: if is[2] { Waits::exact(ms(300), 3.0, 10.0) } else { Waits::default() },
                one_flow: is[3],
                ..config(method, family)
            };
            (seeded(config, seed), family)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn every_trace_ends(
        (config, way) in any_config().prop_flat_map(|(config, family)| (Just(config), any_route(family))),
        (seed, sockets, stranger) in (any::<u64>(), 0usize..3, prop::option::weighted(0.3, 0usize..4)),
        stop in prop::option::weighted(0.2, 0u64..3000),
    ) {
        let family = Family::of(config.targets[0].peer.addr);
        let sockets = [Sockets::Raw, Sockets::Dublin, Sockets::Plain][sockets];
        let mut network = sim(seed, family, way).sockets(sockets);
        if let Some(kind) = stranger {
            let kind = [Stranger::Noise, Stranger::Reply, Stranger::Twin, Stranger::Error][kind];
            network = network.strangers(kind, host(family), ms(7));
        }
        let run = run_until(config, network, stop.map(ms));
        let path = run.path();
        prop_assert_eq!(path.distance.is_some(), path.end == End::Reached);
        prop_assert!(path.hops <= run.tracer.config().last.0.max(run.tracer.config().first.0));
        prop_assert!(path.took < ms(600_000), "{:?}", path.took);
        if path.end == End::Reached {
            // By the last hop; or by an answer that came after hops beyond it were told, which a probe without room for a
            // token must believe.
            let is_revision = |note: &Note| matches!(note, Note::Revised { answer, .. } if matches!(answer.what, What::Reached(_)));
            let by_revision = run.notes.iter().any(is_revision);
            let by_hop = run.hops().last().is_some_and(|hop| hop.reached());
            prop_assert!(by_hop || by_revision || path.unattributed > 0 || path.hops == 0, "{:?}", path);
        }
    }
}
