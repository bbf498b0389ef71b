#include "coordinator/discovery/aws_regions.h"

#include <stdio.h>
#include <string.h>

#include "common/clean.h"
#include "common/xml.h"

enum { TEXT_MAX = 1024 };

struct reading {
    struct aws_regions *regions;
    char name[AWS_NAME_SIZE];
    char status[AWS_NAME_SIZE];
    int has_list;
};

static int
end_region(struct reading *self, struct error *error)
{
    struct aws_regions *regions = self->regions;
    if (!aws_region_is_valid(self->name))
        return error_set(error, ERROR_INVALID, "'%.40s' is no name of a region", self->name);
    if (strcmp(self->status, "not-opted-in") == 0)
        return 0;
    if (regions->count == AWS_REGIONS_MAX)
        return error_set(error, ERROR_INVALID, "there are more than %d regions", AWS_REGIONS_MAX);
    memcpy(regions->names[regions->count++], self->name, AWS_NAME_SIZE);
    return 0;
}

static int
begin_element(void *argument, const char *path, const char *name, struct error *error)
{
    struct reading *self = argument;
    (void)name;
    (void)error;
    if (strcmp(path, "/DescribeRegionsResponse/regionInfo") == 0)
        self->has_list = 1;
    if (strcmp(path, "/DescribeRegionsResponse/regionInfo/item") == 0)
        *self->name = *self->status = '\0';
    return 0;
}

static int
end_element(void *argument, const char *path, const char *name, const char *text,
            struct error *error)
{
    struct reading *self = argument;
    (void)name;
    if (strcmp(path, "/DescribeRegionsResponse/regionInfo/item/regionName") == 0)
        snprintf(self->name, sizeof self->name, "%s", text);
    else if (strcmp(path, "/DescribeRegionsResponse/regionInfo/item/optInStatus") == 0)
        snprintf(self->status, sizeof self->status, "%s", text);
    else if (strcmp(path, "/DescribeRegionsResponse/regionInfo/item") == 0)
        return end_region(self, error);
    return 0;
}

int
aws_regions_parse(struct aws_regions *self, const char *text, size_t size, struct error *error)
{
    static const struct xml_handler handler = {.begin = begin_element, .end = end_element};
    static const struct xml_limits limits = {.size_max = AWS_REGIONS_SIZE_MAX,
                                             .text_max = TEXT_MAX};
    struct reading reading = {.regions = self};
    CLEAN(xml_destroy) xml_t *xml = xml_new(&handler, &reading, &limits);
    self->count = 0;
    if (xml_feed(xml, text, size, error) || xml_end(xml, error))
        return error_wrap(error, "the list of regions");
    if (!reading.has_list || self->count == 0)
        return error_set(error, ERROR_INVALID, "the list of regions is empty");
    return 0;
}
