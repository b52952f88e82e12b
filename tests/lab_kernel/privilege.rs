//! Kernel facts 18 and 19: capabilities belong to threads, and those of files depend on the bounding set.
#![allow(unsafe_code)]

use std::ffi::CString;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use caps::{CapSet, Capability, CapsHashSet};

use crate::lab::{self, Need, User};
use crate::socket::{Sock, echo};

/// Takes every capability from this thread.
fn drop_all() {
    for set in [CapSet::Effective, CapSet::Permitted, CapSet::Inheritable] {
        caps::set(None, set, &CapsHashSet::new()).unwrap();
    }
}

#[test]
fn k18_a_thread_started_before_the_drop_keeps_its_rights() {
    let Some(lab) = lab::start!() else { return };
    let host = lab.host("a");
    host.enter(|| {
        let has = || caps::has_cap(None, CapSet::Effective, Capability::CAP_NET_RAW).unwrap();
        let (ask, asked) = mpsc::channel::<()>();
        let before = thread::spawn(move || {
            asked.recv().unwrap();
            caps::has_cap(None, CapSet::Effective, Capability::CAP_NET_RAW).unwrap()
        });
        assert!(has());
        drop_all();
        assert!(!has(), "the thread that dropped");
        assert!(!thread::spawn(has_cap_net_raw).join().unwrap(), "a thread started behind the drop");
        ask.send(()).unwrap();
        assert!(before.join().unwrap(), "a thread started before it");
    });
}

fn has_cap_net_raw() -> bool {
    caps::has_cap(None, CapSet::Effective, Capability::CAP_NET_RAW).unwrap()
}

#[test]
fn k18_binding_to_a_device_again_needs_the_right_and_pktinfo_does_not() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let target = "10.1.0.2";
    let (bound, fresh) = (Sock::raw(&pair.a, target), Sock::raw(&pair.a, target));
    bound.0.bind_device(Some(b"eth0")).unwrap();
    let index = pair.a.enter(|| nix::net::if_::if_nametoindex("eth0").unwrap());
    pair.a.enter(|| {
        drop_all();
        let eperm = |r: io::Result<()>| assert_eq!(r.unwrap_err().raw_os_error(), Some(libc::EPERM));
        eperm(bound.0.bind_device(Some(b"lo")));
        eperm(bound.0.set_mark(7));
        // in_pktinfo: interface, local source, destination (unused).
        let info = [&index.to_ne_bytes()[..], &[0; 8]].concat();
        let control = [(libc::SOL_IP, libc::IP_PKTINFO, info)];
        fresh.send_with(target, &echo(target, 1, 1), &control).unwrap();
        // Without any right the ping socket still opens, and the raw one does not.
        let raw = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::RAW, Some(socket2::Protocol::ICMPV4));
        eperm(raw.map(drop));
        socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, Some(socket2::Protocol::ICMPV4)).unwrap();
    });
}

/// Writes the file capability cap_net_raw (linux/capability.h, `struct vfs_cap_data` revision 2).
fn set_file_capability(path: &Path, effective: bool) -> io::Result<()> {
    const REVISION_2: u32 = 0x0200_0000;
    const CAP_NET_RAW: u32 = 1 << 13;
    let words = [REVISION_2 | u32::from(effective), CAP_NET_RAW, 0, 0, 0];
    let data: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    let path = CString::new(path.as_os_str().as_encoded_bytes())?;
    let name = c"security.capability";
    // SAFETY: both strings are NUL-terminated, and the value's length is given.
    let ret = unsafe { libc::setxattr(path.as_ptr(), name.as_ptr(), data.as_ptr().cast(), data.len(), 0) };
    if ret < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[test]
fn k19_a_file_with_an_effective_capability_does_not_start_where_it_is_out_of_bounds() {
    let Some(lab) = lab::start!(Need::OtherUser) else { return };
    let dir = std::env::temp_dir().join(format!("rprobe-k19-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
    let outcome = file_capabilities(&lab, &dir);
    fs::remove_dir_all(&dir).unwrap();
    if let Err(e) = outcome {
        lab.skip(&format!("{} takes no file capabilities: {e}", dir.display()));
    }
}

fn file_capabilities(lab: &lab::Lab, dir: &Path) -> io::Result<()> {
    let host = lab.host("a");
    let starts = |effective: bool, bounded: bool| -> io::Result<Option<i32>> {
        let program = dir.join(format!("cat-{effective}-{bounded}"));
        fs::copy("/bin/cat", &program)?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
        set_file_capability(&program, effective)?;
        let run = host.command(&program).arg("/dev/null").user(User::Nobody);
        Ok(thread::scope(|s| {
            let inside = s.spawn(|| {
                if bounded {
                    caps::drop(None, CapSet::Bounding, Capability::CAP_NET_RAW).unwrap();
                }
                run.try_start().map(|running| running.wait())
            });
            match inside.join().unwrap() {
                Ok(out) => out.ok().code(),
                Err(e) => Some(-e.raw_os_error().unwrap()),
            }
        }))
    };
    assert_eq!(starts(true, false)?, Some(0));
    assert_eq!(starts(true, true)?, Some(-libc::EPERM), "+ep");
    assert_eq!(starts(false, true)?, Some(0), "+p");
    Ok(())
}
