/*
 * Finds the host's veth peers of a network namespace's interfaces, from which its counters can still be read after it cannot
 * be entered any more.
 *
 * The peer is proved, not guessed: the namespace's interface names its peer's index (IFLA_LINK). The host's interface with
 * that index must be a veth, must name the index of the first one, and its IFLA_LINK_NETNSID must be the number that the
 * kernel returns for a descriptor of that very namespace (RTM_GETNSID; rtnetlink(7)).
 *
 * Invariants: those of visit.c. On return the thread is in the namespace that it came from. No descriptor of the other
 * namespace and no socket created in it is open: each would keep it alive.
 */
#include "peers.h"

#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

/* The most bytes of one message of a dump (netlink_dump, net/netlink/af_netlink.c). */
#define REPLY_BYTES 32768

/* Attempts to list the interfaces: a dump during which they changed (NLM_F_DUMP_INTR) is repeated. */
#define MAX_DUMPS 4

/* One interface, as an RTM_NEWLINK message describes it. */
typedef struct link_info {
    int32_t index;
    int32_t link;    /* the index of the peer; 0 if it has none */
    int32_t link_ns; /* the number of the peer's namespace; -1: the same namespace */
    uint32_t flags;
    uint64_t bytes;  /* 0 if it has neither received nor sent any */
    int is_veth;
    char name[IFNAMSIZ];
} link_info;

typedef struct link_request {
    struct nlmsghdr header;
    union {
        struct ifinfomsg link;
        struct rtgenmsg general;
    } body;
    char attributes[64];
} link_request;

static int open_route_socket(void)
{
    struct timeval timeout = {.tv_sec = 1, .tv_usec = 0};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) == 0) return fd;
    int error = errno;
    close(fd);
    return -error;
}

static void add_attribute(link_request *request, unsigned short type, const void *value, size_t length)
{
    struct rtattr *attribute = (struct rtattr *)(void *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));
    attribute->rta_type = type;
    attribute->rta_len = (unsigned short)RTA_LENGTH(length);
    memcpy(RTA_DATA(attribute), value, length);
    request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
}

static ssize_t receive_reply(int fd, char *buffer)
{
    ssize_t got;
    do got = recv(fd, buffer, REPLY_BYTES, MSG_TRUNC);
    while (got < 0 && errno == EINTR);
    if (got < 0) return -errno;
    return got > REPLY_BYTES ? -EMSGSIZE : got;
}

static int send_request(int fd, const link_request *request)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t sent;
    do sent = sendto(fd, request, request->header.nlmsg_len, 0, (const struct sockaddr *)&kernel, sizeof kernel);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

static int32_t read_int32(const struct rtattr *attribute)
{
    int32_t value = 0;
    if (RTA_PAYLOAD(attribute) >= sizeof value) memcpy(&value, RTA_DATA(attribute), sizeof value);
    return value;
}

/* The next attribute of a message; NULL at the end, or if the rest is malformed. */
static const struct rtattr *next_attribute(const char **at, size_t *left)
{
    const struct rtattr *attribute = (const void *)*at;
    if (*left < sizeof *attribute || attribute->rta_len < sizeof *attribute || attribute->rta_len > *left) return NULL;
    size_t step = RTA_ALIGN(attribute->rta_len);
    if (step > *left) step = *left;
    *at += step;
    *left -= step;
    return attribute;
}

static int is_veth(const struct rtattr *information)
{
    const char *rest = RTA_DATA(information);
    size_t left = RTA_PAYLOAD(information);
    for (const struct rtattr *at; (at = next_attribute(&rest, &left)) != NULL;) {
        if (at->rta_type == IFLA_INFO_KIND) return RTA_PAYLOAD(at) >= 4 && memcmp(RTA_DATA(at), "veth", 4) == 0
            && (RTA_PAYLOAD(at) == 4 || ((const char *)RTA_DATA(at))[4] == '\0');
    }

    return 0;
}

