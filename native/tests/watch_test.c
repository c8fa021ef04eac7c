/*
 * The watch's parts that need no container: the ring of records, the kernel's texts when they are hostile, directories
 * that only look like cgroups, and the table under churn while the thread runs. What it tells of real containers is tested
 * from the managed side.
 */
#include "../arena.h"
#include "../last.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(condition)                                                             \
    do {                                                                             \
        if (!(condition)) {                                                          \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);  \
            exit(1);                                                                 \
        }                                                                            \
        checks++;                                                                    \
    } while (0)

static int checks;
static char root[] = "/tmp/nsc-watch-test-XXXXXX";

static int put(nsc_arena *arena, int64_t key, uint32_t bytes)
{
    static uint8_t texts[4096];
    nsc_watch_record record = {.key = key, .files = bytes > 0 ? 3 : 0, .bytes = bytes};
    memset(texts, (int)(key & 0xff), bytes);
    record.texts[2].length = (int32_t)bytes;
    return nsc_arena_put(arena, &record, texts);
}

static int take(nsc_arena *arena, int64_t key, uint32_t bytes)
{
    uint8_t texts[4096];
    nsc_watch_record record;
    if (nsc_arena_take(arena, &record, texts, sizeof texts) != 1) return 0;
    for (uint32_t i = 0; i < record.bytes; i++) {
        if (texts[i] != (uint8_t)(key & 0xff)) return 0;
    }

    return record.key == key && record.bytes == bytes && record.texts[2].length == (int32_t)bytes;
}

static void records_come_out_as_they_went_in_however_often_the_ring_turns(void)
{
    nsc_arena arena;
    uint32_t seed = 1;
    int64_t in = 0;
    int64_t out = 0;
    uint32_t sizes[4096];
    int refused = 0;
    CHECK(nsc_arena_open(&arena, 8192) == 0);
    for (int step = 0; step < 200000; step++) {
        seed = seed * 1664525u + 1013904223u;
        if ((seed >> 16) % 5 < 3) {
            uint32_t bytes = (seed >> 8) % 3 == 0 ? 0 : (seed >> 4) % 1500;
            if (put(&arena, in, bytes)) sizes[in++ % 4096] = bytes;
            else refused++;
        } else if (out < in) {
            if (!take(&arena, out, sizes[out % 4096])) CHECK(!"the record that went in");
            out++;
        }

        if (arena.count != (size_t)(in - out)) CHECK(!"the count");
    }

    while (out < in) {
        CHECK(take(&arena, out, sizes[out % 4096]));
        out++;
    }

    CHECK(refused > 1000 && in > 10000);
    CHECK(arena.start == 0 && arena.end == 0);
    nsc_arena_close(&arena);
}

static void texts_leave_room_for_records_without(void)
{
    nsc_arena arena;
    int with = 0;
    int without = 0;
    CHECK(nsc_arena_open(&arena, 8192) == 0);
    while (put(&arena, with, 500)) with++;
    while (put(&arena, with + without, 0)) without++;
    CHECK(with > 5 && without >= 8192 / 8 / (int)(offsetof(nsc_watch_record, texts) + 8));
    nsc_arena_close(&arena);
}

static void a_record_that_does_not_fit_the_takers_buffer_stays(void)
{
    nsc_arena arena;
    nsc_watch_record record;
    uint8_t texts[600];
    CHECK(nsc_arena_open(&arena, 8192) == 0);
    CHECK(put(&arena, 7, 600));
    CHECK(nsc_arena_take(&arena, &record, texts, 599) == -ENOBUFS);
    CHECK(record.bytes == 600);
    CHECK(nsc_arena_take(&arena, &record, texts, 600) == 1 && record.key == 7);
    CHECK(nsc_arena_take(&arena, &record, texts, 600) == 0);
    nsc_arena_close(&arena);
}

static int64_t keyed(const char *text, const char *key)
{
    return nsc_last_keyed(text, strlen(text), key);
}

static void only_whole_keys_with_whole_numbers_are_read(void)
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
    CHECK(nsc_last_keyed("populated 15", 11, "populated") == 1);
}

static int sum(const char *lines, int64_t *rx, int64_t *tx)
{
    char text[4096];
    snprintf(text, sizeof text, "Inter-|   Receive\n face |bytes\n%s", lines);
    return nsc_last_sum(text, strlen(text), rx, tx);
}

