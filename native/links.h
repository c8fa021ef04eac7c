/* The interfaces of a network namespace, and where the other end of each is. */
#ifndef NSC_LINKS_H
#define NSC_LINKS_H
#include <stdint.h>

/* nsc_link.place; from 0 on it is the index of a candidate. */
enum {
    NSC_PLACE_SAME = -1,   /* `link` is in the same namespace, or there is none */
    NSC_PLACE_HOST = -2,   /* it is in the namespace of the calling thread */
    NSC_PLACE_UNKNOWN = -3 /* it is in a namespace that is neither, nor one of the candidates */
};

/* One interface. */
typedef struct nsc_link {
    int32_t index;
    int32_t link;   /* the interface that it is stacked on, or the other end of a pair; 0: none */
    int32_t place;  /* where `link` is: NSC_PLACE_... */
    int32_t master; /* the bridge, bond, ... of the same namespace that it belongs to; 0: none */
    uint32_t flags; /* IFF_... */
    int32_t peer;   /* the index of the host's veth that is the other end of this veth; 0: none */
    uint64_t rx_bytes;
    uint64_t tx_bytes;
    char name[16];  /* with a NUL; any bytes but '/', ':' and white space */
    char kind[16];
    char peer_name[16];
} nsc_link;

/* What is known of the namespace itself. */
typedef struct nsc_links_namespace {
    uint64_t cookie; /* never used again while the kernel runs (SO_NETNS_COOKIE, Linux 5.14); 0 if unknown */
    int32_t number;  /* the number that the host's namespace has for it (its nsid); -1 if it has none */
    int32_t reserved;
} nsc_links_namespace;

_Static_assert(sizeof(nsc_link) == 88, "NativeShim.Link mirrors it");
_Static_assert(sizeof(nsc_links_namespace) == 16, "NativeShim.LinksNamespace mirrors it");

int32_t nsc_links(int32_t directory, uint64_t identity, nsc_link *links, int32_t capacity, const int32_t *candidates,
                  int32_t candidate_count, nsc_links_namespace *found);
int32_t nsc_own_links(nsc_link *links, int32_t capacity);

#endif
