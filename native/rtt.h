/* A histogram of round-trip times, so that percentiles over any number of sockets take bounded memory. */
#ifndef NSC_RTT_H
#define NSC_RTT_H
#include "nscollector.h"

void nsc_rtt_add(nsc_rtt_histogram *rtt, uint32_t us);

/* Sets the count, the minimum and the percentiles of `sockets`. */
void nsc_rtt_summarise(nsc_sockets *sockets, const nsc_rtt_histogram *rtt);

#endif
