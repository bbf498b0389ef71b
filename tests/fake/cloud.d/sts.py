"""STS: GetCallerIdentity, AssumeRole, AssumeRoleWithWebIdentity."""
import re

from answers import Refusal, query_answer, xml
from identity import credentials_of

SHORTEST, LONGEST, CHAINED = 900, 43200, 3600
ARN = r"[\t\n\r -~\u0085\u00a0-\uffff]+"


def resource(_cloud, call):
    return call.parameters.get("RoleArn") or "*"


def context(_cloud, call):
    found = {}
    if "ExternalId" in call.parameters:
        found["sts:externalid"] = call.parameters["ExternalId"]
    if "RoleSessionName" in call.parameters:
        found["sts:rolesessionname"] = call.parameters["RoleSessionName"]
    return found


def validation(value, name, constraint):
    return Refusal(400, "ValidationError", "1 validation error detected: Value '%s' at '%s' "
                   "failed to satisfy constraint: %s" % (value, name, constraint))


def check_text(parameters, key, name, expression, shortest, longest):
    value = parameters.get(key)
    if value is None:
        raise validation("null", name, "Member must not be null")
    if len(value) < shortest:
        raise validation(value, name,
                         "Member must have length greater than or equal to %d" % shortest)
    if len(value) > longest:
        raise validation(value, name,
                         "Member must have length less than or equal to %d" % longest)
    if not re.fullmatch(expression, value, re.ASCII):
        raise validation(value, name,
                         "Member must satisfy regular expression pattern: %s" % expression)
    return value


def check_parameters(parameters):
    """The role's ARN and the session's name; refuses what AWS documents as invalid."""
    arn = check_text(parameters, "RoleArn", "roleArn", ARN, 20, 2048)
    name = check_text(parameters, "RoleSessionName", "roleSessionName", r"[\w+=,.@-]*", 2, 64)
    if "ExternalId" in parameters:
        check_text(parameters, "ExternalId", "externalId", r"[\w+=,.@:/\\-]*", 2, 1224)
    return arn, name


def duration(parameters, role, chained):
    text = parameters.get("DurationSeconds")
    if text is None:
        return min(3600, role.max_session_seconds)
    if not text.isascii() or not text.isdigit():
        raise Refusal(400, "MalformedInput", "DurationSeconds must be a number")
    seconds = int(text)
    if seconds < SHORTEST:
        raise validation(seconds, "durationSeconds",
                         "Member must have value greater than or equal to %d" % SHORTEST)
    if seconds > LONGEST:
        raise validation(seconds, "durationSeconds",
                         "Member must have value less than or equal to %d" % LONGEST)
    if chained and seconds > CHAINED:
        raise Refusal(400, "ValidationError", "The requested DurationSeconds exceeds the 1 hour "
                      "session limit for roles assumed by role chaining.")
    if seconds > role.max_session_seconds:
        raise Refusal(400, "ValidationError", "The requested DurationSeconds exceeds the "
                      "MaxSessionDuration set for this role.")
    return seconds


def denied(who, action, arn):
    return Refusal(403, "AccessDenied", "User: %s is not authorized to perform: %s on resource: %s"
                   % (who, action, arn))


def get_caller_identity(_cloud, call):
    caller = call.caller
    inside = xml("Arn", caller.arn) + xml("UserId", caller.user_id) + xml(
        "Account", caller.account.id)
    return query_answer("sts", call.action, inside.encode())


def is_trusted(cloud, caller, role, found):
    """A role's trust policy must name the caller or its account. Of another account, or named only
    by its account, the caller needs a policy of its own too.
    """
    account = caller.account.id
    root = "arn:%s:iam::%s:root" % (cloud.world.partition, account)
    names = [("AWS", caller.arn), ("AWS", caller.principal), ("AWS", root), ("AWS", account)]
    found = dict(found, **{"aws:principalarn": caller.principal, "aws:principalaccount": account})
    hit = role.trust.trusts("sts:AssumeRole", names, found)
    if hit is None:
        return False
    if hit in names[:2] and role.account is caller.account:
        return True
    return caller.may("sts:AssumeRole", role.arn, found)


def session_answer(cloud, call, session, more):
    knobs = cloud.world.knobs
    inside = xml("Credentials", credentials_of(session, knobs["fractional_expiration"]))
    inside += xml("AssumedRoleUser", {"AssumedRoleId": session.user_id, "Arn": session.arn})
    return query_answer("sts", call.action, (inside + more).encode())


def lifetime(cloud, seconds):
    return cloud.world.knobs["session_seconds"] or seconds


def assume_role(cloud, call):
    arn, name = check_parameters(call.parameters)
    role = cloud.world.role(arn)
    caller = call.caller
    if role is None or not is_trusted(cloud, caller, role, context(cloud, call)):
        raise denied(caller.arn, "sts:AssumeRole", arn)
    if call.region not in role.account.regions:
        raise Refusal(403, "RegionDisabledException", "STS is not activated in this region for "
                      "account:%s. Your account administrator can activate STS in this region "
                      "using the IAM Console." % role.account.id)
    seconds = duration(call.parameters, role, caller.chains)
    session = cloud.world.identities.issue(role, name, lifetime(cloud, seconds), True)
    return session_answer(cloud, call, session, xml("PackedPolicySize", 6))


def assume_role_with_web_identity(cloud, call):
    """Unsigned. A token is good if the world's web_identity has it: no signature is looked at."""
    arn, name = check_parameters(call.parameters)
    token = call.parameters.get("WebIdentityToken", "")
    known = cloud.world.web_identity.get(token)
    if known is None:
        raise Refusal(400, "InvalidIdentityToken", "The web identity token that was passed could "
                      "not be validated by AWS. Get a new token from the identity provider and "
                      "then retry the request.")
    if known.get("expires_unix") is not None and cloud.now() >= known["expires_unix"]:
        raise Refusal(400, "ExpiredTokenException", "Token expired: current date/time must be "
                      "before the expiration date/time")
    role = cloud.world.role(arn)
    if role is not None:
        issuer = known["issuer"]
        provider = "arn:%s:iam::%s:oidc-provider/%s" % (
            cloud.world.partition, role.account.id, issuer)
        claims = {issuer.lower() + ":sub": known["subject"],
                  issuer.lower() + ":aud": known.get("audience", "sts.amazonaws.com")}
    if role is None or not role.trust.trusts(
            "sts:AssumeRoleWithWebIdentity", [("Federated", provider)], claims):
        raise Refusal(403, "AccessDenied",
                      "Not authorized to perform sts:AssumeRoleWithWebIdentity")
    call.account = role.account.id
    seconds = duration(call.parameters, role, False)
    session = cloud.world.identities.issue(role, name, lifetime(cloud, seconds), True)
    more = xml("Provider", provider) + xml("SubjectFromWebIdentityToken", known["subject"])
    return session_answer(cloud, call, session, more)
