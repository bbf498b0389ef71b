// What a store that deduplicates would call new: cuts files into chunks by their contents, and
// counts the bytes of those that were not seen before.
//
//     bench_chunks KNOWN FILE...      prints "TOTAL NEW", in bytes; KNOWN then has the new ones too
//
// A rolling hash over the last 64 bytes (a "gear": each byte adds a random number of its own, and
// each step shifts all by a bit) ends a chunk where its upper bits are all zero, after 4 KiB at the
// least and 12 KiB at the most: 8 KiB in the mean, about as Data Domain cuts. Every file begins a
// chunk. Chunks are told apart by 128 bits of XXH3.

#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "common/memory.h"

enum {
    CHUNK_LEAST = 4 << 10,
    CHUNK_MOST = 12 << 10,
    MASK_BITS = 12,  // 4 KiB after the least, in the mean
    BYTE_VALUES = 256,
    ROOM_LEAST = 1 << 16,
};

struct chunk {
    uint64_t low, high;  // both 0: a free place
};

// A table with open places, always less than half full.
struct known {
    struct chunk *places;
    size_t room, count;
};

static uint64_t gears[BYTE_VALUES];

static void
make_gears(void)
{
    uint64_t state = 1;
    for (size_t i = 0; i < BYTE_VALUES; i++) {
        uint64_t number = state += UINT64_C(0x9e3779b97f4a7c15);
        number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
        gears[i] = number ^ number >> 31;
    }
}

// Returns 1 if it is new.
static int
put(struct known *self, const struct chunk *chunk)
{
    size_t place = chunk->low & (self->room - 1);
    for (; self->places[place].low || self->places[place].high;
         place = (place + 1) & (self->room - 1)) {
        if (self->places[place].low == chunk->low && self->places[place].high == chunk->high)
            return 0;
    }
    self->places[place] = *chunk;
    self->count++;
    return 1;
}

static int
add(struct known *self, const struct chunk *chunk)
{
    if (2 * self->count >= self->room) {
        struct known larger = {.room = self->room ? 2 * self->room : ROOM_LEAST};
        larger.places = memory_get(larger.room * sizeof *larger.places);
        for (size_t i = 0; i < self->room; i++) {
            if (self->places[i].low || self->places[i].high)
                put(&larger, &self->places[i]);
        }
        memory_free(&self->places);
        *self = larger;
    }
    return put(self, chunk);
}

static size_t
chunk_size(const unsigned char *data, size_t size)
{
    static const uint64_t mask = ~UINT64_C(0) << (64 - MASK_BITS);
    size_t most = size < CHUNK_MOST ? size : CHUNK_MOST;
    uint64_t hash = 0;
    for (size_t at = CHUNK_LEAST - 64; at < most; at++) {
        hash = (hash << 1) + gears[data[at]];
        if (at >= CHUNK_LEAST && (hash & mask) == 0)
            return at + 1;
    }
    return most;
}

static uint64_t
cut(struct known *known, const unsigned char *data, size_t size)
{
    uint64_t new_bytes = 0;
    while (size > 0) {
        size_t part = chunk_size(data, size);
        XXH128_hash_t hash = XXH3_128bits(data, part);
        struct chunk chunk = {.low = hash.low64, .high = hash.high64};
        if (add(known, &chunk))
            new_bytes += part;
        data += part;
        size -= part;
    }
    return new_bytes;
}

static void
fail(const char *name)
{
    perror(name);
    exit(1);
}

static uint64_t
cut_file(struct known *known, const char *name, uint64_t *total_bytes)
{
    struct stat status;
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status))
        fail(name);
    size_t size = (size_t)status.st_size;
    *total_bytes += size;
    if (size == 0) {
        close(fd);
        return 0;
    }
    unsigned char *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED)
        fail(name);
    uint64_t new_bytes = cut(known, data, size);
    munmap(data, size);
    close(fd);
    return new_bytes;
}

static void
load(struct known *known, const char *name)
{
    struct chunk chunk;
    FILE *file = fopen(name, "rbe");
    if (!file)
        return;
    while (fread(&chunk, sizeof chunk, 1, file) == 1)
        add(known, &chunk);
    fclose(file);
}

static void
save(const struct known *known, const char *name)
{
    FILE *file = fopen(name, "wbe");
    if (!file)
        fail(name);
    for (size_t i = 0; i < known->room; i++) {
        if (known->places[i].low || known->places[i].high)
            fwrite(&known->places[i], sizeof known->places[i], 1, file);
    }
    if (fclose(file))
        fail(name);
}

int
main(int argc, char **argv)
{
    struct known known = {0};
    uint64_t total_bytes = 0, new_bytes = 0;
    if (argc < 3) {
        fputs("usage: bench_chunks KNOWN FILE...\n", stderr);
        return 2;
    }
    make_gears();
    load(&known, argv[1]);
    for (int i = 2; i < argc; i++)
        new_bytes += cut_file(&known, argv[i], &total_bytes);
    save(&known, argv[1]);
    printf("%" PRIu64 " %" PRIu64 "\n", total_bytes, new_bytes);
    memory_free(&known.places);
    return 0;
}
