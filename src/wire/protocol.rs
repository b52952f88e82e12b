//! IP protocol numbers (IPv6: next-header values) that this floor knows, from IANA's "Assigned Internet Protocol Numbers".

/// ICMP for IPv4, RFC 792.
pub const ICMP: u8 = 1;
/// TCP, RFC 9293.
pub const TCP: u8 = 6;
/// UDP, RFC 768.
pub const UDP: u8 = 17;
/// ICMPv6, RFC 4443.
pub const ICMPV6: u8 = 58;

/// IPv6 hop-by-hop options, RFC 8200 §4.3.
pub const HOP_BY_HOP: u8 = 0;
/// IPv6 routing header, RFC 8200 §4.4.
pub const ROUTING: u8 = 43;
/// IPv6 fragment header, RFC 8200 §4.5.
pub const FRAGMENT: u8 = 44;
/// Authentication header, RFC 4302; its length counts 32-bit words.
pub const AUTHENTICATION: u8 = 51;
/// IPv6 destination options, RFC 8200 §4.6.
pub const DESTINATION_OPTIONS: u8 = 60;
/// IPv6 mobility header, RFC 6275 §6.1.
pub const MOBILITY: u8 = 135;
/// Host identity protocol, RFC 7401 §5.1.
pub const HIP: u8 = 139;
/// Shim6, RFC 5533 §5.1.
pub const SHIM6: u8 = 140;
