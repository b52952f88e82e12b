//! Which system calls are refused: running programs, looking into other processes, new raw and packet sockets, mounts,
//! namespaces, BPF, modules, keys, and what starts another kernel; and `io_uring`, by which some of these could be had
//! past the filter.
//!
//! On 32-bit x86 sockets may also be opened by `socketcall`, whose arguments a filter cannot see; there it is the missing
//! capability alone that refuses them.

use libc::c_long;

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Allowed,
    /// EPERM.
    Refused,
    /// By family and type.
    Socket,
    /// By its flags.
    Clone,
    /// ENOSYS: the C library then takes the older call, whose arguments can be looked at.
    Absent,
}

/// The architecture as the kernel names it to filters (`AUDIT_ARCH_*`, `include/uapi/linux/audit.h`); `None` where its
/// calls are not known here.
pub(super) const ARCHITECTURE: Option<u32> = if cfg!(all(target_arch = "x86_64", target_pointer_width = "64")) {
    Some(0xc000_003e)
} else if cfg!(all(target_arch = "aarch64", target_endian = "little")) {
    Some(0xc000_00b7)
} else if cfg!(target_arch = "x86") {
    Some(0x4000_0003)
} else if cfg!(all(target_arch = "arm", target_endian = "little")) {
    Some(0x4000_0028)
} else {
    None
};

/// Calls that are refused on every architecture.
pub(super) const REFUSED: [c_long; 26] = [
    // Other programs and other processes.
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kcmp,
    // The file tree and namespaces.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    // The kernel itself.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    // Keys.
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
];

/// More of them, which not every architecture has: ports of the machine, another kernel from a file.
#[cfg(target_arch = "x86_64")]
pub(super) const REFUSED_HERE: &[c_long] = &[libc::SYS_iopl, libc::SYS_ioperm, libc::SYS_kexec_file_load];
#[cfg(target_arch = "x86")]
pub(super) const REFUSED_HERE: &[c_long] = &[libc::SYS_iopl, libc::SYS_ioperm, libc::SYS_umount];
#[cfg(target_arch = "aarch64")]
pub(super) const REFUSED_HERE: &[c_long] = &[294];
#[cfg(target_arch = "arm")]
pub(super) const REFUSED_HERE: &[c_long] = &[401];
#[cfg(not(any(target_arch = "x86_64", target_arch = "x86", target_arch = "aarch64", target_arch = "arm")))]
pub(super) const REFUSED_HERE: &[c_long] = &[];

/// Calls of Linux 5.1 and later, whose numbers are every architecture's (`include/uapi/asm-generic/unistd.h`).
pub(super) const REFUSED_NEW: [c_long; 13] = [
    425, 426, 427, // io_uring_setup, io_uring_enter, io_uring_register
    428, 429, 430, 431, 432, 433, // open_tree, move_mount, fsopen, fsconfig, fsmount, fspick
    438, // pidfd_getfd
    440, // process_madvise
    442, // mount_setattr
    467, // open_tree_attr
];

/// `clone` with its arguments where no filter can see them.
pub(super) const CLONE3: c_long = 435;

/// What becomes of every call: parts of the numbers in ascending order, each with its first number.
pub(super) fn fates() -> Vec<(u32, Fate)> {
    let refused = REFUSED.iter().chain(REFUSED_HERE).chain(&REFUSED_NEW).map(|number| (*number, Fate::Refused));
    let judged = [(libc::SYS_socket, Fate::Socket), (libc::SYS_clone, Fate::Clone), (CLONE3, Fate::Absent)];
    let calls = refused.chain(judged).filter_map(|(number, fate)| Some((u32::try_from(number).ok()?, fate)));
    let mut calls: Vec<(u32, Fate)> = calls.collect();
    calls.sort_unstable_by_key(|(number, _)| *number);
    let mut parts = Vec::with_capacity(2 * calls.len() + 1);
    parts.push((0, Fate::Allowed));
    for (number, fate) in calls {
        // Behind the last call all was allowed; this one may follow it at once.
        if parts.last().is_some_and(|(first, _): &(u32, Fate)| *first == number) {
            parts.pop();
        }
        if parts.last().is_none_or(|(_, last)| *last != fate) {
            parts.push((number, fate));
        }
        parts.push((number + 1, Fate::Allowed));
    }
    parts
}
