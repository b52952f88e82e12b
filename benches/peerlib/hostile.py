"""Real replies among 200,000 strangers' packets a second: how many of them rping counts, how many ping does.

The strangers come from the far side, beside the answers of its kernel, as fast as the bare sender reached. Three kinds:
replies to another pinger (its ident), errors about another pinger's probes, and replies under the pinger's own ident with
every sequence number and without its payload. What a pinger drops or believes is its own; the network is one and the same.
"""
import json
import re
import subprocess

from peerlib.tools import goal, medians, run, show

IDENT = 4242
KINDS = {"replies to others": (7, []), "errors to others": (7, ["--errors"]), "replies to us": (IDENT, [])}
SENT = re.compile(r"([\d.]+) kpps, (\d+) strangers sent")
PING = re.compile(r"(\d+) packets transmitted, (\d+) received")
RATE = 200_000


class Strangers:
    """`with Strangers(...) as strangers`: they come meanwhile; afterwards `kpps`, as reached."""

    def __init__(self, lab, tools, kind, seconds):
        ident, more = KINDS[kind]
        line = run(["ip", "-brief", "link", "show", lab.interface])
        self.command = ["ip", "netns", "exec", lab.far, tools.bare, "strangers", "--interface", "far0"]
        self.command += ["--mac", line.split()[2], "--from", lab.target, "--ident", str(ident), "--rate", str(RATE)]
        self.command += ["--seconds", str(seconds), *more, lab.source]
        self.kpps = 0.0

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()
        return self

    def __exit__(self, *_):
        text, _ = self.process.communicate()
        found = SENT.search(text)
        self.kpps = float(found[1]) if found else 0.0


def contestants(lab, tools, count):
    common = ["-n", "-q", "-e", str(IDENT), "-c", str(count), "-i", "0.01", "-w", str(count // 20 + 2), lab.target]
    return {"rping": [tools.rping, "--json", *common], "ping": ["ping", *common]}


def read(name, text, count):
    """Percent of the probes that should have been sent and answered and were not; strangers taken for answers."""
    if name == "ping":
        found = PING.search(text)
        sent, received = (int(found[1]), int(found[2])) if found else (0, 0)
    else:
        end = json.loads(text.splitlines()[-1])
        sent, received = end["sent"], end["received"] + end["duplicates"]
    believed = max(received - sent, 0)
    answered = min(sent, received)
    return 100.0 * (count - answered) / count, believed


def run_section(lab, tools, rounds, quick):
    if not tools.rping:
        print("left out: no rping")
        return
    count = 200 if quick else 1000
    lost, believed, reached = {}, {}, {}
    for _ in range(rounds):
        for kind in KINDS:
            for name, command in contestants(lab, tools, count).items():
                with Strangers(lab, tools, kind, count / 40 + 1) as strangers:
                    share, fooled = read(name, run(command), count)
                lost.setdefault(f"{name}, {kind}", []).append(share)
                believed.setdefault(f"{name}, {kind}", []).append(fooled)
                reached.setdefault(f"{name}, {kind}", []).append(strangers.kpps)
    show("strangers' packets, as reached", reached, "kpps")
    show("real replies that were not counted", lost, "%", 2)
    show("strangers counted as replies", believed, "", 0)
    figures = medians(lost)
    for kind in KINDS:
        # Where strangers are believed, ping ends its run early: what it never sent was never answered.
        more = figures[f"rping, {kind}"] - figures[f"ping, {kind}"]
        goal(f"percent of real replies lost, rping less ping, {kind}", more, 0)
    goal("strangers that rping counted", sum(sum(believed[f"rping, {kind}"]) for kind in KINDS), 0)
