// Zones of the system are held against libc, which reads the same files by code of its own.

#include "coordinator/zone.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clean.h"
#include "common/memory.h"
#include "tests/check.h"

enum { NAME_AT = 20, ZONES_MAX = 1000 };  // behind "/usr/share/zoneinfo/"

static zone_t *
zone(const char *name)
{
    zone_t *self = NULL;
    struct error error = {0};
    if (zone_open(&self, name, &error))
        fail_msg("%s", error.message);
    return self;
}

static int64_t
utc(int year, int month, int day, int hour, int minute)
{
    struct tm parts = {.tm_year = year - 1900,
                       .tm_mon = month - 1,
                       .tm_mday = day,
                       .tm_hour = hour,
                       .tm_min = minute};
    return timegm(&parts);
}

static char *names[ZONES_MAX];
static size_t name_count;

static int
note_name(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)walk;
    const char *name = path + NAME_AT;
    if (type == FTW_F && !strchr(name, '.') && strncmp(name, "right/", 6) != 0 &&
        strncmp(name, "posix/", 6) != 0 && strcmp(name, "leapseconds") != 0 &&
        name_count < ZONES_MAX)
        names[name_count++] = memory_copy_text(name);
    return 0;
}

static void
require_as_libc(const zone_t *self, int64_t unix_s)
{
    struct zone_span span;
    struct tm parts;
    time_t seconds = unix_s;
    assert_non_null(localtime_r(&seconds, &parts));
    zone_span(self, unix_s, &span);
    if (span.offset_s != parts.tm_gmtoff || span.is_saving != parts.tm_isdst ||
        strcmp(span.name, parts.tm_zone) != 0)
        fail_msg("%s at %lld: %d %d %s, but libc says %ld %d %s", zone_name(self),
                 (long long)unix_s, span.offset_s, span.is_saving, span.name, parts.tm_gmtoff,
                 parts.tm_isdst, parts.tm_zone);
    assert_true(span.from_s <= unix_s && unix_s < span.until_s);
}

// Both sides of each change, and far into the years of the rule in the footer.
static void
walk_as_libc(const char *name)
{
    CLEAN(zone_destroy) zone_t *self = zone(name);
    setenv("TZ", name, 1);
    tzset();
    int64_t unix_s = utc(1880, 1, 1, 0, 0);
    while (unix_s < utc(2100, 1, 1, 0, 0)) {
        struct zone_span span;
        zone_span(self, unix_s, &span);
        require_as_libc(self, unix_s);
        if (span.until_s == INT64_MAX)
            break;
        require_as_libc(self, span.until_s - 1);
        unix_s = span.until_s;
    }
    for (unix_s = utc(2101, 1, 1, 0, 0); unix_s < utc(2600, 1, 1, 0, 0);
         unix_s += INT64_C(86400) * 97 + 12345)
        require_as_libc(self, unix_s);
}

static void
all_zones_of_the_system_are_as_libc_has_them(void **state)
{
    (void)state;
    if (nftw("/usr/share/zoneinfo", note_name, 8, 0) || name_count < 300) {
        printf("not run: the package tzdata is not installed\n");
        skip();
    }
    for (size_t index = 0; index < name_count; index++) {
        walk_as_libc(names[index]);
        free(names[index]);
    }
    unsetenv("TZ");
    tzset();
}

static void
utc_needs_no_file(void **state)
{
    (void)state;
    CLEAN(zone_destroy) zone_t *self = zone("UTC");
    struct zone_span span;
    zone_span(self, utc(2026, 7, 1, 0, 0), &span);
    assert_int_equal(span.offset_s, 0);
    assert_string_equal(span.name, "UTC");
    assert_int_equal(span.until_s, INT64_MAX);
    assert_string_equal(zone_name(self), "UTC");
}

static void
a_name_that_is_none_is_refused_with_an_example(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "Europe/Nowhere",
                                        "europe/berlin!",
                                        "../zoneinfo/Europe/Berlin",
                                        "/usr/share/zoneinfo/Europe/Berlin",
                                        "Europe",
                                        "Europe/",
                                        "Europe//Berlin",
                                        "CET-1CEST",
                                        "zone1970.tab",
                                        "Europe/Berlin\n"};
    for (size_t index = 0; index < sizeof wrong / sizeof *wrong; index++) {
        zone_t *self = NULL;
        struct error error = {0};
        assert_int_equal(zone_open(&self, wrong[index], &error), -1);
        assert_null(self);
        assert_int_equal(error.code, ERROR_CONFIG);
        if (!strstr(error.message, "Europe/Berlin"))
            fail_msg("'%s': %s", wrong[index], error.message);
    }
}

// ---- files by hand

