/*
 * load: processes that change the statistics of cgroups, until SIGTERM.
 *
 *     load PARENT COUNT PAUSE_MS KIB SPIN_US
 *
 * Process i of COUNT joins PARENT/i. In a loop it maps KIB of memory, touches each page, unmaps it, uses the processor for
 * SPIN_US and sleeps for PAUSE_MS. Prints "ready" when all have joined.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void join(const char *parent, long i)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%ld/cgroup.procs", parent, i);
    FILE *file = fopen(path, "we");
    if (file == NULL || fputs("0\n", file) < 0 || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

static void work(size_t bytes, int64_t spin_ns, struct timespec pause)
{
    for (;;) {
        char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            exit(1);
        for (size_t offset = 0; offset < bytes; offset += 4096)
            ((volatile char *)memory)[offset] = 1;
        munmap(memory, bytes);
        for (int64_t end = cpu_ns() + spin_ns; cpu_ns() < end;) { }
        nanosleep(&pause, NULL);
    }
}

int main(int count, char **arguments)
{
    if (count != 6) {
        fputs("usage: load PARENT COUNT PAUSE_MS KIB SPIN_US\n", stderr);
        return 2;
    }
    long processes = atol(arguments[2]), pause_ms = atol(arguments[3]);
    for (long i = 1; i <= processes; i++) {
        pid_t child = fork();
        if (child < 0) {
            perror("fork");
            return 1;
        }
        if (child > 0)
            continue;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        join(arguments[1], i);
        /* Spread over the first pause. */
        usleep((useconds_t)(pause_ms * 1000 * i / processes));
        work((size_t)atol(arguments[4]) << 10, atol(arguments[5]) * INT64_C(1000),
             (struct timespec) { .tv_sec = pause_ms / 1000, .tv_nsec = pause_ms % 1000 * 1000000 });
    }
    puts("ready");
    fflush(stdout);
    pause();
}
