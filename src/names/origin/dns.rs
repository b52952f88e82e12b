//! Origins by DNS TXT, as Team Cymru's zone has them: the address backwards in front of the zone's name.
//!
//! The C library's resolver has no call for TXT that the `libc` crate knows, and a whole DNS library is a large thing for
//! one question. What is here asks one of the system's name servers by UDP and reads the first text of the answer; a
//! server that is silent costs its worker two seconds, never a probe.

use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use super::Origin;
use crate::sys::process::random_key;

/// How long a server is waited for, and how often it is asked.
const PATIENCE: Duration = Duration::from_secs(2);
const TRIES: usize = 2;

/// Octets of a question's fixed head (RFC 1035 §4.1.1).
const HEAD: usize = 12;
/// Types and class of RFC 1035 §3.2.
const TXT: u16 = 16;
const IN: u16 = 1;

/// A zone that knows origins, and the server to ask.
#[derive(Clone, Debug)]
pub struct Zone {
    /// The zone of IPv4 addresses; that of IPv6 has `6` behind its first label (`origin6.asn.cymru.com`).
    name: String,
    server: SocketAddr,
}

impl Zone {
    /// This zone, by the first of the system's name servers.
    ///
    /// # Errors
    /// Where `/etc/resolv.conf` cannot be read or names no server.
    pub fn new(name: &str) -> io::Result<Zone> {
        let config = fs::read_to_string("/etc/resolv.conf")?;
        let server = server_in(&config).ok_or_else(|| io::Error::other("/etc/resolv.conf names no server"))?;
        Ok(Zone { name: name.trim_end_matches('.').to_owned(), server: (server, 53).into() })
    }

    /// Who announces this address; `None` if the zone does not say, or nobody answers in time.
    #[must_use]
    pub fn find(&self, addr: IpAddr) -> Option<Origin> {
        let name = self.question(addr);
        (0..TRIES).find_map(|_| self.ask(&name).ok()).flatten().and_then(|text| read(&text))
    }

    fn question(&self, addr: IpAddr) -> String {
        match addr {
            IpAddr::V4(addr) => {
                let [a, b, c, d] = addr.octets();
                format!("{d}.{c}.{b}.{a}.{}", self.name)
            }
            IpAddr::V6(addr) => {
                let nibbles = addr.octets().iter().rev().flat_map(|byte| [byte & 15, byte >> 4]).collect::<Vec<_>>();
                let reversed: String = nibbles.iter().map(|nibble| format!("{nibble:x}.")).collect();
                let (first, rest) = self.name.split_once('.').unwrap_or((&self.name, ""));
                format!("{reversed}{first}6.{rest}")
            }
        }
    }

    /// `Ok(None)`: the server says that there is nothing.
    fn ask(&self, name: &str) -> io::Result<Option<String>> {
        let here: IpAddr = if self.server.is_ipv4() { [0; 4].into() } else { [0; 16].into() };
        let socket = UdpSocket::bind((here, 0))?;
        socket.connect(self.server)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let [high, low, ..] = random_key()?;
        let query = query([high, low], name);
        socket.send(&query)?;
        let mut bytes = [0; 1500];
        // What is no answer to this question is a stranger's; the next datagram may be the one, within bounds.
        for _ in 0..16 {
            let n = socket.recv(&mut bytes)?;
            if let Some(answer) = bytes.get(..n).and_then(|answer| text_in(answer, &query)) {
                return Ok(answer);
            }
        }
        Err(io::ErrorKind::TimedOut.into())
    }
}

/// The first server of a resolver's configuration (resolv.conf(5)).
fn server_in(config: &str) -> Option<IpAddr> {
    config.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some("nameserver")).then(|| words.next()?.parse().ok()).flatten()
    })
}

/// A question for the texts of a name, recursion desired.
fn query(id: [u8; 2], name: &str) -> Vec<u8> {
    let mut query = vec![id[0], id[1], 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.').filter(|label| !label.is_empty()) {
        let label = label.as_bytes().get(..label.len().min(63)).unwrap_or_default();
        query.push(label.len() as u8);
        query.extend(label);
    }
    query.push(0);
    query.extend(TXT.to_be_bytes());
    query.extend(IN.to_be_bytes());
    query
}

/// The first text of an answer to this query; `Some(None)` if it answers and holds none, `None` if it answers something
/// else.
fn text_in(answer: &[u8], query: &[u8]) -> Option<Option<String>> {
    let is_answer = answer.get(..2) == query.get(..2) && answer.get(2)? & 0x80 != 0;
    if !is_answer || !answer.get(HEAD..)?.get(..query.len() - HEAD)?.eq_ignore_ascii_case(query.get(HEAD..)?) {
        return None;
    }
    let mut left = answer.get(query.len()..)?;
    for _ in 0..u16::from_be_bytes([*answer.get(6)?, *answer.get(7)?]) {
        let Some((kind, data, rest)) = record(left) else { return Some(None) };
        if kind == TXT {
            let len = usize::from(*data.first()?);
            let text = data.get(1..=len)?;
            return Some(Some(String::from_utf8_lossy(text).into_owned()));
        }
        left = rest;
    }
    Some(None)
}