static unsigned char built[4096];
static size_t built_size;

static void
put(const void *data, size_t size)
{
    memcpy(built + built_size, data, size);
    built_size += size;
}

static void
put_number(uint64_t number, size_t size)
{
    for (size_t left = size; left > 0; left--)
        built[built_size++] = (unsigned char)(number >> (8 * (left - 1)));
}

static void
put_header(char version, uint32_t leaps, uint32_t changes, uint32_t types, uint32_t name_bytes)
{
    put("TZif", 4);
    put(&version, 1);
    put("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15);
    put_number(0, 4);
    put_number(0, 4);
    put_number(leaps, 4);
    put_number(changes, 4);
    put_number(types, 4);
    put_number(name_bytes, 4);
}

static void
put_type(int32_t offset_s, unsigned is_saving, unsigned name_at)
{
    put_number((uint32_t)offset_s, 4);
    put_number(is_saving, 1);
    put_number(name_at, 1);
}

// One change at 1000 from AAA (0) to BBB (3600); `footer` follows.
static void
build(const char *footer)
{
    built_size = 0;
    put_header('2', 0, 0, 1, 1);
    put_type(0, 0, 0);
    put("", 1);
    put_header('2', 0, 1, 2, 8);
    put_number(1000, 8);
    put_number(1, 1);
    put_type(0, 0, 0);
    put_type(3600, 0, 4);
    put("AAA\0BBB", 8);
    put(footer, strlen(footer));
}

static int
parse(zone_t **self_p, struct error *error)
{
    *error = (struct error){0};
    return zone_parse(self_p, "built", built, built_size, error);
}

static void
the_first_type_holds_before_and_the_footer_after_the_changes(void **state)
{
    (void)state;
    struct error error;
    struct zone_span span;
    CLEAN(zone_destroy) zone_t *ruled = NULL;
    build("\nCCC-2\n");
    assert_int_equal(parse(&ruled, &error), 0);
    zone_span(ruled, 999, &span);
    assert_string_equal(span.name, "AAA");
    assert_int_equal(span.until_s, 1000);
    zone_span(ruled, 1000, &span);
    assert_string_equal(span.name, "CCC");
    assert_int_equal(span.offset_s, 7200);
    assert_int_equal(span.from_s, 1000);

    CLEAN(zone_destroy) zone_t *open = NULL;
    build("\n\n");
    assert_int_equal(parse(&open, &error), 0);
    zone_span(open, 1000, &span);
    assert_string_equal(span.name, "BBB");
    assert_int_equal(span.until_s, INT64_MAX);
}

static void
a_file_of_the_first_version_has_short_times_and_no_footer(void **state)
{
    (void)state;
    built_size = 0;
    put_header('\0', 0, 1, 2, 8);
    put_number((uint32_t)-1000, 4);
    put_number(1, 1);
    put_type(0, 0, 0);
    put_type(-1800, 1, 4);
    put("AAA\0BBB", 8);
    struct error error;
    struct zone_span span;
    CLEAN(zone_destroy) zone_t *self = NULL;
    assert_int_equal(parse(&self, &error), 0);
    zone_span(self, -1001, &span);
    assert_string_equal(span.name, "AAA");
    zone_span(self, -1000, &span);
    assert_string_equal(span.name, "BBB");
    assert_int_equal(span.offset_s, -1800);
    assert_true(span.is_saving);
}

static void
a_file_that_is_cut_short_anywhere_is_refused(void **state)
{
    (void)state;
    build("\nCET-1CEST,M3.5.0,M10.5.0/3\n");
    size_t whole = built_size;
    struct error error;
    for (built_size = 0; built_size < whole; built_size++) {
        zone_t *self = NULL;
        CLEAN(memory_free) char *copy = memory_get(built_size);
        memcpy(copy, built, built_size);
        error = (struct error){0};
        assert_int_equal(zone_parse(&self, "built", copy, built_size, &error), -1);
        assert_int_equal(error.code, ERROR_INVALID);
    }
    CLEAN(zone_destroy) zone_t *self = NULL;
    assert_int_equal(parse(&self, &error), 0);
}

static void
refuse_changed(size_t at, const void *data, size_t size, const char *part)
{
    build("\nCET-1CEST,M3.5.0,M10.5.0/3\n");
    memcpy(built + at, data, size);
    struct error error;
    zone_t *self = NULL;
    assert_int_equal(parse(&self, &error), -1);
    if (!strstr(error.message, part))
        fail_msg("byte %zu: %s", at, error.message);
}

static void
a_hostile_file_is_refused(void **state)
{
    (void)state;
    enum { SECOND = 44 + 6 + 1, CHANGES = SECOND + 44, TYPES = CHANGES + 9, NAMES = TYPES + 12 };
    refuse_changed(0, "XZif", 4, "no file of a time zone");
    refuse_changed(32, "\x80", 1, "no file of a time zone");
    refuse_changed(SECOND + 28, "\0\0\0\1", 4, "leap seconds");
    refuse_changed(SECOND + 32, "\0\0\xff\xff", 4, "beyond any");
    refuse_changed(SECOND + 36, "\0\0\0\0", 4, "beyond any");
    refuse_changed(SECOND + 40, "\0\0\0\0", 4, "beyond any");
    refuse_changed(SECOND + 20, "\0\0\0\1", 4, "beyond any");
    refuse_changed(CHANGES + 8, "\2", 1, "malformed");
    refuse_changed(TYPES, "\x7f\xff\xff\xff", 4, "malformed");
    refuse_changed(TYPES + 4, "\2", 1, "malformed");
    refuse_changed(TYPES + 5, "\x08", 1, "malformed");
    refuse_changed(NAMES + 7, "B", 1, "malformed");
    refuse_changed(NAMES + 8, "x", 1, "last line");
    refuse_changed(NAMES + 9, "\0", 1, "last line");
}

static void
a_rule_that_is_not_understood_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "CE-1",
        "CET",
        "CET-25",
        "CET-1CEST",
        "CET-1CEST,M3.5.0",
        "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,M3.5.0/168,M10.5.0",
        "CET-1CEST,J0,J366",
        "CET-1CEST,366,1",
        "CET-1CEST,M3.5.0,M10.5.0,",
        "<CET-1CEST,M3.5.0,M10.5.0",
        "CET-1:60",
        "CET1:",
        "ABCDEFGHIJKLMNOP1",
    };
    for (size_t index = 0; index < sizeof wrong / sizeof *wrong; index++) {
        struct zone_rule rule;
        struct error error = {0};
        if (zone_rule_parse(&rule, wrong[index], &error) == 0)
            fail_msg("'%s' was taken", wrong[index]);
        assert_non_null(strstr(error.message, "not understood"));
    }
}

