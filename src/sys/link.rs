//! One interface as the link layer sees it: hardware address, MTU, state, and which stamps it gives.
//!
//! Asked by `ioctl` (`netdevice(7)`), which follows the network namespace of this thread; sysfs follows whoever mounted it.

use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixDatagram;

use super::consts::*;
use super::options::check;
use crate::units::MacAddr;

/// What an interface is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its name.
    pub name: String,
    /// Its index: another one each time that an interface of this name comes back.
    pub index: u32,
    /// Its hardware address; `None` where it has none of Ethernet's kind (loopback, tunnels).
    pub mac: Option<MacAddr>,
    /// What kind of hardware (`ARPHRD_*`).
    pub hardware: u16,
    /// Largest payload of a frame, in bytes.
    pub mtu: u32,
    /// `IFF_UP` and the like, the 16 that `netdevice(7)` has.
    pub flags: u16,
}

impl Link {
    /// The interface of this name.
    ///
    /// # Errors
    /// `ENODEV`: there is none.
    pub fn named(name: &str) -> io::Result<Link> {
        let socket = UnixDatagram::unbound()?;
        let ask = |what| ask(&socket, name, what);
        let index = ask(libc::SIOCGIFINDEX as u32)?;
        let hardware = ask(libc::SIOCGIFHWADDR as u32)?;
        let mtu = ask(libc::SIOCGIFMTU as u32)?;
        let flags = ask(libc::SIOCGIFFLAGS as u32)?;
        // SAFETY: each request filled the member of the union that is read here; all are plain numbers.
        unsafe {
            let address = hardware.ifr_ifru.ifru_hwaddr;
            let mut octets = [0_u8; 6];
            for (to, from) in octets.iter_mut().zip(address.sa_data) {
                *to = from as u8;
            }
            Ok(Link {
                name: name.to_owned(),
                index: u32::try_from(index.ifr_ifru.ifru_ifindex).unwrap_or(0),
                mac: (address.sa_family == ARPHRD_ETHER).then_some(MacAddr(octets)),
                hardware: address.sa_family,
                mtu: u32::try_from(mtu.ifr_ifru.ifru_mtu).unwrap_or(0),
                flags: flags.ifr_ifru.ifru_flags as u16,
            })
        }
    }

    fn has(&self, flag: libc::c_int) -> bool {
        i32::from(self.flags) & flag != 0
    }

    /// Administratively up.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.has(libc::IFF_UP)
    }

    /// Up, and with a carrier.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.is_up() && self.has(libc::IFF_RUNNING)
    }

    /// Loopback.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.has(libc::IFF_LOOPBACK)
    }

    /// Hears every frame on the wire, for whomever.
    #[must_use]
    pub fn is_promiscuous(&self) -> bool {
        self.has(libc::IFF_PROMISC)
    }

    /// One word: `up`, `no-carrier` or `down`.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match (self.is_up(), self.is_running()) {
            (true, true) => "up",
            (true, false) => "no-carrier",
            (false, _) => "down",
        }
    }
}

/// Which stamps an interface's driver gives (`ethtool -T`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StampAbilities {
    /// The kernel stamps a packet's departure as the driver takes it.
    pub software_transmit: bool,
    /// The kernel stamps its arrival.
    pub software_receive: bool,
    /// The card stamps its departure.
    pub hardware_transmit: bool,
    /// The card stamps its arrival.
    pub hardware_receive: bool,
    /// The number of the card's clock (`/dev/ptpN`).
    pub clock: Option<u32>,
}

/// Asks the driver for its stamps.
///
/// # Errors
/// `EOPNOTSUPP` where there is no driver to ask (and then no hardware stamps), `ENODEV` where there is no interface.
pub fn stamp_abilities(name: &str) -> io::Result<StampAbilities> {
    let socket = UnixDatagram::unbound()?;
    let mut info = StampInfoRequest { cmd: ETHTOOL_GET_TS_INFO, ..StampInfoRequest::default() };
    let mut request = named(name)?;
    request.ifr_ifru.ifru_data = std::ptr::from_mut(&mut info).cast();
    call(&socket, SIOCETHTOOL, &mut request)?;
    let has = |flag| info.so_timestamping & flag != 0;
    Ok(StampAbilities {
        software_transmit: has(SOF_TIMESTAMPING_TX_SOFTWARE),
        software_receive: has(SOF_TIMESTAMPING_RX_SOFTWARE),
        hardware_transmit: has(SOF_TIMESTAMPING_TX_HARDWARE),
        hardware_receive: has(SOF_TIMESTAMPING_RX_HARDWARE),
        clock: u32::try_from(info.phc_index).ok(),
    })
}

fn ask(socket: &UnixDatagram, name: &str, what: u32) -> io::Result<libc::ifreq> {
    let mut request = named(name)?;
    call(socket, what, &mut request)?;
    Ok(request)
}

/// A request about an interface. A name that is too long, or would end early, is no interface's.
fn named(name: &str) -> io::Result<libc::ifreq> {
    // SAFETY: a structure of numbers and pointers, for which zero is a value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    if name.is_empty() || name.len() >= libc::IF_NAMESIZE || name.contains('\0') {
        return Err(io::Error::from_raw_os_error(libc::ENODEV));
    }
    for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *to = from as libc::c_char;
    }
    Ok(request)
}

fn call(socket: &UnixDatagram, what: u32, request: &mut libc::ifreq) -> io::Result<()> {
    // SAFETY: `request` is an ifreq with a name that ends in NUL, which every request made here reads and fills; where it
    // holds a pointer (ethtool), that leads to a structure of the request's own that outlives the call.
    check(unsafe { libc::ioctl(socket.as_raw_fd(), what as _, std::ptr::from_mut(request)) })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn loopback_has_no_hardware_address() {
        let lo = Link::named("lo").unwrap();
        assert!(lo.is_loopback() && lo.mac.is_none() && lo.mtu > 0);
        assert_eq!(super::super::interfaces::index_of("lo"), Some(lo.index));
        assert!(!stamp_abilities("lo").unwrap().hardware_transmit);
    }

    #[test]
    fn a_name_that_is_nobodys_is_enodev() {
        for name in ["", "nosuch0", "a name far too long for one", "lo\0x"] {
            assert_eq!(Link::named(name).unwrap_err().raw_os_error(), Some(libc::ENODEV), "{name}");
            assert!(stamp_abilities(name).is_err());
        }
    }

    #[test]
    fn the_request_has_the_kernels_size() {
        assert_eq!(std::mem::size_of::<StampInfoRequest>(), 44);
    }
}
