/* The host's veth peers of a network namespace's interfaces. */
#ifndef NSC_PEERS_H
#define NSC_PEERS_H
#include <stdint.h>

/* The host's veth peer of one interface of a namespace. */
typedef struct nsc_peer {
    int32_t index;  /* of the host's interface */
    int32_t inside; /* of the namespace's interface */
    char name[16];  /* of the host's interface, with a NUL; any bytes but '/', ':' and white space */
} nsc_peer;

_Static_assert(sizeof(nsc_peer) == 24, "NativeShim.Peer mirrors it");

int32_t nsc_peers(int32_t directory, uint64_t identity, nsc_peer *peers, int32_t capacity);

#endif
