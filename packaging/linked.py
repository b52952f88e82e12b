"""What is linked into the commands for a target: crates of Cargo.lock, and what the toolchain puts in.

For packaging/copyright, which makes the notices, and packaging/check-copyright, which holds them against this.
"""
import json
import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Crates that Rust's own repository holds, and those that only its test harness and proc_macro bring, which no command has.
OWN = re.compile(r"alloc|core|std|std_detect|sysroot|unwind|panic_\w+|proc_macro|test|profiler_builtins|rustc_std_workspace_\w+")
UNUSED = {"getopts", "unicode_width", "rustc_literal_escaper"}


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout


def squeezed(text):
    return " ".join(text.lower().split())


def host():
    return re.search(r"^host: (.*)$", run("rustc", "-vV"), re.MULTILINE)[1]


def crates(target):
    """Name and version of the crates of Cargo.lock whose code is in the commands: no macros, nothing that only builds or tests."""
    edges = ["--edges", "normal,no-proc-macro", "--prefix", "none", "--no-dedupe", "--format", "{p}"]
    tree = run("cargo", "tree", "--locked", "--target", target, *edges)
    found = (line.split()[:2] for line in tree.splitlines() if line.strip())
    return {(name, version.removeprefix("v")) for name, version in found if name != "rprobe"}


def library(target):
    """The crates that the standard library brings beside Rust's own; LookupError if it is not installed for this target."""
    folder = os.path.join(run("rustc", "--print", "sysroot").strip(), "lib", "rustlib", target, "lib")
    names = os.listdir(folder) if os.path.isdir(folder) else []
    found = {match[1] for match in (re.fullmatch(r"lib(\w+)-\w+\.rlib", name) for name in names) if match}
    if "std" not in found:
        raise LookupError(f"the standard library for {target} is not installed (rustup target add {target})")
    return {name for name in found - UNUSED if not OWN.fullmatch(name)}


def runtime(target):
    """What Rust links in for C: where C's library is the system's own, nothing."""
    return {"libunwind", "musl"} if "-musl" in target else set()


def arguments(words):
    """Whether --full is asked for, and the target."""
    rest = [word for word in words if word != "--full"]
    return "--full" in words, rest[0] if rest else host()


def packages(target):
    return json.loads(run("cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", target))["packages"]
