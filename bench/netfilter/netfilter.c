/*
 * CPU time of reading the counters of many network namespaces (nsc_netfilter_read, as the agent does), without rules and with as
 * many as asked for: each with a counter and a comment. Makes its own namespaces.
 *
 *     netfilter [NAMESPACES [ROUNDS]]
 */
#include "netfilter.h"
#include "netlink.h"

#include <fcntl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
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

enum { MOST = 5000, DUMPS = 3 };

typedef struct message {
    struct nlmsghdr header;
    struct nfgenmsg family;
} message;

static int directories[MOST];
static uint64_t identities[MOST];
static pid_t pids[MOST];
static uint8_t answers[DUMPS][4 << 20];
static uint64_t entries[(4 << 20) / 8];

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void live_in_namespace(int ready)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (unshare(CLONE_NEWNET) != 0) fail("unshare");
    if (write(ready, "x", 1) != 1) fail("write");
    for (;;) pause();
}

static void start(int index)
{
    struct stat status;
    char path[64];
    char byte;
    int ready[2];
    if (pipe(ready) != 0) fail("pipe");
    pids[index] = fork();
    if (pids[index] < 0) fail("fork");
    if (pids[index] == 0) live_in_namespace(ready[1]);
    if (read(ready[0], &byte, 1) != 1) fail("read");
    close(ready[0]);
    close(ready[1]);
    snprintf(path, sizeof path, "/proc/%d", pids[index]);
    directories[index] = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%d/ns/net", pids[index]);
    if (directories[index] < 0 || stat(path, &status) != 0) fail(path);
    identities[index] = status.st_ino;
}

/* Replaces the rules of a namespace by this number of them. */
static void set_rules(int index, int rules)
{
    char command[128];
    snprintf(command, sizeof command, "nsenter -t %d -n nft -f -", pids[index]);
    FILE *nft = popen(command, "w");
    if (!nft) fail("nft");
    fprintf(nft, "flush ruleset\ntable inet t {\nchain in { type filter hook input priority 0;\n");
    for (int i = 0; i < rules; i++) fprintf(nft, "ip saddr 10.0.%d.%d tcp dport 80 counter accept comment \"policy of tenant %d\"\n", i / 256, i % 256, i);
    fprintf(nft, "}\n}\n");
    if (pclose(nft) != 0) fail("nft");
}

static uint64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t read_all(int namespaces, int dumps, uint32_t has_xtables, uint64_t *bytes)
{
    static const uint16_t types[DUMPS] = {(NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETRULE, (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETOBJ, (NFNL_SUBSYS_ACCT << 8) | 1};
    message messages[DUMPS];
    nsc_netlink_exchange exchanges[DUMPS];
    nsc_netfilter netfilter = {.exchanges = (uintptr_t)exchanges, .exchange_count = dumps, .has_xtables = has_xtables, .buffer = (uintptr_t)entries, .capacity = sizeof entries};
    for (int i = 0; i < DUMPS; i++) {
        messages[i] = (message){.header = {.nlmsg_len = sizeof messages[i], .nlmsg_type = types[i], .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
        exchanges[i] = (nsc_netlink_exchange){.request = (uintptr_t)&messages[i], .buffer = (uintptr_t)answers[i], .request_length = sizeof messages[i],
                                              .capacity = sizeof answers[i], .protocol = NETLINK_NETFILTER};
    }

    *bytes = 0;
    uint64_t began = cpu_ns();
    for (int i = 0; i < namespaces; i++) {
        if (nsc_netfilter_read(directories[i], identities[i], &netfilter) != 0) fail("nsc_netfilter_read");
        for (int dump = 0; dump < dumps; dump++) {
            if (exchanges[dump].error != 0 || exchanges[dump].flags != 0) fail("a dump");
            *bytes += exchanges[dump].length;
        }
    }

    return cpu_ns() - began;
}

static void measure(const char *name, int namespaces, int rounds, int dumps, uint32_t has_xtables)
{
    uint64_t least = UINT64_MAX;
    uint64_t bytes = 0;
    for (int round = 0; round < rounds; round++) {
        uint64_t took = read_all(namespaces, dumps, has_xtables, &bytes);
        if (took < least) least = took;
    }

    printf("%-32s %8.1f us of CPU per namespace, %llu bytes\n", name, (double)least / 1e3 / namespaces, (unsigned long long)bytes / (unsigned long long)namespaces);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    int namespaces = argc > 1 ? atoi(argv[1]) : 1000;
    int rounds = argc > 2 ? atoi(argv[2]) : 5;
    if (namespaces < 1 || namespaces > MOST || rounds < 1) fail("arguments");
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < namespaces; i++) start(i);
    measure("entering alone", namespaces, rounds, 0, 0);
    measure("no rules, nftables", namespaces, rounds, 2, 0);
    measure("no rules, nftables, nfacct", namespaces, rounds, 3, 0);
    measure("no rules, all parts", namespaces, rounds, 3, 1);
    for (int rules = 10; rules <= 1000; rules *= 10) {
        char name[32];
        int some = rules == 1000 && namespaces > 50 ? 50 : namespaces;
        for (int i = 0; i < some; i++) set_rules(i, rules);
        snprintf(name, sizeof name, "%d rules, all parts", rules);
        measure(name, some, rounds, 3, 1);
    }

    for (int i = 0; i < namespaces; i++) kill(pids[i], SIGKILL);
    return 0;
}
