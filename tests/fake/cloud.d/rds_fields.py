"""The elements of RDS's DBInstance and DBCluster, as AWS's API reference names them."""
import random

from answers import xml
from identity import iso
from rows import CREATED, VERSIONS, hash_of

ZONES = "abc"


def tags_of(row):
    return [{"Key": key, "Value": value} for key, value in row.get("tags", {}).items()]


def subnet_group(row):
    vpc = "vpc-" + hash_of("vpc", row.account.id, row.region)
    subnets = [{
        "SubnetIdentifier": "subnet-" + hash_of("subnet", row.account.id, row.region, zone),
        "SubnetAvailabilityZone": {"Name": row.region + zone},
        "SubnetOutpost": {},
        "SubnetStatus": "Active"} for zone in ZONES]
    return {"DBSubnetGroupName": "default-" + vpc, "VpcId": vpc, "SubnetGroupStatus": "Complete",
            "DBSubnetGroupDescription": "Created from the management console", "Subnets": subnets}


def security_groups(row):
    group = "sg-" + hash_of("group", row.account.id, row.region)
    return [{"VpcSecurityGroupId": group, "Status": "active"}]


def kms_key(row):
    return row.make_arn("kms", "key/" + hash_of("kms", row.account.id, row.region))


def family_of(row):
    version = row.get("version", VERSIONS.get(row.get("engine"), "1.0"))
    return "default.%s%s" % (row.get("engine"), version.split(".")[0])


def endpoint_of(row, estate):
    """None while there is none. A member of a cluster has the cluster's port."""
    address = row.address()
    if address is None:
        return None
    return {"Address": address, "Port": row.port_in(estate),
            "HostedZoneId": "Z" + hash_of("zone", row.region).upper()}


def replication_of(row, estate):
    """A source may be a name, or an ARN; of a cluster it is one."""
    source = row.get("replica_of")
    is_cluster = source is not None and ":cluster:" in source
    return {
        "ReadReplicaSourceDBInstanceIdentifier": None if is_cluster else source,
        "ReadReplicaSourceDBClusterIdentifier": source if is_cluster else None,
        "ReadReplicaDBInstanceIdentifiers": [
            other.id for other in estate.instances.values() if other.get("replica_of") == row.id],
    }


def settings_of(row):
    """What instances have that nobody chose here."""
    group = family_of(row)
    return {
        "BackupRetentionPeriod": 7,
        "PreferredBackupWindow": "03:10-03:40",
        "PreferredMaintenanceWindow": "sun:04:40-sun:05:10",
        "InstanceCreateTime": iso(CREATED + 0.123, True),
        "DBSecurityGroups": [],
        "VpcSecurityGroups": security_groups(row),
        "DBParameterGroups": [{"DBParameterGroupName": group, "ParameterApplyStatus": "in-sync"}],
        "OptionGroupMemberships": [{"OptionGroupName": group.replace(".", ":"),
                                    "Status": "in-sync"}],
        "DBSubnetGroup": subnet_group(row),
        "PendingModifiedValues": {},
        "AutoMinorVersionUpgrade": True,
        "LicenseModel": "general-public-license",
        "DbInstancePort": 0,
        "DomainMemberships": [],
        "AssociatedRoles": [],
        "CopyTagsToSnapshot": True,
        "MonitoringInterval": 0,
        "PerformanceInsightsEnabled": False,
        "DeletionProtection": False,
        "CustomerOwnedIpEnabled": False,
        "BackupTarget": "region",
        "NetworkType": "IPV4",
        "StorageThroughput": 125,
    }


def instance_fields(row, estate):
    """A dict of elements in AWS's names; what AWS leaves out is None."""
    in_cluster = row.get("cluster") is not None
    authority = row.get("ca", "rds-ca-rsa2048-g1")
    encrypted = row.get("encrypted", True)
    fields = {
        "DBInstanceIdentifier": row.id,
        "DBInstanceClass": row.get("class", "db.r6g.large"),
        "Engine": row.get("engine"),
        "EngineVersion": row.get("version", VERSIONS.get(row.get("engine"), "1.0")),
        "DBInstanceStatus": row.status,
        "AutomaticRestartTime": iso(CREATED + 7 * 86400) if row.status == "stopped" else None,
        "MasterUsername": row.get("username", "admin"),
        "DBName": row.get("database"),
        "Endpoint": endpoint_of(row, estate),
        "AllocatedStorage": row.get("allocated_gib", 1 if in_cluster else 100),
        "StorageType": "aurora" if in_cluster else "gp3",
        "AvailabilityZone": row.region + ZONES[sum(row.id.encode()) % 3],
        "LatestRestorableTime": None if in_cluster else iso(CREATED + 86400),
        "MultiAZ": row.get("multi_az", False),
        "PubliclyAccessible": row.get("public", False),
        "DBClusterIdentifier": row.get("cluster"),
        "PromotionTier": 1 if in_cluster else None,
        "StorageEncrypted": encrypted,
        "KmsKeyId": kms_key(row) if encrypted else None,
        "DbiResourceId": row.resource_id,
        "DBInstanceArn": row.arn,
        "CACertificateIdentifier": authority,
        "CertificateDetails": {"CAIdentifier": authority, "ValidTill": "2061-05-25T22:34:57Z"},
        "IAMDatabaseAuthenticationEnabled": row.get("iam", False),
        "TagList": tags_of(row),
        "MasterUserSecret": row.master_secret(estate),
    }
    fields.update(replication_of(row, estate))
    fields.update(settings_of(row))
    fields.update(row.get("api", {}))
    return fields


