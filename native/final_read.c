/*
 * The last values of a container, when it exits or when one of its processes was OOM-killed.
 *
 * Files are opened at that moment and not held: a dozen descriptors for each of thousands of containers would save about
 * 100 microseconds of the milliseconds that a runtime leaves (docs/decisions/0010).
 *
 * Invariant: what is read belongs to the container that was added. A directory is opened first and its inode number
 * compared; its files are opened through that descriptor only.
 */
#include "final_read.h"

#include "kernel_text.h"
#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef NSFS_MAGIC
#define NSFS_MAGIC 0x6e736673
#endif

static void read_hierarchy(const nsc_plan *plan, const nsc_cgroup *cgroup, int hierarchy, uint32_t when,
                           uint8_t *buffer, nsc_watch_record *record)
{
    int directory = -1;
    for (int i = 0; i < plan->file_count; i++) {
        const nsc_file *file = &plan->files[i];
        if (file->hierarchy != hierarchy || !(file->when & when)) continue;
        nsc_watch_text *text = &record->texts[i];
        int is_elsewhere = file->instead_of >= 0 && cgroup->inodes[file->instead_of] != 0;
        if (cgroup->inodes[hierarchy] == 0 || is_elsewhere) {
            text->length = -ENOENT;
            continue;
        }

        if (directory == -1) directory = nsc_cgroup_open(plan, cgroup, hierarchy);
        if (directory < 0) {
            text->length = directory;
            record->flags &= ~(uint32_t)NSC_WATCH_IS_COMPLETE;
            continue;
        }

        size_t left = NSC_FINAL_BYTES - record->bytes;
        size_t limit = left < NSC_FINAL_TEXT_LIMIT ? left : NSC_FINAL_TEXT_LIMIT;
        int length = nsc_text_read(directory, file->name, (char *)buffer + record->bytes, limit);
        if (length == -EFBIG && limit < NSC_FINAL_TEXT_LIMIT) length = -ENOBUFS;
        if (length == -ENOENT && nsc_cgroup_is_removed(directory)) length = -ENODEV;
        if (length == -ENODEV) record->flags &= ~(uint32_t)NSC_WATCH_IS_COMPLETE;
        text->length = length;
        if (length <= 0) continue;
        text->offset = record->bytes;
        record->bytes += (uint32_t)length;
    }

    if (directory >= 0) close(directory);
}

void nsc_final_read_files(const nsc_plan *plan, const nsc_cgroup *cgroup, uint32_t when, uint8_t *buffer,
                    nsc_watch_record *record)
{
    record->files = plan->file_count;
    record->bytes = 0;
    memset(record->texts, 0, sizeof record->texts);
    record->flags |= NSC_WATCH_IS_COMPLETE;
    for (int i = 0; i < plan->hierarchy_count; i++) read_hierarchy(plan, cgroup, i, when, buffer, record);
}

static void add_link(nsc_watch_record *record, int link, int64_t rx_bytes, int64_t tx_bytes)
{
    int64_t rx;
    int64_t tx;
    if (__builtin_add_overflow(record->rx_bytes, rx_bytes, &rx) || __builtin_add_overflow(record->tx_bytes, tx_bytes, &tx)) return;
    record->rx_bytes = rx;
    record->tx_bytes = tx;
    record->links_read |= UINT64_C(1) << link;
}

static int find_link(const nsc_final_network *network, const nsc_net_dev *dev)
{
    for (int i = 0; i < network->link_count; i++) {
        const char *name = network->links[i].name;
        if (strlen(name) == dev->name_length && memcmp(name, dev->name, dev->name_length) == 0) return i;
    }

    return -1;
}

/* 0, or -errno. */
static int add_net_dev(const nsc_final_network *network, const char *text, size_t length, nsc_watch_record *record)
{
    nsc_net_dev dev;
    const char *at = text;
    int lines = 0;
    int result;
    while ((result = nsc_text_next_net_dev(&at, text + length, &lines, &dev)) == 1) {
        int link = find_link(network, &dev);
        if (link >= 0) add_link(record, link, dev.rx_bytes, dev.tx_bytes);
        else if (dev.name_length != 2 || memcmp(dev.name, "lo", 2) != 0) record->other_links++;
    }

    return result;
}

static int read_file(nsc_network_texts *texts, const char *name)
{
    char path[NSC_CGROUP_PATH];
    size_t left = NSC_FINAL_NETWORK_BYTES - texts->bytes;
    int length = snprintf(path, sizeof path, "/proc/thread-self/net/%s", name);
    if (length < 0 || (size_t)length >= sizeof path) return -ENAMETOOLONG;
    return nsc_text_read(AT_FDCWD, path, (char *)texts->buffer + texts->bytes, left < NSC_FINAL_TEXT_LIMIT ? left : NSC_FINAL_TEXT_LIMIT);
}

