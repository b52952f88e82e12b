//! Placeholder of floor 1 until its own commit: the one type that the floors above name.
use crate::units::Family;

/// An ICMP or ICMPv6 error as the wire has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IcmpError {
    /// Which protocol's numbers these are.
    pub family: Family,
    /// ICMP type.
    pub ty: u8,
    /// ICMP code.
    pub code: u8,
    /// MTU, pointer or gateway as the type has it; 0 otherwise.
    pub info: u32,
}
