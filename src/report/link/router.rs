//! What `rlink ndp --routers` tells: each router's advertisement, taken apart down to its last option.
//!
//! Domains and portals are text of strangers: cleaned for a terminal, escaped by JSON.

use std::fmt::{self, Display, Write as _};
use std::io;
use std::net::Ipv6Addr;

use serde::Serialize;

use super::FrameReport;
use crate::clock::{WallTime, as_ns};
use crate::link::routers::Advertised;
use crate::report::clean_bytes;
use crate::report::number::Ms;
use crate::wire::ndp::{self, Advertisement, Message, NdOption, Options};

#[derive(Serialize)]
struct Router {
    address: Ipv6Addr,
    mac: String,
    after_ns: Option<u64>,
    clock: Option<&'static str>,
    hop_limit: Option<u8>,
    managed: bool,
    other: bool,
    home_agent: bool,
    proxy: bool,
    preference: &'static str,
    lifetime_s: u16,
    reachable_ms: Option<u32>,
    retransmit_ms: Option<u32>,
    #[serde(flatten)]
    told: Told,
}

/// What its options say.
#[derive(Default, Serialize)]
struct Told {
    link_address: Option<String>,
    mtu: Option<u32>,
    prefixes: Vec<Prefix>,
    routes: Vec<Route>,
    dns: Vec<Dns>,
    search: Vec<Search>,
    nat64: Vec<Nat64>,
    captive_portal: Option<String>,
    unknown_options: Vec<u8>,
}

#[derive(Serialize)]
struct Prefix {
    prefix: Ipv6Addr,
    length: u8,
    on_link: bool,
    autonomous: bool,
    router_address: bool,
    valid_s: Option<u32>,
    preferred_s: Option<u32>,
}

#[derive(Serialize)]
struct Route {
    prefix: Ipv6Addr,
    length: u8,
    preference: &'static str,
    lifetime_s: Option<u32>,
}

#[derive(Serialize)]
struct Dns {
    address: Ipv6Addr,
    lifetime_s: Option<u32>,
}

#[derive(Serialize)]
struct Search {
    domain: String,
    lifetime_s: Option<u32>,
}

#[derive(Serialize)]
struct Nat64 {
    prefix: Ipv6Addr,
    length: Option<u8>,
    lifetime_s: u16,
}

#[derive(Serialize)]
struct Ended {
    sent: u64,
    routers: usize,
}

/// All ones are for ever.
fn finite(seconds: u32) -> Option<u32> {
    (seconds != u32::MAX).then_some(seconds)
}

impl Told {
    fn of(options: Options<'_>) -> Told {
        let mut told = Told::default();
        for option in options.flatten() {
            told.add(&option);
        }
        told
    }

    fn add(&mut self, option: &NdOption<'_>) {
        match option {
            NdOption::SourceAddress(mac) => self.link_address = mac.map(|mac| mac.to_string()),
            NdOption::Mtu(mtu) => self.mtu = Some(*mtu),
            NdOption::Prefix(p) => self.prefixes.push(Prefix {
                prefix: p.prefix,
                length: p.len,
                on_link: p.on_link,
                autonomous: p.autonomous,
                router_address: p.is_address,
                valid_s: finite(p.valid_s),
                preferred_s: finite(p.preferred_s),
            }),
            NdOption::Route(r) => self.routes.push(Route {
                prefix: r.prefix,
                length: r.len,
                preference: r.preference.name(),
                lifetime_s: finite(r.lifetime_s),
            }),
            NdOption::Rdnss { lifetime_s, servers } => {
                let lifetime_s = finite(*lifetime_s);
                self.dns.extend({ *servers }.map(|address| Dns { address, lifetime_s }));
            }
            NdOption::Dnssl { lifetime_s, domains } => {
                let lifetime_s = finite(*lifetime_s);
                self.search.extend({ *domains }.map(|domain| Search { domain: domain.to_string(), lifetime_s }));
            }
            NdOption::Pref64 { prefix, len, lifetime_s } => {
                self.nat64.push(Nat64 { prefix: *prefix, length: *len, lifetime_s: *lifetime_s });
            }
            NdOption::CaptivePortal(uri) => self.captive_portal = Some(String::from_utf8_lossy(uri).into_owned()),
            NdOption::Unknown { ty, .. } => self.unknown_options.push(*ty),
            NdOption::TargetAddress(_) | NdOption::Redirected(_) | NdOption::Nonce(_) => {}
        }
    }
}

