/*
 * CPU time of visits of many network namespaces (nsc_visit, as the agent makes them) without sockets, with the listening ones,
 * and with all. Makes its own namespaces: in each a process with a listening socket and as many connections as asked for.
 *
 *     sockets [NAMESPACES [ROUNDS [CONNECTIONS]]]
 */
#include "nscollector.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 5000, FILES = 6, PER_CALL = 32 };

static const char *const paths[FILES] = {"net/dev", "net/snmp", "net/netstat", "net/sockstat", "net/snmp6", "net/sockstat6"};
static int directories[MOST];
static pid_t pids[MOST];
static uint8_t buffer[1 << 20];
static nsc_visit_text texts[PER_CALL][FILES];
static nsc_sockets sockets[PER_CALL];
static uint64_t counted;
static nsc_visitor visitor = {.thread_net = -1};

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void live_in_namespace(int connections, int ready)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (unshare(CLONE_NEWNET) != 0) fail("unshare");
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    if (ioctl(listener, SIOCSIFFLAGS, &lo) != 0) fail("lo");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(80)};
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 128) != 0) fail("listen");
    for (int i = 0; i < connections; i++) {
        if (connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
        if (accept(listener, NULL, NULL) < 0) fail("accept");
    }

    if (write(ready, "x", 1) != 1) fail("write");
    for (;;) pause();
}

static uint64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t visit_all(int namespaces, uint32_t wanted)
{
    nsc_visit_file files[FILES];
    nsc_target targets[PER_CALL];
    for (int i = 0; i < FILES; i++) files[i] = (nsc_visit_file){(uintptr_t)paths[i], 65536, i == 0 ? NSC_VISIT_REQUIRED : 0};
    nsc_request request = {.mode = NSC_MODE_VISIT, .file_count = FILES, .files = (uintptr_t)files, .texts = (uintptr_t)texts, .buffer = (uintptr_t)buffer,
                           .capacity = sizeof buffer, .sockets = wanted ? (uintptr_t)sockets : 0, .socket_limit = 20000};
    uint64_t began = cpu_ns();
    for (int done = 0; done < namespaces;) {
        int count = namespaces - done < PER_CALL ? namespaces - done : PER_CALL;
        for (int i = 0; i < count; i++) {
            targets[i] = (nsc_target){.directory = directories[done + i]};
            sockets[i].wanted = wanted;
        }

        int finished = nsc_visit(&visitor, &request, targets, count);
        if (finished <= 0) fail("nsc_visit");
        for (int i = 0; i < finished; i++) {
            if (targets[i].outcome != NSC_OUTCOME_READ || (wanted && sockets[i].tcp_error)) fail("a visit");
            if (wanted) counted += sockets[i].tcp[0][1] + sockets[i].tcp[0][10];
        }

        done += finished;
    }

    return cpu_ns() - began;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        uint32_t wanted;
    } kinds[] = {{"visit alone", 0}, {"listening sockets", NSC_SOCKETS_LISTENERS}, {"all TCP sockets", NSC_SOCKETS_TCP}, {"TCP and UDP", NSC_SOCKETS_TCP | NSC_SOCKETS_UDP}};
    int namespaces = argc > 1 ? atoi(argv[1]) : 1000;
    int rounds = argc > 2 ? atoi(argv[2]) : 5;
    int connections = argc > 3 ? atoi(argv[3]) : 2;
    int ready[2];
    if (namespaces < 1 || namespaces > MOST || rounds < 1 || pipe(ready) != 0) fail("arguments");
    for (int i = 0; i < namespaces; i++) {
        char path[32];
        char byte;
        pids[i] = fork();
        if (pids[i] < 0) fail("fork");
        if (pids[i] == 0) live_in_namespace(connections, ready[1]);
        if (read(ready[0], &byte, 1) != 1) fail("read");
        snprintf(path, sizeof path, "/proc/%d", pids[i]);
        directories[i] = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (directories[i] < 0) fail(path);
    }

    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
        uint64_t least = UINT64_MAX;
        for (int round = 0; round < rounds; round++) {
            counted = 0;
            uint64_t took = visit_all(namespaces, kinds[kind].wanted);
            if (took < least) least = took;
        }

        printf("%-18s %8.1f us of CPU per namespace, %llu sockets\n", kinds[kind].name, (double)least / 1e3 / namespaces, (unsigned long long)counted);
    }

    for (int i = 0; i < namespaces; i++) kill(pids[i], SIGKILL);
    return 0;
}
