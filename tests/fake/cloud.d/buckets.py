"""Token buckets, one for an account, region and family of calls, as AWS documents them."""
from answers import Refusal

# (burst, a second). RDS and Aurora: the documented default. EC2: as documented for each call that
# only describes. For the others no figure could be found: these are assumed.
RATES = {
    "rds": (300, 12),
    "ec2": (100, 20),
    "sts": (600, 600),
    "organizations": (15, 5),
    "secretsmanager": (10000, 10000),
}
# (status, code, message) of a throttled call.
REFUSALS = {
    "rds": (400, "Throttling", "Rate exceeded"),
    "sts": (400, "Throttling", "Rate exceeded"),
    "ec2": (503, "RequestLimitExceeded", "Request limit exceeded."),
    "organizations": (400, "TooManyRequestsException", "You have sent too many requests in too "
                      "short a period of time. The quota helps protect against denial-of-service "
                      "attacks. Try again later."),
    "secretsmanager": (400, "ThrottlingException", "Rate exceeded"),
}


def throttled(service):
    return Refusal(*REFUSALS[service])


class Buckets:
    def __init__(self):
        self.levels = {}            # (account, region, service): (tokens, at)

    def take(self, key, rate, now):
        """Takes a token, or refuses the call."""
        if rate is None:
            return
        burst, a_second = rate
        tokens, at = self.levels.get(key, (burst, now))
        tokens = min(burst, tokens + (now - at) * a_second)
        if tokens < 1:
            self.levels[key] = (tokens, now)
            raise throttled(key[2])
        self.levels[key] = (tokens - 1, now)
