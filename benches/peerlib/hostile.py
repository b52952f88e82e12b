"""Real replies among 200,000 strangers' packets a second: how many each command counts beside its peer, and in how much memory.

The strangers come from the far side, beside the answers of its kernel, as fast as the bare sender reached. Pingers, sweeps
and checks hear echo replies to another process, errors about another's probes, and replies under their own ident (listened
for on the wire) with every sequence number and without their payload; so does the link layer. Traces hear "time exceeded"
from a router that is not there, about probes to another target, and about probes from every ident or port to theirs. What a
program drops or believes is its own; the network is one and the same, and each runs without strangers, too.
"""
import os

from peerlib.check import CHECK_ICMP
from peerlib.contest import Contest, checks, pings, stations, sweeps, traces
from peerlib.lab import ip
from peerlib.link import Server
from peerlib.tools import run
from peerlib.trace import network

FAMILIES = {4: "IPv4", 6: "IPv6"}
REPLIES = {
    "replies to others": ["--what", "replies"],
    "errors to others": ["--what", "unreachable"],
    "replies to us": ["--what", "replies", "--listen"],
}
STATIONS = {"replies to others": ["--what", "stations"], "replies to us": ["--what", "stations", "--listen"]}
# Hosts that the far end answers for.
SWEPT = {4: ("10.80.0.0/24", [f"10.80.0.{n}" for n in range(1, 21)]), 6: ("fd80::/64", [f"fd80::{n:x}" for n in range(1, 21)])}
# All that check_icmp may send.
CHECKED = 20
ROUTERS, TRIES = 6, 10
# On the first cable of the way and of nobody; and a target of others.
INTRUDER = {4: "10.0.0.99", 6: "fd00::99"}
ELSEWHERE = {4: "10.200.0.1", 6: "fd00:200::1"}


def mac_of(interface):
    return run(["ip", "-brief", "link", "show", interface]).split()[2]


def floods(kinds, interface, mac, source, target):
    """What `bare strangers` is told of each kind, on that interface of the far side."""
    common = ["--interface", interface, "--mac", mac, "--from", source]
    return {kind: [*common, *words, target] for kind, words in kinds.items()}


def echoes(lab, tools, family, quick):
    """The contests of those that send echo requests to the far side."""
    net, hosts = SWEPT[family]
    source, target = lab.ends[family]
    ip("-n", lab.far, f"-{family}", "route", "replace", "local", net, "dev", "lo")
    ip("-n", lab.near, f"-{family}", "route", "replace", net, "via", target)
    count = 100 if quick else 400
    each = count // 10
    title, words = FAMILIES[family], [f"-{family}"]
    ping = words + ["-n", "-q", "-c", str(count), "-i", "0.005", "-w", str(count // 50 + 2), target]
    sweep = words + ["-q", "-c", str(each), "-p", "50", "-i", "1", "-t", "1000", *hosts]
    check = words + ["-n", str(CHECKED), "-i", "10ms", "-w", "5000,100%", "-c", "5000,100%", target]
    told = floods(REPLIES, "far0", mac_of(lab.interface), target, source)
    yield Contest(
        f"rping beside ping, {title}, {count} probes",
        {"rping": [tools.rping, "--json", *ping], "ping": ["ping", *ping]}, pings(count), told,
    )
    told = floods(REPLIES, "far0", mac_of(lab.interface), hosts[0], source)
    yield Contest(
        f"rsweep beside fping, {title}, {len(hosts)} hosts, {each} probes each",
        {"rsweep": [tools.rsweep, *sweep], "fping": ["fping", *sweep]}, sweeps(each * len(hosts)), told,
    )
    if not os.path.exists(CHECK_ICMP):
        print(f"  {CHECK_ICMP} is not there: rcheck is left out (monitoring-plugins-basic)")
        return
    told = floods(REPLIES, "far0", mac_of(lab.interface), target, source)
    yield Contest(
        f"rcheck beside check_icmp, {title}, {CHECKED} probes",
        {"rcheck": [tools.rcheck, "--json", *check], "check_icmp": [CHECK_ICMP, *check]},
        checks(CHECKED), told, 3 if quick else 10,
    )


def link_layer(lab, tools, rounds, quick):
    """rlink ping, which has no peer, beside the bare loop."""
    count = 100 if quick else 400
    common = ["-c", str(count), "-i", "0.005"]
    contest = Contest(
        f"rlink ping beside the bare loop, {count} probes",
        {
            "rlink ping": [tools.rlink, "ping", "--json", "-I", lab.interface, *common, lab.mac],
            "bare": [tools.bare, "paced", "--stamped", "--count", str(count), "--interval", "5ms", "--packet",
                     "--interface", lab.interface, "--mac", lab.mac],
        },
        stations(count), floods(STATIONS, "far0", mac_of(lab.interface), lab.target, lab.source),
    )
    with Server(lab, tools, "rlink serve -q"):
        for _ in range(rounds):
            contest.play(tools, ["ip", "netns", "exec", lab.far])
    contest.tell()


def ways(tools, rounds, quick):
    """rtrace beside traceroute, on a way of real routers that may send as many errors as they like."""
    with network(tools, "chain", str(ROUTERS)) as (*targets, router):
        for family, target in zip(FAMILIES, targets):
            plain = run(["traceroute", "-n", f"-{family}", "-q", "1", target]).splitlines()[1:]
            way = [line.split()[1] for line in plain]
            source = {4: "10.0.0.1", 6: "fd00::1"}[family]
            for method, what in (("-I", "exceeded-echo"), ("-U", "exceeded-udp")):
                words = [f"-{family}", "-n", method, "-q", str(TRIES), target]
                kinds = {
                    "errors to others": ["--what", what, "--about", ELSEWHERE[family]],
                    "errors to us": ["--what", what, "--about", target],
                }
                contest = Contest(
                    f"rtrace beside traceroute, {FAMILIES[family]}, {method}, {len(way)} hops, {TRIES} tries each",
                    {"rtrace": [tools.rtrace, "--json", *words], "traceroute": ["traceroute", *words]},
                    traces(way, TRIES), floods(kinds, "left", mac_of("right"), INTRUDER[family], source), 5 if quick else 50,
                )
                for _ in range(rounds):
                    contest.play(tools, ["nsenter", f"--net={router}"])
                contest.tell()


def run_section(lab, tools, rounds, quick):
    for family in FAMILIES:
        for contest in echoes(lab, tools, family, quick):
            for _ in range(rounds):
                contest.play(tools, ["ip", "netns", "exec", lab.far])
            contest.tell()
    link_layer(lab, tools, rounds, quick)
    ways(tools, rounds, quick)
