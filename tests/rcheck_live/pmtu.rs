//! Path MTUs: narrow lines that say so, and black holes.

use crate::bed::{event, verdict};
use crate::lab::{self, Need, Scenario};

#[test]
fn the_largest_packet_that_passes_is_a_metric() {
    let Some(lab) = lab::start!(Need::Tun) else { return };
    let host = lab.host("a");
    let net = r#"
        title = "a narrow line"
        [[hop]]
        address = ["10.255.1.1", "fd00:ff:1::1"]
        mtu = 1400
        [[host]]
        prefix = ["10.9.0.0/24", "fd00:9::/64"]
        delay = "2ms"
    "#;
    let _net = lab.simulate(&host, Scenario::parse(net));
    for target in ["10.9.0.1", "fd00:9::1"] {
        let seen = event(&host, &format!("--pmtu {target}"));
        assert_eq!((&seen["pmtu"], &seen["state"]), (&1400.into(), &"ok".into()), "{seen}");
        let plugin = verdict(&host, &format!("-c pmtu=1500: {target}"), 2);
        assert_eq!(plugin.value("pmtu"), Some(1400.0));
        assert!(plugin.text.contains("CRITICAL pmtu 1400 bytes below 1500 bytes"), "{}", plugin.text);
    }
    // Who does not answer is not searched, and the threshold is not known.
    let down = event(&host, "--expect pmtu>=1400 -c rtt.avg=50ms 10.8.0.1");
    assert_eq!((&down["pmtu"], &down["state"]), (&serde_json::Value::Null, &"critical".into()), "{down}");
}
