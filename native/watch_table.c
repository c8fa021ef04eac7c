#include "watch_table.h"

#include "watch_exit.h"
#include "watch_oom.h"
#include "watch_pending.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int nsc_table_open(nsc_watch *w, int32_t capacity)
{
    nsc_table *table = &w->table;
    size_t size = (size_t)capacity;
    table->slots = calloc(size, sizeof *table->slots);
    table->generations = calloc(size, sizeof *table->generations);
    table->free_slots = calloc(size, sizeof *table->free_slots);
    w->timers.heap = calloc(size + 1, sizeof *w->timers.heap);
    if (!table->slots || !table->generations || !table->free_slots || !w->timers.heap) return -ENOMEM;

    /* The lowest slots are used first, so that the pages of the others are never allocated. */
    for (int32_t i = 0; i < capacity; i++) table->free_slots[i] = capacity - 1 - i;
    table->free_count = table->capacity = capacity;
    return 0;
}

void nsc_table_close(nsc_watch *w)
{
    nsc_table *table = &w->table;
    for (int32_t i = 0; i < table->capacity; i++) {
        nsc_container *c = table->slots[i];
        if (!c) continue;
        nsc_close_held(w, &c->pidfd);
        nsc_close_held(w, &c->cgroup_events);
        nsc_close_held(w, &c->memory_events);
        free(c->network);
        free(c);
    }

    free(table->slots);
    free(table->generations);
    free(table->free_slots);
    free(w->timers.heap);
}

static nsc_container *find(const nsc_watch *w, int32_t slot, int64_t key)
{
    if (slot < 0 || slot >= w->table.capacity) return NULL;
    nsc_container *c = w->table.slots[slot];
    return c && c->key == key && !(c->flags & REMOVED) ? c : NULL;
}

nsc_container *nsc_table_find_source(const nsc_watch *w, uint64_t data)
{
    nsc_container *c = w->table.slots[(uint32_t)data];
    return c && nsc_source_of(w, (int)(data >> 56), c) == data && !(c->flags & REMOVED) ? c : NULL;
}

void nsc_table_free(nsc_watch *w, nsc_container *c)
{
    nsc_table *table = &w->table;
    table->slots[c->slot] = NULL;
    table->free_slots[table->free_count++] = (int32_t)c->slot;
    w->counts.containers--;
    free(c);
}

/* A container with its path and the inode numbers of its directories; NULL without memory. */
static nsc_container *create_container(const nsc_plan *plan, int64_t key, const char *path)
{
    size_t inodes = (size_t)plan->hierarchy_count * sizeof(uint64_t);
    size_t path_size = strlen(path) + 1;
    nsc_container *c = calloc(1, sizeof *c + inodes + path_size);
    if (!c) return NULL;
    c->key = key;
    c->pidfd = c->cgroup_events = c->memory_events = -1;
    c->inodes = (uint64_t *)(c + 1);
    char *own_path = (char *)(c + 1) + inodes;
    memcpy(own_path, path, path_size);
    c->cgroup = (nsc_cgroup){own_path, c->inodes};
    for (int i = 0; i < plan->hierarchy_count; i++) c->inodes[i] = nsc_cgroup_inode(plan, i, path);
    return c;
}

/*
 * Adds a container.
 *
 * path: its cgroup path below the roots of the hierarchies, with a leading slash. Returns its slot; -ENOSPC if there are
 * max_containers; -EINVAL; -ENAMETOOLONG; -ENOMEM.
 */
int32_t nsc_watch_add(nsc_watch *w, int64_t key, const char *path)
{
    int memory_events;
    if (path[0] != '/') return -EINVAL;
    if (strlen(path) >= NSC_CGROUP_PATH) return -ENAMETOOLONG;
    nsc_container *c = create_container(&w->plan, key, path);
    if (!c) return -ENOMEM;
    int error = nsc_oom_subscribe(w, &c->cgroup, key, &memory_events, &c->oom_kills);

    int32_t slot = -ENOSPC;
    pthread_mutex_lock(&w->lock);
    if (w->table.free_count > 0) {
        slot = w->table.free_slots[--w->table.free_count];
        c->slot = (uint32_t)slot;
        w->table.generations[slot]++;
        w->table.slots[slot] = c;
        w->counts.containers++;
        nsc_oom_arm(w, c, memory_events, error);
    }

    pthread_mutex_unlock(&w->lock);
    if (slot >= 0) return slot;
    if (memory_events >= 0) close(memory_events);
    free(c);
    return slot;
}

