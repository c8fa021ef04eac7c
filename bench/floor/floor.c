/*
 * floor: does the same reads as the agent, and nothing else: no parsing, no names, no output.
 *
 *     floor --list FILE --files FILE [--network] [--protocols] [--protocols-every N] [--held N]
 *           [--directories FILE] [--group N[,N...]] [--cycles N] [--warm N] [--interval MS]
 *     floor --cpu-of PID
 *
 * --list has a line "NAME PID" for each container (as fleet writes it). --files has one path for each cgroup file to read
 * per container, with % for NAME. Each cycle reads every file of every container by pread at offset 0. The first N files
 * are held open; the rest are opened, read and closed: relative to a held directory if theirs is in the FILE of --directories,
 * which has % for NAME too. With --group N it reads the first file of N containers, then the second of the same, and so on;
 * without, container by container. Several N take turns cycle by cycle, so that what else the machine does affects them equally;
 * --cycles is then of each. With --network it then enters each network namespace by ns/net relative to the held /proc/PID
 * directory and reads net/dev, with --protocols also net/snmp, net/netstat, net/sockstat, net/snmp6 and net/sockstat6, of each
 * container in every Nth cycle (--protocols-every). It returns to its own namespace once per cycle. Cycles start an interval
 * apart, because the cost depends on how much of the caches other programs have replaced. A file that cannot be opened or read
 * is an error, because a floor that reads less would be too low.
 *
 * Prints a line for each N: the user and system CPU time of one container sample in µs (mean of the cycles), the files per
 * container, how many were held, and the medians of the CPU time and of the elapsed time of one container sample in µs.
 * With --cpu-of: prints the CPU time in ns of a process, including ended threads, from the scheduler's counters
 * (/proc/PID/stat has only ticks).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FILES = 64, MAX_GROUPS = 8 };

struct container {
    char name[128];
    int process; /* O_PATH of /proc/PID: pins neither the process nor its namespace */
    int held[MAX_FILES];
    int directories[MAX_FILES]; /* of the file of that number, shared by the files of one directory; -1: opened by path */
};

static char buffer[1 << 20];

static double cpu_seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void read_once(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 && errno == ENOENT)
        return; /* a kernel without IPv6 */
    if (descriptor < 0)
        fail(path);
    while (read(descriptor, buffer, sizeof buffer) > 0) { }
    close(descriptor);
}

/* The path of a file of a container: the template with the name for %. */
static void expand(char *path, size_t size, const char *template, const char *name)
{
    const char *percent = strchr(template, '%');
    snprintf(path, size, "%.*s%s%s", (int)(percent - template), template, name, percent + 1);
}

/* As the agent does it: one read returns the whole file of a cgroup. */
static void read_cgroup_file(int directory, const char *path)
{
    int descriptor = openat(directory, path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 || pread(descriptor, buffer, sizeof buffer, 0) < 0)
        fail(path);
    close(descriptor);
}

/* Reads lines that contain %. */
static int read_templates(const char *path, char *templates[MAX_FILES])
{
    int templates_read = 0;
    char line[1024];
    FILE *file = path == NULL ? NULL : fopen(path, "re");
    while (file != NULL && templates_read < MAX_FILES && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strchr(line, '%') != NULL)
            templates[templates_read++] = strdup(line);
    }
    if (file != NULL)
        fclose(file);
    return templates_read;
}

static char *templates[MAX_FILES];

/* Reads one file of a container. */
static void read_file(const struct container *container, int f)
{
    int descriptor = container->held[f], directory = container->directories[f];
    if (descriptor >= 0) {
        if (pread(descriptor, buffer, sizeof buffer, 0) < 0)
            fail(templates[f]);
        return;
    }
    if (directory >= 0) {
        read_cgroup_file(directory, strrchr(templates[f], '/') + 1);
        return;
    }

    char path[1024];
    expand(path, sizeof path, templates[f], container->name);
    read_cgroup_file(AT_FDCWD, path);
}

