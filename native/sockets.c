/*
 * Counts the sockets of a network namespace by inet_diag dumps.
 *
 * Every answer is summed up as it is read: 32 KiB on the stack and a histogram, whatever the number of sockets. A dump of TCP
 * walks the hash of the whole host (inet_diag_dump_icsk, net/ipv4/inet_diag.c), so IPv4 and IPv6 are one dump: the kernel turns
 * TCPDIAG_GETSOCK, its older request, into one for every address family (inet_diag_dump_compat). For UDP there is no such request.
 *
 * A request for a protocol without inet_diag module would make the kernel load it (sock_load_diag_module, net/core/sock_diag.c).
 * The caller asks only if there is none to load.
 */
#include "sockets.h"

#include "netlink.h"
#include "rtnetlink.h"
#include "rtt.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The most bytes of one part of a dump (netlink_dump, net/netlink/af_netlink.c). */
#define PART_BYTES 32768

/* include/net/tcp_states.h; not part of the kernel's API headers. */
#define STATE_ESTABLISHED 1
#define STATE_LISTEN 10
#define STATES_ALL 0xffeu

/* idiag_timer: the retransmission timer runs (inet_sk_diag_fill). It also runs while data waits for its first acknowledgement. */
#define TIMER_RETRANSMIT 1

/* SK_MEMINFO_DROPS, include/uapi/linux/sock_diag.h, Linux 4.10. */
#define MEMINFO_DROPS 8

/* INET_DIAG_CGROUP_ID, include/uapi/linux/inet_diag.h, Linux 5.8; the kernel appends it to every full socket. */
#define ATTRIBUTE_CGROUP_ID 21

/* One series of dumps. */
typedef struct dumping {
    nsc_sockets *sockets;       /* the wanted dumps and how they ended; the figures too, without `cgroups` */
    nsc_rtt_histogram *rtt;     /* of `sockets` */
    nsc_flow_space *space;      /* NULL: connections are not reported one by one */
    const nsc_cgroups *cgroups; /* NULL: all sockets are summed up in one */
    uint32_t limit;
    int socket;
    int is_udp;
    uint64_t seen; /* sockets, of all dumps */
    uint32_t sequence;
    int is_cut;
} dumping;

/* The attributes that are used of one socket. */
typedef struct socket_details {
    uint32_t rtt_us; /* 0: not known */
    uint32_t drops;
    uint64_t cgroup; /* the id of the cgroup of the unified hierarchy in which it was created; 0: not known */
} socket_details;

/* Not one that is only the rest of a connection, or its beginning. */
static int is_full_socket(const dumping *dump, const struct inet_diag_msg *message)
{
    return dump->is_udp || message->idiag_state == STATE_ESTABLISHED || message->idiag_state == STATE_LISTEN;
}

static socket_details parse_details(const struct inet_diag_msg *message, size_t length)
{
    socket_details details = {0, 0, 0};
    const char *at = (const char *)message + NLMSG_ALIGN(sizeof *message);
    size_t left = length > NLMSG_ALIGN(sizeof *message) ? length - NLMSG_ALIGN(sizeof *message) : 0;
    for (const struct rtattr *attribute; (attribute = nsc_rtnetlink_next(&at, &left)) != NULL;) {
        size_t value = RTA_PAYLOAD(attribute);
        const char *data = RTA_DATA(attribute);
        switch (attribute->rta_type & NLA_TYPE_MASK) {
        case INET_DIAG_INFO:
            if (value >= offsetof(struct tcp_info, tcpi_rtt) + sizeof details.rtt_us)
                memcpy(&details.rtt_us, data + offsetof(struct tcp_info, tcpi_rtt), sizeof details.rtt_us);
            break;
        case INET_DIAG_SKMEMINFO:
            if (value >= (MEMINFO_DROPS + 1) * sizeof details.drops)
                memcpy(&details.drops, data + MEMINFO_DROPS * sizeof details.drops, sizeof details.drops);
            break;
        case ATTRIBUTE_CGROUP_ID:
            if (value >= sizeof details.cgroup) memcpy(&details.cgroup, data, sizeof details.cgroup);
            break;
        default: break;
        }
    }

    return details;
}

