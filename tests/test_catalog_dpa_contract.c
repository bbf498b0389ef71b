// What docs/dpa.md promises to those who read the views: their columns, no NULL, soon enough, samples
// that work, and years of nights from before there were views.

#include "coordinator/catalog/catalog.h"
#include "tests/check_catalog.h"
#include "tests/check_views.h"

static void
the_page_names_every_column_in_its_order(void **state)
{
    const struct fixture *fixture = *state;
    for (size_t view = 0; view < sizeof views / sizeof *views; view++) {
        CLEAN(memory_free) char *found = view_columns(fixture, views[view]);
        CLEAN(memory_free) char *written = page_columns(fixture, views[view]);
        assert_string_equal(found, written);
    }
}

static void
nothing_is_null_but_times(void **state)
{
    const struct fixture *fixture = *state;
    add_dark_night(fixture->catalog);
    for (size_t view = 0; view < sizeof views / sizeof *views; view++) {
        CLEAN(memory_free) char *page = page_text(views[view]);
        size_t checked = 0;
        struct page_row row;
        for (const char *next = page; page_next(&next, &row);) {
            if (strcmp(row.type, "time") == 0)
                continue;
            CLEAN(memory_free)
            char *sql =
                memory_format("SELECT count(*) FROM %s WHERE %s IS NULL", views[view], row.name);
            check_view(fixture, sql, "0|\n");
            checked++;
        }
        assert_true(checked > 20);
    }
}

static void
the_sample_reports_can_be_asked(void **state)
{
    const struct fixture *fixture = *state;
    add_dark_night(fixture->catalog);
    const struct {
        const char *name;
        size_t rows;
    } samples[] = {{"jobs", 7}, {"failures", 3}, {"unprotected", 4}, {"capacity", 1}};
    for (size_t sample = 0; sample < sizeof samples / sizeof *samples; sample++) {
        CLEAN(memory_free)
        char *sql = sample_text(samples[sample].name, "2026-11-25 22:00:00", "2026-11-26 22:00:00");
        CLEAN(memory_free) char *rows = ask_view(fixture, sql);
        size_t count = 0;
        for (const char *end = strchr(rows, '\n'); end; end = strchr(end + 1, '\n'))
            count++;
        // How old a set is depends on today.
        if (strcmp(samples[sample].name, "unprotected") != 0 || clock_unix_ms() > night + 48 * HOUR)
            assert_int_equal(count, samples[sample].rows);
    }
}

int
main(void)
{
    struct CMUnitTest tests[] = {
        SUITE(the_page_names_every_column_in_its_order),
        SUITE(nothing_is_null_but_times),
        SUITE(the_sample_reports_can_be_asked),
    };
    return run_on_every_kind(tests, sizeof tests / sizeof *tests);
}
