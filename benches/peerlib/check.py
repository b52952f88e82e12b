"""A verdict: wall time of rcheck and check_icmp on a host that answers and on one that does not, and of rcheck on 500.

The dead host's address is on the wire, with a neighbour entry, so that nothing but silence comes back. Hosts that are
some way off are simulated, so that their delay is exact, by a process with a core of its own.

Of a check of a host next door a third is the loading of the C library. The plugin that packaging/deb and
packaging/static make is linked statically, and so it is the one that is held against check_icmp where Rust's library for
that is installed; the ordinary build stands beside.
"""
import os
import subprocess
import time

from peerlib.lab import ip
from peerlib.tools import goal, medians, show
from peerlib.trace import SCENARIOS, core_of_its_own, network

CHECK_ICMP = "/usr/lib/nagios/plugins/check_icmp"
DEAD = "10.77.0.99"
HOSTS = [f"10.9.{n // 250}.{n % 250 + 1}" for n in range(500)]
DEAD_HOSTS = [f"10.79.{n // 250}.{n % 250 + 1}" for n in range(500)]
DELAY_MS = 20
PLUGIN = "rcheck, static"


def wall_ms(command, expected):
    begin = time.monotonic()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wall = (time.monotonic() - begin) * 1e3
    if done.returncode != expected:
        print(f"  {command[0]}: exit {done.returncode}, {expected} expected: {done.stdout[:100]}{done.stderr[:100]}")
    return wall


def prepare(lab):
    ip("neigh", "replace", DEAD, "lladdr", lab.mac, "nud", "permanent", "dev", lab.interface)
    ip("route", "replace", "10.79.0.0/16", "via", lab.target)
    ip("-n", lab.far, "route", "replace", "blackhole", "10.79.0.0/16")


def run_section(lab, tools, rounds, quick):
    rcheck = tools.rcheck
    if not rcheck:
        return
    prepare(lab)
    peers = {PLUGIN: tools.static_rcheck, "rcheck": rcheck} if tools.static_rcheck else {"rcheck": rcheck}
    if os.path.exists(CHECK_ICMP):
        peers["check_icmp"] = CHECK_ICMP
    else:
        print(f"  {CHECK_ICMP} is not there: no ratios (monitoring-plugins-basic)")
    near, delayed, dead = {}, {}, {}
    one, many, one_dead, many_dead = {}, {}, {}, {}
    for _ in range(rounds):
        for _ in range(3 if quick else 20):
            for name, program in peers.items():
                near.setdefault(name, []).append(wall_ms([program, lab.target], 0))
        with core_of_its_own() as leave_it, network(tools, "simulate", os.path.join(SCENARIOS, "delayed.toml")):
            leave_it()
            for _ in range(2 if quick else 5):
                for name, program in peers.items():
                    delayed.setdefault(name, []).append(wall_ms([program, HOSTS[0]], 0))
                one.setdefault("1 host", []).append(wall_ms([rcheck, HOSTS[0]], 0))
                many.setdefault("500 hosts", []).append(wall_ms([rcheck, *HOSTS], 0))
        for name, program in peers.items():
            dead.setdefault(name, []).append(wall_ms([program, DEAD], 2))
        one_dead.setdefault("1 dead host", []).append(wall_ms([rcheck, DEAD_HOSTS[0]], 2))
        many_dead.setdefault("500 dead hosts", []).append(wall_ms([rcheck, *DEAD_HOSTS], 2))
    tables = [("a host next door", near), (f"a host {DELAY_MS} ms away", delayed), ("a dead host", dead)]
    for title, table in tables:
        middle = medians(table)
        show(title, {name: [value] for name, value in middle.items()}, "ms", 2)
        if "check_icmp" in middle:
            ours, *beside = (name for name in middle if name != "check_icmp")
            goal(f"{title}, {ours} / check_icmp", middle[ours] / middle["check_icmp"], 1.0)
            for name in beside:
                print(f"  {title}, {name} / check_icmp: {middle[name] / middle['check_icmp']:.3g}")
    for title, few, all_ in ((f"hosts {DELAY_MS} ms away", one, many), ("dead hosts", one_dead, many_dead)):
        middle = {**medians(few), **medians(all_)}
        show(title, {name: [value] for name, value in middle.items()}, "ms", 2)
        if len(middle) == 2:
            single, crowd = middle.values()
            goal(f"{title}, 500 / 1", crowd / single, 1.2)
