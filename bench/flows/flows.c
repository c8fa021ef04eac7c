/*
 * A process in a network namespace makes so many connections to itself a second; this one receives what the kernel reports of their
 * ends, with the agent's code and its pauses. Without a buffer it does not listen, to compare the cost of the connections, or to load an
 * agent.
 *
 *     flows CONNECTIONS_PER_SECOND SECONDS BUFFER_BYTES
 */
#include "flows.h"
#include "nsid.h"
#include "rtnetlink.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PORTS = 32, BATCH = 256, PAYLOAD = 100, PAUSE_MS = 20 };

static nsc_flow flows[BATCH];

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* All CPU time of the host but idle and iowait, in seconds. */
static double busy_seconds(void)
{
    unsigned long long user, nice_time, system_time, idle, iowait, irq, softirq;
    FILE *stat = fopen("/proc/stat", "r");
    if (!stat || fscanf(stat, "cpu %llu %llu %llu %llu %llu %llu %llu", &user, &nice_time, &system_time, &idle, &iowait, &irq, &softirq) != 7) fail("/proc/stat");
    fclose(stat);
    return (double)(user + nice_time + system_time + irq + softirq) / (double)sysconf(_SC_CLK_TCK);
}

static void connect_once(int listener, const struct sockaddr_in *address)
{
    static char payload[PAYLOAD];
    char received[2 * PAYLOAD];
    int client = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(client, (const struct sockaddr *)address, sizeof *address) != 0) fail("connect");
    int server = accept(listener, NULL, NULL);
    if (server < 0) fail("accept");
    if (send(client, payload, sizeof payload, 0) != PAYLOAD || recv(server, received, sizeof received, 0) != PAYLOAD) fail("transfer");
    close(client);
    if (recv(server, received, sizeof received, 0) != 0) fail("end");
    close(server);
}

static void work(long rate, long seconds, int ready, int go)
{
    int listeners[PORTS];
    struct sockaddr_in addresses[PORTS];
    char byte = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (unshare(CLONE_NEWNET) != 0) fail("unshare");
    for (int i = 0; i < PORTS; i++) {
        struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
        addresses[i] = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)(1000 + i))};
        listeners[i] = socket(AF_INET, SOCK_STREAM, 0);
        if (ioctl(listeners[i], SIOCSIFFLAGS, &lo) != 0) fail("lo");
        if (bind(listeners[i], (struct sockaddr *)&addresses[i], sizeof addresses[i]) != 0 || listen(listeners[i], 128) != 0) fail("listen");
    }

    if (write(ready, &byte, 1) != 1 || read(go, &byte, 1) != 1) fail("pipe");
    uint64_t began = now_ns(CLOCK_MONOTONIC);
    for (long i = 0; i < rate * seconds; i++) {
        uint64_t due = began + (uint64_t)i * 1000000000u / (uint64_t)rate;
        uint64_t now = now_ns(CLOCK_MONOTONIC);
        if (due > now + 1000000) {
            struct timespec pause = {.tv_nsec = (long)(due - now)};
            nanosleep(&pause, NULL);
        }

        connect_once(listeners[i % PORTS], &addresses[i % PORTS]);
    }

    double took = (double)(now_ns(CLOCK_MONOTONIC) - began) / 1e9;
    printf("connections per second: %.0f; CPU time of the process that makes them: %.1f us each\n", (double)(rate * seconds) / took,
           (double)now_ns(CLOCK_PROCESS_CPUTIME_ID) / 1000 / (double)(rate * seconds));
    fflush(stdout);
    if (write(ready, &byte, 1) != 1) fail("pipe");
    for (;;) pause();
}

/* As FlowReceiver.Drain. */
static int64_t drain(int fd)
{
    int64_t received = 0;
    int32_t messages = BATCH;
    while (messages >= BATCH) {
        int32_t count = nsc_flows_read(fd, flows, BATCH, &messages);
        if (count < 0) fail("nsc_flows_read");
        received += count;
    }

    return received;
}

int main(int argc, char **argv)
{
    int ready[2], go[2];
    char path[64], byte = 0;
    struct stat status;
    int32_t is_new;
    if (argc != 4) return 2;
    long rate = atol(argv[1]), seconds = atol(argv[2]), buffer = atol(argv[3]);
    if (pipe(ready) != 0 || pipe(go) != 0) fail("pipe");

    /* So that only the namespace of this bench is heard. */
    if (buffer > 0 && unshare(CLONE_NEWNET) != 0) fail("unshare");
    pid_t child = fork();
    if (child == 0) work(rate, seconds, ready[1], go[0]);
    if (child < 0 || read(ready[0], &byte, 1) != 1) fail("child");
    snprintf(path, sizeof path, "/proc/%d/ns/net", (int)child);
    if (stat(path, &status) != 0) fail(path);
    snprintf(path, sizeof path, "/proc/%d", (int)child);
    if (nsc_nsid_assign(nsc_rtnetlink_open(), open(path, O_PATH), status.st_ino, &is_new) < 0) fail("nsc_nsid_assign");
    int fd = buffer > 0 ? nsc_flows_open((int32_t)(buffer / 2)) : -1;
    if (buffer > 0 && fd < 0) fail("nsc_flows_open");

    int64_t received = 0, wakes = 0;
    double busy = busy_seconds();
    uint64_t cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    struct pollfd both[2] = {{.fd = ready[0], .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    if (write(go[1], &byte, 1) != 1) fail("pipe");
    while (poll(both, 2, -1) < 0 || !(both[0].revents & POLLIN)) {
        struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000};
        wakes++;
        received += drain(fd);
        nanosleep(&pause, NULL);
    }

    cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    busy = busy_seconds() - busy;
    if (fd >= 0) {
        /* The messages come from a work queue. */
        int64_t lost = nsc_flows_lost(fd);
        for (int i = 0; i < 100 && received + lost < 2 * rate * seconds; i++) {
            usleep(100000);
            received += drain(fd);
            lost = nsc_flows_lost(fd);
        }

        printf("buffer %ld: received %lld + lost %lld of %ld ends; receiver: %.2f us each, %.2f %% of a core, %lld wake-ups\n", buffer, (long long)received,
               (long long)lost, 2 * rate * seconds, (double)cpu / 1000 / (double)received, (double)cpu / 1e7 / (double)seconds, (long long)wakes);
    }

    printf("whole host: %.1f s of CPU time\n\n", busy);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return 0;
}
