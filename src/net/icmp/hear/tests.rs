//! Lies, told to the reader of packets.
