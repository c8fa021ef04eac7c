/* The host's ends of a network namespace's interfaces: peers.c. */
#ifndef NSC_PEERS_H
#define NSC_PEERS_H
#include <stdint.h>

/* The host's end of one interface of a namespace. */
typedef struct nsc_peer {
    int32_t index;  /* of the host's interface */
    int32_t inside; /* of the namespace's interface */
    char name[16];  /* of the host's interface, ending in NUL; any bytes but '/', ':' and white space */
} nsc_peer;

_Static_assert(sizeof(nsc_peer) == 24, "the managed side lays it out so");

int32_t nsc_peers(int32_t directory, uint64_t identity, nsc_peer *peers, int32_t capacity);

#endif
