//! What no header can be written for is refused before it is sent.

use super::*;
use crate::net::hops::every::reader;
use crate::net::hops::options::Tcp;
use crate::net::hops::sources::Sources;
use crate::net::socket::SocketKind;
use crate::net::{Batch, Exchange, Key};
use crate::units::{Port, Seq};
use std::net::{Ipv4Addr, Ipv6Addr};

const TARGET: Port = Port(33_434);

/// Ours, and the target's.
fn addresses(family: Family) -> (IpAddr, IpAddr) {
    match family {
        Family::V4 => (Ipv4Addr::new(10, 0, 0, 1).into(), Ipv4Addr::new(10, 0, 0, 2).into()),
        Family::V6 => {
            (Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1).into(), Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 2).into())
        }
    }
}

#[test]
fn what_cannot_be_sent_is_refused() {
    let refused = |method, family, exchange, seq: u16, flow: u16, len: usize| {
        let (us, them) = addresses(family);
        let flows = [40_000, 40_001].map(|source| (Port(source), TARGET)).to_vec();
        let sources = Some(Sources::fixed(us));
        let mut hops = Hops { flows, sources, tcp_payload: 0, ..reader(method, family, SocketKind::Raw) };
        let mut batch = Batch::new(1);
        let mut probe = Probe::new(Key::default(), them.into(), exchange, Seq(seq));
        probe.flow = flow;
        batch.push(probe, len);
        let (probe, room) = batch.packet_mut(0).unwrap();
        let probe = *probe;
        hops.write_probe(room, &probe, Now::default()).err()
    };
    let [paris, classic, dublin] = [Numbering::Paris, Numbering::Classic, Numbering::Dublin].map(Method::Udp);
    let tcp = Method::Tcp(Tcp::default());
    for family in [Family::V4, Family::V6] {
        assert_eq!(refused(paris, family, Exchange::Udp, 0, 0, 9), Some(errno::EINVAL), "number 0");
        assert_eq!(refused(paris, family, Exchange::Udp, 1, 0, 1), Some(errno::EINVAL), "nothing to balance by");
        assert_eq!(refused(paris, family, Exchange::Udp, 1, 2, 9), Some(errno::EINVAL), "no such flow");
        assert_eq!(refused(paris, family, Exchange::Tcp, 1, 0, 9), Some(errno::EPROTONOSUPPORT));
        assert_eq!(refused(paris, family, Exchange::Udp, 1, 0, 70_000), Some(errno::EMSGSIZE));
        assert_eq!(refused(classic, family, Exchange::Udp, 0u16.wrapping_sub(TARGET.0), 0, 9), Some(errno::EINVAL));
        assert_eq!(refused(dublin, family, Exchange::Udp, 0, 0, 0), Some(errno::EINVAL));
        assert_eq!(refused(tcp, family, Exchange::Echo, 1, 0, 9), Some(errno::EPROTONOSUPPORT));
        assert_eq!(refused(tcp, family, Exchange::Tcp, 0, 1, 0), None);
        assert_eq!(refused(paris, family, Exchange::Udp, 0xffff, 1, 2), None);
    }
    assert_eq!(refused(dublin, Family::V6, Exchange::Udp, 9, 0, 10), Some(errno::EINVAL), "another length");
}
