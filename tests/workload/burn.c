/*
 * burn: a workload for the containers of tests. It uses the requested resources and then reports its CPU time. It is static,
 * so that it can be the only file of an image, and it can run as init (see below).
 *
 *   --cpu-ms N           burn N ms of CPU time, in user mode, at once
 *   --system-ms N        then N ms in the kernel
 *   --memory-mib N       before that, allocate N MiB, write to all of it, and keep it
 *   --send ADDRESS:PORT:COUNT   before that, send COUNT UDP datagrams of 1,000 bytes to an IPv4 address
 *   --children N:MS      start N children that burn MS each, one after the other, and wait for them
 *   --orphans N:MS:LIFE  start N children that burn MS each and sleep until LIFE ms after the start, without waiting for them:
 *                        they outlive burn, unless it is init of a pid namespace
 *   --life-ms N          then sleep until N ms after the start
 *   --last-cpu-ms N      then burn another N ms of CPU time, which only a final read can see
 *   --output FILE        append the last lines to this file too
 *   --cgroup-file FILE   read this file of the cgroup, cpuacct.usage or cpu.stat, after the last lines, and report its first line
 *   --exit CODE          exit with this status (0)
 *   --signal NUMBER      die from this signal instead
 *
 * Just before it ends, it writes two lines to standard output and to the file:
 *
 *   start USER SYSTEM    CPU time in microseconds (getrusage(2)) of its process before it executed burn. The process was the
 *                        runtime's then, perhaps in another cgroup
 *   self USER SYSTEM     the same at the end, of itself and the children it waited for
 *
 * With --cgroup-file, a third line follows:
 *
 *   cgroup LINE          the CPU time of the cgroup, with that of its other processes, those that had exited too
 *
 * Each orphan writes a line with "orphan" instead of "self". Only a few system calls follow. The exit status is 2 for a wrong
 * command line, and 125 with a message on standard error for other errors.
 *
 * A signal from within its pid namespace cannot kill init (kernel/signal.c, SIGNAL_UNKILLABLE), but a fault can: so signals 4, 7
 * and 11 are caused by faults. Signal 9 is caused by violating seccomp's strict mode, for which the kernel kills the thread
 * with SIGKILL. A seccomp filter, as of Docker's default profile, prevents strict mode, so init cannot do that there. Other
 * signals are raised, and have no effect on init.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WRONG_USE = 2, CANNOT = 125, DATAGRAM_BYTES = 1000, NS_PER_MS = 1000000, MAX_CHILDREN = 1000 };

struct plan {
    long cpu_ms, system_ms, memory_mib, life_ms, last_cpu_ms, exit_code, signal;
    long children, child_cpu_ms;
    long orphans, orphan_cpu_ms, orphan_life_ms;
    struct sockaddr_in destination;
    long datagrams;
    int output;
    const char *cgroup_file;
};

static void cannot(const char *what) {
    fprintf(stderr, "burn: %s: %s\n", what, strerror(errno));
    _exit(CANNOT);
}

static void wrong(const char *option, const char *value) {
    fprintf(stderr, "burn: %s: invalid value '%s'\n", option, value);
    _exit(WRONG_USE);
}

static long long now_ns(clockid_t clock) {
    struct timespec now;
    if (clock_gettime(clock, &now) != 0) cannot("clock_gettime");
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void burn_user(long ms) {
    long long end = now_ns(CLOCK_PROCESS_CPUTIME_ID) + (long long)ms * NS_PER_MS;
    /* Reading this clock is a system call, so read it rarely: nearly all the time is then user time. */
    while (now_ns(CLOCK_PROCESS_CPUTIME_ID) < end)
        for (volatile int i = 0; i < 50000; i++) {}
}

static void burn_system(long ms) {
    static char zeros[1 << 16];
    long long end = now_ns(CLOCK_PROCESS_CPUTIME_ID) + (long long)ms * NS_PER_MS;
    /* By a pipe, because an image with only this program has no /dev. */
    int ends[2];
    if (pipe(ends) != 0) cannot("pipe");
    while (now_ns(CLOCK_PROCESS_CPUTIME_ID) < end) {
        if (write(ends[1], zeros, sizeof zeros / 2) < 0 || read(ends[0], zeros, sizeof zeros / 2) < 0) cannot("pipe");
    }
    close(ends[0]);
    close(ends[1]);
}