/* A server may have many sockets on one port (SO_REUSEPORT, both address families). */
static void add_port(nsc_sockets *sockets, uint16_t port)
{
    for (uint32_t i = 0; i < sockets->port_count; i++) {
        if (sockets->ports[i] == port) return;
    }

    if (sockets->port_count == NSC_SOCKETS_PORTS) sockets->flags |= NSC_SOCKETS_PORTS_CUT;
    else sockets->ports[sockets->port_count++] = port;
}

/* tcp_diag_get_info: the length of the accept queue and its limit are in the fields of the queues. */
static void add_listener(nsc_sockets *sockets, const struct inet_diag_msg *message)
{
    uint32_t length = message->idiag_rqueue;
    uint32_t limit = message->idiag_wqueue;

    /* listen(2) with 0 still takes one connection: the kernel compares with >, sk_acceptq_is_full. */
    uint32_t fill = (uint32_t)((uint64_t)length * 100 / (limit > 0 ? limit : 1));
    sockets->accept_queue += length;
    sockets->accept_queue_limit += limit;
    sockets->listeners++;
    add_port(sockets, ntohs(message->id.idiag_sport));
    if (fill > sockets->accept_fill_percent_max) sockets->accept_fill_percent_max = fill;
    if (fill > NSC_SOCKETS_NEARLY_FULL) sockets->listeners_nearly_full++;
}

static void add_tcp(nsc_sockets *sockets, nsc_rtt_histogram *rtt, const struct inet_diag_msg *message, const socket_details *details)
{
    uint8_t state = message->idiag_state;
    sockets->tcp[message->idiag_family == AF_INET6][state]++;
    if (state == STATE_LISTEN) {
        add_listener(sockets, message);
        return;
    }

    sockets->receive_queue_bytes += message->idiag_rqueue;
    sockets->send_queue_bytes += message->idiag_wqueue;
    if (message->idiag_timer == TIMER_RETRANSMIT && message->idiag_retrans > 0) sockets->retransmitting++;
    if (state == STATE_ESTABLISHED && details->rtt_us > 0) nsc_rtt_add(rtt, details->rtt_us);
}

static void add_flow(dumping *dump, const struct inet_diag_msg *message, size_t length)
{
    nsc_flow flow;
    if (!nsc_flow_parse(message, length, &flow)) return;
    if (dump->space->used == dump->space->capacity) {
        dump->sockets->flags |= NSC_SOCKETS_FLOWS_CUT;
        return;
    }

    dump->space->flows[dump->space->used++] = flow;
    dump->sockets->flow_count++;
}

static void add_udp(nsc_sockets *sockets, const struct inet_diag_msg *message, const socket_details *details)
{
    nsc_sockets_udp *udp = &sockets->udp[message->idiag_family == AF_INET6];
    udp->sockets++;
    udp->receive_queue_bytes += message->idiag_rqueue;
    udp->send_queue_bytes += message->idiag_wqueue;
    udp->drops += details->drops;
}

/* The index of an id; -1 if it is none of them. */
static int64_t find_cgroup(const nsc_cgroups *cgroups, uint64_t id)
{
    const uint64_t *ids = (const uint64_t *)(uintptr_t)cgroups->ids;
    int64_t low = 0;
    int64_t high = (int64_t)cgroups->id_count - 1;
    while (low <= high) {
        int64_t middle = (low + high) / 2;
        if (ids[middle] == id) return middle;
        if (ids[middle] < id) low = middle + 1;
        else high = middle - 1;
    }

    return -1;
}

