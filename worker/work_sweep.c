// A sweep: holds what lies in a catalog's folder of a store against the catalog's rows, which it
// fetches, and tells the coordinator what fits nothing: what attempts have left, whole sets that
// the catalog does not know, rows whose set is not there. Of each the coordinator says what becomes
// of it; without its word nothing is removed.
//
// The store is read before the rows are. So a row whose set is not there was missing before, and
// what is there without a row is known not to be a backup's that went on meanwhile, since the
// coordinator noted at the first question which jobs were under way.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/clean.h"
#include "common/fd.h"
#include "common/memory.h"
#include "worker/places.h"
#include "worker/set/found.h"
#include "worker/work.h"

enum { LINE_ROOM = SET_NAME_SIZE + 64 };

// In the order of the words below.
enum kind { PARTIAL, UNKNOWN, MISSING, FOUND, STRANGE, HIDDEN, KINDS };

static const char *const kind_words[KINDS] = {
    [PARTIAL] = "partial", [UNKNOWN] = "unknown", [MISSING] = "missing",
    [FOUND] = "found",     [STRANGE] = "strange", [HIDDEN] = "hidden",
};

// `lines` has at most as many bytes as findings that were told have: each of these gets one word
// that is no longer than its kind's.
struct sweep {
    struct work *work;
    store_t *store;
    places_t *places;
    struct buffer lines;  // findings, and what came of some, that the coordinator was not told yet
    uint64_t counts[KINDS], removed, locked, adopted, marked, known, doubtful;
};

static void
sweep_clear(struct sweep *self)
{
    buffer_clear(&self->lines);
    places_destroy(&self->places);
}

// ---- what becomes of it

static void
note_result(struct sweep *self, const char *word, const char *path)
{
    buffer_format(&self->lines, "%s %s\n", word, path);
}

static int
adopt(struct sweep *self, const char *path, struct error *error)
{
    struct error trouble = {0};
    CLEAN(set_reader_destroy) set_reader_t *reader = NULL;
    CLEAN(memory_free) char *line = NULL;
    const Wire__Piece *piece = NULL;
    if (set_reader_open(&reader, self->store, path, NULL, &trouble) ||
        found_print(reader, path, WIRE_FETCH_MAX, &line, &trouble)) {
        work_remark(self->work, "not adopted: '%s': %s", path, trouble.message);
        note_result(self, "unfit", path);
        return 0;
    }
    if (work_fetch(self->work, "adopt", "", line, &piece, error))
        return -1;
    if (strcmp(piece->text, "adopted") == 0)
        self->adopted++;
    else
        work_remark(self->work, "not adopted: '%s': %s", path, piece->text);
    return 0;
}

// What a retention lock holds is no failure: it goes by a later sweep.
static int
remove_place(struct sweep *self, const char *path, struct error *error)
{
    if (store_check(self->store, error))
        return -1;
    if (store_remove(self->store, path, error) == 0) {
        self->removed++;
        note_result(self, "removed", path);
        return 0;
    }
    struct error lost = {0};
    if (error->code != ERROR_DENIED || error->about != ABOUT_MOUNT ||
        store_check(self->store, &lost))
        return error_wrap(error, "cannot remove '%s'", path);
    if (self->locked++ == 0)
        work_remark(self->work, "locked: %s; a retention lock holds it, or a right is missing",
                    error->message);
    note_result(self, "locked", path);
    *error = lost;
    return 0;
}

// `line` is what was told: a kind and a path, of what is missing with its number between.
static int
obey(struct sweep *self, const char *word, const char *line, struct error *error)
{
    const char *path = strrchr(line, ' ') + 1;
    if (strcmp(word, "marked") == 0) {
        self->marked++;
        return 0;
    }
    if (strcmp(word, "adopt") == 0)
        return adopt(self, path, error);
    return strcmp(word, "remove") == 0 ? remove_place(self, path, error) : 0;
}

// Leaves what came of those that are told now.
static int
tell(struct sweep *self, struct error *error)
{
    const Wire__Piece *piece = NULL;
    if (self->lines.size == 0)
        return 0;
    if (work_fetch(self->work, "findings", "", buffer_read(&self->lines), &piece, error))
        return -1;
    CLEAN(memory_free) char *words = memory_copy_text(piece->text);
    CLEAN(memory_free) char *lines = memory_copy_text(buffer_read(&self->lines));
    char *next_word = words;
    char *next_line = lines;
    buffer_empty(&self->lines);
    while (next_line && *next_line) {
        const char *line = strsep(&next_line, "\n");
        const char *word = next_word ? strsep(&next_word, "\n") : "";
        if (obey(self, word, line, error))
            return -1;
    }
    return 0;
}

static int
note(struct sweep *self, enum kind kind, int64_t set_id, const char *path, struct error *error)
{
    self->counts[kind]++;
    if (self->lines.size + LINE_ROOM + strlen(path) > WIRE_FETCH_MAX && tell(self, error))
        return -1;
    if (kind == MISSING || kind == FOUND)
        buffer_format(&self->lines, "%s %" PRId64 " %s\n", kind_words[kind], set_id, path);
    else
        buffer_format(&self->lines, "%s %s\n", kind_words[kind], path);
    return 0;
}

// ---- the catalog's rows

static int
look_for(const struct sweep *self, const char *path, int *answer, struct error *error)
{
    CLEAN(fd_close) int dir = -1;
    *answer = store_open_set(self->store, path, &dir, error) == 0;
    return *answer || error->code == ERROR_NOT_FOUND ? 0 : -1;
}

