//! The two ways of reading a command line are held against each other: every option of every table by each of its
//! names, and lines of all kinds of words.

use std::ffi::OsString;
use std::fmt::Debug;

use clap::{Arg, CommandFactory, FromArgMatches};
use proptest::prelude::*;

use super::{Table, plain, read, table, thoroughly};
use crate::cli::{check, ping, sweep, trace};

fn plainly<A: Table + Default>(words: &[String]) -> Option<A> {
    plain::read(&words.iter().map(OsString::from).collect::<Vec<_>>())
}

fn by_clap<A: CommandFactory + FromArgMatches>(words: &[String]) -> Option<A> {
    let name = std::iter::once(OsString::from("x"));
    thoroughly(name.chain(words.iter().map(OsString::from)).collect()).ok()
}

/// Every option's names, with their hyphens.
fn names(arg: &Arg) -> Vec<String> {
    let shorts = arg.get_short().into_iter().chain(arg.get_all_short_aliases().into_iter().flatten());
    let longs = arg.get_long().into_iter().chain(arg.get_all_aliases().into_iter().flatten());
    shorts.map(|short| format!("-{short}")).chain(longs.map(|long| format!("--{long}"))).collect()
}

fn options<A: CommandFactory>() -> Vec<Arg> {
    table::<A>().get_arguments().filter(|arg| !arg.is_positional()).cloned().collect()
}

fn every_option<A>()
where
    A: CommandFactory + FromArgMatches + Table + Default + PartialEq + Debug,
{
    let mut seen = 0;
    for option in options::<A>() {
        let answered = matches!(option.get_action(), clap::ArgAction::Help | clap::ArgAction::Version);
        for name in names(&option) {
            let lines = match (answered, option.get_action().takes_values()) {
                (true, _) => vec![vec![name.clone()]],
                (_, false) => vec![vec![name.clone()]],
                (_, true) if name.starts_with("--") => {
                    vec![vec![name.clone(), "-5".into()], vec![format!("{name}=a=b")]]
                }
                (_, true) => vec![vec![name.clone(), "v".into()], vec![format!("{name}=v")], vec![format!("{name}5")]],
            };
            for mut line in lines {
                line.push("host".into());
                let plain = plainly::<A>(&line);
                assert_eq!(plain.is_none(), answered, "{line:?}: what is plain is read here, the rest by clap");
                if !answered {
                    assert_eq!(plain, by_clap(&line), "{line:?}");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 80, "{seen}");
}

#[test]
fn every_option_is_read_alike() {
    every_option::<ping::args::Args>();
    every_option::<trace::args::Args>();
    every_option::<sweep::args::Args>();
    every_option::<check::args::Args>();
}

#[test]
fn what_is_not_plain_is_left_to_clap() {
    let lines: [&[&str]; 14] = [
        &[],
        &["--help"],
        &["-V", "host"],
        &["--nonsense", "host"],
        &["--numeri", "host"],
        &["-%", "host"],
        &["host", "-c"],
        &["-c", "--", "host"],
        &["--count=", "host"],
        &["--numeric=yes", "host"],
        &["-n=yes", "host"],
        &["-n"],
        &["", "host"],
        &["-n", "-H", "host"],
    ];
    for line in lines {
        let line: Vec<String> = line.iter().map(|&word| word.to_owned()).collect();
        assert_eq!(plainly::<ping::args::Args>(&line), None, "{line:?}");
    }
    use std::os::unix::ffi::OsStringExt;
    let not_text = vec![OsString::from_vec(vec![b'h', 0xff])];
    assert_eq!(plain::read::<ping::args::Args>(&not_text), None);
    // Which of the two counts, and what is wrong, is as it always was.
    let names: ping::args::Args = read(["rping", "-n", "-H", "host"]).unwrap();
    assert!(names.output.names && !names.output.numeric);
    assert!(read::<ping::args::Args, _, _>(["rping", "-n"]).is_err());
}

fn alike<A>(words: &[String]) -> Result<(), TestCaseError>
where
    A: CommandFactory + FromArgMatches + Table + Default + PartialEq + Debug,
{
    if let Some(plain) = plainly::<A>(words) {
        prop_assert_eq!(Some(plain), by_clap(words));
    }
    Ok(())
}

/// Words as people and programs write them, and as they should not.
fn word() -> impl Strategy<Value = String> {
    let commands = [
        options::<ping::args::Args>(),
        options::<trace::args::Args>(),
        options::<sweep::args::Args>(),
        options::<check::args::Args>(),
    ];
    let all: Vec<String> = commands.iter().flatten().flat_map(names).collect();
    let letters: Vec<char> = commands.iter().flatten().filter_map(Arg::get_short).collect();
    prop_oneof![
        4 => proptest::sample::select(all.clone()),
        2 => (proptest::sample::select(all), "[=]?[-a-z0-9=.,]{0,4}").prop_map(|(name, rest)| name + &rest),
        2 => proptest::collection::vec(proptest::sample::select(letters), 1..4)
            .prop_map(|letters| letters.into_iter().fold(String::from("-"), |word, letter| format!("{word}{letter}"))),
        3 => "[a-z0-9.:]{1,6}",
        1 => proptest::sample::select(vec!["--", "-", "", "-5", "---", "--=", "-=", "ö", "-ö", "a b"])
            .prop_map(String::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_line_is_read_alike(words in proptest::collection::vec(word(), 0..7)) {
        alike::<ping::args::Args>(&words)?;
        alike::<trace::args::Args>(&words)?;
        alike::<sweep::args::Args>(&words)?;
        alike::<check::args::Args>(&words)?;
    }
}
