//! What a test needs from the machine, and the skip that names what is missing.
//!
//! `cargo test` passes anywhere: a machine that refuses namespaces, a device or a tool gets a line
//! `SKIP: <test>: <reason>` on stderr. With `RPROBE_NO_SKIP=1` (set in CI) the same is a failure.
//!
//! Without root a test runs once more in a process of its own as root of a new user namespace (`unshare -Urn`): a user
//! namespace cannot be entered by one thread of many.

use std::env;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use super::Lab;
use super::netns::Netns;
use super::sys;

/// Set in the process that runs inside `unshare -Urn`.
const INNER: &str = "RPROBE_LAB_INNER";

/// One thing a test cannot do without.
#[derive(Clone, Copy, Debug)]
pub enum Need {
    /// A program on the search path.
    Tool(&'static str),
    /// `/dev/net/tun` opens.
    Tun,
    /// Commands can be run as another, unprivileged user (not so in a user namespace with one user).
    OtherUser,
    /// A setting of the kernel below `/proc/sys` exists.
    Sysctl(&'static str),
}

/// What [`begin`] found.
enum Entry {
    /// Run here.
    Here,
    /// It ran in a process of its own, and well.
    Done,
    /// It cannot run, and why.
    Cannot(String),
}

/// Opens the lab for the test `path` (as `type_name` gives it); `None` when there is nothing left to do here.
///
/// Call it by [`start!`](super::start), which finds the name of the test.
pub fn begin(path: &str, needs: &[Need]) -> Option<Lab> {
    let path = path.strip_suffix("::here").unwrap_or(path);
    let test = path.split_once("::").map_or(path, |(_crate, test)| test);
    match enter(test) {
        Entry::Here => {}
        Entry::Done => return None,
        Entry::Cannot(why) => return skip(test, &why),
    }
    for need in [Need::Tool("ip"), Need::Sysctl("net/ipv6/conf")].iter().chain(needs) {
        if let Some(why) = missing(*need) {
            return skip(test, &why);
        }
    }
    Some(Lab::new(test))
}

/// Says that `test` is skipped, or fails it where skips are not wanted.
pub fn skip<T>(test: &str, why: &str) -> Option<T> {
    super::record::skip(test, why);
    None
}

/// Finds the way into namespaces that this machine allows.
fn enter(test: &str) -> Entry {
    static ROOT: OnceLock<Result<(), String>> = OnceLock::new();
    let root = ROOT.get_or_init(|| Netns::new().map(drop).map_err(|e| e.to_string()));
    let Err(why) = root else { return Entry::Here };
    if env::var_os(INNER).is_some() {
        return Entry::Cannot(format!("no network namespace even as root of a user namespace: {why}"));
    }
    let exe = env::current_exe().expect("the path of this test binary");
    let run = Command::new("unshare")
        .args(["-Urn", "--"])
        .arg(exe)
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(INNER, "1")
        .output();
    let out = match run {
        Ok(out) => out,
        Err(e) => return Entry::Cannot(format!("no network namespace ({why}), and unshare does not run: {e}")),
    };
    let (stdout, stderr) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    if !stdout.contains("running 1 test") {
        return Entry::Cannot(format!("no network namespace ({why}), nor a user namespace: {}", stderr.trim()));
    }
    assert!(out.status.success(), "in a user namespace:\n{stdout}{stderr}");
    // A skip inside is a line on its stderr: pass it on.
    let _ = io::stderr().write_all(&out.stderr);
    Entry::Done
}

/// The reason why `need` is not met, if it is not.
fn missing(need: Need) -> Option<String> {
    match need {
        Need::Tool(name) => find_tool(name).is_none().then(|| format!("the program {name} is not installed")),
        Need::Tun => Netns::new()
            .and_then(|ns| ns.enter(|| sys::open_tun("probe0").map(drop)))
            .err()
            .map(|e| format!("/dev/net/tun does not open: {e}")),
        Need::OtherUser => {
            env::var_os(INNER).map(|_| "this user namespace has one user only; run the tests as root".to_owned())
        }
        Need::Sysctl(path) => {
            (!Path::new("/proc/sys").join(path).exists()).then(|| format!("this kernel has no {path}"))
        }
    }
}

/// Finds a program on the search path; the administrator's directories count also where a user's path lacks them.
fn find_tool(name: &str) -> Option<std::path::PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let admin = ["/usr/sbin", "/sbin"].map(std::path::PathBuf::from);
    env::split_paths(&path).chain(admin).map(|dir| dir.join(name)).find(|p| p.is_file())
}

/// Opens the lab for the test it stands in, or says why not: `let Some(lab) = lab::start!() else { return };`, with
/// needs beyond namespaces and `ip` as arguments: `lab::start!(Need::Tool("nft"))`.
macro_rules! start {
    ($($need:expr),* $(,)?) => {{
        fn here() {}
        $crate::lab::begin(std::any::type_name_of_val(&here), &[$($need),*])
    }};
}
pub(crate) use start;
