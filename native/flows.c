/*
 * Closed TCP connections of all network namespaces. The kernel sends a message about each socket that it destroys to the groups
 * SKNLGRP_INET_TCP_DESTROY and SKNLGRP_INET6_TCP_DESTROY (sock_diag_broadcast_destroy, net/core/sock_diag.c), from a work queue,
 * while the socket still holds its namespace: so the messages of a namespace come before its number is freed. A socket with
 * NETLINK_LISTEN_ALL_NSID hears all namespaces that its own one has a number for. Needs CAP_NET_BROADCAST and CAP_NET_ADMIN.
 *
 * To join a group without inet_diag in the kernel would load the module (sock_diag_bind). The caller asks only if it is there.
 */
#include "flows.h"

#include "nsid.h"
#include "rtnetlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

/* SK_MEMINFO_DROPS, include/uapi/linux/sock_diag.h, Linux 4.10. */
#define MEMINFO_DROPS 8

/* include/net/tcp_states.h; not part of the kernel's API headers. */
#define STATE_ESTABLISHED 1
#define STATE_CLOSE_WAIT 8

/* One message is 380 bytes in Linux 6.18. */
#define MESSAGE_BYTES 1024
#define MESSAGES_PER_CALL 32

/* struct tcp_info, include/uapi/linux/tcp.h: glibc's copy of it is older than the kernel's. */
#define INFO_UNACKED 24
#define INFO_RTT 68
#define INFO_TOTAL_RETRANS 100
#define INFO_BYTES_ACKED 120
#define INFO_BYTES_RECEIVED 128
#define INFO_SEGS_OUT 136
#define INFO_SEGS_IN 140
#define INFO_BYTES_SENT 200
#define INFO_BYTES_RETRANS 208

static uint32_t get32(const char *info, size_t offset)
{
    uint32_t value;
    memcpy(&value, info + offset, sizeof value);
    return value;
}

static uint64_t get64(const char *info, size_t offset)
{
    uint64_t value;
    memcpy(&value, info + offset, sizeof value);
    return value;
}

/*
 * bytes_sent and bytes_retrans (Linux 4.19) count the payload alone (__tcp_transmit_skb, net/ipv4/tcp_output.c). bytes_acked also
 * counts the FIN as one byte. At the end that opened the connection, it counts the SYN as another byte; at the end that accepted it,
 * counting starts after the SYN (tcp_create_openreq_child, net/ipv4/tcp_minisocks.c). So if bytes_acked of a closed connection is
 * two more than the payload, this end opened it. Before its FIN, one more proves the same. No difference, with nothing
 * unacknowledged, proves that the other end opened it.
 */
static uint32_t direction(uint8_t state, const char *info, size_t length)
{
    if (length < INFO_BYTES_RETRANS + sizeof(uint64_t)) return 0;
    uint64_t more = get64(info, INFO_BYTES_ACKED) - (get64(info, INFO_BYTES_SENT) - get64(info, INFO_BYTES_RETRANS));
    if (state != STATE_ESTABLISHED && state != STATE_CLOSE_WAIT) return more == 2 ? NSC_FLOW_OPENED : 0;
    if (more == 1) return NSC_FLOW_OPENED;
    return more == 0 && get32(info, INFO_UNACKED) == 0 ? NSC_FLOW_ACCEPTED : 0;
}

static void set_counts(nsc_flow *flow, uint8_t state, const char *info, size_t length)
{
    flow->bytes_acked = get64(info, INFO_BYTES_ACKED);
    flow->bytes_received = get64(info, INFO_BYTES_RECEIVED);
    flow->segs_out = get32(info, INFO_SEGS_OUT);
    flow->segs_in = get32(info, INFO_SEGS_IN);
    flow->total_retrans = get32(info, INFO_TOTAL_RETRANS);
    flow->rtt_us = get32(info, INFO_RTT);
    flow->flags |= direction(state, info, length);
}

/* An IPv6 socket may have an IPv4 connection (::ffff:a.b.c.d). */
static void set_addresses(nsc_flow *flow, const struct inet_diag_msg *message)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    const void *local = message->id.idiag_src, *remote = message->id.idiag_dst;
    flow->local_port = ntohs(message->id.idiag_sport);
    flow->remote_port = ntohs(message->id.idiag_dport);
    if (message->idiag_family == AF_INET6 && memcmp(remote, mapped, sizeof mapped) != 0) {
        flow->flags = NSC_FLOW_IPV6;
        memcpy(flow->local, local, sizeof flow->local);
        memcpy(flow->remote, remote, sizeof flow->remote);
        return;
    }

    size_t skip = message->idiag_family == AF_INET6 ? sizeof mapped : 0;
    memcpy(flow->local, (const char *)local + skip, sizeof(struct in_addr));
    memcpy(flow->remote, (const char *)remote + skip, sizeof(struct in_addr));
}

