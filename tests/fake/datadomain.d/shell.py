"""The command line: what a command prints and exits with."""
import re
import shlex
import time

from machine import DAY_S, Refused
from replicator import sync

NAME = re.compile(r"[A-Za-z0-9._-]+")
PERIOD = re.compile(r"(\d+)(hours?|days?|weeks?|mos?|years?)")
SECONDS = {"hour": 3600, "day": DAY_S, "week": 7 * DAY_S, "mo": 30 * DAY_S, "year": 365 * DAY_S}
SYNC_PATIENCE_S = 86400
PROMPT = "  Are you sure? (yes|no|?) [no]: "


def period(text):
    found = PERIOD.fullmatch(text)
    if not found:
        raise Refused(f'Invalid retention "{text}".')
    return int(found[1]) * SECONDS[found[2].rstrip("s")]


def table(headings, rows, wide):
    """Rows under dashes, as wide as what is in them, or wider."""
    more = 6 if wide else 0
    sizes = [max(len(line[i]) for line in [headings] + rows) + more for i in range(len(headings))]
    lines = [headings, ["-" * size for size in sizes]] + rows
    return "".join("   ".join(cell.ljust(size) for cell, size in zip(line, sizes)).rstrip() + "\n"
                   for line in lines)


class Shell:
    def __init__(self, machine):
        self.machine = machine

    def run(self, line, said=None):
        machine = self.machine
        machine.note("command", line)
        if machine.knob("command") == "hang":
            return {"hangs": True}
        try:
            words = shlex.split(line)
            if machine.knob("command") == "locked":
                raise Refused("Account locked due to 5 failed logins")
            if machine.knob("command") == "refuse":
                raise Refused("Permission denied.")
            if words[1:2] in (["create"], ["expire"]) and machine.knob("prompts") and said != "yes":
                if said is None:
                    return {"prompt": PROMPT}
                raise Refused("The command was aborted.")
            if words[:2] == ["replication", "sync"] and machine.knob("sync") == "hang":
                return {"hangs": True}
            out, status = self.dispatch(words), 0
        except Refused as why:
            out, status = f"**** {why}\n", machine.knob("error_status")
        except ValueError:
            out, status = "**** Syntax error.\n", machine.knob("error_status")
        return {"out": self.noise() + out, "status": status}

    def noise(self):
        if not self.machine.knob("noise"):
            return ""
        version = self.machine.knob("version")
        return (f"\nWelcome to Data Domain OS {version}\n" + "-" * 38 + "\n**\n"
                '** NOTICE: There is 1 outstanding alert. Run "alerts show current"\n'
                "**         to display outstanding alert(s).\n**\n\n")

    def dispatch(self, words):
        commands = {("snapshot", "create"): self.create, ("snapshot", "expire"): self.expire,
                    ("snapshot", "list"): self.list, ("replication", "sync"): self.sync,
                    ("replication", "status"): self.status, ("replication", "show"): self.show}
        command = commands.get(tuple(words[:2]))
        if not command:
            raise Refused(f'Unrecognized command: {" ".join(words[:2])}')
        return command(words[2:])

    # ---- snapshots

    def arguments(self, words):
        if len(words) < 3 or words[1] != "mtree" or not NAME.fullmatch(words[0]):
            raise Refused("Invalid arguments.")
        return words[0], words[2], words[3:]

    def create(self, words):
        name, path, rest = self.arguments(words)
        seconds = 0
        if rest[:1] == ["retention"] and len(rest) > 1:
            seconds, rest = period(rest[1]), rest[2:]
        secured = rest[:1] == ["secured"]
        if rest[1 if secured else 0:]:
            raise Refused("Invalid arguments.")
        self.machine.create_snapshot(path, name, seconds, secured)
        return f'Snapshot "{name}" created for MTree "{path}".\n'

    def expire(self, words):
        name, path, rest = self.arguments(words)
        seconds = period(rest[1]) if rest[:1] == ["retention"] and len(rest) > 1 else 0
        self.machine.expire_snapshot(path, name, seconds)
        return f'Snapshot "{name}" for MTree "{path}" will be expired.\n'

    def list(self, words):
        if words[:1] != ["mtree"] or len(words) != 2:
            raise Refused("Invalid arguments.")
        self.machine.mtree(words[1])
        found = self.machine.snapshots(words[1])
        rows = [[each["name"], "0.5", self.date(each["created"]),
                 self.date(each["expires"]) if each["expires"] else "",
                 "expired" if self.machine.is_expired(each) else ""] for each in found]
        headings = ["Name", "Pre-Comp (GiB)", "Create Date", "Retain Until", "Status"]
        expired = sum(self.machine.is_expired(each) for each in found)
        return (f"Snapshot Information for MTree: {words[1]}\n" + "-" * 46 + "\n" +
                table(headings, rows, self.machine.knob("wide")) + "-" * 46 +
                f"\nSnapshot Summary\n-------------------\nTotal:           {len(found)}\n"
                f"Not expired:     {len(found) - expired}\nExpired:         {expired}\n")

    @staticmethod
    def date(epoch):
        return time.strftime("%b %d %Y %H:%M", time.gmtime(epoch))

    # ---- replication

    def sync(self, words):
        if words[:1] == ["and-verify"]:
            words = words[1:]
        context = self.machine.context_of(words[0] if words else "")
        if self.machine.knob("link") == "disabled":
            raise Refused("Replication is disabled.")
        if self.machine.knob("sync") == "fail":
            raise Refused("Replication sync failed.")
        if not sync(self.machine, context, SYNC_PATIENCE_S):
            raise Refused("Replication sync timed out.")
        progress = "Syncing ...\n" * 20000 if self.machine.knob("sync") == "chatty" else ""
        return progress + "Replication sync is complete.\n"

    def synced(self, context):
        """No year, no zone, no seconds."""
        return time.strftime("%a %b %e %H:%M", time.gmtime(context["epoch"])) if context["epoch"] else "-"

    def status(self, words):
        rows = []
        link = self.machine.knob("link")
        for context in self.machine.data["contexts"]:
            target = f"mtree://{context['peer_name']}{context['target']}"
            if words and words[0] not in ("all", target):
                continue
            rows.append([str(context["id"]), target, "no" if link == "disabled" else "yes",
                         "disconnected" if link == "disconnected" else "connected",
                         self.synced(context)])
        own = self.machine.data["name"]
        for each in self.machine.data["incoming"]:
            target = f"mtree://{own}{each['target']}"
            if not words or words[0] in ("all", target):
                rows.append([str(each["id"]), target, "yes", "connected", self.synced(each)])
        if words and words[0] != "all" and not rows:
            raise Refused(f'No replication context with destination "{words[0]}".')
        headings = ["CTX", "Destination", "Enabled", "Connection", "Sync'ed-as-of-time"]
        return table(headings, rows, self.machine.knob("wide"))

    def show(self, words):
        if words[:1] != ["config"]:
            raise Refused("Invalid arguments.")
        host = self.machine.data["name"]
        rows = [[str(context["id"]), f"mtree://{host}{context['source']}",
                 f"mtree://{context['peer_name']}{context['target']}",
                 f"{context['peer_name']} (default)", "disabled", "disabled", "disabled",
                 "no" if self.machine.knob("link") == "disabled" else "yes", "16"]
                for context in self.machine.data["contexts"]]
        rows += [[str(each["id"]), f"mtree://{each['host']}{each['source']}",
                  f"mtree://{host}{each['target']}", f"{host} (default)", "disabled", "disabled",
                  "disabled", "yes", "16"] for each in self.machine.data["incoming"]]
        headings = ["CTX", "Source", "Destination", "Connection Host and Port", "Low-bw-optim",
                    "Crepl-gc-bw-optim", "Encryption", "Enabled", "Max-repl-streams"]
        return table(headings, rows, self.machine.knob("wide"))
