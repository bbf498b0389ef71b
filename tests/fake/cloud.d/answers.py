"""What goes back to a client: answers, refusals, and the envelopes of AWS's protocols.

query: XML, errors in ErrorResponse/Error, the namespace is the service's.
ec2:   XML, errors in Response/Errors/Error, RequestID in capitals.
json:  JSON 1.1, errors as __type and message.
"""
import json
import uuid
from xml.sax.saxutils import escape

REQUEST_ID = b"@request-id@"

# service: (protocol, namespace, version)
SERVICES = {
    "sts": ("query", "https://sts.amazonaws.com/doc/2011-06-15/", "2011-06-15"),
    "rds": ("query", "http://rds.amazonaws.com/doc/2014-10-31/", "2014-10-31"),
    "ec2": ("ec2", "http://ec2.amazonaws.com/doc/2016-11-15/", "2016-11-15"),
    "organizations": ("json", "AWSOrganizationsV20161128", None),
    "secretsmanager": ("json", "secretsmanager", None),
}


class Answer:
    """A status and a body; the wire adds length, date and request id."""

    __slots__ = ("status", "body", "content_type", "request_id", "rule", "delay_ms", "code",
                 "later", "silent")

    def __init__(self, status, body, content_type, code="ok"):
        self.status = status
        self.body = body
        self.content_type = content_type
        self.code = code            # as counted in /_calls
        self.request_id = None
        self.rule = None            # a fault that changes how it is sent
        self.delay_ms = 0
        self.later = None           # a coroutine that gives the real answer
        self.silent = False         # never sent: the connection hangs


class Refusal(Exception):
    """An error of AWS, in whatever envelope the call's protocol has."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def plain(status, text):
    return Answer(status, text.encode(), "text/plain", "ok" if status < 300 else str(status))


def json_text(status, value):
    return Answer(status, (json.dumps(value, indent=1) + "\n").encode(), "application/json")


def query_answer(service, action, inside):
    """inside is bytes: the content of the result element."""
    name = action.encode()
    space = SERVICES[service][1].encode()
    body = b"".join((
        b'<%sResponse xmlns="%s">\n  <%sResult>' % (name, space, name), inside,
        b"</%sResult>\n  <ResponseMetadata>\n    <RequestId>" % name, REQUEST_ID,
        b"</RequestId>\n  </ResponseMetadata>\n</%sResponse>\n" % name))
    return Answer(200, body, "text/xml")


def ec2_answer(action, inside):
    name = action.encode()
    space = SERVICES["ec2"][1].encode()
    body = b"".join((
        b'<?xml version="1.0" encoding="UTF-8"?>\n<%sResponse xmlns="%s">\n    <requestId>'
        % (name, space), REQUEST_ID, b"</requestId>\n    ", inside,
        b"\n</%sResponse>" % name))
    return Answer(200, body, "text/xml;charset=UTF-8")


def json_answer(value):
    return Answer(200, json.dumps(value).encode(), "application/x-amz-json-1.1")


def refuse(service, refusal):
    """The refusal in the envelope of the service's protocol."""
    protocol, space, _ = SERVICES.get(service, SERVICES["sts"])
    kind = "Sender" if refusal.status < 500 else "Receiver"
    if protocol == "json":
        body = json.dumps({"__type": refusal.code, "message": refusal.message}).encode()
        answer = Answer(refusal.status, body, "application/x-amz-json-1.1", refusal.code)
    elif protocol == "ec2":
        text = ('<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>%s</Code>'
                '<Message>%s</Message></Error></Errors><RequestID>%s</RequestID></Response>'
                % (refusal.code, escape(refusal.message), REQUEST_ID.decode()))
        answer = Answer(refusal.status, text.encode(), "text/xml;charset=UTF-8", refusal.code)
    else:
        text = ('<ErrorResponse xmlns="%s">\n  <Error>\n    <Type>%s</Type>\n    <Code>%s</Code>\n'
                '    <Message>%s</Message>\n  </Error>\n  <RequestId>%s</RequestId>\n'
                '</ErrorResponse>\n'
                % (space, kind, refusal.code, escape(refusal.message), REQUEST_ID.decode()))
        answer = Answer(refusal.status, text.encode(), "text/xml", refusal.code)
    return answer


def new_request_id():
    return str(uuid.uuid4())


# The name of a list's members, where it is not `member`, by the list's name (RDS's API reference).
MEMBERS = {
    "AssociatedRoles": "DBInstanceRole",
    "AvailabilityZones": "AvailabilityZone",
    "DBClusterMembers": "DBClusterMember",
    "DBClusterOptionGroupMemberships": "DBClusterOptionGroup",
    "DBParameterGroups": "DBParameterGroup",
    "DBSecurityGroups": "DBSecurityGroup",
    "DBClusters": "DBCluster",
    "DBInstances": "DBInstance",
    "DomainMemberships": "DomainMembership",
    "OptionGroupMemberships": "OptionGroupMembership",
    "ReadReplicaDBInstanceIdentifiers": "ReadReplicaDBInstanceIdentifier",
    "ReadReplicaDBClusterIdentifiers": "ReadReplicaDBClusterIdentifier",
    "ReadReplicaIdentifiers": "ReadReplicaIdentifier",
    "StatusInfos": "DBInstanceStatusInfo",
    "Subnets": "Subnet",
    "TagList": "Tag",
    "VpcSecurityGroups": "VpcSecurityGroupMembership",
}


def text_of(value):
    if value is True:
        return "true"
    if value is False:
        return "false"
    return escape(str(value))


def xml(name, value):
    """An element of a value: dict, list, or something with a text; None is left out."""
    if value is None:
        return ""
    if isinstance(value, dict):
        inside = "".join(xml(key, part) for key, part in value.items())
    elif isinstance(value, list):
        member = MEMBERS.get(name, "member")
        inside = "".join(xml(member, part) for part in value)
    else:
        inside = text_of(value)
    return "<%s>%s</%s>" % (name, inside, name) if inside else "<%s/>" % name
