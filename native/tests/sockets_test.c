/* Tests of sockets.c: counts against sockets that the test makes, and answers that no kernel should give (recvmsg is wrapped). */
#include "check.h"
#include "../nscollector.h"
#include "../rtt.h"
#include "../sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/magic.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

typedef enum odd_answer { NONE, TRUNCATED, NO_BUFFERS, WOULD_BLOCK, EMPTY, INTERRUPTED, SHORT_HEADER, LONG_MESSAGE, OTHER_SEQUENCE, REFUSED,
                          LONG_ATTRIBUTE, ODD_STATE, ODD_FAMILY, NO_CGROUPS,
                          FORGED, FORGED_EARLY } odd_answer;

static odd_answer answer;
static int descriptors_before;

ssize_t __real_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);

/* Another process sends a part of the dump. */
static void forge(int fd)
{
    struct {
        struct nlmsghdr header;
        struct inet_diag_msg message;
    } forged = {
        .header = {.nlmsg_len = sizeof forged, .nlmsg_type = TCPDIAG_GETSOCK, .nlmsg_flags = NLM_F_MULTI, .nlmsg_seq = 1},
        .message = {.idiag_family = AF_INET6, .idiag_state = 1},
    };
    struct sockaddr_nl victim;
    socklen_t length = sizeof victim;
    CHECK(getsockname(fd, (struct sockaddr *)&victim, &length) == 0);
    int other = socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
    CHECK(other >= 0);
    CHECK(sendto(other, &forged, sizeof forged, 0, (struct sockaddr *)&victim, sizeof victim) < 0 && errno == ECONNREFUSED);
    close(other);
}

static void hide_cgroups(struct nlmsghdr *header, size_t got)
{
    for (; NLMSG_OK(header, got) && header->nlmsg_type != NLMSG_DONE; header = NLMSG_NEXT(header, got)) {
        char *at = (char *)NLMSG_DATA(header) + NLMSG_ALIGN(sizeof(struct inet_diag_msg));
        while (at < (char *)header + header->nlmsg_len) {
            struct nlattr *attribute = (void *)at;
            if (attribute->nla_type == 21) attribute->nla_type = 0x3fff;
            at += NLMSG_ALIGN(attribute->nla_len);
        }
    }
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
    if (answer == FORGED) forge(fd);
    if (answer == NO_BUFFERS || answer == WOULD_BLOCK) {
        errno = answer == NO_BUFFERS ? ENOBUFS : EAGAIN;
        return -1;
    }

    ssize_t got = __real_recvmsg(fd, message, flags);
    if (answer == EMPTY) return 0;
    if (got < (ssize_t)sizeof(struct nlmsghdr)) return got;
    struct nlmsghdr *header = message->msg_iov[0].iov_base;
    struct inet_diag_msg *found = NLMSG_DATA(header);
    int is_socket = header->nlmsg_type != NLMSG_DONE && header->nlmsg_type != NLMSG_ERROR;
    switch (answer) {
    case TRUNCATED: message->msg_flags |= MSG_TRUNC; break;
    case INTERRUPTED: header->nlmsg_flags |= NLM_F_DUMP_INTR; break;
    case SHORT_HEADER: header->nlmsg_len = 3; break;
    case LONG_MESSAGE: header->nlmsg_len = (uint32_t)got + 1; break;
    case OTHER_SEQUENCE: header->nlmsg_seq++; break;
    case REFUSED: {
        struct nlmsgerr error = {.error = -EPERM};
        header->nlmsg_type = NLMSG_ERROR;
        header->nlmsg_len = NLMSG_LENGTH(sizeof error);
        memcpy(NLMSG_DATA(header), &error, sizeof error);
        return (ssize_t)header->nlmsg_len;
    }
    case LONG_ATTRIBUTE:
        if (is_socket && header->nlmsg_len > NLMSG_LENGTH(sizeof *found)) ((struct nlattr *)(void *)(found + 1))->nla_len = 0xffff;
        break;
    case ODD_STATE: if (is_socket) found->idiag_state = 200; break;
    case ODD_FAMILY: if (is_socket) found->idiag_family = AF_UNIX; break;
    case NO_CGROUPS: hide_cgroups(header, (size_t)got); break;
    case FORGED_EARLY: if (message->msg_name) ((struct sockaddr_nl *)message->msg_name)->nl_pid = 77; break;
    default: break;
    }

    return got;
}

static nsc_sockets read_with(odd_answer odd, uint32_t wanted, uint32_t limit)
{
    nsc_sockets sockets;
    memset(&sockets, 0xff, sizeof sockets);
    sockets.wanted = wanted;
    answer = odd;
    nsc_sockets_read(&sockets, limit, NULL);
    answer = NONE;
    int next = dup(0);
    close(next);
    CHECK(next == descriptors_before);
    return sockets;
}

