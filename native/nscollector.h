/* The native half of NsCollector: see nscollector.c. */
#ifndef NSCOLLECTOR_H
#define NSCOLLECTOR_H
#include <stdint.h>

/* The version of this interface; the managed side refuses any other. */
#define NSC_INTERFACE_VERSION 1

int32_t nsc_interface_version(void);

#endif