/* Looks for directories that did not exist when the container was added. 0; -ENOENT if it is not in the table. */
int32_t nsc_watch_recheck(nsc_watch *w, int32_t slot, int64_t key)
{
    char path[NSC_CGROUP_PATH];
    uint64_t inodes[NSC_WATCH_HIERARCHIES];
    pthread_mutex_lock(&w->lock);
    nsc_container *c = find(w, slot, key);
    if (c) {
        memcpy(path, c->cgroup.path, strlen(c->cgroup.path) + 1);
        memcpy(inodes, c->inodes, (size_t)w->plan.hierarchy_count * sizeof inodes[0]);
    }

    pthread_mutex_unlock(&w->lock);
    if (!c) return -ENOENT;

    int had_memory = w->plan.memory >= 0 && inodes[w->plan.memory] != 0;
    for (int i = 0; i < w->plan.hierarchy_count; i++) {
        if (inodes[i] == 0) inodes[i] = nsc_cgroup_inode(&w->plan, i, path);
    }

    nsc_cgroup cgroup = {path, inodes};
    int memory_events = -1;
    int64_t oom_kills = -1;
    int error = had_memory ? -EEXIST : nsc_oom_subscribe(w, &cgroup, key, &memory_events, &oom_kills);

    pthread_mutex_lock(&w->lock);
    c = find(w, slot, key);
    if (c) {
        for (int i = 0; i < w->plan.hierarchy_count; i++) {
            if (c->inodes[i] == 0) c->inodes[i] = inodes[i];
        }

        if (!had_memory && !(c->flags & OOM_ARMED)) {
            if (c->oom_kills < 0) c->oom_kills = oom_kills;
            nsc_oom_arm(w, c, memory_events, error);
            memory_events = -1;
        }
    }

    pthread_mutex_unlock(&w->lock);
    if (memory_events >= 0) close(memory_events);
    return c ? 0 : -ENOENT;
}

/*
 * Follows a process until it exits; a process that was followed before is forgotten. `life` is returned in each record.
 *
 * directory: a descriptor of its /proc/PID. A look-up there succeeds until the process is reaped. So if one succeeds after
 * pidfd_open, the pid was this process's and not a later one's.
 *
 * Returns 0; -ESRCH if it was reaped; -ENOENT if the container is not in the table; else the -errno of pidfd_open.
 */
int32_t nsc_watch_follow(nsc_watch *w, int32_t slot, int64_t key, uint32_t life, int32_t pid, int32_t directory,
                         int32_t is_namespace_init)
{
    struct stat status;
    int pidfd = nsc_pidfd_open(pid, 0);
    if (pidfd < 0) return pidfd;
    if (directory < 0 || fstatat(directory, "stat", &status, 0) != 0) {
        close(pidfd);
        return -ESRCH;
    }

    int result = -ENOENT;
    pthread_mutex_lock(&w->lock);
    nsc_container *c = find(w, slot, key);
    if (c) {
        nsc_exit_stop(w, c);
        c->flags &= ~(uint32_t)(NAMESPACE_INIT | EXIT_SEEN | IS_EMPTY);
        if (is_namespace_init) c->flags |= NAMESPACE_INIT;
        c->life = life;
        result = nsc_epoll_control(w, EPOLL_CTL_ADD, pidfd, EPOLLIN, nsc_source_of(w, SOURCE_PIDFD, c));
        if (result == 0) {
            c->pidfd = pidfd;
            pidfd = -1;
            w->counts.descriptors++;
        }
    }

    pthread_mutex_unlock(&w->lock);
    if (pidfd >= 0) close(pidfd);
    return result;
}

