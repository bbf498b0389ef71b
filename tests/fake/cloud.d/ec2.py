"""EC2: DescribeRegions."""
from answers import Refusal, ec2_answer, xml


def invalid(message):
    return Refusal(400, "InvalidParameterValue", message)


def filters_of(parameters):
    number = 1
    while "Filter.%d.Name" % number in parameters:
        prefix = "Filter.%d." % number
        name = parameters[prefix + "Name"]
        if name not in ("opt-in-status", "region-name", "endpoint"):
            raise invalid("The filter '%s' is invalid" % name)
        values = []
        while "%sValue.%d" % (prefix, len(values) + 1) in parameters:
            values.append(parameters["%sValue.%d" % (prefix, len(values) + 1)])
        yield name, values
        number += 1


def resource(_cloud, _call):
    return "*"


def describe_regions(cloud, call):
    """The regions that are enabled for the account; all with AllRegions."""
    world, account = cloud.world, call.caller.account
    wanted = {value for key, value in call.parameters.items() if key.startswith("RegionName.")}
    everything = call.parameters.get("AllRegions", "false").lower() == "true"
    known = world.default_regions + world.opt_in_regions
    for name in wanted:
        if name not in known:
            raise invalid("Invalid values found in request: [%s]" % name)
    items = []
    # The order is not promised: here it is the names' order read backwards.
    for name in sorted(known, key=lambda region: region[::-1]):
        status = "opt-in-not-required"
        if name in world.opt_in_regions:
            status = "opted-in" if name in account.regions else "not-opted-in"
        values = {"opt-in-status": status, "region-name": name,
                  "endpoint": "ec2.%s.%s" % (name, world.suffix)}
        if (wanted and name not in wanted) or (not everything and name not in account.regions):
            continue
        if all(values[key] in accepted for key, accepted in filters_of(call.parameters)):
            items.append({"regionName": name, "regionEndpoint": values["endpoint"],
                          "optInStatus": status})
    inside = "".join(xml("item", item) for item in items)
    return ec2_answer("DescribeRegions", ("<regionInfo>%s</regionInfo>" % inside).encode())
