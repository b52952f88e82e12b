//! The lesson's own two programs, a dozen lines of Python each, as the peers: one sends `Hi` with no padding, one prints
//! the first payload bytes of what it receives.

use crate::bed::{mac, of, rlink, serve, stop};
use crate::lab::{self, Need};

const CLIENT: &str = "
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(('eth0', 0))
dst = bytes.fromhex('020000000002')
src = s.getsockname()[4]
s.send(dst + src + b'\\x88\\xb5' + b'Hi')
";

const SERVER: &str = "
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88b5))
s.bind(('eth0', 0x88b5))
print('ready', flush=True)
while True:
    frame, (interface, protocol, kind, hardware, source) = s.recvfrom(2048)
    print(source.hex(':'), hex(protocol), frame[14:18], flush=True)
";

#[test]
fn their_client_is_shown_by_our_server() {
    let Some(lab) = lab::start!(Need::Tool("python3")) else { return };
    let pair = lab.pair();
    let mut server = serve(&pair.b, "--json");
    pair.a.command("python3").args(["-c", CLIENT]).output().ok();
    server.wait_for(|text| text.contains("\"frame\""));
    let all = stop(server);
    let frame = of(&all, "frame")[0];
    assert_eq!((&frame["src"], &frame["payload"], &frame["padding"]), (&mac(1).into(), &"4869".into(), &().into()));
    assert_eq!(of(&all, "served")[0]["plain"], 1);
}

#[test]
fn our_sender_is_printed_by_their_server() {
    let Some(lab) = lab::start!(Need::Tool("python3")) else { return };
    let bridge = lab.bridge(3);
    let mut servers = [1, 2].map(|i| bridge.hosts[i].command("python3").args(["-c", SERVER]).start());
    servers.iter_mut().for_each(|server| server.wait_for(|text| text.contains("ready")));
    // From now on the bridge knows where the station is, and floods nothing for it.
    rlink(&bridge.hosts[1], &format!("send {} -I eth0 --ethertype 0x88b6", mac(1))).output().ok();
    rlink(&bridge.hosts[0], &format!("send {} -I eth0", mac(2))).output().ok();
    rlink(&bridge.hosts[0], "send ff:ff:ff:ff:ff:ff -I eth0 --payload everyone").output().ok();
    let [one, other] = &mut servers;
    one.wait_for(|text| text.contains(&format!("{} 0x88b5 b'Hi'\n{} 0x88b5 b'ever'\n", mac(1), mac(1))));
    other.wait_for(|text| text.contains(&format!("{} 0x88b5 b'ever'\n", mac(1))));
    assert!(!other.stdout_so_far().contains("Hi"));
}

#[test]
fn their_server_is_no_echo_and_our_ping_says_so() {
    let Some(lab) = lab::start!(Need::Tool("python3")) else { return };
    let pair = lab.pair();
    let mut server = pair.b.command("python3").args(["-c", SERVER]).start();
    server.wait_for(|text| text.contains("ready"));
    let ping = rlink(&pair.a, &format!("ping {} -I eth0 -c 1 -W 0.2", mac(2))).output();
    assert_eq!(ping.code(), Some(1));
    server.wait_for(|text| text.contains(r"b'rPL\x01'"));
}
