"""Replication: a thread that sends what is wanted, one MTree after the other. What it sends is a copy
of the source as of one moment, whose epoch becomes the context's when all of it has arrived."""
import os
import shutil
import threading
import time

from machine import copy_tree

STEP_S = 0.05


class Replicator(threading.Thread):
    def __init__(self, machine, ask):
        super().__init__(daemon=True)
        self.machine = machine
        self.ask = ask

    def run(self):
        while True:
            for context in list(self.machine.data["contexts"]):
                if self.is_due(context):
                    self.send(context)
            time.sleep(STEP_S)

    def is_due(self, context):
        machine = self.machine
        lag_s = machine.epoch() - context["epoch"]
        late = machine.knob("auto_sync") and lag_s > machine.knob("auto_lag_s")
        return machine.knob("link") == "connected" and (context["wanted"] or late)

    def send(self, context):
        machine = self.machine
        copy = os.path.join(machine.folder, "sending")
        shutil.rmtree(copy, ignore_errors=True)
        with machine.lock:
            context["wanted"] = False
            epoch = machine.epoch()
            snapshots = [dict(each) for each in machine.snapshots(context["source"])]
            copy_tree(machine.tree(context["source"]), copy)
        until = time.time() + machine.knob("sync_takes_s")
        while time.time() < until and machine.knob("link") == "connected":
            time.sleep(min(STEP_S, machine.knob("sync_takes_s")))
        done = machine.knob("link") == "connected" and self.deliver(context, copy, epoch, snapshots)
        with machine.lock:
            if done:
                context["epoch"] = epoch
            else:
                context["wanted"] = True
            machine.save()
        shutil.rmtree(copy, ignore_errors=True)
        if not done:
            time.sleep(STEP_S)

    def deliver(self, context, copy, epoch, snapshots):
        machine = self.machine
        try:
            answer = self.ask(context["peer"], {
                "word": "receive",
                "arguments": [context, machine.data["name"], copy, epoch, snapshots]})
        except (OSError, ValueError):
            return False
        return "error" not in answer


def sync(machine, context, patience_s):
    """What `replication sync` does: sends what is there now, and waits until it is there."""
    with machine.lock:
        wanted = machine.epoch()
        context["wanted"] = True
        machine.save()
        until = time.time() + patience_s
        while context["epoch"] < wanted:
            left = until - time.time()
            if left <= 0:
                return False
            machine.changed.wait(min(left, 1))
    return True
