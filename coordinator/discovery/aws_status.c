#include "coordinator/discovery/aws_status.h"

#include <stddef.h>
#include <string.h>

// clang-format off
static const struct {
    const char *status;
    enum aws_status meaning;
    const char *reason;
} statuses[] = {
    {"available", AWS_STATUS_TRY, ""},
    {"backing-up", AWS_STATUS_TRY, ""},
    {"configuring-enhanced-monitoring", AWS_STATUS_TRY, ""},
    {"configuring-iam-database-auth", AWS_STATUS_TRY, ""},
    {"configuring-log-exports", AWS_STATUS_TRY, ""},
    {"incompatible-option-group", AWS_STATUS_TRY, ""},
    {"maintenance", AWS_STATUS_TRY, ""},
    {"modifying", AWS_STATUS_TRY, ""},
    {"paused", AWS_STATUS_TRY, ""},  // Aurora Serverless v1: connecting wakes it
    {"storage-full", AWS_STATUS_TRY, ""},
    {"storage-optimization", AWS_STATUS_TRY, ""},
    {"backtracking", AWS_STATUS_DEFER, ""},
    {"creating", AWS_STATUS_DEFER, ""},
    {"failing-over", AWS_STATUS_DEFER, ""},
    {"migrating", AWS_STATUS_DEFER, ""},
    {"promoting", AWS_STATUS_DEFER, ""},
    {"rebooting", AWS_STATUS_DEFER, ""},
    {"renaming", AWS_STATUS_DEFER, ""},
    {"resetting-master-credentials", AWS_STATUS_DEFER, ""},
    {"starting", AWS_STATUS_DEFER, ""},
    {"upgrading", AWS_STATUS_DEFER, ""},
    {"cloning-failed", AWS_STATUS_SKIP, "its cloning failed: delete it, or clone it anew"},
    {"delete-precheck", AWS_STATUS_SKIP, "it is being deleted"},
    {"deleting", AWS_STATUS_SKIP, "it is being deleted"},
    {"failed", AWS_STATUS_SKIP, "it has failed and AWS cannot recover it: restore it from a snapshot"},
    {"inaccessible-encryption-credentials", AWS_STATUS_SKIP,
     "its KMS key cannot be used: enable the key, or give access to it"},
    {"inaccessible-encryption-credentials-recoverable", AWS_STATUS_SKIP,
     "its KMS key cannot be used: enable the key, or give access to it, and start it within 7 days"},
    {"incompatible-network", AWS_STATUS_SKIP,
     "its network lacks what it needs: look at its subnet group and VPC"},
    {"incompatible-parameters", AWS_STATUS_SKIP,
     "it cannot start with its parameter group: correct that"},
    {"incompatible-restore", AWS_STATUS_SKIP,
     "what it was restored from does not fit: look at its events in RDS"},
    {"insufficient-capacity", AWS_STATUS_SKIP,
     "AWS has no room for its class now: try another class or zone"},
    {"restore-error", AWS_STATUS_SKIP, "its restore failed: look at its events in RDS"},
    {"stopped", AWS_STATUS_SKIP, "it is stopped: start it to have it backed up"},
    {"stopping", AWS_STATUS_SKIP, "it is being stopped"},
};
// clang-format on

enum aws_status
aws_status_judge(const char *status, const char **reason)
{
    for (size_t index = 0; index < sizeof statuses / sizeof *statuses; index++) {
        if (strcmp(statuses[index].status, status) == 0) {
            *reason = statuses[index].reason;
            return statuses[index].meaning;
        }
    }
    *reason = "";
    return AWS_STATUS_TRY;
}
