//! A tiny nameserver inside a namespace that says what a test wants, or nothing at all.

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::lab::Host;

/// Query types of RFC 1035 §3.2.2.
pub const A: u16 = 1;
/// Address to name.
pub const PTR: u16 = 12;

/// What it says.
#[derive(Clone, Debug)]
pub enum Says {
    /// Nothing, ever.
    Silence,
    /// This response code: 2 is SERVFAIL, 3 NXDOMAIN.
    Code(u8),
    /// An IPv4 address.
    Addr(Ipv4Addr),
    /// A name, label by label, any bytes.
    Name(Vec<Vec<u8>>),
    /// There is such a name, but nothing of this type.
    Nothing,
}

/// The nameserver; stops when dropped.
#[derive(Debug)]
pub struct Dns {
    stop: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl Dns {
    /// Answers on 127.0.0.1 of `host` what `says` says to a question (name with dots, type).
    pub fn start(host: &Host, says: impl Fn(&str, u16) -> Says + Send + 'static) -> Dns {
        let socket = host.enter(|| UdpSocket::bind("127.0.0.1:53")).expect("the nameserver's port");
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let (stop, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (stopped, count) = (Arc::clone(&stop), Arc::clone(&asked));
        let thread = thread::spawn(move || {
            let mut buf = [0; 1500];
            while !stopped.load(Ordering::Relaxed) {
                let Ok((len, from)) = socket.recv_from(&mut buf) else { continue };
                count.fetch_add(1, Ordering::Relaxed);
                if let Some(answer) = answer(&buf[..len], &says) {
                    let _ = socket.send_to(&answer, from);
                }
            }
        });
        Dns { stop, asked, thread: Some(thread) }
    }

    /// One that hears and never answers.
    pub fn silent(host: &Host) -> Dns {
        Dns::start(host, |_, _| Says::Silence)
    }

    /// How many questions have come.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Drop for Dns {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The answer to a message with one question; `None`: say nothing.
fn answer(query: &[u8], says: &impl Fn(&str, u16) -> Says) -> Option<Vec<u8>> {
    let mut name = String::new();
    let mut at = 12;
    while query[at] != 0 {
        let label = &query[at + 1..=at + usize::from(query[at])];
        name.extend([&String::from_utf8_lossy(label), "."]);
        at += 1 + label.len();
    }
    let question_end = at + 5;
    let kind = u16::from_be_bytes([query[at + 1], query[at + 2]]);
    let (code, data) = match says(name.trim_end_matches('.'), kind) {
        Says::Silence => return None,
        Says::Code(code) => (code, None),
        Says::Nothing => (0, None),
        Says::Addr(addr) => (0, Some(addr.octets().to_vec())),
        Says::Name(labels) => {
            let mut data: Vec<u8> = labels.iter().flat_map(|l| [&[l.len() as u8][..], l].concat()).collect();
            data.push(0);
            (0, Some(data))
        }
    };
    let mut out = query[..question_end].to_vec();
    // A response to a recursive query, with one question, and one answer or none.
    out[2..12].copy_from_slice(&[0x81, 0x80 | code, 0, 1, 0, u8::from(data.is_some()), 0, 0, 0, 0]);
    if let Some(data) = data {
        // The question's name again, its type, class IN, a minute.
        out.extend([0xc0, 12]);
        out.extend(kind.to_be_bytes());
        out.extend([0, 1, 0, 0, 0, 60]);
        out.extend((data.len() as u16).to_be_bytes());
        out.extend(data);
    }
    Some(out)
}
