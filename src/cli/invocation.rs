//! The name a command was called by. A link of a peer's name makes a command speak that peer's text, and every message
//! begins with the name that the user typed.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::refusal::shown;
use crate::units::Family;

/// How the command was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// What messages begin with: the last part of `argv[0]`.
    pub name: String,
    /// The peer whose name that is (`ping` also for `ping4`, `ping6`), whose text and exit codes are taken then.
    pub peer: Option<&'static str>,
    /// The family that the name asks for (`ping6`).
    pub family: Option<Family>,
}

impl Invocation {
    /// The name under which packages install the command `own`: the short ones belong to other programs on some hosts
    /// (`rping` to rdmacm-utils, `rtrace` to Radiance). `rprobe-ping` for `rping`; it is as much our own.
    #[must_use]
    pub fn packaged(own: &str) -> String {
        format!("rprobe-{}", own.strip_prefix('r').unwrap_or(own))
    }

    /// From `argv[0]`; `own` is the name where there is none, `peers` are those whose places the command takes.
    #[must_use]
    pub fn of(argv0: Option<&OsStr>, own: &str, peers: &[&'static str]) -> Self {
        let name = argv0
            .and_then(|path| path.as_bytes().rsplit(|byte| *byte == b'/').find(|part| !part.is_empty()))
            .map(|name| shown(&String::from_utf8_lossy(name)))
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| own.to_owned());
        let named = |base: &str| peers.iter().copied().find(|peer| *peer == base);
        let is_ours = |base: &str| base == own || base == Self::packaged(own);
        let asks_for = |digit: char| name.strip_suffix(digit).filter(|base| is_ours(base) || named(base).is_some());
        let family = [(Family::V4, '4'), (Family::V6, '6')].into_iter().find(|(_, digit)| asks_for(*digit).is_some());
        let peer = named(&name).or_else(|| family.and_then(|(_, digit)| named(asks_for(digit)?)));
        let family = family.map(|(family, _)| family);
        Invocation { name, peer, family }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_of_the_path_decides() {
        let of = |name: &str| Invocation::of(Some(OsStr::new(name)), "rping", &["ping"]);
        assert_eq!(
            of("/usr/bin/ping6"),
            Invocation { name: "ping6".into(), peer: Some("ping"), family: Some(Family::V6) }
        );
        assert_eq!(of("ping"), Invocation { name: "ping".into(), peer: Some("ping"), family: None });
        assert_eq!(of("./rping4"), Invocation { name: "rping4".into(), peer: None, family: Some(Family::V4) });
        assert_eq!(of("/usr/bin/rprobe-ping"), Invocation { name: "rprobe-ping".into(), peer: None, family: None });
        assert_eq!(of("rprobe-ping6").family, Some(Family::V6));
        assert_eq!(Invocation::of(Some(OsStr::new("rprobe-trace6")), "rtrace", &["traceroute6"]).peer, None);
        assert_eq!(of("rping-1.6").family, None, "a version is no family");
        assert_eq!(of("").name, "rping");
        assert_eq!(Invocation::of(None, "rping", &["ping"]).name, "rping");
    }
}
