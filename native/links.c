/*
 * Lists the interfaces of a network namespace with what the kernel says of how they are stacked, and finds the host's veth
 * peers, from which the counters can still be read after the namespace cannot be entered any more.
 *
 * Where the other end is, is proved, not guessed: the message has the number (IFLA_LINK_NETNSID) that the listed namespace
 * has for the namespace of the other end, and the kernel tells the number of a namespace for a descriptor of it
 * (RTM_GETNSID; rtnetlink(7)). The host's interface with that index must be a veth and name the first one in turn.
 *
 * Invariants: those of visit.c. On return the thread is in the namespace that it came from. No descriptor of another
 * namespace and no socket created in it is open: each would keep it alive.
 */
#include "links.h"

#include "netns.h"
#include "nsid.h"
#include "rtnetlink.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

/* Attempts to list the interfaces: a dump during which they changed (NLM_F_DUMP_INTR) is repeated. */
#define MAX_DUMPS 4

/* Namespaces other than the host's in which other ends are looked for. */
#define MAX_OTHERS 64

static void copy_link(const nsc_link_info *info, nsc_link *link)
{
    memset(link, 0, sizeof *link);
    link->index = info->index;
    link->link = info->link;
    link->master = info->master;
    link->flags = info->flags;
    link->rx_bytes = info->rx_bytes;
    link->tx_bytes = info->tx_bytes;
    memcpy(link->name, info->name, sizeof link->name);
    memcpy(link->kind, info->kind, sizeof link->kind);

    /* Until find_places: the number of the other end's namespace. */
    link->place = info->link_ns;
}

/*
 * Lists the interfaces of the namespace that the socket belongs to.
 *
 * Returns how many there are. It stops at capacity + 1: a namespace may have tens of thousands, and the kernel builds each
 * message of the list under a lock of all namespaces (rtnl). -EINTR if the list changed meanwhile; else -errno.
 */
static int32_t list_links(int fd, char *buffer, nsc_link *links, int32_t capacity)
{
    nsc_rtnetlink_request request;
    int32_t count = 0;
    int changed = 0;

    memset(&request, 0, sizeof request);
    request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.body.link);
    request.header.nlmsg_type = RTM_GETLINK;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.body.link.ifi_family = AF_UNSPEC;
    int error = nsc_rtnetlink_send(fd, &request);
    if (error < 0) return error;

    for (;;) {
        ssize_t got = nsc_rtnetlink_receive(fd, buffer);
        if (got < 0) return (int32_t)got;
        unsigned int left = (unsigned int)got;
        for (const struct nlmsghdr *at = (const void *)buffer; NLMSG_OK(at, left); at = NLMSG_NEXT(at, left)) {
            nsc_link_info info;
            changed |= at->nlmsg_flags & NLM_F_DUMP_INTR;
            if (at->nlmsg_type == NLMSG_DONE) return changed ? -EINTR : count;
            if (at->nlmsg_type == NLMSG_ERROR) {
                const struct nlmsgerr *failure = NLMSG_DATA(at);
                return failure->error < 0 ? failure->error : -EPROTO;
            }

            if (at->nlmsg_type != RTM_NEWLINK || at->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg))) continue;
            nsc_rtnetlink_parse_link(at, &info);
            if (count == capacity) return count + 1;
            copy_link(&info, &links[count++]);
        }
    }
}

/* Looks up one interface of the namespace that the socket belongs to. 0, or -errno (ENODEV: there is none). */
static int link_by_index(int fd, char *buffer, int32_t index, nsc_link_info *info)
{
    nsc_rtnetlink_request request;
    memset(&request, 0, sizeof request);
    request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.body.link);
    request.header.nlmsg_type = RTM_GETLINK;
    request.header.nlmsg_flags = NLM_F_REQUEST;
    request.body.link.ifi_family = AF_UNSPEC;
    request.body.link.ifi_index = index;
    int error = nsc_rtnetlink_send(fd, &request);
    if (error < 0) return error;

    ssize_t got = nsc_rtnetlink_receive(fd, buffer);
    if (got < 0) return (int)got;
    const struct nlmsghdr *answer = (const void *)buffer;
    if (!NLMSG_OK(answer, (unsigned int)got)) return -EPROTO;
    if (answer->nlmsg_type == NLMSG_ERROR) return ((const struct nlmsgerr *)NLMSG_DATA(answer))->error;
    if (answer->nlmsg_type != RTM_NEWLINK || answer->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg))) return -EPROTO;
    nsc_rtnetlink_parse_link(answer, info);
    return info->index == index ? 0 : -EPROTO;
}

/* The distinct numbers of namespaces other than the host's in which other ends are; at most MAX_OTHERS. */
static int32_t other_numbers(const nsc_link *links, int32_t count, int32_t host, int32_t *numbers)
{
    int32_t found = 0;
    for (int32_t i = 0; i < count && found < MAX_OTHERS; i++) {
        int32_t known = 0;
        if (links[i].place < 0 || links[i].place == host) continue;
        while (known < found && numbers[known] != links[i].place) known++;
        if (known == found) numbers[found++] = links[i].place;
    }

    return found;
}

