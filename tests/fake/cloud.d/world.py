"""The estate: accounts, who may call, and what is in which region. Read from a file, see the head
of tests/fake/cloud; changed by changes.py while it runs.
"""
import json
import os

import identity
import rows
from policy import Policy, PolicyError
from rows import WorldError


SUFFIXES = {"aws": "amazonaws.com", "aws-cn": "amazonaws.com.cn", "aws-us-gov": "amazonaws.com"}

# The regions that are enabled without asking, and those that must be asked for.
REGIONS = {
    "aws": (
        "us-east-1 us-east-2 us-west-1 us-west-2 ap-south-1 ap-northeast-1 ap-northeast-2 "
        "ap-northeast-3 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-west-1 "
        "eu-west-2 eu-west-3 eu-north-1 sa-east-1",
        "af-south-1 ap-east-1 ap-south-2 ap-southeast-3 ap-southeast-4 ca-west-1 eu-central-2 "
        "eu-south-1 eu-south-2 il-central-1 me-central-1 me-south-1"),
    "aws-cn": ("cn-north-1 cn-northwest-1", ""),
    "aws-us-gov": ("us-gov-east-1 us-gov-west-1", ""),
}
GLOBAL_REGION = {"aws": "us-east-1", "aws-cn": "cn-northwest-1", "aws-us-gov": "us-gov-west-1"}

# Everything of the file's top level that is a plain value, with its default.
KNOBS = {
    "partition": "aws",
    "clock_shift_seconds": 0,
    "latency_ms": 0,
    "latency_of_ms": {},            # {"rds": 50}: instead of latency_ms
    "rate": {},                     # {"rds": [300, 12]}: burst, a second; null is no limit
    "fractional_expiration": True,
    "session_seconds": None,        # real lifetime of sessions, whatever was asked for
    "token_bytes": 360,
    "skew_code": "recorded",        # or "documented": RequestExpired of every service
    "chunk_above_bytes": 32768,     # answers over that are sent in chunks
    "shuffle_elements": True,
}


PLACES = {
    "metadata": ("role", "region", "account", "v1", "token_status", "seconds"),
    "container": ("role", "authorization", "seconds"),
}


def check_keys(what, source, known):
    if not isinstance(source, dict):
        raise WorldError("%s must be an object" % what)
    unknown = set(source) - set(known)
    if unknown:
        raise WorldError("%s has unknown keys: %s" % (what, ", ".join(sorted(unknown))))


class Role:
    KEYS = ("trust", "policy", "max_session_seconds")

    def __init__(self, world, account, name, source):
        self.account = account
        self.name = name.rsplit("/", 1)[-1]
        self.arn = "arn:%s:iam::%s:role/%s" % (world.partition, account.id, name)
        self.id = "AROA" + identity.letters(17, "role", account.id, name)
        self.read(world, source)

    def read(self, world, source):
        """What may change while sessions of it go on."""
        check_keys("role '%s'" % self.name, source, self.KEYS)
        self.max_session_seconds = source.get("max_session_seconds", 3600)
        self.policy = world.policy(source.get("policy", []))
        self.trust = world.policy(source.get("trust", []))


class Estate:
    """What one account has in one region."""

    __slots__ = ("instances", "clusters", "secrets", "version")

    def __init__(self):
        self.instances = {}
        self.clusters = {}
        self.secrets = {}
        self.version = 0            # changes with its content


class Account:
    KEYS = ("name", "email", "state", "regions", "disabled_regions", "users", "roles",
            "instances", "clusters", "secrets")

    def __init__(self, world, account_id, source):
        check_keys("account '%s'" % account_id, source, self.KEYS)
        self.id = account_id
        self.name = source.get("name", "account " + account_id)
        self.email = source.get("email", "aws+%s@example.com" % account_id)
        self.state = source.get("state", "ACTIVE")
        self.regions = set(world.default_regions) | set(source.get("regions", []))
        self.regions -= set(source.get("disabled_regions", []))
        self.estates = {}
        self.roles = {}
        for name, role in source.get("roles", {}).items():
            self.put_role(world, name, role)

    def put_role(self, world, name, source):
        role = Role(world, self, name, source)
        known = self.roles.setdefault(role.arn, role)
        if known is not role:
            known.read(world, source)
        return known

    def estate(self, region):
        if region not in self.estates:
            self.estates[region] = Estate()
        return self.estates[region]


