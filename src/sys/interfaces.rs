//! The interfaces of this host: names, indices, addresses, MTU, VRF devices.
//!
//! `getifaddrs(3)` and sysfs say all that probes need; what a packet to some host would use is `super::route`'s question.

use std::ffi::{CStr, CString};
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;

use super::address::{self, V4_LEN, V6_LEN};

/// One interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// Its index.
    pub index: u32,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// Of those that have a mask, the address and its prefix length: the networks of this link.
    pub networks: Vec<(IpAddr, u8)>,
    /// `IFF_UP` and the like (`netdevice(7)`).
    pub flags: u32,
}

impl Interface {
    /// Administratively up.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.flags & libc::IFF_UP as u32 != 0
    }
}

/// All interfaces, in the system's order.
pub fn list() -> io::Result<Vec<Interface>> {
    let mut head: *mut libc::ifaddrs = std::ptr::null_mut();
    // SAFETY: `head` receives a list that is freed below.
    if unsafe { libc::getifaddrs(&mut head) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let mut all: Vec<Interface> = Vec::new();
    let mut at = head;
    // SAFETY: the list is valid until freed; each name ends in NUL.
    while let Some(entry) = unsafe { at.as_ref() } {
        at = entry.ifa_next;
        if entry.ifa_name.is_null() {
            continue;
        }
        // SAFETY: not null, and the list's names end in NUL.
        let name = unsafe { CStr::from_ptr(entry.ifa_name) }.to_string_lossy();
        let known = all.iter().position(|i| i.name == name);
        let position = known.unwrap_or_else(|| {
            all.push(Interface {
                index: index_of(&name).unwrap_or(0),
                name: name.into_owned(),
                ..Interface::default()
            });
            all.len() - 1
        });
        if let Some(interface) = all.get_mut(position) {
            interface.flags |= entry.ifa_flags;
            // SAFETY: each is null, or an address of the list with the size of its family.
            let (address, mask) = unsafe { (read_address(entry.ifa_addr), read_address(entry.ifa_netmask)) };
            interface.addresses.extend(address);
            interface.networks.extend(address.zip(mask).map(|(address, mask)| (address, prefix_len(mask))));
        }
    }
    // SAFETY: `head` came from getifaddrs and is freed once, after the last use.
    unsafe { libc::freeifaddrs(head) };
    Ok(all)
}

/// # Safety
/// `at` must be null or point to a socket address of its family's full length.
unsafe fn read_address(at: *const libc::sockaddr) -> Option<IpAddr> {
    if at.is_null() {
        return None;
    }
    // SAFETY: the family stands at the beginning of every socket address, and says how long it is.
    let bytes = unsafe {
        let len = match i32::from((*at).sa_family) {
            libc::AF_INET => V4_LEN,
            libc::AF_INET6 => V6_LEN,
            _ => return None,
        };
        std::slice::from_raw_parts(at.cast::<u8>(), len)
    };
    address::parse(bytes).map(|e| e.addr)
}

/// The length of the prefix that a mask leaves.
fn prefix_len(mask: IpAddr) -> u8 {
    let ones = match mask {
        IpAddr::V4(mask) => mask.to_bits().leading_ones(),
        IpAddr::V6(mask) => mask.to_bits().leading_ones(),
    };
    ones as u8
}

/// The index of an interface.
#[must_use]
pub fn index_of(name: &str) -> Option<u32> {
    let name = CString::new(name).ok()?;
    // SAFETY: `name` ends in NUL and is only read.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => None,
        i => Some(i),
    }
}

/// The name of an interface.
#[must_use]
pub fn name_of(index: u32) -> Option<String> {
    let mut name = [0_u8; libc::IF_NAMESIZE];
    // SAFETY: the buffer has the IF_NAMESIZE bytes that the call may write.
    let r = unsafe { libc::if_indextoname(index, name.as_mut_ptr().cast()) };
    if r.is_null() {
        return None;
    }
    CStr::from_bytes_until_nul(&name).ok().map(|s| s.to_string_lossy().into_owned())
}

/// The MTU of an interface in bytes.
#[must_use]
pub fn mtu(name: &str) -> Option<u32> {
    fs::read_to_string(sysfs(name, "mtu")?).ok()?.trim().parse().ok()
}

/// Whether an interface is a VRF device: probes through it must be bound to it.
#[must_use]
pub fn is_vrf(name: &str) -> bool {
    let read = sysfs(name, "uevent").and_then(|path| fs::read_to_string(path).ok());
    read.is_some_and(|text| text.lines().any(|line| line == "DEVTYPE=vrf"))
}

/// Only names that the kernel allows (`dev_valid_name`) become part of a path.
fn sysfs(name: &str, file: &str) -> Option<PathBuf> {
    let allowed = !name.is_empty() && name != "." && name != ".." && !name.contains(['/', ':', '\0']);
    (allowed && name.len() < libc::IF_NAMESIZE).then(|| PathBuf::from(format!("/sys/class/net/{name}/{file}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_and_indices_agree() {
        for i in list().unwrap() {
            assert_eq!(index_of(&i.name), Some(i.index));
            assert_eq!(name_of(i.index), Some(i.name));
        }
        let lo = list().unwrap().into_iter().find(|i| i.name == "lo").unwrap();
        assert!(lo.networks.is_empty() || lo.networks.contains(&("127.0.0.1".parse().unwrap(), 8)), "{lo:?}");
        assert_eq!(lo.networks.len(), lo.addresses.len());
        assert_eq!(index_of("nosuch0"), None);
        assert_eq!(index_of("a\0b"), None);
        assert_eq!(name_of(u32::MAX), None);
    }

    #[test]
    fn no_name_leads_out_of_sysfs() {
        for name in ["", ".", "..", "../../../etc", "a/b", "aaaaaaaaaaaaaaaa", "a\0"] {
            assert_eq!(mtu(name), None);
            assert!(!is_vrf(name));
        }
    }
}
