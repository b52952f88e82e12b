//! The interfaces of this host, as a table and as events.

use std::io::{self, Write};
use std::net::IpAddr;

use serde::Serialize;

use crate::clock::WallTime;
use crate::report::clean;
use crate::report::lines::Lines;
use crate::sys::link::{Link, StampAbilities};

/// One of them.
#[derive(Clone, Debug)]
pub struct Interface {
    /// The link itself.
    pub link: Link,
    /// Its IP addresses.
    pub addresses: Vec<IpAddr>,
    /// Its stamps; `None` where its driver does not say.
    pub stamps: Option<StampAbilities>,
}

impl Interface {
    /// The best clocks of a round-trip time on it (the names of `clock` in events).
    fn clocks(&self) -> &'static str {
        let Some(can) = self.stamps else { return "-" };
        match (can.hardware_transmit && can.hardware_receive, can.software_transmit, can.software_receive) {
            (true, true, true) => "nic, kernel",
            (true, ..) => "nic",
            (false, true, true) => "kernel",
            (false, false, true) => "kernel_rx",
            _ => "-",
        }
    }
}

/// Writes a table.
///
/// # Errors
/// The writer's.
pub fn interfaces_text(all: &[Interface], out: &mut dyn Write) -> io::Result<()> {
    let head = ["INDEX", "NAME", "STATE", "MTU", "MAC", "STAMPS", "ADDRESSES"].map(str::to_owned);
    let rows: Vec<[String; 7]> = all.iter().map(row).collect();
    let widths: Vec<usize> = (0..head.len())
        .map(|i| rows.iter().chain([&head]).filter_map(|row| row.get(i)).map(|cell| cell.chars().count()).max())
        .map(Option::unwrap_or_default)
        .collect();
    for row in [&head].into_iter().chain(&rows) {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    out.flush()
}

fn row(i: &Interface) -> [String; 7] {
    let addresses: Vec<String> = i.addresses.iter().map(IpAddr::to_string).collect();
    [
        i.link.index.to_string(),
        clean(&i.link.name).into_owned(),
        i.link.state().to_owned(),
        i.link.mtu.to_string(),
        i.link.mac.map_or_else(|| "-".to_owned(), |mac| mac.to_string()),
        i.clocks().to_owned(),
        if addresses.is_empty() { "-".to_owned() } else { addresses.join(", ") },
    ]
}

#[derive(Serialize)]
struct Body<'a> {
    name: &'a str,
    index: u32,
    mac: Option<String>,
    hardware: u16,
    mtu: u32,
    state: &'static str,
    promiscuous: bool,
    addresses: &'a [IpAddr],
    stamps: Option<Stamps>,
}

#[derive(Serialize)]
struct Stamps {
    software_transmit: bool,
    software_receive: bool,
    hardware_transmit: bool,
    hardware_receive: bool,
    hardware_clock: Option<u32>,
}

/// Writes an event each.
///
/// # Errors
/// The writer's.
pub fn interfaces_json(all: &[Interface], at: WallTime, out: Box<dyn Write + '_>) -> io::Result<()> {
    let mut lines = Lines::new(out);
    all.iter().try_for_each(|i| {
        let stamps = i.stamps.map(|can| Stamps {
            software_transmit: can.software_transmit,
            software_receive: can.software_receive,
            hardware_transmit: can.hardware_transmit,
            hardware_receive: can.hardware_receive,
            hardware_clock: can.clock,
        });
        let body = Body {
            name: &i.link.name,
            index: i.link.index,
            mac: i.link.mac.map(|mac| mac.to_string()),
            hardware: i.link.hardware,
            mtu: i.link.mtu,
            state: i.link.state(),
            promiscuous: i.link.is_promiscuous(),
            addresses: &i.addresses,
            stamps,
        };
        lines.write("interface", at.as_ns(), body)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::units::MacAddr;

    #[test]
    fn columns_line_up_and_names_are_cleaned() {
        let link = |name: &str, mac| Link { name: name.into(), index: 2, mac, hardware: 1, mtu: 1500, flags: 0x41 };
        let all = [
            Interface { link: link("lo", None), addresses: Vec::new(), stamps: None },
            Interface {
                link: link("e\x1bth0", Some(MacAddr([2, 0, 0, 0, 0, 1]))),
                addresses: vec!["192.0.2.1".parse().unwrap(), "fe80::1".parse().unwrap()],
                stamps: Some(StampAbilities { software_receive: true, software_transmit: true, ..Default::default() }),
            },
        ];
        let mut out = Vec::new();
        interfaces_text(&all, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "INDEX  NAME  STATE  MTU   MAC                STAMPS  ADDRESSES\n\
             2      lo    up     1500  -                  -       -\n\
             2      eth0  up     1500  02:00:00:00:00:01  kernel  192.0.2.1, fe80::1\n"
        );
    }
}
