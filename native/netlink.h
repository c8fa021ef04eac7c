/* Netlink requests in a network namespace. */
#ifndef NSC_NETLINK_H
#define NSC_NETLINK_H
#include <stdint.h>

/* nsc_netlink_exchange.flags */
enum {
    NSC_NETLINK_INTERRUPTED = 1, /* NLM_F_DUMP_INTR: the kernel says that the dump may not be consistent */
    NSC_NETLINK_TRUNCATED = 2    /* the answer is longer than the buffer, which has its first messages, each of them whole */
};

/*
 * A request and its answer.
 *
 * The request is one message with NLM_F_REQUEST, and NLM_F_DUMP or NLM_F_ACK, so that its answer has an end. The answer is all
 * messages before that end, without it, each at a multiple of NLMSG_ALIGNTO.
 */
typedef struct nsc_netlink_exchange {
    uint64_t request;        /* in: the address, aligned for struct nlmsghdr */
    uint64_t buffer;         /* in: the address */
    uint32_t request_length; /* in: bytes; nlmsg_len says the same */
    uint32_t capacity;       /* in: bytes of the buffer */
    int32_t protocol;        /* in: NETLINK_ROUTE, ... */
    uint32_t flags;          /* out: NSC_NETLINK_... */
    uint32_t length;         /* out: bytes of the answer */
    int32_t error;           /* out: 0, or the -errno of this exchange: the kernel's answer, or -EBADMSG for a malformed one */
} nsc_netlink_exchange;

_Static_assert(sizeof(nsc_netlink_exchange) == 40, "NativeShim.NetlinkExchange mirrors it");

/*
 * Sends requests in the network namespace of a process and receives their answers, each with a socket of its own.
 *
 * directory: a descriptor of the process's /proc directory. identity: the inode number that its namespace must have; it is not
 * the calling thread's own. On return the thread is in its own namespace (else the process is aborted), and no descriptor or
 * socket of the other one is open.
 *
 * The kernel loads the module of a protocol or of a subsystem that is asked for and absent (netlink_create in
 * net/netlink/af_netlink.c; nfnetlink_rcv_msg in net/netfilter/nfnetlink.c). The caller asks only for what is there.
 *
 * Returns 0 if the exchanges were made, each with its error; -ESRCH if the process has exited or is in another namespace; else
 * -errno.
 */
int32_t nsc_netlink_inside(int32_t directory, uint64_t identity, nsc_netlink_exchange *exchanges, int32_t count);

/* The same in the calling thread's own namespace. */
void nsc_netlink_here(nsc_netlink_exchange *exchanges, int32_t count);

/* A socket that is connected to the kernel, in the calling thread's namespace; or -errno. */
int nsc_netlink_open(int32_t protocol);

#endif
