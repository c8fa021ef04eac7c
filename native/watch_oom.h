/* OOM kills: subscribing to the kernel's notifications, and finding which container one is about. */
#ifndef NSC_WATCH_OOM_H
#define NSC_WATCH_OOM_H
#include "watch.h"

/*
 * Subscribes to OOM notifications of a cgroup. Sets *memory_events to a descriptor of that file on v2, else to -1, and
 * *oom_kills to the present count. 0, or -errno. Opens files, so without the lock.
 */
int nsc_oom_subscribe(const nsc_watch *w, const nsc_cgroup *cgroup, int64_t key, int *memory_events, int64_t *oom_kills);

/* Arms a container with the result of nsc_oom_subscribe; takes over the descriptor. */
void nsc_oom_arm(nsc_watch *w, nsc_container *c, int memory_events, int error);

void nsc_oom_disarm(nsc_watch *w, nsc_container *c);

/* Publishes a record if the kernel killed processes of the container since the last check. */
void nsc_oom_check(nsc_watch *w, nsc_container *c);

/* Notes that the container's cgroup will be removed soon, which signals its group's eventfd. */
void nsc_oom_expect_removal(nsc_watch *w, const nsc_container *c);

/* memory.events of a container has changed (v2). */
void nsc_oom_memory_event(nsc_watch *w, nsc_container *c);

/* The TIMER_REARM of a container has expired: waits for memory.events again. */
void nsc_oom_rearm(nsc_watch *w, nsc_container *c);

/* The eventfd of a group is signalled (v1). */
void nsc_oom_group_event(nsc_watch *w, uint32_t index);

/* When nsc_oom_scan has to be called next; 0: no scan is due. */
uint64_t nsc_oom_next_scan_ns(const nsc_watch *w);

/* Checks a few containers of a group that is due. */
void nsc_oom_scan(nsc_watch *w);

#endif
