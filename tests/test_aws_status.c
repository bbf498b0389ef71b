#include "coordinator/discovery/aws_status.h"

#include <string.h>

#include "tests/check.h"

// Every word that AWS documents, and one that is new.
static const char *const tried[] = {
    "available",
    "backing-up",
    "storage-optimization",
    "modifying",
    "configuring-enhanced-monitoring",
    "configuring-iam-database-auth",
    "configuring-log-exports",
    "maintenance",
    "storage-full",
    "incompatible-option-group",
    "storage-initialization",
    "",
};
static const char *const deferred[] = {
    "creating",     "starting",  "rebooting",
    "upgrading",    "renaming",  "resetting-master-credentials",
    "promoting",    "migrating", "failing-over",
    "backtracking",
};
static const char *const skipped[] = {
    "stopped",
    "stopping",
    "deleting",
    "delete-precheck",
    "failed",
    "inaccessible-encryption-credentials",
    "inaccessible-encryption-credentials-recoverable",
    "incompatible-network",
    "incompatible-parameters",
    "incompatible-restore",
    "restore-error",
    "insufficient-capacity",
    "cloning-failed",
};

static void
each_status_is_tried_deferred_or_skipped_with_a_reason(void **state)
{
    (void)state;
    const char *reason = NULL;
    for (size_t index = 0; index < sizeof tried / sizeof *tried; index++) {
        assert_int_equal(aws_status_judge(tried[index], &reason), AWS_STATUS_TRY);
        assert_string_equal(reason, "");
    }
    for (size_t index = 0; index < sizeof deferred / sizeof *deferred; index++) {
        assert_int_equal(aws_status_judge(deferred[index], &reason), AWS_STATUS_DEFER);
        assert_string_equal(reason, "");
    }
    for (size_t index = 0; index < sizeof skipped / sizeof *skipped; index++) {
        assert_int_equal(aws_status_judge(skipped[index], &reason), AWS_STATUS_SKIP);
        assert_true(strlen(reason) > 10);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_status_is_tried_deferred_or_skipped_with_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
