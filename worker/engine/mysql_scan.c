#include "worker/engine/mysql_scan.h"

#include <string.h>

#include "common/memory.h"

enum {
    // The longest line that matters: a prefix and a quoted name.
    LINE_MAX_SIZE = 2 * ENGINE_NAME_MAX + 128,
    SCHEMA = MYSQL_OBJECT_KINDS,
    TRIGGER,
    BODY_BEGIN,
    BODY_END,
};

struct mysql_scan {
    mysql_inventory_t *inventory;
    int has_schema;
    uint32_t schema;  // of the last USE
    int in_body;
    int is_skipping;  // to the end of the line
    char line[LINE_MAX_SIZE];
    size_t used;
};

// How the lines that matter begin. Where `named`, a name in backticks follows.
static const struct {
    const char *prefix;
    int kind;
    int named;
    int in_body;  // is it found within a body too?
} marks[] = {
    {"USE `", SCHEMA, 1, 0},
    {"CREATE TABLE `", MYSQL_TABLE, 1, 0},
    {"CREATE TABLE IF NOT EXISTS `", MYSQL_TABLE, 1, 0},
    {"CREATE SEQUENCE `", MYSQL_SEQUENCE, 1, 0},
    {"/*!50001 VIEW `", MYSQL_VIEW, 1, 0},
    {"/*!50003 DROP PROCEDURE IF EXISTS `", MYSQL_PROCEDURE, 1, 0},
    {"/*!50003 DROP FUNCTION IF EXISTS `", MYSQL_FUNCTION, 1, 0},
    {"/*!50003 DROP PACKAGE IF EXISTS `", MYSQL_PACKAGE, 1, 0},
    {"/*!50003 DROP PACKAGE BODY IF EXISTS `", MYSQL_PACKAGE_BODY, 1, 0},
    // The tools drop the second event of a schema, and each later one, while the delimiter is still
    // that of the body before.
    {"/*!50106 DROP EVENT IF EXISTS `", MYSQL_EVENT, 1, 1},
    {"/*!50003 CREATE*/ /*!50017 DEFINER=", TRIGGER, 0, 1},
    {"/*!50003 CREATE TRIGGER ", TRIGGER, 0, 1},
    {"DELIMITER ;;", BODY_BEGIN, 0, 0},
    {"DELIMITER ;", BODY_END, 0, 1},
};

mysql_scan_t *
mysql_scan_new(mysql_inventory_t *inventory)
{
    mysql_scan_t *self = memory_get(sizeof *self);
    self->inventory = inventory;
    return self;
}

void
mysql_scan_destroy(mysql_scan_t **self_p)
{
    memory_free(self_p);
}

// Takes a name out of its backticks. Returns 0, or -1 if the line ends within it.
static int
read_name(const char *text, const char *end, char name[LINE_MAX_SIZE])
{
    for (; text < end; text++) {
        if (*text == '`') {
            if (text + 1 == end || text[1] != '`') {
                *name = '\0';
                return 0;
            }
            text++;
        }
        *name++ = *text;
    }
    return -1;
}

static void
mark_named(mysql_scan_t *self, int kind, const char *name)
{
    if (kind == SCHEMA) {
        self->has_schema = mysql_inventory_find_schema(self->inventory, name, &self->schema) == 0;
        if (self->has_schema)
            mysql_inventory_schema(self->inventory, self->schema)->is_seen = 1;
        return;
    }
    if (!self->has_schema)
        return;
    struct mysql_object *object =
        mysql_inventory_find(self->inventory, self->schema, (enum mysql_object_kind)kind, name);
    if (object)
        object->is_seen = 1;
}

// Looks at a line. Returns 0, or -1 if it goes on: a line feed within a name.
static int
read_line(mysql_scan_t *self)
{
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t length = strlen(marks[i].prefix);
        if (self->used < length || memcmp(self->line, marks[i].prefix, length) != 0)
            continue;
        if (self->in_body && !marks[i].in_body)
            return 0;
        char name[LINE_MAX_SIZE];
        if (marks[i].named) {
            if (read_name(self->line + length, self->line + self->used, name))
                return -1;
            mark_named(self, marks[i].kind, name);
        } else if (marks[i].kind == TRIGGER) {
            if (self->has_schema)
                mysql_inventory_schema(self->inventory, self->schema)->triggers_seen++;
        } else {
            self->in_body = marks[i].kind == BODY_BEGIN;
        }
        return 0;
    }
    return 0;
}

// Takes the rest of a line, or what there is of it. Returns how many bytes it took.
static size_t
take_line(mysql_scan_t *self, const char *data, size_t size)
{
    const char *newline = memchr(data, '\n', size);
    size_t length = newline ? (size_t)(newline - data) : size;
    if (self->used == 0 && size > 0 && !strchr("UCD/\n", data[0]))
        self->is_skipping = 1;
    if (!self->is_skipping && self->used + length + 1 >= sizeof self->line)
        self->is_skipping = 1;
    if (!self->is_skipping) {
        memcpy(self->line + self->used, data, length);
        self->used += length;
    }
    if (!newline)
        return size;
    if (!self->is_skipping && read_line(self)) {
        self->line[self->used++] = '\n';
        return length + 1;
    }
    self->is_skipping = 0;
    self->used = 0;
    return length + 1;
}

void
mysql_scan_add(void *context, const char *data, size_t size)
{
    mysql_scan_t *self = context;
    while (size > 0) {
        size_t taken = take_line(self, data, size);
        data += taken;
        size -= taken;
    }
}
