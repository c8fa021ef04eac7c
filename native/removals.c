/*
 * The last counters of interfaces. The kernel builds the RTM_DELLINK message before it destroys the device, so that its
 * IFLA_STATS64 is what the interface has counted in all.
 *
 * A veth counts what it sends, and shows as received what its peer has sent (veth_get_stats64, drivers/net/veth.c). When a
 * pair is removed it is separated first (veth_dellink), so that the message of each end has rx_bytes 0 and IFLA_LINK 0. What
 * the inner end received is tx_bytes of the outer end. What it sent is in its own message only, which is sent in its own
 * namespace. A socket hears it with NETLINK_LISTEN_ALL_NSID, which needs CAP_NET_BROADCAST, as long as its namespace has a
 * number for that one. A namespace that is being destroyed has lost it (cleanup_net, net/core/net_namespace.c).
 */
#include "removals.h"

#include "nsid.h"
#include "rtnetlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

/* Messages that are read before the caller gets its turn, whether they report something or not. */
#define MAX_MESSAGES 1024

/* Only RTM_DELLINK and RTM_DELNSID without an address family (a bridge sends another message of its ports) are queued. */
static int attach_filter(int fd)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELLINK), 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELNSID), 0, 2),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, NLMSG_HDRLEN),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNSPEC, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof code[0], .filter = code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0 ? 0 : -errno;
}

static int subscribe(int fd, int group)
{
    return setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) == 0 ? 0 : -errno;
}

/*
 * Opens a socket that reports removals in the calling thread's namespace and, if that is permitted, in all others for which
 * that one has a number; then *all_namespaces is 1. receive_bytes: of messages that wait to be read (SO_RCVBUF, bounded by
 * net.core.rmem_max). Returns a descriptor that does not block, or -errno.
 */
int32_t nsc_removals_open(int32_t receive_bytes, int32_t *all_namespaces)
{
    static const int on = 1;
    struct sockaddr_nl any = {.nl_family = AF_NETLINK};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0) return -errno;
    *all_namespaces = setsockopt(fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &on, sizeof on) == 0;
    int error = setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes) == 0 ? 0 : -errno;
    if (error == 0) error = attach_filter(fd);

    /* A socket without an address is taken for the sender of each message, and gets none (do_one_broadcast). */
    if (error == 0 && bind(fd, (const struct sockaddr *)&any, sizeof any) != 0) error = -errno;
    if (error == 0) error = subscribe(fd, RTNLGRP_LINK);
    if (error == 0) error = subscribe(fd, RTNLGRP_NSID);
    if (error == 0) return fd;
    close(fd);
    return error;
}

static int parse_link(const struct nlmsghdr *header, int32_t namespace, nsc_removal *removal)
{
    nsc_link_info info;
    if (header->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg))) return 0;
    nsc_rtnetlink_parse_link(header, &info);
    if (!info.has_counters) return 0;
    *removal = (nsc_removal){NSC_REMOVAL_LINK, namespace, info.index, info.link, strcmp(info.kind, "veth") == 0, 0, info.rx_bytes, info.tx_bytes};
    return 1;
}

/* Whether one datagram reports something. */
static int parse(const char *buffer, size_t length, int32_t namespace, nsc_removal *removal)
{
    const struct nlmsghdr *header = (const void *)buffer;
    if (!NLMSG_OK(header, (unsigned int)length)) return 0;
    if (header->nlmsg_type == RTM_DELLINK) return parse_link(header, namespace, removal);

    /* Numbers are of the namespace in which the message is sent. */
    int32_t number;
    if (header->nlmsg_type != RTM_DELNSID || namespace != NSC_REMOVAL_HERE || !nsc_nsid_parse(header, &number)) return 0;
    *removal = (nsc_removal){.kind = NSC_REMOVAL_NAMESPACE, .namespace = number};
    return 1;
}

/*
 * Reads what was reported since the last call, without waiting. *lost: how often messages were lost because the buffer of the
 * socket was full, or one was longer than any known; those that followed are read.
 *
 * Returns how many were read; capacity: there may be more. Or -errno.
 */
int32_t nsc_removals_read(int32_t fd, nsc_removal *removals, int32_t capacity, int32_t *lost)
{
    _Alignas(struct nlmsghdr) char buffer[NSC_RTNETLINK_BYTES];
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int32_t)) + 64];
    int32_t count = 0;
    *lost = 0;
    for (int messages = 0; count < capacity && messages < MAX_MESSAGES; messages++) {
        struct sockaddr_nl from = {0};
        struct iovec vector = {buffer, sizeof buffer};
        struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &vector, .msg_iovlen = 1,
                                 .msg_control = control, .msg_controllen = sizeof control};
        ssize_t got = recvmsg(fd, &message, MSG_DONTWAIT);
        if (got < 0) {
            if (errno == EAGAIN || errno == EWOULDBLOCK) break;
            if (errno == ENOBUFS) ++*lost;
            else if (errno != EINTR) return count > 0 ? count : -errno;
            continue;
        }

        if (from.nl_pid != 0) continue;
        if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) ++*lost;
        else count += parse(buffer, (size_t)got, nsc_nsid_of_message(&message), &removals[count]);
    }

    return count;
}
