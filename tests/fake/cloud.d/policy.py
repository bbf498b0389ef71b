"""IAM policy documents, as AWS has them: identity policies and trust policies.

A document is {"Version": ..., "Statement": [...]} with Effect, Action or NotAction, Resource or
NotResource, Principal, and Condition with StringEquals, StringLike, ArnLike and their Not- and
-IgnoreCase kin. What is not known here is refused when the world is read, so that no policy says
more than is looked at.
"""
import functools
import re


class PolicyError(Exception):
    pass


CONDITION_KEYS = {
    "aws:requestedregion", "aws:principalarn", "aws:principalaccount", "aws:sourceidentity",
    "sts:externalid", "sts:rolesessionname", "secretsmanager:secretid",
    "secretsmanager:versionstage", "kms:viaservice",
}


def listed(value):
    return value if isinstance(value, list) else [value]


@functools.lru_cache(maxsize=20000)
def pattern(text, ignore_case):
    """Of IAM: * is any text, ? one character."""
    parts = re.split(r"([*?])", text)
    body = "".join({"*": ".*", "?": "."}.get(part) or re.escape(part) for part in parts)
    return re.compile(body + r"\Z", re.IGNORECASE | re.DOTALL if ignore_case else re.DOTALL)


def matches(patterns, text, ignore_case=False):
    return any(pattern(one, ignore_case).match(text) for one in patterns)


class Statement:
    KEYS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal",
            "Condition"}

    def __init__(self, source):
        unknown = set(source) - self.KEYS
        if unknown:
            raise PolicyError("a policy statement has unknown keys: %s" % sorted(unknown))
        if source.get("Effect") not in ("Allow", "Deny"):
            raise PolicyError("a policy statement's Effect is Allow or Deny")
        if ("Action" in source) == ("NotAction" in source):
            raise PolicyError("a policy statement has either Action or NotAction")
        self.allows = source["Effect"] == "Allow"
        self.actions = listed(source.get("Action", source.get("NotAction")))
        self.not_action = "NotAction" in source
        self.resources = listed(source.get("Resource", source.get("NotResource", "*")))
        self.not_resource = "NotResource" in source
        self.principals = self.read_principals(source.get("Principal"))
        self.conditions = [
            self.read_condition(operator, key, values)
            for operator, keys in source.get("Condition", {}).items()
            for key, values in keys.items()]

    @staticmethod
    def read_principals(source):
        """(kind, name) of each; None if the statement is of an identity policy."""
        if source is None:
            return None
        if source == "*":
            return [("AWS", "*")]
        return [(kind, name) for kind, names in source.items() for name in listed(names)]

    @staticmethod
    def read_condition(operator, key, values):
        found = re.fullmatch(r"(String|Arn)(Not)?(Equals|Like)(IgnoreCase)?(IfExists)?", operator)
        if not found:
            raise PolicyError("the condition operator '%s' is not known here" % operator)
        name = key.lower()
        if name not in CONDITION_KEYS and not name.endswith((":aud", ":sub")):
            raise PolicyError("the condition key '%s' is not known here" % key)
        exact = found[1] == "String" and found[3] == "Equals"
        return name, listed(values), exact, bool(found[2]), bool(found[4]), bool(found[5])

    def applies(self, action, resource, context):
        if matches(self.actions, action, True) == self.not_action:
            return False
        if matches(self.resources, resource) == self.not_resource:
            return False
        return all(self.holds(condition, context) for condition in self.conditions)

    @staticmethod
    def holds(condition, context):
        name, values, exact, negated, ignore_case, if_exists = condition
        have = context.get(name)
        if have is None:
            return negated or if_exists
        if exact:
            fold = str.lower if ignore_case else str
            found = fold(have) in [fold(value) for value in values]
        else:
            found = matches(values, have, ignore_case)
        return found != negated


class Policy:
    """One or more documents. Nothing is allowed that no statement allows; a Deny wins."""

    def __init__(self, documents):
        self.statements = []
        for document in documents:
            for source in listed(document.get("Statement", [])):
                self.statements.append(Statement(source))
        self.known = {}

    def allows(self, action, resource, context):
        key = (action, resource, tuple(sorted(context.items())))
        if key not in self.known:
            if len(self.known) > 10000:
                self.known.clear()
            self.known[key] = self.decide(action, resource, context)
        return self.known[key]

    def decide(self, action, resource, context):
        applying = [one for one in self.statements if one.applies(action, resource, context)]
        return bool(applying) and all(one.allows for one in applying)

    def trusts(self, action, names, context):
        """Whether a trust policy lets one of the names in; gives that name, or None.

        names are (kind, name) under which the caller is known, the most exact first.
        """
        found = None
        for one in self.statements:
            if not one.applies(action, "*", context):
                continue
            hit = next((name for name in names if name in (one.principals or [])), None)
            if hit is None and ("AWS", "*") in (one.principals or []):
                hit = ("AWS", "*")
            if hit and not one.allows:
                return None
            found = found or hit
        return found
