//! Facts about the kernel that the product's design leans on, checked on the kernel that runs.
//!
//! Each name carries a number. Facts about cost and about suspended machines (1 in part, 5, 21) are not for a test.
//!
//! | numbers | file | about |
//! |---|---|---|
//! | 1–4 | `stamps.rs` | time stamps and the queues that carry them |
//! | 7–13 | `errors.rs` | how ICMP errors reach sockets, and what limits them |
//! | 14–17 | `headers.rs` | who fills which header field, idents, whole prefixes |
//! | 18–19 | `privilege.rs` | capabilities of threads and files |
#![allow(clippy::unwrap_used, clippy::expect_used, unreachable_pub)]

mod lab;

#[path = "lab_kernel/socket.rs"]
mod socket;

#[path = "lab_kernel/errors.rs"]
mod errors;
#[path = "lab_kernel/headers.rs"]
mod headers;
#[path = "lab_kernel/privilege.rs"]
mod privilege;
#[path = "lab_kernel/stamps.rs"]
mod stamps;
