//! Names to addresses and back, by the system's own resolver (`getaddrinfo(3)`, `getnameinfo(3)`).
//!
//! So `/etc/hosts`, mDNS, search lists and the order of `/etc/gai.conf` count, as for every other command. A temporary
//! failure is told from "no such name". Interfaces of link-local addresses (`fe80::1%eth0`) are read here, because
//! libraries differ in what they accept. Both calls may block for long.

use std::ffi::{CStr, CString};
use std::fmt;
use std::mem;
use std::net::{IpAddr, Ipv6Addr};
use std::ptr;

use super::address::{self, Endpoint, Name};
use super::consts::{AI_IDN, NI_IDN};
use super::errno::Errno;
use super::interfaces;
use crate::units::Family;

/// The addresses of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Each with its scope (interface index, 0 for none), in the system's order, without repetitions; never empty.
    pub addrs: Vec<(IpAddr, u32)>,
    /// The canonical name, if the resolver gave one.
    pub canonical: Option<String>,
}

/// Why a name has no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookupError {
    /// There is no such name.
    NotFound,
    /// There is no such name where this build looks; the host's other name services, named here, may know it.
    NotFoundHere(String),
    /// It is an address, or a name, of the other family than the one asked for.
    NoAddressOfFamily,
    /// The name exists but has no address that was asked for.
    NoAddress,
    /// The name server did not answer; trying again may help.
    Temporary,
    /// `%interface` names none of this host's.
    NoInterface(String),
    /// A system call failed.
    System(Errno),
    /// Anything else, in the resolver's words.
    Other(String),
}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LookupError::NotFound => f.write_str("Name or service not known"),
            LookupError::NotFoundHere(others) => write!(
                f,
                "Name or service not known (this build asks /etc/hosts and DNS alone; the host also has {others})"
            ),
            LookupError::NoAddressOfFamily => f.write_str("Address family for hostname not supported"),
            LookupError::NoAddress => f.write_str("No address associated with hostname"),
            LookupError::Temporary => f.write_str("Temporary failure in name resolution"),
            LookupError::NoInterface(name) => write!(f, "no interface \"{name}\""),
            LookupError::System(e) => e.fmt(f),
            LookupError::Other(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for LookupError {}

/// How to look up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LookupFlags {
    /// Addresses in digits only: never asks a name server.
    pub numeric_only: bool,
}

/// Looks up a name or an address in digits, with an optional `%interface` (name or index).
pub fn lookup(name: &str, family: Option<Family>, flags: LookupFlags) -> Result<Found, LookupError> {
    if let Some((host, zone)) = name.split_once('%') {
        if let Ok(addr) = host.parse::<Ipv6Addr>() {
            return scoped(addr, zone, family);
        }
    }
    // Libraries differ in what they call this.
    if name.parse::<IpAddr>().is_ok_and(|addr| family.is_some_and(|f| f != Family::of(addr))) {
        return Err(LookupError::NoAddressOfFamily);
    }
    let c_name = CString::new(name).map_err(|_| LookupError::NotFound)?;
    // SAFETY: addrinfo is numbers and pointers, for which zero is valid and means "no wish".
    let mut hints: libc::addrinfo = unsafe { mem::zeroed() };
    hints.ai_family = match family {
        None => libc::AF_UNSPEC,
        Some(Family::V4) => libc::AF_INET,
        Some(Family::V6) => libc::AF_INET6,
    };
    // One answer per address instead of one per protocol.
    hints.ai_socktype = libc::SOCK_RAW;
    hints.ai_flags = libc::AI_CANONNAME | AI_IDN;
    if flags.numeric_only {
        hints.ai_flags |= libc::AI_NUMERICHOST;
    }
    let mut list: *mut libc::addrinfo = ptr::null_mut();
    // SAFETY: `c_name` ends in NUL, `hints` is initialized, `list` receives a list that is freed below.
    let r = unsafe { libc::getaddrinfo(c_name.as_ptr(), ptr::null(), &hints, &mut list) };
    if r != 0 {
        return Err(match failure(r) {
            LookupError::NotFound if !flags.numeric_only => {
                unasked_services().map_or(LookupError::NotFound, LookupError::NotFoundHere)
            }
            other => other,
        });
    }
    // SAFETY: on success `list` is a valid list, read before it is freed, and freed once.
    let found = unsafe {
        let found = read_list(list);
        libc::freeaddrinfo(list);
        found
    };
    if found.addrs.is_empty() { Err(LookupError::NoAddress) } else { Ok(found) }
}

fn scoped(addr: Ipv6Addr, zone: &str, family: Option<Family>) -> Result<Found, LookupError> {
    if family == Some(Family::V4) {
        return Err(LookupError::NoAddressOfFamily);
    }
    let scope = interfaces::index_of(zone)
        .or_else(|| zone.parse().ok().filter(|i| interfaces::name_of(*i).is_some()))
        .ok_or_else(|| LookupError::NoInterface(zone.to_owned()))?;
    Ok(Found { addrs: vec![(IpAddr::V6(addr), scope)], canonical: Some(format!("{addr}%{zone}")) })
}

/// # Safety
/// `list` must be null or a list that getaddrinfo returned and nobody freed.
unsafe fn read_list(list: *const libc::addrinfo) -> Found {
    let mut found = Found { addrs: Vec::new(), canonical: None };
    let mut at = list;
    // SAFETY: the caller vouches for the list; each `ai_addr` has `ai_addrlen` bytes, each `ai_canonname` is null or
    // ends in NUL.
    while let Some(info) = unsafe { at.as_ref() } {
        if !info.ai_addr.is_null() {
            // SAFETY: not null, and of the length that stands beside it.
            let bytes = unsafe { std::slice::from_raw_parts(info.ai_addr.cast::<u8>(), info.ai_addrlen as usize) };
            if let Some(Endpoint { addr, scope, .. }) = address::parse(bytes) {
                if !found.addrs.contains(&(addr, scope)) {
                    found.addrs.push((addr, scope));
                }
            }
        }
        if found.canonical.is_none() && !info.ai_canonname.is_null() {
            // SAFETY: not null, and ends in NUL.
            let name = unsafe { CStr::from_ptr(info.ai_canonname) };
            found.canonical = Some(name.to_string_lossy().into_owned());
        }
        at = info.ai_next;
    }
    found
}