static int make_listener(int family, int backlog)
{
    struct sockaddr_storage address = {.ss_family = (sa_family_t)family};
    if (family == AF_INET) ((struct sockaddr_in *)(void *)&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else ((struct sockaddr_in6 *)(void *)&address)->sin6_addr = in6addr_loopback;
    int fd = socket(family, SOCK_STREAM, 0);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, backlog) == 0);
    return fd;
}

static void connect_to(int listener)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    CHECK(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
    int fd = socket(address.ss_family, SOCK_STREAM, 0);
    CHECK(connect(fd, (struct sockaddr *)&address, length) == 0);
}

static void counts_are_those_of_the_sockets_made(void)
{
    const uint32_t all = NSC_SOCKETS_TCP | NSC_SOCKETS_UDP;
    nsc_sockets sockets = read_with(NONE, all, 1000);
    CHECK(sockets.tcp_error == 0 && sockets.udp_error == 0 && sockets.odd == 0 && sockets.flags == NSC_SOCKETS_HAS_UDP);
    CHECK(sockets.tcp[0][10] == 1 && sockets.tcp[1][10] == 1 && sockets.listeners == 2);
    CHECK(sockets.tcp[0][1] == 14 && sockets.tcp[1][1] == 2 && sockets.rtt_count == 16);
    CHECK(sockets.rtt_min_us > 0 && sockets.rtt_min_us <= sockets.rtt_median_us && sockets.rtt_median_us <= sockets.rtt_p95_us);
    CHECK(sockets.accept_queue == 7 && sockets.accept_queue_limit == 12 && sockets.accept_fill_percent_max == 120);
    CHECK(sockets.listeners_nearly_full == 1 && sockets.udp[0].sockets == 1 && sockets.udp[1].sockets == 0);

    sockets = read_with(NONE, NSC_SOCKETS_LISTENERS, 1000);
    CHECK(sockets.listeners == 2 && sockets.tcp[0][1] == 0 && sockets.flags == 0);

    /* 18 TCP sockets and one of UDP: the limit itself is no cut. */
    CHECK(read_with(NONE, all, 19).flags == NSC_SOCKETS_HAS_UDP);
    sockets = read_with(NONE, all, 18);
    CHECK(sockets.flags == (NSC_SOCKETS_HAS_UDP | NSC_SOCKETS_CUT) && sockets.tcp[0][1] + sockets.tcp[1][1] == 16);
    sockets = read_with(NONE, all, 5);
    CHECK(sockets.flags == NSC_SOCKETS_CUT && sockets.listeners == 2 && sockets.tcp[0][1] + sockets.tcp[1][1] == 3);
    CHECK(read_with(NONE, 0, 5).flags == 0);
}

static void odd_answers_are_values(void)
{
    const uint32_t all = NSC_SOCKETS_TCP | NSC_SOCKETS_UDP;
    CHECK(read_with(TRUNCATED, all, 1000).tcp_error == -EMSGSIZE);
    CHECK(read_with(NO_BUFFERS, all, 1000).tcp_error == -ENOBUFS);
    CHECK(read_with(WOULD_BLOCK, all, 1000).tcp_error == -EAGAIN);
    CHECK(read_with(EMPTY, all, 1000).tcp_error == -EBADMSG);
    CHECK(read_with(SHORT_HEADER, all, 1000).tcp_error == -EBADMSG);
    CHECK(read_with(LONG_MESSAGE, all, 1000).tcp_error == -EBADMSG);
    CHECK(read_with(OTHER_SEQUENCE, all, 1000).tcp_error == -EBADMSG);
    CHECK(read_with(REFUSED, all, 1000).tcp_error == -EPERM);
    CHECK(read_with(FORGED_EARLY, all, 1000).tcp_error == -EBADMSG);
    CHECK(read_with(FORGED, all, 1000).tcp_error == 0);

    nsc_sockets sockets = read_with(INTERRUPTED, all, 1000);
    CHECK(sockets.tcp_error == 0 && (sockets.flags & NSC_SOCKETS_INTERRUPTED) && sockets.tcp[0][1] == 14);
    sockets = read_with(LONG_ATTRIBUTE, all, 1000);
    CHECK(sockets.tcp_error == 0 && sockets.tcp[0][1] == 14);
    sockets = read_with(ODD_STATE, NSC_SOCKETS_TCP, 1000);
    CHECK(sockets.tcp_error == 0 && sockets.odd > 0);
    sockets = read_with(ODD_FAMILY, NSC_SOCKETS_TCP, 1000);
    CHECK(sockets.tcp_error == 0 && sockets.odd > 0);
}

