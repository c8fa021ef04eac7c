/* TCP connections with what each has transferred: at its end, or while it lives. */
#ifndef NSC_FLOWS_H
#define NSC_FLOWS_H
#include <linux/inet_diag.h>
#include <stddef.h>
#include <stdint.h>

/* nsc_flow.flags */
enum {
    NSC_FLOW_IPV6 = 1,
    NSC_FLOW_OPENED = 2,  /* the kernel's counts prove that this end has opened the connection */
    NSC_FLOW_ACCEPTED = 4 /* they prove that the other end has */
};

/* One TCP socket with a peer. */
typedef struct nsc_flow {
    uint64_t cookie;         /* of the socket; never used again while the kernel runs */
    uint64_t bytes_acked;    /* tcpi_bytes_acked: SYN and FIN count as one byte each */
    uint64_t bytes_received; /* tcpi_bytes_received: FIN counts as one byte */
    uint32_t segs_out;
    uint32_t segs_in;
    uint32_t total_retrans;
    uint32_t rtt_us; /* smoothed; 0: never measured */
    int32_t namespace; /* the number that the receiving socket's namespace has for it (its nsid), or NSC_NSID_HERE */
    uint16_t local_port;
    uint16_t remote_port;
    uint32_t flags; /* NSC_FLOW_... */
    uint32_t reserved;
    uint8_t local[16]; /* an IPv4 address is in the first 4 bytes */
    uint8_t remote[16];
} nsc_flow;

_Static_assert(sizeof(nsc_flow) == 88, "NativeShim.Flow mirrors it");

/* A place for the connections of several dumps. */
typedef struct nsc_flow_space {
    nsc_flow *flows;
    uint32_t capacity;
    uint32_t used;
} nsc_flow_space;

/* Parses a message of inet_diag about a TCP socket. Returns 0 if it has no peer or no counts, or is malformed. */
int nsc_flow_parse(const struct inet_diag_msg *message, size_t length, nsc_flow *flow);

int32_t nsc_flows_open(int32_t receive_bytes);
int32_t nsc_flows_read(int32_t fd, nsc_flow *flows, int32_t capacity, int32_t *messages);
int64_t nsc_flows_lost(int32_t fd);

#endif
