"""Many hosts at once: rsweep's exact engine beside fping, and what it costs beside the bare stamped loop.

A prefix behind the wire answers for itself (a local route), so that there are as many hosts as are asked for. fping has
65,535 numbers for ten seconds, and so gets fewer hosts. The last figures ask 100,000 hosts once a second, which fping
cannot: CPU time for each probe, memory for each host, and the error of round-trip times against a capture.
"""
import json
import re
import subprocess

from peerlib.lab import ip
from peerlib.tools import Capture, goal, measured, medians, percentile, show

BARE = re.compile(r"([\d.]+) kpps, ([\d.]+) us CPU")
PREFIX = "10.80.0.0/14"
FPING_MOST = 60_000


def last(first, count):
    """The address `count` - 1 behind 10.80.0.0."""
    number = (10 << 24) + (80 << 16) + first + count - 1
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


def prepare(lab):
    ip("-n", lab.far, "route", "replace", "local", PREFIX, "dev", "lo")
    ip("-n", lab.near, "route", "replace", PREFIX, "via", lab.target)


def figure(text, what):
    found = re.search(rf"^\s*(\d+) {what}", text, re.MULTILINE)
    return int(found[1]) if found else 0


def once_each(tools, hosts):
    """Each host once, as fast as it goes: probes a second, and CPU time for each."""
    ours = [tools.rsweep, "-q", "-s", "-i", "0", "-r", "0", "-t", "5000", "-g", "10.80.0.0", last(0, hosts)]
    theirs = ["fping", "-q", "-s", "-i", "0", "-r", "0", "-t", "5000", "-g", "10.80.0.0", last(0, min(hosts, FPING_MOST))]
    return {"rsweep -i 0": ours, "fping -i 0": theirs}


def every_second(tools, hosts, rounds):
    words = ["-q", "-s", "-c", str(rounds), "-p", "1000", "-t", "1000", "--rate", str(hosts)]
    return [tools.rsweep] + words + ["-g", "10.80.0.0", last(0, hosts)]


def rtt_errors(lab, tools, hosts):
    """How far the times of single replies are from what a capture of some addresses saw, in microseconds."""
    with Capture(tools, lab.interface, sample=True) as seen:
        words = ["--json", "-c", "2", "-p", "1000", "--rate", str(hosts), "-g", "10.80.0.0", last(0, hosts)]
        text, *_ = measured([tools.rsweep] + words)
    replies = (json.loads(line) for line in text.splitlines() if '"event":"reply"' in line)
    times = {(reply["address"], reply["wire_seq"]): reply["rtt_ns"] for reply in replies}
    return [abs(times[key] - captured) / 1e3 for key, captured in seen.trips.items() if key in times]


def run_section(lab, tools, rounds, quick):
    if not tools.rsweep:
        print("  rsweep is not measured")
        return
    prepare(lab)
    hosts = 60_000 if quick else 100_000
    rates, costs = {}, {}
    for _ in range(rounds):
        for name, command in once_each(tools, hosts).items():
            text, wall, cpu, _ = measured(command)
            sent, back = figure(text, "ICMP Echos sent"), figure(text, "ICMP Echo Replies")
            if back != sent:
                print(f"  {name}: {sent} sent, {back} answered")
            rates.setdefault(name, []).append(sent / wall / 1e3)
            costs.setdefault(name, []).append(cpu / max(sent, 1) * 1e6)
    show("each host once", rates, "kpps")
    show("CPU time for each probe", costs, "us", 2)

    periods = 3 if quick else 10
    costs, memory = {"rsweep, a second each": [], "bare raw stamped": []}, []
    for _ in range(rounds):
        text, _, cpu, peak = measured(every_second(tools, hosts, periods))
        sent, back = figure(text, "ICMP Echos sent"), figure(text, "ICMP Echo Replies")
        print(f"  {sent} sent, {back} answered")
        costs["rsweep, a second each"].append(cpu / max(sent, 1) * 1e6)
        _, _, _, alone = measured([tools.rsweep, "-q", "-c", "1", lab.target])
        memory.append((peak - alone) / hosts)
        bare = subprocess.run([tools.bare, "flood", "--seconds", "1", "--raw", "--stamped", lab.target], stdout=subprocess.PIPE, text=True)
        found = BARE.search(bare.stdout)
        if found:
            costs["bare raw stamped"].append(float(found[2]))
    show(f"{hosts} hosts, once a second", costs, "us", 2)
    show("memory", {"for each host": memory}, "bytes", 0)
    middle = medians(costs)
    goal("CPU beside the bare stamped loop", middle["rsweep, a second each"] / middle["bare raw stamped"], 1.3)
    goal("bytes for each host", medians({"m": memory})["m"], 300)
    errors = rtt_errors(lab, tools, hosts)
    if errors:
        goal(f"p99 of {len(errors)} RTT errors, us", percentile(errors, 0.99), 20)
