/* Tests of netlink.c: answers of a real namespace, and answers that no kernel should give (recvmsg is wrapped). */
#include "check.h"
#include "../netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef enum odd_answer { NONE, TRUNCATED, NO_BUFFERS, EMPTY, INTERRUPTED, SHORT_HEADER, LONG_MESSAGE, OTHER_SEQUENCE, REST, FORGED,
                          FORGED_EARLY } odd_answer;

/* A request about interfaces. */
typedef struct interface_request {
    struct nlmsghdr header;
    struct ifinfomsg body;
} interface_request;

static odd_answer answer;
static int setns_before_refusal = -1;
static int directory;
static pid_t child;
static uint64_t child_inode;
static uint64_t own_inode;
static _Alignas(struct nlmsghdr) char buffer[1 << 17];

ssize_t __real_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);
int __real_setns(int fd, int kind);
int __wrap_setns(int fd, int kind);

int __wrap_setns(int fd, int kind)
{
    if (setns_before_refusal == 0) {
        errno = EPERM;
        return -1;
    }

    if (setns_before_refusal > 0) setns_before_refusal--;
    return __real_setns(fd, kind);
}

/* Another process sends a message to the socket. */
static void forge(int fd)
{
    struct nlmsghdr forged = {.nlmsg_len = sizeof forged, .nlmsg_type = NLMSG_DONE, .nlmsg_seq = 7};
    struct sockaddr_nl victim;
    socklen_t length = sizeof victim;
    CHECK(getsockname(fd, (struct sockaddr *)&victim, &length) == 0);
    int other = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    CHECK(other >= 0);
    CHECK(sendto(other, &forged, sizeof forged, 0, (struct sockaddr *)&victim, sizeof victim) < 0 && errno == ECONNREFUSED);
    close(other);
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
    if (answer == FORGED) forge(fd);
    if (answer == NO_BUFFERS) {
        errno = ENOBUFS;
        return -1;
    }

    ssize_t got = __real_recvmsg(fd, message, flags);
    if (answer == EMPTY) return 0;
    if (got < (ssize_t)sizeof(struct nlmsghdr)) return got;
    struct nlmsghdr *header = message->msg_iov[0].iov_base;
    switch (answer) {
    case TRUNCATED: message->msg_flags |= MSG_TRUNC; break;
    case INTERRUPTED: header->nlmsg_flags |= NLM_F_DUMP_INTR; break;
    case SHORT_HEADER: header->nlmsg_len = 3; break;
    case LONG_MESSAGE: header->nlmsg_len = (uint32_t)got + 1; break;
    case OTHER_SEQUENCE: header->nlmsg_seq++; break;
    case REST: header->nlmsg_type = RTM_NEWLINK; header->nlmsg_len = (uint32_t)got - 4; break;
    case FORGED_EARLY: ((struct sockaddr_nl *)message->msg_name)->nl_pid = 4711; break;
    default: break;
    }

    return got;
}

static interface_request link_request(void)
{
    return (interface_request){
        .header = {
            .nlmsg_len = sizeof(interface_request),
            .nlmsg_type = RTM_GETLINK,
            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
            .nlmsg_seq = 7,
        },
    };
}

static nsc_netlink_exchange exchange_of(interface_request *request, uint32_t capacity)
{
    return (nsc_netlink_exchange){
        .request = (uintptr_t)request, .request_length = sizeof *request, .protocol = NETLINK_ROUTE,
        .buffer = (uintptr_t)buffer, .capacity = capacity,
    };
}

static nsc_netlink_exchange ask(odd_answer odd, uint32_t capacity)
{
    interface_request request = link_request();
    nsc_netlink_exchange exchange = exchange_of(&request, capacity);
    answer = odd;
    CHECK(nsc_netlink_inside(directory, child_inode, &exchange, 1) == 0);
    answer = NONE;
    return exchange;
}

static uint64_t inode_of(const char *path)
{
    struct stat status;
    CHECK(stat(path, &status) == 0);
    return status.st_ino;
}

