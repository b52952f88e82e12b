//! What an interface says of itself, and what its sockets do when it goes and comes back.

use rprobe::sys::batch::{OutgoingFrame, Queue, SendControl, SendRing};
use rprobe::sys::link::{Link, stamp_abilities};
use rprobe::sys::packet::Hears;

use crate::bed::{TYPE, frame, hear, is_silent, link, send, socket};
use crate::lab;

#[test]
fn an_interface_tells_what_ip_tells() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    pair.a.mtu("eth0", 1400);
    let ours = link(&pair.a, "eth0");
    let out = pair.a.command("ip").words("-o link show eth0").output().ok();
    let theirs = out.stdout.as_str();
    assert!(theirs.starts_with(&format!("{}: eth0", ours.index)), "{theirs}");
    assert!(theirs.contains(&format!("link/ether {}", ours.mac.unwrap())), "{theirs}");
    assert!(theirs.contains("mtu 1400") && ours.mtu == 1400);
    assert_eq!(ours.state(), "up");
    pair.b.down("eth0");
    assert!(lab::eventually(std::time::Duration::from_secs(20), || link(&pair.a, "eth0").state() == "no-carrier"));
    pair.a.down("eth0");
    assert_eq!(link(&pair.a, "eth0").state(), "down");
    let abilities = pair.a.enter(|| stamp_abilities("eth0").unwrap());
    assert!(abilities.software_receive && !abilities.hardware_receive);
    assert_eq!(link(&pair.a, "lo").mac, None);
}

#[test]
fn a_socket_hears_again_when_its_interface_is_up_again() {
    let Some(lab) = lab::start!() else { return };
    let pair = lab.pair();
    let (a, b) = (link(&pair.a, "eth0").mac.unwrap(), link(&pair.b, "eth0").mac.unwrap());
    let sender = socket(&pair.a, Hears::Nothing, |_| ());
    let receiver = socket(&pair.b, Hears::One(TYPE), |_| ());
    pair.b.down("eth0");
    let error = receiver.take_error().unwrap().unwrap();
    assert_eq!(error.0, libc::ENETDOWN, "said once");
    let bytes = frame(a, b, None, TYPE, b"down");
    let item = || std::iter::once(OutgoingFrame { by: None, bytes: &bytes, control: SendControl::default() });
    assert_eq!(SendRing::new(1).send_frames(&receiver, item()).unwrap_err().raw_os_error(), Some(libc::ENETDOWN));
    pair.b.up("eth0");
    pair.b.ready("eth0");
    pair.a.ready("eth0");
    let bytes = frame(b, a, None, TYPE, b"again");
    send(&sender, std::slice::from_ref(&bytes), SendControl::default());
    assert_eq!(hear(&receiver, Queue::Data, 1)[0].bytes, bytes);
}

#[test]
fn a_socket_of_an_interface_that_is_gone_must_be_bound_again() {
    let Some(lab) = lab::start!() else { return };
    let (a, b) = (lab.host("a"), lab.host("b"));
    lab.cable((&a, "eth0"), (&b, "eth0"));
    let receiver = socket(&b, Hears::One(TYPE), |_| ());
    let old = link(&b, "eth0").index;
    a.ip("link del eth0");
    assert_eq!(b.enter(|| Link::named("eth0")).unwrap_err().raw_os_error(), Some(libc::ENODEV));
    lab.cable((&a, "eth0"), (&b, "eth0"));
    let new = link(&b, "eth0");
    assert_ne!(old, new.index);
    let sender = socket(&a, Hears::Nothing, |_| ());
    let bytes = frame(new.mac.unwrap(), link(&a, "eth0").mac.unwrap(), None, TYPE, b"new");
    a.ready("eth0");
    let _ = receiver.take_error();
    receiver.bind_link(new.index, Hears::One(TYPE)).unwrap();
    send(&sender, std::slice::from_ref(&bytes), SendControl::default());
    assert_eq!(hear(&receiver, Queue::Data, 1)[0].bytes, bytes);
    assert!(is_silent(&receiver));
}
