/*
 * The parts of the watch that need no container: the ring, hostile texts, directories that only look like cgroups, and the
 * table under churn while the thread runs. Events of real containers are tested from the managed side.
 */
#include "check.h"
#include "../final_read.h"
#include "../kernel_text.h"
#include "../ring.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[] = "/tmp/nsc-watch-test-XXXXXX";

static int push(nsc_ring *ring, int64_t key, uint32_t bytes)
{
    static uint8_t texts[4096];
    nsc_watch_record record = {.key = key, .files = bytes > 0 ? 3 : 0, .bytes = bytes};
    memset(texts, (int)(key & 0xff), bytes);
    record.texts[2].length = (int32_t)bytes;
    return nsc_ring_push(ring, &record, texts);
}

static int pop(nsc_ring *ring, int64_t key, uint32_t bytes)
{
    uint8_t texts[4096];
    nsc_watch_record record;
    if (nsc_ring_pop(ring, &record, texts, sizeof texts) != 1) return 0;
    for (uint32_t i = 0; i < record.bytes; i++) {
        if (texts[i] != (uint8_t)(key & 0xff)) return 0;
    }

    return record.key == key && record.bytes == bytes && record.texts[2].length == (int32_t)bytes;
}

static void ring_any_number_of_wraps_keeps_records(void)
{
    nsc_ring ring;
    uint32_t seed = 1;
    int64_t in = 0;
    int64_t out = 0;
    uint32_t sizes[4096];
    int refused = 0;
    CHECK(nsc_ring_open(&ring, 8192) == 0);
    for (int step = 0; step < 200000; step++) {
        seed = seed * 1664525u + 1013904223u;
        if ((seed >> 16) % 5 < 3) {
            uint32_t bytes = (seed >> 8) % 3 == 0 ? 0 : (seed >> 4) % 1500;
            if (push(&ring, in, bytes)) sizes[in++ % 4096] = bytes;
            else refused++;
        } else if (out < in) {
            if (!pop(&ring, out, sizes[out % 4096])) CHECK(!"the record that was pushed");
            out++;
        }

        if (ring.count != (size_t)(in - out)) CHECK(!"the count");
    }

    while (out < in) {
        CHECK(pop(&ring, out, sizes[out % 4096]));
        out++;
    }

    CHECK(refused > 1000 && in > 10000);
    CHECK(ring.start == 0 && ring.end == 0);
    nsc_ring_close(&ring);
}

static void ring_texts_leave_space_for_records_without(void)
{
    nsc_ring ring;
    int with = 0;
    int without = 0;
    CHECK(nsc_ring_open(&ring, 8192) == 0);
    while (push(&ring, with, 500)) with++;
    while (push(&ring, with + without, 0)) without++;
    CHECK(with > 5 && without >= 8192 / 8 / (int)(offsetof(nsc_watch_record, texts) + 8));
    nsc_ring_close(&ring);
}

static void ring_pop_small_buffer_keeps_the_record(void)
{
    nsc_ring ring;
    nsc_watch_record record;
    uint8_t texts[600];
    CHECK(nsc_ring_open(&ring, 8192) == 0);
    CHECK(push(&ring, 7, 600));
    CHECK(nsc_ring_pop(&ring, &record, texts, 599) == -ENOBUFS);
    CHECK(record.bytes == 600);
    CHECK(nsc_ring_pop(&ring, &record, texts, 600) == 1 && record.key == 7);
    CHECK(nsc_ring_pop(&ring, &record, texts, 600) == 0);
    nsc_ring_close(&ring);
}

static int64_t keyed(const char *text, const char *key)
{
    return nsc_text_keyed(text, strlen(text), key);
}

static void text_keyed_needs_a_whole_key_and_number(void)
{
    CHECK(keyed("low 0\nhigh 0\nmax 9\noom 2\noom_kill 3\noom_group_kill 4\n", "oom_kill") == 3);
    CHECK(keyed("oom_kill_disable 0\nunder_oom 0\noom_kill 12\n", "oom_kill") == 12);
    CHECK(keyed("oom_kill_disable 0\nunder_oom 0\n", "oom_kill") == -1);
    CHECK(keyed("populated 1\nfrozen 0\n", "populated") == 1);
    CHECK(keyed("xpopulated 1\n", "populated") == -1);
    CHECK(keyed("populated", "populated") == -1);
    CHECK(keyed("populated ", "populated") == -1);
    CHECK(keyed("populated x\n", "populated") == -1);
    CHECK(keyed("populated 99999999999999999999999\n", "populated") == -1);
    CHECK(keyed("", "populated") == -1);
    CHECK(nsc_text_keyed("populated 15", 11, "populated") == 1);
}

