/*
 * Files are opened when a container ends, not held until then: a dozen descriptors for each of thousands of containers
 * would buy some 100 microseconds of the milliseconds that a runtime leaves.
 *
 * Invariant: what is read belongs to the container that was added. A directory is opened first, and its inode number
 * compared (kernfs never gives one twice); its files are opened through that descriptor only.
 */
#include "last.h"
#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef NSFS_MAGIC
#define NSFS_MAGIC 0x6e736673
#endif

int nsc_last_text(int directory, const char *name, char *text, size_t limit)
{
    size_t used = 0;
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return -errno;
    for (;;) {
        char more;
        ssize_t got = used < limit ? read(fd, text + used, limit - used) : read(fd, &more, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0 || used == limit) {
            int result = got < 0 ? -errno : got > 0 ? -EFBIG : (int)used;
            close(fd);
            return result;
        }

        used += (size_t)got;
    }
}

/* A number of at most 18 digits, which int64_t always holds; -1 where there is none. Moves *at behind it. */
static int64_t number(const char **at, const char *end)
{
    int64_t value = 0;
    const char *start = *at;
    while (*at < end && **at >= '0' && **at <= '9') {
        if (*at - start >= 18) return -1;
        value = value * 10 + (**at - '0');
        (*at)++;
    }

    return *at > start ? value : -1;
}

int64_t nsc_last_keyed(const char *text, size_t length, const char *key)
{
    const char *end = text + length;
    size_t key_length = strlen(key);
    for (const char *line = text; line < end;) {
        if ((size_t)(end - line) > key_length && memcmp(line, key, key_length) == 0 && line[key_length] == ' ') {
            const char *at = line + key_length + 1;
            return number(&at, end);
        }

        const char *next = memchr(line, '\n', (size_t)(end - line));
        if (!next) break;
        line = next + 1;
    }

    return -1;
}

/* Two lines of headings, then "  NAME: rx_bytes packets errs drop fifo frame compressed multicast tx_bytes ...". */
int nsc_last_sum(const char *text, size_t length, int64_t *rx_bytes, int64_t *tx_bytes)
{
    enum { TX_COLUMN = 8 };
    const char *end = text + length;
    const char *line = text;
    int lines = 0;
    *rx_bytes = 0;
    *tx_bytes = 0;
    while (line < end) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        if (!next) return -EINVAL;
        if (lines++ >= 2) {
            const char *name = line;
            while (name < next && *name == ' ') name++;
            const char *colon = memchr(name, ':', (size_t)(next - name));
            if (!colon) return -EINVAL;
            int64_t rx = 0;
            int64_t tx = 0;
            const char *at = colon + 1;
            for (int column = 0; column <= TX_COLUMN; column++) {
                while (at < next && *at == ' ') at++;
                int64_t value = number(&at, next);
                if (column == 0) rx = value;
                if (column == TX_COLUMN) tx = value;
            }

            if (rx < 0 || tx < 0) return -EINVAL;
            if (colon - name != 2 || memcmp(name, "lo", 2) != 0) {
                if (__builtin_add_overflow(*rx_bytes, rx, rx_bytes) || __builtin_add_overflow(*tx_bytes, tx, tx_bytes)) {
                    return -EINVAL;
                }
            }
        }

        line = next + 1;
    }

    return lines >= 2 ? 0 : -EINVAL;
}

/* Where this hierarchy shows the cgroup. 0, -ENOENT where it does not, -ENAMETOOLONG. */
static int directory_path(const nsc_last_hierarchy *hierarchy, const char *path, char *full, size_t capacity)
{
    if (strcmp(hierarchy->root, "/") != 0) {
        size_t root = strlen(hierarchy->root);
        if (strncmp(path, hierarchy->root, root) != 0 || (path[root] != '/' && path[root] != '\0')) return -ENOENT;
        path += root;
    }

    int length = snprintf(full, capacity, "%s%s", hierarchy->mount, path);
    return length < 0 || (size_t)length >= capacity ? -ENAMETOOLONG : 0;
}

uint64_t nsc_last_inode(const nsc_last_plan *plan, int hierarchy, const char *path)
{
    char full[2 * NSC_LAST_PATH];
    struct stat status;
    if (directory_path(&plan->hierarchies[hierarchy], path, full, sizeof full) != 0) return 0;
    return lstat(full, &status) == 0 && S_ISDIR(status.st_mode) ? status.st_ino : 0;
}

