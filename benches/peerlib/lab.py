"""Two network namespaces and the wire between them; this process moves into the near one, and back at the end."""
import ctypes
import os
import signal
import subprocess
import sys

CLONE_NEWNET = 0x40000000


def ip(*words):
    subprocess.run(["ip", *words], check=True, stdin=subprocess.DEVNULL)


def enter(descriptor):
    """Moves this process into a network namespace (os.setns is younger than the oldest Python we run on)."""
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns failed")


def interrupted(number, _frame):
    sys.exit(128 + number)


class Lab:
    """`with Lab() as lab`: commands run inside then have `lab.interface`, and `lab.target` answers them."""

    interface = "near0"
    source = "10.77.0.1"
    target = "10.77.0.2"

    def __init__(self):
        self.near, self.far = f"rprobe-near-{os.getpid()}", f"rprobe-far-{os.getpid()}"
        self.mac = None
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    def __enter__(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, interrupted)
        try:
            self.build()
        except BaseException:
            self.remove()
            raise
        return self

    def build(self):
        ip("netns", "add", self.near)
        ip("netns", "add", self.far)
        ip("-n", self.near, "link", "add", self.interface, "type", "veth", "peer", "name", "far0", "netns", self.far)
        for namespace, interface, address in ((self.near, self.interface, self.source), (self.far, "far0", self.target)):
            ip("-n", namespace, "addr", "add", f"{address}/24", "dev", interface)
            ip("-n", namespace, "link", "set", "lo", "up")
            ip("-n", namespace, "link", "set", interface, "up")
        line = subprocess.run(
            ["ip", "-n", self.far, "-brief", "link", "show", "far0"], check=True, stdout=subprocess.PIPE, text=True
        ).stdout
        self.mac = line.split()[2]
        # A neighbour entry that never expires: no run pays for another's ARP.
        ip("-n", self.near, "neigh", "replace", self.target, "lladdr", self.mac, "nud", "permanent", "dev", self.interface)
        descriptor = os.open(f"/run/netns/{self.near}", os.O_RDONLY | os.O_CLOEXEC)
        enter(descriptor)
        os.close(descriptor)

    def __exit__(self, *_):
        self.remove()

    def remove(self):
        enter(self.home)
        for namespace in (self.near, self.far):
            subprocess.run(["ip", "netns", "del", namespace], stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
