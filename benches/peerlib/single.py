"""What one ping to loopback costs: wall time, CPU time and peak memory."""
import statistics

from peerlib.tools import goal, medians, run, show

TARGET = "127.0.0.1"
# Runs in a row before the other has its turn.
IN_A_ROW = 5


def measure(tools, program):
    """Wall microseconds, CPU microseconds and peak kB of each of a few runs."""
    text = run([tools.bare, "cost", "--runs", str(IN_A_ROW), "--", program, "-c1", TARGET])
    rows = [tuple(map(int, line.split())) for line in text.splitlines()]
    if any(code != 0 for *_, code in rows):
        print(f"  {program}: exit codes {sorted({code for *_, code in rows})}")
    return [row[:3] for row in rows]


def run_section(_lab, tools, rounds, quick):
    programs = {"rping -c1": tools.rping, "ping -c1": "ping"}
    wall, cpu, peak = {}, {}, {}
    for _ in range(rounds):
        rows = {name: [] for name, program in programs.items() if program}
        for _ in range(1 if quick else 4):
            for name in rows:
                rows[name] += measure(tools, programs[name])
        for column, table in enumerate((wall, cpu, peak)):
            for name, found in rows.items():
                table.setdefault(name, []).extend([statistics.median(row[column] for row in found)] if found else [])
    for title, table, unit in (("wall time", wall, "us"), ("CPU time", cpu, "us"), ("peak memory", peak, "kB")):
        show(title, table, unit, 0)
    for title, table, bound in (("wall time", wall, 1.3), ("CPU time", cpu, 1.3), ("peak memory", peak, 2)):
        figures = medians(table)
        if "rping -c1" in figures:
            goal(f"{title}, rping / ping", figures["rping -c1"] / figures["ping -c1"], bound)