static void counters_are_summed_and_what_is_no_such_text_is_refused(void)
{
    int64_t rx;
    int64_t tx;
    CHECK(sum("    lo: 5 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0\n  eth0: 100 2 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n", &rx, &tx) == 0 && rx == 100 && tx == 7);
    CHECK(sum("  eth0:100 2 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n lo0: 1 0 0 0 0 0 0 0 2 0 0 0 0 0 0 0\n", &rx, &tx) == 0 && rx == 101 && tx == 9);
    CHECK(sum("", &rx, &tx) == 0 && rx == 0 && tx == 0);
    CHECK(sum("  eth0: 100 2 0 0\n", &rx, &tx) == -EINVAL);
    CHECK(sum("  eth0 100 2 0 0\n", &rx, &tx) == -EINVAL);
    CHECK(sum("  eth0: 1 0 0 0 0 0 0 0 2 0", &rx, &tx) == -EINVAL);
    CHECK(sum("  eth0: -1 0 0 0 0 0 0 0 2 0\n", &rx, &tx) == -EINVAL);
    CHECK(sum("  eth0: 99999999999999999999 0 0 0 0 0 0 0 2 0\n", &rx, &tx) == -EINVAL);
    CHECK(nsc_last_sum("", 0, &rx, &tx) == -EINVAL);
    CHECK(nsc_last_sum("one line\n", 9, &rx, &tx) == -EINVAL);
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

static void files_are_read_of_the_directory_that_was_meant_only(void)
{
    nsc_last_plan plan = {.hierarchy_count = 2, .file_count = 3, .memory = -1, .unified = -1, .pids = -1};
    static uint8_t room[NSC_LAST_ROOM];
    nsc_watch_record record = {0};
    uint64_t inodes[2];
    nsc_last_place place = {"/c", inodes};
    plan.hierarchies[0] = (nsc_last_hierarchy){root, "/"};
    plan.hierarchies[1] = (nsc_last_hierarchy){root, "/elsewhere"};
    plan.files[0] = (nsc_last_file){"text", 0, NSC_WATCH_AT_END};
    plan.files[1] = (nsc_last_file){"large", 0, NSC_WATCH_AT_END};
    plan.files[2] = (nsc_last_file){"link", 0, NSC_WATCH_AT_OOM};
    CHECK(mkdir(below("/c"), 0755) == 0);
    write_file(below("/c/cgroup.procs"), "");
    write_file(below("/c/text"), "hello\n");
    CHECK(symlink("text", below("/c/link")) == 0);
    int fd = open(below("/c/large"), O_WRONLY | O_CREAT, 0644);
    CHECK(fd >= 0 && ftruncate(fd, NSC_LAST_TEXT_LIMIT + 1) == 0);
    close(fd);
    inodes[0] = nsc_last_inode(&plan, 0, "/c");
    inodes[1] = nsc_last_inode(&plan, 1, "/c");
    CHECK(inodes[0] != 0 && inodes[1] == 0);
    CHECK(nsc_last_inode(&plan, 1, "/elsewhere/c") == inodes[0]);
    CHECK(nsc_last_inode(&plan, 1, "/elsewherec") == 0);

    nsc_last_files(&plan, &place, NSC_WATCH_AT_END, room, &record);
    CHECK(record.flags & NSC_WATCH_IS_COMPLETE);
    CHECK(record.texts[0].length == 6 && memcmp(room + record.texts[0].offset, "hello\n", 6) == 0);
    CHECK(record.texts[1].length == -EFBIG && record.texts[2].length == 0 && record.bytes == 6);
    nsc_last_files(&plan, &place, NSC_WATCH_AT_OOM, room, &record);
    CHECK(record.texts[2].length == -ELOOP && record.texts[0].length == 0);

    inodes[0]++;
    record.flags = 0;
    nsc_last_files(&plan, &place, NSC_WATCH_AT_END, room, &record);
    CHECK(!(record.flags & NSC_WATCH_IS_COMPLETE) && record.bytes == 0);
    CHECK(record.texts[0].length == -ENODEV && record.texts[1].length == -ENODEV);
    CHECK(nsc_last_occupancy(&plan, &place) == NSC_LAST_GONE);
    inodes[0]--;
    CHECK(nsc_last_occupancy(&plan, &place) == NSC_LAST_EMPTY);
    write_file(below("/c/cgroup.procs"), "1\n");
    CHECK(nsc_last_occupancy(&plan, &place) == NSC_LAST_POPULATED);
}

static void *run(void *watch)
{
    nsc_watch_run(watch, 0);
    return NULL;
}

/* Under the sanitizers: what is let go while its events are on their way. Each death that was followed to its end is told. */
static void the_table_survives_churn(void)
{
    enum { LIVE = 64, ROUNDS = 600 };
    nsc_watch_hierarchy hierarchy = {(uint64_t)(uintptr_t)root, (uint64_t)(uintptr_t)"/"};
    nsc_watch_file file = {(uint64_t)(uintptr_t)"text", 0, NSC_WATCH_AT_END};
    int ready = eventfd(0, EFD_NONBLOCK);
    nsc_watch_plan plan = {.hierarchies = (uint64_t)(uintptr_t)&hierarchy, .files = (uint64_t)(uintptr_t)&file,
        .sys = (uint64_t)(uintptr_t)"/sys", .arena_bytes = 4096, .hierarchy_count = 1, .file_count = 1, .memory = -1,
        .unified = -1, .max_containers = LIVE, .ready = ready};
    nsc_watch *watch;
    pthread_t thread;
    int32_t slots[LIVE];
    int64_t keys[LIVE];
    int told = 0;
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
            if (poll(&wait, 1, 5000) != 1) CHECK(!"told");
            if (read(ready, &drained, sizeof drained) < 0) continue;
            while (nsc_watch_take(watch, &record, bytes, sizeof bytes) == 1) {
                if (record.kind != NSC_WATCH_EXITED) continue;
                told++;
                found |= record.key == keys[i] && record.life == (uint32_t)round;
            }
        }

        if (!removes) continue;
        if (nsc_watch_remove(watch, slots[i], keys[i]) != 0 || nsc_watch_remove(watch, slots[i], keys[i]) != -ENOENT) CHECK(!"removed");
        keys[i] = 1000 + round;
        slots[i] = nsc_watch_add(watch, keys[i], "/c");
        if (slots[i] < 0 && slots[i] != -ENOSPC) CHECK(!"added");
        if (slots[i] >= 0) continue;

        /* What was removed and not told yet keeps its place until it is taken. */
        while (nsc_watch_take(watch, &record, bytes, sizeof bytes) == 1) told += record.kind == NSC_WATCH_EXITED;
        slots[i] = nsc_watch_add(watch, keys[i], "/c");
        if (slots[i] < 0) CHECK(!"added after all was taken");
    }

    nsc_watch_counts counts;
    nsc_watch_count(watch, &counts);
    CHECK(counts.containers == LIVE && counts.records_lost == 0);
    CHECK(told >= followed - followed / 3 - 1 && told <= followed);
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

