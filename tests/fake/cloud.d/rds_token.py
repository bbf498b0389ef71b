"""Whether a database would take an RDS IAM token as the password of a user."""
import signature
from answers import Refusal

LIFETIME_SECONDS = 900


def row_at(cloud, host, port):
    """The row that has this endpoint: a name that only leads there is none."""
    for account in cloud.world.accounts.values():
        for estate in account.estates.values():
            for row in estate.clusters.values():
                if row.port == port and host in (row.address("cluster-"),
                                                 row.address("cluster-ro-")):
                    return row
            for row in estate.instances.values():
                if row.port_in(estate) == port and row.address() == host:
                    return row
    return None


def check_shape(presigned, host, port, user, now):
    """Why what the token says of itself is wrong; None if it is not."""
    if presigned.host != "%s:%d" % (host, port):
        return "it is for '%s', not for '%s:%d'" % (presigned.host, host, port)
    if presigned.values.get("Action") != "connect":
        return "its Action is not connect"
    if presigned.values.get("DBUser") != user:
        return "it is for the user '%s'" % presigned.values.get("DBUser")
    if presigned.scope.service != "rds-db":
        return "it is signed for the service '%s'" % presigned.scope.service
    expires = presigned.values["X-Amz-Expires"]
    if not expires.isascii() or not expires.isdigit() or not 1 <= int(expires) <= LIFETIME_SECONDS:
        return "X-Amz-Expires is '%s'" % expires
    signed_at = signature.unix_of(presigned.scope.stamp)
    if presigned.scope.date != presigned.scope.stamp[:8]:
        return "the scope is of another day than X-Amz-Date"
    if now >= signed_at + int(expires):
        return "it is expired"
    if now < signed_at - signature.SKEW_SECONDS:
        return "it is not valid yet"
    return None


def refusal(cloud, token, host, port, user):
    """Why the token is no password for the user; None if it is one."""
    try:
        presigned = signature.Presigned(token)
        why = check_shape(presigned, host, port, user, cloud.now())
        if why:
            return why
        caller = cloud.world.identities.find(presigned.scope.key, presigned.scope.token)
    except Refusal as problem:
        return problem.message
    if not presigned.is_signed_by(caller.secret):
        return "the signature is wrong"
    row = row_at(cloud, host, port)
    if row is None:
        return "no database has the endpoint '%s:%d'" % (host, port)
    if presigned.scope.region != row.region:
        return "it is signed for the region '%s', not '%s'" % (presigned.scope.region, row.region)
    if not row.get("iam"):
        return "IAM authentication is off"
    resource = row.make_arn("rds-db", "dbuser:%s/%s" % (row.resource_id, user))
    if not caller.may("rds-db:connect", resource, {"aws:requestedregion": row.region}):
        return "%s may not rds-db:connect to %s" % (caller.arn, resource)
    return None
