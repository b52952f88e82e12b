"""Two programs that count replies while strangers' packets come: what each loses, what it believes, and its peak memory.

The readers at the end make three numbers of what one run printed: how many replies there should have been, how many real ones
were counted, and how many strangers were. Of a stranger that was taken for a probe's own reply a summary says nothing.
"""
import contextlib
import ipaddress
import json
import re

from peerlib.strangers import Strangers
from peerlib.tools import goal, measured, medians, show

QUIET = "no strangers"
# Memory for a whole batch of packets is touched when so many come at once; no more.
ROOM_KB = 1024
PING = re.compile(r"(\d+) packets transmitted, (\d+) received")
SWEEP = re.compile(r"xmt/rcv/%\w+ = (\d+)/(\d+)/")
LOSS = re.compile(r"\bpl=(\d+)%")


class Contest:
    """Ours and a peer, as `commands` by name, each alone and in floods of each kind (title to what `bare strangers` is told),
    so many runs in each. `read` is one of the readers below."""

    def __init__(self, title, commands, read, floods, runs=1):
        self.title, self.commands, self.read, self.runs = title, commands, read, runs
        self.floods = {QUIET: None, **floods}
        self.lost, self.believed, self.memory, self.reached = {}, {}, {}, {}

    def play(self, tools, within):
        """One round; `within`: the words that run a command on the far side."""
        for kind, words in self.floods.items():
            for name, command in self.commands.items():
                with Strangers(tools, within, words) if words else contextlib.nullcontext() as strangers:
                    done = [measured(command) for _ in range(self.runs)]
                due, counted, believed = (sum(column) for column in zip(*(self.read(name, text) for text, *_ in done)))
                what = f"{name}, {kind}"
                self.lost.setdefault(what, []).append(100 * (1 - counted / due))
                self.believed.setdefault(what, []).append(believed)
                self.memory.setdefault(what, []).append(max(peak for *_, peak in done) / 1024)
                if strangers and strangers.kpps:
                    self.reached.setdefault(what, []).append(strangers.kpps)

    def tell(self):
        ours, theirs = self.commands
        print(f"\n{self.title}")
        show("strangers' packets, as reached", self.reached, "kpps")
        show("real replies that were not counted", self.lost, "%", 2)
        show("strangers counted as replies", self.believed, "", 0)
        show("peak memory", self.memory, "kB", 0)
        lost, memory = medians(self.lost), medians(self.memory)
        for kind in list(self.floods)[1:]:
            # Where strangers are believed, ping ends its run early: what it never sent was never answered.
            more = lost[f"{ours}, {kind}"] - lost[f"{theirs}, {kind}"]
            goal(f"percent of real replies lost, {ours} less {theirs}, {kind}", more, 0)
            growth = memory[f"{ours}, {kind}"] - memory[f"{ours}, {QUIET}"]
            goal(f"kB that the peak memory of {ours} is higher by, {kind}", growth, ROOM_KB)
        believed = sum(sum(counts) for what, counts in self.believed.items() if what.startswith(f"{ours},"))
        goal(f"strangers that {ours} counted", believed, 0)


def last(text, event):
    """The last event of a name in JSON Lines."""
    return next(told for told in map(json.loads, reversed(text.splitlines())) if told["event"] == event)


def capped(due, counted):
    """What is counted beyond what is due was believed."""
    return due, min(due, counted), max(counted - due, 0)


def pings(count):
    def read(name, text):
        if name == "ping":
            found = PING.search(text)
            sent, received = (int(found[1]), int(found[2])) if found else (0, 0)
        else:
            end = last(text, "summary")
            sent, received = end["sent"], end["received"] + end["duplicates"]
        return count, min(sent, received), max(received - sent, 0)

    return read


def sweeps(count):
    return lambda _, text: capped(count, sum(int(received) for _, received in SWEEP.findall(text)))


def checks(count):
    def read(name, text):
        if name == "rcheck":
            end = last(text, "verdict")
            return capped(count, end["received"] + end["duplicates"])
        found = LOSS.search(text)
        return count, count * (100 - int(found[1])) // 100 if found else 0, 0

    return read


def stations(count):
    def read(name, text):
        if name == "rlink ping":
            end = last(text, "summary")
            return capped(count, end["received"] + end["duplicates"])
        return capped(count, len(text.splitlines()))

    return read


def traces(way, tries):
    """So many answers of each router and of the target, by the addresses of `way`."""

    def read(name, text):
        if name.startswith("rtrace"):
            hops = (told for told in map(json.loads, text.splitlines()) if told["event"] == "hop")
            answers = [each["from"] for hop in hops for each in hop["tries"] if each["outcome"] == "answer"]
        else:
            answers = [address for line in text.splitlines()[1:] for address in timed_by(line)]
        real = sum(address in way for address in answers)
        due = len(way) * tries
        return due, min(real, due), len(answers) - real

    return read


def timed_by(line):
    """The address of each time in a line of traceroute."""
    address = None
    for word in line.split()[1:]:
        if word == "ms":
            yield address
        with contextlib.suppress(ValueError):
            address = str(ipaddress.ip_address(word))