static void add_socket(dumping *dump, const struct nlmsghdr *header)
{
    const struct inet_diag_msg *message = NLMSG_DATA(header);
    size_t length = header->nlmsg_len - NLMSG_HDRLEN;
    if (length < sizeof *message || (message->idiag_family != AF_INET && message->idiag_family != AF_INET6)
        || message->idiag_state == 0 || message->idiag_state >= NSC_SOCKETS_STATES) {
        dump->sockets->odd++;
        return;
    }

    if (dump->seen >= dump->limit) {
        dump->is_cut = 1;
        return;
    }

    nsc_sockets *sockets = dump->sockets;
    nsc_rtt_histogram *rtt = dump->rtt;
    socket_details details = parse_details(message, length);
    dump->seen++;
    if (dump->cgroups) {
        if (details.cgroup == 0 && is_full_socket(dump, message)) dump->sockets->flags |= NSC_SOCKETS_NO_CGROUP;
        int64_t index = details.cgroup == 0 ? -1 : find_cgroup(dump->cgroups, details.cgroup);
        if (index < 0) return;
        uint32_t container = ((const uint32_t *)(uintptr_t)dump->cgroups->containers)[index];
        sockets = (nsc_sockets *)(uintptr_t)dump->cgroups->sockets + container;
        rtt = (nsc_rtt_histogram *)(uintptr_t)dump->cgroups->rtt + container;
    }

    if (dump->is_udp) add_udp(sockets, message, &details);
    else add_tcp(sockets, rtt, message, &details);
    if (dump->space && !dump->is_udp && message->idiag_state != STATE_LISTEN) add_flow(dump, message, length);
}

/* Returns 1 at the end of the dump, 0 if more parts follow, or -errno. */
static int parse_part(dumping *dump, const char *part, size_t length)
{
    for (const char *at = part; length >= NLMSG_HDRLEN;) {
        const struct nlmsghdr *header = (const void *)at;
        if (header->nlmsg_len < NLMSG_HDRLEN || header->nlmsg_len > length) return -EBADMSG;
        if (header->nlmsg_seq != dump->sequence) return -EBADMSG;
        if (header->nlmsg_flags & NLM_F_DUMP_INTR) dump->sockets->flags |= NSC_SOCKETS_INTERRUPTED;
        if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
            int32_t error = 0;
            if (header->nlmsg_len >= NLMSG_LENGTH(sizeof error)) memcpy(&error, NLMSG_DATA(header), sizeof error);
            if (error < 0) return error;
            return header->nlmsg_type == NLMSG_DONE ? 1 : -EBADMSG;
        }

        add_socket(dump, header);
        if (dump->is_cut) return 1;
        size_t step = NLMSG_ALIGN(header->nlmsg_len);
        if (step > length) step = length;
        at += step;
        length -= step;
    }

    return length == 0 ? 0 : -EBADMSG;
}

/* The kernel makes the next part of a dump before recv returns, so nothing is waited for. */
static int receive(dumping *dump)
{
    _Alignas(struct nlmsghdr) char part[PART_BYTES];
    for (;;) {
        struct sockaddr_nl from = {0};
        struct iovec vector = {part, sizeof part};
        struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &vector, .msg_iovlen = 1};
        ssize_t got;
        do got = recvmsg(dump->socket, &message, MSG_DONTWAIT);
        while (got < 0 && errno == EINTR);
        if (got < 0) return -errno;
        if (message.msg_flags & MSG_TRUNC) return -EMSGSIZE;
        if (got == 0 || from.nl_pid != 0) return -EBADMSG;
        int end = parse_part(dump, part, (size_t)got);
        if (end != 0) return end < 0 ? end : 0;
    }
}

/* Sends a request for a dump and receives all of it. */
static int request_dump(dumping *dump, const void *request, size_t length)
{
    ssize_t sent;
    do sent = send(dump->socket, request, length, MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    if (sent < 0) return -errno;
    return (size_t)sent == length ? receive(dump) : -EIO;
}

static int dump_tcp(dumping *dump, uint32_t states, uint8_t details)
{
    struct {
        struct nlmsghdr header;
        struct inet_diag_req request;
    } message = {
        .header = {
            .nlmsg_len = sizeof message,
            .nlmsg_type = TCPDIAG_GETSOCK,
            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
            .nlmsg_seq = ++dump->sequence,
        },
        .request = {.idiag_family = AF_INET, .idiag_ext = details, .idiag_states = states},
    };
    return request_dump(dump, &message, sizeof message);
}

static int dump_udp(dumping *dump, uint8_t family)
{
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 request;
    } message = {
        .header = {
            .nlmsg_len = sizeof message,
            .nlmsg_type = SOCK_DIAG_BY_FAMILY,
            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
            .nlmsg_seq = ++dump->sequence,
        },
        .request = {
            .sdiag_family = family,
            .sdiag_protocol = IPPROTO_UDP,
            .idiag_ext = 1u << (INET_DIAG_SKMEMINFO - 1),
            .idiag_states = STATES_ALL,
        },
    };
    dump->is_udp = 1;
    return request_dump(dump, &message, sizeof message);
}

