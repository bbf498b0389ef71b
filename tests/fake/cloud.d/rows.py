"""The rows of an estate: RDS instances and clusters, and secrets, from short entries.

A row keeps its entry (see the head of tests/fake/cloud) and gives, as instance_fields() and
cluster_fields(), the elements of AWS's API reference. An entry's "api" overrides elements by name.
"""
import hashlib
import json

import identity

KEYS = {
    "instance": {
        "id", "engine", "version", "class", "region", "status", "endpoint", "port", "username",
        "database", "cluster", "writer", "replica_of", "resource_id", "managed_secret", "iam",
        "tags", "allocated_gib", "multi_az", "public", "encrypted", "ca", "generation", "api"},
    "cluster": {
        "id", "engine", "version", "region", "status", "endpoint", "reader", "port", "username",
        "database", "replica_of", "resource_id", "managed_secret", "iam", "tags", "mode",
        "allocated_gib", "multi_az", "encrypted", "generation", "api"},
    "secret": {
        "name", "region", "text", "json", "binary", "deleted", "kms_key", "rotation", "suffix",
        "generation"},
}
TABLES = {"instance": "instances", "cluster": "clusters", "secret": "secrets"}
PORTS = {"mysql": 3306, "mariadb": 3306, "aurora": 3306, "aurora-mysql": 3306, "postgres": 5432,
         "aurora-postgresql": 5432, "docdb": 27017, "neptune": 8182}
VERSIONS = {"mysql": "8.0.35", "mariadb": "10.11.6", "postgres": "15.4", "docdb": "5.0.0",
            "aurora-mysql": "8.0.mysql_aurora.3.04.1", "aurora-postgresql": "15.4",
            "neptune": "1.2.1.0"}
WITHOUT_ENDPOINT = {"creating", "failed", "incompatible-restore", "restore-error"}
CREATED = 1672531200


class WorldError(Exception):
    """What is given as a world, or as a change to it, is wrong."""


class Row:
    """An entry with what AWS would have made up for it."""

    def __init__(self, world, account, kind, entry):
        name = "name" if kind == "secret" else "id"
        unknown = set(entry) - KEYS[kind]
        if unknown:
            raise WorldError("%s '%s' has unknown keys: %s"
                           % (kind, entry.get(name), ", ".join(sorted(unknown))))
        for key in [name, "region"] + ([] if kind == "secret" else ["engine"]):
            if not entry.get(key):
                raise WorldError("a %s needs '%s': %s" % (kind, key, entry))
        self.kind = kind
        self.entry = entry
        self.id = entry[name]
        self.region = entry["region"]
        self.account = account
        self.world = world
        self.rendered = (None, None)    # the estate's version, and the XML of then
        seed = (account.id, self.region, kind, self.id, entry.get("generation", 0))
        if kind == "secret":
            self.suffix = entry.get("suffix") or identity.letters(6, *seed).lower()
            self.arn = self.make_arn("secretsmanager", "secret:%s-%s" % (self.id, self.suffix))
            self.start_versions(seed)
        else:
            short = "db" if kind == "instance" else "cluster"
            self.arn = self.make_arn("rds", "%s:%s" % (short, self.id))
            self.resource_id = entry.get("resource_id") or "%s-%s" % (
                short, identity.letters(26, *seed))

    def make_arn(self, service, rest):
        return "arn:%s:%s:%s:%s:%s" % (
            self.world.partition, service, self.region, self.account.id, rest)

    def start_versions(self, seed):
        """The values of a secret, the newest first; reads since the newest."""
        value = {key: self.entry[key] for key in ("text", "json", "binary") if key in self.entry}
        if len(value) != 1:
            raise WorldError("secret '%s' needs one of text, json, binary" % self.id)
        self.versions = [(version_id(*seed), value)]
        self.reads = 0

    def rotate(self, value):
        number = len(self.versions)
        self.versions.insert(0, (version_id(self.arn, number, self.entry.get("generation", 0)),
                                 value))
        self.reads = 0

    def get(self, key, default=None):
        return self.entry.get(key, default)

    @property
    def port(self):
        endpoint = self.get("endpoint") or {}
        return endpoint.get("port") or self.get("port") or PORTS.get(self.get("engine"), 1433)

    def port_in(self, estate):
        """As port, but a member of a cluster has the cluster's unless it says otherwise."""
        cluster = estate.clusters.get(self.get("cluster") or "")
        if cluster is None or "port" in self.entry or self.get("endpoint"):
            return self.port
        return cluster.port

    @property
    def status(self):
        return self.get("status", "available")

    def address(self, infix=""):
        """The name of an endpoint, as AWS makes them; the entry's where it gives one."""
        endpoint = self.get("endpoint")
        if "endpoint" in self.entry and endpoint is None:
            return None
        if endpoint and not infix.startswith("cluster-ro"):
            return endpoint["address"]
        if endpoint:
            return self.get("reader")
        if self.status in WITHOUT_ENDPOINT:
            return None
        return "%s.%s%s.%s.rds.%s" % (self.id, infix, hash_of(self.account.id, self.region),
                                      self.region, self.world.suffix)

    def master_secret(self, estate):
        name = self.get("managed_secret")
        if name is None:
            return None
        status = "active"
        if isinstance(name, dict):
            name, status = name["name"], name.get("status", status)
        secret = estate.secrets.get(name)
        if secret is None:
            raise WorldError("%s '%s': there is no secret '%s'" % (self.kind, self.id, name))
        key = secret.get("kms_key") or self.make_arn(
            "kms", "key/" + version_id(self.account.id, self.region, "key"))
        return {"SecretArn": secret.arn, "SecretStatus": status, "KmsKeyId": key}


def version_id(*seed):
    text = hashlib.md5("/".join(str(part) for part in seed).encode()).hexdigest()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def hash_of(*seed):
    return "c" + identity.letters(11, *seed).lower()


def put(world, account, kind, entry):
    """Adds a row or takes the place of the one with its name."""
    world.check_region(entry.get("region"))
    row = Row(world, account, kind, entry)
    estate = account.estate(row.region)
    cluster = entry.get("cluster")
    if cluster is not None and cluster not in estate.clusters:
        raise WorldError("instance '%s': there is no cluster '%s'" % (row.id, cluster))
    if kind != "secret":
        row.master_secret(estate)
    getattr(estate, TABLES[kind])[row.id] = row
    touch(estate)
    return row


def touch(estate):
    """Whatever was rendered of it is old now: a row shows others that belong to it."""
    estate.version += 1


def secret_text(value):
    if "json" in value:
        return json.dumps(value["json"])
    return value.get("text")