static int descriptors(void)
{
    int count = 0;
    for (int fd = 0; fd < 256; fd++) count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* The interfaces of an answer. */
static int messages(const nsc_netlink_exchange *exchange)
{
    int count = 0;
    uint32_t left = exchange->length;
    for (const struct nlmsghdr *at = (const void *)buffer; NLMSG_OK(at, left); at = NLMSG_NEXT(at, left)) count += at->nlmsg_type == RTM_NEWLINK;
    CHECK(left == 0);
    return count;
}

/* The new namespace has only lo, with index 1. */
static void answers_are_those_of_the_namespace(void)
{
    char path[128];
    nsc_netlink_exchange exchange = ask(NONE, sizeof buffer);
    CHECK(exchange.error == 0 && exchange.flags == 0 && messages(&exchange) == 1);
    uint32_t whole = exchange.length;
    CHECK(((const struct ifinfomsg *)NLMSG_DATA((struct nlmsghdr *)(void *)buffer))->ifi_index == 1);
    snprintf(path, sizeof path, "/proc/self/task/%d/ns/net", getpid());
    CHECK(inode_of(path) == own_inode);

    exchange = ask(NONE, whole);
    CHECK(exchange.error == 0 && exchange.flags == 0 && exchange.length == whole);
    exchange = ask(NONE, whole - 1);
    CHECK(exchange.error == 0 && exchange.flags == NSC_NETLINK_TRUNCATED && exchange.length == 0);

    /* More interfaces than one part of a dump has space for. */
    for (int i = 0; i < 40; i++) {
        snprintf(path, sizeof path, "nsenter -t %d -n ip link add d%d type veth peer name p%d", child, i, i);
        CHECK(system(path) == 0);
    }

    exchange = ask(NONE, sizeof buffer);
    CHECK(exchange.error == 0 && (exchange.flags & NSC_NETLINK_TRUNCATED) == 0 && exchange.length > 32768);
    CHECK(messages(&exchange) == 81);
    exchange = ask(NONE, 40000);
    CHECK(exchange.flags & NSC_NETLINK_TRUNCATED);
    int part = messages(&exchange);
    CHECK(part > 10 && part < 81);
}

/* A truncated answer does not spoil the next exchange; nor does an error. */
static void exchanges_are_independent(void)
{
    interface_request requests[3] = {link_request(), link_request(), link_request()};
    requests[1].header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    requests[1].body.ifi_index = 9999;
    nsc_netlink_exchange exchanges[3];
    for (int i = 0; i < 3; i++) exchanges[i] = exchange_of(&requests[i], i == 0 ? 16 : sizeof buffer);
    CHECK(nsc_netlink_inside(directory, child_inode, exchanges, 3) == 0);
    CHECK(exchanges[0].error == 0 && exchanges[0].flags == NSC_NETLINK_TRUNCATED);
    CHECK(exchanges[1].error == -ENODEV && exchanges[1].length == 0);
    CHECK(exchanges[2].error == 0 && exchanges[2].flags == 0 && messages(&exchanges[2]) == 81);

    /* One interface, with the answer before its acknowledgement. */
    requests[1].body.ifi_index = 1;
    CHECK(nsc_netlink_inside(directory, child_inode, &exchanges[1], 1) == 0);
    CHECK(exchanges[1].error == 0 && messages(&exchanges[1]) == 1);

    /* Of the thread's own namespace. */
    nsc_netlink_here(&exchanges[1], 1);
    CHECK(exchanges[1].error == 0 && messages(&exchanges[1]) == 1);
    CHECK(((const struct ifinfomsg *)NLMSG_DATA((struct nlmsghdr *)(void *)buffer))->ifi_index == 1);
}

static void invalid_requests_are_not_sent(void)
{
    interface_request request = link_request();
    nsc_netlink_exchange exchange = exchange_of(&request, sizeof buffer);
    exchange.request_length = 8;
    nsc_netlink_here(&exchange, 1);
    CHECK(exchange.error == -EINVAL);
    exchange.request_length = sizeof request + 4;
    nsc_netlink_here(&exchange, 1);
    CHECK(exchange.error == -EINVAL);
    exchange.request_length = sizeof request;
    request.header.nlmsg_flags = NLM_F_REQUEST;
    nsc_netlink_here(&exchange, 1);
    CHECK(exchange.error == -EINVAL);
    request.header.nlmsg_flags = NLM_F_DUMP;
    nsc_netlink_here(&exchange, 1);
    CHECK(exchange.error == -EINVAL);
    request = link_request();
    exchange.protocol = 31;
    nsc_netlink_here(&exchange, 1);
    CHECK(exchange.error == -EPROTONOSUPPORT);
}

static void odd_answers_are_values(void)
{
    CHECK(ask(TRUNCATED, sizeof buffer).error == -EMSGSIZE);
    CHECK(ask(NO_BUFFERS, sizeof buffer).error == -ENOBUFS);
    CHECK(ask(EMPTY, sizeof buffer).error == -EBADMSG);
    CHECK(ask(SHORT_HEADER, sizeof buffer).error == -EBADMSG);
    CHECK(ask(LONG_MESSAGE, sizeof buffer).error == -EBADMSG);
    CHECK(ask(OTHER_SEQUENCE, sizeof buffer).error == -EBADMSG);
    CHECK(ask(REST, sizeof buffer).error == -EBADMSG);
    CHECK(ask(FORGED_EARLY, sizeof buffer).error == -EBADMSG);
    CHECK(ask(FORGED, sizeof buffer).error == 0);
    CHECK(ask(INTERRUPTED, sizeof buffer).flags & NSC_NETLINK_INTERRUPTED);
}

static void other_namespaces_are_not_entered(void)
{
    interface_request request = link_request();
    nsc_netlink_exchange exchange = exchange_of(&request, sizeof buffer);
    int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
    CHECK(self >= 0);
    CHECK(nsc_netlink_inside(directory, child_inode + 1, &exchange, 1) == -ESRCH);
    CHECK(nsc_netlink_inside(self, own_inode, &exchange, 1) == -ESRCH);
    CHECK(nsc_netlink_inside(-1, child_inode, &exchange, 1) == -ESRCH);
    setns_before_refusal = 0;
    CHECK(nsc_netlink_inside(directory, child_inode, &exchange, 1) == -EPERM);
    setns_before_refusal = -1;
    close(self);
}

/* The way home is refused. */
static void thread_that_cannot_return_aborts(void)
{
    int status;
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        interface_request request = link_request();
        nsc_netlink_exchange exchange = exchange_of(&request, sizeof buffer);
        signal(SIGABRT, SIG_DFL);
        close(STDERR_FILENO);
        setns_before_refusal = 1;
        nsc_netlink_inside(directory, child_inode, &exchange, 1);
        _exit(0);
    }

    CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void start_child(void)
{
    char path[64];
    int ready[2];
    char byte;
    CHECK(pipe2(ready, O_CLOEXEC) == 0);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (unshare(CLONE_NEWNET) != 0 || write(ready[1], "r", 1) != 1) _exit(1);
        for (;;) pause();
    }

    CHECK(read(ready[0], &byte, 1) == 1);
    close(ready[0]);
    close(ready[1]);
    snprintf(path, sizeof path, "/proc/%d", child);
    directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    CHECK(directory >= 0);
    snprintf(path, sizeof path, "/proc/%d/ns/net", child);
    child_inode = inode_of(path);
    own_inode = inode_of("/proc/self/ns/net");
    CHECK(child_inode != own_inode);
}

int main(void)
{
    start_child();
    int before = descriptors();
    answers_are_those_of_the_namespace();
    exchanges_are_independent();
    invalid_requests_are_not_sent();
    odd_answers_are_values();
    other_namespaces_are_not_entered();
    thread_that_cannot_return_aborts();
    CHECK(descriptors() == before && inode_of("/proc/self/ns/net") == own_inode);

    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    interface_request request = link_request();
    nsc_netlink_exchange exchange = exchange_of(&request, sizeof buffer);
    CHECK(nsc_netlink_inside(directory, child_inode, &exchange, 1) == -ESRCH);
    printf("netlink_test: %d checks\n", checks);
    return 0;
}
