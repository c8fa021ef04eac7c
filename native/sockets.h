/* Counts the sockets of a network namespace by inet_diag (NETLINK_SOCK_DIAG), in the namespace of the calling thread. */
#ifndef NSC_SOCKETS_H
#define NSC_SOCKETS_H
#include "flows.h"
#include "nscollector.h"

/* Makes the dumps that sockets->wanted says and fills the rest of it. An error is a value in it. space: of NSC_SOCKETS_FLOWS. */
void nsc_sockets_read(nsc_sockets *sockets, uint32_t limit, nsc_flow_space *space);

#endif
