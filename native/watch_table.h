/* The watched containers, by slot. The functions for callers are in nscollector.h. */
#ifndef NSC_WATCH_TABLE_H
#define NSC_WATCH_TABLE_H
#include "watch.h"

/* Allocates the table and the heap of timers for so many containers. 0, or -ENOMEM. */
int nsc_table_open(nsc_watch *w, int32_t capacity);

/* Frees all containers and the table. */
void nsc_table_close(nsc_watch *w);

/* The container that an epoll event is about; NULL if it was removed since. */
nsc_container *nsc_table_find_source(const nsc_watch *w, uint64_t data);

/* Frees a removed container and its slot. */
void nsc_table_free(nsc_watch *w, nsc_container *c);

#endif
