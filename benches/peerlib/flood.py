"""Round trips a second, and CPU time for each: rping's flood beside ping's, fping's and the bare batch loops.

The peers' part of the kernel, the answering namespace included, is charged to whoever sends: it is the same for all.
"""
import os
import pty
import re
import threading

from peerlib.tools import goal, medians, received, run, show, timed

BARE = re.compile(r"([\d.]+) kpps, ([\d.]+) us CPU")
# fping 5.1 has 65,535 numbers for ten seconds.
FPING_MOST = 60_000


class Sink:
    """Where a flood writes: a file in memory, or a terminal that is read as fast as it fills. Then `text`."""

    def __init__(self, terminal):
        self.terminal, self.text = terminal, ""
        if terminal:
            self.reader, self.descriptor = pty.openpty()
            self.tail = b""
            self.thread = threading.Thread(target=self.drain)
            self.thread.start()
        else:
            self.descriptor = os.memfd_create("flood")

    def drain(self):
        while True:
            try:
                piece = os.read(self.reader, 1 << 16)
            except OSError:  # EIO: the last writer is gone
                return
            if not piece:
                return
            self.tail = (self.tail + piece)[-4096:]

    def close(self):
        if self.terminal:
            os.close(self.descriptor)
            self.thread.join()
            os.close(self.reader)
            self.text = self.tail.decode(errors="replace")
        else:
            self.text = os.pread(self.descriptor, 1 << 20, 0).decode(errors="replace")
            os.close(self.descriptor)


def contestants(lab, tools, count, seconds):
    """Name to (command, terminal)."""
    bare = [tools.bare, "flood", "--seconds", str(seconds)]
    packet = bare + ["--packet", "--interface", lab.interface, "--mac", lab.mac]
    rping = [tools.rping or "", "-n", "-f", "-c", str(count)]
    ping = ["ping", "-n", "-f", "-c", str(count)]
    table = {
        "bare raw unstamped": (bare + ["--raw", "--unstamped"], False),
        "rping -f -q --clock user": (rping + ["-q", "--clock", "user"], False),
        "bare raw stamped": (bare + ["--raw", "--stamped"], False),
        "rping -f -q --clock kernel": (rping + ["-q", "--clock", "kernel"], False),
        "rping -f -q": (rping + ["-q"], False),
        "ping -f -q": (ping + ["-q"], False),
        "rping -f (dots)": (rping, True),
        "ping -f (dots)": (ping, True),
        "fping": (["fping", "-q", "-i", "0", "-p", "0.001", "-t", "100", "-c", str(min(count, FPING_MOST))], False),
        "bare packet unstamped": (packet + ["--unstamped"], False),
        "bare packet stamped": (packet + ["--stamped"], False),
    }
    table = {name: (command + [lab.target], terminal) for name, (command, terminal) in table.items()}
    return {name: entry for name, entry in table.items() if tools.rping or not name.startswith("rping")}


def measure(command, terminal):
    """Thousands of round trips a second, and microseconds of CPU time for each."""
    if "flood" in command:
        found = BARE.search(run(command))
        return (float(found[1]), float(found[2])) if found else None
    sink = Sink(terminal)
    try:
        complaint, wall, cpu = timed(command, sink.descriptor)
    finally:
        sink.close()
    trips = received(sink.text + complaint)
    return (trips / wall / 1e3, cpu / trips * 1e6) if trips else None


def run_section(lab, tools, rounds, quick):
    count, seconds = (30_000, 1) if quick else (250_000, 2)
    rates, costs = {}, {}
    for _ in range(rounds):
        for name, (command, terminal) in contestants(lab, tools, count, seconds).items():
            figures = measure(command, terminal)
            rates.setdefault(name, []).extend([figures[0]] if figures else [])
            costs.setdefault(name, []).extend([figures[1]] if figures else [])
    show("CPU time for a round trip", costs, "us", 2)
    show("round trips", rates, "kpps")
    figures, costs = medians(rates), medians(costs)
    for ours, theirs, bound in (
        ("rping -f -q --clock kernel", "bare raw stamped", 0.85),
        ("rping -f -q --clock user", "bare raw unstamped", 0.85),
        ("rping -f -q", "ping -f -q", 1.1),
        ("rping -f (dots)", "ping -f (dots)", 1.5),
    ):
        if ours in figures and theirs in figures:
            goal(f"rate, {ours} / {theirs}", figures[ours] / figures[theirs], bound, at_least=True)
            print(f"          by CPU time the same ratio is {costs[theirs] / costs[ours]:.3g}")
