"""Who calls: users with lasting keys, and sessions of roles with temporary ones."""
import base64
import hashlib
import itertools
import time

from answers import Refusal

INVALID_TOKEN = "The security token included in the request is invalid."
EXPIRED_TOKEN = "The security token included in the request is expired"


def letters(count, *seed):
    """So many capitals and digits, as in AWS's identifiers; the same for the same seed."""
    digest = hashlib.sha512("/".join(str(part) for part in seed).encode()).digest()
    return base64.b32encode(digest).decode().rstrip("=")[:count]


class Caller:
    """Holder of a key. A user's token and expiry are None."""

    def __init__(self, key, secret, arn, account, user_id):
        self.key = key
        self.secret = secret
        self.arn = arn
        self.account = account      # an object of world.Account
        self.user_id = user_id
        self.policy = None
        self.token = None
        self.expires = None
        self.role = None            # of a session
        self.chains = False         # AssumeRole with it is role chaining

    @property
    def principal(self):
        """What a trust policy and the counters know it by: the user, or the session's role."""
        return self.role.arn if self.role else self.arn

    def may(self, action, resource, context):
        policy = self.role.policy if self.role else self.policy
        return policy.allows(action, resource, context)


class Identities:
    """All keys that are good, or were."""

    def __init__(self, clock):
        self.clock = clock
        self.callers = {}
        self.numbers = itertools.count(1)
        self.token_bytes = 360
        self.seed = time.time_ns()

    def noise(self, what, number, size):
        return hashlib.shake_256(
            b"%s/%d/%d" % (what.encode(), self.seed, number)).digest(size)

    def add_user(self, caller):
        self.callers[caller.key] = caller

    def issue(self, role, name, seconds, chains):
        """A session of a role with credentials of its own."""
        number = next(self.numbers)
        partition = role.arn.split(":")[1]
        account = role.account
        caller = Caller(
            "ASIA" + letters(16, "key", self.seed, number),
            base64.b64encode(self.noise("secret", number, 30)).decode(),
            "arn:%s:sts::%s:assumed-role/%s/%s" % (partition, account.id, role.name, name),
            account, "%s:%s" % (role.id, name))
        # As of AWS: base64 with its +, / and =.
        noise = b"\xfb\xff" + self.noise("token", number, self.token_bytes)
        caller.token = base64.b64encode(noise).decode()
        caller.expires = self.clock() + seconds
        caller.role = role
        caller.chains = chains
        self.callers[caller.key] = caller
        return caller

    def find(self, key, token):
        """The caller of a key; refuses what is unknown, has another token, or is expired."""
        caller = self.callers.get(key)
        if caller is None or caller.token != token:
            raise Refusal(403, "InvalidClientTokenId", INVALID_TOKEN)
        if caller.expires is not None and self.clock() >= caller.expires:
            raise Refusal(403, "ExpiredToken", EXPIRED_TOKEN)
        return caller

    def expire(self, matches):
        """Ends the sessions for which matches(caller) holds; gives their number."""
        count = 0
        for caller in self.callers.values():
            if caller.expires is not None and matches(caller):
                caller.expires = self.clock()
                count += 1
        return count


def iso(unix, fraction=False):
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(unix))
    if fraction:
        text += ".%06d" % (int(unix * 1000000) % 1000000)
    return text + "Z"


def credentials_of(caller, fraction):
    return {
        "AccessKeyId": caller.key,
        "SecretAccessKey": caller.secret,
        "SessionToken": caller.token,
        "Expiration": iso(caller.expires, fraction),
    }
