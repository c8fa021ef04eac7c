/*
 * v2: memory.events of each container is polled. v1: memory.oom_control is bound to one of OOM_GROUPS eventfds that all
 * containers share, because a descriptor for each would double what a container costs. A signal says that some container
 * of the group ran out of memory; the scan of the group finds which one was killed from.
 *
 * Invariant: what a container can cause takes a bounded part of this thread's time (SCAN_REST, REARM_MS), because the thread
 * runs before every ordinary thread of the host.
 */
#include "watch_oom.h"

#include "watch_pending.h"
#include "watch_timers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

/* Containers that are checked before other events are handled. */
#define SCAN_STEP 16

/* After a scan step no group is scanned for this many times its duration. */
#define SCAN_REST 9

/*
 * v1 notifies before it kills (mem_cgroup_oom, mm/memcontrol-v1.c). So the group is scanned again 1, 2, 4 ... up to this many
 * ms later, for a second in all.
 */
#define SCAN_LAST_WAIT_MS 512

/* A notification sooner than this after the one that started the scans does not restart them. */
#define SCAN_RESTART_MS 10

/*
 * The kernel signals the eventfd also when a bound cgroup is removed, as after every exit. A signal that can be that one
 * starts two scans instead of ten, the first after REMOVAL_WAIT_MS. It can be for so long after the cgroup became empty.
 */
#define REMOVAL_WAIT_MS 16
#define REMOVAL_WITHIN_MS 10000

/* Minimum time between two checks of memory.events: `high` and `max` change it as fast as the container likes. */
#define REARM_MS 50

/* With more than this times REARM_MS containers waiting, that time grows so that so many are re-armed in a millisecond. */
#define REARMS_PER_MS 10u

static nsc_oom_group *group_of(nsc_watch *w, int64_t key)
{
    return &w->oom.groups[(uint64_t)key % OOM_GROUPS];
}

void nsc_oom_check(nsc_watch *w, nsc_container *c)
{
    nsc_watch_record record;
    int64_t kills = nsc_cgroup_oom_kills(&w->plan, &c->cgroup);
    if (kills < 0) return;
    int64_t before = c->oom_kills;
    c->oom_kills = kills;
    if (before < 0 || kills <= before) return;
    nsc_record_init(&record, c, NSC_WATCH_OOM_KILLED);
    record.oom_kills = kills - before;
    nsc_final_read_files(&w->plan, &c->cgroup, NSC_WATCH_AT_OOM, w->scratch, &record);
    nsc_publish(w, c, &record);
}

void nsc_oom_expect_removal(nsc_watch *w, const nsc_container *c)
{
    if (!(c->flags & OOM_ARMED) || w->plan.memory_is_v2) return;
    nsc_oom_group *group = group_of(w, c->key);
    group->removals++;
    group->emptied_ns = nsc_monotonic_ns();
}

/* ---- v2 ---- */

void nsc_oom_memory_event(nsc_watch *w, nsc_container *c)
{
    char text[1024];
    if (c->memory_events < 0) return;

    /*
     * This read only clears the event; nsc_oom_check reads by path. After the cgroup was removed the file signals for ever,
     * and the read fails.
     */
    if (pread(c->memory_events, text, sizeof text, 0) < 0) {
        nsc_close_held(w, &c->memory_events);
        return;
    }

    nsc_oom_check(w, c);
    uint32_t wait_ms = w->timers.rearming / REARMS_PER_MS;
    nsc_timer_set(w, c, TIMER_REARM, wait_ms > REARM_MS ? wait_ms : REARM_MS);
}

void nsc_oom_rearm(nsc_watch *w, nsc_container *c)
{
    nsc_timer_clear(w, c, TIMER_REARM);
    if (c->memory_events < 0) return;
    nsc_epoll_control(w, EPOLL_CTL_MOD, c->memory_events, EPOLLPRI | EPOLLONESHOT, nsc_source_of(w, SOURCE_MEMORY_EVENTS, c));
}

/* ---- v1 ---- */

void nsc_oom_group_event(nsc_watch *w, uint32_t index)
{
    nsc_oom_group *group = &w->oom.groups[index];
    uint64_t signals;
    uint64_t now = nsc_monotonic_ns();
    if (read(group->eventfd, &signals, sizeof signals) != sizeof signals) return;
    if (now - group->emptied_ns > REMOVAL_WITHIN_MS * NS_PER_MS) group->removals = 0;
    int is_removal = signals <= group->removals;
    group->removals = is_removal ? group->removals - (uint32_t)signals : 0;
    if (!group->first) return;
    if (group->wait_ms != 0 && (is_removal || now - group->started_ns < SCAN_RESTART_MS * NS_PER_MS)) return;
    group->started_ns = now;
    group->wait_ms = is_removal ? SCAN_LAST_WAIT_MS : 1;
    group->due_ns = is_removal ? now + REMOVAL_WAIT_MS * NS_PER_MS : now;
}

uint64_t nsc_oom_next_scan_ns(const nsc_watch *w)
{
    uint64_t first = 0;
    for (int i = 0; i < OOM_GROUPS; i++) {
        const nsc_oom_group *group = &w->oom.groups[i];
        uint64_t due_ns = group->scanning ? 1 : group->due_ns;
        if (due_ns != 0 && (first == 0 || due_ns < first)) first = due_ns;
    }

    return first != 0 && first < w->oom.scan_allowed_ns ? w->oom.scan_allowed_ns : first;
}

