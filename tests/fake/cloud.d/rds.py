"""RDS: DescribeDBInstances and DescribeDBClusters."""
import base64
import json

import rds_fields
from answers import Refusal, query_answer

# What a filter looks at, by its name; identifiers may be given as ARNs.
FILTERS = {
    "instance": {
        "db-cluster-id": lambda row, value: last(value) == row.get("cluster"),
        "db-instance-id": lambda row, value: last(value) == row.id,
        "dbi-resource-id": lambda row, value: value == row.resource_id,
        "domain": lambda row, value: False,
        "engine": lambda row, value: value == row.get("engine"),
    },
    "cluster": {
        "clone-group-id": lambda row, value: False,
        "db-cluster-id": lambda row, value: last(value) == row.id,
        "db-cluster-resource-id": lambda row, value: value == row.resource_id,
        "domain": lambda row, value: False,
        "engine": lambda row, value: value == row.get("engine"),
    },
}
KINDS = {
    "DescribeDBInstances": ("instance", "DBInstanceIdentifier", "db", "DBInstances"),
    "DescribeDBClusters": ("cluster", "DBClusterIdentifier", "cluster", "DBClusters"),
}


def last(identifier):
    return identifier.rsplit(":", 1)[-1].lower()


def invalid(message):
    return Refusal(400, "InvalidParameterValue", message)


def numbered(parameters, prefix):
    """The texts of prefix1, prefix2, ... as far as they go."""
    number = 1
    while "%s%d" % (prefix, number) in parameters:
        yield parameters["%s%d" % (prefix, number)]
        number += 1


def filters_of(kind, parameters):
    found = []
    number = 1
    while "Filters.Filter.%d.Name" % number in parameters:
        prefix = "Filters.Filter.%d." % number
        name = parameters[prefix + "Name"]
        if name not in FILTERS[kind]:
            raise invalid("Unrecognized filter name: %s" % name)
        values = list(numbered(parameters, prefix + "Values.Value."))
        if not values:
            raise invalid("The filter '%s' has no values" % name)
        found.append((FILTERS[kind][name], values))
        number += 1
    return found


def marker_of(page, row):
    text = json.dumps({"page": page, "after": row.id}).encode()
    return base64.b64encode(text).decode()


def page_of(parameters):
    """(number of the page, identifier after which it begins), the first being (1, "")."""
    marker = parameters.get("Marker")
    if not marker:
        return 1, ""
    try:
        found = json.loads(base64.b64decode(marker, validate=True))
        return found["page"], found["after"]
    except (ValueError, KeyError, TypeError):
        raise invalid("Invalid marker: %s" % marker[:100]) from None


def page_number(call):
    return page_of(call.parameters)[0]


def size_of(parameters):
    text = parameters.get("MaxRecords", "100")
    if not text.isascii() or not text.isdigit():
        raise Refusal(400, "MalformedInput", "MaxRecords must be a number")
    if not 20 <= int(text) <= 100:
        raise invalid("Invalid value %s for MaxRecords. Must be between 20 and 100" % text)
    return int(text)


def resource(cloud, call):
    """What a policy must allow."""
    _, identifier, short, _ = KINDS[call.action]
    name = last(call.parameters.get(identifier) or "*")
    return "arn:%s:rds:%s:%s:%s:%s" % (
        cloud.world.partition, call.region, call.caller.account.id, short, name)


def describe(cloud, call):
    kind, identifier, _, listing = KINDS[call.action]
    estate = call.caller.account.estate(call.region)
    key = (call.action, tuple(sorted(call.parameters.items())))
    cached = cloud.pages.get((call.caller.account.id, call.region, key))
    if cached and cached[0] is estate and cached[1] == estate.version:
        return query_answer("rds", call.action, cached[2])
    table = estate.instances if kind == "instance" else estate.clusters
    found = list(table.values())
    name = call.parameters.get(identifier)
    if name:
        found = [row for row in found if row.id == last(name)]
        if not found:
            code = "DBInstanceNotFound" if kind == "instance" else "DBClusterNotFoundFault"
            raise Refusal(404, code, "%s %s not found." % (identifier[:-len("Identifier")], name))
    for test, values in filters_of(kind, call.parameters):
        found = [row for row in found if any(test(row, value) for value in values)]
    size = size_of(call.parameters)
    page, after = page_of(call.parameters)
    found = sorted((row for row in found if row.id > after), key=lambda row: row.id)
    shuffle = cloud.world.knobs["shuffle_elements"]
    shown = b"".join(rds_fields.render(row, estate, shuffle) for row in found[:size])
    marker = b""
    if len(found) > size:
        marker = b"<Marker>%s</Marker>" % marker_of(page + 1, found[size - 1]).encode()
    inside = b"<%s>%s</%s>%s" % (listing.encode(), shown, listing.encode(), marker)
    if len(cloud.pages) > 20000:
        cloud.pages.clear()
    cloud.pages[(call.caller.account.id, call.region, key)] = (estate, estate.version, inside)
    return query_answer("rds", call.action, inside)
