/* The exit of a container: of the followed process, and of the last process of its cgroup. */
#ifndef NSC_WATCH_EXIT_H
#define NSC_WATCH_EXIT_H
#include "watch.h"

/* The pidfd is readable or hung up. */
void nsc_exit_process_event(nsc_watch *w, nsc_container *c);

/* cgroup.events has changed. */
void nsc_exit_cgroup_event(nsc_watch *w, nsc_container *c);

/* The TIMER_POLL of a container has expired: checks whether a process is left. */
void nsc_exit_poll(nsc_watch *w, nsc_container *c);

/* Forgets the followed process, and no longer waits for the others. */
void nsc_exit_stop(nsc_watch *w, nsc_container *c);

#endif
