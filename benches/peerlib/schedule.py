"""500 probes at 5 ms: how long the run takes, and how far each probe leaves from where the schedule has it.

Probe n is due n intervals after the first; both are read from the capture, so no tool's own clock is believed.
"""
import statistics

from peerlib.tools import Capture, goal, medians, percentile, run, show

INTERVAL_MS = 5


def run_section(lab, tools, rounds, quick):
    count = 100 if quick else 500
    due_ms = (count - 1) * INTERVAL_MS
    total, p99, shifted = {}, {}, {}
    for _ in range(rounds):
        for name, command in tools.paced(lab.target, count, INTERVAL_MS).items():
            with Capture(tools, lab.interface) as seen:
                run(command)
            if len(seen.sent) != count:
                print(f"  {name}: {len(seen.sent)} of {count} probes captured")
                continue
            late_us = [(ns - seen.sent[0]) / 1e3 - place * INTERVAL_MS * 1e3 for place, ns in seen.sent.items()]
            middle = statistics.median(late_us)
            total.setdefault(name, []).append((seen.sent[count - 1] - seen.sent[0]) / 1e6)
            p99.setdefault(name, []).append(percentile([abs(late) for late in late_us], 0.99))
            shifted.setdefault(name, []).append(percentile([abs(late - middle) for late in late_us], 0.99))
    show(f"first to last probe; {due_ms} ms are due", total, "ms", 3)
    show("p99 distance from the schedule of the first probe", p99, "us")
    show("p99 distance from the median schedule", shifted, "us")
    totals, figures = medians(total), medians(p99)
    if "rping" in totals:
        goal(f"|total - {due_ms} ms| in percent", abs(totals["rping"] - due_ms) / due_ms * 100, 0.1)
        goal("p99 distance in us", figures["rping"], 150)
