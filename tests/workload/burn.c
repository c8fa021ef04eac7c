/*
 * burn: a program for containers of tests, that does what it is told and then tells what it cost. It is static, so that it
 * can be the only file of an image, and minds being init: what init must do otherwise is said below.
 *
 *   --cpu-ms N           burn N ms of CPU time, in user mode, at once
 *   --system-ms N        then N ms in the kernel
 *   --memory-mib N       before that, take N MiB, write to all of it, and keep it
 *   --send ADDRESS:PORT:COUNT   before that, send COUNT UDP datagrams of 1,000 bytes to an IPv4 address
 *   --children N:MS      N children that burn MS each, one after the other, and are waited for
 *   --orphans N:MS:LIFE  N children that burn MS each, then sleep until they are LIFE ms old, and are not waited for: they
 *                        outlive it, unless it is init of a pid namespace, whose end ends all
 *   --life-ms N          then sleep until it is N ms old
 *   --last-cpu-ms N      then burn N ms of CPU time more: what only a reading after the end can know
 *   --output FILE        append its last lines to a file too; it is made if need be
 *   --exit CODE          end with this status (0)
 *   --signal NUMBER      end by this signal instead
 *
 * The last thing it does before it ends is to write two lines, to standard output and to the file:
 *
 *   start USER SYSTEM    microseconds of CPU time: getrusage(2), of what its process was before it became this program; a
 *                        runtime's, which may have been in another cgroup then
 *   self USER SYSTEM     the same at the end, of itself and of the children it has waited for
 *
 * Each orphan writes such a line of its own, with "orphan" for "self". What comes after is a few system calls. A wrong
 * command line is status 2; anything that cannot be done is 125 and a word on standard error.
 *
 * Init cannot be killed by a signal from within its pid namespace (kernel/signal.c, SIGNAL_UNKILLABLE), but by a fault: 4, 7
 * and 11 are done by faulting. 9 is done by breaking seccomp's strict mode, at which the kernel ends a thread as by SIGKILL;
 * where a filter of seccomp is in force already (Docker's default) that is refused, and init cannot do it. Other signals are
 * raised, and do nothing to init.
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
};

static void cannot(const char *what) {
    fprintf(stderr, "burn: %s: %s\n", what, strerror(errno));
    _exit(CANNOT);
}

static void wrong(const char *option, const char *value) {
    fprintf(stderr, "burn: %s %s: not understood\n", option, value);
    _exit(WRONG_USE);
}

static long long now_ns(clockid_t clock) {
    struct timespec now;
    if (clock_gettime(clock, &now) != 0) cannot("clock_gettime");
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void burn_user(long ms) {
    long long end = now_ns(CLOCK_PROCESS_CPUTIME_ID) + (long long)ms * NS_PER_MS;
    /* That clock is a system call: rarely asked for, nearly all the time is the user's. */
    while (now_ns(CLOCK_PROCESS_CPUTIME_ID) < end)
        for (volatile int i = 0; i < 50000; i++) {}
}

static void burn_system(long ms) {
    static char zeros[1 << 16];
    long long end = now_ns(CLOCK_PROCESS_CPUTIME_ID) + (long long)ms * NS_PER_MS;
    /* An image of this program alone has no /dev. */
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
        /* What is sent before the neighbour is known waits in a short queue, or is dropped. */
        if (i == 0) usleep(50000);
    }
    close(sender);
}

static long long microseconds(struct timeval time) { return time.tv_sec * 1000000LL + time.tv_usec; }

static void write_all(int file, const char *text, size_t length) {
    while (length > 0) {
        ssize_t written = write(file, text, length);
        if (written < 0 && errno == EINTR) continue;
        /* Nobody may be there to read standard output, and the end is to come all the same. */
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

static void tell(const char *who, const struct used *start, int output) {
    char lines[256];
    int length = 0;
    if (start != NULL) length = snprintf(lines, sizeof lines, "start %lld %lld\n", start->user_us, start->system_us);
    struct used now = used_now();
    length += snprintf(lines + length, sizeof lines - (size_t)length, "%s %lld %lld\n", who, now.user_us, now.system_us);
    write_all(STDOUT_FILENO, lines, (size_t)length);
    if (output >= 0) write_all(output, lines, (size_t)length);
}

static void die_by(int number) {
    signal(number, SIG_DFL);
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    if (number == SIGSEGV) {
        volatile char *forbidden = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        *forbidden = 0;
    } else if (number == SIGBUS) {
        /* Mapped, but behind the end of the file. */
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

/* Numbers between colons, none negative; the last one ends the text. */
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
        if (value == NULL) wrong(option, "(nothing)");
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
        tell("orphan", NULL, plan.output);
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

    tell("self", &before, plan.output);
    if (plan.signal > 0) die_by((int)plan.signal);
    _exit((int)plan.exit_code);
}
