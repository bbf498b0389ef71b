"""Where a machine, a container or a pod finds its credentials: IMDSv2 under /latest/, and the
container endpoint under /container/.
"""
import json

from answers import Answer, plain
from identity import INVALID_TOKEN, credentials_of, iso

ROLES = "/latest/meta-data/iam/security-credentials/"
LONGEST_TOKEN_SECONDS = 21600


class Metadata:
    def __init__(self, cloud):
        self.cloud = cloud
        self.tokens = {}            # text: when it expires
        self.sessions = {}          # (path, role): the session handed out

    def session(self, place, role, seconds):
        """The session of a role, a new one when its last quarter of an hour begins."""
        now = self.cloud.now()
        found = self.sessions.get((place, role.arn))
        if found is None or found.expires < now + min(900, seconds / 4):
            found = self.cloud.world.identities.issue(role, "i-0123456789abcdef0", seconds, False)
            self.sessions[(place, role.arn)] = found
        return found

    def instance(self, request):
        settings = self.cloud.world.metadata
        if not settings:
            return plain(404, "there is no metadata service here")
        if request.path == "/latest/api/token":
            return self.token(request, settings)
        refused = self.check_token(request, settings)
        if refused:
            return refused
        if request.method != "GET":
            return plain(405, "method not allowed")
        return self.read(request.path, settings)

    def token(self, request, settings):
        if request.method != "PUT":
            return plain(405, "method not allowed")
        if settings.get("token_status"):
            return plain(settings["token_status"], "tokens are switched off")
        if request.header("x-forwarded-for") is not None:
            return plain(403, "a token is not given to a proxy")
        text = request.header("x-aws-ec2-metadata-token-ttl-seconds", "")
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= LONGEST_TOKEN_SECONDS:
            return plain(400, "bad request")
        token = "AQAE" + "%024x==" % (len(self.tokens) + 1)
        self.tokens[token] = self.cloud.now() + int(text)
        answer = plain(200, token)
        return answer

    def check_token(self, request, settings):
        token = request.header("x-aws-ec2-metadata-token")
        if token is None:
            return None if settings.get("v1") else plain(401, "unauthorized")
        if self.tokens.get(token, 0) <= self.cloud.now():
            return plain(401, "unauthorized")
        return None

    def read(self, path, settings):
        region = settings.get("region", self.cloud.world.default_regions[0])
        role = self.cloud.world.role(settings["role"]) if settings.get("role") else None
        if path == "/latest/meta-data/placement/region":
            return plain(200, region)
        if path == "/latest/dynamic/instance-identity/document":
            account = settings.get("account") or (role.account.id if role else "")
            return plain(200, json.dumps({"region": region, "accountId": account,
                                          "instanceId": "i-0123456789abcdef0"}))
        if role is None or not path.startswith(ROLES.rstrip("/")):
            return plain(404, "not found")
        if path in (ROLES, ROLES.rstrip("/")):
            return plain(200, role.name)
        if path != ROLES + role.name:
            return plain(404, "not found")
        session = self.session("instance", role, settings.get("seconds", 21600))
        found = {"Code": "Success", "LastUpdated": iso(self.cloud.now()), "Type": "AWS-HMAC"}
        found.update(credentials_of(session, False))
        found["Token"] = found.pop("SessionToken")
        return plain(200, json.dumps(found, indent=2))

    def container(self, request):
        settings = self.cloud.world.container
        if not settings:
            return plain(404, "there is no container here")
        if request.method != "GET":
            return plain(405, "method not allowed")
        if request.header("authorization") != settings.get("authorization"):
            body = json.dumps({"code": "AccessDenied", "message": INVALID_TOKEN})
            return Answer(403, body.encode(), "application/json", "AccessDenied")
        role = self.cloud.world.role(settings["role"])
        session = self.session("container", role, settings.get("seconds", 21600))
        found = credentials_of(session, False)
        found["Token"] = found.pop("SessionToken")
        found["RoleArn"] = role.arn
        return Answer(200, json.dumps(found).encode(), "application/json")
