/*
 * Compares ways to read the interface counters of many network namespaces, on an idle host and while another process creates
 * and deletes veth pairs. Makes its own namespaces (one process each, with lo and one veth) and removes them.
 *
 *     netread [NAMESPACES [ROUNDS]]
 *
 * One visit is: open ns/net, setns, close, read. It does not include the return, which happens once for all visits.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 5000, CHURNED = 200 };

static pid_t pids[MOST];
static int directories[MOST];
static int namespaces = 1000;
static pid_t churn = -1;
static int thread_net;
static char text[1 << 16];
static long interrupted; /* dumps that were inconsistent (NLM_F_DUMP_INTR) and had to be repeated */

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void clean_up(void)
{
    if (churn > 0) {
        kill(-churn, SIGKILL);
        waitpid(churn, NULL, 0);
        FILE *ip = popen("ip -force -batch - >/dev/null 2>&1", "w");
        for (int i = 0; ip && i < CHURNED; i++) fprintf(ip, "link del nrc%d\n", i);
        if (ip) pclose(ip);
    }

    for (int i = 0; i < namespaces; i++) {
        if (pids[i] > 0) kill(pids[i], SIGKILL);
    }
}

static void interrupt(int number)
{
    (void)number;
    exit(1);
}

static uint64_t now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void read_file(int directory, const char *path)
{
    int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail(path);
    while (read(fd, text, sizeof text) > 0) { }
    close(fd);
}

static void by_held_directory(void) { read_file(thread_net, "dev"); }
static void by_path(void) { read_file(AT_FDCWD, "/proc/thread-self/net/dev"); }

static void dump(uint16_t type, const void *body, size_t length)
{
    struct {
        struct nlmsghdr header;
        char body[64];
    } request;
    int again;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) fail("socket");
    memset(&request, 0, sizeof request);
    memcpy(request.body, body, length);
    request.header.nlmsg_len = (uint32_t)NLMSG_LENGTH(length);
    request.header.nlmsg_type = type;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    do {
        again = 0;
        if (send(fd, &request, request.header.nlmsg_len, 0) < 0) fail("send");
        for (int done = 0; !done;) {
            ssize_t got = recv(fd, text, sizeof text, 0);
            if (got < 0) fail("recv");
            size_t left = (size_t)got;
            for (struct nlmsghdr *at = (struct nlmsghdr *)(void *)text; NLMSG_OK(at, left); at = NLMSG_NEXT(at, left)) {
                if (at->nlmsg_flags & NLM_F_DUMP_INTR) again = 1;
                if (at->nlmsg_type == NLMSG_ERROR) fail("netlink");
                if (at->nlmsg_type == NLMSG_DONE) done = 1;
            }
        }

        interrupted += again;
    } while (again);
    close(fd);
}

static void by_getstats(void)
{
    struct if_stats_msg body = {.family = AF_UNSPEC, .filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64)};
    dump(RTM_GETSTATS, &body, sizeof body);
}

static void by_getlink(void)
{
    struct ifinfomsg body = {.ifi_family = AF_UNSPEC};
    dump(RTM_GETLINK, &body, sizeof body);
}

static const struct {
    const char *name;
    void (*read)(void);
    int enters;
} ways[] = {
    {"setns only", NULL, 1},
    {"net/dev, held directory", by_held_directory, 1},
    {"net/dev, by path", by_path, 1},
    {"RTM_GETSTATS", by_getstats, 1},
    {"RTM_GETLINK", by_getlink, 1},
    {"/proc/PID/net/dev, no setns", NULL, 0},
};

static int compare(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one;
    uint64_t b = *(const uint64_t *)other;
    return (a > b) - (a < b);
}

