"""A quarter of a million addresses, one probe each: rsweep's stateless engine beside zmap, fping and the bare batch loop.

The far end answers for a whole prefix, and its part of the kernel is charged to whoever sends. zmap's cool-down is taken
off its wall time. fping has 65,535 numbers for ten seconds, so that it gets a part of the prefix.
"""
import os
import re
import shutil
import subprocess
import tempfile

from peerlib.lab import ip
from peerlib.tools import goal, medians, show, timed

BARE = re.compile(r"([\d.]+) kpps, ([\d.]+) us CPU")
PREFIX, COUNT = "10.192.0.0/14", 1 << 18
FPING_PREFIX, FPING_COUNT = "10.192.0.0/17", (1 << 15) - 2
WIDE, WIDE_COUNT = "11.0.0.0/8", 1 << 24
COOL_DOWN = 1


def contestants(lab, tools):
    """Name to (command, probes, seconds that do not count)."""
    ours = [tools.rsweep, "-q", "--reserved"]
    table = {
        "rsweep": (ours + [PREFIX], COUNT, 0),
        "rsweep -a": ([tools.rsweep, "-a", "--reserved", PREFIX], COUNT, 0),
        "rsweep --no-l2": (ours + ["--no-l2", PREFIX], COUNT, 0),
        "rsweep --no-l2 --threads 1": (ours + ["--no-l2", "--threads", "1", PREFIX], COUNT, 0),
        "fping -i 0": (["fping", "-q", "-i", "0", "-r", "0", "-g", FPING_PREFIX], FPING_COUNT, 0),
    }
    if shutil.which("zmap"):
        way = ["-i", lab.interface, "-G", lab.mac, "-S", lab.source, "--blacklist-file=/dev/null"]
        zmap = ["zmap", "-M", "icmp_echoscan", "-q", "-B", "10G", "-T", "1", "-c", str(COOL_DOWN), "-o", os.devnull]
        table["zmap"] = (zmap + way + [PREFIX], COUNT, COOL_DOWN)
    return table


def alive(command):
    """How many targets a run of ours counted as alive, and its peak memory in MiB."""
    done = subprocess.run(
        ["/usr/bin/env", "time", "-f", "%M kB", *command], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    count = re.search(r"(\d+) alive", done.stderr)
    peak = re.search(r"(\d+) kB", done.stderr)
    return int(count[1]) if count else 0, int(peak[1]) / 1024 if peak else None


def run_section(lab, tools, rounds, quick):
    for prefix in (PREFIX, WIDE):
        ip("route", "replace", prefix, "via", lab.target)
        ip("-n", lab.far, "route", "replace", "local", prefix, "dev", "lo")
    rates, costs = {}, {}
    with tempfile.TemporaryFile() as sink:
        for _ in range(rounds):
            for name, (command, probes, idle) in contestants(lab, tools).items():
                _, wall, cpu = timed(command, sink)
                rates.setdefault(name, []).append(probes / (wall - idle) / 1e3)
                costs.setdefault(name, []).append(cpu / probes * 1e6)
            bare = [tools.bare, "flood", "--raw", "--unstamped", "--seconds", "1" if quick else "2", lab.target]
            found = BARE.search(subprocess.run(bare, capture_output=True, text=True).stdout)
            rates.setdefault("bare raw unstamped", []).extend([float(found[1])] if found else [])
            costs.setdefault("bare raw unstamped", []).extend([float(found[2])] if found else [])
    show("CPU time for a probe", costs, "us", 2)
    show("probes", rates, "kpps")
    rate, cost = medians(rates), medians(costs)
    for theirs, bound in (("zmap", 1.5), ("fping -i 0", 2)):
        if theirs in rate:
            goal(f"rate, rsweep / {theirs}", rate["rsweep"] / rate[theirs], bound, at_least=True)
    lower = min(cost[name] for name in ("zmap", "fping -i 0") if name in cost)
    goal("CPU, rsweep / the lower of zmap and fping", cost["rsweep"] / lower, 0.6)
    one = "rsweep --no-l2 --threads 1"
    goal(f"rate, {one} / bare raw", rate[one] / rate["bare raw unstamped"], 0.9, at_least=True)
    print(f"          by CPU time the same ratio is {cost['bare raw unstamped'] / cost[one]:.3g}")
    found, _ = alive([tools.rsweep, "-q", "-s", "--reserved", PREFIX])
    goal("answers lost of 262,144", COUNT - found, 0)
    wide, count = (PREFIX, COUNT) if quick else (WIDE, WIDE_COUNT)
    found, peak = alive([tools.rsweep, "-q", "-s", "--reserved", wide])
    goal(f"answers lost of {count:,}", count - found, 0)
    if peak:
        goal(f"MiB of memory for {count:,} targets", peak, 32)
