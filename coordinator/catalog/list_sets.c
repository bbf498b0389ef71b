// The columns of lists of sets, and of what protects them.

#include <stddef.h>

#include "coordinator/catalog/list_columns.h"

const struct list_column list_set_columns[] = {
    NUMBER("id", "s.id"),
    NUMBER("database", "s.database_id"),
    TEXT("name", "d.name"),
    TEXT("engine", "d.engine"),
    TEXT("region", "d.region"),
    TEXT("account", "d.account"),
    TEXT("state", "s.state"),
    BYTES("size", "s.size_bytes"),
    NUMBER("files", "s.file_count"),
    TIME("created", "s.created_ms"),
    TIME("verified", "nullif(s.verified_ms, 0)"),
    TEXT("store", "s.store"),
    TEXT("path", "s.path"),
    NUMBER("job", "nullif(s.job_id, 0)"),
    NUMBER("attempt", "s.attempt"),
    TEXT("tool", "s.tool"),
    TEXT("tool_version", "s.tool_version"),
    TEXT("server_version", "s.server_version"),
    TEXT("consistency", "s.consistency"),
    NUMBER("schemas", "s.schema_count"),
    NUMBER("left_out", "s.left_out_count"),
    NUMBER("excluded", "s.excluded_count"),
    TEXT("manifest_sha256", "s.manifest_sha256"),
    TEXT("resource_id", "d.resource_id"),
    NUMBER("protection", "nullif(s.protection_id, 0)"),
    TEXT("snapshot", "coalesce(p.snapshot, '')"),
    TIME("protected", "nullif(p.seen_ms, 0)"),
    TIME("snapshot_expires", "nullif(p.expires_ms, 0)"),
    TIME("offsite", "nullif(s.offsite_ms, 0)"),
    TEXT("destination", "coalesce(p.destination, '')"),
    TIME("pinned", "nullif(s.pinned_ms, 0)"),
    TIME("pinned_until", "nullif(s.pinned_until_ms, 0)"),
    TEXT("pinned_by", "s.pinned_by"),
    TEXT("pin_reason", "s.pin_reason"),
    TIME("locked", "nullif(s.locked_ms, 0)"),
    TIME("expired", "nullif(s.expired_ms, 0)"),
    TEXT("expiry", "s.expiry"),
    NUMBER("rows", "nullif(s.row_count, 0)"),
    TEXT("jump", "s.jump"),
    TEXT("context", "coalesce(p.context, '')"),
    SPAN("offsite_took", "nullif(s.offsite_ms, 0) - s.created_ms"),
    END,
};

// Those that may be told to go, with what retention asks of each; and those that are going.
const struct list_column list_kept_columns[] = {
    NUMBER("id", "s.id"),
    NUMBER("database", "s.database_id"),
    TEXT("state", "s.state"),
    NUMBER("created_ms", "s.created_ms"),
    NUMBER("pinned_ms", "s.pinned_ms"),
    NUMBER("pinned_until_ms", "s.pinned_until_ms"),
    NUMBER("offsite_ms", "s.offsite_ms"),
    NUMBER("locked_ms", "s.locked_ms"),
    END,
};
const struct list_column list_expiring_columns[] = {
    NUMBER("id", "s.id"),   NUMBER("database", "s.database_id"), TEXT("store", "s.store"),
    TEXT("path", "s.path"), NUMBER("locked_ms", "s.locked_ms"),  END,
};

const struct list_column list_protection_columns[] = {
    NUMBER("id", "p.id"),
    TEXT("state", "p.state"),
    TEXT("store", "p.store"),
    TEXT("protector", "p.protector"),
    TEXT("mtree", "p.mtree"),
    TEXT("snapshot", "p.snapshot"),
    NUMBER("sets", "p.set_count"),
    TIME("began", "p.began_ms"),
    TIME("created", "nullif(p.created_ms, 0)"),
    TIME("seen", "nullif(p.seen_ms, 0)"),
    TIME("expires", "nullif(p.expires_ms, 0)"),
    TEXT("context", "p.context"),
    TEXT("destination", "p.destination"),
    TIME("syncing", "nullif(p.syncing_ms, 0)"),
    TIME("offsite", "nullif(p.offsite_ms, 0)"),
    TEXT("message", "p.message"),
    END,
};
