"""rtrace beside traceroute and mtr: a slow path, a fast one, a dead one, Linux' limits of errors, and 1,000 paths at once.

Fast, dead and limited paths are real routers in namespaces; the slow one and the thousand are simulated, so that a delay
is exact and each target has routers of its own.
"""
import collections
import contextlib
import json
import os
import re
import statistics
import subprocess
import time

from peerlib.lab import enter
from peerlib.tools import goal, judge, medians, run, show

ROUTERS = 12
HOP = re.compile(r"^ *(\d+) +(.*)")
ADDRESS = re.compile(r"(?<![\w.:])(?:\d+\.\d+\.\d+\.\d+|[0-9a-f]*:[0-9a-f:]+)(?![\w.:])")
SCENARIOS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/scenarios")
# Targets of the simulated networks.
SLOW = "10.9.0.1"
WIDE = [f"10.9.{n >> 8}.{n & 255}" for n in range(1000)]


@contextlib.contextmanager
def core_of_its_own():
    """Gives what is started within a core of its own, until the function that it yields is called; what is started after
    that has the others. A far side on the core of what is measured keeps it waiting for milliseconds, for its slice of
    the scheduler's, when the answer has long been there."""
    cores = os.sched_getaffinity(0)
    far = {max(cores)}
    os.sched_setaffinity(0, far)
    try:
        yield lambda: os.sched_setaffinity(0, cores - far or cores)
    finally:
        os.sched_setaffinity(0, cores)


@contextlib.contextmanager
def network(tools, *words):
    """A network of the test bed around this process; gives the addresses of its far end, and the first router's namespace."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    bed = subprocess.Popen([tools.bed, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        ready, *rest = bed.stdout.readline().split() or [""]
        if ready != "ready":
            raise subprocess.CalledProcessError(bed.wait(), [tools.bed, *words])
        inside = os.open(rest[0], os.O_RDONLY | os.O_CLOEXEC)
        enter(inside)
        os.close(inside)
        yield rest[1:]
    finally:
        enter(home)
        os.close(home)
        bed.stdin.close()
        bed.wait()


def timed(command):
    """Standard output, and wall milliseconds."""
    begin = time.monotonic()
    text = run(command)
    return text, (time.monotonic() - begin) * 1e3


def costs(tools, command, times):
    """Wall milliseconds, CPU milliseconds and peak memory in kB of each of so many runs, their output thrown away."""
    rows = [[int(word) for word in line.split()] for line in run([tools.bare, "cost", "--runs", str(times), "--"] + command).splitlines()]
    for code in {row[3] for row in rows}:
        judge(command, code, "")
    return [(wall / 1e3, cpu / 1e3, peak) for wall, cpu, peak, _ in rows]


def hops(text):
    """Number of a hop to the set of addresses printed for it, as traceroute prints them."""
    found = collections.defaultdict(set)
    for line in text.splitlines():
        if match := HOP.match(line):
            found[int(match[1])].update(ADDRESS.findall(match[2]))
    return found


def contestants(tools, names):
    table = {
        "rtrace -n": [tools.rtrace, "-n"],
        "traceroute -n": ["traceroute", "-n"],
        "traceroute -n -I": ["traceroute", "-n", "-I"],
        "mtr -n -r -c 1": ["mtr", "-n", "-r", "-c", "1"],
    }
    return {name: table[name] for name in names if table[name][0]}


def slow(tools, runs):
    """Thirteen hops of 100 ms: wall time, and in how many runs each hop was found."""
    wall, seen = {}, {}
    with network(tools, "simulate", os.path.join(SCENARIOS, "trace_slow.toml")):
        for _ in range(runs):
            for name, command in contestants(tools, ("rtrace -n", "traceroute -n")).items():
                text, ms = timed(command + [SLOW])
                wall.setdefault(name, []).append(ms)
                count = seen.setdefault(name, collections.Counter())
                count.update((hop, address) for hop, addresses in hops(text).items() for address in addresses)
    show(f"13 hops of 100 ms, three silent, one loses 30 %, {runs} runs", wall, "ms", 0)
    for name, count in seen.items():
        print(f"  {name:<28} hops found: " + " ".join(f"{hop}:{n}" for (hop, _), n in sorted(count.items())))
    if tools.rtrace:
        ours, theirs = seen["rtrace -n"], seen["traceroute -n"]
        figures = medians(wall)
        goal("wall time, rtrace / traceroute", figures["rtrace -n"] / figures["traceroute -n"], 0.5)
        missed = [hop for hop in theirs if hop not in ours]
        goal(f"hops that only traceroute finds {missed}", len(missed), 0)
        goal("hops that only rtrace finds, which are not there", len([hop for hop in ours if hop not in theirs]), 0)


def fast(tools, rounds, quick):
    """A short way where all answer: wall and CPU time."""
    wall, cpu = {}, {}
    with network(tools, "chain", str(ROUTERS)) as (target, *_):
        for _ in range(rounds):
            for name, command in contestants(tools, ("rtrace -n", "traceroute -n", "traceroute -n -I")).items():
                rows = costs(tools, command + [target], 2 if quick else 5)
                wall.setdefault(name, []).append(statistics.median(row[0] for row in rows))
                cpu.setdefault(name, []).append(statistics.median(row[1] for row in rows))
    show(f"{ROUTERS + 1} hops that answer at once: wall time", wall, "ms", 2)
    show("the same: CPU time", cpu, "ms", 2)
    figures = medians(wall)
    if tools.rtrace:
        goal("wall time, rtrace / traceroute", figures["rtrace -n"] / figures["traceroute -n"], 1)
        goal("wall time, rtrace / traceroute -I", figures["rtrace -n"] / figures["traceroute -n -I"], 1)


def dead(tools, rounds, quick):
    """Nothing answers behind the fifth router."""
    wall = {}
    with network(tools, "chain", str(ROUTERS), "--dead-behind", "5") as (target, *_):
        for turn in range(rounds):
            for name, command in contestants(tools, ("rtrace -n", "traceroute -n", "mtr -n -r -c 1")).items():
                if turn == 0 or name.startswith("rtrace") and not quick:
                    wall.setdefault(name, []).append(timed(command + [target])[1])
    show("nothing answers behind hop 5", wall, "ms", 0)
    if tools.rtrace:
        goal("wall time, seconds", max(wall["rtrace -n"]) / 1e3, 2)


def named_at(text, target):
    """The hop that the target is first printed at."""
    return min((hop for hop, addresses in hops(text).items() if target in addresses), default=None)


def limited(tools, runs):
    """Linux' default limits of errors on every router: is the target named where it is?"""
    programs = list(filter(None, (tools.rtrace, "traceroute")))
    methods = ("-I", "-U", "-T")
    for family, name in enumerate(("IPv4", "IPv6")):
        found = collections.defaultdict(list)
        for _ in range(runs):
            for method in methods:
                for program in programs:
                    with network(tools, "chain", str(ROUTERS), "--limits") as targets:
                        found[program, method].append(named_at(run([program, "-n", method, targets[family]]), targets[family]))
        tell_limited(f"{name}, Linux' limits of errors, each run in a fresh network", found)
        found.clear()
        # Run after run the buckets are empty: nothing but patience helps.
        for method in methods:
            for program in programs:
                with network(tools, "chain", str(ROUTERS), "--limits") as targets:
                    for _ in range(runs):
                        found[program, method].append(named_at(run([program, "-n", method, targets[family]]), targets[family]))
        tell_limited(f"{name}, Linux' limits of errors, run after run in one network", found)