static void sleep_until(long long start_ns, long life_ms) {
    long long end = start_ns + (long long)life_ms * NS_PER_MS;
    struct timespec until = {.tv_sec = end / 1000000000, .tv_nsec = end % 1000000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {}
}

static void hold_memory(long mib) {
    size_t bytes = (size_t)mib << 20;
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) cannot("mmap");
    memset(memory, 1, bytes);
}

static void send_datagrams(const struct plan *plan) {
    static const char payload[DATAGRAM_BYTES];
    int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (sender < 0) cannot("socket");
    for (long i = 0; i < plan->datagrams; i++) {
        ssize_t sent = sendto(sender, payload, sizeof payload, 0, (const struct sockaddr *)&plan->destination, sizeof plan->destination);
        if (sent < 0) cannot("sendto");
        /* Datagrams wait in a short queue until the neighbour's address is known, and are dropped if it is full. */
        if (i == 0) usleep(50000);
    }
    close(sender);
}

static long long microseconds(struct timeval time) { return time.tv_sec * 1000000LL + time.tv_usec; }

static void write_all(int file, const char *text, size_t length) {
    while (length > 0) {
        ssize_t written = write(file, text, length);
        if (written < 0 && errno == EINTR) continue;
        /* If nobody reads standard output, exit normally. */
        if (written <= 0) return;
        text += written;
        length -= (size_t)written;
    }
}

struct used { long long user_us, system_us; };

static struct used used_now(void) {
    struct rusage self, children;
    getrusage(RUSAGE_SELF, &self);
    getrusage(RUSAGE_CHILDREN, &children);
    return (struct used){
        microseconds(self.ru_utime) + microseconds(children.ru_utime),
        microseconds(self.ru_stime) + microseconds(children.ru_stime),
    };
}

static void report(const char *who, const struct used *start, int output) {
    char lines[256];
    int length = 0;
    if (start != NULL) length = snprintf(lines, sizeof lines, "start %lld %lld\n", start->user_us, start->system_us);
    struct used now = used_now();
    length += snprintf(lines + length, sizeof lines - (size_t)length, "%s %lld %lld\n", who, now.user_us, now.system_us);
    write_all(STDOUT_FILENO, lines, (size_t)length);
    if (output >= 0) write_all(output, lines, (size_t)length);
}

static void report_cgroup(const char *path, int output) {
    char lines[256] = "cgroup ";
    size_t length = strlen(lines);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) cannot(path);
    /* The kernel adds the time since the last tick to the cgroup when a process asks for its own. */
    used_now();
    ssize_t count = read(file, lines + length, sizeof lines - length - 1);
    if (count <= 0) cannot(path);
    close(file);
    lines[length + (size_t)count] = '\0';
    length = strcspn(lines, "\n");
    lines[length++] = '\n';
    write_all(STDOUT_FILENO, lines, length);
    if (output >= 0) write_all(output, lines, length);
}

static void die_by(int number) {
    signal(number, SIG_DFL);
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    if (number == SIGSEGV) {
        volatile char *forbidden = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        *forbidden = 0;
    } else if (number == SIGBUS) {
        /* A mapping behind the end of the file. */
        volatile char *nothing = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, (int)syscall(SYS_memfd_create, "burn", 0), 0);
        *nothing = 0;
    } else if (number == SIGILL) {
#if defined(__aarch64__)
        __asm__ volatile(".inst 0");
#else
        __builtin_trap();
#endif
    } else if (number == SIGKILL && prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0) {
        syscall(SYS_getpid);
    }
    kill(getpid(), number);
    fprintf(stderr, "burn: still alive after signal %d\n", number);
    _exit(CANNOT);
}

/* Parses non-negative numbers separated by colons. */
static void numbers(const char *option, const char *text, long *values[], int count) {
    const char *at = text;
    for (int i = 0; i < count; i++) {
        char *end;
        errno = 0;
        *values[i] = strtol(at, &end, 10);
        if (end == at || errno != 0 || *values[i] < 0 || *end != (i == count - 1 ? '\0' : ':')) wrong(option, text);
        at = end + 1;
    }
}

