//! The peers whose names rtrace takes: traceroute, traceroute6, tracepath, tcptraceroute.
//!
//! traceroute's options are ours. The two others have letters of their own, which are put into ours before they are
//! read, so that there is one table of options and one plan.

use std::ffi::OsString;

use crate::cli::Refusal;
use crate::cli::refusal::shown;
use crate::report::trace::Shape;
use crate::trace::Method;

/// The names.
pub(super) const NAMES: &[&str] = &["traceroute", "tracepath", "tcptraceroute"];

/// A peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Dmitry Butskoy's traceroute for Linux; `traceroute6` is traceroute -6.
    Traceroute,
    /// iputils' tracepath.
    Tracepath,
    /// tcptraceroute, as a wrapper of traceroute has it.
    Tcptraceroute,
}

/// What becomes of an option of a peer.
enum Becomes {
    /// These words.
    Words(&'static [&'static str]),
    /// This option with its value.
    Option(&'static str),
    /// The packet length.
    Length,
    /// Nothing: it is so anyway.
    Nothing,
}

impl Peer {
    /// By its name.
    pub(super) fn of(name: &str) -> Option<Peer> {
        match name {
            "traceroute" => Some(Peer::Traceroute),
            "tracepath" => Some(Peer::Tracepath),
            "tcptraceroute" => Some(Peer::Tcptraceroute),
            _ => None,
        }
    }

    /// The method that it uses without being told.
    pub(super) fn method(self) -> Method {
        match self {
            Peer::Traceroute | Peer::Tracepath => Method::Udp,
            Peer::Tcptraceroute => Method::Tcp,
        }
    }

    /// The shape of its text.
    pub(super) fn shape(self) -> Shape {
        match self {
            Peer::Traceroute | Peer::Tcptraceroute => Shape::Traceroute,
            Peer::Tracepath => Shape::Tracepath,
        }
    }

    fn option(self, letter: char) -> Option<Becomes> {
        use Becomes::{Length, Nothing, Option, Words};
        Some(match (self, letter) {
            (Peer::Traceroute, _) => return None,
            (_, '4') => Words(&["-4"]),
            (_, '6') => Words(&["-6"]),
            (_, 'V') => Words(&["-V"]),
            (_, 'h') => Words(&["-h"]),
            (_, 'n') => Words(&["-n"]),
            (_, 'm') => Option("-m"),
            (_, 'l') => Length,
            (Peer::Tracepath, 'b') => Nothing,
            (Peer::Tracepath, 'p') => Option("-p"),
            (Peer::Tcptraceroute, 'd') => Words(&["-d"]),
            (Peer::Tcptraceroute, 'N') => Nothing,
            (Peer::Tcptraceroute, 'F') => Words(&["-F"]),
            (Peer::Tcptraceroute, 'S') => Words(&["-O", "syn"]),
            (Peer::Tcptraceroute, 'A') => Words(&["-O", "ack"]),
            (Peer::Tcptraceroute, 'E') => Words(&["-O", "ecn"]),
            (Peer::Tcptraceroute, 'p' | 'P') => Option("--sport"),
            (Peer::Tcptraceroute, 'i') => Option("-i"),
            (Peer::Tcptraceroute, 'f') => Option("-f"),
            (Peer::Tcptraceroute, 'q') => Option("-q"),
            (Peer::Tcptraceroute, 't') => Option("-t"),
            (Peer::Tcptraceroute, 's') => Option("-s"),
            (Peer::Tcptraceroute, 'w') => Option("-w"),
            (Peer::Tcptraceroute, _) | (Peer::Tracepath, _) => return None,
        })
    }

    /// A command line of this peer as one of ours.
    ///
    /// # Errors
    /// One line on an option that it does not have, or that misses its value.
    pub(super) fn translate(self, words: Vec<OsString>) -> Result<Vec<OsString>, Refusal> {
        if self == Peer::Traceroute {
            return Ok(words);
        }
        let mut words = words.into_iter();
        let mut ours: Vec<OsString> = words.next().into_iter().collect();
        let (mut operands, mut length): (Vec<OsString>, Option<OsString>) = (Vec::new(), None);
        let mut only_operands = false;
        while let Some(word) = words.next() {
            let text = word.to_string_lossy().into_owned();
            match text.strip_prefix('-').filter(|rest| !rest.is_empty() && !only_operands) {
                None => operands.push(word),
                Some("-") => only_operands = true,
                // Our own long options go through.
                Some(long) if long.starts_with('-') => ours.push(word),
                Some(letters) => self.letters(letters, &mut words, &mut ours, &mut length)?,
            }
        }
        match self {
            Peer::Tcptraceroute => {
                let mut operands = operands.into_iter();
                let host = operands.next();
                if let Some(port) = operands.next() {
                    ours.extend(["-p".into(), port]);
                }
                ours.push("-T".into());
                ours.extend(["-O".into(), "info".into()]);
                ours.extend(host);
                ours.extend(operands.next());
            }
            _ => {
                ours.extend(["-U", "--mtu", "-q", "1"].map(OsString::from));
                ours.extend(operands);
                ours.extend(length);
            }
        }
        Ok(ours)
    }

    /// One word of letters, the last of which may have a value.
    fn letters(
        self,
        letters: &str,
        words: &mut dyn Iterator<Item = OsString>,
        ours: &mut Vec<OsString>,
        length: &mut Option<OsString>,
    ) -> Result<(), Refusal> {
        for (at, letter) in letters.char_indices() {
            let rest = letters.get(at + letter.len_utf8()..).unwrap_or_default();
            let mut value = || match rest {
                "" => words.next().ok_or_else(|| Refusal::new(format!("-{letter} needs a value"))),
                rest => Ok(OsString::from(rest)),
            };
            match self.option(letter) {
                None => return Err(Refusal::new(format!("unknown option '-{}'", shown(&letter.to_string())))),
                Some(Becomes::Nothing) => {}
                Some(Becomes::Words(these)) => ours.extend(these.iter().map(OsString::from)),
                Some(Becomes::Option(option)) => {
                    let value = value()?;
                    ours.extend([OsString::from(option), value]);
                    return Ok(());
                }
                Some(Becomes::Length) => {
                    *length = Some(value()?);
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn translated(peer: Peer, line: &str) -> Result<String, String> {
        let words = line.split(' ').map(OsString::from).collect();
        let ours = peer.translate(words).map_err(|refusal| refusal.to_string())?;
        Ok(ours.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn tracepath_has_letters_of_its_own() {
        let of = |line| translated(Peer::Tracepath, line);
        assert_eq!(of("tracepath -n -m 5 -l1400 -p 99 h").unwrap(), "tracepath -n -m 5 -p 99 -U --mtu -q 1 h 1400");
        assert_eq!(of("tracepath -nb h").unwrap(), "tracepath -n -U --mtu -q 1 h");
        assert_eq!(of("tracepath -x h").unwrap_err(), "unknown option '-x'");
        assert_eq!(of("tracepath -m").unwrap_err(), "-m needs a value");
    }

    #[test]
    fn tcptraceroute_has_its_port_behind_the_host() {
        let of = |line| translated(Peer::Tcptraceroute, line);
        assert_eq!(of("t -n h 443").unwrap(), "t -n -p 443 -T -O info h");
        assert_eq!(of("t -SAp 99 h").unwrap(), "t -O syn -O ack --sport 99 -T -O info h");
    }
}
