#!/usr/bin/python3
"""Measures commands, and reckons with what was measured.

measure.py run SIDE FILE SERVER DAEMONS FOLDER COMMAND...
    runs the command and adds a line of JSON to FILE: wall seconds, CPU seconds of the command with
    all that it started (client) and of the server process SERVER with its children (server), MiB
    in FOLDER afterwards. DAEMONS: processes that work for the command ("" or PID,PID...): they
    are the client, too, and the most MiB that a child of theirs had is looked for. If the command
    prints a number, that is the wall seconds.
measure.py table FILE OURS SIDE...
    prints medians, spread, and ratios of OURS against each side: theirs by ours, more is better.
measure.py ratio FILE KEY OURS SIDE...
    prints that ratio of medians; of several sides, against the one with the least wall time.
measure.py most FILE KEY SIDE
    prints the greatest of a side's values.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import threading
import time

TICKS = os.sysconf("SC_CLK_TCK")


def seconds_of(pid, with_reaped):
    """CPU seconds of a process, and of children that have ended."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0, 0
    fields = text.rpartition(")")[2].split()
    ticks = sum(int(field) for field in fields[11 : 15 if with_reaped else 13])
    return ticks / TICKS, int(fields[1])


def children_of(pid):
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            seconds, parent = seconds_of(entry, False)
            if parent == int(pid):
                children[entry] = seconds
    return children


def server_seconds(pid, known=None):
    """Of PostgreSQL the postmaster, those children that live, and those that have ended.

    Waits for the end of children that are not known: one that ends now would be missed.
    """
    children = children_of(pid)
    until = time.monotonic() + 3
    while known is not None and children.keys() - known and time.monotonic() < until:
        time.sleep(0.02)
        children = children_of(pid)
    return seconds_of(pid, True)[0] + sum(children.values())


def bytes_in(folder):
    return sum(
        path.stat().st_size for path in pathlib.Path(folder).rglob("*") if path.is_file()
    )


class Watch(threading.Thread):
    """Looks how much memory the daemons' children have."""

    def __init__(self, daemons):
        super().__init__(daemon=True)
        self.daemons = daemons
        self.over = threading.Event()
        self.most_mib = 0

    def run(self):
        while self.daemons and not self.over.wait(0.05):
            for daemon in self.daemons:
                for children in pathlib.Path(f"/proc/{daemon}/task").glob("*/children"):
                    for child in children.read_text().split():
                        self.look(child)

    def look(self, pid):
        try:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                self.most_mib = max(self.most_mib, int(line.split()[1]) // 1024)


def run(side, file, server, daemons, folder, *command):
    daemons = daemons.split(",") if daemons else []
    before_bytes = bytes_in(folder)
    known = children_of(server).keys()
    before_server = server_seconds(server)
    before_client = sum(seconds_of(daemon, True)[0] for daemon in daemons)
    watch = Watch(daemons)
    watch.start()
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        said = process.stdout.read().split()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - began
    watch.over.set()
    watch.join()
    if status:
        sys.exit(f"{side} failed with status {process.returncode}")
    client = sum(seconds_of(daemon, True)[0] for daemon in daemons) - before_client
    figures = {
        "side": side,
        "wall": float(said[-1]) if said else round(wall, 3),
        "client": round(client + usage.ru_utime + usage.ru_stime, 3),
        "server": round(server_seconds(server, known) - before_server, 3),
        "rss_mib": watch.most_mib or usage.ru_maxrss // 1024,
        "mib": (bytes_in(folder) - before_bytes) >> 20,
    }
    with open(file, "a", encoding="utf-8") as out:
        print(json.dumps(figures), file=out)


def load(file):
    sides = {}
    with open(file, encoding="utf-8") as lines:
        for line in lines:
            figures = json.loads(line)
            sides.setdefault(figures["side"], []).append(figures)
    return sides


def median(sides, side, key):
    return statistics.median(figures[key] for figures in sides[side])


def divide(one, other):
    return round(one / other, 2) if other else 0


def table(file, ours, *others):
    sides = load(file)
    print(f"{'':18} {'wall s':>8} {'min':>7} {'max':>7} {'client s':>9} {'server s':>9}"
          f" {'MiB':>6} {'wall':>6} {'client':>7} {'server':>7}")
    for side in (ours, *others):
        walls = [figures["wall"] for figures in sides[side]]
        ratios = [
            divide(median(sides, side, key), median(sides, ours, key))
            for key in ("wall", "client", "server")
        ]
        print(f"{side:18} {median(sides, side, 'wall'):8.2f} {min(walls):7.2f} {max(walls):7.2f}"
              f" {median(sides, side, 'client'):9.2f} {median(sides, side, 'server'):9.2f}"
              f" {median(sides, side, 'mib'):6.0f} {ratios[0]:6.2f} {ratios[1]:7.2f} {ratios[2]:7.2f}")


def ratio(file, key, ours, *others):
    sides = load(file)
    best = min(others, key=lambda side: median(sides, side, "wall"))
    print(divide(median(sides, best, key), median(sides, ours, key)))


def most(file, key, side):
    print(max(figures[key] for figures in load(file)[side]))


if __name__ == "__main__":
    words = {"run": run, "table": table, "ratio": ratio, "most": most}
    if len(sys.argv) < 4 or sys.argv[1] not in words:
        sys.exit(__doc__)
    words[sys.argv[1]](*sys.argv[2:])