class World:
    KEYS = tuple(KNOBS) + ("regions", "organization", "accounts", "metadata", "container",
                           "web_identity")

    def __init__(self, source, folder, clock):
        """source is the file's content; files named in it are relative to folder."""
        check_keys("the world", source, self.KEYS)
        self.folder = folder
        self.knobs = dict(KNOBS)
        for name in KNOBS:
            if name in source:
                self.knobs[name] = source[name]
        self.partition = self.knobs["partition"]
        if self.partition not in REGIONS:
            raise WorldError("the partition '%s' is not known" % self.partition)
        self.suffix = SUFFIXES[self.partition]
        self.read_regions(source.get("regions"))
        self.identities = identity.Identities(
            lambda: clock() + self.knobs["clock_shift_seconds"])
        self.identities.token_bytes = self.knobs["token_bytes"]
        self.accounts = {}
        for account_id, account in source.get("accounts", {}).items():
            self.put_account(account_id, account)
        self.organization = self.read_organization(source.get("organization"))
        self.metadata = self.read_place("metadata", source.get("metadata"))
        self.container = self.read_place("container", source.get("container"))
        self.web_identity = source.get("web_identity") or {}

    def read_place(self, name, source):
        """The settings of where credentials are handed out; empty: nowhere."""
        source = source or {}
        check_keys(name, source, PLACES[name])
        if source.get("role") is not None and self.role(source["role"]) is None:
            raise WorldError("there is no role '%s'" % source["role"])
        return source

    def read_regions(self, source):
        """Either none, or {"default": [...], "opt-in": [...]}."""
        default, opt_in = REGIONS[self.partition]
        source = source or {}
        check_keys("regions", source, ("default", "opt-in"))
        self.default_regions = source.get("default", default.split())
        self.opt_in_regions = source.get("opt-in", [] if source else opt_in.split())

    def read_organization(self, source):
        if source is None:
            return None
        check_keys("organization", source, ("id", "management", "delegated", "members", "fields",
                                            "empty_pages", "page_size", "null_token"))
        organization = {
            "id": "o-exampleorgid", "delegated": [], "members": None,
            "fields": ["State", "Status"], "empty_pages": [], "page_size": 20, "null_token": False}
        organization.update(source)
        if organization.get("management") not in self.accounts:
            raise WorldError("the organization's management account is not in the world")
        return organization

    def put_account(self, account_id, source):
        if not (len(account_id) == 12 and account_id.isdigit()):
            raise WorldError("an account's number has 12 digits, not '%s'" % account_id)
        account = Account(self, account_id, source)
        self.accounts[account_id] = account
        for user in source.get("users", []):
            self.put_user(account, user)
        for kind in ("secret", "cluster", "instance"):      # each names those before it
            for entry in source.get(kind + "s", []):
                rows.put(self, account, kind, entry)
        return account

    def put_user(self, account, source):
        check_keys("a user", source, ("name", "key", "secret", "policy"))
        name = source["name"]
        user = identity.Caller(
            source["key"], source["secret"],
            "arn:%s:iam::%s:user/%s" % (self.partition, account.id, name),
            account, "AIDA" + identity.letters(17, "user", account.id, name))
        user.policy = self.policy(source.get("policy", []))
        self.identities.add_user(user)

    def policy(self, source):
        """A document, a list of them, or names of files that hold one."""
        documents = []
        for one in source if isinstance(source, list) else [source]:
            if isinstance(one, str):
                with open(os.path.join(self.folder, one), encoding="utf-8") as file:
                    one = json.load(file)
            documents.append(one)
        try:
            return Policy(documents)
        except PolicyError as problem:
            raise WorldError(str(problem)) from None

    def account(self, account_id):
        if account_id not in self.accounts:
            raise WorldError("there is no account '%s'" % account_id)
        return self.accounts[account_id]

    def role(self, arn):
        parts = arn.split(":")
        account = self.accounts.get(parts[4]) if len(parts) > 4 else None
        return account.roles.get(arn) if account else None

    def check_region(self, region):
        if region not in self.default_regions and region not in self.opt_in_regions:
            raise WorldError("there is no region '%s'" % region)

    @property
    def global_region(self):
        """Where the services sign that have no regions."""
        region = GLOBAL_REGION[self.partition]
        return region if region in self.default_regions else self.default_regions[0]


def load(path, clock):
    try:
        with open(path, encoding="utf-8") as file:
            source = json.load(file)
    except ValueError as problem:
        raise WorldError("%s is not JSON: %s" % (path, problem)) from None
    return World(source, os.path.dirname(os.path.abspath(path)), clock)
