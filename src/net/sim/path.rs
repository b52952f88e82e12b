//! What a simulated network does to probes: the general conduct of a path, single acts by rule, and what befalls the host.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::net::NotSent;
use crate::sys::errno::Errno;
use crate::wire::icmp::IcmpError;

/// When the kernel's departure stamp of a probe can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamps {
    /// As the probe leaves.
    AtOnce,
    /// So long after our call; replies may come first.
    After(Duration),
    /// Never: the device gives none.
    Never,
}

/// Who tells of a packet that is too large for a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Narrow {
    /// This host refuses it: `EMSGSIZE`.
    Here,
    /// A router answers with the next hop's MTU (RFC 792 with RFC 1191, RFC 4443 §3.2).
    Router(IpAddr),
    /// A router answers and names no MTU, as before RFC 1191.
    OldRouter(IpAddr),
    /// Nobody: a black hole.
    Nobody,
}

/// How a path treats every probe. Probabilities are 0 to 1.
#[derive(Clone, Debug)]
pub struct Path {
    pub(super) delay: Duration,
    pub(super) jitter: Duration,
    pub(super) departure: Duration,
    pub(super) loss: f64,
    pub(super) duplicates: f64,
    pub(super) damage: f64,
    pub(super) reordering: (f64, Duration),
    pub(super) stamps: Stamps,
    pub(super) arrival_stamps: bool,
    pub(super) card_ns: Option<i64>,
    pub(super) mtu: Option<(u32, Narrow)>,
    pub(super) far_clock_ms: i64,
    pub(super) responds: bool,
}

impl Default for Path {
    /// A millisecond there and back, nothing lost, everything stamped.
    fn default() -> Self {
        Path {
            delay: Duration::from_millis(1),
            jitter: Duration::ZERO,
            departure: Duration::from_micros(5),
            loss: 0.0,
            duplicates: 0.0,
            damage: 0.0,
            reordering: (0.0, Duration::ZERO),
            stamps: Stamps::AtOnce,
            arrival_stamps: true,
            card_ns: None,
            mtu: None,
            far_clock_ms: 0,
            responds: true,
        }
    }
}

impl Path {
    /// A path that takes so long there and back.
    #[must_use]
    pub fn new(delay: Duration) -> Self {
        Path { delay, ..Path::default() }
    }

    /// Up to so much is added to each round trip.
    #[must_use]
    pub fn jitter(self, jitter: Duration) -> Self {
        Path { jitter, ..self }
    }

    /// From our call to the driver, ARP included.
    #[must_use]
    pub fn departure(self, departure: Duration) -> Self {
        Path { departure, ..self }
    }

    /// So many probes or replies are lost.
    #[must_use]
    pub fn loss(self, loss: f64) -> Self {
        Path { loss, ..self }
    }

    /// So many replies come twice, the second up to a round trip later.
    #[must_use]
    pub fn duplicates(self, duplicates: f64) -> Self {
        Path { duplicates, ..self }
    }

    /// So many replies have one byte of their payload turned.
    #[must_use]
    pub fn damage(self, damage: f64) -> Self {
        Path { damage, ..self }
    }

    /// So many replies come so much later than the others.
    #[must_use]
    pub fn reordering(self, share: f64, by: Duration) -> Self {
        Path { reordering: (share, by), ..self }
    }

    /// When departure stamps can be read.
    #[must_use]
    pub fn stamps(self, stamps: Stamps) -> Self {
        Path { stamps, ..self }
    }

    /// Whether replies are stamped as they arrive.
    #[must_use]
    pub fn arrival_stamps(self, given: bool) -> Self {
        Path { arrival_stamps: given, ..self }
    }

    /// The network card stamps both ends too, by a clock of its own that is so many nanoseconds ahead of the wall clock as
    /// it was at the beginning.
    #[must_use]
    pub fn card_stamps(self, ahead_ns: i64) -> Self {
        Path { card_ns: Some(ahead_ns), ..self }
    }

    /// The largest IP packet that passes, and who says so.
    #[must_use]
    pub fn mtu(self, mtu: u32, narrow: Narrow) -> Self {
        Path { mtu: Some((mtu, narrow)), ..self }
    }

