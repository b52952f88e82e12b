"""What one ping to loopback costs: wall time, CPU time and peak memory."""
from peerlib.tools import goal, medians, run, show

TARGET = "127.0.0.1"


def run_section(_lab, tools, rounds, quick):
    runs = 5 if quick else 20
    wall, cpu, peak = {}, {}, {}
    for _ in range(rounds):
        for name, program in (("rping -c1", tools.rping), ("ping -c1", "ping")):
            if not program:
                continue
            text = run([tools.bare, "cost", "--runs", str(runs), "--", program, "-c1", TARGET])
            rows = [tuple(map(int, line.split())) for line in text.splitlines()]
            if not rows:
                continue
            if any(code != 0 for *_, code in rows):
                print(f"  {name}: exit codes {sorted({code for *_, code in rows})}")
            for table, column in ((wall, 0), (cpu, 1), (peak, 2)):
                table.setdefault(name, []).append(sorted(row[column] for row in rows)[len(rows) // 2])
    for title, table, unit in (("wall time", wall, "us"), ("CPU time", cpu, "us"), ("peak memory", peak, "kB")):
        show(title, table, unit, 0)
    for title, table, bound in (("wall time", wall, 1.3), ("CPU time", cpu, 1.3), ("peak memory", peak, 2)):
        figures = medians(table)
        if "rping -c1" in figures:
            goal(f"{title}, rping / ping", figures["rping -c1"] / figures["ping -c1"], bound)
