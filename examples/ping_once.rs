//! Pings 127.0.0.1 once with the library alone: a session, the kernel's sockets, and the loop that connects them.
//!
//! `cargo run --example ping_once`; needs CAP_NET_RAW, or a group in `net.ipv4.ping_group_range`.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr};

use rprobe::net::Peer;
use rprobe::net::icmp::{Options, Sockets};
use rprobe::ping::{Config, Note, Session, Target};
use rprobe::probe::Drive;
use rprobe::sys::process;

fn main() -> Result<(), Box<dyn Error>> {
    let peer = Peer::from(IpAddr::from(Ipv4Addr::LOCALHOST));

    // What needs privilege comes first; a program that has any would give it up between these two steps.
    let options = Options { size: 56, window: 1, ..Options::default() };
    let network = Sockets::open(&options)?.into_net(&options, &[peer])?;

    let mut config = Config::new(vec![Target { peer, group: false }], process::random_key()?);
    config.count = Some(1);
    let mut drive = Drive::new(Session::new(config), network);

    drive.run(&mut |note| match note {
        Note::Reply(reply) => match reply.rtt {
            Some(rtt) => println!("{} answered in {:?}, by the {} clock", reply.from.addr, rtt.time, rtt.clock.name()),
            None => println!("{} answered", reply.from.addr),
        },
        Note::NoReply { why, .. } => println!("no answer: {why:?}"),
        _ => {}
    })?;
    Ok(())
}