def members_of(row, estate):
    members = [one for one in estate.instances.values() if one.get("cluster") == row.id]
    has_writer = any(one.get("writer") for one in members)
    return [{
        "DBInstanceIdentifier": one.id,
        "IsClusterWriter": one.get("writer", not has_writer and number == 0),
        "DBClusterParameterGroupStatus": "in-sync",
        "PromotionTier": 1} for number, one in enumerate(members)]


def cluster_fields(row, estate):
    """As instance_fields, of a cluster: its endpoints are plain texts."""
    source = row.get("replica_of")
    engine = row.get("engine")
    fields = {
        "AllocatedStorage": row.get("allocated_gib", 1),
        "AvailabilityZones": [row.region + zone for zone in ZONES],
        "BackupRetentionPeriod": 7,
        "DatabaseName": row.get("database"),
        "DBClusterIdentifier": row.id,
        "DBClusterParameterGroup": family_of(row),
        "DBSubnetGroup": subnet_group(row)["DBSubnetGroupName"],
        "Status": row.status,
        "AutomaticRestartTime": iso(CREATED + 7 * 86400) if row.status == "stopped" else None,
        "EarliestRestorableTime": iso(CREATED + 0.5, True),
        "Endpoint": row.address("cluster-"),
        "ReaderEndpoint": row.address("cluster-ro-"),
        "MultiAZ": row.get("multi_az", engine in ("mysql", "postgres")),
        "Engine": engine,
        "EngineVersion": row.get("version", VERSIONS.get(engine, "1.0")),
        "EngineMode": row.get("mode", "provisioned"),
        "LatestRestorableTime": iso(CREATED + 86400),
        "Port": row.port,
        "MasterUsername": row.get("username", "admin"),
        "PreferredBackupWindow": "03:10-03:40",
        "PreferredMaintenanceWindow": "sun:04:40-sun:05:10",
        "ReplicationSourceIdentifier": source,
        "ReadReplicaIdentifiers": [
            other.arn for other in estate.clusters.values() if other.get("replica_of") == row.arn],
        "DBClusterMembers": members_of(row, estate),
        "VpcSecurityGroups": security_groups(row),
        "HostedZoneId": "Z" + hash_of("zone", row.region).upper(),
        "StorageEncrypted": row.get("encrypted", True),
        "KmsKeyId": kms_key(row) if row.get("encrypted", True) else None,
        "DbClusterResourceId": row.resource_id,
        "DBClusterArn": row.arn,
        "AssociatedRoles": [],
        "IAMDatabaseAuthenticationEnabled": row.get("iam", False),
        "ClusterCreateTime": iso(CREATED + 0.25, True),
        "DeletionProtection": False,
        "HttpEndpointEnabled": False,
        "CopyTagsToSnapshot": False,
        "CrossAccountClone": False,
        "DomainMemberships": [],
        "TagList": tags_of(row),
        "AutoMinorVersionUpgrade": True,
        "NetworkType": "IPV4",
        "MasterUserSecret": row.master_secret(estate),
    }
    fields.update(row.get("api", {}))
    return fields


def render(row, estate, shuffle):
    """A row's XML, kept until its estate changes. The order of elements is the row's own."""
    version, text = row.rendered
    if version == estate.version:
        return text
    if row.kind == "instance":
        name, fields = "DBInstance", instance_fields(row, estate)
    else:
        name, fields = "DBCluster", cluster_fields(row, estate)
    names = list(fields)
    if shuffle:
        random.Random(row.resource_id).shuffle(names)
    text = xml(name, {key: fields[key] for key in names}).encode()
    row.rendered = (estate.version, text)
    return text
