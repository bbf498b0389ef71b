"""The stand-in itself: what happens to a request from its bytes to its answer.

Order: parse, who signed, signature and time, faults, region, rate, policy, the action.
"""
import json
import sys
import time
from urllib.parse import parse_qsl

import admin
import ec2
import faults
import identity
import organizations
import rds
import secretsmanager
import signature
import sts
from answers import SERVICES, Refusal, refuse
from buckets import RATES, Buckets
from calls import Calls
from metadata import Metadata

# (service, action): (what does it, the module that knows its resource); no policy if no module.
ACTIONS = {
    ("sts", "GetCallerIdentity"): (sts.get_caller_identity, None),
    ("sts", "AssumeRole"): (sts.assume_role, None),     # the trust decides, see there
    ("sts", "AssumeRoleWithWebIdentity"): (sts.assume_role_with_web_identity, None),
    ("organizations", "ListAccounts"): (organizations.list_accounts, organizations),
    ("ec2", "DescribeRegions"): (ec2.describe_regions, ec2),
    ("rds", "DescribeDBInstances"): (rds.describe, rds),
    ("rds", "DescribeDBClusters"): (rds.describe, rds),
    ("secretsmanager", "GetSecretValue"): (secretsmanager.get_secret_value, secretsmanager),
}
UNSIGNED = ("sts", "AssumeRoleWithWebIdentity")
# Codes as they are called by services that speak JSON, and by EC2.
JSON_CODES = {
    "InvalidClientTokenId": (403, "UnrecognizedClientException"),
    "SignatureDoesNotMatch": (400, "InvalidSignatureException"),
    "ExpiredToken": (403, "ExpiredTokenException"),
    "IncompleteSignature": (400, "IncompleteSignatureException"),
    "MissingAuthenticationToken": (400, "MissingAuthenticationTokenException"),
    "AccessDenied": (400, "AccessDeniedException"),
    "InvalidAction": (400, "UnknownOperationException"),
}
EC2_CODES = {
    "InvalidClientTokenId": (401, "AuthFailure"),
    "AccessDenied": (403, "UnauthorizedOperation"),
    "ExpiredToken": (400, "RequestExpired"),
}
EC2_TEXTS = {
    "AuthFailure": "AWS was not able to validate the provided access credentials",
    "UnauthorizedOperation": "You are not authorized to perform this operation.",
    "RequestExpired": "Request has expired.",
}


class Call:
    """One call of an API."""

    __slots__ = ("service", "region", "action", "parameters", "caller", "account", "scope", "page")

    def __init__(self):
        self.service = self.region = self.action = "-"
        self.account = "-"
        self.parameters = {}
        self.caller = None
        self.scope = None
        self.page = 1


