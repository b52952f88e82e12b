//! Scenarios as files: what is written is read back, what is misspelt is refused, and every file of the tree is sound.

use crate::lab::Scenario;
use crate::lab::responder::packet::{ICMPV6, Ip, Outgoing};
use crate::virtual_time::network;

#[test]
fn what_is_written_is_read_back() {
    let out = Outgoing {
        src: "fd00::1".parse().unwrap(),
        dst: "fd00::2".parse().unwrap(),
        ttl: 9,
        tos: 0xb8,
        options: vec![0x1e, 2, 0, 0],
        protocol: ICMPV6,
        payload: vec![1, 2, 3],
    };
    let bytes = out.build();
    let (ip, whole) = Ip::parse(&bytes).unwrap();
    assert_eq!((ip.src, ip.dst, ip.ttl, ip.tos, ip.protocol), (out.src, out.dst, 9, 0xb8, ICMPV6));
    assert_eq!(whole[ip.header_len..], [1, 2, 3]);
}

#[test]
fn a_misspelt_key_or_value_is_refused_with_its_name() {
    for (text, word) in [
        ("[[rule]]\ndorp = true", "dorp"),
        ("[[rule]]\ndelay = '5 parsecs'", "parsecs"),
        ("[[rule]]\nhop = 9", "hop"),
        ("[[rule]]\nerror = { name = 'host-unreachible' }", "unreachible"),
        ("[[rule]]\nseq = '9-3'", "9-3"),
        ("[[host]]\nprefix = '10.0.0.0/33'", "/33"),
    ] {
        let panic = std::panic::catch_unwind(|| network(text)).unwrap_err();
        let why = panic.downcast_ref::<String>().unwrap();
        assert!(why.contains(word), "{why}");
    }
}

/// The files are read, and each is told of in the README.
#[test]
fn every_scenario_file_is_sound_and_listed() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let readme = std::fs::read_to_string(dir.join("README.md")).unwrap();
    let mut read = 0;
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "toml") {
            let name = path.file_stem().unwrap().to_str().unwrap();
            Scenario::load(name);
            assert!(readme.contains(&format!("| `{name}` |")), "{name} is not in the README");
            read += 1;
        }
    }
    assert!(read > 10);
    // The example in the README, too.
    let example = readme.split("```toml").nth(1).and_then(|t| t.split("```").next()).unwrap();
    Scenario::parse(example);
}
