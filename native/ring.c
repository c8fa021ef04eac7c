/*
 * A record is stored in one piece: its stored size, the nsc_watch_record up to its last used text, the bytes of the texts.
 * Invariants: sizes are multiples of 8; count == 0 means start == end == 0, so a ring that is always emptied uses its first
 * pages only.
 */
#include "ring.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

static size_t head_size(const nsc_watch_record *record)
{
    return offsetof(nsc_watch_record, texts) + (size_t)record->files * sizeof record->texts[0];
}

int nsc_ring_open(nsc_ring *ring, size_t capacity)
{
    memset(ring, 0, sizeof *ring);
    capacity &= ~(size_t)7;
    void *bytes = mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (bytes == MAP_FAILED) return -errno;
    ring->bytes = bytes;
    ring->capacity = capacity;
    return 0;
}

void nsc_ring_close(nsc_ring *ring)
{
    if (ring->bytes) munmap(ring->bytes, ring->capacity);
    ring->bytes = NULL;
}

/* Reserves `size` bytes in one piece if `spare` more bytes are free anywhere; else NULL. */
static uint8_t *reserve(nsc_ring *ring, size_t size, size_t spare)
{
    int is_wrapped = ring->count > 0 && ring->end <= ring->start;
    size_t after_end = is_wrapped ? ring->start - ring->end : ring->capacity - ring->end;
    size_t before_start = is_wrapped ? 0 : ring->start;
    if (size + spare > after_end + before_start) return NULL;
    if (size > after_end) {
        if (size > before_start) return NULL;
        ring->limit = ring->end;
        ring->end = 0;
    }

    uint8_t *at = ring->bytes + ring->end;
    ring->end += size;
    ring->count++;
    return at;
}

int nsc_ring_push(nsc_ring *ring, const nsc_watch_record *record, const uint8_t *texts)
{
    uint64_t size = (sizeof size + head_size(record) + record->bytes + 7) & ~(uint64_t)7;
    uint8_t *at = reserve(ring, size, record->files > 0 ? ring->capacity / 8 : 0);
    if (!at) return 0;
    memcpy(at, &size, sizeof size);
    memcpy(at + sizeof size, record, head_size(record));
    if (record->bytes > 0) memcpy(at + sizeof size + head_size(record), texts, record->bytes);
    return 1;
}

int nsc_ring_pop(nsc_ring *ring, nsc_watch_record *record, uint8_t *bytes, uint32_t capacity)
{
    uint64_t size;
    if (ring->count == 0) return 0;
    const uint8_t *at = ring->bytes + ring->start;
    memcpy(&size, at, sizeof size);
    memset(record, 0, sizeof *record);
    memcpy(record, at + sizeof size, offsetof(nsc_watch_record, texts));
    memcpy(record, at + sizeof size, head_size(record));
    if (record->bytes > capacity) return -ENOBUFS;
    if (record->bytes > 0) memcpy(bytes, at + sizeof size + head_size(record), record->bytes);

    int is_wrapped = ring->end <= ring->start;
    ring->start += size;
    if (is_wrapped && ring->start == ring->limit) ring->start = 0;
    if (--ring->count == 0) ring->start = ring->end = 0;
    return 1;
}