static void parse_link(const struct nlmsghdr *message, link_info *info)
{
    const struct ifinfomsg *link = NLMSG_DATA(message);
    const char *rest = (const char *)link + NLMSG_ALIGN(sizeof *link);
    size_t left = message->nlmsg_len - NLMSG_LENGTH(sizeof *link);
    memset(info, 0, sizeof *info);
    info->index = link->ifi_index;
    info->flags = link->ifi_flags;
    info->link_ns = -1;
    for (const struct rtattr *at; (at = next_attribute(&rest, &left)) != NULL;) {
        size_t length = RTA_PAYLOAD(at);
        switch (at->rta_type & NLA_TYPE_MASK) {
        case IFLA_LINK: info->link = read_int32(at); break;
        case IFLA_LINK_NETNSID: info->link_ns = read_int32(at); break;
        case IFLA_LINKINFO: info->is_veth = is_veth(at); break;
        case IFLA_IFNAME:
            if (length > 0 && length <= sizeof info->name) memcpy(info->name, RTA_DATA(at), length);
            info->name[sizeof info->name - 1] = '\0';
            break;
        case IFLA_STATS64: {
            struct rtnl_link_stats64 statistics;
            memset(&statistics, 0, sizeof statistics);
            memcpy(&statistics, RTA_DATA(at), length < sizeof statistics ? length : sizeof statistics);
            info->bytes = statistics.rx_bytes | statistics.tx_bytes;
            break;
        }
        default: break;
        }
    }
}

/*
 * Whether an interface has no counters of interest: it is lo; or it has no peer, is down and has never carried a byte, like
 * the fallback tunnels (tunl0, sit0) that some modules add to every namespace.
 */
static int is_negligible(const link_info *info)
{
    return (info->flags & IFF_LOOPBACK) || (info->link == 0 && !(info->flags & IFF_UP) && info->bytes == 0);
}

/*
 * Lists the interfaces of the namespace that the socket belongs to, except negligible ones: the index of each in `inside`,
 * that of its peer in `index`.
 *
 * Returns how many there are. It stops at capacity + 1: a namespace may have tens of thousands, and the kernel builds each
 * message of the list under a lock of all namespaces (rtnl). -EINTR if the list changed meanwhile; else -errno.
 */
static int32_t list_links(int fd, char *buffer, nsc_peer *peers, int32_t capacity)
{
    link_request request;
    int32_t count = 0;
    int changed = 0;

    memset(&request, 0, sizeof request);
    request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.body.link);
    request.header.nlmsg_type = RTM_GETLINK;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.body.link.ifi_family = AF_UNSPEC;
    int error = send_request(fd, &request);
    if (error < 0) return error;

    for (;;) {
        ssize_t got = receive_reply(fd, buffer);
        if (got < 0) return (int32_t)got;
        unsigned int left = (unsigned int)got;
        for (const struct nlmsghdr *at = (const void *)buffer; NLMSG_OK(at, left); at = NLMSG_NEXT(at, left)) {
            link_info info;
            changed |= at->nlmsg_flags & NLM_F_DUMP_INTR;
            if (at->nlmsg_type == NLMSG_DONE) return changed ? -EINTR : count;
            if (at->nlmsg_type == NLMSG_ERROR) {
                const struct nlmsgerr *failure = NLMSG_DATA(at);
                return failure->error < 0 ? failure->error : -EPROTO;
            }

            if (at->nlmsg_type != RTM_NEWLINK || at->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg))) continue;
            parse_link(at, &info);
            if (is_negligible(&info)) continue;
            if (count == capacity) return count + 1;
            memset(&peers[count], 0, sizeof peers[count]);
            peers[count].inside = info.index;
            peers[count].index = info.link;
            count++;
        }
    }
}

/* Looks up one interface of the namespace that the socket belongs to. 0, or -errno (ENODEV: there is none). */
static int link_by_index(int fd, char *buffer, int32_t index, link_info *info)
{
    link_request request;
    memset(&request, 0, sizeof request);
    request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.body.link);
    request.header.nlmsg_type = RTM_GETLINK;
    request.header.nlmsg_flags = NLM_F_REQUEST;
    request.body.link.ifi_family = AF_UNSPEC;
    request.body.link.ifi_index = index;
    int error = send_request(fd, &request);
    if (error < 0) return error;

    ssize_t got = receive_reply(fd, buffer);
    if (got < 0) return (int)got;
    const struct nlmsghdr *answer = (const void *)buffer;
    if (!NLMSG_OK(answer, (unsigned int)got)) return -EPROTO;
    if (answer->nlmsg_type == NLMSG_ERROR) return ((const struct nlmsgerr *)NLMSG_DATA(answer))->error;
    if (answer->nlmsg_type != RTM_NEWLINK || answer->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg))) return -EPROTO;
    parse_link(answer, info);
    return info->index == index ? 0 : -EPROTO;
}

