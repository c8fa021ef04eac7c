/* Records that wait to be dequeued, oldest first, in a bounded ring buffer. Not locked. */
#ifndef NSC_RING_H
#define NSC_RING_H
#include "nscollector.h"

#include <stddef.h>

typedef struct nsc_ring {
    uint8_t *bytes;
    size_t capacity;
    size_t start; /* of the oldest record */
    size_t end;   /* behind the newest one */
    size_t limit; /* behind the last record before the wrap, while the ring is wrapped */
    size_t count;
} nsc_ring;

/* Maps its memory; pages that are never used are never allocated. 0, or -errno. */
int nsc_ring_open(nsc_ring *ring, size_t capacity);

void nsc_ring_close(nsc_ring *ring);

/*
 * Appends a record and record->bytes of its texts. A record with texts leaves an eighth of the capacity to records without.
 * Returns whether there was space.
 */
int nsc_ring_push(nsc_ring *ring, const nsc_watch_record *record, const uint8_t *texts);

/*
 * Removes the oldest record. 1; 0 if the ring is empty; -ENOBUFS if `capacity` is less than record->bytes, which is then
 * set, and the record stays.
 */
int nsc_ring_pop(nsc_ring *ring, nsc_watch_record *record, uint8_t *bytes, uint32_t capacity);

#endif
