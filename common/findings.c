#include "common/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/memory.h"
#include "common/text.h"

struct findings {
    size_t count;
    struct finding list[FINDINGS_MAX];
};

static const char note[] = "note ";

static const char *const words[ABOUTS] = {
    [ABOUT_NOTHING] = "",        [ABOUT_REACH] = "reach",
    [ABOUT_TLS] = "tls",         [ABOUT_SECRET] = "secret",
    [ABOUT_GRANTS] = "grants",   [ABOUT_TOOL] = "tool",
    [ABOUT_MOUNT] = "mount",     [ABOUT_ROOM] = "room",
    [ABOUT_STATE] = "state",     [ABOUT_PLACEMENT] = "placement",
    [ABOUT_CONTENT] = "content", [ABOUT_LOCK] = "lock",
};

const char *
findings_word(enum error_about about)
{
    return words[about];
}

findings_t *
findings_new(void)
{
    return memory_get(sizeof(findings_t));
}

void
findings_destroy(findings_t **self_p)
{
    memory_free(self_p);
}

// Where the next one goes; NULL: nowhere.
static struct finding *
make_room(findings_t *self, int fatal)
{
    if (self->count < FINDINGS_MAX)
        return &self->list[self->count++];
    for (size_t index = self->count; fatal && index > 0; index--) {
        if (!self->list[index - 1].fatal)
            return &self->list[index - 1];
    }
    return NULL;
}

void
findings_add(findings_t *self, enum error_about about, int fatal, const char *format, ...)
{
    struct finding *finding = make_room(self, fatal);
    if (!finding)
        return;
    finding->about = about;
    finding->fatal = fatal != 0;
    va_list args;
    va_start(args, format);
    vsnprintf(finding->text, sizeof finding->text, format, args);
    va_end(args);
    text_clean(finding->text);
}

void
findings_add_error(findings_t *self, const struct error *error, enum error_about about)
{
    findings_add(self, error->about == ABOUT_NOTHING ? about : error->about, 1, "%s",
                 error->message);
}

size_t
findings_count(const findings_t *self)
{
    return self->count;
}

const struct finding *
findings_item(const findings_t *self, size_t index)
{
    return &self->list[index];
}

int
findings_are_fatal(const findings_t *self)
{
    for (size_t index = 0; index < self->count; index++) {
        if (self->list[index].fatal)
            return 1;
    }
    return 0;
}

// ---- as text

struct page {
    char *text;
    size_t size_max;
    size_t left_out;
};

static void
append(struct page *page, const char *line)
{
    char *longer = memory_format("%s%s%s", page->text, *page->text ? "\n" : "", line);
    memory_free(&page->text);
    page->text = longer;
}

static void
print(const findings_t *self, int fatal, struct page *page)
{
    enum { LAST_LINE_SIZE = 80 };
    for (size_t index = 0; index < self->count; index++) {
        const struct finding *finding = &self->list[index];
        if (finding->fatal != fatal)
            continue;
        const char *word = words[finding->about];
        CLEAN(memory_free)
        char *line =
            memory_format("%s%s%s%s", fatal ? "" : note, word, *word ? ": " : "", finding->text);
        if (page->left_out ||
            strlen(page->text) + 1 + strlen(line) + LAST_LINE_SIZE > page->size_max)
            page->left_out++;
        else
            append(page, line);
    }
}

char *
findings_print(const findings_t *self, size_t size_max)
{
    struct page page = {.text = memory_copy_text(""), .size_max = size_max};
    print(self, 1, &page);
    print(self, 0, &page);
    if (page.left_out) {
        CLEAN(memory_free)
        char *line =
            memory_format("%scontent: %zu more findings are not told here", note, page.left_out);
        append(&page, line);
    }
    return page.text;
}

// What a line is about, and where its text begins.
static enum error_about
read_word(const char **line)
{
    size_t size = strcspn(*line, ":\n");
    for (int about = ABOUT_REACH; about < ABOUTS; about++) {
        if (strlen(words[about]) == size && strncmp(words[about], *line, size) == 0 &&
            strncmp(*line + size, ": ", 2) == 0) {
            *line += size + 2;
            return (enum error_about)about;
        }
    }
    return ABOUT_NOTHING;
}

static void
read_line(findings_t *self, const char *line, const char *end)
{
    const char *start = line;
    int is_note = strncmp(line, note, strlen(note)) == 0;
    if (is_note)
        line += strlen(note);
    enum error_about about = read_word(&line);
    if (about == ABOUT_NOTHING)
        line = start;
    findings_add(self, about, !is_note || about == ABOUT_NOTHING, "%.*s", (int)(end - line), line);
}

findings_t *
findings_read(const char *text)
{
    findings_t *self = findings_new();
    CLEAN(memory_free) char *copy = memory_copy_text(text);
    text_clean_lines(copy);  // first: what is shown must be what was read
    for (const char *line = copy; *line;) {
        const char *end = line + strcspn(line, "\n");
        if (end > line)
            read_line(self, line, end);
        line = end + (*end == '\n');
    }
    return self;
}
