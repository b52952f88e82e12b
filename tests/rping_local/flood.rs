//! What a flood leaves out of its IPv4 headers, and that it still fits through a link too narrow for its probes.

use etherparse::Ipv4HeaderSlice;

use crate::lab::{self, Frame, Icmp, Pair};
use crate::wire::{SOCKETS, echoes, frames};

/// IP ident and don't-fragment bit of each echo request that left.
fn ip_idents(pair: &Pair, words: &str) -> Vec<(u16, bool)> {
    let of = |(frame, _): &(Frame, Icmp)| {
        let ip = Ipv4HeaderSlice::from_slice(frame.ip()).unwrap();
        (ip.identification(), ip.dont_fragment())
    };
    echoes(pair, words).iter().map(of).collect()
}

/// The kernel makes no ident where DF stands and it may not fragment (`ip_select_ident`, include/net/ip.h).
#[test]
fn a_floods_short_probes_go_without_an_ident() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let (without, with) = ((0, true), |(ident, df): &(u16, bool)| *ident != 0 && *df);
    for socket in SOCKETS {
        let run = |words: &str| ip_idents(&pair, &format!("--socket {socket} -q -c 20 {words} 10.1.0.2"));
        assert_eq!(run("-f"), [without; 20], "{socket}");
        assert_eq!(run("-f -s 484"), [without; 20], "{socket}");
        for words in ["-f -s 485", "-f -M want", "-i 0.01"] {
            let seen = run(words);
            assert!(seen.iter().filter(|probe| with(probe)).count() >= 19, "{words} {socket}: {seen:?}");
        }
        assert!(run("-f -M dont").iter().all(|(_, df)| !df), "{socket}");
        // What the host is set to counts.
        pair.a.sysctl("net.ipv4.ip_no_pmtu_disc", "1");
        assert!(run("-f").iter().all(|(_, df)| !df), "{socket}");
        pair.a.sysctl("net.ipv4.ip_no_pmtu_disc", "0");
    }
}

#[test]
fn a_flood_over_a_link_narrower_than_its_probes_goes_in_fragments() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    for end in [&pair.a, &pair.b] {
        end.mtu("eth0", 80);
    }
    for socket in SOCKETS {
        let seen = frames(&pair, &format!("--socket {socket} -f -q -c 20 10.1.0.2"));
        let ips: Vec<_> = seen.iter().filter_map(|frame| Ipv4HeaderSlice::from_slice(frame.ip()).ok()).collect();
        let firsts = ips.iter().filter(|ip| ip.more_fragments() && ip.fragments_offset().value() == 0).count();
        let seconds = ips.iter().filter(|ip| !ip.more_fragments() && ip.fragments_offset().value() > 0).count();
        assert_eq!((firsts, seconds, ips.len()), (20, 20, 40), "{socket}");
    }
}
