/* One timer per container. */
#ifndef NSC_WATCH_TIMERS_H
#define NSC_WATCH_TIMERS_H
#include "watch.h"

/*
 * Sets TIMER_POLL or TIMER_REARM, due after so many milliseconds. A container has one timer: it expires for both purposes at
 * the earlier time.
 */
void nsc_timer_set(nsc_watch *w, nsc_container *c, uint32_t flag, uint32_t ms);

void nsc_timer_clear(nsc_watch *w, nsc_container *c, uint32_t flag);

/* When the next timer expires; 0: there is none. */
uint64_t nsc_timers_next_ns(const nsc_watch *w);

/* Removes the timer that expired first and returns its container, with its flags unchanged; NULL: none has expired. */
nsc_container *nsc_timers_pop(nsc_watch *w, uint64_t now_ns);

#endif
