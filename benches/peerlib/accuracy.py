"""|printed RTT - RTT in a capture on the sending interface|, 99th percentile: idle, and with four busy loops."""
import contextlib
import statistics

from peerlib.tools import Burn, Capture, goal, medians, percentile, rtts_us, run, show

INTERVAL_MS = 5


def run_once(lab, tools, name, command):
    """The distances in microseconds, one for each probe that both the tool and the capture saw answered."""
    with Capture(tools, lab.interface) as seen:
        printed = rtts_us(name, run(command))
    shared = [place for place in printed if place in seen.sent and place in seen.back]
    if len(shared) < 0.9 * len(seen.sent) or not shared:
        print(f"  {name}: {len(printed)} printed and {len(seen.sent)} captured, only {len(shared)} match")
        return []
    return [abs(printed[place] - (seen.back[place] - seen.sent[place]) / 1e3) for place in shared]


def section(lab, tools, rounds, commands, title, load):
    """Prints the distances of each command, name to command line; the median of each one's 99th percentiles."""
    p99, median = {}, {}
    for _ in range(rounds):
        for name, command in commands.items():
            with load():
                distances = run_once(lab, tools, name, command)
            p99.setdefault(name, []).extend([percentile(distances, 0.99)] if distances else [])
            median.setdefault(name, []).extend([statistics.median(distances)] if distances else [])
    show(f"{title}: median distance from the capture", median, "us")
    show(f"{title}: p99 distance from the capture", p99, "us")
    return medians(p99)


def idle_and_busy(lab, tools, rounds, commands, what):
    """`section` on an idle machine and on one with twice as many busy loops as cores."""
    for title, load in (("idle", contextlib.nullcontext), ("four busy loops", lambda: Burn(tools, 4))):
        yield section(lab, tools, rounds, commands, f"{title}, {what}", load)


def run_section(lab, tools, rounds, quick):
    count = 100 if quick else 500
    commands = tools.paced(lab.target, count, INTERVAL_MS)
    for figures in idle_and_busy(lab, tools, rounds, commands, f"{count} probes at {INTERVAL_MS} ms"):
        goal("p99, rping / bare stamped loop", figures["rping"] / figures["bare"], 1.5)
        better = min(figures[peer] for peer in ("ping", "fping") if peer in figures)
        goal("p99, rping / the better peer", figures["rping"] / better, 0.4)