def tell_limited(title, found):
    distance = ROUTERS + 1
    print(f"the target {distance} hops away, {title}")
    for (program, method), places in found.items():
        wrong = collections.Counter(place for place in places if place != distance)
        other = f"; else at {', '.join(f'{place} ({n})' for place, n in wrong.items())}" if wrong else ""
        print(f"  {os.path.basename(program) + ' ' + method:<28} {places.count(distance)} of {len(places)}{other}")
        if program != "traceroute":
            goal(f"{method}: share of runs with the true distance", places.count(distance) / len(places), 1, at_least=True)


def wide(tools, rounds):
    """1,000 targets, each behind routers of its own: what is found, and what it costs."""
    if not tools.rtrace:
        return
    # The one core is the last; the simulated network has the others.
    command = ["taskset", "-c", str(os.cpu_count() - 1), tools.rtrace, "-n"]
    rows, right, wrong = [], 0, set()
    due = {(target, hop): f"10.{100 + hop}.{target.split('.', 2)[2]}" for target in WIDE for hop in range(1, ROUTERS)}
    due.update({(target, ROUTERS): target for target in WIDE})
    with network(tools, "simulate", os.path.join(SCENARIOS, "trace_wide.toml")):
        for _ in range(rounds):
            rows += costs(tools, command + WIDE, 1)
        seen = collections.defaultdict(set)
        for line in run(command + ["--json"] + WIDE).splitlines():
            event = json.loads(line)
            if event["event"] == "hop":
                answers = (each["from"] for each in event["tries"] if each["outcome"] == "answer")
                seen[(event["target"], event["hop"])].update(answers)
    right = sum(seen[key] == {address} for key, address in due.items())
    wrong = {(key, address) for key, addresses in seen.items() for address in addresses if due.get(key) != address}
    for title, column, unit in (("wall time", 0, "ms"), ("CPU time", 1, "ms"), ("peak memory", 2, "kB")):
        show(f"1,000 targets x 12 hops on one core: {title}", {"rtrace -n": [row[column] for row in rows]}, unit, 0)
    goal("share of the hops", right / len(due), 0.99, at_least=True)
    goal(f"hops that are wrong {sorted(wrong)[:3]}", len(wrong), 0)
    goal("peak memory, MiB", max(row[2] for row in rows) / 1024, 64)


def run_section(_lab, tools, rounds, quick):
    # A trace has twenty runs by its goals, whatever the rounds of the other sections are.
    runs = 3 if quick else 20
    slow(tools, runs)
    fast(tools, rounds, quick)
    dead(tools, rounds, quick)
    limited(tools, runs)
    wide(tools, rounds)