class Cloud:
    def __init__(self, world, options):
        self.world = world
        self.options = options
        self.calls = Calls()
        self.faults = faults.Faults()
        self.buckets = Buckets()
        self.metadata = Metadata(self)
        self.pages = {}             # rendered, see rds.py
        self.connections = set()
        self.broken = 0             # requests that failed by an error of the stand-in

    def now(self):
        return time.time() + self.world.knobs["clock_shift_seconds"]

    def answer(self, request):
        if request.path.startswith("/_"):
            return admin.answer(self, request)
        call = Call()
        try:
            if request.path.startswith("/latest/"):
                call.service, call.action = "metadata", request.path
                return self.local(request, call, self.metadata.instance)
            if request.path.startswith("/container/"):
                call.service, call.action = "container", "credentials"
                return self.local(request, call, self.metadata.container)
            return self.finish(call, self.perform(request, call))
        except Refusal as refusal:
            return self.refused(call, refusal)

    def local(self, request, call, reader):
        """The metadata service and the container's: no signature, but faults too."""
        rule = self.faults.find(call)
        found = faults.instead(self, call, rule) if rule else None
        found = found or reader(request)
        found.rule = rule
        return self.finish(call, found)

    def refused(self, call, refusal):
        answer = refuse(call.service, self.in_words_of(call.service, refusal))
        if self.options.verbose:
            print("%s %s/%s %s/%s: %s: %s" % (
                call.account, call.service, call.action, call.region, call.page, answer.code,
                refusal.message), file=sys.stderr, flush=True)
        return self.finish(call, answer)

    def finish(self, call, answer):
        knobs = self.world.knobs
        answer.delay_ms += knobs["latency_of_ms"].get(call.service, knobs["latency_ms"])
        self.calls.count(call, answer)
        return answer

    def in_words_of(self, service, refusal):
        """The same refusal with the code that the service has for it."""
        skewed = refusal.message.startswith(("Signature expired", "Signature not yet"))
        if skewed and (service == "ec2" or self.world.knobs["skew_code"] == "documented"):
            return Refusal(400, "RequestExpired", "Request has expired.")
        protocol = SERVICES.get(service, ("query",))[0]
        codes = {"json": JSON_CODES, "ec2": EC2_CODES}.get(protocol, {})
        if refusal.code not in codes:
            return refusal
        status, code = codes[refusal.code]
        return Refusal(status, code, EC2_TEXTS.get(code, refusal.message))

    def perform(self, request, call):
        scope = call.scope = signature.read_authorization(request)
        self.parse(request, call)
        if scope is not None:
            self.authenticate(request, call)
        elif (call.service, call.action) != UNSIGNED:
            raise Refusal(403, "MissingAuthenticationToken",
                          "Request is missing Authentication Token")
        rule = self.faults.find(call)
        found = faults.instead(self, call, rule) if rule else None
        if found is None:
            if scope is not None:
                self.admit(call)
            found = ACTIONS[call.service, call.action][0](self, call)
        found.rule = rule
        return found

    def parse(self, request, call):
        """Service, region, action and parameters, from the scope and the body."""
        target = request.header("x-amz-target")
        if call.scope is not None:
            call.service, call.region = call.scope.service, call.scope.region
        elif target is not None:
            call.service = {"AWSOrganizationsV20161128": "organizations"}.get(
                target.partition(".")[0], target.partition(".")[0])
        else:
            call.service = "sts"
        if call.service not in SERVICES:
            raise Refusal(403, "SignatureDoesNotMatch",
                          "Credential should be scoped to correct service.")
        protocol, name, version = SERVICES[call.service]
        if protocol == "json":
            self.parse_json(request, call, target, name)
        else:
            self.parse_query(request, call, version)

    @staticmethod
    def parse_json(request, call, target, prefix):
        kind = request.header("content-type", "")
        service, _, action = (target or "").partition(".")
        if request.method != "POST" or kind.partition(";")[0] != "application/x-amz-json-1.1" \
                or service != prefix or (call.service, action) not in ACTIONS:
            raise Refusal(400, "UnknownOperationException", "")
        call.action = action
        try:
            call.parameters = json.loads(request.body or b"{}")
        except ValueError:
            call.parameters = None
        if not isinstance(call.parameters, dict):
            raise Refusal(400, "SerializationException", "")
        if action == "ListAccounts":
            call.page = organizations.page_number(call)

    @staticmethod
    def parse_query(request, call, version):
        kind = request.header("content-type", "").partition(";")[0]
        text = request.query
        if request.method == "POST" and kind == "application/x-www-form-urlencoded":
            text += "&" + request.body.decode("utf-8", "replace")
        call.parameters = dict(parse_qsl(text, keep_blank_values=True))
        action = call.parameters.pop("Action", None)
        given = call.parameters.pop("Version", None)
        if action is None:
            raise Refusal(400, "MissingAction", "Missing Action")
        if (call.service, action) not in ACTIONS or given != version:
            raise Refusal(400, "InvalidAction", "Could not find operation %s for version %s"
                          % (action, given or "NO_VERSION_SPECIFIED"))
        call.action = action
        if call.service == "rds":
            call.page = rds.page_number(call)

    def authenticate(self, request, call):
        scope = call.scope
        known = self.world.identities.callers.get(scope.key)
        if known is not None:
            call.account = known.account.id
        signature.check_time(scope, self.now())
        call.caller = self.world.identities.find(scope.key, scope.token)
        signature.check(request, scope, call.caller.secret)

    def admit(self, call):
        """Region, rate and policy."""
        account = call.caller.account
        if call.service == "organizations" and call.region != self.world.global_region:
            raise Refusal(403, "SignatureDoesNotMatch", "Credential should be scoped to a valid "
                          "region, not '%s'." % call.region)
        # AssumeRole in a region of the default ones asks the target account only, see sts.py.
        asks_target = call.action == "AssumeRole" and call.region in self.world.default_regions
        if call.region not in account.regions and not asks_target:
            raise Refusal(403, "InvalidClientTokenId", identity.INVALID_TOKEN)
        rates = self.world.knobs["rate"]
        rate = rates.get(call.service, RATES[call.service])
        self.buckets.take((account.id, call.region, call.service), rate, time.monotonic())
        module = ACTIONS[call.service, call.action][1]
        if module is None:
            return
        action = "%s:%s" % (call.service, call.action)
        resource = module.resource(self, call)
        known = {"aws:requestedregion": call.region}
        if hasattr(module, "context"):
            known.update(module.context(self, call))
        if not call.caller.may(action, resource, known):
            raise Refusal(403, "AccessDenied", "User: %s is not authorized to perform: %s on "
                          "resource: %s because no identity-based policy allows the %s action"
                          % (call.caller.arn, action, resource, action))