// A row of another folder, as a catalog that was rebuilt has them, is looked for by itself.
static int
is_there(struct sweep *self, const char *path, int *answer, struct error *error)
{
    if (!places_is_ours(self->places, path))
        return look_for(self, path, answer, error);
    struct place *place = places_find(self->places, path);
    if (place)
        place->is_known = 1;
    *answer = place != NULL;
    return 0;
}

static int
take_row(struct sweep *self, int64_t set_id, const char *state, const char *path,
         struct error *error)
{
    int answer = 0;
    self->known++;
    if (is_there(self, path, &answer, error))
        return -1;
    int is_wanted = strcmp(state, "good") == 0 || strcmp(state, "damaged") == 0;
    if (answer && strcmp(state, "missing") == 0)
        return note(self, FOUND, set_id, path, error);
    if (answer || !is_wanted)
        return 0;
    if (places_is_hidden(self->places, path)) {
        self->doubtful++;
        return 0;
    }
    // Once more: an expiry that a lock stopped may have given it its name back since the store was
    // read.
    if (look_for(self, path, &answer, error))
        return -1;
    return answer ? 0 : note(self, MISSING, set_id, path, error);
}

// "12 good dbhaul/0b9e2c1e/d12/j34-a1"
static int
take_rows(struct sweep *self, char *rows, struct error *error)
{
    char *rest = rows;
    while (rest && *rest) {
        char *line = strsep(&rest, "\n");
        const char *number = strsep(&line, " ");
        const char *state = line ? strsep(&line, " ") : NULL;
        if (!line || !state || !*line)
            return error_set(error, ERROR_INVALID, "the coordinator's rows make no sense");
        if (take_row(self, strtoll(number, NULL, 10), state, line, error))
            return -1;
    }
    return 0;
}

static int
read_rows(struct sweep *self, struct error *error)
{
    CLEAN(memory_free) char *cursor = memory_copy_text("");
    do {
        const Wire__Piece *piece = NULL;
        if (work_fetch(self->work, "set_places", cursor, "", &piece, error))
            return -1;
        memory_free(&cursor);
        cursor = memory_copy_text(piece->cursor);
        CLEAN(memory_free) char *rows = memory_copy_text(piece->text);
        if (take_rows(self, rows, error))
            return -1;
        work_tell(self->work, "sweep", self->known, 0);
    } while (*cursor);
    return 0;
}

// ---- what is left

static int
note_rest(struct sweep *self, struct error *error)
{
    for (size_t index = 0; index < places_count(self->places); index++) {
        const struct place *place = places_at(self->places, index);
        int is_catalog = place->database_id == 0;
        char path[SET_NAME_SIZE];
        if (place->is_known || (is_catalog && place->state == SET_NAME_WHOLE))
            continue;
        places_path(self->places, place, path);
        if (note(self, place->state == SET_NAME_WHOLE ? UNKNOWN : PARTIAL, 0, path, error))
            return -1;
    }
    for (size_t index = 0; index < places_odd_count(self->places); index++) {
        const struct place_odd *odd = places_odd_at(self->places, index);
        if (*odd->why)
            work_remark(self->work, "cannot look into '%s': %s", odd->path, odd->why);
        if (note(self, *odd->why ? HIDDEN : STRANGE, 0, odd->path, error))
            return -1;
    }
    // The last ones are told of, and then what came of them.
    if (tell(self, error))
        return -1;
    return tell(self, error);
}

static void
sum_up(struct sweep *self)
{
    const uint64_t *counts = self->counts;
    uint64_t all = counts[PARTIAL] + counts[UNKNOWN] + counts[MISSING] + counts[FOUND] +
                   counts[STRANGE] + counts[HIDDEN];
    if (all == 0)
        work_remark(self->work, "all is as the catalog says: %" PRIu64 " sets", self->known);
    else
        work_remark(self->work,
                    "%" PRIu64 " partial, %" PRIu64 " unknown, %" PRIu64 " missing, %" PRIu64
                    " found again, %" PRIu64 " strange, %" PRIu64 " hidden",
                    counts[PARTIAL], counts[UNKNOWN], counts[MISSING], counts[FOUND],
                    counts[STRANGE], counts[HIDDEN]);
    if (self->removed + self->adopted + self->marked > 0)
        work_remark(self->work,
                    "%" PRIu64 " removed, %" PRIu64 " adopted, %" PRIu64 " marked in the catalog",
                    self->removed, self->adopted, self->marked);
    if (self->locked > 0)
        work_remark(self->work, "%" PRIu64 " not removed: their store does not let go of them yet",
                    self->locked);
    if (self->doubtful > 0)
        work_remark(self->work,
                    "of %" PRIu64 " sets nothing is known, since their folder cannot be read",
                    self->doubtful);
}

int
work_sweep(struct work *self, struct error *error)
{
    const Wire__Sweep *wish = self->run->run->sweep;
    const Wire__Piece *piece = NULL;
    CLEAN(store_destroy) store_t *store = NULL;
    CLEAN(sweep_clear) struct sweep sweep = {.work = self};
    work_tell(self, "list", 0, 0);
    if (work_open_store(self, wish->store, &store, error) ||
        work_fetch(self, "begin", "", "", &piece, error) ||
        places_read(&sweep.places, store, wish->path, error))
        return -1;
    sweep.store = store;
    if (read_rows(&sweep, error) || note_rest(&sweep, error))
        return -1;
    sum_up(&sweep);
    return 0;
}
