//! Why no socket could be opened, and what would help: one message that names the remedies with exact commands.

use std::fmt;
use std::io;
use std::path::Path;

use super::options::SocketChoice;
use crate::units::Family;

/// Why the sockets are not what was asked for.
#[derive(Debug)]
pub enum OpenError {
    /// The kernel lets this process open neither kind of socket.
    NotPermitted {
        /// What was asked for.
        choice: SocketChoice,
        /// The command, as it is installed.
        command: &'static str,
        /// Whether this process runs in a container.
        container: bool,
    },
    /// Something needs raw sockets, which this process may not open.
    NeedsRaw {
        /// The option as the user knows it.
        what: &'static str,
        /// The command, as it is installed.
        command: &'static str,
        /// Whether this process runs in a container.
        container: bool,
    },
    /// The kernel has no sockets of a family that a target needs.
    NoFamily {
        /// Which.
        family: Family,
        /// What it said.
        error: io::Error,
    },
    /// An option cannot be had.
    Option {
        /// The option as the user knows it.
        what: &'static str,
        /// Its value.
        value: String,
        /// What the kernel said, or why it makes no sense.
        why: String,
    },
    /// Something else went wrong in opening.
    Io {
        /// What was being done.
        what: &'static str,
        /// What the kernel said.
        error: io::Error,
    },
}

impl OpenError {
    pub(in crate::net) fn not_permitted(choice: SocketChoice, command: &'static str) -> Self {
        OpenError::NotPermitted { choice, command, container: in_container() }
    }

    pub(in crate::net) fn needs_raw(what: &'static str, command: &'static str) -> Self {
        OpenError::NeedsRaw { what, command, container: in_container() }
    }

    pub(in crate::net) fn option(what: &'static str, value: impl fmt::Display, why: impl fmt::Display) -> Self {
        OpenError::Option { what, value: value.to_string(), why: why.to_string() }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::NeedsRaw { what, command, container } => {
                write!(f, "{what} needs CAP_NET_RAW; ")?;
                if *container { f.write_str(CONTAINER_RAW) } else { write!(f, "{}", Capability(command)) }
            }
            OpenError::NotPermitted { choice, command, container } => {
                let capability = Capability(command);
                let what = match choice {
                    SocketChoice::Auto => "raw and ping sockets are",
                    SocketChoice::Raw => "raw sockets are",
                    SocketChoice::Dgram => "ping sockets are",
                };
                write!(f, "{what} not permitted here; ")?;
                match (choice, container) {
                    (SocketChoice::Dgram, false) => f.write_str(GROUPS),
                    (SocketChoice::Raw, false) => write!(f, "{capability}"),
                    (SocketChoice::Auto, false) => write!(f, "{capability}, or {GROUPS}"),
                    (_, true) => f.write_str(CONTAINER),
                }
            }
            OpenError::NoFamily { family, error } => {
                write!(f, "{family} is not available on this host: {}", crate::sys::errno::Errno::from(error))
            }
            OpenError::Option { what, value, why } if value.is_empty() => write!(f, "{what}: {why}"),
            OpenError::Option { what, value, why } => write!(f, "{what} {value}: {why}"),
            OpenError::Io { what, error } => write!(f, "{what}: {}", crate::sys::errno::Errno::from(error)),
        }
    }
}

impl std::error::Error for OpenError {}

/// How a command gets the right to raw sockets.
struct Capability<'a>(&'a str);

impl fmt::Display for Capability<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = "run it with sudo, or let it open raw sockets: sudo setcap cap_net_raw+p";
        write!(f, "{how} \"$(command -v {})\"", self.0)
    }
}

const CONTAINER_RAW: &str = "this is a container: start it with --cap-add NET_RAW (Kubernetes: \
     securityContext.capabilities.add [\"NET_RAW\"])";
const GROUPS: &str = "let everyone ping: sudo sysctl -w net.ipv4.ping_group_range='0 2147483647'";
const CONTAINER: &str = "this is a container: start it with --cap-add NET_RAW, or with \
     --sysctl net.ipv4.ping_group_range='0 2147483647' (Kubernetes: securityContext.capabilities.add [\"NET_RAW\"], or \
     the pod's securityContext.sysctls)";

/// Whether the usual container runtimes left their marks.
pub(in crate::net) fn in_container() -> bool {
    Path::new("/.dockerenv").exists()
        || Path::new("/run/.containerenv").exists()
        || std::env::var_os("KUBERNETES_SERVICE_HOST").is_some()
}

/// EPERM: no CAP_NET_RAW. EACCES: not in `ping_group_range`, or a security module.
pub(in crate::net) fn is_refusal(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}

/// Says what was being done.
pub(in crate::net) fn io_while(what: &'static str) -> impl Fn(io::Error) -> OpenError {
    move |error| OpenError::Io { what, error }
}
