//! Routers: radvd advertises, rdisc6 reads beside us.

use std::fs;
use std::path::Path;

use crate::bed::{events, mac, of, rlink};
use crate::lab::{self, Need};

const CONFIG: &str = "interface eth0 {
    AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; MinDelayBetweenRAs 3; AdvLinkMTU 1400;
    AdvDefaultPreference high; AdvOtherConfigFlag on; AdvReachableTime 30000; AdvDefaultLifetime 1200;
    prefix 2001:db8:1::/64 { AdvOnLink on; AdvAutonomous on; AdvValidLifetime 7200; AdvPreferredLifetime 3600; };
    route 2001:db8:2::/48 { AdvRoutePreference low; AdvRouteLifetime 600; };
    RDNSS 2001:db8::53 { AdvRDNSSLifetime 900; };
    DNSSL example.net { AdvDNSSLLifetime 900; };
};
";

#[test]
fn a_real_router_is_read_as_rdisc6_reads_it() {
    let Some(lab) = lab::start!(Need::Tool("radvd"), Need::Tool("rdisc6")) else { return };
    let bridge = lab.bridge(2);
    let (a, router) = (&bridge.hosts[0], &bridge.hosts[1]);
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("radvd-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    let (config, pid) = (dir.join("radvd.conf"), dir.join("radvd.pid"));
    fs::write(&config, CONFIG).unwrap();
    router.sysctl("net.ipv6.conf.all.forwarding", "1");
    let words = format!("-n -m stderr -C {} -p {}", config.display(), pid.display());
    let daemon = router.command("radvd").words(&words).start();
    let out = rlink(a, "ndp --routers -I eth0 -f --json").output();
    assert_eq!(out.code(), Some(0), "{out:#?}\n{}", daemon.stderr_so_far());
    let told = events(&out);
    let r = of(&told, "router")[0];
    assert_eq!((&r["mac"], &r["link_address"]), (&mac(2).into(), &mac(2).into()));
    for (key, value) in [("mtu", 1400), ("lifetime_s", 1200), ("reachable_ms", 30_000), ("hop_limit", 64)] {
        assert_eq!(r[key], value, "{key} in {r}");
    }
    assert_eq!((&r["preference"], &r["managed"], &r["other"]), (&"high".into(), &false.into(), &true.into()));
    let prefix = &r["prefixes"][0];
    assert_eq!((&prefix["prefix"], &prefix["length"]), (&"2001:db8:1::".into(), &64.into()));
    assert_eq!((&prefix["valid_s"], &prefix["preferred_s"]), (&7200.into(), &3600.into()));
    assert_eq!((&r["routes"][0]["prefix"], &r["routes"][0]["preference"]), (&"2001:db8:2::".into(), &"low".into()));
    assert_eq!((&r["dns"][0]["address"], &r["dns"][0]["lifetime_s"]), (&"2001:db8::53".into(), &900.into()));
    assert_eq!(r["search"][0]["domain"], "example.net");
    assert_eq!(of(&told, "routers")[0]["routers"], 1);

    let theirs = a.command("rdisc6").words("-1 -r 3 -w 4500 eth0").output();
    let text = theirs.stdout;
    for part in ["1400", "1200", "2001:db8:1::/64", "2001:db8:2::/48", "2001:db8::53", "example.net", "High"] {
        assert!(text.to_lowercase().contains(&part.to_lowercase()), "{part} in rdisc6's {text}");
    }
    let ours = rlink(a, "ndp --routers -I eth0 -f").output().ok().stdout;
    for part in ["default router for 1200 s, preference high", "prefix 2001:db8:1::/64", "dns 2001:db8::53, 900 s"] {
        assert!(ours.contains(part), "{part} in {ours}");
    }
    drop(daemon);
    let _ = fs::remove_dir_all(dir);
}

#[test]
fn no_router_is_exit_1() {
    let Some(lab) = lab::start!() else { return };
    let bridge = lab.bridge(2);
    let capture = bridge.hosts[1].capture("eth0");
    let out = rlink(&bridge.hosts[0], "ndp --routers -I eth0 -c 2 -W 0.2").output();
    assert_eq!((out.code(), out.stdout.as_str()), (Some(1), "no router answers, asked 2 times\n"));
    let asked = capture.stop_icmp().into_iter().filter(|m| m.kind() == 133 && m.ttl == 255);
    assert!(asked.count() >= 2);
}
