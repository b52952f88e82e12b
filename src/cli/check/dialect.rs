//! Whose place rcheck takes: its own, or that of one of the plugins it can stand in for.
//!
//! `check_icmp`, `check_host` and `check_rta_multi` share one set of options, ours. `check_ping` has its own: `-n` is a
//! flag there, thresholds may be positional, and all four of them must be given.

use std::ffi::OsString;

use crate::cli::{Invocation, Refusal};

/// Whose options, text and exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Our own.
    Rcheck,
    /// Mean latency and loss of each host.
    CheckIcmp,
    /// Is it alive? Ends at the first answer.
    CheckHost,
    /// All addresses of each name.
    CheckRtaMulti,
    /// Another plugin, around `ping`.
    CheckPing,
}

/// The plugins, by name.
const PLUGINS: [(&str, Dialect); 4] = [
    ("check_icmp", Dialect::CheckIcmp),
    ("check_host", Dialect::CheckHost),
    ("check_rta_multi", Dialect::CheckRtaMulti),
    ("check_ping", Dialect::CheckPing),
];

impl Dialect {
    /// From the name we were called by, and from `--as` in the words, which has to be known before they are read.
    pub(super) fn of(invocation: &Invocation, words: &[OsString]) -> Result<Dialect, Refusal> {
        let by_name = |name: &str| PLUGINS.into_iter().find(|(plugin, _)| *plugin == name).map(|(_, dialect)| dialect);
        let mut dialect = invocation.peer.and_then(by_name).unwrap_or(Dialect::Rcheck);
        let mut words = words.iter().skip(1).map(|word| word.to_string_lossy());
        while let Some(word) = words.next() {
            let name = match word.strip_prefix("--as=") {
                Some(name) => name.to_owned(),
                None if word == "--as" => words.next().unwrap_or_default().into_owned(),
                None if word == "--" => break,
                None => continue,
            };
            let unknown =
                || Refusal::of("--as", &name, "not one of check_icmp, check_host, check_rta_multi, check_ping");
            dialect = by_name(&name).ok_or_else(unknown)?;
        }
        Ok(dialect)
    }

    /// What messages begin with: the plugin's name, also where `--as` said it.
    pub(super) fn name(self, called: &str) -> String {
        let by_option = PLUGINS
            .into_iter()
            .find(|(name, dialect)| *dialect == self && !called.starts_with("check_") && *name != called);
        by_option.map_or_else(|| called.to_owned(), |(name, _)| name.to_owned())
    }

    /// Whether it is a plugin's.
    pub(super) fn is_plugin(self) -> bool {
        self != Dialect::Rcheck
    }

    /// Whether all addresses of a name are checked.
    pub(super) fn takes_all_addresses(self) -> bool {
        matches!(self, Dialect::CheckHost | Dialect::CheckRtaMulti)
    }

    /// The names of the plugins.
    pub(super) fn names() -> [&'static str; 4] {
        PLUGINS.map(|(name, _)| name)
    }
}

/// The words of a `check_ping` command line as words of ours: without `-n` and `-L` (no HTML here), `-to` as `-t`.
pub(super) fn of_check_ping(words: Vec<OsString>) -> Vec<OsString> {
    let mut ours = Vec::with_capacity(words.len());
    let mut words = words.into_iter();
    ours.extend(words.next());
    // The word behind one of these is its value.
    let takes_value = |word: &str| matches!(word, "-t" | "-c" | "-w" | "-H" | "-p") || word == "--as";
    while let Some(word) = words.next() {
        match word.to_string_lossy().as_ref() {
            "-n" | "-L" | "--nohtml" | "--link" | "-nohtml" => {}
            "-to" => ours.extend(std::iter::once(OsString::from("-t")).chain(words.next())),
            text if takes_value(text) => {
                ours.push(OsString::from(text));
                ours.extend(words.next());
            }
            _ => ours.push(word),
        }
    }
    ours
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    fn of(line: &str) -> Result<Dialect, Refusal> {
        let words = words(line);
        let invocation = Invocation::of(words.first().map(|w| OsStr::new(w)), "rcheck", &Dialect::names());
        Dialect::of(&invocation, &words)
    }

    #[test]
    fn a_link_or_an_option_says_whose_place_it_is() {
        assert_eq!(of("/usr/bin/rcheck h").unwrap(), Dialect::Rcheck);
        assert_eq!(of("/usr/lib/nagios/plugins/check_icmp h").unwrap(), Dialect::CheckIcmp);
        assert_eq!(of("check_rta_multi h").unwrap(), Dialect::CheckRtaMulti);
        assert_eq!(of("rcheck --as check_ping h").unwrap(), Dialect::CheckPing);
        assert_eq!(of("rcheck -H h --as=check_host").unwrap(), Dialect::CheckHost);
        assert_eq!(of("rcheck -- --as check_host").unwrap(), Dialect::Rcheck);
        assert!(of("rcheck --as check_http").unwrap_err().to_string().starts_with("--as check_http: not one of"));
    }

    #[test]
    fn check_pings_words_become_ours() {
        let line = "check_ping -n -H -n -w 100,20% -to 5 -nohtml -p 3 -L";
        assert_eq!(of_check_ping(words(line)), words("check_ping -H -n -w 100,20% -t 5 -p 3"));
    }
}