fn failure(code: i32) -> LookupError {
    match code {
        libc::EAI_NONAME => LookupError::NotFound,
        libc::EAI_NODATA => LookupError::NoAddress,
        libc::EAI_FAMILY | EAI_ADDRFAMILY => LookupError::NoAddressOfFamily,
        libc::EAI_AGAIN => LookupError::Temporary,
        libc::EAI_SYSTEM => LookupError::System(Errno::from(&std::io::Error::last_os_error())),
        other => {
            // SAFETY: gai_strerror returns a static text for every number.
            let text = unsafe { CStr::from_ptr(libc::gai_strerror(other)) };
            LookupError::Other(text.to_string_lossy().into_owned())
        }
    }
}

/// The name services of this host that the C library of this build knows nothing of.
fn unasked_services() -> Option<String> {
    if cfg!(target_env = "gnu") {
        return None;
    }
    other_services(&std::fs::read_to_string("/etc/nsswitch.conf").ok()?)
}

/// What `nsswitch.conf(5)` has for hosts beside files and DNS (`resolve` answers as DNS, too).
fn other_services(conf: &str) -> Option<String> {
    let hosts = conf.lines().find_map(|line| line.trim_start().strip_prefix("hosts:"))?;
    let hosts = hosts.split('#').next().unwrap_or_default();
    // An action stands in brackets: [NOTFOUND=return].
    let services = hosts.split('[').map(|part| part.rsplit(']').next().unwrap_or_default());
    let others: Vec<&str> = services
        .flat_map(str::split_whitespace)
        .filter(|service| !["files", "dns", "resolve"].contains(service))
        .collect();
    (!others.is_empty()).then(|| others.join(", "))
}

/// `netdb.h` of glibc; the `libc` crate does not have it.
const EAI_ADDRFAMILY: i32 = -9;

/// The name of an address, if it has one.
#[must_use]
pub fn reverse(addr: IpAddr, scope: u32) -> Option<String> {
    let mut name = Name::default();
    let len = name.write(Endpoint { addr, scope, port: 0 }, 0);
    let mut host = [0_u8; 1025]; // NI_MAXHOST
    // SAFETY: `name` holds a socket address of `len` bytes, aligned; `host` is writable for its length; no service asked.
    let r = unsafe {
        libc::getnameinfo(
            name.as_mut_ptr().cast_const().cast(),
            len as libc::socklen_t,
            host.as_mut_ptr().cast(),
            host.len() as _,
            ptr::null_mut(),
            0,
            libc::NI_NAMEREQD | NI_IDN,
        )
    };
    if r != 0 {
        return None;
    }
    CStr::from_bytes_until_nul(&host).ok().map(|s| s.to_string_lossy().into_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn numeric(name: &str, family: Option<Family>) -> Result<Found, LookupError> {
        lookup(name, family, LookupFlags { numeric_only: true })
    }

    #[test]
    fn digits_need_no_server() {
        assert_eq!(numeric("192.0.2.7", None).unwrap().addrs, [("192.0.2.7".parse().unwrap(), 0)]);
        assert_eq!(numeric("127.1", None).unwrap().addrs, [("127.0.0.1".parse().unwrap(), 0)]);
        assert_eq!(numeric("::1", Some(Family::V6)).unwrap().addrs, [("::1".parse().unwrap(), 0)]);
        assert_eq!(numeric("192.0.2.7", Some(Family::V6)), Err(LookupError::NoAddressOfFamily));
        assert_eq!(numeric("no.such.name.invalid", None), Err(LookupError::NotFound));
        assert_eq!(numeric("a\0b", None), Err(LookupError::NotFound));
        assert!(numeric(&"x".repeat(300), None).is_err());
        assert!(numeric("", None).is_err());
    }

    #[test]
    fn other_name_services_of_a_host() {
        let debian = "passwd: files\nhosts:          files mdns4_minimal [NOTFOUND=return] dns mymachines # sss\n";
        assert_eq!(other_services(debian).as_deref(), Some("mdns4_minimal, mymachines"));
        assert_eq!(other_services("  hosts: files [ SUCCESS=return !UNAVAIL=continue ] wins").as_deref(), Some("wins"));
        for none in [
            "",
            "passwd: sss",
            "hosts: files dns",
            "hosts: resolve [!UNAVAIL=return] files dns",
            "hosts:",
            "#hosts: wins",
        ] {
            assert_eq!(other_services(none), None, "{none}");
        }
    }

    #[test]
    fn scopes_by_name_and_by_number() {
        let Some(lo) = interfaces::index_of("lo") else { return };
        let expected = vec![("fe80::1".parse().unwrap(), lo)];
        assert_eq!(numeric("fe80::1%lo", None).unwrap().addrs, expected);
        assert_eq!(numeric(&format!("fe80::1%{lo}"), None).unwrap().addrs, expected);
        assert_eq!(numeric("fe80::1%nosuch0", None), Err(LookupError::NoInterface("nosuch0".into())));
        assert_eq!(numeric("fe80::1%", None), Err(LookupError::NoInterface(String::new())));
        assert_eq!(numeric("fe80::1%lo", Some(Family::V4)), Err(LookupError::NoAddressOfFamily));
    }
}
