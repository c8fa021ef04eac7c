/*
 * CPU time of netlink requests in many network namespaces (nsc_netlink_inside, as the agent makes them): queueing disciplines with the
 * names of the interfaces, and the statistics of connection tracking, by ctnetlink and by the kernel's file. The host's namespace, with
 * the other ends of the veth pairs, is one of its own too.
 *
 *     netlink [NAMESPACES [ROUNDS]]
 */
#include "netlink.h"
#include "nscollector.h"

#include <fcntl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 5000, PER_CALL = 32 };

typedef enum kind { VISIT, CONNTRACK_FILE, CONNTRACK_NETLINK, QDISCS, HOST, KINDS } kind;

static const char *const names[KINDS] = {"visit for net/dev", "and net/stat/nf_conntrack", "conntrack by ctnetlink", "links and qdiscs", "qdiscs of the host"};
static int directories[MOST];
static uint64_t inodes[MOST];
static pid_t pids[MOST];
static uint8_t texts_buffer[1 << 20];
static _Alignas(struct nlmsghdr) char buffers[2][1 << 22];
static nsc_visit_text texts[PER_CALL][2];
static nsc_visitor visitor = {.thread_net = -1};
static uint64_t bytes;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void live_in_namespace(int ready)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (unshare(CLONE_NEWNET) != 0) fail("unshare");
    if (write(ready, "x", 1) != 1) fail("write");
    for (;;) pause();
}

static void make_links(int namespaces)
{
    FILE *ip = popen("ip -batch -", "w");
    if (!ip) fail("ip");
    for (int i = 0; i < namespaces; i++) fprintf(ip, "link add h%d type veth peer name eth0 netns %d\nlink set h%d up\n", i, pids[i], i);
    if (pclose(ip) != 0) fail("ip -batch");
}

/* A queueing discipline that counts. */
static void add_pfifo(int directory)
{
    struct {
        struct nlmsghdr header;
        struct tcmsg body;
        struct rtattr kind;
        char name[8];
    } request = {
        .header = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_NEWQDISC, .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_ACK},
        .body = {.tcm_ifindex = 2, .tcm_parent = TC_H_ROOT},
        .kind = {.rta_len = sizeof(struct rtattr) + 6, .rta_type = TCA_KIND},
        .name = "pfifo",
    };
    struct stat status;
    nsc_netlink_exchange exchange = {.request = (uintptr_t)&request, .request_length = sizeof request, .buffer = (uintptr_t)buffers[0], .capacity = 4096};
    if (fstatat(directory, "ns/net", &status, 0) != 0 || nsc_netlink_inside(directory, status.st_ino, &exchange, 1) != 0) fail("a namespace");
    if (exchange.error) {
        fprintf(stderr, "qdisc: %d\n", exchange.error);
        exit(1);
    }
}

static void visit_all(int namespaces, int files_wanted)
{
    nsc_visit_file files[2] = {{(uintptr_t)"net/dev", 65536, NSC_VISIT_REQUIRED}, {(uintptr_t)"net/stat/nf_conntrack", 65536, NSC_VISIT_REQUIRED}};
    nsc_target targets[PER_CALL];
    nsc_request request = {.mode = NSC_MODE_VISIT, .file_count = files_wanted, .files = (uintptr_t)files, .texts = (uintptr_t)texts,
                           .buffer = (uintptr_t)texts_buffer, .capacity = sizeof texts_buffer};
    for (int done = 0; done < namespaces;) {
        int count = namespaces - done < PER_CALL ? namespaces - done : PER_CALL;
        for (int i = 0; i < count; i++) targets[i] = (nsc_target){.directory = directories[done + i]};
        int finished = nsc_visit(&visitor, &request, targets, count);
        if (finished <= 0) fail("nsc_visit");
        for (int i = 0; i < finished; i++) {
            if (targets[i].outcome != NSC_OUTCOME_READ) fail("a visit");
        }

        done += finished;
    }
}

