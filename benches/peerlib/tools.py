"""The commands that are compared: how each is called, what it prints, and what a run of it costs."""
import os
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

PING_LINE = re.compile(r"seq=(\d+) .*time=([\d.]+) ms")
FPING_LINE = re.compile(r"\[(\d+)\], .*?([\d.]+) ms \(")
RECEIVED = re.compile(r"(\d+) received|xmt/rcv/%loss = \d+/(\d+)/")


class Tools:
    """Where the programs are. Each `paced_*` call is one command line; what it prints goes through `rtts`."""

    def __init__(self, bare, bed, ours, static_rcheck=None):
        self.bare, self.bed, self.static_rcheck = bare, bed, static_rcheck
        self.rping, self.rtrace, self.rsweep, self.rcheck, self.rlink = (
            ours.get(name) for name in ("rping", "rtrace", "rsweep", "rcheck", "rlink")
        )

    def versions(self):
        def first(*command):
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            return next(iter(done.stdout.splitlines()), "?").strip()

        ours = [program for program in (self.rping, self.rtrace, self.rsweep, self.rcheck, self.rlink) if program]
        theirs = [("ping", "-V"), ("fping", "-v"), ("traceroute", "-V"), ("mtr", "-v"), ("zmap", "-V")]
        shown = [first(program, "--version") for program in ours]
        return "; ".join(shown + [first(*command) for command in theirs if shutil.which(command[0])])

    def paced(self, target, count, interval_ms):
        """Name to command: one target, so many probes, that far apart."""
        seconds = f"{interval_ms / 1000:g}"
        table = {
            "rping": [self.rping, "-n", "-c", str(count), "-i", seconds, target],
            "ping": ["ping", "-n", "-c", str(count), "-i", seconds, target],
            # fping keeps 10 ms between any two of its probes if it is not told otherwise.
            "fping": ["fping", "-c", str(count), "-i", "1", "-p", str(interval_ms), target],
            "bare": [self.bare, "paced", "--stamped", "--count", str(count), "--interval", f"{interval_ms}ms", target],
        }
        if not self.rping:
            del table["rping"]
        return table


def rtts_us(name, text):
    """Microseconds by the probe's place in the run, 0 first, as a tool printed them."""
    if name == "bare":
        rows = (line.split() for line in text.splitlines())
        return {int(seq): int(ns) / 1e3 for _, seq, ns in rows}
    if name == "fping":
        return {int(place): float(ms) * 1e3 for place, ms in FPING_LINE.findall(text)}
    return {int(seq) - 1: float(ms) * 1e3 for seq, ms in PING_LINE.findall(text)}


class Capture:
    """`with Capture(...) as seen`: afterwards `seen.sent` and `seen.back` hold stamps in ns by place in the run, and
    `seen.trips` round trips in ns by address and sequence number. With `sample`, of one address in 128."""

    def __init__(self, tools, interface, sample=False):
        self.command = [tools.bare, "capture", "--interface", interface] + (["--sample"] if sample else [])
        self.sent, self.back, self.trips = {}, {}, {}

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise subprocess.CalledProcessError(self.process.wait(), self.command)
        return self

    def __exit__(self, kind, *_):
        self.process.send_signal(signal.SIGTERM)
        text, _ = self.process.communicate()
        if kind is None:
            self.read(text)

    def read(self, text):
        sent, back = [], {}
        for line in text.splitlines():
            way, ident, seq, ns, address = line.split()
            key = ident, seq, address
            if way == "out":
                sent.append((int(ns), key))
            else:
                back.setdefault(key, int(ns))
        for place, (ns, key) in enumerate(sorted(sent)):
            self.sent[place] = ns
            if key in back:
                self.back[place] = back[key]
                self.trips[key[2], int(key[1])] = back[key] - ns


class Burn:
    """`with Burn(tools, n)`: n processes that only burn CPU meanwhile."""

    def __init__(self, tools, count):
        self.tools, self.count = tools, count

    def __enter__(self):
        self.processes = [subprocess.Popen([self.tools.bare, "burn"], stdin=subprocess.DEVNULL) for _ in range(self.count)]

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()


def judge(command, code, complaint):
    """Says so if a command failed. Exit 1 (something was lost) is a result too."""
    if code not in (0, 1):
        first = next(iter(complaint.splitlines()), "")
        print(f"  {' '.join(command)}: exit {code}: {first}")


def run(command):
    """Runs a command to its end; its standard output."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    judge(command, done.returncode, done.stderr)
    return done.stdout


def timed(command, sink):
    """Runs a command with its output on descriptor `sink`; what it wrote to stderr, wall seconds, CPU seconds."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.PIPE, text=True)
    try:
        complaint = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        process.kill()
        raise
    wall = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    judge(command, process.returncode, complaint)
    return complaint, wall, usage.ru_utime + usage.ru_stime


def measured(command):
    """Runs a command; its standard output, wall seconds, CPU seconds, and peak memory in bytes.

    The peak is taken by time(1): what wait4(2) says of a child contains the process that it was forked from.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.NamedTemporaryFile("r") as peak:
        begin = time.monotonic()
        timed = ["/usr/bin/env", "time", "-q", "-f", "%M", "-o", peak.name] + command
        process = subprocess.Popen(timed, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        _, _, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = 0
        out.seek(0)
        return out.read(), wall, usage.ru_utime + usage.ru_stime, int(peak.read()) * 1024


def received(text):
    """How many replies a summary counts."""
    found = RECEIVED.search(text)
    return int(found.group(1) or found.group(2)) if found else 0


def percentile(values, share):
    """The smallest value that so large a share of them does not exceed."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, max(0, -(-int(share * 1000) * len(ranked) // 1000) - 1))]


def medians(table):
    """Name to the median of its figures, leaving out what was never measured."""
    return {name: statistics.median(values) for name, values in table.items() if values}


def show(title, table, unit, digits=1):
    """One line for each contestant: the median, and the figures it is the median of."""
    print(title)
    for name, values in table.items():
        middle = f"{statistics.median(values):.{digits}f}" if values else "-"
        print(f"  {name:<29} {middle:>9} {unit:<6} ({' '.join(f'{value:.{digits}f}' for value in values)})")


def goal(what, ratio, bound, at_least=False):
    """One line for a goal: the ratio reached beside the ratio wanted."""
    met = ratio >= bound if at_least else ratio <= bound
    print(f"  {'met ' if met else 'MISSED'}  {what}: {ratio:.3g} ({'at least' if at_least else 'at most'} {bound:g})", flush=True)
