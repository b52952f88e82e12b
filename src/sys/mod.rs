//! Floor 1, the kernel: sockets, options, control messages, batches, waiting, look-ups and privileges.
//!
//! The only `unsafe` code of the crate lives here, each block with its reason. What leaves this folder is safe and
//! typed: stamps are [`WallTime`](crate::clock::WallTime), errors carry their errno, and what a kernel refuses is
//! reported instead of guessed. Nothing here knows what a probe or a measurement is.
//!
//! Layouts are the kernel's own (`sys::consts`, `sys::batch::header`): system calls that move messages are made with the
//! kernel's structures, so that glibc and musl, 32 and 64 bit, behave alike.

pub mod address;
pub mod ancillary;
pub mod batch;
pub mod caps;
pub mod clock;
pub mod cmsg;
pub mod consts;
pub mod entry;
pub mod epoll;
pub mod errno;
pub mod filter;
pub mod interfaces;
pub mod landlock;
pub mod link;
pub mod local_time;
pub mod netlink;
pub mod options;
pub mod packet;
pub mod poll;
pub mod process;
pub mod queue;
pub mod resolve;
pub mod ring;
pub mod route;
pub mod seccomp;
pub mod signals;
pub mod socket;
pub mod stamping;
pub mod terminal;
