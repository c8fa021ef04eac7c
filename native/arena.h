/* The records that the watch has told and nobody has taken yet, oldest first, in a bounded ring. Not locked. */
#ifndef NSC_ARENA_H
#define NSC_ARENA_H
#include "nscollector.h"

#include <stddef.h>

typedef struct nsc_arena {
    uint8_t *bytes;
    size_t capacity;
    size_t start; /* of the oldest record */
    size_t end;   /* behind the newest one */
    size_t limit; /* where the records before the turn end, while start > end */
    size_t count;
} nsc_arena;

/* Maps it; pages that are never used are never there. 0, or -errno. */
int nsc_arena_open(nsc_arena *arena, size_t capacity);

void nsc_arena_close(nsc_arena *arena);

/*
 * Puts a record in, with its texts as far as record->files and record->bytes say. A record with texts leaves an eighth of
 * the room to those without. Returns whether there was room.
 */
int nsc_arena_put(nsc_arena *arena, const nsc_watch_record *record, const uint8_t *texts);

/*
 * Takes the oldest record. 1; 0 where there is none; -ENOBUFS where `capacity` is less than record->bytes, which is then
 * set, and the record stays.
 */
int nsc_arena_take(nsc_arena *arena, nsc_watch_record *record, uint8_t *bytes, uint32_t capacity);

#endif