/* Replaces the numbers of namespaces in `place` by NSC_PLACE_... The thread and the socket are in the listed namespace. */
static void find_places(int fd, char *buffer, int own, nsc_link *links, int32_t count, const int32_t *candidates,
                        int32_t candidate_count)
{
    int32_t numbers[MAX_OTHERS];
    int32_t places[MAX_OTHERS];
    int32_t host = nsc_nsid_of(fd, buffer, own);
    int32_t others = other_numbers(links, count, host, numbers);
    int32_t unknown = others;
    for (int32_t i = 0; i < others; i++) places[i] = NSC_PLACE_UNKNOWN;
    for (int32_t i = 0; i < candidate_count && unknown > 0; i++) {
        int candidate = candidates[i] < 0 ? -1 : openat(candidates[i], "ns/net", O_RDONLY | O_CLOEXEC);
        if (candidate < 0) continue;
        int32_t number = nsc_nsid_of(fd, buffer, candidate);
        close(candidate);
        for (int32_t j = 0; j < others && number >= 0; j++) {
            if (numbers[j] != number || places[j] != NSC_PLACE_UNKNOWN) continue;
            places[j] = i;
            unknown--;
        }
    }

    for (int32_t i = 0; i < count; i++) {
        int32_t number = links[i].place;
        if (number < 0) {
            links[i].place = NSC_PLACE_SAME;
            continue;
        }

        links[i].place = number == host ? NSC_PLACE_HOST : NSC_PLACE_UNKNOWN;
        for (int32_t j = 0; j < others; j++) {
            if (numbers[j] == number) links[i].place = places[j];
        }
    }
}

/* A kernel without it leaves the cookie 0. */
static uint64_t namespace_cookie(int fd)
{
    uint64_t cookie = 0;
    socklen_t length = sizeof cookie;
    return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length) == 0 ? cookie : 0;
}

/* The host's ends of veth pairs. The socket is in the host's namespace. */
static void find_peers(int host, char *buffer, int32_t number, nsc_link *links, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        nsc_link_info info;
        if (links[i].place != NSC_PLACE_HOST || links[i].link <= 0 || strcmp(links[i].kind, "veth") != 0) continue;
        if (link_by_index(host, buffer, links[i].link, &info) != 0) continue;
        if (strcmp(info.kind, "veth") != 0 || info.link != links[i].index || number < 0 || info.link_ns != number) continue;
        links[i].peer = info.index;
        memcpy(links[i].peer_name, info.name, sizeof links[i].peer_name);
    }
}

/*
 * Lists the interfaces of a process's network namespace.
 *
 * directory: a descriptor of the process's /proc directory. identity: the inode number that its namespace must have. The
 * host is the namespace that the calling thread is in. candidates: descriptors of /proc directories of processes in whose
 * namespaces other ends may be; negative ones are skipped.
 *
 * Returns how many there are; -EOVERFLOW if there are more than capacity; -ESRCH if the process has exited or is in another
 * namespace; else -errno.
 */
int32_t nsc_links(int32_t directory, uint64_t identity, nsc_link *links, int32_t capacity, const int32_t *candidates,
                  int32_t candidate_count, nsc_links_namespace *found)
{
    _Alignas(struct nlmsghdr) char buffer[NSC_RTNETLINK_BYTES];
    sigset_t all;
    sigset_t before;
    struct stat status;
    uint64_t own_inode = 0;
    int32_t result = -EINTR;
    int own = -1;
    int host_socket = -1;
    int target = -1;

    memset(found, 0, sizeof *found);
    found->number = -1;
    if (directory < 0) return -ESRCH;
    sigfillset(&all);
    int error = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (error != 0) return -error;

    own = nsc_netns_open_own(&own_inode);
    if (own < 0) {
        result = own;
        goto out;
    }

    host_socket = nsc_rtnetlink_open();
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
        int inside = nsc_rtnetlink_open();
        if (inside < 0) {
            result = inside;
            break;
        }

        result = list_links(inside, buffer, links, capacity);
        if (result > 0 && result <= capacity) find_places(inside, buffer, own, links, result, candidates, candidate_count);
        found->cookie = namespace_cookie(inside);
        close(inside);
    }

    nsc_netns_return(own);
    if (result > capacity) result = -EOVERFLOW;
    if (result > 0) {
        /* After the dump: the kernel assigns a number when a message first needs it (peernet2id_alloc). */
        found->number = nsc_nsid_of(host_socket, buffer, target);
        find_peers(host_socket, buffer, found->number, links, result);

        /* The look-up of the first peer may have been what first needed it. */
        if (found->number < 0) {
            found->number = nsc_nsid_of(host_socket, buffer, target);
            if (found->number >= 0) find_peers(host_socket, buffer, found->number, links, result);
        }
    }

out:
    if (target >= 0) close(target);
    if (host_socket >= 0) close(host_socket);
    if (own >= 0) close(own);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

/*
 * Lists the interfaces of the calling thread's own network namespace, without their other ends.
 *
 * Returns how many there are; -EOVERFLOW if there are more than capacity; else -errno.
 */
int32_t nsc_own_links(nsc_link *links, int32_t capacity)
{
    _Alignas(struct nlmsghdr) char buffer[NSC_RTNETLINK_BYTES];
    int32_t result = -EINTR;

    /* A new socket for each attempt: the rest of an interrupted dump is still in the old one. */
    for (int attempt = 0; attempt < MAX_DUMPS && result == -EINTR; attempt++) {
        int fd = nsc_rtnetlink_open();
        if (fd < 0) return fd;
        result = list_links(fd, buffer, links, capacity);
        close(fd);
    }

    return result > capacity ? -EOVERFLOW : result;
}