/* Returns how many numbers the list has; 0: it is wrong. */
static long parse_groups(const char *list, long groups[MAX_GROUPS])
{
    long count = 0;
    for (char *end;; list = end + 1) {
        if (count == MAX_GROUPS || (groups[count++] = strtol(list, &end, 10)) < 1)
            return 0;
        if (*end != ',')
            return *end == '\0' ? count : 0;
    }
}

static int compare(const void *left, const void *right)
{
    double l = *(const double *)left, r = *(const double *)right;
    return (l > r) - (l < r);
}

static double median(double *values, long count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

int main(int count, char **arguments)
{
    const char *list = NULL, *files = NULL, *directories = NULL;
    bool network = false, protocols = false;
    long protocols_every = 1, held_limit = 1 << 30, cycles = 20, warm = 3, interval_ms = 1000, groups[MAX_GROUPS] = { 1 }, group_count = 1;
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--network") == 0)
            network = true;
        else if (strcmp(arguments[i], "--protocols") == 0)
            network = protocols = true;
        else if (i + 1 == count)
            goto usage;
        else if (strcmp(arguments[i], "--directories") == 0)
            directories = arguments[++i];
        else if (strcmp(arguments[i], "--protocols-every") == 0)
            protocols_every = atol(arguments[++i]);
        else if (strcmp(arguments[i], "--list") == 0)
            list = arguments[++i];
        else if (strcmp(arguments[i], "--files") == 0)
            files = arguments[++i];
        else if (strcmp(arguments[i], "--held") == 0)
            held_limit = atol(arguments[++i]);
        else if (strcmp(arguments[i], "--group") == 0)
            group_count = parse_groups(arguments[++i], groups);
        else if (strcmp(arguments[i], "--cycles") == 0)
            cycles = atol(arguments[++i]);
        else if (strcmp(arguments[i], "--warm") == 0)
            warm = atol(arguments[++i]);
        else if (strcmp(arguments[i], "--interval") == 0)
            interval_ms = atol(arguments[++i]);
        else if (strcmp(arguments[i], "--cpu-of") == 0) {
            clockid_t clock;
            if (clock_getcpuclockid(atoi(arguments[++i]), &clock) != 0)
                return 1;
            printf("%.0f\n", cpu_seconds(clock) * 1e9);
            return 0;
        } else
            goto usage;
    }
    if (list == NULL || files == NULL || group_count == 0)
        goto usage;

    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);

    char *held_directories[MAX_FILES];
    int template_count = read_templates(files, templates), directory_count = read_templates(directories, held_directories);

    struct container *containers = NULL;
    long container_count = 0, held = 0;
    FILE *file = fopen(list, "re");
    int pid;
    char name[128];
    while (file != NULL && fscanf(file, "%127s %d", name, &pid) == 2) {
        containers = realloc(containers, (size_t)(container_count + 1) * sizeof *containers);
        struct container *container = &containers[container_count++];
        memcpy(container->name, name, sizeof name);
        char path[1024];
        snprintf(path, sizeof path, "/proc/%d", pid);
        container->process = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (container->process < 0)
            fail(path);
    }
    if (template_count == 0 || container_count == 0) {
        fputs("floor: nothing to read\n", stderr);
        return 1;
    }

    /* File by file, not container by container: like the agent, hold the first files of all containers. */
    for (int f = 0; f < template_count; f++)
        for (long c = 0; c < container_count; c++) {
            containers[c].held[f] = -1;
            if (held >= held_limit)
                continue;
            char path[1024];
            expand(path, sizeof path, templates[f], containers[c].name);
            containers[c].held[f] = open(path, O_RDONLY | O_CLOEXEC);
            if (containers[c].held[f] >= 0)
                held++;
            else if (errno == EMFILE)
                held_limit = held;
            else
                fprintf(stderr, "floor: %s: %s\n", path, strerror(errno));
        }

    /* Leave a few descriptors for the visits. */
    for (int f = template_count - 1, freed = 0; held_limit == held && f >= 0 && freed < 8; f--)
        for (long c = container_count - 1; c >= 0 && freed < 8; c--)
            if (containers[c].held[f] >= 0) {
                close(containers[c].held[f]);
                containers[c].held[f] = -1;
                held--;
                freed++;
            }

    /* The templates are sorted, so those of one directory follow each other. */
    for (long c = 0; c < container_count; c++)
        for (int f = 0; f < template_count; f++) {
            const char *slash = strrchr(templates[f], '/'), *before = f > 0 ? strrchr(templates[f - 1], '/') : NULL;
            size_t length = (size_t)(slash - templates[f]);
            containers[c].directories[f] = -1;
            if (before != NULL && (size_t)(before - templates[f - 1]) == length && strncmp(templates[f], templates[f - 1], length) == 0) {
                containers[c].directories[f] = containers[c].directories[f - 1];
                continue;
            }
            for (int d = 0; d < directory_count; d++) {
                if (strlen(held_directories[d]) != length || strncmp(templates[f], held_directories[d], length) != 0)
                    continue;
                char path[1024];
                expand(path, sizeof path, held_directories[d], containers[c].name);
                containers[c].directories[f] = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
                if (containers[c].directories[f] < 0)
                    fail(path);
            }
        }

    int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    struct timespec due;
    clock_gettime(CLOCK_MONOTONIC, &due);
    /* Of group g and its nth cycle: [g * cycles + n]. */
    double *cpu = calloc((size_t)(group_count * cycles), sizeof *cpu), *elapsed = calloc((size_t)(group_count * cycles), sizeof *elapsed);
    double cpu_before = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (long cycle = -warm; cycle < cycles * group_count; cycle++) {
        long group = groups[(cycle + warm) % group_count];
        double start = cpu_seconds(CLOCK_MONOTONIC);
        for (long first = 0; first < container_count; first += group) {
            long end = first + group < container_count ? first + group : container_count;
            for (int f = 0; f < template_count; f++)
                for (long c = first; c < end; c++)
                    read_file(&containers[c], f);
        }
        for (long c = 0; network && c < container_count; c++) {
            int descriptor = openat(containers[c].process, "ns/net", O_RDONLY | O_CLOEXEC);
            if (descriptor < 0 || setns(descriptor, CLONE_NEWNET) != 0)
                fail(containers[c].name);
            close(descriptor);
            read_once("/proc/thread-self/net/dev");
            if (protocols && (cycle + warm + c) % protocols_every == 0) {
                read_once("/proc/thread-self/net/snmp");
                read_once("/proc/thread-self/net/netstat");
                read_once("/proc/thread-self/net/sockstat");
                read_once("/proc/thread-self/net/snmp6");
                read_once("/proc/thread-self/net/sockstat6");
            }
        }
        if (network && setns(home, CLONE_NEWNET) != 0)
            abort();
        double end = cpu_seconds(CLOCK_MONOTONIC);
        due.tv_sec += interval_ms / 1000;
        due.tv_nsec += interval_ms % 1000 * 1000000;
        if (due.tv_nsec >= 1000000000) {
            due.tv_sec++;
            due.tv_nsec -= 1000000000;
        }
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
        double cpu_now = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
        if (cycle >= 0) {
            long slot = (cycle + warm) % group_count * cycles + cycle / group_count;
            cpu[slot] = cpu_now - cpu_before;
            elapsed[slot] = end - start;
        }
        cpu_before = cpu_now;
    }
    for (long g = 0; g < group_count; g++) {
        double used = 0, to_us = 1e6 / (double)container_count;
        for (long cycle = 0; cycle < cycles; cycle++)
            used += cpu[g * cycles + cycle];
        printf("%.2f %d %ld %.2f %.2f\n", used / (double)cycles * to_us, template_count, held,
               median(&cpu[g * cycles], cycles) * to_us, median(&elapsed[g * cycles], cycles) * to_us);
    }
    return 0;

usage:
    fputs("usage: floor --list FILE --files FILE [--network] [--protocols] [--protocols-every N] [--held N]\n"
          "             [--directories FILE] [--group N[,N...]] [--cycles N] [--warm N] [--interval MS]\n"
          "       floor --cpu-of PID\n", stderr);
    return 2;
}