/* The number that the socket's namespace has for another one (its nsid); -1 if it has none, or on an error. */
static int32_t namespace_number(int fd, char *buffer, int namespace_fd)
{
    link_request request;
    uint32_t value = (uint32_t)namespace_fd;
    memset(&request, 0, sizeof request);
    request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.body.general);
    request.header.nlmsg_type = RTM_GETNSID;
    request.header.nlmsg_flags = NLM_F_REQUEST;
    request.body.general.rtgen_family = AF_UNSPEC;
    add_attribute(&request, NETNSA_FD, &value, sizeof value);
    if (send_request(fd, &request) < 0) return -1;

    ssize_t got = receive_reply(fd, buffer);
    const struct nlmsghdr *answer = (const void *)buffer;
    if (got < 0 || !NLMSG_OK(answer, (unsigned int)got) || answer->nlmsg_type != RTM_NEWNSID) return -1;
    size_t head = NLMSG_LENGTH(NLMSG_ALIGN(sizeof request.body.general));
    if (answer->nlmsg_len < head) return -1;
    const char *rest = buffer + head;
    size_t left = answer->nlmsg_len - head;
    for (const struct rtattr *at; (at = next_attribute(&rest, &left)) != NULL;) {
        if (at->rta_type == NETNSA_NSID) return read_int32(at);
    }

    return -1;
}

static int32_t verify_peers(int host, char *buffer, int namespace_fd, nsc_peer *peers, int32_t count)
{
    int32_t number = -1;
    for (int32_t i = 0; i < count; i++) {
        link_info info;
        if (peers[i].index <= 0) return 0;
        int error = link_by_index(host, buffer, peers[i].index, &info);
        if (error == -ENODEV) return 0;
        if (error < 0) return error;

        /* After the first look-up only: the kernel assigns the number when a message first needs it (peernet2id_alloc). */
        if (number < 0) number = namespace_number(host, buffer, namespace_fd);
        if (!info.is_veth || info.link != peers[i].inside || number < 0 || info.link_ns != number) return 0;
        memcpy(peers[i].name, info.name, sizeof peers[i].name);
    }

    return count;
}

/*
 * Finds the host's veth peers of all interfaces of a process's network namespace, except negligible ones.
 *
 * directory: a descriptor of the process's /proc directory. identity: the inode number that its namespace must have. The
 * host is the namespace that the calling thread is in.
 *
 * Returns how many there are; 0 if one interface has no such peer, or there is no interface; -EOVERFLOW if there are more
 * than capacity; -ESRCH if the process has exited or is in another namespace; else -errno.
 */
int32_t nsc_peers(int32_t directory, uint64_t identity, nsc_peer *peers, int32_t capacity)
{
    _Alignas(struct nlmsghdr) char buffer[REPLY_BYTES];
    sigset_t all;
    sigset_t before;
    struct stat status;
    uint64_t own_inode = 0;
    int32_t result = -EINTR;
    int own = -1;
    int host_socket = -1;
    int target = -1;

    if (directory < 0) return -ESRCH;
    sigfillset(&all);
    int error = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (error != 0) return -error;

    own = nsc_netns_open_own(&own_inode);
    if (own < 0) {
        result = own;
        goto out;
    }

    host_socket = open_route_socket();
    if (host_socket < 0) {
        result = host_socket;
        goto out;
    }

    target = openat(directory, "ns/net", O_RDONLY | O_CLOEXEC);
    if (target < 0) {
        result = -errno;
        if (nsc_process_exited(directory)) result = -ESRCH;
        goto out;
    }

    if (fstat(target, &status) != 0) {
        result = -errno;
        goto out;
    }

    if (status.st_ino != identity || status.st_ino == own_inode) {
        result = -ESRCH;
        goto out;
    }

    if (setns(target, CLONE_NEWNET) != 0) {
        result = -errno;
        goto out;
    }

    /* A new socket for each attempt: the rest of an interrupted dump is still in the old one. */
    for (int attempt = 0; attempt < MAX_DUMPS && result == -EINTR; attempt++) {
        int inside = open_route_socket();
        if (inside < 0) {
            result = inside;
            break;
        }

        result = list_links(inside, buffer, peers, capacity);
        close(inside);
    }

    nsc_netns_return(own);
    if (result > capacity) result = -EOVERFLOW;
    if (result > 0) result = verify_peers(host_socket, buffer, target, peers, result);

out:
    if (target >= 0) close(target);
    if (host_socket >= 0) close(host_socket);
    if (own >= 0) close(own);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}
