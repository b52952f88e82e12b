//! Names that do not resolve: UNKNOWN as the plugins have it, CRITICAL by choice.

use std::net::Ipv4Addr;

use crate::bed::{RCHECK, events, told};
use crate::dns::{A, Dns, Says};
use crate::lab::{self, Etc};

#[test]
fn a_name_that_is_not_known() {
    let Some(lab) = lab::start!() else { return };
    let (host, etc) = (lab.host("a"), Etc::new(&lab, "127.0.0.1 localhost\n"));
    let _dns = Dns::start(&host, |name, kind| match (name, kind) {
        ("good.test", A) => Says::Addr(Ipv4Addr::LOCALHOST),
        ("good.test", _) => Says::Nothing,
        ("sick.test", _) => Says::Code(2),
        _ => Says::Code(3),
    });
    let run = |words: &str| etc.run(&host, RCHECK).words(words);
    let unknown = told(&run("nosuch.test").output());
    assert_eq!(unknown.state, "UNKNOWN");
    assert!(unknown.text.starts_with("UNKNOWN - nosuch.test: Name or service not known"), "{}", unknown.text);
    let critical = told(&run("--dns-failure=critical nosuch.test").output());
    assert_eq!(critical.state, "CRITICAL");
    assert_eq!(critical.value("pl"), None, "nothing was measured");
    let mixed = told(&run("good.test sick.test").output());
    assert_eq!((mixed.state.as_str(), mixed.value("good.testpl")), ("UNKNOWN", Some(0.0)));
    assert_eq!(told(&run("-m 1 good.test nosuch.test").output()).state, "OK");
    let seen = events(&run("--json good.test nosuch.test").output());
    assert_eq!((&seen[0]["address"], &seen[1]["address"]), (&"127.0.0.1".into(), &serde_json::Value::Null));
    assert_eq!(seen[1]["reason"], "Name or service not known");
    // In the words of the plugin, which says nothing else then.
    let out = run("--as check_icmp nosuch.test").output();
    assert_eq!((out.code(), out.stderr.as_str()), (Some(3), ""));
    assert!(out.stdout.starts_with("check_icmp: Failed to resolve nosuch.test: "), "{out:#?}");
}

#[test]
fn some_plugins_check_all_addresses_of_a_name() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    let etc = Etc::new(&lab, "127.0.0.7 both.test\n127.0.0.8 both.test\n");
    let out = etc.run(&host, RCHECK).words("--as check_rta_multi both.test").output();
    // Each under a label of its own.
    let all = told(&out);
    assert!(all.labels.iter().any(|label| label == "both.test@127.0.0.8rta"), "{:?}", all.labels);
    assert_eq!(all.text.matches("both.test@127.0.0.").count(), 2, "{}", all.text);
    let one = told(&etc.run(&host, RCHECK).words("both.test").output());
    assert_eq!(one.text.matches("both.test: ").count(), 1, "{}", one.text);
}