// Rules that no zone of today has, held against libc all the same.
static void
odd_rules_are_as_libc_has_them(void **state)
{
    (void)state;
    static const char *const rules[] = {
        "<-0330>3:30<-0230>,J60/-1,J300/26",
        "AAA5BBB4:30,59,300/0",
        "XXX-12YYY,M10.1.0/100,M3.5.6/-50:30:15",
        "NNN0:15:30SSS-1,M12.5.5,M1.1.1",
        "JJJ1KKK,J59/3,J365/1",
    };
    for (size_t index = 0; index < sizeof rules / sizeof *rules; index++) {
        CLEAN(memory_free) char *footer = memory_format("\n%s\n", rules[index]);
        CLEAN(zone_destroy) zone_t *self = NULL;
        struct error error;
        build(footer);
        assert_int_equal(parse(&self, &error), 0);
        setenv("TZ", rules[index], 1);
        tzset();
        for (int64_t unix_s = utc(1971, 1, 1, 0, 0); unix_s < utc(2120, 1, 1, 0, 0);
             unix_s += 86400 * 3 + 3601) {
            require_as_libc(self, unix_s);
        }
    }
    unsetenv("TZ");
    tzset();
}

static void
daylight_saving_time_all_year_has_no_end(void **state)
{
    (void)state;
    struct error error;
    CLEAN(zone_destroy) zone_t *self = NULL;
    build("\nXXX3EDT4,0/0,J365/23\n");
    assert_int_equal(parse(&self, &error), 0);
    for (int64_t unix_s = utc(1999, 12, 20, 0, 0); unix_s < utc(2003, 1, 10, 0, 0); unix_s += 600) {
        struct zone_span span;
        zone_span(self, unix_s, &span);
        assert_int_equal(span.offset_s, -4 * 3600);
        assert_true(span.is_saving);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_zones_of_the_system_are_as_libc_has_them),
        cmocka_unit_test(utc_needs_no_file),
        cmocka_unit_test(a_name_that_is_none_is_refused_with_an_example),
        cmocka_unit_test(the_first_type_holds_before_and_the_footer_after_the_changes),
        cmocka_unit_test(a_file_of_the_first_version_has_short_times_and_no_footer),
        cmocka_unit_test(a_file_that_is_cut_short_anywhere_is_refused),
        cmocka_unit_test(a_hostile_file_is_refused),
        cmocka_unit_test(a_rule_that_is_not_understood_is_refused),
        cmocka_unit_test(odd_rules_are_as_libc_has_them),
        cmocka_unit_test(daylight_saving_time_all_year_has_no_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
