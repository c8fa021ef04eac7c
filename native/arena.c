/*
 * A record is stored as: its stored size, the nsc_watch_record as far as its texts reach, the bytes of the texts; whole
 * and in one piece. Invariants: sizes are multiples of 8; count == 0 means start == end == 0, so that a ring that is
 * always emptied uses its first pages only.
 */
#include "arena.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

static size_t head_size(const nsc_watch_record *record)
{
    return offsetof(nsc_watch_record, texts) + (size_t)record->files * sizeof record->texts[0];
}

int nsc_arena_open(nsc_arena *arena, size_t capacity)
{
    memset(arena, 0, sizeof *arena);
    capacity &= ~(size_t)7;
    void *bytes = mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (bytes == MAP_FAILED) return -errno;
    arena->bytes = bytes;
    arena->capacity = capacity;
    return 0;
}

void nsc_arena_close(nsc_arena *arena)
{
    if (arena->bytes) munmap(arena->bytes, arena->capacity);
    arena->bytes = NULL;
}

/* Where so many bytes in one piece are free, with `spare` more besides anywhere; or NULL. Moves the end to there. */
static uint8_t *room(nsc_arena *arena, size_t size, size_t spare)
{
    int turned = arena->count > 0 && arena->end <= arena->start;
    size_t behind = turned ? arena->start - arena->end : arena->capacity - arena->end;
    size_t before = turned ? 0 : arena->start;
    if (size + spare > behind + before) return NULL;
    if (size > behind) {
        if (size > before) return NULL;
        arena->limit = arena->end;
        arena->end = 0;
    }

    uint8_t *at = arena->bytes + arena->end;
    arena->end += size;
    arena->count++;
    return at;
}

int nsc_arena_put(nsc_arena *arena, const nsc_watch_record *record, const uint8_t *texts)
{
    uint64_t size = (sizeof size + head_size(record) + record->bytes + 7) & ~(uint64_t)7;
    uint8_t *at = room(arena, size, record->files > 0 ? arena->capacity / 8 : 0);
    if (!at) return 0;
    memcpy(at, &size, sizeof size);
    memcpy(at + sizeof size, record, head_size(record));
    if (record->bytes > 0) memcpy(at + sizeof size + head_size(record), texts, record->bytes);
    return 1;
}

int nsc_arena_take(nsc_arena *arena, nsc_watch_record *record, uint8_t *bytes, uint32_t capacity)
{
    uint64_t size;
    if (arena->count == 0) return 0;
    const uint8_t *at = arena->bytes + arena->start;
    memcpy(&size, at, sizeof size);
    memset(record, 0, sizeof *record);
    memcpy(record, at + sizeof size, offsetof(nsc_watch_record, texts));
    memcpy(record, at + sizeof size, head_size(record));
    if (record->bytes > capacity) return -ENOBUFS;
    if (record->bytes > 0) memcpy(bytes, at + sizeof size + head_size(record), record->bytes);

    int turned = arena->end <= arena->start;
    arena->start += size;
    if (turned && arena->start == arena->limit) arena->start = 0;
    if (--arena->count == 0) arena->start = arena->end = 0;
    return 1;
}
