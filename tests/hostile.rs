//! Hostile networks: lies and floods told to the real commands by a network of ours, and foreign text shown by them.
//!
//! # What was broken elsewhere, and what shows that it is not here
//!
//! | known | what it is | here |
//! |---|---|---|
//! | CVE-2000-1213, iputils | privileges kept after the socket | `rping_local/privilege`: `no_privilege_is_left_in_any_thread` |
//! | CVE-2000-1214, iputils | overflows of packet buffers | no `unsafe` outside of `sys` (`layers`); fuzz targets `path_*`; `.ci/miri` |
//! | CVE-2009-3614, liboping | setuid `-f` reads any file | `rping_local/privilege`: `a_capture_belongs_to_the_caller`; `rcheck_live/outputs`: `an_ordinary_users_file_is_an_ordinary_users` |
//! | CVE-2010-2529, iputils; CVE-2022-23093, FreeBSD | IP options in a reply hang it, in a reply or a quote overflow it | `replies` here; `rping_faults/damage`: `ip_options_…`; `rping_faults/quotes`: `ip_options_in_the_quoted_packet_…`; `wire/ip_options/tests`; fuzz `ip_options`, `quoted` |
//! | CVE-2025-47268, CVE-2025-48964, iputils | a round-trip time from the peer's bytes overflows | `replies` here (time stamps); `rping_faults/damage`: `a_damaged_payload_…`; `virtual_ping/hostile`; fuzz `path_ping` |
//! | iputils #596 | the mended release broke `-c 1` | `golden`, `rping_run`: `the_exit_code_is_the_verdict` |
//! | iputils 20240905 | checksums of IPv4 were not looked at | `rping_faults/damage`: `a_bad_checksum_is_corrupt_…` |
//! | fping 5.4 | off by one in its table of numbers | `rsweep_live/company`: `the_wall_of_sixteen_bits_is_none`; `rping_faults/schedule`: `sequence_numbers_go_on_past_65535`; fuzz `path_sweep` |
//! | iputils #171, #542 | use after free; overflow by `-s` | no `unsafe`; `rping_args`, fuzz `values` |
//! | CVE-2015-3636, CVE-2017-2671, Linux | ping sockets | the kernel's own; where `ping_group_range` is closed: `rping_local/privilege` |
//! | testssl #1510 | escape sequences arrive by PTR | `text` here; `rping_local/names`: `names_from_strangers_paint_nothing` |
//! | fping `check_source`, any | replies from elsewhere are believed | `replies` here; `rping_faults/damage`: `a_reply_from_another_address_…`; `rsweep_live/fates`: `check_source_…` |
//! | mtr | quoted header taken for 20 octets | `wire/quoted/tests`; `rping_faults/quotes`: `headers_that_lie_in_the_quotation_do_no_harm` |
//! | trippy | the quoted destination is not looked at | `rtrace_live/company`: `lies_about_a_probe_settle_none`; `replies` here |
//! | trippy #804, #1564 | RFC 4884 lengths that are wrong hide a hop | `rtrace_live/lies`; `wire/extension/tests`; fuzz `extension` |
//! | scamper | of several extension objects one is read, or beyond the last | `wire/extension/meaning/tests`; fuzz `extension` |
//! | mtr #332, trippy #1791, mtr #375 | true answers of targets are ignored | `rtrace_live/methods`; `hops_live` |
//! | NTrace #204 | Time Exceeded from the target's own address ends a trace | `virtual_trace/paths` |
//! | monitoring-plugins 3.0 | a loss of 60 % is told as 8 % | `rcheck_live/loss`: `three_of_five_are_sixty_per_cent` |
//! | nagios-plugins #763, #609, #480, #510 | duplicates miscounted, a second host starves, labels vanish | `rcheck_live/loss`, `many`, `perfdata` |
//!
//! # Each class, and each command
//!
//! | class | rping | rtrace | rsweep (both engines) | rcheck | rlink |
//! |---|---|---|---|---|---|
//! | IP options in replies and quotes | `replies`, `rping_faults` | `wire`, fuzz `path_trace` | `replies` | `replies` | frames: `rlink_live/hostile` |
//! | wrong inner lengths | `replies`, `rping_faults/quotes` | `rtrace_live/lies`, `company` | `replies` | `replies` | `rlink_live/hostile` |
//! | cut at every byte | `replies`, `rping_faults` | `rtrace_live/lies` (quotes) | `replies` | `replies` | `rlink_live/hostile` |
//! | extensions that lie | shown by rtrace alone; stepped over: `replies` | `rtrace_live/lies` | stepped over | stepped over | none |
//! | time stamps that lie | `replies`, `rping_faults/damage` | none are read | `replies`, `virtual_stateless/judge` | `replies` | none are read |
//! | from elsewhere | `replies`, `rping_faults` | `rtrace_live/company` | `replies`, `rsweep_live/fates` | `replies` | `rlink_live/serve` (`forged_sources_…`) |
//! | to probes never sent | `replies` | `rtrace_live/company` | `replies` | `replies` | `rlink_live/hostile` |
//! | every sequence number | `flood`, `rping_faults/strangers` | `flood` | `flood`, `virtual_stateless/judge` | `flood` | `rlink_live/hostile` |
//! | a flood of strangers, memory constant | `flood` | `flood` | `flood` | `flood` | `rlink_live/hostile`, `benches/peers link` |
//! | ARP and neighbour discovery that lie | | | | | `rlink_live/hostile`, `link/scan/tests`, fuzz `path_neighbours` |
//! | foreign text | `text` | `text`, `rtrace_live/origins` | `text` | `text` | `text`, fuzz `line` |
//!
//! How many real replies 200,000 strangers a second cost each command beside what they cost its peer, and in how much memory,
//! is measured by `benches/peers hostile`.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod lab;
mod told;

#[path = "hostile/bed.rs"]
mod bed;
#[path = "hostile/flood.rs"]
mod flood;
#[path = "hostile/replies.rs"]
mod replies;
#[path = "hostile/text.rs"]
mod text;

/// Every test and every file that the tables above name is there.
#[test]
fn the_tables_name_what_is_there() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut code = String::new();
    let mut names = Vec::new();
    let mut left = vec![root.join("tests"), root.join("src"), root.join("fuzz/fuzz_targets")];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|e| e == "rs") {
            names.push(path.strip_prefix(root).unwrap().with_extension("").display().to_string());
            code += &std::fs::read_to_string(&path).unwrap();
        }
    }
    let tables: String = include_str!("hostile.rs").lines().filter(|line| line.starts_with("//! |")).collect();
    let mut tests = 0;
    for word in tables.split('`').skip(1).step_by(2) {
        let test = word.trim_end_matches('…');
        if test.contains('_') && !test.contains('/') && code.contains(&format!("fn {test}")) {
            tests += 1;
            continue;
        }
        let file = word.trim_end_matches("_*");
        let known =
            ["-c 1", "-f", "-s", "unsafe", "sys", "ping_group_range", "check_source", ".ci/miri", "benches/peers link"];
        let there = names.iter().any(|name| name.contains(file)) || known.contains(&word);
        assert!(there, "neither a test nor a file: {word}");
    }
    assert!(tests > 15, "{tests}");
}
