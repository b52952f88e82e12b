"""rlink serve under load: echo requests offered at a rate over the veth, answered by it and by the bare packet-socket loop.

Each frame is answered or counted as dropped, by the server's queue or by the veth itself; a goal says whether the sums
agree. The server runs on one side, the load on the other, so that two cores are what both together have. Then the
round-trip times of rlink ping, held against a capture as rping's are.
"""
import json
import re
import signal
import subprocess

from peerlib.accuracy import INTERVAL_MS, idle_and_busy
from peerlib.tools import goal, medians, run, show

LOAD = re.compile(r"([\d.]+) kpps offered, ([\d.]+) kpps answered, (\d+) sent, (\d+) received, (\d+) replies dropped")
BARE = re.compile(r"(\d+) answered, (\d+) dropped")


class Server:
    """`with Server(...) as server`: answers meanwhile; afterwards `answered` and `dropped`, and `peak_kb` of memory."""

    def __init__(self, lab, tools, name):
        self.name, self.answered, self.dropped, self.memory = name, 0, 0, []
        words = {
            "bare link-echo": [tools.bare, "link-echo", "--interface", "far0"],
            "rlink serve -q": [tools.rlink, "serve", "-q", "--json", "-I", "far0"],
        }
        self.command = ["ip", "netns", "exec", lab.far] + words[name]

    def __enter__(self):
        quiet = {"stdin": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True, **quiet)
        self.process.stdout.readline()
        return self

    def look(self):
        """Resident memory now, in KiB."""
        with open(f"/proc/{self.process.pid}/status") as status:
            self.memory += [int(line.split()[1]) for line in status if line.startswith("VmRSS")]

    def __exit__(self, *_):
        if self.name != "bare link-echo":
            self.process.send_signal(signal.SIGINT)
        text, _ = self.process.communicate()
        if self.name == "bare link-echo":
            found = BARE.search(text)
            self.answered, self.dropped = (int(found[1]), int(found[2])) if found else (0, 0)
        else:
            served = json.loads(text.splitlines()[-1])
            self.answered, self.dropped = served["answered"], served["dropped"]


def wire_drops(lab):
    """Frames that the veth pair did not pass on, so far."""
    near = run(["ip", "-j", "-s", "link", "show", lab.interface])
    far = run(["ip", "-n", lab.far, "-j", "-s", "link", "show", "far0"])
    return sum(json.loads(text)[0]["stats64"]["tx"]["dropped"] for text in (near, far))


def offer(lab, tools, name, rate, seconds):
    """Offered and answered thousands a second, and frames that nobody accounts for."""
    lost = wire_drops(lab)
    load = [tools.bare, "link-load", "--interface", lab.interface, "--mac", lab.mac]
    with Server(lab, tools, name) as server:
        text = run(load + ["--rate", str(rate), "--seconds", str(seconds)])
    found = LOAD.search(text)
    sent, received, dropped = (int(found[i]) for i in (3, 4, 5))
    lost = wire_drops(lab) - lost
    there = sent - server.answered - server.dropped
    back = server.answered - received - dropped
    return float(found[1]), float(found[2]), there + back - lost


def memory(lab, tools, frames):
    """Resident memory of the server after a tenth of so many frames and after all of them, in KiB."""
    load = [tools.bare, "link-load", "--interface", lab.interface, "--mac", lab.mac, "--rate", "150000"]
    with Server(lab, tools, "rlink serve -q") as server:
        for count in (frames // 10, frames - frames // 10):
            run(load + ["--count", str(count)])
            server.look()
    return server.memory


def accuracy(lab, tools, rounds, count):
    commands = {
        "rlink ping": [
            tools.rlink, "ping", "-I", lab.interface, "-c", str(count), "-i", f"{INTERVAL_MS / 1000:g}", lab.mac
        ],
        "bare": [
            tools.bare, "paced", "--stamped", "--count", str(count), "--interval", f"{INTERVAL_MS}ms",
            "--packet", "--interface", lab.interface, "--mac", lab.mac,
        ],
    }
    with Server(lab, tools, "rlink serve -q"):
        for figures in idle_and_busy(lab, tools, rounds, commands, f"{count} frames at {INTERVAL_MS} ms"):
            goal("p99, rlink ping / bare stamped loop", figures["rlink ping"] / figures["bare"], 1.5)


def run_section(lab, tools, rounds, quick):
    if not tools.rlink:
        print("left out: no rlink")
        return
    accuracy(lab, tools, rounds, 100 if quick else 500)
    seconds = 1 if quick else 3
    offered, answered, unexplained = {}, {}, 0
    for rate in (150_000, 1_000_000):
        for _ in range(rounds):
            for name in ("bare link-echo", "rlink serve -q"):
                what = f"{name}, {'150 kpps' if rate == 150_000 else 'all it can'}"
                given, taken, missing = offer(lab, tools, name, rate, seconds if rate == 150_000 else seconds / 3)
                offered.setdefault(what, []).append(given)
                answered.setdefault(what, []).append(taken)
                unexplained += abs(missing) if name != "bare link-echo" else 0
    show("echo requests offered", offered, "kpps")
    show("echo requests answered", answered, "kpps")
    figures = medians(answered)
    for load in ("150 kpps", "all it can"):
        ratio = figures[f"rlink serve -q, {load}"] / figures[f"bare link-echo, {load}"]
        goal(f"answered of {load}, rlink serve -q / bare link-echo", ratio, 0.85, at_least=True)
    print(f"  or, of 150 kpps offered, {figures['rlink serve -q, 150 kpps']:.1f} kpps answered")
    goal("frames neither answered nor counted as dropped", unexplained, 0)
    frames = 500_000 if quick else 10_000_000
    early, late = memory(lab, tools, frames)
    print(f"resident memory after {frames // 10} frames {early} KiB, after {frames} {late} KiB")
    goal("memory, late / early", late / early, 1.01)
