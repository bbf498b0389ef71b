// What tests of a store on a mount that fails share: the mount, one a test, and what is wanted of a
// store there.

#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clean.h"
#include "common/fd.h"
#include "tests/check.h"
#include "tests/faults.h"
#include "worker/store/store.h"

static struct faults faults;

static inline store_t *
open_store(void)
{
    struct error error = {0};
    store_t *store = NULL;
    if (store_open(&store, "boostfs", faults.point, FAULTS_SOURCE, &error))
        fail_msg("%s", error.message);
    return store;
}

static inline void
assert_no_store(const char *place, const char *source, enum error_code code, const char *says)
{
    struct error error = {0};
    store_t *store = NULL;
    assert_int_equal(store_open(&store, "boostfs", place, source, &error), -1);
    assert_null(store);
    assert_int_equal(error.code, code);
    if (!strstr(error.message, says))
        fail_msg("'%s' does not say '%s'", error.message, says);
}

static inline void
assert_error(const struct error *error, enum error_code code, const char *says)
{
    if (error->code != code || !strstr(error->message, says))
        fail_msg("%d '%s' is not %d '%s'", error->code, error->message, code, says);
}

static inline int
is_beneath(const char *path)
{
    char full[512];
    snprintf(full, sizeof full, "%s/%s", faults.backing, path);
    return access(full, F_OK) == 0;
}

static inline void
begin(store_t *store, const char *path)
{
    struct error error = {0};
    CLEAN(fd_close) int dir = -1;
    if (store_begin(store, path, &dir, &error))
        fail_msg("%s", error.message);
}

static inline int
mount_store(void **state)
{
    (void)state;
    faults_mount(&faults, "boostfs", FAULTS_SOURCE);
    return 0;
}

static inline int
unmount_store(void **state)
{
    (void)state;
    faults_unmount(&faults);
    return 0;
}

static inline void
faults_are_tried_on_a_real_mount(void **state)
{
    (void)state;
    const char *why = faults_why_not();
    if (why) {
        print_message("not run: %s\n", why);
        skip();
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, mount_store, unmount_store)
