//! What routers add to their errors (RFC 4884), as events have it.

use std::net::IpAddr;

use serde::Serialize;

use crate::report::clean_bytes;
use crate::report::number::hex;
use crate::wire::extension::meaning::{Extensions, Meaning};
use crate::wire::extension::{Checksum, mpls};

#[derive(Serialize)]
pub(super) struct Added {
    checksum: &'static str,
    left_out: usize,
    objects: Vec<Object>,
}

#[derive(Serialize)]
#[serde(tag = "object", rename_all = "snake_case")]
enum Object {
    Mpls {
        labels: Vec<Label>,
    },
    Interface {
        role: &'static str,
        index: Option<u32>,
        address: Option<IpAddr>,
        name: Option<String>,
        mtu: Option<u32>,
    },
    Unknown {
        class: u8,
        c_type: u8,
        hex: String,
    },
    Malformed {
        why: String,
        hex: String,
    },
}

#[derive(Serialize)]
struct Label {
    label: u32,
    tc: u8,
    bottom: bool,
    ttl: u8,
}

impl Added {
    pub(super) fn new(extensions: &Extensions) -> Self {
        Added {
            checksum: match extensions.checksum {
                Checksum::Absent => "absent",
                Checksum::Right => "right",
                Checksum::Wrong => "wrong",
            },
            left_out: extensions.left_out,
            objects: extensions.objects.iter().map(Object::new).collect(),
        }
    }
}

impl Object {
    fn new(meaning: &Meaning) -> Self {
        match meaning {
            Meaning::Mpls(labels) => {
                let label = |l: &mpls::Label| Label { label: l.label, tc: l.tc, bottom: l.bottom, ttl: l.ttl };
                Object::Mpls { labels: labels.iter().map(label).collect() }
            }
            Meaning::Interface(info) => Object::Interface {
                role: info.role.name(),
                index: info.index,
                address: info.address,
                name: info.name.as_deref().map(clean_bytes),
                mtu: info.mtu,
            },
            Meaning::Unknown { class, c_type, bytes } => {
                Object::Unknown { class: *class, c_type: *c_type, hex: hex(bytes) }
            }
            Meaning::Malformed { why, bytes } => Object::Malformed { why: why.to_string(), hex: hex(bytes) },
        }
    }
}