void nsc_oom_scan(nsc_watch *w)
{
    nsc_oom *oom = &w->oom;
    uint64_t began = nsc_monotonic_ns();
    if (began < oom->scan_allowed_ns) return;
    for (int i = 0; i < OOM_GROUPS; i++) {
        nsc_oom_group *group = &oom->groups[(oom->next_group + i) % OOM_GROUPS];
        if (!group->scanning) {
            if (group->due_ns == 0 || group->due_ns > began) continue;
            group->scanning = 1;
            group->due_ns = 0;
            group->cursor = group->first;
        }

        for (int checked = 0; group->cursor && checked < SCAN_STEP; checked++) {
            nsc_container *c = group->cursor;
            group->cursor = c->oom_next;
            nsc_oom_check(w, c);
        }

        uint64_t now = nsc_monotonic_ns();
        oom->scan_allowed_ns = now + SCAN_REST * (now - began);
        oom->next_group = (oom->next_group + i + 1) % OOM_GROUPS;
        if (group->cursor) return;
        group->scanning = 0;
        if (group->due_ns == 0 && group->wait_ms != 0) {
            if (group->wait_ms <= SCAN_LAST_WAIT_MS) group->due_ns = now + group->wait_ms * NS_PER_MS;
            group->wait_ms = group->wait_ms <= SCAN_LAST_WAIT_MS ? group->wait_ms * 2 : 0;
        }

        return;
    }
}

static void join_group(nsc_watch *w, nsc_container *c)
{
    nsc_oom_group *group = group_of(w, c->key);
    c->oom_previous = NULL;
    c->oom_next = group->first;
    if (group->first) group->first->oom_previous = c;
    group->first = c;
}

static void leave_group(nsc_watch *w, nsc_container *c)
{
    nsc_oom_group *group = group_of(w, c->key);
    if (group->cursor == c) group->cursor = c->oom_next;
    if (c->oom_previous) c->oom_previous->oom_next = c->oom_next;
    else if (group->first == c) group->first = c->oom_next;
    if (c->oom_next) c->oom_next->oom_previous = c->oom_previous;
    c->oom_next = NULL;
    c->oom_previous = NULL;
}

/*
 * Binds memory.oom_control to the group's eventfd by cgroup.event_control. The kernel keeps the binding until the cgroup is
 * removed, without a descriptor. One eventfd may be bound to any number of cgroups. 0, or -errno.
 */
static int bind_v1(const nsc_watch *w, int directory, int64_t key)
{
    char text[32];
    int oom_control = openat(directory, "memory.oom_control", O_RDONLY | O_CLOEXEC);
    if (oom_control < 0) return -errno;
    int result;
    int event_control = openat(directory, "cgroup.event_control", O_WRONLY | O_CLOEXEC);
    if (event_control >= 0) {
        int length = snprintf(text, sizeof text, "%d %d", w->oom.groups[(uint64_t)key % OOM_GROUPS].eventfd, oom_control);
        result = write(event_control, text, (size_t)length) == length ? 0 : -errno;
        close(event_control);
    } else {
        result = -errno;
    }

    close(oom_control);
    return result;
}

/* ---- both ---- */

int nsc_oom_subscribe(const nsc_watch *w, const nsc_cgroup *cgroup, int64_t key, int *memory_events, int64_t *oom_kills)
{
    int result;
    *memory_events = -1;
    *oom_kills = -1;
    if (w->plan.memory < 0 || cgroup->inodes[w->plan.memory] == 0) return -ENOENT;
    int directory = nsc_cgroup_open(&w->plan, cgroup, w->plan.memory);
    if (directory < 0) return directory;
    if (w->plan.memory_is_v2) {
        *memory_events = openat(directory, "memory.events", O_RDONLY | O_CLOEXEC);
        result = *memory_events < 0 ? -errno : 0;
    } else {
        result = bind_v1(w, directory, key);
    }

    close(directory);
    *oom_kills = nsc_cgroup_oom_kills(&w->plan, cgroup);
    return result;
}

void nsc_oom_arm(nsc_watch *w, nsc_container *c, int memory_events, int error)
{
    if (memory_events >= 0) {
        c->memory_events = memory_events;
        w->counts.descriptors++;
        error = nsc_epoll_control(w, EPOLL_CTL_ADD, memory_events, EPOLLPRI | EPOLLONESHOT, nsc_source_of(w, SOURCE_MEMORY_EVENTS, c));
        if (error != 0) nsc_close_held(w, &c->memory_events);
    } else if (error == 0) {
        join_group(w, c);
    }

    if (error == 0) c->flags |= OOM_ARMED;
    else if (w->plan.memory >= 0 && c->inodes[w->plan.memory] != 0) w->counts.oom_unarmed++;
}

void nsc_oom_disarm(nsc_watch *w, nsc_container *c)
{
    nsc_close_held(w, &c->memory_events);
    nsc_timer_clear(w, c, TIMER_REARM);
    leave_group(w, c);
}