static int is_valid_name(const char *name, size_t size)
{
    return memchr(name, '\0', size) && name[0] != '\0' && !strchr(name, '/');
}

/* The name of the peer becomes part of a path. */
static int is_valid_link(const nsc_watch_link *link)
{
    if (!is_valid_name(link->name, sizeof link->name)) return 0;
    return link->peer <= 0 || (is_valid_name(link->peer_name, sizeof link->peer_name) && link->peer_name[0] != '.');
}

/* 0, or -errno. */
static int create_network(uint64_t inode, const char *path, uint32_t version, const nsc_watch_link *links, int32_t count,
                          nsc_final_network **created)
{
    if (count < 0 || count > NSC_WATCH_LINKS) return -E2BIG;
    for (int32_t i = 0; i < count; i++) {
        if (!is_valid_link(&links[i])) return -EINVAL;
    }

    nsc_final_network *network;
    size_t fixed = sizeof *network + (size_t)count * sizeof *links;
    size_t path_size = path ? strlen(path) + 1 : 0;
    if (path_size > NSC_CGROUP_PATH) return -ENAMETOOLONG;
    network = malloc(fixed + path_size);
    if (!network) return -ENOMEM;
    network->inode = inode;
    network->version = version;
    network->link_count = count;
    network->path = NULL;
    if (count > 0) memcpy(network->links, links, (size_t)count * sizeof *links);
    if (path) {
        network->path = (char *)network + fixed;
        memcpy(network->path, path, path_size);
    }

    *created = network;
    return 0;
}

/*
 * Sets where the container's network counters are read when it exits: in the namespace with this inode number, which is
 * mounted at `path` (NULL: not mounted), else from the veth peers of these links. An inode of 0: nowhere. `version` is
 * returned in the record. 0, or -errno.
 */
int32_t nsc_watch_set_network(nsc_watch *w, int32_t slot, int64_t key, uint64_t inode, const char *path, uint32_t version,
                              const nsc_watch_link *links, int32_t count)
{
    nsc_final_network *network = NULL;
    int error = inode == 0 ? 0 : create_network(inode, path, version, links, count, &network);
    if (error != 0) return error;

    pthread_mutex_lock(&w->lock);
    nsc_container *c = find(w, slot, key);
    nsc_final_network *unused = network;
    if (c) {
        unused = c->network;
        c->network = network;
    }

    pthread_mutex_unlock(&w->lock);
    free(unused);
    return c ? 0 : -ENOENT;
}

/* Removes a container. Its pending events are still reported. 0; -ENOENT if it is not in the table. */
int32_t nsc_watch_remove(nsc_watch *w, int32_t slot, int64_t key)
{
    nsc_final_network *network = NULL;
    pthread_mutex_lock(&w->lock);
    nsc_container *c = find(w, slot, key);
    if (c) {
        nsc_exit_stop(w, c);
        nsc_oom_disarm(w, c);
        network = c->network;
        c->network = NULL;
        c->flags |= REMOVED;

        /* Events of it that are queued name the old generation. */
        w->table.generations[slot]++;
        if (c->pending.kinds == 0) nsc_table_free(w, c);
    }

    pthread_mutex_unlock(&w->lock);
    free(network);
    return c ? 0 : -ENOENT;
}

/* Removes the oldest record from the ring; see nsc_ring_pop. */
int32_t nsc_watch_dequeue(nsc_watch *w, nsc_watch_record *record, uint8_t *bytes, uint32_t capacity)
{
    pthread_mutex_lock(&w->lock);
    int result = nsc_ring_pop(&w->ring, record, bytes, capacity);
    if (result == 1) nsc_publish_pending(w);
    nsc_signal_ready(w);
    pthread_mutex_unlock(&w->lock);
    return result;
}

void nsc_watch_get_counts(nsc_watch *w, nsc_watch_counts *counts)
{
    pthread_mutex_lock(&w->lock);
    *counts = w->counts;
    pthread_mutex_unlock(&w->lock);
}