int nsc_flow_parse(const struct inet_diag_msg *message, size_t length, nsc_flow *flow)
{
    if (length < sizeof *message || message->id.idiag_dport == 0) return 0;
    if (message->idiag_family != AF_INET && message->idiag_family != AF_INET6) return 0;
    memset(flow, 0, sizeof *flow);
    flow->namespace = NSC_NSID_HERE;
    flow->cookie = (uint64_t)message->id.idiag_cookie[1] << 32 | message->id.idiag_cookie[0];
    set_addresses(flow, message);
    const char *at = (const char *)message + NLMSG_ALIGN(sizeof *message);
    size_t left = length > NLMSG_ALIGN(sizeof *message) ? length - NLMSG_ALIGN(sizeof *message) : 0;
    for (const struct rtattr *attribute; (attribute = nsc_rtnetlink_next(&at, &left)) != NULL;) {
        if ((attribute->rta_type & NLA_TYPE_MASK) != INET_DIAG_INFO || RTA_PAYLOAD(attribute) < INFO_SEGS_IN + sizeof(uint32_t)) continue;
        set_counts(flow, message->idiag_state, RTA_DATA(attribute), RTA_PAYLOAD(attribute));
        return 1;
    }

    return 0;
}

/* Listening sockets, and those that were never connected, have no remote port. */
static int attach_filter(int fd)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, NLMSG_HDRLEN + offsetof(struct inet_diag_msg, id.idiag_dport)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof code[0], .filter = code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static int join(int fd, int group)
{
    return setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group);
}

/*
 * Opens the socket. receive_bytes: of messages that wait to be read. Without NETLINK_NO_ENOBUFS, the kernel would drop all
 * messages after the first overrun until the socket is empty. It counts each one that it drops in either case (netlink_overrun).
 * Returns a descriptor that does not block, or -errno.
 */
int32_t nsc_flows_open(int32_t receive_bytes)
{
    static const int on = 1;
    struct sockaddr_nl any = {.nl_family = AF_NETLINK};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
    if (fd < 0) return -errno;
    if (setsockopt(fd, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &on, sizeof on) == 0
        && setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof on) == 0
        && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_bytes, sizeof receive_bytes) == 0
        && attach_filter(fd) == 0
        && bind(fd, (const struct sockaddr *)&any, sizeof any) == 0
        && connect(fd, (const struct sockaddr *)&any, sizeof any) == 0 /* no process can send to it */
        && join(fd, SKNLGRP_INET_TCP_DESTROY) == 0
        && join(fd, SKNLGRP_INET6_TCP_DESTROY) == 0)
        return fd;
    int error = errno;
    close(fd);
    return -error;
}

static int parse(const char *buffer, size_t length, int32_t namespace, nsc_flow *flow)
{
    const struct nlmsghdr *header = (const void *)buffer;
    if (!NLMSG_OK(header, (unsigned int)length) || header->nlmsg_type != SOCK_DIAG_BY_FAMILY) return 0;
    if (!nsc_flow_parse(NLMSG_DATA(header), header->nlmsg_len - NLMSG_HDRLEN, flow)) return 0;
    flow->namespace = namespace;
    return 1;
}

/*
 * Reads what was reported since the last call, without waiting. *messages: how many were received, also those that were not
 * understood. Returns how many connections; there may be more if *messages is at least capacity. Or -errno.
 */
int32_t nsc_flows_read(int32_t fd, nsc_flow *flows, int32_t capacity, int32_t *messages)
{
    _Alignas(struct nlmsghdr) char buffers[MESSAGES_PER_CALL][MESSAGE_BYTES];
    _Alignas(struct cmsghdr) char controls[MESSAGES_PER_CALL][CMSG_SPACE(sizeof(int32_t))];
    struct iovec vectors[MESSAGES_PER_CALL];
    struct mmsghdr received[MESSAGES_PER_CALL];
    int32_t count = 0;
    *messages = 0;
    while (*messages < capacity) {
        int32_t wanted = capacity - *messages < MESSAGES_PER_CALL ? capacity - *messages : MESSAGES_PER_CALL;
        for (int32_t i = 0; i < wanted; i++) {
            vectors[i] = (struct iovec){buffers[i], MESSAGE_BYTES};
            received[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &vectors[i], .msg_iovlen = 1,
                                                       .msg_control = controls[i], .msg_controllen = sizeof controls[i]}};
        }

        int got = recvmmsg(fd, received, (unsigned int)wanted, MSG_DONTWAIT, NULL);
        if (got < 0) {
            if (errno == EAGAIN || errno == EWOULDBLOCK) break;
            if (errno == EINTR) continue;
            return count > 0 ? count : -errno;
        }

        for (int i = 0; i < got; i++) {
            int is_cut = received[i].msg_hdr.msg_flags & (MSG_TRUNC | MSG_CTRUNC);
            if (!is_cut) count += parse(buffers[i], received[i].msg_len, nsc_nsid_of_message(&received[i].msg_hdr), &flows[count]);
        }

        *messages += got;
        if (got < wanted) break;
    }

    return count;
}

/* How many messages the socket has lost since it was opened, modulo 2^32; or -errno. */
int64_t nsc_flows_lost(int32_t fd)
{
    uint32_t information[MEMINFO_DROPS + 1];
    socklen_t length = sizeof information;
    if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, information, &length) != 0) return -errno;
    return length == sizeof information ? (int64_t)information[MEMINFO_DROPS] : -EOPNOTSUPP;
}