/* In the namespace: net/dev, at the start of the buffer, and then the files of the plan. Returns the length of net/dev, or -errno. */
static int read_network_files(const nsc_plan *plan, nsc_network_texts *texts)
{
    int length = read_file(texts, "dev");
    if (length < 0) return length;
    uint32_t dev = (uint32_t)length;
    texts->bytes = dev;
    for (int i = 0; i < plan->file_count; i++) {
        if (plan->files[i].hierarchy != NSC_WATCH_NETWORK) continue;
        length = read_file(texts, plan->files[i].name);
        texts->texts[i] = (nsc_watch_text){.offset = texts->bytes, .length = length};
        if (length > 0) texts->bytes += (uint32_t)length;
    }

    return (int)dev;
}

/*
 * Enters the namespace through the runtime's bind mount. The inode number is compared before the open, so that no other
 * file is opened, and after it, when it can no longer change.
 */
static int read_inside(const nsc_plan *plan, const nsc_final_network *network, nsc_network_texts *texts,
                       int32_t *namespaces_open, nsc_watch_record *record)
{
    struct stat status;
    struct statfs filesystem;
    uint64_t own_inode;
    if (!network->path) return -ENOENT;
    if (lstat(network->path, &status) != 0) return -errno;
    if (status.st_ino != network->inode) return -ENODEV;
    int fd = open(network->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return -errno;
    (*namespaces_open)++;
    int result = -ENODEV;
    if (fstat(fd, &status) == 0 && status.st_ino == network->inode && fstatfs(fd, &filesystem) == 0 &&
        filesystem.f_type == NSFS_MAGIC) {
        int own = nsc_netns_open_own(&own_inode);
        result = own < 0 ? own : setns(fd, CLONE_NEWNET) == 0 ? 0 : -errno;
        if (result == 0) {
            result = read_network_files(plan, texts);
            nsc_netns_return(own);
        }

        if (own >= 0) close(own);
    }

    if (close(fd) == 0 || errno != EBADF) (*namespaces_open)--;
    return result < 0 ? result : add_net_dev(network, (const char *)texts->buffer, (size_t)result, record);
}

/* A file of sysfs that holds one number; -1 on error. */
static int64_t sysfs_number(int directory, const char *name)
{
    char text[32];
    int length = nsc_text_read(directory, name, text, sizeof text);
    const char *at = text;
    return length > 0 ? nsc_text_number(&at, text + length) : -1;
}

/* The name of an interface can be used again, its index is compared. What the host's peer sends, the container receives. */
static void read_peer(const nsc_plan *plan, const nsc_watch_link *link, int index, nsc_watch_record *record)
{
    char path[NSC_CGROUP_PATH];
    int length = snprintf(path, sizeof path, "%s/class/net/%.*s", plan->sys, (int)sizeof link->peer_name, link->peer_name);
    if (length < 0 || (size_t)length >= sizeof path) return;
    int directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return;
    if (sysfs_number(directory, "ifindex") == link->peer) {
        int64_t received = sysfs_number(directory, "statistics/rx_bytes");
        int64_t sent = sysfs_number(directory, "statistics/tx_bytes");

        /*
         * rx_bytes of a veth is counted at its peer (veth_get_stats64, drivers/net/veth.c). It is 0 after the peer was
         * removed, with which the kernel begins to destroy the container's namespace; then iflink is 0 too.
         */
        int is_unpaired = sysfs_number(directory, "iflink") <= 0;
        if (!is_unpaired && received >= 0 && sent >= 0) add_link(record, index, sent, received);
    }

    close(directory);
}

static void clear_network(nsc_watch_record *record, int32_t other_links)
{
    record->rx_bytes = 0;
    record->tx_bytes = 0;
    record->links_read = 0;
    record->other_links = other_links;
}

void nsc_final_read_network(const nsc_plan *plan, const nsc_final_network *network, nsc_network_texts *texts,
                            int32_t *namespaces_open, nsc_watch_record *record)
{
    texts->bytes = 0;
    memset(texts->texts, 0, sizeof texts->texts);
    if (!network) return;
    clear_network(record, 0);
    if (read_inside(plan, network, texts, namespaces_open, record) != 0) {
        clear_network(record, -1);
        for (int i = 0; i < network->link_count; i++) {
            if (network->links[i].peer > 0) read_peer(plan, &network->links[i], i, record);
        }

        if (record->links_read == 0) return;
    }

    record->network = network->version;
    record->flags |= NSC_WATCH_HAS_NETWORK;
}

void nsc_final_add_network(const nsc_plan *plan, const nsc_network_texts *texts, uint8_t *buffer, nsc_watch_record *record)
{
    for (int i = 0; i < plan->file_count; i++) {
        if (plan->files[i].hierarchy != NSC_WATCH_NETWORK) continue;
        nsc_watch_text text = texts->texts[i];
        if (text.length > 0 && (uint32_t)text.length > NSC_FINAL_BYTES - record->bytes) text.length = -ENOBUFS;
        if (text.length > 0) {
            memcpy(buffer + record->bytes, texts->buffer + text.offset, (size_t)text.length);
            text.offset = record->bytes;
            record->bytes += (uint32_t)text.length;
        }

        record->texts[i] = text;
    }
}