static void start_namespaces(void)
{
    for (int i = 0; i < namespaces; i++) {
        int ready[2];
        char byte;
        char path[64];
        if (pipe(ready) != 0) fail("pipe");
        pids[i] = fork();
        if (pids[i] < 0) fail("fork");
        if (pids[i] == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            signal(SIGINT, SIG_DFL);
            signal(SIGTERM, SIG_DFL);
            if (unshare(CLONE_NEWNET) != 0 || write(ready[1], "x", 1) != 1) _exit(1);
            close(ready[0]);
            close(ready[1]);
            for (;;) pause();
        }

        close(ready[1]);
        if (read(ready[0], &byte, 1) != 1) fail("a namespace");
        close(ready[0]);
        snprintf(path, sizeof path, "/proc/%d", (int)pids[i]);
        directories[i] = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (directories[i] < 0) fail(path);
    }

    FILE *ip = popen("ip -batch -", "w");
    if (!ip) fail("ip");
    for (int i = 0; i < namespaces; i++) fprintf(ip, "link add nrh%d type veth peer name eth0 netns %d\n", i, (int)pids[i]);
    if (pclose(ip) != 0) fail("ip");
}

static void start_churn(void)
{
    churn = fork();
    if (churn < 0) fail("fork");
    if (churn > 0) return;
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    for (;;) {
        FILE *ip = popen("ip -force -batch - >/dev/null 2>&1", "w");
        if (!ip) _exit(1);
        for (int i = 0; i < CHURNED; i++) fprintf(ip, "link add nrc%d type veth peer name nrd%d\n", i, i);
        for (int i = 0; i < CHURNED; i++) fprintf(ip, "link del nrc%d\n", i);
        pclose(ip);
    }
}

static void measure(const char *load, int rounds)
{
    size_t most = (size_t)rounds * (size_t)namespaces;
    uint64_t *times = malloc(most * sizeof *times);
    int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (!times || home < 0) fail("measure");
    for (size_t way = 0; way < sizeof ways / sizeof ways[0]; way++) {
        size_t count = 0;
        uint64_t cpu = 0;
        interrupted = 0;
        for (int round = -1; round < rounds; round++) {
            uint64_t cpu_before = now(CLOCK_THREAD_CPUTIME_ID);
            for (int i = 0; i < namespaces; i++) {
                uint64_t before = now(CLOCK_MONOTONIC);
                if (ways[way].enters) {
                    int fd = openat(directories[i], "ns/net", O_RDONLY | O_CLOEXEC);
                    if (fd < 0 || setns(fd, CLONE_NEWNET) != 0) fail("setns");
                    close(fd);
                    if (ways[way].read) ways[way].read();
                } else {
                    read_file(directories[i], "net/dev");
                }

                if (round >= 0) times[count++] = now(CLOCK_MONOTONIC) - before;
            }

            if (setns(home, CLONE_NEWNET) != 0) abort();
            if (round >= 0) cpu += now(CLOCK_THREAD_CPUTIME_ID) - cpu_before;
        }

        qsort(times, count, sizeof *times, compare);
        printf("| %s | %s | %.1f | %.1f | %.1f | %.0f | %ld |\n", load, ways[way].name, (double)cpu / 1e3 / (double)count,
               (double)times[count / 2] / 1e3, (double)times[count * 99 / 100] / 1e3, (double)times[count - 1] / 1e3, interrupted);
        fflush(stdout);
    }

    close(home);
    free(times);
}

int main(int argc, char **argv)
{
    int rounds = 5;
    if (argc > 1) namespaces = atoi(argv[1]);
    if (argc > 2) rounds = atoi(argv[2]);
    if (namespaces < 1 || namespaces > MOST || rounds < 1) {
        fprintf(stderr, "usage: netread [NAMESPACES (to %d) [ROUNDS]]\n", MOST);
        return 2;
    }

    signal(SIGINT, interrupt);
    signal(SIGTERM, interrupt);
    atexit(clean_up);
    start_namespaces();
    thread_net = open("/proc/thread-self/net", O_PATH | O_DIRECTORY | O_CLOEXEC);
    printf("%d namespaces, %d rounds; a visit in microseconds\n\n", namespaces, rounds);
    printf("| load | way | CPU mean | p50 | p99 | max | repeated |\n|---|---|---|---|---|---|---|\n");
    measure("idle", rounds);
    start_churn();
    sleep(1);
    measure("veth churn", rounds);
    return 0;
}