    /// The far host's clock minus ours, for timestamp requests.
    #[must_use]
    pub fn far_clock_ms(self, ms: i64) -> Self {
        Path { far_clock_ms: ms, ..self }
    }

    /// A host that never answers.
    #[must_use]
    pub fn silent() -> Self {
        Path { responds: false, ..Path::default() }
    }
}

/// How a reply is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The payload's byte at this offset (modulo its length) has every bit turned.
    Byte(usize),
    /// The whole payload is somebody else's.
    Payload,
    /// Only the checksum is wrong.
    Checksum,
    /// The message is cut to so many bytes of payload.
    CutTo(usize),
    /// So many bytes are added.
    Grown(usize),
}

/// How much of a probe an ICMP error quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quote {
    /// The ICMP header alone (RFC 792).
    Header,
    /// All of it (RFC 1812 §4.3.2.3, RFC 4443 §3).
    Whole,
    /// The ICMP header, with a checksum that we did not send.
    WrongChecksum,
    /// All of it, with a token that we did not send.
    WrongToken,
}

/// What happens to one probe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Act {
    /// No reply.
    Lose,
    /// The reply takes so much longer.
    Delay(Duration),
    /// So many more replies, each so much after the one before.
    Duplicate(u32, Duration),
    /// The reply is damaged.
    Damage(Damage),
    /// The reply comes from this address.
    From(IpAddr),
    /// An ICMP error comes after so long; the probe is answered only if another act says nothing against it.
    Error(IpAddr, IcmpError, Quote, Duration),
    /// A redirect to this gateway comes as well.
    Redirect(IpAddr, IpAddr),
    /// The kernel refuses to send it.
    Refuse(NotSent),
    /// This host gives it up after so long (the error queue's local errors).
    GiveUp(Errno, Duration),
    /// Its departure stamp comes so.
    Stamp(Stamps),
    /// Its arrival is not stamped.
    NoArrivalStamp,
}

/// Acts for some probes.
#[derive(Clone, Debug)]
pub struct Rule {
    pub(super) to: Option<IpAddr>,
    pub(super) nth: RangeInclusive<u64>,
    pub(super) act: Act,
}

impl Rule {
    /// For the *n*th probe to each address, counted from 1 as they are given to the network.
    #[must_use]
    pub fn nth(n: u64, act: Act) -> Self {
        Rule { to: None, nth: n..=n, act }
    }

    /// For a range of them.
    #[must_use]
    pub fn range(nth: RangeInclusive<u64>, act: Act) -> Self {
        Rule { to: None, nth, act }
    }

    /// For every probe.
    #[must_use]
    pub fn every(act: Act) -> Self {
        Rule { to: None, nth: 1..=u64::MAX, act }
    }

    /// Only for probes to this address.
    #[must_use]
    pub fn to(self, addr: IpAddr) -> Self {
        Rule { to: Some(addr), ..self }
    }
}

/// What befalls this host.
#[derive(Clone, Debug)]
pub enum Happening {
    /// The wall clock is set by so many nanoseconds, and the network notices.
    Step(i64),
    /// The wall clock is set, and the network does not notice.
    QuietStep(i64),
    /// The host sleeps; what arrives meanwhile is lost.
    Suspend(Duration),
    /// The process is not run; what arrives meanwhile waits in the socket.
    Stall(Duration),
    /// Our own socket drops so many packets.
    Drop(u64),
    /// From now on every send is refused (`None`: no longer).
    Refuse(Option<NotSent>),
    /// From now on the path that has no name of its own is this one.
    Path(Path),
}

/// Somebody else's packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// A reply with a sequence number of ours and a payload of its own.
    Reply,
    /// A reply of another process that sends the very same kind of probes with the same numbers, under another key.
    Twin,
    /// An ICMP error that quotes a sequence number of ours with another token.
    Error,
    /// The same without a number, as where it stood in what somebody on the way rewrote.
    Unnumbered,
    /// A packet that the network itself finds not to be ours.
    Noise,
}

/// A stream of strangers' packets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crowd {
    pub(super) kind: Stranger,
    pub(super) from: IpAddr,
    pub(super) every: Duration,
}
