"""rlink scan of a /20: how long it takes beside addresses / rate, where everybody answers and where nobody does."""
import json

from peerlib.lab import ip
from peerlib.tools import goal, medians, run, show

PREFIX, HOSTS, RATE = "10.78.0.0/20", 4094, 1000


def scan(tools, lab, *words):
    """Seconds, and addresses found."""
    command = [tools.rlink, "scan", "-I", lab.interface, PREFIX, "-r", str(RATE), "--json", *words]
    end = json.loads(run(command).splitlines()[-1])
    if end["dropped"] or end["not_sent"]:
        print(f"{end['dropped']} dropped, {end['not_sent']} not sent")
    return end["took_ns"] / 1e9, end["found"]


def run_section(lab, tools, rounds, quick):
    if not tools.rlink:
        print("left out: no rlink")
        return
    took, found = {}, {}
    for there in (True, False):
        # The far host answers for the whole prefix: its kernel takes each address for its own.
        ip("-n", lab.far, "route", "add" if there else "del", "local", PREFIX, "dev", "lo")
        for _ in range(1 if quick else rounds):
            for name, words in (("asked once", ["--retries", "0"]), ("asked again", [])):
                what = f"{'all' if there else 'none'} there, {name}"
                seconds, hosts = scan(tools, lab, *words)
                took.setdefault(what, []).append(seconds)
                found.setdefault(what, []).append(hosts)
    show(f"scan of {HOSTS} addresses at {RATE} a second", took, "s")
    seconds, hosts = medians(took), medians(found)
    for what in ("all there, asked once", "all there, asked again", "none there, asked once"):
        goal(f"time / (addresses / rate), {what}", seconds[what] * RATE / HOSTS, 1.5)
    for what in ("all there, asked once", "all there, asked again"):
        goal(f"addresses found, {what}", hosts[what], HOSTS, at_least=True)