/* The id of the cgroup of this process in the unified hierarchy: the inode number of its directory; 0 if that is not mounted. */
static uint64_t own_cgroup(void)
{
    static const char *const mounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
    char line[4096];
    char path[4200];
    uint64_t id = 0;
    FILE *file = fopen("/proc/self/cgroup", "re");
    CHECK(file);
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "0::", 3) != 0) continue;
        line[strcspn(line, "\n")] = '\0';
        for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
            struct statfs kind;
            struct stat status;
            snprintf(path, sizeof path, "%s%s", mounts[i], line + 3);
            if (statfs(path, &kind) == 0 && kind.f_type == CGROUP2_SUPER_MAGIC && stat(path, &status) == 0) id = status.st_ino;
        }
    }

    fclose(file);
    return id;
}

static void sockets_are_counted_by_their_cgroup(void)
{
    uint64_t own = own_cgroup();
    uint64_t ids[3] = {own, UINT64_MAX - 1, UINT64_MAX};
    uint32_t containers[3] = {1, 0, 1};
    nsc_sockets sums[2];
    nsc_sockets result = {.wanted = NSC_SOCKETS_TCP | NSC_SOCKETS_UDP};
    if (own == 0) {
        puts("without the unified hierarchy, sockets have no cgroup: not tested");
        return;
    }

    nsc_rtt_histogram *rtt = calloc(2, sizeof *rtt);
    nsc_cgroups cgroups = {(uintptr_t)ids, (uintptr_t)containers, (uintptr_t)sums, (uintptr_t)rtt, 3, 2};
    nsc_sockets_by_cgroup(&cgroups, &result, 1000);
    CHECK(result.tcp_error == 0 && result.udp_error == 0 && result.tcp[0][1] == 0 && !(result.flags & NSC_SOCKETS_NO_CGROUP));
    CHECK(sums[1].listeners == 2 && sums[1].tcp[0][1] == 14 && sums[1].rtt_count == 16 && sums[1].udp[0].sockets == 1);
    CHECK(sums[0].listeners == 0 && sums[0].tcp[0][1] == 0 && sums[0].udp[0].sockets == 0);

    /* Before Linux 5.8. */
    answer = NO_CGROUPS;
    nsc_sockets_by_cgroup(&cgroups, &result, 1000);
    answer = NONE;
    CHECK(result.tcp_error == 0 && (result.flags & NSC_SOCKETS_NO_CGROUP) && sums[1].listeners == 0);
    free(rtt);

    /* Without cgroups: whether the kernel answers at all. */
    nsc_cgroups none = {0, 0, 0, 0, 0, 0};
    nsc_sockets_by_cgroup(&none, &result, 1000);
    CHECK(result.tcp_error == 0 && result.udp_error == 0);
}

static void percentiles_are_near_those_of_all_times(void)
{
    /* The steps are 4 wide from 256 on and 16384 wide from 2^20 on. */
    static const uint32_t times[][3] = {{259, 259, 259}, {256, 256, 256}, {1048576 + 16383, 1048576 + 16383, 1048576 + 16383}, {0xffffffff, 0xffffffff, 0xffffffff}, {1, 63, 64}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        nsc_sockets sockets = {0};
        nsc_rtt_histogram rtt = {0};
        for (size_t k = 0; k < 3; k++) nsc_rtt_add(&rtt, times[i][k]);
        nsc_rtt_summarise(&sockets, &rtt);
        CHECK(sockets.rtt_min_us == times[i][0] && sockets.rtt_median_us == times[i][1] && sockets.rtt_p95_us == times[i][2]);
    }

    /* Of 1 to 100,000 us. */
    nsc_sockets sockets = {0};
    nsc_rtt_histogram rtt = {0};
    for (uint32_t us = 100000; us > 0; us--) nsc_rtt_add(&rtt, us);
    nsc_rtt_summarise(&sockets, &rtt);
    CHECK(sockets.rtt_count == 100000 && sockets.rtt_min_us == 1);
    CHECK(sockets.rtt_median_us >= 49600 && sockets.rtt_median_us <= 50400 && sockets.rtt_p95_us >= 94240 && sockets.rtt_p95_us <= 95760);
}

int main(void)
{
    percentiles_are_near_those_of_all_times();
    CHECK(unshare(CLONE_NEWNET) == 0);
    CHECK(system("ip link set lo up") == 0);
    int first = make_listener(AF_INET, 5);
    for (int i = 0; i < 6; i++) connect_to(first);
    int second = make_listener(AF_INET6, 7);
    connect_to(second);
    struct sockaddr_in any = {.sin_family = AF_INET};
    int udp = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK(bind(udp, (struct sockaddr *)&any, sizeof any) == 0);
    int accepted = accept(first, NULL, NULL);
    connect_to(first);
    CHECK(accepted >= 0);
    descriptors_before = dup(0);
    close(descriptors_before);
    counts_are_those_of_the_sockets_made();
    odd_answers_are_values();
    sockets_are_counted_by_their_cgroup();
    printf("%d checks passed\n", checks);
    return 0;
}
