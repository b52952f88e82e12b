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
    """`with Lab() as lab`: commands run inside then have `lab.interface`, and `lab.target` answers them.

    `ends` are the source and the target of each family.
    """

    interface = "near0"
    ends = {4: ("10.77.0.1", "10.77.0.2"), 6: ("fd77::1", "fd77::2")}
    source, target = ends[4]

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
        sides = ((self.near, self.interface), (self.far, "far0"))
        for side, (namespace, interface) in enumerate(sides):
            ip("-n", namespace, "addr", "add", f"{self.ends[4][side]}/24", "dev", interface)
            ip("-n", namespace, "addr", "add", f"{self.ends[6][side]}/64", "dev", interface, "nodad")
            ip("-n", namespace, "link", "set", "lo", "up")
            ip("-n", namespace, "link", "set", interface, "up")
        macs = [self.address(namespace, interface) for namespace, interface in sides]
        self.mac = macs[1]
        # Neighbour entries that never expire: no run pays for another's ARP, and no flood for a lost answer to it.
        for side, (namespace, interface) in enumerate(sides):
            for addresses in self.ends.values():
                to = ("lladdr", macs[1 - side], "nud", "permanent", "dev", interface)
                ip("-n", namespace, "neigh", "replace", addresses[1 - side], *to)
        descriptor = os.open(f"/run/netns/{self.near}", os.O_RDONLY | os.O_CLOEXEC)
        enter(descriptor)
        os.close(descriptor)

    @staticmethod
    def address(namespace, interface):
        """The hardware address of an interface."""
        words = ["ip", "-n", namespace, "-brief", "link", "show", interface]
        return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout.split()[2]

    def __exit__(self, *_):
        self.remove()

    def remove(self):
        enter(self.home)
        for namespace in (self.near, self.far):
            subprocess.run(["ip", "netns", "del", namespace], stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
