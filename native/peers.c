/*
 * The host's ends of a network namespace's interfaces, by which its counters can still be read when it cannot be entered
 * any more.
 *
 * Which interface of the host is the other end is not guessed: an interface of the namespace names an index (IFLA_LINK);
 * the host's interface with that index must be a veth, must name the first one's index in turn, and must say that this one
 * lies in the namespace which the kernel, asked for that very namespace, gives the same number (RTM_GETNSID; rtnetlink(7)).
 *
 * Invariants: those of visit.c. On return the thread is in the namespace that it came from, and no descriptor of the
 * namespace or of a socket made in there is open, each of which would keep it.
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

/* A dump comes in pieces of at most this (NLMSG_GOODSIZE is a page, a netlink dump's buffer at most 32 KiB). */
#define NSC_ANSWER_BYTES 32768

/* A dump that changed under way is begun anew this often. */
#define NSC_DUMPS 4

/* One interface as the kernel tells it. */
typedef struct link_facts {
    int32_t index;
    int32_t link;    /* the index of the other end; 0 where it has none */
    int32_t link_ns; /* the number of the namespace that the other end is in; -1: the same */
    uint32_t flags;
    uint64_t bytes;  /* 0 where it has neither received nor sent any */
    int is_veth;
    char name[IFNAMSIZ];
} link_facts;

typedef struct request_text {
    struct nlmsghdr header;
    union {
        struct ifinfomsg link;
        struct rtgenmsg general;
    } body;
    char attributes[64];
} request_text;

static int open_route_socket(void)
{
    struct timeval patience = {.tv_sec = 1, .tv_usec = 0};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0) return fd;
    int error = errno;
    close(fd);
    return -error;
}

static void add_attribute(request_text *request, unsigned short type, const void *value, size_t length)
{
    struct rtattr *attribute = (struct rtattr *)(void *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));
    attribute->rta_type = type;
    attribute->rta_len = (unsigned short)RTA_LENGTH(length);
    memcpy(RTA_DATA(attribute), value, length);
    request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
}

static ssize_t answer_of(int fd, char *buffer)
{
    ssize_t got;
    do got = recv(fd, buffer, NSC_ANSWER_BYTES, MSG_TRUNC);
    while (got < 0 && errno == EINTR);
    if (got < 0) return -errno;
    return got > NSC_ANSWER_BYTES ? -EMSGSIZE : got;
}

static int send_request(int fd, const request_text *request)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t sent;
    do sent = sendto(fd, request, request->header.nlmsg_len, 0, (const struct sockaddr *)&kernel, sizeof kernel);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

static int32_t number_of(const struct rtattr *attribute)
{
    int32_t value = 0;
    if (RTA_PAYLOAD(attribute) >= sizeof value) memcpy(&value, RTA_DATA(attribute), sizeof value);
    return value;
}

/* The next attribute of a message; NULL at the end, and where the rest is none. */
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

static void take_link(const struct nlmsghdr *message, link_facts *facts)
{
    const struct ifinfomsg *link = NLMSG_DATA(message);
    const char *rest = (const char *)link + NLMSG_ALIGN(sizeof *link);
    size_t left = message->nlmsg_len - NLMSG_LENGTH(sizeof *link);
    memset(facts, 0, sizeof *facts);
    facts->index = link->ifi_index;
    facts->flags = link->ifi_flags;
    facts->link_ns = -1;
    for (const struct rtattr *at; (at = next_attribute(&rest, &left)) != NULL;) {
        size_t length = RTA_PAYLOAD(at);
        switch (at->rta_type & NLA_TYPE_MASK) {
        case IFLA_LINK: facts->link = number_of(at); break;
        case IFLA_LINK_NETNSID: facts->link_ns = number_of(at); break;
        case IFLA_LINKINFO: facts->is_veth = is_veth(at); break;
        case IFLA_IFNAME:
            if (length > 0 && length <= sizeof facts->name) memcpy(facts->name, RTA_DATA(at), length);
            facts->name[sizeof facts->name - 1] = '\0';
            break;
        case IFLA_STATS64: {
            struct rtnl_link_stats64 statistics;
            memset(&statistics, 0, sizeof statistics);
            memcpy(&statistics, RTA_DATA(at), length < sizeof statistics ? length : sizeof statistics);
            facts->bytes = statistics.rx_bytes | statistics.tx_bytes;
            break;
        }
        default: break;
        }
    }
}

