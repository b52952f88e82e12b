//! Why a link cannot be used: for a person, with the remedy.

use std::fmt;
use std::io;

use crate::net::socket::in_container;
use crate::sys::errno::Errno;

/// Why a packet socket is not there.
#[derive(Debug)]
pub enum LinkError {
    /// There is no interface of this name.
    NoInterface {
        /// The name.
        name: String,
    },
    /// The interface has no hardware address, which what was asked for needs.
    NoAddress {
        /// Its name.
        name: String,
        /// Whether it is the loopback.
        loopback: bool,
    },
    /// The interface is down.
    Down {
        /// Its name.
        name: String,
    },
    /// The kernel lets this process open no packet socket.
    NotPermitted {
        /// Whether this process runs in a container.
        container: bool,
    },
    /// Something else went wrong.
    Io {
        /// What was being done.
        what: &'static str,
        /// What the kernel said.
        error: io::Error,
    },
}

impl LinkError {
    /// From the error of opening a packet socket.
    pub(super) fn of_opening(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::PermissionDenied => LinkError::NotPermitted { container: in_container() },
            _ => LinkError::Io { what: "opening a packet socket", error },
        }
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkError::NoInterface { name } => write!(f, "-I {name}: no such interface (see: rlink interfaces)"),
            LinkError::NoAddress { name, loopback: true } => {
                write!(f, "-I {name}: the loopback has no MAC address; take an Ethernet interface (see: rlink interfaces)")
            }
            LinkError::NoAddress { name, loopback: false } => write!(
                f,
                "-I {name}: has no MAC address (a tunnel, or no Ethernet); take one that has (see: rlink interfaces)"
            ),
            LinkError::Down { name } => {
                write!(f, "-I {name}: the interface is down; switch it on: ip link set {name} up")
            }
            LinkError::NotPermitted { container: false } => f.write_str(
                "packet sockets are not permitted here; run it with sudo (a file capability would let every user read what \
                 passes the link)",
            ),
            LinkError::NotPermitted { container: true } => f.write_str(
                "packet sockets are not permitted here; this is a container: start it with --cap-add NET_RAW \
                 (Kubernetes: securityContext.capabilities.add [\"NET_RAW\"])",
            ),
            LinkError::Io { what, error } => write!(f, "{what}: {}", Errno::from(error)),
        }
    }
}

impl std::error::Error for LinkError {}

/// Says what was being done.
pub(super) fn io_while(what: &'static str) -> impl Fn(io::Error) -> LinkError {
    move |error| LinkError::Io { what, error }
}
