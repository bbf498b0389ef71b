"""Signature version 4, verified with botocore's own signer over exactly the headers that the
request says it signed.
"""
import calendar
import hashlib
import hmac
import time
from urllib.parse import parse_qsl

from botocore.auth import SigV4Auth

from answers import Refusal

SKEW_SECONDS = 900
EMPTY = hashlib.sha256(b"").hexdigest()
NOT_MATCHING = ("The request signature we calculated does not match the signature you provided. "
                "Check your AWS Secret Access Key and signing method. Consult the service "
                "documentation for details.")


class Scope:
    """What an Authorization header, or a presigned query, says."""

    __slots__ = ("key", "date", "region", "service", "signed", "signature", "stamp", "token")


class SignedHeaders(dict):
    """name: values, as botocore wants to see headers."""

    def get_all(self, name):
        return self[name]


class Signed:
    """A request as botocore's signer wants to see it."""

    params = None

    def __init__(self, method, url, headers, body, stamp):
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.context = {"timestamp": stamp}


class Signer(SigV4Auth):
    """botocore's signer, told which headers are signed, with a memory for signing keys."""

    keys = {}

    def __init__(self, secret, scope):
        super().__init__(None, scope.service, scope.region)
        self.secret = secret

    def headers_to_sign(self, request):
        return request.headers

    def signature(self, string_to_sign, request):
        name = (self.secret, request.context["timestamp"][:8], self._region_name,
                self._service_name)
        key = self.keys.get(name)
        if key is None:
            if len(self.keys) > 50000:
                self.keys.clear()
            key = ("AWS4" + self.secret).encode()
            for part in name[1:] + ("aws4_request",):
                key = self._sign(key, part)
            self.keys[name] = key
        return self._sign(key, string_to_sign, hex=True)


def incomplete(message):
    return Refusal(403, "IncompleteSignature", message)


def read_credential(scope, credential):
    parts = credential.split("/")
    if len(parts) != 5 or parts[4] != "aws4_request":
        raise incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/"
                         "date/region/service/term, got '%s'" % credential)
    scope.key, scope.date, scope.region, scope.service = parts[:4]


def read_authorization(request):
    """The scope of a request's Authorization header; None if it has none."""
    value = request.header("authorization")
    if value is None:
        return None
    algorithm, _, rest = value.partition(" ")
    if algorithm != "AWS4-HMAC-SHA256":
        raise incomplete("Unsupported AWS 'algorithm': '%s'." % algorithm)
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    for name in ("Credential", "SignedHeaders", "Signature"):
        if not parts.get(name):
            raise incomplete("Authorization header requires '%s' parameter. Authorization=%s"
                             % (name, value))
    scope = Scope()
    read_credential(scope, parts["Credential"])
    scope.signed = parts["SignedHeaders"].split(";")
    scope.signature = parts["Signature"]
    scope.stamp = request.header("x-amz-date")
    scope.token = request.header("x-amz-security-token")
    if scope.stamp is None:
        raise incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a "
                         "'Date' header. Authorization=%s" % value)
    return scope


def unix_of(stamp):
    try:
        return calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise incomplete("Date must be in ISO-8601 'basic format'. Got '%s'." % stamp) from None


def stamp_of(unix):
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(unix))


def check_time(scope, now):
    """Refuses what was signed more than 15 minutes from now, or with a scope of another day."""
    signed_at = unix_of(scope.stamp)
    if signed_at < now - SKEW_SECONDS:
        raise Refusal(403, "SignatureDoesNotMatch", "Signature expired: %s is now earlier than %s "
                      "(%s - 15 min.)"
                      % (scope.stamp, stamp_of(now - SKEW_SECONDS), stamp_of(now)))
    if signed_at > now + SKEW_SECONDS:
        raise Refusal(403, "SignatureDoesNotMatch", "Signature not yet current: %s is still later "
                      "than %s (%s + 15 min.)"
                      % (scope.stamp, stamp_of(now + SKEW_SECONDS), stamp_of(now)))
    if scope.date != scope.stamp[:8]:
        raise Refusal(403, "SignatureDoesNotMatch", "Date in Credential scope does not match "
                      "YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'."
                      % (scope.date, scope.stamp[:8], scope.stamp))


def check_headers(request, scope):
    """host and every x-amz-* must be signed, and what is signed must be there, in order."""
    headers = SignedHeaders()
    for name in scope.signed:
        if name not in request.headers:
            raise Refusal(403, "SignatureDoesNotMatch",
                          "'%s' is named in SignedHeaders but was not sent." % name)
        headers[name] = request.headers[name]
    if scope.signed != sorted(headers):
        raise Refusal(403, "SignatureDoesNotMatch",
                      "SignedHeaders must be in lower case, sorted and each once.")
    for name in request.headers:
        if (name == "host" or name.startswith("x-amz-")) and name not in headers:
            raise Refusal(403, "SignatureDoesNotMatch",
                          "'%s' must be a 'SignedHeader' in the AWS Authorization." % name)
    return headers


def check(request, scope, secret):
    """Refuses a request whose signature is not the one that the secret gives."""
    headers = check_headers(request, scope)
    given = request.header("x-amz-content-sha256")
    if given is not None:
        if given != hashlib.sha256(request.body).hexdigest():
            raise Refusal(403, "SignatureDoesNotMatch", "The provided 'x-amz-content-sha256' "
                          "header does not match what was computed.")
    signed = Signed(request.method, "http://localhost" + request.target, headers, request.body,
                    scope.stamp)
    signer = Signer(secret, scope)
    canonical = signer.canonical_request(signed)
    to_sign = signer.string_to_sign(signed, canonical)
    if not hmac.compare_digest(signer.signature(to_sign, signed), scope.signature):
        raise Refusal(403, "SignatureDoesNotMatch", "%s\n\nThe Canonical String for this request "
                      "should have been\n'%s'\n\nThe String-to-Sign should have been\n'%s'\n"
                      % (NOT_MATCHING, canonical, to_sign))


class Presigned:
    """A presigned GET, as an RDS IAM token is one: HOST:PORT/?Action=connect&..."""

    def __init__(self, token):
        self.host, _, query = token.partition("/?")
        pairs = parse_qsl(query, keep_blank_values=True)
        self.values = dict(pairs)
        if len(self.values) != len(pairs):
            raise incomplete("a parameter is there twice")
        self.query = "&".join(part for part in query.split("&")
                              if not part.startswith("X-Amz-Signature="))
        for name in ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
                     "X-Amz-SignedHeaders", "X-Amz-Signature"):
            if name not in self.values:
                raise incomplete("%s is missing" % name)
        if self.values["X-Amz-Algorithm"] != "AWS4-HMAC-SHA256":
            raise incomplete("the algorithm is not AWS4-HMAC-SHA256")
        self.scope = Scope()
        read_credential(self.scope, self.values["X-Amz-Credential"])
        self.scope.stamp = self.values["X-Amz-Date"]
        self.scope.token = self.values.get("X-Amz-Security-Token")
        self.scope.signature = self.values["X-Amz-Signature"]

    def is_signed_by(self, secret):
        if self.values["X-Amz-SignedHeaders"] != "host":
            return False
        headers = SignedHeaders(host=[self.host])
        signed = Signed("GET", "https://%s/?%s" % (self.host, self.query), headers, b"",
                        self.scope.stamp)
        signer = Signer(secret, self.scope)
        to_sign = signer.string_to_sign(signed, signer.canonical_request(signed))
        return hmac.compare_digest(signer.signature(to_sign, signed), self.scope.signature)
