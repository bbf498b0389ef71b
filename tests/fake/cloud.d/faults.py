"""Faults: what goes wrong with which calls. See the head of tests/fake/cloud for the rules."""
import json
import re

from answers import SERVICES, Answer, Refusal, refuse
from buckets import throttled
from identity import EXPIRED_TOKEN
from policy import pattern

MATCHES = ("service", "action", "account", "region", "page")
KEYS = ("match", "kind", "times", "skip", "ms", "bytes", "status", "depth", "code", "message")

# Kinds that only change how an answer is sent; see sending.py.
SENDING = {"latency", "drip", "close", "truncate", "length", "reset", "headers", "stale"}
# Kinds that leave the answer whole.
HARMLESS = {"latency", "drip", "stale"}


class FaultError(Exception):
    """A rule that is wrong."""


class Rule:
    def __init__(self, source):
        if not isinstance(source, dict) or set(source) - set(KEYS):
            raise FaultError("a fault has the keys %s" % ", ".join(KEYS))
        self.match = source.get("match", {})
        if set(self.match) - set(MATCHES):
            raise FaultError("a fault matches by %s" % ", ".join(MATCHES))
        self.kind = source.get("kind")
        if self.kind not in SENDING and self.kind not in MAKERS:
            raise FaultError("the kinds of faults are %s"
                             % ", ".join(sorted(SENDING | set(MAKERS))))
        self.source = source
        self.skip = source.get("skip", 0)
        self.left = source.get("times")     # None is for ever
        self.hits = 0

    def get(self, key, default):
        return self.source.get(key, default)

    def fits(self, call):
        for key, wanted in self.match.items():
            have = getattr(call, key)
            if key == "page":
                if wanted != have:
                    return False
            elif not pattern(wanted, False).match(have):
                return False
        return True

    def told(self):
        return dict(self.source, hits=self.hits, left=self.left)


class Faults:
    def __init__(self):
        self.rules = []

    def find(self, call):
        """The first rule that fits and is not used up."""
        for rule in self.rules:
            if rule.left == 0 or not rule.fits(call):
                continue
            if rule.skip > 0:
                rule.skip -= 1
                continue
            if rule.left is not None:
                rule.left -= 1
            rule.hits += 1
            return rule
        return None


# ---- makers: (cloud, call, rule) gives an answer in the place of the true one, or None


def hang(_cloud, _call, _rule):
    answer = Answer(200, b"", "text/plain")
    answer.silent = True
    return answer


def html(_cloud, _call, rule):
    status = rule.get("status", 503)
    body = ("<html><head><title>%d Service Unavailable</title></head>\n<body bgcolor=white><h1>"
            "Service Unavailable</h1><br>&nbsp;<p>nginx</body>\n</html>\n" % status)
    return Answer(status, body.encode(), "text/html", str(status))


def empty(_cloud, _call, rule):
    return Answer(rule.get("status", 500), b"", "text/plain", str(rule.get("status", 500)))


def error(_cloud, call, rule):
    refusal = Refusal(rule.get("status", 400), rule.get("code", "InternalFailure"),
                      rule.get("message", "as the fault says"))
    return refuse(call.service, refusal)


def wrapped(_cloud, call, rule):
    """An error in Errors/Error, without a name space, as some servers have it."""
    text = ("<ErrorResponse><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors>"
            "</ErrorResponse>" % (rule.get("code", "Throttling"), rule.get("message", "too fast")))
    return Answer(rule.get("status", 400), text.encode(), "text/xml", "wrapped")


def throttle(_cloud, call, _rule):
    raise throttled(call.service)


def denied(_cloud, call, _rule):
    who = call.caller.arn if call.caller else "anonymous"
    raise Refusal(403, "AccessDenied", "User: %s is not authorized to perform: %s:%s with an "
                  "explicit deny in a service control policy" % (who, call.service, call.action))


def expire(cloud, call, _rule):
    """Ends the session that makes the call; a lasting key is told so this once only."""
    if call.caller and call.caller.expires is not None:
        call.caller.expires = cloud.now()
    raise Refusal(403, "ExpiredToken", EXPIRED_TOKEN)