/*
 * Whether an interface can be passed over: it is lo, or it has no other end, is down and has never carried a byte, as the
 * fallback tunnels are (tunl0, sit0) that some modules put into every namespace.
 */
static int counts_for_nothing(const link_facts *facts)
{
    return (facts->flags & IFF_LOOPBACK) || (facts->link == 0 && !(facts->flags & IFF_UP) && facts->bytes == 0);
}

/*
 * Lists the interfaces of the namespace that the thread is in, without those that count for nothing: the index of each in
 * `inside`, that of its other end in `index`.
 *
 * Returns how many they are, of more than capacity that there is one more: a namespace may have tens of thousands, and each
 * piece of the list is made under a lock of all namespaces; -EINTR where the list changed meanwhile; else -errno.
 */
static int32_t list_links(int fd, char *buffer, nsc_peer *peers, int32_t capacity)
{
    request_text request;
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
        ssize_t got = answer_of(fd, buffer);
        if (got < 0) return (int32_t)got;
        unsigned int left = (unsigned int)got;
        for (const struct nlmsghdr *at = (const void *)buffer; NLMSG_OK(at, left); at = NLMSG_NEXT(at, left)) {
            link_facts facts;
            changed |= at->nlmsg_flags & NLM_F_DUMP_INTR;
            if (at->nlmsg_type == NLMSG_DONE) return changed ? -EINTR : count;
            if (at->nlmsg_type == NLMSG_ERROR) {
                const struct nlmsgerr *failure = NLMSG_DATA(at);
                return failure->error < 0 ? failure->error : -EPROTO;
            }

            if (at->nlmsg_type != RTM_NEWLINK || at->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg))) continue;
            take_link(at, &facts);
            if (counts_for_nothing(&facts)) continue;
            if (count == capacity) return count + 1;
            memset(&peers[count], 0, sizeof peers[count]);
            peers[count].inside = facts.index;
            peers[count].index = facts.link;
            count++;
        }
    }
}

/* One interface of the namespace that the socket is of. 0, or -errno (ENODEV: there is none). */
static int link_by_index(int fd, char *buffer, int32_t index, link_facts *facts)
{
    request_text request;
    memset(&request, 0, sizeof request);
    request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.body.link);
    request.header.nlmsg_type = RTM_GETLINK;
    request.header.nlmsg_flags = NLM_F_REQUEST;
    request.body.link.ifi_family = AF_UNSPEC;
    request.body.link.ifi_index = index;
    int error = send_request(fd, &request);
    if (error < 0) return error;

    ssize_t got = answer_of(fd, buffer);
    if (got < 0) return (int)got;
    const struct nlmsghdr *answer = (const void *)buffer;
    if (!NLMSG_OK(answer, (unsigned int)got)) return -EPROTO;
    if (answer->nlmsg_type == NLMSG_ERROR) return ((const struct nlmsgerr *)NLMSG_DATA(answer))->error;
    if (answer->nlmsg_type != RTM_NEWLINK || answer->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg))) return -EPROTO;
    take_link(answer, facts);
    return facts->index == index ? 0 : -EPROTO;
}

