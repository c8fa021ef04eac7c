/* Loads the BPF reader and prints what a pass over a hierarchy costs and holds: bpf_bench DIRECTORY [PASSES [mutex]]. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "../bpf/cgroup_reader.h"

static double now_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static unsigned wanted;

static void want_all(const nsc_bpf_reader *reader, const char *directory)
{
    struct stat status;
    struct dirent *entry;
    DIR *open = opendir(directory);

    if (!open)
        return;
    if (fstat(dirfd(open), &status) == 0 && nsc_bpf_want(reader, status.st_ino, 0, wanted) == 0)
        wanted++;
    while ((entry = readdir(open))) {
        char path[4096];

        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        want_all(reader, path);
    }
    closedir(open);
}

int main(int argc, char **argv)
{
    nsc_bpf_reader reader;
    nsc_bpf_walk_result result;
    char reason[1024];
    int passes = argc > 2 ? atoi(argv[2]) : 10, i, error, directory, walk;
    const struct nsc_bpf_facts *facts;
    double began;

    if (argc < 2)
        return 2;
    error = nsc_bpf_open(16384, 65536, &reader, reason, sizeof(reason));
    if (error < 0) {
        fprintf(stderr, "bpf_bench: %s\n", reason);
        return 1;
    }
    if (argc > 3)
        reader.run_program = -1; /* with cgroup_mutex */
    printf("%s cgroup_mutex\n", reader.run_program < 0 ? "with" : "without");
    want_all(&reader, argv[1]);
    directory = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    walk = nsc_bpf_walk_open(&reader, directory, NSC_BPF_ALL_BELOW, 0);
    if (walk < 0) {
        fprintf(stderr, "bpf_bench: walk: %s\n", strerror(-walk));
        return 1;
    }
    for (i = 0; i < passes; i++) {
        began = now_us(CLOCK_THREAD_CPUTIME_ID);
        error = nsc_bpf_walk(&reader, walk, NSC_BPF_ALL_BELOW, 0, (uint64_t)i + 1, 1000, reader.run_program < 0 ? 700000 : 2000000, &result);
        began = now_us(CLOCK_THREAD_CPUTIME_ID) - began;
        printf("pass %d: %s, %llu visited, %llu written, %llu rounds of up to %.0f us, %.1f us of CPU, %.3f us a record\n", i, error ? strerror(-error) : "ok",
            (unsigned long long)result.visited, (unsigned long long)result.written, (unsigned long long)result.rounds,
            (double)result.longest_round_ns / 1e3, began, began / (double)(result.written ? result.written : 1));
    }
    facts = &((struct nsc_bpf_control *)(uintptr_t)reader.control)->facts;
    printf("fields %llx, %llu states, %llu events, %llu memory events\n", (unsigned long long)facts->fields, (unsigned long long)facts->nr_states,
        (unsigned long long)facts->nr_events, (unsigned long long)facts->nr_memory_events);
    for (i = 0; i < NSC_ITEMS; i++) {
        char name[64];
        nsc_bpf_item_name(i, name, sizeof(name));
        printf("%s=%d ", name, facts->items[i]);
    }
    printf("\n");
    const struct nsc_cgroup_record *r = (struct nsc_cgroup_record *)(uintptr_t)reader.records;
    printf("first: filled %llx usage %llu peak %llu limit %llx pids %lld periods %llu cpu %llu\n", (unsigned long long)r->filled, (unsigned long long)r->memory_usage,
        (unsigned long long)r->memory_peak, (unsigned long long)r->memory_lowest_limit, (long long)r->pids_current, (unsigned long long)r->nr_periods, (unsigned long long)r->cpu_ns);
    close(walk);
    nsc_bpf_close(&reader);
    return 0;
}