def inside(call, text):
    """The text where an answer has its rows, in the call's protocol."""
    protocol, space, _ = SERVICES.get(call.service, ("json", "", None))
    if protocol == "json":
        return Answer(200, text, "application/x-amz-json-1.1")
    name = call.action.encode()
    body = b'<%sResponse xmlns="%s"><%sResult>%s</%sResult></%sResponse>' % (
        name, space.encode(), name, text, name, name)
    return Answer(200, body, "text/xml")


def is_json(call):
    return SERVICES.get(call.service, ("json",))[0] == "json"


def garbage(_cloud, call, _rule):
    noise = bytes((number * 197 + 89) % 251 for number in range(3000))
    if is_json(call):
        return Answer(200, b'{"Accounts": [{"Id": ' + noise, "application/x-amz-json-1.1")
    return Answer(200, b"<?xml version='1.0'?><a>" + noise, "text/xml")


def huge(_cloud, call, rule):
    """One text of so many bytes."""
    filling = b"x" * rule.get("bytes", 16 << 20)
    if is_json(call):
        return inside(call, b'{"Accounts": [{"Id": "111122223333", "Name": "%s"}], '
                      b'"SecretString": "%s"}' % (filling, filling))
    return inside(call, b"<DBInstances><DBInstance><DBInstanceIdentifier>%s</DBInstanceIdentifier>"
                  b"</DBInstance></DBInstances>" % filling)


def endless(_cloud, call, rule):
    """Rows and rows, until so many bytes."""
    row = (b'{"Id": "111122223333", "Name": "again"}' if is_json(call) else
           b"<DBInstance><DBInstanceIdentifier>again</DBInstanceIdentifier></DBInstance>")
    count = rule.get("bytes", 16 << 20) // len(row) + 1
    if is_json(call):
        return inside(call, b'{"Accounts": [%s]}' % b",".join([row] * count))
    return inside(call, b"<DBInstances>%s</DBInstances>" % (row * count))


def deep(_cloud, call, rule):
    depth = rule.get("depth", 100000)
    if is_json(call):
        return inside(call, b'{"Accounts": %s%s}' % (b"[" * depth, b"]" * depth))
    return inside(call, b"<a>" * depth + b"</a>" * depth)


def doctype(_cloud, call, _rule):
    """An external entity, which nobody may fetch."""
    if is_json(call):
        return garbage(_cloud, call, _rule)
    found = inside(call, b"<DBInstances>&file;</DBInstances>")
    found.body = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY file SYSTEM ' \
                 b'"file:///etc/passwd">]>' + found.body
    return found


def bomb(_cloud, call, _rule):
    """Entities of entities: a few hundred bytes that want to be gigabytes."""
    if is_json(call):
        return garbage(_cloud, call, _rule)
    entities = b'<!ENTITY e0 "ha">' + b"".join(
        b'<!ENTITY e%d "%s">' % (number, b"&e%d;" % (number - 1) * 10) for number in range(1, 12))
    found = inside(call, b"<DBInstances>&e11;</DBInstances>")
    found.body = b'<?xml version="1.0"?><!DOCTYPE a [%s]>' % entities + found.body
    return found


def loop(_cloud, call, _rule):
    """A page without rows whose marker leads to itself."""
    if is_json(call):
        token = call.parameters.get("NextToken") or "eyJwYWdlIjogMSwgInNraXAiOiAwfQ=="
        return inside(call, json.dumps({"Accounts": [], "NextToken": token}).encode())
    marker = call.parameters.get("Marker") or "eyJwYWdlIjogMSwgImFmdGVyIjogIiJ9"
    return inside(call, b"<DBInstances/><Marker>%s</Marker>" % marker.encode())


MAKERS = {
    "hang": hang, "html": html, "empty": empty, "error": error, "wrapped": wrapped,
    "throttle": throttle, "denied": denied, "expire": expire, "garbage": garbage, "huge": huge,
    "endless": endless, "deep": deep, "doctype": doctype, "bomb": bomb, "loop": loop,
}


def instead(cloud, call, rule):
    """The answer that the rule makes; None if the true one is only sent in another way."""
    maker = MAKERS.get(rule.kind)
    return maker(cloud, call, rule) if maker else None


def read_rules(text):
    """Rules from JSON: one, or a list."""
    try:
        source = json.loads(text)
    except ValueError as problem:
        raise FaultError("not JSON: %s" % re.sub(r"\s+", " ", str(problem))) from None
    return [Rule(one) for one in (source if isinstance(source, list) else [source])]
