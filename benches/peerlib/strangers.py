"""Packets that nobody asked for, 200,000 a second of them, from the far side of a lab, beside the answers of its kernel."""
import re
import subprocess

RATE = 200_000
SENT = re.compile(r"([\d.]+) kpps, (\d+) strangers sent")


class Strangers:
    """`with Strangers(...) as strangers`: they come meanwhile; afterwards `kpps`, as reached, `None` if none came.

    `within` are the words that run a command on the far side, `words` what `bare strangers` is told there.
    """

    def __init__(self, tools, within, words):
        self.command = [*within, tools.bare, "strangers", "--rate", str(RATE), *words]
        self.kpps = None

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise subprocess.CalledProcessError(self.process.wait(), self.command)
        return self

    def __exit__(self, *_):
        text, _ = self.process.communicate()
        found = SENT.search(text)
        self.kpps = float(found[1]) if found else None