static void read_all(dumping *dump)
{
    nsc_sockets *sockets = dump->sockets;
    if (sockets->wanted & NSC_SOCKETS_TCP) sockets->tcp_error = dump_tcp(dump, STATES_ALL, 1u << (INET_DIAG_INFO - 1));
    else sockets->tcp_error = dump_tcp(dump, 1u << STATE_LISTEN, 0);

    /* After a cut, the kernel still has parts of that dump, and would refuse another one on this socket (EBUSY). */
    if (dump->is_cut || sockets->tcp_error != 0 || !(sockets->wanted & NSC_SOCKETS_UDP)) return;
    sockets->flags |= NSC_SOCKETS_HAS_UDP;
    sockets->udp_error = dump_udp(dump, AF_INET);

    /* A kernel without IPv6 has no handler for it: ENOENT (__sock_diag_cmd). */
    int error = sockets->udp_error == 0 && !dump->is_cut ? dump_udp(dump, AF_INET6) : 0;
    if (error != -ENOENT && error < 0) sockets->udp_error = error;
}

static uint64_t thread_cpu_ns(void)
{
    struct timespec now;
    return clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0 ? (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec : 0;
}

static void clear(nsc_sockets *sockets)
{
    uint32_t wanted = sockets->wanted;
    memset(sockets, 0, sizeof *sockets);
    sockets->wanted = wanted;
}

static void read_sockets(dumping *dump)
{
    nsc_sockets *sockets = dump->sockets;
    dump->socket = nsc_netlink_open(NETLINK_SOCK_DIAG);
    if (dump->socket < 0) {
        sockets->tcp_error = dump->socket;
        return;
    }

    read_all(dump);
    close(dump->socket);
    if (dump->is_cut) sockets->flags |= NSC_SOCKETS_CUT;
}

void nsc_sockets_read(nsc_sockets *sockets, uint32_t limit, nsc_flow_space *space)
{
    uint64_t began = thread_cpu_ns();
    nsc_rtt_histogram rtt;
    dumping dump = {.sockets = sockets, .rtt = &rtt, .limit = limit};
    clear(sockets);
    if (sockets->wanted == 0) return;
    if (space && sockets->wanted & NSC_SOCKETS_FLOWS) {
        dump.space = space;
        sockets->flow_first = space->used;
    }

    memset(&rtt, 0, sizeof rtt);
    read_sockets(&dump);
    nsc_rtt_summarise(sockets, &rtt);
    sockets->cpu_ns = thread_cpu_ns() - began;
}

void nsc_sockets_by_cgroup(const nsc_cgroups *cgroups, nsc_sockets *result, uint32_t limit)
{
    uint64_t began = thread_cpu_ns();
    nsc_sockets *sockets = (nsc_sockets *)(uintptr_t)cgroups->sockets;
    nsc_rtt_histogram *rtt = (nsc_rtt_histogram *)(uintptr_t)cgroups->rtt;
    dumping dump = {.sockets = result, .cgroups = cgroups, .limit = limit};
    clear(result);
    for (uint32_t i = 0; i < cgroups->count; i++) {
        memset(&sockets[i], 0, sizeof *sockets);
        memset(&rtt[i], 0, sizeof *rtt);
    }

    if (result->wanted == 0) return;
    read_sockets(&dump);
    for (uint32_t i = 0; i < cgroups->count; i++) {
        nsc_rtt_summarise(&sockets[i], &rtt[i]);
        sockets[i].wanted = result->wanted;
        sockets[i].flags = result->flags;
        sockets[i].tcp_error = result->tcp_error;
        sockets[i].udp_error = result->udp_error;
    }

    result->cpu_ns = thread_cpu_ns() - began;
}
