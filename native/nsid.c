/*
 * Numbers of network namespaces. The kernel assigns one when it first has to name a namespace, as for the other end of a veth
 * pair, or at a request (RTM_NEWNSID, with CAP_NET_ADMIN). It frees it with the namespace (cleanup_net, net/core/net_namespace.c).
 */
#include "nsid.h"

#include "rtnetlink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/net_namespace.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

static void begin(nsc_rtnetlink_request *request, unsigned short type, int namespace_fd)
{
    uint32_t value = (uint32_t)namespace_fd;
    memset(request, 0, sizeof *request);
    request->header.nlmsg_len = NLMSG_LENGTH(sizeof request->body.general);
    request->header.nlmsg_type = type;
    request->header.nlmsg_flags = NLM_F_REQUEST;
    request->body.general.rtgen_family = AF_UNSPEC;
    nsc_rtnetlink_add(request, NETNSA_FD, &value, sizeof value);
}

int32_t nsc_nsid_of_message(struct msghdr *message)
{
    for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at)) {
        int32_t number;
        if (at->cmsg_level != SOL_NETLINK || at->cmsg_type != NETLINK_LISTEN_ALL_NSID) continue;
        if (at->cmsg_len < CMSG_LEN(sizeof number)) continue;
        memcpy(&number, CMSG_DATA(at), sizeof number);
        return number;
    }

    return NSC_NSID_HERE;
}

int nsc_nsid_parse(const struct nlmsghdr *header, int32_t *number)
{
    size_t head = NLMSG_LENGTH(NLMSG_ALIGN(sizeof(struct rtgenmsg)));
    if (header->nlmsg_len < head) return 0;
    const char *rest = (const char *)header + head;
    size_t left = header->nlmsg_len - head;
    for (const struct rtattr *at; (at = nsc_rtnetlink_next(&rest, &left)) != NULL;) {
        if (at->rta_type != NETNSA_NSID) continue;
        *number = nsc_rtnetlink_int32(at);
        return 1;
    }

    return 0;
}

int32_t nsc_nsid_of(int fd, char *buffer, int namespace_fd)
{
    nsc_rtnetlink_request request;
    int32_t number;
    begin(&request, RTM_GETNSID, namespace_fd);
    if (nsc_rtnetlink_send(fd, &request) < 0) return -1;

    ssize_t got = nsc_rtnetlink_receive(fd, buffer);
    const struct nlmsghdr *answer = (const void *)buffer;
    if (got < 0 || !NLMSG_OK(answer, (unsigned int)got) || answer->nlmsg_type != RTM_NEWNSID) return -1;
    return nsc_nsid_parse(answer, &number) ? number : -1;
}

/* Returns 0, or -errno. */
static int assign(int fd, char *buffer, int namespace_fd)
{
    static const int32_t any = -1;
    nsc_rtnetlink_request request;
    begin(&request, RTM_NEWNSID, namespace_fd);
    request.header.nlmsg_flags |= NLM_F_ACK;
    nsc_rtnetlink_add(&request, NETNSA_NSID, &any, sizeof any);
    int error = nsc_rtnetlink_send(fd, &request);
    if (error < 0) return error;

    ssize_t got = nsc_rtnetlink_receive(fd, buffer);
    if (got < 0) return (int)got;
    const struct nlmsghdr *answer = (const void *)buffer;
    if (!NLMSG_OK(answer, (unsigned int)got) || answer->nlmsg_type != NLMSG_ERROR || answer->nlmsg_len < NLMSG_LENGTH(sizeof(struct nlmsgerr))) return -EPROTO;
    error = ((const struct nlmsgerr *)NLMSG_DATA(answer))->error;

    /* Another one was faster. */
    return error == -EEXIST ? 0 : error;
}

/*
 * The number of the namespace of a process, by its /proc/PID directory. The kernel assigns one if it has none. `identity` is the
 * inode number of its ns/net. *is_new: it had none. Returns the number, or -errno; -ESTALE: the process is in another namespace.
 */
int32_t nsc_nsid_assign(int32_t route, int32_t directory, uint64_t identity, int32_t *is_new)
{
    _Alignas(struct nlmsghdr) char buffer[NSC_RTNETLINK_BYTES];
    struct stat status;
    *is_new = 0;
    int namespace_fd = openat(directory, "ns/net", O_RDONLY | O_CLOEXEC);
    if (namespace_fd < 0) return -errno;
    int32_t number = -ESTALE;
    if (fstat(namespace_fd, &status) != 0) {
        number = -errno;
    } else if (status.st_ino == identity) {
        number = nsc_nsid_of(route, buffer, namespace_fd);
        if (number < 0) {
            *is_new = 1;
            int error = assign(route, buffer, namespace_fd);
            number = error < 0 ? error : nsc_nsid_of(route, buffer, namespace_fd);
            if (number == -1) number = -ENOENT;
        }
    }

    close(namespace_fd);
    return number;
}

/* Opens a socket that reports which numbers the calling thread's namespace assigns and frees. Returns a descriptor that does not block, or -errno. */
int32_t nsc_nsid_open(void)
{
    static const int group = RTNLGRP_NSID;
    struct sockaddr_nl any = {.nl_family = AF_NETLINK};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0) return -errno;
    if (bind(fd, (const struct sockaddr *)&any, sizeof any) == 0
        && setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) == 0)
        return fd;
    int error = errno;
    close(fd);
    return -error;
}

/* Reads what was reported since the last call, without waiting. Returns how many events; capacity: there may be more. Or -errno. */
int32_t nsc_nsid_read(int32_t fd, nsc_nsid_event *events, int32_t capacity)
{
    _Alignas(struct nlmsghdr) char buffer[1024];
    int32_t count = 0;
    while (count < capacity) {
        struct sockaddr_nl from = {0};
        socklen_t length = sizeof from;
        ssize_t got = recvfrom(fd, buffer, sizeof buffer, MSG_DONTWAIT, (struct sockaddr *)&from, &length);
        if (got < 0) {
            if (errno == EAGAIN || errno == EWOULDBLOCK) break;
            if (errno == EINTR) continue;
            if (errno != ENOBUFS) return count > 0 ? count : -errno;
            events[count++] = (nsc_nsid_event){NSC_NSID_LOST, -1};
            continue;
        }

        const struct nlmsghdr *header = (const void *)buffer;
        int32_t number;
        if (from.nl_pid != 0 || !NLMSG_OK(header, (unsigned int)got) || !nsc_nsid_parse(header, &number)) continue;
        if (header->nlmsg_type == RTM_NEWNSID) events[count++] = (nsc_nsid_event){NSC_NSID_ASSIGNED, number};
        else if (header->nlmsg_type == RTM_DELNSID) events[count++] = (nsc_nsid_event){NSC_NSID_FREED, number};
    }

    return count;
}