int nsc_last_directory(const nsc_last_plan *plan, const nsc_last_place *place, int hierarchy)
{
    char full[2 * NSC_LAST_PATH];
    struct stat status;
    int error = directory_path(&plan->hierarchies[hierarchy], place->path, full, sizeof full);
    if (error != 0) return error;
    int fd = open(full, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT || errno == ENOTDIR ? -ENODEV : -errno;
    error = fstat(fd, &status) != 0 ? -errno : status.st_ino != place->inodes[hierarchy] ? -ENODEV : 0;
    if (error == 0) return fd;
    close(fd);
    return error;
}

/* A file that is not there, in a directory that may have been removed since it was opened. */
static int is_gone(int directory)
{
    struct stat status;
    return fstatat(directory, "cgroup.procs", &status, AT_SYMLINK_NOFOLLOW) != 0;
}

static int occupancy_unified(const nsc_last_plan *plan, const nsc_last_place *place)
{
    char text[256];
    int directory = nsc_last_directory(plan, place, plan->unified);
    if (directory < 0) return directory == -ENODEV ? NSC_LAST_GONE : directory;
    int length = nsc_last_text(directory, "cgroup.events", text, sizeof text);
    if (length == -ENOENT && is_gone(directory)) length = -ENODEV;
    close(directory);
    if (length < 0) return length == -ENODEV ? NSC_LAST_GONE : length;
    int64_t populated = nsc_last_keyed(text, (size_t)length, "populated");
    return populated < 0 ? -EINVAL : populated == 0 ? NSC_LAST_EMPTY : NSC_LAST_POPULATED;
}

/*
 * cgroup.procs leaves zombies out, pids.current counts them until they are reaped: so where neither a process nor a cgroup
 * below is left, the container is empty whatever pids.current says; cgroups below can only be told by pids.current.
 */
static int occupancy_v1(const nsc_last_plan *plan, const nsc_last_place *place, int hierarchy)
{
    char text[64];
    struct stat status;
    int directory = nsc_last_directory(plan, place, hierarchy);
    if (directory < 0) return directory == -ENODEV ? NSC_LAST_GONE : directory;
    int result = NSC_LAST_POPULATED;
    int length = nsc_last_text(directory, "cgroup.procs", text, sizeof text);
    if (length == -ENODEV || length == -ENOENT) result = NSC_LAST_GONE;
    else if (length < 0 && length != -EFBIG) result = length;
    else if (length == 0 && fstat(directory, &status) == 0 && status.st_nlink <= 2) result = NSC_LAST_EMPTY;
    close(directory);
    if (result != NSC_LAST_POPULATED || length != 0) return result;

    if (plan->pids < 0 || place->inodes[plan->pids] == 0) return result;
    directory = nsc_last_directory(plan, place, plan->pids);
    if (directory < 0) return directory == -ENODEV ? NSC_LAST_GONE : directory;
    length = nsc_last_text(directory, "pids.current", text, sizeof text);
    close(directory);
    return length > 0 && text[0] == '0' ? NSC_LAST_EMPTY : result;
}

int nsc_last_occupancy(const nsc_last_plan *plan, const nsc_last_place *place)
{
    if (plan->unified >= 0 && place->inodes[plan->unified] != 0) {
        int result = occupancy_unified(plan, place);
        if (result >= 0) return result;
    }

    for (int i = 0; i < plan->hierarchy_count; i++) {
        if (i != plan->unified && place->inodes[i] != 0) return occupancy_v1(plan, place, i);
    }

    return -ENOENT;
}

int64_t nsc_last_oom_kills(const nsc_last_plan *plan, const nsc_last_place *place)
{
    char text[1024];
    if (plan->memory < 0 || place->inodes[plan->memory] == 0) return -1;
    int directory = nsc_last_directory(plan, place, plan->memory);
    if (directory < 0) return -1;
    int length = nsc_last_text(directory, plan->memory_is_v2 ? "memory.events" : "memory.oom_control", text, sizeof text);
    close(directory);
    return length < 0 ? -1 : nsc_last_keyed(text, (size_t)length, "oom_kill");
}

static void read_hierarchy(const nsc_last_plan *plan, const nsc_last_place *place, int hierarchy, uint32_t when,
                           uint8_t *room, nsc_watch_record *record)
{
    int directory = -1;
    for (int i = 0; i < plan->file_count; i++) {
        const nsc_last_file *file = &plan->files[i];
        if (file->hierarchy != hierarchy || !(file->when & when)) continue;
        nsc_watch_text *text = &record->texts[i];
        if (place->inodes[hierarchy] == 0) {
            text->length = -ENOENT;
            continue;
        }

        if (directory == -1) directory = nsc_last_directory(plan, place, hierarchy);
        if (directory < 0) {
            text->length = directory;
            record->flags &= ~(uint32_t)NSC_WATCH_IS_COMPLETE;
            continue;
        }

        size_t left = NSC_LAST_ROOM - record->bytes;
        size_t limit = left < NSC_LAST_TEXT_LIMIT ? left : NSC_LAST_TEXT_LIMIT;
        int length = nsc_last_text(directory, file->name, (char *)room + record->bytes, limit);
        if (length == -EFBIG && limit < NSC_LAST_TEXT_LIMIT) length = -ENOBUFS;
        if (length == -ENOENT && is_gone(directory)) length = -ENODEV;
        if (length == -ENODEV) record->flags &= ~(uint32_t)NSC_WATCH_IS_COMPLETE;
        text->length = length;
        if (length <= 0) continue;
        text->offset = record->bytes;
        record->bytes += (uint32_t)length;
    }

    if (directory >= 0) close(directory);
}

void nsc_last_files(const nsc_last_plan *plan, const nsc_last_place *place, uint32_t when, uint8_t *room,
                    nsc_watch_record *record)
{
    record->files = plan->file_count;
    record->bytes = 0;
    memset(record->texts, 0, sizeof record->texts);
    record->flags |= NSC_WATCH_IS_COMPLETE;
    for (int i = 0; i < plan->hierarchy_count; i++) read_hierarchy(plan, place, i, when, room, record);
}

/*
 * Through the runtime's bind mount. The inode number is looked at before the open, so that nothing else is ever opened,
 * and after it, when it can no longer change.
 */
static int counters_inside(const nsc_last_network *network, uint8_t *room, size_t capacity, int32_t *namespaces_open,
                           int64_t *rx_bytes, int64_t *tx_bytes)
{
    struct stat status;
    struct statfs system;
    uint64_t home_inode;
    if (!network->path) return -ENOENT;
    if (lstat(network->path, &status) != 0) return -errno;
    if (status.st_ino != network->inode) return -ENODEV;
    int fd = open(network->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return -errno;
    (*namespaces_open)++;
    int result = -ENODEV;
    if (fstat(fd, &status) == 0 && status.st_ino == network->inode && fstatfs(fd, &system) == 0 &&
        system.f_type == NSFS_MAGIC) {
        int home = nsc_netns_open_own(&home_inode);
        result = home < 0 ? home : setns(fd, CLONE_NEWNET) == 0 ? 0 : -errno;
        if (result == 0) {
            result = nsc_last_text(AT_FDCWD, "/proc/thread-self/net/dev", (char *)room, capacity);
            nsc_netns_return(home);
        }

        if (home >= 0) close(home);
    }

    if (close(fd) == 0 || errno != EBADF) (*namespaces_open)--;
    return result < 0 ? result : nsc_last_sum((const char *)room, (size_t)result, rx_bytes, tx_bytes);
}

/* sysfs ends each number with a line feed. */
static int64_t sysfs_number(int directory, const char *name)
{
    char text[32];
    int length = nsc_last_text(directory, name, text, sizeof text);
    const char *at = text;
    return length > 0 ? number(&at, text + length) : -1;
}

/* An index belongs to one interface for good, a name does not. What the host's end sends, the container receives. */
static int counters_of_peer(const nsc_last_plan *plan, const nsc_watch_peer *peer, int64_t *rx_bytes, int64_t *tx_bytes)
{
    char path[NSC_LAST_PATH];
    int length = snprintf(path, sizeof path, "%s/class/net/%.*s", plan->sys, (int)sizeof peer->name, peer->name);
    if (length < 0 || (size_t)length >= sizeof path) return -ENAMETOOLONG;
    int directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return -errno;
    int result = -ENODEV;
    if (sysfs_number(directory, "ifindex") == peer->index) {
        int64_t received = sysfs_number(directory, "statistics/rx_bytes");
        int64_t sent = sysfs_number(directory, "statistics/tx_bytes");

        /*
         * What it received is counted at the other end (veth_get_stats64, drivers/net/veth.c): 0 once the two were parted,
         * which comes first when the container's namespace is taken apart. Then iflink is 0 too.
         */
        int parted = sysfs_number(directory, "iflink") <= 0;
        if (!parted && received >= 0 && sent >= 0 && !__builtin_add_overflow(*rx_bytes, sent, rx_bytes) &&
            !__builtin_add_overflow(*tx_bytes, received, tx_bytes)) {
            result = 0;
        }
    }

    close(directory);
    return result;
}

void nsc_last_counters(const nsc_last_plan *plan, const nsc_last_network *network, uint8_t *room, size_t capacity,
                       int32_t *namespaces_open, nsc_watch_record *record)
{
    int64_t rx_bytes = 0;
    int64_t tx_bytes = 0;
    if (!network) return;
    int result = counters_inside(network, room, capacity, namespaces_open, &rx_bytes, &tx_bytes);
    if (result != 0 && network->peer_count > 0) {
        rx_bytes = 0;
        tx_bytes = 0;
        result = 0;
        for (int i = 0; i < network->peer_count && result == 0; i++) {
            result = counters_of_peer(plan, &network->peers[i], &rx_bytes, &tx_bytes);
        }
    }

    if (result != 0) return;
    record->rx_bytes = rx_bytes;
    record->tx_bytes = tx_bytes;
    record->flags |= NSC_WATCH_HAS_NETWORK;
}
