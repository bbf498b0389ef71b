"""What tests ask and tell the stand-in, under paths that begin with /_. Nobody is asked who he is:
it listens on loopback only.
"""
import json

import changes
import faults
import rds_token
from answers import json_text, plain
from identity import credentials_of
from rows import WorldError


class Method(Exception):
    """The path is known but not with this method."""


def answer(cloud, request):
    handler = HANDLERS.get(request.path)
    if handler is None:
        return plain(404, "there is no %s; there are %s\n" % (request.path, " ".join(HANDLERS)))
    try:
        return handler(cloud, request)
    except Method:
        return plain(405, "method not allowed\n")
    except (WorldError, faults.FaultError, ValueError, KeyError, TypeError) as problem:
        return plain(400, "%s: %s\n" % (type(problem).__name__, problem))


def calls(cloud, request):
    if request.method == "DELETE":
        cloud.calls.reset()
    elif request.method != "GET":
        raise Method()
    return json_text(200, cloud.calls.told())


def rules(cloud, request):
    if request.method == "DELETE":
        cloud.faults.rules = []
    elif request.method == "POST":
        cloud.faults.rules += faults.read_rules(request.body)
    elif request.method != "GET":
        raise Method()
    return json_text(200, [rule.told() for rule in cloud.faults.rules])


def world(cloud, request):
    if request.method == "POST":
        source = json.loads(request.body)
        told = [changes.change(cloud, one)
                for one in (source if isinstance(source, list) else [source])]
        return json_text(200, told)
    if request.method != "GET":
        raise Method()
    return json_text(200, list(databases(cloud)))


def databases(cloud):
    """All rows of all estates, of deleted accounts too."""
    for account in cloud.world.accounts.values():
        for region, estate in account.estates.items():
            for row in list(estate.instances.values()) + list(estate.clusters.values()):
                yield {"account": account.id, "region": region, "kind": row.kind, "id": row.id,
                       "arn": row.arn, "resource_id": row.resource_id, "status": row.status,
                       "engine": row.get("engine"), "cluster": row.get("cluster")}
            for row in estate.secrets.values():
                yield {"account": account.id, "region": region, "kind": row.kind, "id": row.id,
                       "arn": row.arn}


def token(cloud, request):
    """Whether an RDS IAM token lets a user in: {"token", "host", "port", "user"}."""
    if request.method != "POST":
        raise Method()
    source = json.loads(request.body)
    why = rds_token.refusal(cloud, source["token"], source["host"], int(source["port"]),
                            source["user"])
    return json_text(200, {"good": why is None, "why": why})


def session(cloud, request):
    """Credentials of a role without asking STS: {"role", "seconds"}."""
    if request.method != "POST":
        raise Method()
    source = json.loads(request.body)
    role = cloud.world.role(source["role"])
    if role is None:
        raise WorldError("there is no role '%s'" % source["role"])
    found = cloud.world.identities.issue(role, "made-by-hand", source.get("seconds", 3600), True)
    return json_text(200, credentials_of(found, False))


def status(cloud, _request):
    return json_text(200, {"time": cloud.now(), "connections": len(cloud.connections),
                           "broken": cloud.broken, "accounts": len(cloud.world.accounts)})


HANDLERS = {
    "/_calls": calls,
    "/_faults": rules,
    "/_world": world,
    "/_rds_token": token,
    "/_session": session,
    "/_status": status,
}
