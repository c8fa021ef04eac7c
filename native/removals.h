/* Reports network interfaces that are removed, with their last counters. */
#ifndef NSC_REMOVALS_H
#define NSC_REMOVALS_H
#include <stdint.h>

/* nsc_removal.kind */
enum {
    NSC_REMOVAL_LINK = 1,     /* an interface was removed, or moved to another namespace */
    NSC_REMOVAL_NAMESPACE = 2 /* the number is not that namespace's any more: it is about to be destroyed */
};

/* nsc_removal.namespace: the namespace that the socket was opened in */
#define NSC_REMOVAL_HERE (-1)

typedef struct nsc_removal {
    int32_t kind;
    int32_t namespace; /* the number that the socket's namespace has for it (its nsid), or NSC_REMOVAL_HERE */
    int32_t index;     /* of the interface, in that namespace */
    int32_t link;      /* as IFLA_LINK; of a removed veth it is 0: the pair was separated before */
    int32_t is_veth;
    int32_t reserved;
    uint64_t rx_bytes;
    uint64_t tx_bytes;
} nsc_removal;

_Static_assert(sizeof(nsc_removal) == 40, "NativeShim.Removal mirrors it");

int32_t nsc_removals_open(int32_t receive_bytes, int32_t *all_namespaces);
int32_t nsc_removals_read(int32_t fd, nsc_removal *removals, int32_t capacity, int32_t *lost);

#endif