/* Of every interface. */
static int sum_all(const char *text, size_t length, int64_t *rx, int64_t *tx)
{
    nsc_net_dev dev;
    const char *at = text;
    int lines = 0;
    int result;
    *rx = *tx = 0;
    while ((result = nsc_text_next_net_dev(&at, text + length, &lines, &dev)) == 1) {
        CHECK(dev.name_length > 0 && dev.name[0] != ' ' && dev.name[dev.name_length] == ':');
        *rx += dev.rx_bytes;
        *tx += dev.tx_bytes;
    }

    return result;
}

static int sum(const char *lines, int64_t *rx, int64_t *tx)
{
    char text[4096];
    snprintf(text, sizeof text, "Inter-|   Receive\n face |bytes\n%s", lines);
    return sum_all(text, strlen(text), rx, tx);
}

static void text_next_net_dev_refuses_other_formats(void)
{
    int64_t rx;
    int64_t tx;
    CHECK(sum("    lo: 5 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0\n  eth0: 100 2 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n", &rx, &tx) == 0 && rx == 105 && tx == 12);
    CHECK(sum("  eth0:100 2 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n lo0: 1 0 0 0 0 0 0 0 2 0 0 0 0 0 0 0\n", &rx, &tx) == 0 && rx == 101 && tx == 9);
    CHECK(sum("", &rx, &tx) == 0 && rx == 0 && tx == 0);
    CHECK(sum("  eth0: 100 2 0 0\n", &rx, &tx) == -EINVAL);
    CHECK(sum("  eth0 100 2 0 0\n", &rx, &tx) == -EINVAL);
    CHECK(sum("  eth0: 1 0 0 0 0 0 0 0 2 0", &rx, &tx) == -EINVAL);
    CHECK(sum("  eth0: -1 0 0 0 0 0 0 0 2 0\n", &rx, &tx) == -EINVAL);
    CHECK(sum("  eth0: 99999999999999999999 0 0 0 0 0 0 0 2 0\n", &rx, &tx) == -EINVAL);
    CHECK(sum_all("", 0, &rx, &tx) == -EINVAL);
    CHECK(sum_all("one line\n", 9, &rx, &tx) == -EINVAL);
}

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static char *below(const char *name)
{
    static char paths[8][256];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s%s", root, name);
    return path;
}

static void final_read_other_directory_is_refused(void)
{
    nsc_plan plan = {.hierarchy_count = 2, .file_count = 3, .memory = -1, .unified = -1, .pids = -1};
    static uint8_t buffer[NSC_FINAL_BYTES];
    nsc_watch_record record = {0};
    uint64_t inodes[2];
    nsc_cgroup cgroup = {"/c", inodes};
    plan.hierarchies[0] = (nsc_hierarchy){root, "/"};
    plan.hierarchies[1] = (nsc_hierarchy){root, "/elsewhere"};
    plan.files[0] = (nsc_file){"text", 0, NSC_WATCH_AT_EXIT, -1};
    plan.files[1] = (nsc_file){"large", 0, NSC_WATCH_AT_EXIT, -1};
    plan.files[2] = (nsc_file){"link", 0, NSC_WATCH_AT_OOM, -1};
    CHECK(mkdir(below("/c"), 0755) == 0);
    write_file(below("/c/cgroup.procs"), "");
    write_file(below("/c/text"), "hello\n");
    CHECK(symlink("text", below("/c/link")) == 0);
    int fd = open(below("/c/large"), O_WRONLY | O_CREAT, 0644);
    CHECK(fd >= 0 && ftruncate(fd, NSC_FINAL_TEXT_LIMIT + 1) == 0);
    close(fd);
    inodes[0] = nsc_cgroup_inode(&plan, 0, "/c");
    inodes[1] = nsc_cgroup_inode(&plan, 1, "/c");
    CHECK(inodes[0] != 0 && inodes[1] == 0);
    CHECK(nsc_cgroup_inode(&plan, 1, "/elsewhere/c") == inodes[0]);
    CHECK(nsc_cgroup_inode(&plan, 1, "/elsewherec") == 0);

    nsc_final_read_files(&plan, &cgroup, NSC_WATCH_AT_EXIT, buffer, &record);
    CHECK(record.flags & NSC_WATCH_IS_COMPLETE);
    CHECK(record.texts[0].length == 6 && memcmp(buffer + record.texts[0].offset, "hello\n", 6) == 0);
    CHECK(record.texts[1].length == -EFBIG && record.texts[2].length == 0 && record.bytes == 6);
    nsc_final_read_files(&plan, &cgroup, NSC_WATCH_AT_OOM, buffer, &record);
    CHECK(record.texts[2].length == -ELOOP && record.texts[0].length == 0);

    /* The files of a hierarchy that are read instead of another one's: only if that one does not have the container. */
    plan.files[0].instead_of = 1;
    nsc_final_read_files(&plan, &cgroup, NSC_WATCH_AT_EXIT, buffer, &record);
    CHECK((record.flags & NSC_WATCH_IS_COMPLETE) && record.texts[0].length == 6);
    inodes[1] = inodes[0];
    nsc_final_read_files(&plan, &cgroup, NSC_WATCH_AT_EXIT, buffer, &record);
    CHECK((record.flags & NSC_WATCH_IS_COMPLETE) && record.texts[0].length == -ENOENT && record.bytes == 0);
    inodes[1] = 0;
    plan.files[0].instead_of = -1;

    inodes[0]++;
    record.flags = 0;
    nsc_final_read_files(&plan, &cgroup, NSC_WATCH_AT_EXIT, buffer, &record);
    CHECK(!(record.flags & NSC_WATCH_IS_COMPLETE) && record.bytes == 0);
    CHECK(record.texts[0].length == -ENODEV && record.texts[1].length == -ENODEV);
    CHECK(nsc_cgroup_occupancy(&plan, &cgroup) == NSC_CGROUP_REMOVED);
    inodes[0]--;
    CHECK(nsc_cgroup_occupancy(&plan, &cgroup) == NSC_CGROUP_EMPTY);
    write_file(below("/c/cgroup.procs"), "1\n");
    CHECK(nsc_cgroup_occupancy(&plan, &cgroup) == NSC_CGROUP_POPULATED);
}

