"""What REST answers: objects with the names and the kinds of the vendor's own description. Only
here: tests/run.d/datadomain_schema.sh holds them against it."""
from urllib.parse import quote

GIB = 1 << 30


def object_id(text):
    return quote(text, safe="")


def link(href, rel="self"):
    return {"rel": rel, "title": "", "href": href}


def status(code, details):
    return {"details": details, "code": code}


def paging(page, size, total, href):
    pages = max(1, (total + size - 1) // size)
    links = [link(f"{href}?page=0&size={size}", "first"),
             link(f"{href}?page={pages - 1}&size={size}", "last")]
    if page + 1 < pages:
        links.append(link(f"{href}?page={page + 1}&size={size}", "next"))
    if page > 0:
        links.append(link(f"{href}?page={page - 1}&size={size}", "previous"))
    entries = max(0, min(size, total - page * size))
    return {"current_page": page, "page_entries": entries, "total_entries": total,
            "page_size": size, "page_links": links}


def capacity(total):
    return {"total": total, "used": total // 4, "available": total - total // 4, "cleanable": 0}


def system(machine):
    return {"name": machine.data["name"], "type": "DDR",
            "version": f"Data Domain OS {machine.knob('version')}", "serialno": "AUDVX0000000",
            "model": "DD VE Version 5.0", "uptime": "12 days", "uptime_secs": 1036800,
            "time_zone": "UTC", "physical_capacity": capacity(64 * GIB),
            "logical_capacity": capacity(640 * GIB), "compression_factor": 10.0,
            "capacity_usage_details": [{"tier": "total", "physical_capacity": capacity(64 * GIB),
                                        "logical_capacity": capacity(640 * GIB),
                                        "compression_factor": 10.0}],
            "uuid": "0e0e0e0e0e0e0e0e:1", "link": [link("/rest/v1.0/system")]}


def snapshot_row(machine, snapshot):
    key = object_id(f"{snapshot['mtree']}:{snapshot['name']}")
    return {"id": key, "name": snapshot["name"], "mtree": snapshot["mtree"],
            "isSecure": snapshot["secured"],
            "status": "expired" if machine.is_expired(snapshot) else "unexpired",
            "link": link(f"/rest/v1.0/dd-systems/0/snapshots/{key}")}


def snapshot_detail(machine, snapshot):
    row = snapshot_row(machine, snapshot)
    return {"id": row["id"], "name": row["name"],
            "mtree": machine.knob("snapshot_of") or row["mtree"], "isSecured": snapshot["secured"], "pre_comp_bytes": 0, "tenant_unit": "",
            "tenant_unit_uuid": "", "creation_epoch": snapshot["created"],
            "expiration_epoch": snapshot["expires"], "status": row["status"], "link": [row["link"]]}


def mtree_3(machine, path):
    entry = machine.data["mtrees"][path]
    is_replica = entry["replica"]
    peers = [each["peer_name"] for each in machine.data["contexts"] if each["source"] == path]
    return {"id": object_id(path), "name": path, "data_availability": "full",
            "is_degraded": "not-degraded", "deletable": "deletable", "del_status": "not-deleted",
            "ro_status": "read-only" if is_replica else "read-write",
            "data_type": {"data_type_string": "replica" if is_replica else "local",
                          "data_type_int": 1 if is_replica else 0},
            "replication_info": {"repl_source_hostnames": [], "repl_destination_hostnames": peers},
            "repl_destination": "replication-destination" if is_replica
                                else "not-replication-destination",
            "mtree_rl_detail": {"rl_status": entry["lock"],
                                "rl_mode": "governance" if entry["lock"] == "enabled" else "no-mode",
                                "rl_min_period": 43200, "rl_max_period": 157680000,
                                "auto_retention_period": 1209600 if entry["lock"] == "enabled" else 0,
                                "auto_lock_delay": 7200 if entry["lock"] == "enabled" else 0},
            "physical_capacity": capacity(GIB), "logical_capacity": capacity(10 * GIB),
            "quota_config": {"hard_limit": entry.get("quota", 0), "soft_limit": 0}, "protocol_config": ["DD Boost"],
            "link": [link(f"/rest/v3.0/dd-systems/0/mtrees/{object_id(path)}")]}


# As the vendor has it: camelCase outside, what is inside stays.
MTREE_4 = {"data_availability": "dataAvailability", "is_degraded": "isDegraded",
           "del_status": "delStatus", "ro_status": "roStatus", "data_type": "dataType",
           "repl_destination": "replDestination", "physical_capacity": "physicalCapacity",
           "logical_capacity": "logicalCapacity", "protocol_config": "protocolConfig"}


def mtree_4(machine, path):
    old = mtree_3(machine, path)
    return {"id": old["id"], "name": old["name"], "deletable": old["deletable"],
            **{new: old[key] for key, new in MTREE_4.items()}}


def context_in(machine, each):
    """A context whose destination we are."""
    host = machine.data["name"]
    return {"id": str(each["id"]), "mode": "TARGET", "state": "NORMAL", "enabled": True,
            "needResync": False, "connected": True, "connHost": host, "sourceHost": each["host"],
            "destinationHost": host, "sourceMtreePath": each["source"],
            "destinationMtreePath": each["target"], "connEpoch": each["epoch"],
            "syncEpoch": each["epoch"],
            "link": link(f"/api/v1/dd-systems/0/mtree-replications/{each['id']}")}


def context(machine, each):
    link_state = machine.knob("link")
    answer = {"id": str(each["id"]), "mode": "SOURCE",
              "state": "RESYNCING" if link_state == "resync" else "NORMAL",
              "enabled": link_state != "disabled", "needResync": link_state == "resync",
              "connected": link_state not in ("disconnected", "disabled"),
              "connHost": each["peer_name"], "sourceHost": machine.data["name"],
              "destinationHost": each["peer_name"], "sourceMtreePath": each["source"],
              "destinationMtreePath": each["target"], "connEpoch": each["epoch"],
              "syncEpoch": each["epoch"], "encryption": False, "authentication": "ANONYMOUS",
              "propagateRetentionLock": True, "maxReplStreams": 16, "errorMessage": "",
              "link": link(f"/api/v1/dd-systems/0/mtree-replications/{each['id']}")}
    if machine.knob("no_sync_epoch"):
        del answer["syncEpoch"]
    return answer