impl FrameReport<'_> {
    /// A router says what it is.
    ///
    /// # Errors
    /// The writer's.
    pub fn router(&mut self, heard: &Advertised) -> io::Result<()> {
        // The machine has held it against the rules; what cannot be read all the same is nobody's.
        let Ok(Some(Message::RouterAdvertisement { router, options })) = ndp::parse(&heard.message) else {
            return Ok(());
        };
        let told = Told::of(options);
        let text = text(heard, &router, &told);
        let body = Router {
            address: heard.from,
            mac: heard.mac.to_string(),
            after_ns: heard.after.map(|after| as_ns(after.time)),
            clock: heard.after.map(|after| after.clock.name()),
            hop_limit: (router.hop_limit.0 != 0).then_some(router.hop_limit.0),
            managed: router.managed,
            other: router.other,
            home_agent: router.home_agent,
            proxy: router.proxy,
            preference: router.preference.name(),
            lifetime_s: router.lifetime_s,
            reachable_ms: (router.reachable_ms != 0).then_some(router.reachable_ms),
            retransmit_ms: (router.retransmit_ms != 0).then_some(router.retransmit_ms),
            told,
        };
        self.write("router", heard.at, body, |_| text)
    }

    /// The end of asking for routers.
    ///
    /// # Errors
    /// The writer's.
    pub fn routers(&mut self, sent: u64, routers: usize, at: WallTime) -> io::Result<()> {
        self.write("routers", at, Ended { sent, routers }, |_| match routers {
            0 => format!("no router answers, asked {sent} time{}\n", if sent == 1 { "" } else { "s" }),
            1 => "1 router\n".to_owned(),
            n => format!("{n} routers\n"),
        })
    }
}

/// Seconds, or for ever.
struct Lifetime(Option<u32>);

impl Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(seconds) => write!(f, "{seconds} s"),
            None => f.write_str("for ever"),
        }
    }
}

/// A line for the router, and one below it for each thing it tells.
fn text(heard: &Advertised, router: &Advertisement, told: &Told) -> String {
    let mut text = format!("router {} at {}", heard.from, heard.mac);
    if let Some(after) = heard.after {
        let _ = write!(text, " time={} ms", Ms(after.time));
    }
    text.push('\n');
    let mut line = |what: String| {
        let _ = writeln!(text, "    {what}");
    };
    match router.lifetime_s {
        0 => line("no default router".to_owned()),
        s => line(format!("default router for {s} s, preference {}", router.preference.name())),
    }
    let addresses = match (router.managed, router.other) {
        (true, _) => "addresses and other settings by DHCPv6 (M)",
        (false, true) => "other settings by DHCPv6 (O)",
        (false, false) => "nothing by DHCPv6",
    };
    line(addresses.to_owned());
    for (set, what) in [(router.home_agent, "home agent"), (router.proxy, "neighbour discovery proxy")] {
        if set {
            line(what.to_owned());
        }
    }
    if router.hop_limit.0 != 0 {
        line(format!("hop limit {}", router.hop_limit));
    }
    for (ms, what) in [(router.reachable_ms, "neighbours reachable for"), (router.retransmit_ms, "asked again after")] {
        if ms != 0 {
            line(format!("{what} {ms} ms"));
        }
    }
    if let Some(mtu) = told.mtu {
        line(format!("mtu {mtu}"));
    }
    for p in &told.prefixes {
        let flags = [(p.on_link, "on link"), (p.autonomous, "for addresses"), (p.router_address, "router's address")];
        let flags: Vec<&str> = flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
        let (valid, preferred) = (Lifetime(p.valid_s), Lifetime(p.preferred_s));
        let flags = if flags.is_empty() { "for nothing".to_owned() } else { flags.join(", ") };
        line(format!("prefix {}/{} {flags}, valid {valid}, preferred {preferred}", p.prefix, p.length));
    }
    for r in &told.routes {
        let lifetime = Lifetime(r.lifetime_s);
        line(format!("route {}/{} preference {}, {lifetime}", r.prefix, r.length, r.preference));
    }
    for dns in &told.dns {
        line(format!("dns {}, {}", dns.address, Lifetime(dns.lifetime_s)));
    }
    for search in &told.search {
        line(format!("search {}, {}", clean_bytes(search.domain.as_bytes()), Lifetime(search.lifetime_s)));
    }
    for nat64 in &told.nat64 {
        let length = nat64.length.map_or_else(|| "?".to_owned(), |length| length.to_string());
        line(format!("nat64 {}/{length}, {} s", nat64.prefix, nat64.lifetime_s));
    }
    if let Some(uri) = &told.captive_portal {
        line(format!("captive portal {}", clean_bytes(uri.as_bytes())));
    }
    for ty in &told.unknown_options {
        line(format!("option {ty}, not known here"));
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