static void one_number(const char *option, const char *text, long *value) { numbers(option, text, (long *[]){value}, 1); }

static void destination(const char *option, const char *text, struct plan *plan) {
    char address[INET_ADDRSTRLEN];
    const char *colon = strchr(text, ':');
    long port;
    if (colon == NULL || (size_t)(colon - text) >= sizeof address) wrong(option, text);
    memcpy(address, text, (size_t)(colon - text));
    address[colon - text] = '\0';
    plan->destination.sin_family = AF_INET;
    if (inet_pton(AF_INET, address, &plan->destination.sin_addr) != 1) wrong(option, text);
    numbers(option, colon + 1, (long *[]){&port, &plan->datagrams}, 2);
    if (port > 65535) wrong(option, text);
    plan->destination.sin_port = htons((uint16_t)port);
}

static struct plan read_plan(int count, char **words) {
    struct plan plan = {.output = -1};
    for (int i = 1; i < count; i += 2) {
        const char *option = words[i];
        const char *value = i + 1 < count ? words[i + 1] : NULL;
        if (value == NULL) wrong(option, "");
        if (strcmp(option, "--cpu-ms") == 0) one_number(option, value, &plan.cpu_ms);
        else if (strcmp(option, "--system-ms") == 0) one_number(option, value, &plan.system_ms);
        else if (strcmp(option, "--memory-mib") == 0) one_number(option, value, &plan.memory_mib);
        else if (strcmp(option, "--send") == 0) destination(option, value, &plan);
        else if (strcmp(option, "--children") == 0) numbers(option, value, (long *[]){&plan.children, &plan.child_cpu_ms}, 2);
        else if (strcmp(option, "--orphans") == 0) numbers(option, value, (long *[]){&plan.orphans, &plan.orphan_cpu_ms, &plan.orphan_life_ms}, 3);
        else if (strcmp(option, "--life-ms") == 0) one_number(option, value, &plan.life_ms);
        else if (strcmp(option, "--last-cpu-ms") == 0) one_number(option, value, &plan.last_cpu_ms);
        else if (strcmp(option, "--exit") == 0) one_number(option, value, &plan.exit_code);
        else if (strcmp(option, "--signal") == 0) one_number(option, value, &plan.signal);
        else if (strcmp(option, "--cgroup-file") == 0) plan.cgroup_file = value;
        else if (strcmp(option, "--output") == 0) {
            plan.output = open(value, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
            if (plan.output < 0) cannot(value);
        } else wrong(option, value);
    }
    if (plan.exit_code > 255 || plan.signal >= NSIG || plan.children > MAX_CHILDREN || plan.orphans > MAX_CHILDREN) wrong(words[0], "a number is too large");
    return plan;
}

int main(int count, char **words) {
    long long start = now_ns(CLOCK_MONOTONIC);
    struct used before = used_now();
    struct plan plan = read_plan(count, words);
    signal(SIGPIPE, SIG_IGN);

    if (plan.datagrams > 0) send_datagrams(&plan);
    if (plan.memory_mib > 0) hold_memory(plan.memory_mib);
    for (long i = 0; i < plan.orphans; i++) {
        pid_t child = fork();
        if (child < 0) cannot("fork");
        if (child > 0) continue;
        burn_user(plan.orphan_cpu_ms);
        sleep_until(start, plan.orphan_life_ms);
        report("orphan", NULL, plan.output);
        _exit(0);
    }
    if (plan.cpu_ms > 0) burn_user(plan.cpu_ms);
    if (plan.system_ms > 0) burn_system(plan.system_ms);
    for (long i = 0; i < plan.children; i++) {
        pid_t child = fork();
        if (child < 0) cannot("fork");
        if (child == 0) {
            burn_user(plan.child_cpu_ms);
            _exit(0);
        }
        if (waitpid(child, NULL, 0) != child) cannot("waitpid");
    }
    sleep_until(start, plan.life_ms);
    if (plan.last_cpu_ms > 0) burn_user(plan.last_cpu_ms);

    report("self", &before, plan.output);
    if (plan.cgroup_file != NULL) report_cgroup(plan.cgroup_file, plan.output);
    if (plan.signal > 0) die_by((int)plan.signal);
    _exit((int)plan.exit_code);
}
