/* Records on their way into the ring, and what is remembered of them while it is full. */
#ifndef NSC_WATCH_PENDING_H
#define NSC_WATCH_PENDING_H
#include "watch.h"

/* Initialises a record of what happened to a container now. */
void nsc_record_init(nsc_watch_record *record, const nsc_container *c, int32_t kind);

/*
 * Puts a record into the ring; its texts are in w->scratch. Without space for the texts it goes without them; without space
 * for a record at all the event becomes pending. Records of one container stay in their order.
 */
void nsc_publish(nsc_watch *w, nsc_container *c, nsc_watch_record *record);

/* Puts pending events into the ring as far as there is space. */
void nsc_publish_pending(nsc_watch *w);

/* Signals `ready` if records were published since the last signal. */
void nsc_signal_ready(nsc_watch *w);

#endif
