//! Echo between stations on packet sockets, in the fewest system calls there are: `echo` takes a batch, turns each frame
//! round where it lies and sends the batch; `load` offers requests at a rate and counts what comes back.
//!
//! The messages are those of `rlink ping`, so that `rlink serve` answers the same load.

use crate::args::{Args, Outcome};
use crate::icmp::Echo;
use crate::socket::{self, Batch, clock};
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

/// Local Experimental 1.
pub const TYPE: libc::c_int = 0x88b5;
const HEADER: usize = 14;
/// Three letters and a version, in front of each message.
const MAGIC: &[u8] = b"rPL\x01";
/// Where the kind stands: 1 request, 2 reply.
const KIND: usize = HEADER + 4;
const IDENT: usize = HEADER + 8;
const SEQ: usize = HEADER + 12;
/// Header, message and 56 bytes of data.
const FRAME: usize = HEADER + 16 + 56;
/// What comes later is lost.
const PATIENCE: Duration = Duration::from_millis(300);

fn batch_size(args: &Args, usual: u64) -> Outcome<usize> {
    Ok(args.number("batch")?.unwrap_or(usual).clamp(1, 1024) as usize)
}

/// Runs `bare link-echo`, until nothing has come for a second.
pub fn echo(args: &Args) -> Outcome {
    let fd = socket::frames(args.text("interface")?, TYPE, false)?;
    socket::bypass(&fd)?;
    let size = batch_size(args, 256)?;
    let mut batch = Batch::new(size, 2048, false);
    println!("ready");
    let mut answered = 0_u64;
    loop {
        let got = batch.receive(fd.as_raw_fd(), 0)?;
        if got == 0 {
            if !socket::wait(&fd, Duration::from_secs(1)) && answered > 0 {
                break;
            }
            continue;
        }
        for i in 0..got {
            let frame = batch.bytes_mut(i);
            let (to, from) = frame[..12].split_at_mut(6);
            to.swap_with_slice(from);
            frame[KIND] = 2;
        }
        batch.echo(got);
        answered += send_all(&fd, &mut batch, got)? as u64;
        batch.restore(got);
    }
    println!("{answered} answered, {} dropped", socket::drops(&fd)?);
    Ok(())
}

/// Sends a batch; a full send buffer is waited for. What is refused for another reason counts as not sent.
fn send_all(fd: &OwnedFd, batch: &mut Batch, count: usize) -> Outcome<usize> {
    match batch.send(fd.as_raw_fd(), count) {
        Ok(sent) => Ok(sent),
        Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::ENOBUFS)) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// An echo request: 56 bytes of data that count up.
pub fn request(ident: u32, from: [u8; 6], to: [u8; 6]) -> [u8; FRAME] {
    let mut frame = [0; FRAME];
    frame[..6].copy_from_slice(&to);
    frame[6..12].copy_from_slice(&from);
    frame[12..HEADER].copy_from_slice(&(TYPE as u16).to_be_bytes());
    frame[HEADER..KIND].copy_from_slice(MAGIC);
    // A request, with 56 bytes of data.
    frame[KIND..IDENT].copy_from_slice(&[1, 0, 0, 56]);
    frame[IDENT..SEQ].copy_from_slice(&ident.to_be_bytes());
    for (byte, value) in frame[HEADER + 16..].iter_mut().zip(0..) {
        *byte = value;
    }
    frame
}

/// Where the number of a frame stands.
pub const NUMBER: usize = SEQ;

/// A reply to nobody's request: zeros where a request's own bytes would come back.
pub fn strange_reply(ident: u32, from: [u8; 6], to: [u8; 6]) -> Vec<u8> {
    let mut frame = request(ident, from, to);
    frame[KIND] = 2;
    frame[HEADER + 16..].fill(0);
    frame.to_vec()
}

/// Its number into a buffer that holds a request.
pub fn number(frame: &mut [u8], seq: u16) {
    frame[SEQ..SEQ + 2].copy_from_slice(&seq.to_be_bytes());
}

/// An echo in a frame, its kind as ICMP's type.
pub fn read(frame: &[u8]) -> Option<Echo> {
    let head = frame.get(..SEQ + 2)?;
    if head[12..HEADER] != (TYPE as u16).to_be_bytes() || &head[HEADER..KIND] != MAGIC {
        return None;
    }
    let kind = if head[KIND] == 1 { 8 } else { 0 };
    let ident = u32::from_be_bytes([head[IDENT], head[IDENT + 1], head[IDENT + 2], head[IDENT + 3]]);
    Some((kind, ident, u16::from_be_bytes([head[SEQ], head[SEQ + 1]])))
}

/// Runs `bare link-load` and prints its figures.
pub fn load(args: &Args) -> Outcome {
    let interface = args.text("interface")?;
    let fd = socket::frames(interface, TYPE, false)?;
    socket::bypass(&fd)?;
    let own = socket::hardware_address(fd.as_raw_fd(), interface)?;
    let size = batch_size(args, 64)?;
    let mut out = Batch::new(size, FRAME, false);
    let frame = request(u32::from_be_bytes(*b"bare"), own, args.mac()?);
    for i in 0..size {
        out.bytes_mut(i).copy_from_slice(&frame);
    }
    let mut back = Batch::new(256, 128, false);
    let rate = args.number("rate")?.unwrap_or(150_000) as f64;
    let seconds: f64 = args.text("seconds").map_or(Ok(5.0), str::parse)?;
    let count = args.number("count")?.unwrap_or((rate * seconds) as u64);
    let begin = clock(libc::CLOCK_MONOTONIC);
    let (mut sent, mut received) = (0_u64, 0_u64);
    while sent < count {
        let elapsed = (clock(libc::CLOCK_MONOTONIC) - begin) as f64 / 1e9;
        let due = ((elapsed * rate) as u64).min(count).saturating_sub(sent);
        if due > 0 {
            sent += send_all(&fd, &mut out, due.min(size as u64) as usize)? as u64;
        }
        received += drain(&fd, &mut back)?;
    }
    let sending = clock(libc::CLOCK_MONOTONIC) - begin;
    while received < sent && socket::wait(&fd, PATIENCE) {
        received += drain(&fd, &mut back)?;
    }
    let kpps = |n: u64| n as f64 / (sending as f64 / 1e6);
    println!(
        "{:.1} kpps offered, {:.1} kpps answered, {sent} sent, {received} received, {} replies dropped",
        kpps(sent),
        kpps(received),
        socket::drops(&fd)?
    );
    Ok(())
}

fn drain(fd: &OwnedFd, back: &mut Batch) -> Outcome<u64> {
    let mut all = 0;
    loop {
        let got = back.receive(fd.as_raw_fd(), 0)?;
        all += (0..got).filter(|i| back.message(*i).get(KIND) == Some(&2)).count() as u64;
        if got < 256 {
            return Ok(all);
        }
    }
}
