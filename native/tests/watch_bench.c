/*
 * Measures the time from the exit of a process to its final texts: processes in cgroups of their own, each of which stores
 * the time and exits. Not a test; built by hand:
 *   cd native && cc -O2 -D_GNU_SOURCE -o /tmp/watch_bench tests/watch_bench.c *.c -lpthread
 *   /tmp/watch_bench PROCESSES BUSY_LOOPS REAL_TIME EXITING_IN_REAL_TIME
 * The figures are upper bounds: they include the dequeuing thread, which is real time if the watch is.
 */
#include "../nscollector.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

enum { MAX_PROCESSES = 2000 };

static const char *const mounts[] = {
    "/sys/fs/cgroup/memory", "/sys/fs/cgroup/cpuacct", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/unified",
};
static const struct { int hierarchy; const char *name; } files[] = {
    {0, "memory.usage_in_bytes"}, {0, "memory.max_usage_in_bytes"}, {0, "memory.stat"}, {0, "memory.failcnt"},
    {0, "memory.oom_control"}, {1, "cpuacct.usage"}, {1, "cpuacct.stat"}, {2, "pids.current"}, {3, "cgroup.events"},
    {3, "cpu.stat"},
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void print(const char *what, int64_t *times, int count)
{
    qsort(times, (size_t)count, sizeof *times, compare);
    printf("%s: p50 %lld us, p99 %lld us, maximum %lld us (%d)\n", what, (long long)times[count / 2] / 1000,
           (long long)times[count * 99 / 100] / 1000, (long long)times[count - 1] / 1000, count);
}

static void *run(void *watch_and_real_time)
{
    void **both = watch_and_real_time;
    nsc_watch_run(both[0], both[1] != NULL);
    return NULL;
}

static void put_number(const char *path, long number)
{
    char text[32];
    int fd = open(path, O_WRONLY);
    int length = snprintf(text, sizeof text, "%ld", number);
    if (fd < 0 || write(fd, text, (size_t)length) != length) {
        perror(path);
        exit(1);
    }

    close(fd);
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 200;
    int busy = argc > 2 ? atoi(argv[2]) : 0;
    int real_time = argc > 3 ? atoi(argv[3]) : 1;
    int exits_in_real_time = argc > 4 ? atoi(argv[4]) : 0;
    int hierarchies = sizeof mounts / sizeof mounts[0];
    int file_count = sizeof files / sizeof files[0];
    static pid_t loops[64];
    static int64_t woken[MAX_PROCESSES], read_by[MAX_PROCESSES];
    char path[256];
    if (count < 1 || count > MAX_PROCESSES || busy > 64) return 2;
    nsc_watch_hierarchy roots[4];
    nsc_watch_file names[16];
    for (int i = 0; i < hierarchies; i++) roots[i] = (nsc_watch_hierarchy){(uint64_t)(uintptr_t)mounts[i], (uint64_t)(uintptr_t)"/"};
    for (int i = 0; i < file_count; i++) names[i] = (nsc_watch_file){(uint64_t)(uintptr_t)files[i].name, files[i].hierarchy, NSC_WATCH_AT_EXIT, -1, 0};
    int ready = eventfd(0, EFD_NONBLOCK);
    nsc_watch_plan plan = {
        .hierarchies = (uint64_t)(uintptr_t)roots, .files = (uint64_t)(uintptr_t)names, .sys = (uint64_t)(uintptr_t)"/sys",
        .ring_bytes = 2 << 20, .hierarchy_count = hierarchies, .file_count = file_count, .memory = 0, .unified = 3,
        .max_containers = MAX_PROCESSES, .ready = ready,
    };
    nsc_watch *watch;
    nsc_watch_scheduling scheduling;
    pthread_t thread;
    if (nsc_watch_create(&plan, &watch) != 0) return 1;
    int64_t *ended = mmap(NULL, MAX_PROCESSES * sizeof *ended, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < busy; i++) {
        loops[i] = fork();
        if (loops[i] == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (;;) continue;
        }
    }

    void *both[2] = {watch, real_time ? watch : NULL};
    pthread_create(&thread, NULL, run, both);
    nsc_watch_wait_started(watch, &scheduling);
    struct sched_param first = {.sched_priority = 1};
    if (real_time && sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first) != 0) perror("sched_setscheduler");
    printf("%d processes, %d busy loops, real time %d, nice %d\n", count, busy, scheduling.real_time, scheduling.nice);
    int complete = 0, empty = 0, records = 0;
    for (int i = 0; i < count; i++) {
        char name[64];
        snprintf(name, sizeof name, "/nsc-bench-%d-%d", (int)getpid(), i);
        int go[2];
        if (pipe(go) != 0) return 1;
        pid_t child = fork();
        if (child == 0) {
            char byte;
            if (read(go[0], &byte, 1) != 1) _exit(1);

            /* Excludes the time that the exiting process waits for a processor. */
            struct sched_param mine = {.sched_priority = 1};
            if (exits_in_real_time) sched_setscheduler(0, SCHED_FIFO, &mine);
            ended[i] = now_ns();
            _exit(0);
        }

        for (int h = 0; h < hierarchies; h++) {
            snprintf(path, sizeof path, "%s%s", mounts[h], name);
            mkdir(path, 0755);
            strcat(path, "/cgroup.procs");
            put_number(path, child);
        }

        int slot = nsc_watch_add(watch, i + 1, name);
        snprintf(path, sizeof path, "/proc/%d", (int)child);
        int directory = open(path, O_PATH | O_DIRECTORY);
        if (slot < 0 || nsc_watch_follow(watch, slot, i + 1, 1, child, directory, 0) != 0) return 1;
        close(directory);
        if (write(go[1], "x", 1) != 1) return 1;
        close(go[0]);
        close(go[1]);
        for (int done = 0; !done;) {
            static uint8_t bytes[1 << 20];
            nsc_watch_record record;
            uint64_t drained;
            struct pollfd wait = {.fd = ready, .events = POLLIN};
            poll(&wait, 1, 5000);
            if (read(ready, &drained, sizeof drained) < 0) return 1;
            while (nsc_watch_dequeue(watch, &record, bytes, sizeof bytes) == 1) {
                if (record.kind != NSC_WATCH_PROCESS_EXITED && record.kind != NSC_WATCH_CGROUP_EMPTIED) continue;
                if (record.kind == NSC_WATCH_PROCESS_EXITED) {
                    int64_t now = now_ns();
                    woken[records] = record.realtime_ns - ended[i];
                    read_by[records++] = now - ended[i];
                    complete += (record.flags & NSC_WATCH_IS_COMPLETE) != 0;
                    empty += (record.flags & NSC_WATCH_IS_EMPTY) != 0;
                }

                done |= (record.flags & NSC_WATCH_IS_EMPTY) != 0;
            }
        }

        waitpid(child, NULL, 0);
        nsc_watch_remove(watch, slot, i + 1);
        for (int h = 0; h < hierarchies; h++) {
            snprintf(path, sizeof path, "%s%s", mounts[h], name);
            for (int tries = 0; rmdir(path) != 0 && tries < 1000; tries++) usleep(1000);
        }
    }

    for (int i = 0; i < busy; i++) {
        kill(loops[i], SIGKILL);
        waitpid(loops[i], NULL, 0);
    }

    print("exit to the watch awake", woken, records);
    print("exit to the texts dequeued", read_by, records);
    printf("complete %d, empty at once %d\n", complete, empty);
    nsc_watch_stop(watch);
    pthread_join(thread, NULL);
    nsc_watch_destroy(watch);
    return 0;
}
