/* What links.c, nsid.c and removals.c share: route sockets, and interfaces as RTM_NEWLINK and RTM_DELLINK messages describe them. */
#ifndef NSC_RTNETLINK_H
#define NSC_RTNETLINK_H
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The most bytes of one message of a dump (netlink_dump, net/netlink/af_netlink.c). */
#define NSC_RTNETLINK_BYTES 32768

/* One interface. */
typedef struct nsc_link_info {
    int32_t index;
    int32_t link;    /* IFLA_LINK: the interface that it is stacked on, or the other end of a pair; 0: none */
    int32_t link_ns; /* IFLA_LINK_NETNSID: the number of the namespace of `link`; -1: the same namespace */
    int32_t master;  /* IFLA_MASTER: the bridge, bond, ... that it belongs to; 0: none */
    uint32_t flags;  /* IFF_... */
    int has_counters;
    uint64_t rx_bytes;
    uint64_t tx_bytes;
    char name[IFNAMSIZ];
    char kind[IFNAMSIZ]; /* IFLA_INFO_KIND, cut; empty for a device of a driver that has no kind */
} nsc_link_info;

/* A route socket in the calling thread's namespace that waits at most a second for an answer; or -errno. */
int nsc_rtnetlink_open(void);

/* A request with a few attributes. */
typedef struct nsc_rtnetlink_request {
    struct nlmsghdr header;
    union {
        struct ifinfomsg link;
        struct rtgenmsg general;
    } body;
    char attributes[64];
} nsc_rtnetlink_request;

/* Adds an attribute after those that header.nlmsg_len covers. */
void nsc_rtnetlink_add(nsc_rtnetlink_request *request, unsigned short type, const void *value, size_t length);

/* 0, or -errno. */
int nsc_rtnetlink_send(int fd, const nsc_rtnetlink_request *request);

/* Receives an answer into NSC_RTNETLINK_BYTES. Returns its length, or -errno. */
ssize_t nsc_rtnetlink_receive(int fd, char *buffer);

/* The next attribute of a message; NULL at the end, or if the rest is malformed. */
const struct rtattr *nsc_rtnetlink_next(const char **at, size_t *left);

/* An attribute's value of four bytes; 0 if it is shorter. */
int32_t nsc_rtnetlink_int32(const struct rtattr *attribute);

/* Parses an RTM_NEWLINK or RTM_DELLINK message, which is at least as long as its ifinfomsg. */
void nsc_rtnetlink_parse_link(const struct nlmsghdr *message, nsc_link_info *info);

#endif