static void run_kind(kind wanted, int namespaces)
{
    struct {
        struct nlmsghdr header;
        struct ifinfomsg body;
        struct rtattr mask;
        uint32_t value;
    } links = {
        .header = {.nlmsg_len = sizeof links, .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .mask = {.rta_len = sizeof(struct rtattr) + 4, .rta_type = IFLA_EXT_MASK},
        .value = RTEXT_FILTER_SKIP_STATS,
    };
    struct {
        struct nlmsghdr header;
        struct tcmsg body;
    } qdiscs = {.header = {.nlmsg_len = sizeof qdiscs, .nlmsg_type = RTM_GETQDISC, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
    struct {
        struct nlmsghdr header;
        struct nfgenmsg body;
    } conntrack = {.header = {.nlmsg_len = sizeof conntrack, .nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET_STATS_CPU,
                              .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
    nsc_netlink_exchange of_qdiscs = {.request = (uintptr_t)&qdiscs, .request_length = sizeof qdiscs, .buffer = (uintptr_t)buffers[1], .capacity = sizeof buffers[1]};
    nsc_netlink_exchange both[2] = {
        {.request = (uintptr_t)&links, .request_length = sizeof links, .buffer = (uintptr_t)buffers[0], .capacity = sizeof buffers[0]}, of_qdiscs};
    nsc_netlink_exchange of_conntrack = {.request = (uintptr_t)&conntrack, .request_length = sizeof conntrack, .buffer = (uintptr_t)buffers[0],
                                         .capacity = sizeof buffers[0], .protocol = NETLINK_NETFILTER};
    if (wanted == VISIT || wanted == CONNTRACK_FILE) {
        visit_all(namespaces, wanted == VISIT ? 1 : 2);
        return;
    }

    if (wanted == HOST) {
        nsc_netlink_here(&of_qdiscs, 1);
        if (of_qdiscs.error || of_qdiscs.flags) fail("a dump of the host");
        bytes += of_qdiscs.length;
        return;
    }

    nsc_netlink_exchange *exchanges = wanted == QDISCS ? both : &of_conntrack;
    int count = wanted == QDISCS ? 2 : 1;
    for (int i = 0; i < namespaces; i++) {
        if (nsc_netlink_inside(directories[i], inodes[i], exchanges, count) != 0) fail("a namespace");
        for (int j = 0; j < count; j++) {
            if (exchanges[j].error || exchanges[j].flags) fail("a dump");
            bytes += exchanges[j].length;
        }
    }
}

int main(int argc, char **argv)
{
    int namespaces = argc > 1 ? atoi(argv[1]) : 1000;
    int rounds = argc > 2 ? atoi(argv[2]) : 5;
    int ready[2];
    if (namespaces < 1 || namespaces > MOST || rounds < 1 || pipe(ready) != 0) fail("arguments");
    if (unshare(CLONE_NEWNET) != 0) fail("unshare");
    for (int i = 0; i < namespaces; i++) {
        char path[32];
        char byte;
        struct stat status;
        pids[i] = fork();
        if (pids[i] < 0) fail("fork");
        if (pids[i] == 0) live_in_namespace(ready[1]);
        if (read(ready[0], &byte, 1) != 1) fail("read");
        snprintf(path, sizeof path, "/proc/%d", pids[i]);
        directories[i] = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (directories[i] < 0 || fstatat(directories[i], "ns/net", &status, 0) != 0) fail(path);
        inodes[i] = status.st_ino;
    }

    make_links(namespaces);
    for (int i = 0; i < namespaces; i++) add_pfifo(directories[i]);
    for (kind wanted = VISIT; wanted < KINDS; wanted++) {
        uint64_t least = UINT64_MAX;
        for (int round = 0; round < rounds; round++) {
            bytes = 0;
            uint64_t began = cpu_ns();
            run_kind(wanted, namespaces);
            uint64_t took = cpu_ns() - began;
            if (took < least) least = took;
        }

        printf("%-26s %8.1f us of CPU per namespace, %llu bytes of answers\n", names[wanted], (double)least / 1e3 / namespaces, (unsigned long long)bytes);
    }

    for (int i = 0; i < namespaces; i++) kill(pids[i], SIGKILL);
    return 0;
}
