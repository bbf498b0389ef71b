"""A large estate for measuring: accounts x regions, with so many databases in all.

Whoever calls is the user `bench` of the first account, 100000000001, which manages the
organization (key AKIABENCHBENCHBENCH1, secret bench-secret); each account has a role
`dbhaul-discover` that trusts it with the ExternalId `bench`. A database is an instance of its own,
or a cluster with its members; some are of kinds that cannot be extracted. They are spread
unevenly: a few regions of a few accounts have more than a page.
"""
KEY, SECRET, EXTERNAL_ID = "AKIABENCHBENCHBENCH1", "bench-secret", "bench"
ROLE = "dbhaul-discover"
ENGINES = ("mysql", "mariadb", "postgres", "aurora-mysql", "postgres", "mysql",
           "aurora-postgresql", "mysql", "mariadb", "postgres", "oracle-se2", "mysql",
           "sqlserver-se", "aurora-mysql", "neptune", "postgres", "docdb", "mariadb")
CLUSTERED = ("aurora-mysql", "aurora-postgresql", "neptune", "docdb")


def allow(*actions):
    return {"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


def trust(manager):
    return {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::%s:root" % manager},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}}]}


def shares(total, count):
    """Splits a number into so many unequal parts that add up to it."""
    weights = [51 if number % 340 == 7 else 1 for number in range(count)]
    whole = sum(weights)
    parts = [int(total * weight / whole) for weight in weights]
    for number in range(total - sum(parts)):
        parts[number % count] += 1
    return parts


def database(account, region, number):
    """Adds one to an account's source."""
    engine = ENGINES[number % len(ENGINES)]
    entry = {"id": "db-%05d" % number, "engine": engine, "region": region,
             "tags": {"team": "team-%d" % (number % 7), "env": "prod" if number % 3 else "test"}}
    if number % 53 == 11:
        entry["status"] = "stopped"
    if engine not in CLUSTERED:
        account["instances"].append(entry)
        return
    account["clusters"].append(entry)
    for member in range(1 + number % 3):
        account["instances"].append({
            "id": "db-%05d-%d" % (number, member), "engine": engine, "region": region,
            "cluster": entry["id"], "writer": member == 0,
            "status": entry.get("status", "available")})


def world(accounts, regions, databases, default_regions):
    """The source of a World."""
    ids = ["%012d" % (100000000001 + number) for number in range(accounts)]
    names = list(default_regions[:regions])
    names += ["xx-made-%d" % number for number in range(1, regions - len(names) + 1)]
    made = {}
    number = 0
    parts = shares(databases, accounts * regions)
    for at, account_id in enumerate(ids):
        account = {
            "name": "account-%03d" % at, "instances": [], "clusters": [], "roles": {ROLE: {
                "trust": trust(ids[0]),
                "policy": allow("rds:DescribeDBInstances", "rds:DescribeDBClusters",
                                "ec2:DescribeRegions")}}}
        for where, region in enumerate(names):
            for _ in range(parts[at * regions + where]):
                database(account, region, number)
                number += 1
        made[account_id] = account
    made[ids[0]]["users"] = [{
        "name": "bench", "key": KEY, "secret": SECRET,
        "policy": allow("organizations:ListAccounts", "sts:AssumeRole")}]
    return {"regions": {"default": names}, "organization": {"management": ids[0]},
            "accounts": made}