/* In one of thirty of these the process is reaped while the kernel is asked, which then says ESRCH. */
static void the_status_is_told_also_of_what_is_reaped_meanwhile(void)
{
    enum { ROUNDS = 500 };
    int told = 0;
    for (int round = 0; round < ROUNDS; round++) {
        int32_t status = 0;
        int32_t error = -EAGAIN;
        pthread_t thread;
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
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

        /* A kernel that tells nothing of what was reaped. */
        if (round == 0 && error != 0) return;
        told += error == 0 && status == SIGKILL;
    }

    CHECK(told == ROUNDS);
}

int main(void)
{
    CHECK(mkdtemp(root) != NULL);
    records_come_out_as_they_went_in_however_often_the_ring_turns();
    texts_leave_room_for_records_without();
    a_record_that_does_not_fit_the_takers_buffer_stays();
    only_whole_keys_with_whole_numbers_are_read();
    counters_are_summed_and_what_is_no_such_text_is_refused();
    files_are_read_of_the_directory_that_was_meant_only();
    the_table_survives_churn();
    the_status_is_told_also_of_what_is_reaped_meanwhile();
    unlink(below("/c/cgroup.procs"));
    unlink(below("/c/text"));
    unlink(below("/c/link"));
    unlink(below("/c/large"));
    rmdir(below("/c"));
    rmdir(root);
    printf("%d checks passed\n", checks);
    return 0;
}
