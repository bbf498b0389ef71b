"""Which calls were made, counted."""
from buckets import REFUSALS
from faults import HARMLESS

THROTTLING = {code for _, code, _ in REFUSALS.values()}
FIELDS = ("account", "principal", "region", "service", "action", "code")


class Calls:
    def __init__(self):
        self.counts = {}
        self.throttled = 0

    def reset(self):
        self.__init__()

    def count(self, call, answer):
        principal = call.caller.principal if call.caller else "-"
        harmed = answer.rule is not None and answer.rule.kind not in HARMLESS
        code = "fault:" + answer.rule.kind if harmed else answer.code
        key = (call.account, principal, call.region, call.service, call.action, code)
        self.counts[key] = self.counts.get(key, 0) + 1
        if answer.code in THROTTLING:
            self.throttled += 1

    def told(self):
        rows = [dict(zip(FIELDS, key), count=count) for key, count in sorted(self.counts.items())]
        return {"total": sum(self.counts.values()), "throttled": self.throttled, "calls": rows}
