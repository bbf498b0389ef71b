"""Changes of the estate while it runs: POST /_world with one object or a list of them.

    {"op": "put",      "account", "kind", "entry": {...}}       adds a row or replaces it
    {"op": "change",   "account", "region", "kind", "id", "set"}  keys; null takes one away
    {"op": "rename",   "account", "region", "kind", "id", "to"}  the resource id stays
    {"op": "recreate", "account", "region", "kind", "id"}        the same name, a new resource
    {"op": "remove",   "account", "region", "kind", "id"}
    {"op": "rotate",   "account", "region", "id", "text" | "json" | "binary"}
    {"op": "account",  "id", "set": {"state", "regions", "name"}}   or a whole new account
    {"op": "role",     "account", "name", "role": {...}}
    {"op": "organization", "set": {...}}
    {"op": "expire",   "account": NUMBER or absent, "role": ARN or absent}   ends sessions
    {"op": "metadata" | "container", "set": {...}}               all of its settings anew
    {"op": "web_identity", "token", "set": {...}}                a token, or null
    {"op": "knob",     "set": {...}}

kind is instance, cluster or secret; a secret's id is its name. A renamed cluster keeps its
members.
"""
import rows
from rows import WorldError
from world import KNOBS, Account


def change(cloud, source):
    if not isinstance(source, dict) or source.get("op") not in OPERATIONS:
        raise WorldError("a change has an 'op' of %s" % ", ".join(OPERATIONS))
    return OPERATIONS[source["op"]](cloud, source) or {"op": source["op"]}


def place(cloud, source):
    """(account, estate, table, row) of what a change is about."""
    account = cloud.world.account(source["account"])
    kind = source.get("kind", "secret" if source["op"] == "rotate" else None)
    if kind not in rows.TABLES:
        raise WorldError("a kind is one of %s" % ", ".join(rows.TABLES))
    cloud.world.check_region(source["region"])
    estate = account.estate(source["region"])
    table = getattr(estate, rows.TABLES[kind])
    if source["id"] not in table:
        raise WorldError("there is no %s '%s'" % (kind, source["id"]))
    return account, estate, table, table[source["id"]]


def told(row):
    found = {"id": row.id, "arn": row.arn}
    if row.kind != "secret":
        found["resource_id"] = row.resource_id
    return found


def put(cloud, source):
    account = cloud.world.account(source["account"])
    return told(rows.put(cloud.world, account, source["kind"], source["entry"]))


def entry_of(row):
    """The row's entry, with what must not change with its name."""
    entry = dict(row.entry)
    if row.kind == "secret":
        entry["suffix"] = row.suffix
    else:
        entry["resource_id"] = row.resource_id
    return entry


def replace(cloud, account, row, entry):
    """A row by another of the same kind; a secret keeps its versions."""
    made = rows.put(cloud.world, account, row.kind, entry)
    if row.kind == "secret":
        made.versions, made.reads = row.versions, row.reads
    return told(made)


def alter(cloud, source):
    account, _, _, row = place(cloud, source)
    entry = entry_of(row)
    for key, value in source["set"].items():
        if key in ("id", "name", "region"):
            raise WorldError("'%s' cannot be set; there is rename" % key)
        entry[key] = value
        if value is None and key != "endpoint":
            del entry[key]
    return replace(cloud, account, row, entry)


def rename(cloud, source):
    account, estate, table, row = place(cloud, source)
    if source["to"] in table:
        raise WorldError("there is '%s' already" % source["to"])
    entry = entry_of(row)
    entry["name" if row.kind == "secret" else "id"] = source["to"]
    del table[row.id]
    if row.kind == "cluster":
        for one in estate.instances.values():
            if one.get("cluster") == row.id:
                one.entry = dict(one.entry, cluster=source["to"])
    return replace(cloud, account, row, entry)


def recreate(cloud, source):
    account, _, table, row = place(cloud, source)
    entry = dict(row.entry, generation=row.get("generation", 0) + 1)
    entry.pop("resource_id", None)
    entry.pop("suffix", None)
    del table[row.id]
    return told(rows.put(cloud.world, account, row.kind, entry))


def remove(cloud, source):
    _, estate, table, row = place(cloud, source)
    del table[row.id]
    rows.touch(estate)


def rotate(cloud, source):
    row = place(cloud, source)[3]
    row.rotate({key: source[key] for key in ("text", "json", "binary") if key in source})


def account_change(cloud, source):
    """Sets what is simple of an account; one that is not there is made."""
    account = cloud.world.accounts.get(source["id"])
    if account is None:
        cloud.world.put_account(source["id"], source["set"])
        return
    fresh = Account(cloud.world, source["id"], source["set"])
    for key in source["set"]:
        if key not in ("state", "name", "email", "regions", "disabled_regions"):
            raise WorldError("'%s' of an account cannot be set" % key)
        key = "regions" if key == "disabled_regions" else key
        setattr(account, key, getattr(fresh, key))


def role(cloud, source):
    account = cloud.world.account(source["account"])
    return {"arn": account.put_role(cloud.world, source["name"], source["role"]).arn}


def organization(cloud, source):
    found = dict(cloud.world.organization or {}, **source["set"])
    cloud.world.organization = cloud.world.read_organization(found)


def expire(cloud, source):
    def matches(caller):
        return source.get("account") in (None, caller.account.id) and \
            source.get("role") in (None, caller.role.arn)
    return {"expired": cloud.world.identities.expire(matches)}


def metadata(cloud, source):
    cloud.world.metadata = cloud.world.read_place("metadata", source["set"])


def container(cloud, source):
    cloud.world.container = cloud.world.read_place("container", source["set"])


def web_identity(cloud, source):
    tokens = dict(cloud.world.web_identity, **{source["token"]: source["set"]})
    cloud.world.web_identity = {key: value for key, value in tokens.items() if value}


def knob(cloud, source):
    for key, value in source["set"].items():
        if key not in KNOBS or key == "partition":
            raise WorldError("there is no knob '%s'" % key)
        cloud.world.knobs[key] = value
    cloud.world.identities.token_bytes = cloud.world.knobs["token_bytes"]


OPERATIONS = {
    "put": put, "change": alter, "rename": rename, "recreate": recreate, "remove": remove,
    "rotate": rotate, "account": account_change, "role": role, "organization": organization,
    "expire": expire, "metadata": metadata, "container": container, "web_identity": web_identity,
    "knob": knob,
}