static void final_read_adds_the_texts_of_the_network_after_those_of_cgroups(void)
{
    nsc_plan plan = {.file_count = 3};
    static uint8_t buffer[NSC_FINAL_BYTES];
    static uint8_t texts[] = "net/dev snmp";
    nsc_watch_record record = {.bytes = 5, .files = 3};
    nsc_network_texts network = {.buffer = texts, .texts = {[1] = {.offset = 8, .length = 4}, [2] = {.length = -ENOENT}}};
    plan.files[0] = (nsc_file){"text", 0, NSC_WATCH_AT_EXIT, -1};
    plan.files[1] = (nsc_file){"snmp", NSC_WATCH_NETWORK, NSC_WATCH_AT_EXIT, -1};
    plan.files[2] = (nsc_file){"snmp6", NSC_WATCH_NETWORK, NSC_WATCH_AT_EXIT, -1};
    record.texts[0].length = 5;
    nsc_final_add_network(&plan, &network, buffer, &record);
    CHECK(record.texts[0].length == 5 && record.bytes == 9);
    CHECK(record.texts[1].offset == 5 && record.texts[1].length == 4 && memcmp(buffer + 5, "snmp", 4) == 0);
    CHECK(record.texts[2].length == -ENOENT);

    record.bytes = NSC_FINAL_BYTES - 3;
    nsc_final_add_network(&plan, &network, buffer, &record);
    CHECK(record.texts[1].length == -ENOBUFS && record.bytes == NSC_FINAL_BYTES - 3);
}

static void *run(void *watch)
{
    nsc_watch_run(watch, 0);
    return NULL;
}