/// Type, data and what follows a resource record (RFC 1035 §4.1.3).
fn record(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let mut at = 0;
    loop {
        match *bytes.get(at)? {
            0 => break at += 1,
            len if len >= 0xc0 => break at += 2,
            len => at += 1 + usize::from(len),
        }
    }
    let fixed = bytes.get(at..at + 10)?;
    let kind = u16::from_be_bytes([*fixed.first()?, *fixed.get(1)?]);
    let len = usize::from(u16::from_be_bytes([*fixed.get(8)?, *fixed.get(9)?]));
    let data = bytes.get(at + 10..at + 10 + len)?;
    Some((kind, data, bytes.get(at + 10 + len..)?))
}

/// What an answer to a question of ours says, for fuzzing.
pub(super) fn answered(answer: &[u8]) -> Option<Origin> {
    text_in(answer, &query([1, 2], "1.2.0.192.origin.example")).flatten().and_then(|text| read(&text))
}

/// `23028 216.90.108.0/24` and what follows, separated by bars.
fn read(text: &str) -> Option<Origin> {
    let mut fields = text.split('|').map(str::trim);
    let asns: Vec<u32> = fields.next()?.split_whitespace().map_while(|word| word.parse().ok()).collect();
    let prefix = fields.next().and_then(|prefix| {
        let (addr, len) = prefix.split_once('/')?;
        Some((addr.parse().ok()?, len.parse().ok()?))
    });
    (!asns.is_empty()).then_some(Origin { asns, prefix, name: None })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use super::*;

    /// Answers one question with these bytes, in their own way.
    fn server(answer: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> Zone {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let server = socket.local_addr().unwrap();
        std::thread::spawn(move || {
            let mut bytes = [0; 1500];
            while let Ok((n, from)) = socket.recv_from(&mut bytes) {
                for answer in answer(&bytes[..n]) {
                    socket.send_to(&answer, from).unwrap();
                }
            }
        });
        Zone { name: "origin.example".into(), server }
    }

    fn with_text(query: &[u8], text: &str) -> Vec<u8> {
        let mut answer = query.to_vec();
        (answer[2], answer[7]) = (0x81, 1);
        answer.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, text.len() as u8 + 1, text.len() as u8]);
        answer.extend(text.as_bytes());
        answer
    }

    #[test]
    fn a_question_is_the_address_backwards() {
        let zone = server(|_| Vec::new());
        assert_eq!(zone.question("192.0.2.1".parse().unwrap()), "1.2.0.192.origin.example");
        let six = zone.question("2001:db8::1".parse().unwrap());
        assert!(six.starts_with("1.0.0.0.") && six.ends_with(".8.b.d.0.1.0.0.2.origin6.example"), "{six}");
    }

    #[test]
    fn a_text_is_an_origin_and_strangers_are_no_answer() {
        let zone = server(|query| {
            let mut stranger = with_text(query, "666 | 0.0.0.0/0");
            stranger[0] ^= 1;
            vec![stranger, b"\x00".to_vec(), with_text(query, "64496 64497 | 192.0.2.0/24 | ZZ | none | 2020-01-01")]
        });
        let found = zone.find("192.0.2.1".parse().unwrap()).unwrap();
        assert_eq!(found.asns, [64_496, 64_497]);
        assert_eq!(found.prefix, Some(("192.0.2.0".parse().unwrap(), 24)));
    }

    #[test]
    fn nothing_is_nothing() {
        let zone = server(|query| {
            let mut answer = query.to_vec();
            answer[2..4].copy_from_slice(&[0x81, 0x83]);
            vec![answer]
        });
        assert_eq!(zone.find("192.0.2.1".parse().unwrap()), None);
        assert_eq!(read("NA | 1.2.3.0/24"), None);
        assert_eq!(server_in("# x\nsearch a\nnameserver 192.0.2.53\n"), Some("192.0.2.53".parse().unwrap()));
    }

    proptest::proptest! {
        #[test]
        fn no_answer_can_hurt(tail in proptest::collection::vec(0u8.., 0..80), count: u8, cut in 0usize..120) {
            let query = query([1, 2], "a.b");
            let mut answer = query.clone();
            (answer[2], answer[7]) = (0x81, count);
            answer.extend(tail);
            answer.truncate(cut.max(2));
            let _ = text_in(&answer, &query);
        }
    }
}
