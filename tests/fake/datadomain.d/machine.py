"""The state of one Data Domain: MTrees, snapshots, contexts, knobs. All of it is under one lock and
in state.json after each change."""
import json
import os
import shutil
import threading
import time

from knobs import KNOBS, parse

DAY_S = 86400


class Refused(Exception):
    """What the Data Domain says no to; the text goes behind `**** `."""


def copy_tree(source, target):
    """A copy by hard links where there can be some. What vanishes meanwhile is left out."""
    def link(one, other, **_):
        try:
            os.link(one, other)
        except FileNotFoundError:
            pass
        except OSError:
            shutil.copyfile(one, other)
        return other
    try:
        shutil.copytree(source, target, symlinks=True, copy_function=link)
    except (shutil.Error, FileNotFoundError):
        if not os.path.isdir(target):
            raise


class Machine:
    def __init__(self, folder, name):
        self.folder = folder
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.calls = []
        self.data = {"name": name, "mtrees": {}, "snapshots": [], "contexts": [],
                     "incoming": [], "knobs": dict(KNOBS), "copies": 0}
        self.path = os.path.join(folder, "state.json")
        if os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as file:
                kept = json.load(file)
            kept["knobs"] = {**KNOBS, **kept["knobs"]}
            self.data = kept

    def save(self):
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            json.dump(self.data, file)
        os.replace(self.path + ".new", self.path)
        self.changed.notify_all()

    def knob(self, name):
        return self.data["knobs"][name]

    def turn(self, name, text):
        with self.lock:
            self.data["knobs"][name] = parse(name, text)
            self.save()

    def epoch(self):
        return int(time.time() + self.knob("clock_shift_s"))

    def note(self, kind, what):
        with self.lock:
            self.calls.append([kind, what])

    # ---- MTrees

    def add_mtree(self, path, folder):
        with self.lock:
            self.data["mtrees"][path] = {"folder": folder, "replica": not folder, "lock": "never-enabled"}
            self.save()

    def mtree(self, path):
        if path not in self.data["mtrees"]:
            raise Refused(f'MTree "{path}" does not exist.')
        return self.data["mtrees"][path]

    def tree(self, path):
        """The folder with what the MTree shows now."""
        entry = self.mtree(path)
        return entry["folder"] or os.path.join(self.replica(path), "current")

    def replica(self, path):
        return os.path.join(self.folder, "replicas", path.strip("/").replace("/", "_"))

    # ---- snapshots

    def snapshots(self, path=None):
        return [each for each in self.data["snapshots"] if path in (None, each["mtree"])]

    def find(self, path, name):
        for each in self.snapshots(path):
            if each["name"] == name:
                return each
        return None

    def is_expired(self, snapshot):
        return 0 < snapshot["expires"] <= self.epoch()

    def create_snapshot(self, path, name, seconds, secured):
        with self.lock:
            if self.mtree(path)["replica"]:
                raise Refused(f'MTree "{path}" is a replication destination.')
            if self.find(path, name):
                raise Refused(f'Snapshot "{name}" for MTree "{path}" already exists.')
            if len(self.snapshots(path)) >= self.knob("snapshots_max"):
                raise Refused(f'No more snapshots can be created of MTree "{path}".')
            now = self.epoch()
            self.data["snapshots"].append(
                {"mtree": path, "name": name, "created": now, "secured": secured,
                 "expires": now + seconds if seconds else 0})
            for context in self.data["contexts"]:
                if context["source"] == path and self.knob("auto_sync"):
                    context["wanted"] = True
            self.save()

    def expire_snapshot(self, path, name, seconds):
        with self.lock:
            self.mtree(path)
            snapshot = self.find(path, name)
            if not snapshot:
                raise Refused(f'Snapshot "{name}" for MTree "{path}" does not exist.')
            if snapshot["secured"] and snapshot["expires"] > self.epoch() + seconds:
                raise Refused(f'Snapshot "{name}" is secured and cannot be expired earlier.')
            snapshot["expires"] = self.epoch() + seconds
            self.save()

    def fill(self, path, count):
        with self.lock:
            now = self.epoch()
            for number in range(count):
                self.data["snapshots"].append(
                    {"mtree": path, "name": f"scheduled-{number:04}", "created": now - DAY_S,
                     "secured": False, "expires": now + 30 * DAY_S})
            self.save()

    def drop(self, path, name):
        with self.lock:
            self.data["snapshots"] = [each for each in self.data["snapshots"]
                                      if (each["mtree"], each["name"]) != (path, name)]
            self.save()

    # ---- contexts: of a source {"id", "source", "peer", "target", "epoch", "wanted"}

    def add_context(self, number, path, peer, target, peer_name):
        with self.lock:
            self.mtree(path)
            self.data["contexts"].append(
                {"id": number, "source": path, "peer": peer, "target": target, "peer_name": peer_name,
                 "epoch": 0, "wanted": True})
            self.save()

    def context_of(self, destination):
        """The context that a destination `mtree://HOST/PATH` names."""
        for context in self.data["contexts"]:
            if destination == f"mtree://{context['peer_name']}{context['target']}":
                return context
        raise Refused(f'No replication context with destination "{destination}".')

    def receive(self, context, host, source, epoch, snapshots):
        """We are the destination: what `source` holds is what the MTree shows from now on."""
        path = context["target"]
        with self.lock:
            others = [each for each in self.data["incoming"] if each["target"] != path]
            self.data["incoming"] = others + [{"id": context["id"], "host": host, "epoch": epoch,
                                               "source": context["source"], "target": path}]
            if path not in self.data["mtrees"]:
                self.data["mtrees"][path] = {"folder": "", "replica": True, "lock": "never-enabled"}
            place = self.replica(path)
            os.makedirs(place, exist_ok=True)
            self.data["copies"] += 1
            copy = f"copy-{self.data['copies']}"
            copy_tree(source, os.path.join(place, copy))
            link = os.path.join(place, "next")
            if os.path.lexists(link):
                os.unlink(link)
            os.symlink(copy, link)
            os.replace(link, os.path.join(place, "current"))
            for old in os.listdir(place):
                if old.startswith("copy-") and old != copy:
                    shutil.rmtree(os.path.join(place, old), ignore_errors=True)
            kept = [each for each in self.data["snapshots"] if each["mtree"] != path]
            self.data["snapshots"] = kept + [{**each, "mtree": path} for each in snapshots]
            self.data["mtrees"][path]["as_of"] = epoch
            self.save()