/* Containers are removed while their events are queued. Each exit of a process that is still followed is reported. */
static void watch_churn_reports_every_exit(void)
{
    enum { LIVE = 64, ROUNDS = 600 };
    nsc_watch_hierarchy hierarchy = {(uint64_t)(uintptr_t)root, (uint64_t)(uintptr_t)"/"};
    nsc_watch_file file = {(uint64_t)(uintptr_t)"text", 0, NSC_WATCH_AT_EXIT, -1, 0};
    int ready = eventfd(0, EFD_NONBLOCK);
    nsc_watch_plan plan = {.hierarchies = (uint64_t)(uintptr_t)&hierarchy, .files = (uint64_t)(uintptr_t)&file,
        .sys = (uint64_t)(uintptr_t)"/sys", .ring_bytes = 4096, .hierarchy_count = 1, .file_count = 1, .memory = -1,
        .unified = -1, .max_containers = LIVE, .ready = ready};
    nsc_watch *watch;
    pthread_t thread;
    int32_t slots[LIVE];
    int64_t keys[LIVE];
    int reported = 0;
    int followed = 0;
    write_file(below("/c/cgroup.procs"), "");
    plan.hierarchy_count = 17;
    CHECK(nsc_watch_create(&plan, &watch) == -EINVAL);
    plan.hierarchy_count = 1;
    CHECK(nsc_watch_create(&plan, &watch) == 0);
    CHECK(pthread_create(&thread, NULL, run, watch) == 0);
    for (int i = 0; i < LIVE; i++) slots[i] = nsc_watch_add(watch, keys[i] = i + 1, "/c");
    CHECK(nsc_watch_add(watch, 1000, "/c") == -ENOSPC);
    for (int round = 0; round < ROUNDS; round++) {
        int i = round * 7 % LIVE;
        int removes = round % 3 == 0;
        char path[64];
        pid_t child = fork();
        if (child == 0) {
            usleep(200);
            _exit(0);
        }

        snprintf(path, sizeof path, "/proc/%d", (int)child);
        int directory = open(path, O_PATH | O_DIRECTORY);
        int result = nsc_watch_follow(watch, slots[i], keys[i], (uint32_t)round, child, directory, 1);
        if (result != 0) CHECK(!"followed");
        close(directory);
        followed++;
        waitpid(child, NULL, 0);
        nsc_watch_record record;
        uint8_t bytes[4096];
        for (int found = 0; !found && !removes;) {
            struct pollfd wait = {.fd = ready, .events = POLLIN};
            uint64_t drained;
            if (poll(&wait, 1, 5000) != 1) CHECK(!"reported");
            if (read(ready, &drained, sizeof drained) < 0) continue;
            while (nsc_watch_dequeue(watch, &record, bytes, sizeof bytes) == 1) {
                if (record.kind != NSC_WATCH_PROCESS_EXITED) continue;
                reported++;
                found |= record.key == keys[i] && record.life == (uint32_t)round;
            }
        }

        if (!removes) continue;
        if (nsc_watch_remove(watch, slots[i], keys[i]) != 0 || nsc_watch_remove(watch, slots[i], keys[i]) != -ENOENT) CHECK(!"removed");
        keys[i] = 1000 + round;
        slots[i] = nsc_watch_add(watch, keys[i], "/c");
        if (slots[i] < 0 && slots[i] != -ENOSPC) CHECK(!"added");
        if (slots[i] >= 0) continue;

        /* A removed container with pending events keeps its slot until they are dequeued. */
        while (nsc_watch_dequeue(watch, &record, bytes, sizeof bytes) == 1) reported += record.kind == NSC_WATCH_PROCESS_EXITED;
        slots[i] = nsc_watch_add(watch, keys[i], "/c");
        if (slots[i] < 0) CHECK(!"added after the ring was emptied");
    }

    nsc_watch_counts counts;
    nsc_watch_get_counts(watch, &counts);
    CHECK(counts.containers == LIVE && counts.records_lost == 0);
    CHECK(reported >= followed - followed / 3 - 1 && reported <= followed);
    nsc_watch_stop(watch);
    pthread_join(thread, NULL);
    nsc_watch_destroy(watch);
    close(ready);
}

static void *reap(void *child)
{
    waitpid(*(pid_t *)child, NULL, 0);
    return NULL;
}

/* In about one of thirty rounds the process is reaped during the call, which returns ESRCH at first. */
static void pidfd_status_while_reaped_is_returned(void)
{
    enum { ROUNDS = 500 };
    int reported = 0;
    for (int round = 0; round < ROUNDS; round++) {
        int32_t status = 0;
        int32_t error = -EAGAIN;
        pthread_t thread;
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            /* A failed check ends the parent without a cleanup. */
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            pause();
            _exit(0);
        }

        int32_t pidfd = nsc_pidfd_open(child, 0);
        struct pollfd ended = {.fd = pidfd, .events = POLLIN};
        if (pidfd < 0 || kill(child, SIGKILL) != 0 || poll(&ended, 1, 5000) != 1) CHECK(!"ended");
        if (pthread_create(&thread, NULL, reap, &child) != 0) CHECK(!"reaped");
        while (error == -EAGAIN) error = nsc_pidfd_status(pidfd, &status);
        pthread_join(thread, NULL);
        close(pidfd);

        /* This kernel does not keep the status of a reaped process. */
        if (round == 0 && error != 0) return;
        reported += error == 0 && status == SIGKILL;
    }

    CHECK(reported == ROUNDS);
}

int main(void)
{
    CHECK(mkdtemp(root) != NULL);
    ring_any_number_of_wraps_keeps_records();
    ring_texts_leave_space_for_records_without();
    ring_pop_small_buffer_keeps_the_record();
    text_keyed_needs_a_whole_key_and_number();
    text_next_net_dev_refuses_other_formats();
    final_read_other_directory_is_refused();
    final_read_adds_the_texts_of_the_network_after_those_of_cgroups();
    watch_churn_reports_every_exit();
    pidfd_status_while_reaped_is_returned();
    unlink(below("/c/cgroup.procs"));
    unlink(below("/c/text"));
    unlink(below("/c/link"));
    unlink(below("/c/large"));
    rmdir(below("/c"));
    rmdir(root);
    printf("%d checks passed\n", checks);
    return 0;
}
