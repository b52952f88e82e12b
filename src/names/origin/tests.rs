//! Files of origins: both formats, and what is neither.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::path::PathBuf;

use super::*;

const LINES: &str = "1.0.0.0\t1.0.0.255\t13335\tUS\tCLOUDFLARENET\n\
    1.0.1.0\t1.0.3.255\t0\tNone\tNot routed\n\
    1.0.4.0\t1.0.7.255\t38803\tAU\tWPL-AS-AP Wirefreebroadband\n\
    9.0.0.0\t9.0.1.9\t64500\tZZ\t\n\
    2001:200::\t2001:200:ffff:ffff:ffff:ffff:ffff:ffff\t2500\tJP\tWIDE-BB\n\
    2001:db8::\t2001:db8::\t64501\tZZ\tlast";

fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("rprobe-origin-{}-{name}", std::process::id()));
    std::fs::File::create(&path).unwrap().write_all(bytes).unwrap();
    path
}

fn find(database: &Database, addr: &str) -> Option<(u32, Option<String>)> {
    let origin = database.find(addr.parse().unwrap())?;
    Some((origin.asns[0], origin.prefix.map(|(addr, len)| format!("{addr}/{len}"))))
}

#[test]
fn ranges_are_found_by_bisection() {
    for (name, text) in
        [("plain", LINES.to_owned()), ("ended", format!("{LINES}\n")), ("dos", LINES.replace('\n', "\r\n"))]
    {
        let path = file(name, text.as_bytes());
        let database = Database::open(&path).unwrap();
        for (addr, asn, prefix) in [
            ("1.0.0.0", 13_335, Some("1.0.0.0/24")),
            ("1.0.0.255", 13_335, Some("1.0.0.0/24")),
            ("1.0.5.1", 38_803, Some("1.0.4.0/22")),
            ("9.0.1.9", 64_500, None),
            ("2001:200:7::1", 2500, Some("2001:200::/32")),
            ("2001:db8::", 64_501, Some("2001:db8::/128")),
        ] {
            assert_eq!(find(&database, addr), Some((asn, prefix.map(str::to_owned))), "{name} {addr}");
        }
        for addr in ["0.9.9.9", "1.0.2.1", "1.0.8.0", "9.0.1.10", "255.1.1.1", "::1", "2001:db8::1", "ffff::"] {
            assert_eq!(find(&database, addr), None, "{name} {addr}");
        }
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_long_table_has_each_of_its_lines() {
    let lines: String =
        (0..3000).map(|i| format!("10.{}.{}.0\t10.{0}.{1}.255\t{}\tZZ\tn{i}\n", i / 250, i % 250, i + 1)).collect();
    let path = file("long", lines.as_bytes());
    let database = Database::open(&path).unwrap();
    for i in 0..3000 {
        let addr = format!("10.{}.{}.77", i / 250, i % 250);
        assert_eq!(find(&database, &addr).map(|(asn, _)| asn), Some(i + 1), "{addr}");
    }
    std::fs::remove_file(path).unwrap();
}

#[test]
fn what_is_neither_is_refused() {
    for (name, bytes, words) in [
        ("gz", &[0x1f, 0x8b, 8, 0][..], "compressed"),
        ("text", b"hello\n", "neither"),
        ("empty", b"", "neither"),
        ("mark", b"\xab\xcd\xefMaxMind.com nonsense", "neither"),
    ] {
        let path = file(name, bytes);
        let error = Database::open(&path).unwrap_err().to_string();
        assert!(error.contains(words), "{name}: {error}");
        std::fs::remove_file(path).unwrap();
    }
    assert!(matches!(Database::open(Path::new("/nonexistent/x")), Err(DatabaseError::Io(_))));
}
