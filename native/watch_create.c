/* Creating and destroying a watch. */
#include "watch.h"

#include "watch_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

static char *copy_text(uint64_t address)
{
    const char *text = (const char *)(uintptr_t)address;
    return text ? strdup(text) : NULL;
}

static int copy_plan(nsc_plan *plan, const nsc_watch_plan *from)
{
    const nsc_watch_hierarchy *hierarchies = (const nsc_watch_hierarchy *)(uintptr_t)from->hierarchies;
    const nsc_watch_file *files = (const nsc_watch_file *)(uintptr_t)from->files;
    plan->unified = from->unified;
    plan->memory = from->memory;
    plan->memory_is_v2 = from->memory_is_v2;
    plan->pids = -1;
    if (!(plan->sys = copy_text(from->sys))) return -ENOMEM;
    for (int i = 0; i < from->hierarchy_count; i++) {
        plan->hierarchies[i].mount = copy_text(hierarchies[i].mount);
        plan->hierarchies[i].root = copy_text(hierarchies[i].root);
        plan->hierarchy_count = i + 1;
        if (!plan->hierarchies[i].mount || !plan->hierarchies[i].root) return -ENOMEM;
    }

    for (int i = 0; i < from->file_count; i++) {
        plan->files[i].name = copy_text(files[i].name);
        plan->files[i].hierarchy = files[i].hierarchy;
        plan->files[i].when = files[i].when;
        plan->files[i].instead_of = files[i].instead_of;
        plan->file_count = i + 1;
        if (!plan->files[i].name) return -ENOMEM;
        if (strchr(plan->files[i].name, '/') || files[i].hierarchy < NSC_WATCH_NETWORK || files[i].hierarchy >= plan->hierarchy_count) return -EINVAL;
        if (files[i].instead_of < -1 || files[i].instead_of >= plan->hierarchy_count) return -EINVAL;
        if (strcmp(plan->files[i].name, "pids.current") == 0) plan->pids = files[i].hierarchy;
    }

    return plan->unified >= plan->hierarchy_count || plan->memory >= plan->hierarchy_count ? -EINVAL : 0;
}

static void free_plan(nsc_plan *plan)
{
    for (int i = 0; i < plan->hierarchy_count; i++) {
        free(plan->hierarchies[i].mount);
        free(plan->hierarchies[i].root);
    }

    for (int i = 0; i < plan->file_count; i++) free(plan->files[i].name);
    free(plan->sys);
}

static int create_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attributes;
    int error = pthread_mutexattr_init(&attributes);
    if (error != 0) return -error;
    error = pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    if (error == 0) error = pthread_mutex_init(lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return -error;
}

static int open_descriptors(nsc_watch *w)
{
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    w->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->epoll < 0 || w->stop < 0) return -errno;
    int error = nsc_epoll_control(w, EPOLL_CTL_ADD, w->stop, EPOLLIN, nsc_source(SOURCE_STOP, 0, 0));
    if (w->plan.memory < 0 || w->plan.memory_is_v2) return error;
    for (uint32_t i = 0; error == 0 && i < OOM_GROUPS; i++) {
        nsc_oom_group *group = &w->oom.groups[i];
        group->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (group->eventfd < 0) return -errno;
        error = nsc_epoll_control(w, EPOLL_CTL_ADD, group->eventfd, EPOLLIN, nsc_source(SOURCE_OOM_GROUP, 0, i));
    }

    return error;
}

static int initialize(nsc_watch *w, const nsc_watch_plan *plan)
{
    int error = copy_plan(&w->plan, plan);
    if (error == 0) error = nsc_ring_open(&w->ring, plan->ring_bytes);
    if (error != 0) return error;
    void *scratch = mmap(NULL, NSC_FINAL_BYTES + NSC_FINAL_NETWORK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (scratch == MAP_FAILED) return -errno;
    w->scratch = scratch;
    error = nsc_table_open(w, plan->max_containers);
    return error != 0 ? error : open_descriptors(w);
}

/*
 * Creates a watch, which watches nothing before nsc_watch_run. 0, or -errno: -EINVAL for a plan that exceeds an NSC_WATCH_
 * maximum or has an index that is out of range.
 */
int32_t nsc_watch_create(const nsc_watch_plan *plan, nsc_watch **created)
{
    *created = NULL;
    if (plan->hierarchy_count < 0 || plan->hierarchy_count > NSC_WATCH_HIERARCHIES || plan->file_count < 0 ||
        plan->file_count > NSC_WATCH_FILES || plan->max_containers < 1 || plan->ring_bytes < sizeof(nsc_watch_record)) {
        return -EINVAL;
    }

    nsc_watch *w = calloc(1, sizeof *w);
    if (!w) return -ENOMEM;
    int error = create_lock(&w->lock);
    if (error != 0) {
        free(w);
        return error;
    }

    sem_init(&w->started, 0, 0);
    w->epoll = w->stop = -1;
    w->ready = plan->ready;
    for (int i = 0; i < OOM_GROUPS; i++) w->oom.groups[i].eventfd = -1;
    error = initialize(w, plan);
    if (error != 0) nsc_watch_destroy(w);
    else *created = w;
    return error;
}

/* Closes and frees everything. No thread may be in a function of this watch. */
void nsc_watch_destroy(nsc_watch *w)
{
    nsc_table_close(w);
    for (int i = 0; i < OOM_GROUPS; i++) {
        if (w->oom.groups[i].eventfd >= 0) close(w->oom.groups[i].eventfd);
    }

    if (w->epoll >= 0) close(w->epoll);
    if (w->stop >= 0) close(w->stop);
    if (w->scratch) munmap(w->scratch, NSC_FINAL_BYTES + NSC_FINAL_NETWORK_BYTES);
    nsc_ring_close(&w->ring);
    free_plan(&w->plan);
    sem_destroy(&w->started);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