/* The number by which the socket's namespace knows another one; -1 where it has none for it, or on an error. */
static int32_t namespace_number(int fd, char *buffer, int namespace_fd)
{
    request_text request;
    uint32_t value = (uint32_t)namespace_fd;
    memset(&request, 0, sizeof request);
    request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.body.general);
    request.header.nlmsg_type = RTM_GETNSID;
    request.header.nlmsg_flags = NLM_F_REQUEST;
    request.body.general.rtgen_family = AF_UNSPEC;
    add_attribute(&request, NETNSA_FD, &value, sizeof value);
    if (send_request(fd, &request) < 0) return -1;

    ssize_t got = answer_of(fd, buffer);
    const struct nlmsghdr *answer = (const void *)buffer;
    if (got < 0 || !NLMSG_OK(answer, (unsigned int)got) || answer->nlmsg_type != RTM_NEWNSID) return -1;
    size_t head = NLMSG_LENGTH(NLMSG_ALIGN(sizeof request.body.general));
    if (answer->nlmsg_len < head) return -1;
    const char *rest = buffer + head;
    size_t left = answer->nlmsg_len - head;
    for (const struct rtattr *at; (at = next_attribute(&rest, &left)) != NULL;) {
        if (at->rta_type == NETNSA_NSID) return number_of(at);
    }

    return -1;
}

static int32_t verified(int host, char *buffer, int namespace_fd, nsc_peer *peers, int32_t count)
{
    int32_t number = -1;
    for (int32_t i = 0; i < count; i++) {
        link_facts facts;
        if (peers[i].index <= 0) return 0;
        int error = link_by_index(host, buffer, peers[i].index, &facts);
        if (error == -ENODEV) return 0;
        if (error < 0) return error;

        /* Only after the first answer: the kernel gives the number where it first has to tell it. */
        if (number < 0) number = namespace_number(host, buffer, namespace_fd);
        if (!facts.is_veth || facts.link != peers[i].inside || number < 0 || facts.link_ns != number) return 0;
        memcpy(peers[i].name, facts.name, sizeof peers[i].name);
    }

    return count;
}

/*
 * Finds the host's ends of all interfaces of a process's network namespace, but for those that count for nothing.
 *
 * directory: a descriptor of the process's /proc directory. identity: the inode that its namespace must have. The host is
 * the namespace that the calling thread is in.
 *
 * Returns how many there are; 0 where one interface has no such end, or where there is none; -EOVERFLOW where there are
 * more than capacity; -ESRCH where the process has ended or is in another namespace; else -errno.
 */
int32_t nsc_peers(int32_t directory, uint64_t identity, nsc_peer *peers, int32_t capacity)
{
    _Alignas(struct nlmsghdr) char buffer[NSC_ANSWER_BYTES];
    sigset_t all;
    sigset_t before;
    struct stat there;
    uint64_t here = 0;
    int32_t result = -EINTR;
    int home = -1;
    int host = -1;
    int target = -1;

    if (directory < 0) return -ESRCH;
    sigfillset(&all);
    int error = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (error != 0) return -error;

    home = nsc_netns_open_own(&here);
    if (home < 0) {
        result = home;
        goto out;
    }

    host = open_route_socket();
    if (host < 0) {
        result = host;
        goto out;
    }

    target = openat(directory, "ns/net", O_RDONLY | O_CLOEXEC);
    if (target < 0) {
        result = -errno;
        if (nsc_process_exited(directory)) result = -ESRCH;
        goto out;
    }

    if (fstat(target, &there) != 0) {
        result = -errno;
        goto out;
    }

    if (there.st_ino != identity || there.st_ino == here) {
        result = -ESRCH;
        goto out;
    }

    if (setns(target, CLONE_NEWNET) != 0) {
        result = -errno;
        goto out;
    }

    /* A new socket each time: what is left of a dump that changed is in the old one. */
    for (int attempt = 0; attempt < NSC_DUMPS && result == -EINTR; attempt++) {
        int inside = open_route_socket();
        if (inside < 0) {
            result = inside;
            break;
        }

        result = list_links(inside, buffer, peers, capacity);
        close(inside);
    }

    nsc_netns_return(home);
    if (result > capacity) result = -EOVERFLOW;
    if (result > 0) result = verified(host, buffer, target, peers, result);

out:
    if (target >= 0) close(target);
    if (host >= 0) close(host);
    if (home >= 0) close(home);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}
