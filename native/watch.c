/*
 * The watch for the ends of containers, and for their lack of memory.
 *
 * A runtime removes the cgroups of a container 5 to 10 milliseconds after its last process has ended, and the last totals
 * with them. So whatever reads them must not wait: not for a garbage collection, which stops managed threads; not for a
 * processor, hence real time; not for memory, hence nothing is allocated once a container has been added.
 *
 * One thread is in nsc_watch_run. It waits in one epoll for
 *   - the pidfd of each container: EPOLLIN when the process ends, EPOLLHUP when it has been reaped (kernel 6.9);
 *   - cgroup.events of containers whose process has ended, in the unified hierarchy: EPOLLPRI when the last process ends, or
 *     the first one comes;
 *   - eventfds to which memory.oom_control of v1 is bound, a few shared by all: a descriptor for each container would double
 *     what a container costs;
 *   - memory.events of each container, where the memory controller is v2's.
 * What it tells are records in the arena; whoever takes them is woken by an eventfd.
 *
 * Invariants
 * - The table and the arena are used under `lock` only. It inherits priority, and callers open no file under it, so that
 *   the watching thread never waits for long.
 * - What epoll returns carries the slot and the generation of its container, and every event looks again at what it is
 *   about: one that was on its way when the container was let go is about nothing.
 * - A death is told, however full the arena is: `untold` remembers it until there is room.
 * - All that a container can bring about has a bound in the time of this thread (OOM_SHARE, REARM_MS, POLLS_PER_MS): it
 *   runs before every ordinary thread of the host.
 */
#include "arena.h"
#include "last.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SCHED_RESET_ON_FORK
#define SCHED_RESET_ON_FORK 0x40000000
#endif

#define MS UINT64_C(1000000)

/* Events that are taken from epoll at once, and handled in their order. */
#define EVENTS 64

/* Eventfds for v1's lack of memory. */
#define GROUPS 64

/* Containers of a group that are looked at before other events have their turn. */
#define SCAN_STEP 16

/* After looking at a group, all groups rest for this many times as long as that took. */
#define OOM_SHARE 9

/* A notification of v1 comes before the kill (mem_cgroup_oom, mm/memcontrol-v1.c): 1, 2, 4 ... up to this many ms later it is looked again, a second in all. */
#define OOM_LAST_WAIT_MS 512

/* A notification that comes sooner than this after another one does not start that anew. */
#define OOM_RESTART_MS 10

/*
 * The kernel signals the eventfd too when a cgroup is removed, which every end of a container is followed by. A signal
 * that can be that one is good for two looks only, so late, and is taken for it as long after the end.
 */
#define OOM_REMOVAL_WAIT_MS 16
#define OOM_REMOVAL_WITHIN_MS 10000

/* memory.events of one container is looked at no more often: `high` and `max` change it as fast as the container likes. */
#define REARM_MS 50

/* Where no cgroup.events tells: 1, 2, 4 ... up to this many ms between two looks at whether a process is left. */
#define POLL_WAIT_MS 100

/* With more containers than POLL_WAIT_MS waiting to be looked at (or re-armed, ten times as many), there is one look a millisecond. */
#define POLLS_PER_MS 1u
#define REARMS_PER_MS 10u

/* include/uapi/linux/pidfd.h, of kernel 6.15 */
struct pidfd_info_v0 {
    uint64_t mask;
    uint64_t cgroupid;
    uint32_t ids[11];
    int32_t exit_code;
};
_Static_assert(sizeof(struct pidfd_info_v0) == 64, "PIDFD_INFO_SIZE_VER0");
#define PIDFD_INFO_EXIT_BIT (UINT64_C(1) << 3)
#define PIDFD_GET_INFO_V0 _IOWR(0xFF, 11, struct pidfd_info_v0)

/* container.flags */
enum {
    NAMESPACE_INIT = 1,
    EXIT_TOLD = 2,     /* of the process at hand */
    LINGERS = 4,       /* EXIT_TOLD, with processes left */
    IS_EMPTY = 8,      /* the last process has ended, and that was told */
    POLLS = 16,        /* due for another look at whether a process is left */
    REARMS = 32,       /* due for memory.events to be waited for again */
    OOM_ARMED = 64,
    REMOVED = 128      /* let go; it waits for its untold records only */
};

/* What an epoll event is about, in the upper byte of its data; then 24 bits of the generation, then the slot. */
enum { ABOUT_STOP, ABOUT_PROCESS, ABOUT_EVENTS, ABOUT_MEMORY, ABOUT_GROUP };

typedef struct container {
    int64_t key;
    int64_t oom_kills; /* that were told, or there before; -1: not known */
    uint64_t due_ns;   /* CLOCK_MONOTONIC; in the heap while heap_at > 0 */
    uint32_t heap_at;
    uint32_t slot;
    uint32_t life;
    uint32_t flags;
    uint32_t wait_ms;
    int pidfd;
    int events; /* cgroup.events */
    int memory; /* memory.events */
    struct container *group_next;
    struct container *group_previous;

    /* Bits (1 << NSC_WATCH_...) of what found no room, about untold_life. */
    struct container *untold_next;
    uint32_t untold;
    uint32_t untold_life;
    uint32_t untold_flags;
    int32_t untold_status;
    int64_t untold_oom;
    int64_t untold_at[2][2]; /* of NSC_WATCH_EXITED, NSC_WATCH_EMPTIED: realtime, boottime */

    nsc_last_network *network;
    nsc_last_place place;
    uint64_t *inodes; /* place's, behind this structure; the path follows */
} container;

/* The containers that share an eventfd. */
typedef struct group {
    int eventfd;
    int scanning;
    container *first;
    container *cursor;   /* while scanning: the next one to look at */
    uint64_t due_ns;     /* 0: nothing is to be looked at */
    uint64_t started_ns; /* when a notification last started it anew */
    uint32_t wait_ms;
    uint32_t removals; /* that are still to come, of containers that have ended */
    uint64_t ended_ns; /* when the last one of those did */
} group;

struct nsc_watch {
    pthread_mutex_t lock;
    nsc_last_plan plan;
    nsc_arena arena;
    nsc_watch_counts counts;
    container **slots;
    uint32_t *generations;
    int32_t *free_slots;
    int32_t free_count;
    int32_t max_containers;
    container **heap; /* from 1 on, the one due first on top */
    uint32_t heap_count;
    uint32_t polling;
    uint32_t rearming;
    container *untold_first;
    container *untold_last;
    group groups[GROUPS];
    int scan_next;
    uint64_t scan_allowed_ns;
    uint8_t *room; /* NSC_LAST_ROOM, the watching thread's */
    nsc_watch_record record; /* likewise: the one being made */
    int epoll;
    int stop;
    int ready;
    int told;      /* a record was put in since `ready` was set */
    int no_status; /* the kernel has no PIDFD_GET_INFO */
    sem_t started;
    nsc_watch_scheduling scheduling;
};

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static uint64_t monotonic_ns(void)
{
    return (uint64_t)clock_ns(CLOCK_MONOTONIC);
}

static uint64_t data_of(int about, uint32_t generation, uint32_t slot)
{
    return (uint64_t)about << 56 | (uint64_t)(generation & 0xffffff) << 32 | slot;
}

static int epoll_set(nsc_watch *w, int operation, int fd, uint32_t events, uint64_t data)
{
    struct epoll_event event = {.events = events, .data.u64 = data};
    return epoll_ctl(w->epoll, operation, fd, &event) == 0 ? 0 : -errno;
}

static uint64_t data_about(const nsc_watch *w, int about, const container *c)
{
    return data_of(about, w->generations[c->slot], c->slot);
}

static void close_held(nsc_watch *w, int *fd)
{
    if (*fd < 0) return;
    close(*fd);
    *fd = -1;
    w->counts.descriptors--;
}

/* ---- what is due ---- */

static void heap_place(nsc_watch *w, uint32_t at, container *c)
{
    w->heap[at] = c;
    c->heap_at = at;
}

static void heap_up(nsc_watch *w, uint32_t at, container *c)
{
    for (; at > 1 && w->heap[at / 2]->due_ns > c->due_ns; at /= 2) heap_place(w, at, w->heap[at / 2]);
    heap_place(w, at, c);
}

static void heap_down(nsc_watch *w, uint32_t at, container *c)
{
    for (;;) {
        uint32_t below = at * 2;
        if (below > w->heap_count) break;
        if (below < w->heap_count && w->heap[below + 1]->due_ns < w->heap[below]->due_ns) below++;
        if (w->heap[below]->due_ns >= c->due_ns) break;
        heap_place(w, at, w->heap[below]);
        at = below;
    }

    heap_place(w, at, c);
}

static void heap_remove(nsc_watch *w, container *c)
{
    uint32_t at = c->heap_at;
    if (at == 0) return;
    c->heap_at = 0;
    container *last = w->heap[w->heap_count--];
    if (last == c) return;
    if (at > 1 && w->heap[at / 2]->due_ns > last->due_ns) heap_up(w, at, last);
    else heap_down(w, at, last);
}

/* One container is due at one time: for POLLS, for REARMS, or both. */
static void wake_in(nsc_watch *w, container *c, uint32_t flag, uint32_t ms)
{
    uint64_t due = monotonic_ns() + ms * MS;
    if (!(c->flags & flag)) {
        c->flags |= flag;
        if (flag == POLLS) w->polling++;
        else w->rearming++;
    }

    if (c->heap_at != 0) {
        if (c->due_ns <= due) return;
        heap_remove(w, c);
    }

    c->due_ns = due;
    heap_up(w, ++w->heap_count, c);
}

static void wake_not(nsc_watch *w, container *c, uint32_t flag)
{
    if (!(c->flags & flag)) return;
    c->flags &= ~flag;
    if (flag == POLLS) w->polling--;
    else w->rearming--;
    if (!(c->flags & (POLLS | REARMS))) heap_remove(w, c);
}

static uint32_t at_least(uint32_t ms, uint32_t least)
{
    return ms > least ? ms : least;
}

/* ---- telling ---- */

static void begin_record(nsc_watch *w, const container *c, int kind)
{
    nsc_watch_record *record = &w->record;
    memset(record, 0, offsetof(nsc_watch_record, texts));
    record->key = c->key;
    record->life = c->life;
    record->kind = kind;
    record->realtime_ns = clock_ns(CLOCK_REALTIME);
    record->boottime_ns = clock_ns(CLOCK_BOOTTIME);
}

static int put(nsc_watch *w, nsc_watch_record *record)
{
    int had_texts = record->files > 0;
    int fits = nsc_arena_put(&w->arena, record, w->room);
    if (!fits && had_texts) {
        record->files = 0;
        record->bytes = 0;
        record->flags &= ~(uint32_t)NSC_WATCH_IS_COMPLETE;
        record->flags |= NSC_WATCH_TEXTS_DROPPED;
        fits = nsc_arena_put(&w->arena, record, NULL);
    }

    if (!fits) return 0;
    if (record->flags & NSC_WATCH_TEXTS_DROPPED) w->counts.texts_dropped++;
    w->told = 1;
    return 1;
}

static void forget_untold(nsc_watch *w, container *c)
{
    if (c->untold == 0) return;
    c->untold = 0;
    w->counts.untold--;
    container **link = &w->untold_first;
    container *before = NULL;
    for (; *link != c; link = &(*link)->untold_next) before = *link;
    *link = c->untold_next;
    if (w->untold_last == c) w->untold_last = before;
    c->untold_next = NULL;
}

static void remember_untold(nsc_watch *w, container *c, const nsc_watch_record *record)
{
    uint32_t bit = 1u << record->kind;
    if (c->untold == 0) {
        if (w->untold_last) w->untold_last->untold_next = c;
        else w->untold_first = c;
        w->untold_last = c;
        w->counts.untold++;
        c->untold_flags = 0;
        c->untold_oom = 0;
    } else if ((c->untold & bit && record->kind != NSC_WATCH_OOM) || c->untold_life != record->life) {
        /* One life at a time is remembered: the newest, whose end decides what the container is. */
        w->counts.records_lost++;
        if (c->untold_life != record->life) {
            c->untold &= 1u << NSC_WATCH_OOM;
            c->untold_flags = 0;
        }
    }

    c->untold |= bit;
    c->untold_life = record->life;
    if (record->kind == NSC_WATCH_OOM) c->untold_oom += record->oom_kills;
    if (record->kind == NSC_WATCH_EXITED) c->untold_flags = record->flags;
    if (record->flags & NSC_WATCH_HAS_STATUS) c->untold_status = record->status;
    if (record->kind == NSC_WATCH_EXITED || record->kind == NSC_WATCH_EMPTIED) {
        int64_t *at = c->untold_at[record->kind == NSC_WATCH_EMPTIED];
        at[0] = record->realtime_ns;
        at[1] = record->boottime_ns;
    }
}

static void tell(nsc_watch *w, container *c)
{
    /* What waits is told first: records of one container come in their order. */
    if (c->untold != 0 || !put(w, &w->record)) remember_untold(w, c, &w->record);
}

static void free_container(nsc_watch *w, container *c);

/* Tells what found no room before, by way of a record of the caller's: also other threads get here. */
static void tell_untold(nsc_watch *w)
{
    static const int order[] = {NSC_WATCH_OOM, NSC_WATCH_EXITED, NSC_WATCH_EMPTIED, NSC_WATCH_STATUS, NSC_WATCH_POPULATED};
    nsc_watch_record record;
    while (w->untold_first) {
        container *c = w->untold_first;
        for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
            int kind = order[i];
            if (!(c->untold & (1u << kind))) continue;
            memset(&record, 0, offsetof(nsc_watch_record, texts));
            record.key = c->key;
            record.kind = kind;
            record.life = c->untold_life;
            record.realtime_ns = clock_ns(CLOCK_REALTIME);
            record.boottime_ns = clock_ns(CLOCK_BOOTTIME);
            if (kind == NSC_WATCH_OOM) {
                record.oom_kills = c->untold_oom;
                record.flags = NSC_WATCH_TEXTS_DROPPED;
            } else if (kind == NSC_WATCH_EXITED || kind == NSC_WATCH_EMPTIED) {
                const int64_t *at = c->untold_at[kind == NSC_WATCH_EMPTIED];
                record.realtime_ns = at[0];
                record.boottime_ns = at[1];
                record.flags = kind == NSC_WATCH_EMPTIED ? NSC_WATCH_IS_EMPTY | NSC_WATCH_TEXTS_DROPPED
                                                         : (c->untold_flags & (NSC_WATCH_IS_EMPTY | NSC_WATCH_HAS_STATUS | NSC_WATCH_STATUS_COMES)) | NSC_WATCH_TEXTS_DROPPED;
            } else if (kind == NSC_WATCH_STATUS) {
                record.flags = NSC_WATCH_HAS_STATUS;
            }

            if (record.flags & NSC_WATCH_HAS_STATUS) record.status = c->untold_status;
            if (!put(w, &record)) return;
            if (c->untold == 1u << kind) forget_untold(w, c);
            else c->untold &= ~(1u << kind);
        }

        if (c->flags & REMOVED) free_container(w, c);
    }
}

static void wake_taker(nsc_watch *w)
{
    static const uint64_t one = 1;
    if (!w->told) return;
    w->told = 0;
    ssize_t ignored = write(w->ready, &one, sizeof one);
    (void)ignored;
}

/* ---- what happens to a container ---- */

static void read_end(nsc_watch *w, const container *c)
{
    nsc_watch_record *record = &w->record;
    nsc_last_files(&w->plan, &c->place, NSC_WATCH_AT_END, w->room, record);
    nsc_last_counters(&w->plan, c->network, w->room + record->bytes, NSC_LAST_ROOM - record->bytes,
                      &w->counts.namespaces_open, record);
}

/* Whether processes of it were killed for lack of memory since the last look, which is told. */
static void look_for_oom(nsc_watch *w, container *c)
{
    int64_t kills = nsc_last_oom_kills(&w->plan, &c->place);
    if (kills < 0) return;
    int64_t before = c->oom_kills;
    c->oom_kills = kills;
    if (before < 0 || kills <= before) return;
    begin_record(w, c, NSC_WATCH_OOM);
    w->record.oom_kills = kills - before;
    nsc_last_files(&w->plan, &c->place, NSC_WATCH_AT_OOM, w->room, &w->record);
    tell(w, c);
}

/* Its cgroup will be removed soon, which signals the eventfd that its group shares. */
static void expect_removal(nsc_watch *w, const container *c)
{
    if (!(c->flags & OOM_ARMED) || w->plan.memory_is_v2) return;
    group *g = &w->groups[(uint64_t)c->key % GROUPS];
    g->removals++;
    g->ended_ns = monotonic_ns();
}

static void stop_lingering(nsc_watch *w, container *c)
{
    c->flags &= ~(uint32_t)LINGERS;
    wake_not(w, c, POLLS);
}

static void emptied(nsc_watch *w, container *c)
{
    int64_t realtime_ns = clock_ns(CLOCK_REALTIME);
    int64_t boottime_ns = clock_ns(CLOCK_BOOTTIME);
    stop_lingering(w, c);
    c->flags |= IS_EMPTY;
    look_for_oom(w, c);
    begin_record(w, c, NSC_WATCH_EMPTIED);
    w->record.realtime_ns = realtime_ns;
    w->record.boottime_ns = boottime_ns;
    w->record.flags = NSC_WATCH_IS_EMPTY;
    read_end(w, c);
    tell(w, c);
    expect_removal(w, c);
}

static void poll_later(nsc_watch *w, container *c)
{
    wake_in(w, c, POLLS, at_least(c->wait_ms, w->polling / POLLS_PER_MS));
    if (c->wait_ms < POLL_WAIT_MS) c->wait_ms = c->wait_ms * 2 < POLL_WAIT_MS ? c->wait_ms * 2 : POLL_WAIT_MS;
}

/* Reads cgroup.events, by which its next change is waited for. */
static void look_at_events(nsc_watch *w, container *c)
{
    char text[256];
    ssize_t length;
    do length = pread(c->events, text, sizeof text, 0);
    while (length < 0 && errno == EINTR);
    int64_t populated = length < 0 ? -1 : nsc_last_keyed(text, (size_t)length, "populated");
    if (populated < 0) {
        /* ENODEV: it was removed, which only an empty one can be. */
        close_held(w, &c->events);
        if (c->flags & LINGERS) emptied(w, c);
    } else if (populated == 0 && c->flags & LINGERS) {
        emptied(w, c);
    } else if (populated == 0) {
        c->flags |= IS_EMPTY;
    } else if (c->flags & IS_EMPTY) {
        c->flags &= ~(uint32_t)IS_EMPTY;
        begin_record(w, c, NSC_WATCH_POPULATED);
        tell(w, c);
    }
}

/* Waits for cgroup.events. Not possible on v1 alone, where the caller looks from time to time. */
static int wait_for_events(nsc_watch *w, container *c)
{
    if (w->plan.unified < 0 || c->inodes[w->plan.unified] == 0) return -ENOENT;
    if (c->events < 0) {
        int directory = nsc_last_directory(&w->plan, &c->place, w->plan.unified);
        if (directory < 0) return directory;
        c->events = openat(directory, "cgroup.events", O_RDONLY | O_CLOEXEC);
        int error = c->events < 0 ? -errno : 0;
        close(directory);
        if (error != 0) return error;
        w->counts.descriptors++;
        error = epoll_set(w, EPOLL_CTL_ADD, c->events, EPOLLPRI, data_about(w, ABOUT_EVENTS, c));
        if (error != 0) {
            close_held(w, &c->events);
            return error;
        }
    }

    /* The change may have come before. */
    look_at_events(w, c);
    return 0;
}

static void process_reaped(nsc_watch *w, container *c)
{
    int32_t status;
    int error = nsc_pidfd_status(c->pidfd, &status);
    close_held(w, &c->pidfd);
    if (error != 0) return;
    begin_record(w, c, NSC_WATCH_STATUS);
    w->record.flags = NSC_WATCH_HAS_STATUS;
    w->record.status = status;
    tell(w, c);
}

static void process_event(nsc_watch *w, container *c)
{
    struct pollfd now = {.fd = c->pidfd, .events = POLLIN};
    if (c->pidfd < 0 || poll(&now, 1, 0) <= 0) return;
    if (c->flags & EXIT_TOLD) {
        if (now.revents & POLLHUP) process_reaped(w, c);
        return;
    }

    int64_t realtime_ns = clock_ns(CLOCK_REALTIME);
    int64_t boottime_ns = clock_ns(CLOCK_BOOTTIME);
    c->flags |= EXIT_TOLD;

    /*
     * First of all: a namespace that nothing else holds was let go before the process became a zombie, and the kernel is
     * taking its interfaces apart already. The cgroups stand for milliseconds yet.
     */
    nsc_watch_record *record = &w->record;
    begin_record(w, c, NSC_WATCH_EXITED);
    nsc_last_counters(&w->plan, c->network, w->room, NSC_LAST_ROOM, &w->counts.namespaces_open, record);
    uint32_t network = record->flags & NSC_WATCH_HAS_NETWORK;
    int64_t rx_bytes = record->rx_bytes;
    int64_t tx_bytes = record->tx_bytes;

    int occupancy = nsc_last_occupancy(&w->plan, &c->place);

    /* With process 1 of a pid namespace all others of it end; where nothing else can be asked, that will do. */
    int has_unified = w->plan.unified >= 0 && c->inodes[w->plan.unified] != 0;
    int empty = occupancy == NSC_LAST_EMPTY || occupancy == NSC_LAST_GONE || (c->flags & NAMESPACE_INIT && (!has_unified || occupancy < 0));
    look_for_oom(w, c);
    begin_record(w, c, NSC_WATCH_EXITED);
    w->record.realtime_ns = realtime_ns;
    w->record.boottime_ns = boottime_ns;
    if (empty) w->record.flags |= NSC_WATCH_IS_EMPTY;
    nsc_last_files(&w->plan, &c->place, NSC_WATCH_AT_END, w->room, record);
    record->flags |= network;
    record->rx_bytes = rx_bytes;
    record->tx_bytes = tx_bytes;

    int32_t status;
    int error = w->no_status ? -ENOTTY : nsc_pidfd_status(c->pidfd, &status);
    if (error == 0) {
        w->record.flags |= NSC_WATCH_HAS_STATUS;
        w->record.status = status;
    } else if (error == -ENOTTY || error == -EINVAL) {
        w->no_status = 1;
    }

    /* EAGAIN: not reaped yet. EPOLLHUP comes whether it is asked for or not, also when it has been reaped by now. */
    if (error == -EAGAIN && epoll_set(w, EPOLL_CTL_MOD, c->pidfd, 0, data_about(w, ABOUT_PROCESS, c)) == 0) w->record.flags |= NSC_WATCH_STATUS_COMES;
    else close_held(w, &c->pidfd);
    tell(w, c);

    if (empty) expect_removal(w, c);
    c->flags |= empty ? IS_EMPTY : LINGERS;
    c->wait_ms = 1;
    error = wait_for_events(w, c);
    if (error == 0 || empty) return;
    if (error == -ENODEV) emptied(w, c);
    else poll_later(w, c);
}

static void memory_event(nsc_watch *w, container *c)
{
    char text[1024];
    if (c->memory < 0) return;

    /* The look is made by path, this read only clears the event; a directory that was removed tells of itself for ever. */
    if (pread(c->memory, text, sizeof text, 0) < 0) {
        close_held(w, &c->memory);
        return;
    }

    look_for_oom(w, c);
    wake_in(w, c, REARMS, at_least(REARM_MS, w->rearming / REARMS_PER_MS));
}

static void due(nsc_watch *w, container *c)
{
    heap_remove(w, c);
    if (c->flags & REARMS) {
        wake_not(w, c, REARMS);
        if (c->memory >= 0) epoll_set(w, EPOLL_CTL_MOD, c->memory, EPOLLPRI | EPOLLONESHOT, data_about(w, ABOUT_MEMORY, c));
    }

    if (c->flags & POLLS) {
        int occupancy = nsc_last_occupancy(&w->plan, &c->place);
        if (occupancy == NSC_LAST_EMPTY || occupancy == NSC_LAST_GONE) emptied(w, c);
        else poll_later(w, c);
    }
}

/* ---- lack of memory, v1 ---- */

static void group_event(nsc_watch *w, int index)
{
    group *g = &w->groups[index];
    uint64_t count;
    uint64_t now = monotonic_ns();
    if (read(g->eventfd, &count, sizeof count) != sizeof count) return;
    if (now - g->ended_ns > OOM_REMOVAL_WITHIN_MS * MS) g->removals = 0;
    int removal = count <= g->removals;
    g->removals = removal ? g->removals - (uint32_t)count : 0;
    if (!g->first || (g->wait_ms != 0 && (removal || now - g->started_ns < OOM_RESTART_MS * MS))) return;
    g->started_ns = now;
    g->wait_ms = removal ? OOM_LAST_WAIT_MS : 1;
    g->due_ns = removal ? now + OOM_REMOVAL_WAIT_MS * MS : now;
}

/* When the next group may be looked at; 0: there is none. */
static uint64_t scan_due(const nsc_watch *w)
{
    uint64_t first = 0;
    for (int i = 0; i < GROUPS; i++) {
        const group *g = &w->groups[i];
        uint64_t at = g->scanning ? 1 : g->due_ns;
        if (at != 0 && (first == 0 || at < first)) first = at;
    }

    return first != 0 && first < w->scan_allowed_ns ? w->scan_allowed_ns : first;
}

/* Looks at a few containers of the group whose turn it is. */
static void scan(nsc_watch *w)
{
    uint64_t began = monotonic_ns();
    if (began < w->scan_allowed_ns) return;
    for (int i = 0; i < GROUPS; i++) {
        group *g = &w->groups[(w->scan_next + i) % GROUPS];
        if (!g->scanning) {
            if (g->due_ns == 0 || g->due_ns > began) continue;
            g->scanning = 1;
            g->due_ns = 0;
            g->cursor = g->first;
        }

        for (int looked = 0; g->cursor && looked < SCAN_STEP; looked++) {
            container *c = g->cursor;
            g->cursor = c->group_next;
            look_for_oom(w, c);
        }

        uint64_t now = monotonic_ns();
        w->scan_allowed_ns = now + OOM_SHARE * (now - began);
        w->scan_next = (w->scan_next + i + 1) % GROUPS;
        if (g->cursor) return;
        g->scanning = 0;
        if (g->due_ns == 0 && g->wait_ms != 0) {
            if (g->wait_ms <= OOM_LAST_WAIT_MS) g->due_ns = now + g->wait_ms * MS;
            g->wait_ms = g->wait_ms <= OOM_LAST_WAIT_MS ? g->wait_ms * 2 : 0;
        }

        return;
    }
}

static void join_group(nsc_watch *w, container *c)
{
    group *g = &w->groups[(uint64_t)c->key % GROUPS];
    c->group_previous = NULL;
    c->group_next = g->first;
    if (g->first) g->first->group_previous = c;
    g->first = c;
    c->flags |= OOM_ARMED;
}

static void leave_group(nsc_watch *w, container *c)
{
    group *g = &w->groups[(uint64_t)c->key % GROUPS];
    if (g->cursor == c) g->cursor = c->group_next;
    if (c->group_previous) c->group_previous->group_next = c->group_next;
    else if (g->first == c) g->first = c->group_next;
    if (c->group_next) c->group_next->group_previous = c->group_previous;
    c->group_next = NULL;
    c->group_previous = NULL;
}

/*
 * cgroup.event_control: the kernel keeps the binding until the cgroup is removed, and pins nothing for it. One eventfd may
 * be bound to any number of cgroups. 0, or -errno.
 */
static int bind_oom_v1(nsc_watch *w, int directory, int64_t key)
{
    char text[32];
    int control = openat(directory, "memory.oom_control", O_RDONLY | O_CLOEXEC);
    if (control < 0) return -errno;
    int result = openat(directory, "cgroup.event_control", O_WRONLY | O_CLOEXEC);
    if (result >= 0) {
        int event_control = result;
        int length = snprintf(text, sizeof text, "%d %d", w->groups[(uint64_t)key % GROUPS].eventfd, control);
        result = write(event_control, text, (size_t)length) == length ? 0 : -errno;
        close(event_control);
    } else {
        result = -errno;
    }

    close(control);
    return result;
}

/* Asks to be told of lack of memory. *memory becomes a descriptor of memory.events, on v2. 0, or -errno. */
static int bind_oom(nsc_watch *w, const nsc_last_place *place, int64_t key, int *memory, int64_t *kills)
{
    *memory = -1;
    *kills = -1;
    if (w->plan.memory < 0 || place->inodes[w->plan.memory] == 0) return -ENOENT;
    int directory = nsc_last_directory(&w->plan, place, w->plan.memory);
    if (directory < 0) return directory;
    int result;
    if (w->plan.memory_is_v2) {
        *memory = openat(directory, "memory.events", O_RDONLY | O_CLOEXEC);
        result = *memory < 0 ? -errno : 0;
    } else {
        result = bind_oom_v1(w, directory, key);
    }

    close(directory);
    *kills = nsc_last_oom_kills(&w->plan, place);
    return result;
}

/* ---- the table, for callers ---- */

static container *find(nsc_watch *w, int32_t slot, int64_t key)
{
    if (slot < 0 || slot >= w->max_containers) return NULL;
    container *c = w->slots[slot];
    return c && c->key == key && !(c->flags & REMOVED) ? c : NULL;
}

static void free_container(nsc_watch *w, container *c)
{
    w->slots[c->slot] = NULL;
    w->free_slots[w->free_count++] = (int32_t)c->slot;
    w->counts.containers--;
    free(c);
}

/*
 * Takes a container in.
 *
 * path: its cgroup path below the hierarchies' roots, with a leading slash. Returns its slot; -ENOSPC with max_containers
 * there already; -ENAMETOOLONG; -ENOMEM.
 */
int32_t nsc_watch_add(nsc_watch *w, int64_t key, const char *path)
{
    size_t length = strlen(path);
    size_t inodes = (size_t)w->plan.hierarchy_count * sizeof(uint64_t);
    if (length == 0 || path[0] != '/') return -EINVAL;
    if (length >= NSC_LAST_PATH) return -ENAMETOOLONG;
    container *c = calloc(1, sizeof *c + inodes + length + 1);
    if (!c) return -ENOMEM;
    c->key = key;
    c->pidfd = c->events = -1;
    c->inodes = (uint64_t *)(c + 1);
    char *own_path = (char *)(c + 1) + inodes;
    memcpy(own_path, path, length + 1);
    c->place.path = own_path;
    c->place.inodes = c->inodes;
    for (int i = 0; i < w->plan.hierarchy_count; i++) c->inodes[i] = nsc_last_inode(&w->plan, i, path);
    int armed = bind_oom(w, &c->place, key, &c->memory, &c->oom_kills);

    pthread_mutex_lock(&w->lock);
    if (w->free_count == 0) {
        pthread_mutex_unlock(&w->lock);
        if (c->memory >= 0) close(c->memory);
        free(c);
        return -ENOSPC;
    }

    int32_t slot = w->free_slots[--w->free_count];
    c->slot = (uint32_t)slot;
    w->generations[slot]++;
    w->slots[slot] = c;
    w->counts.containers++;
    if (c->memory >= 0) {
        w->counts.descriptors++;
        armed = epoll_set(w, EPOLL_CTL_ADD, c->memory, EPOLLPRI | EPOLLONESHOT, data_about(w, ABOUT_MEMORY, c));
        if (armed != 0) close_held(w, &c->memory);
        else c->flags |= OOM_ARMED;
    } else if (armed == 0) {
        join_group(w, c);
    }

    if (armed != 0 && w->plan.memory >= 0 && c->inodes[w->plan.memory] != 0) w->counts.oom_unarmed++;
    pthread_mutex_unlock(&w->lock);
    return slot;
}

/* Looks for the directories that did not stand when the container was added. 0; -ENOENT where it is not in the table. */
int32_t nsc_watch_complete(nsc_watch *w, int32_t slot, int64_t key)
{
    char path[NSC_LAST_PATH];
    uint64_t inodes[NSC_WATCH_HIERARCHIES];
    pthread_mutex_lock(&w->lock);
    container *c = find(w, slot, key);
    if (c) {
        memcpy(path, c->place.path, strlen(c->place.path) + 1);
        memcpy(inodes, c->inodes, (size_t)w->plan.hierarchy_count * sizeof inodes[0]);
    }

    pthread_mutex_unlock(&w->lock);
    if (!c) return -ENOENT;

    int had_memory = w->plan.memory >= 0 && inodes[w->plan.memory] != 0;
    for (int i = 0; i < w->plan.hierarchy_count; i++) {
        if (inodes[i] == 0) inodes[i] = nsc_last_inode(&w->plan, i, path);
    }

    nsc_last_place place = {path, inodes};
    int memory = -1;
    int64_t kills = -1;
    int armed = had_memory ? -EEXIST : bind_oom(w, &place, key, &memory, &kills);

    pthread_mutex_lock(&w->lock);
    c = find(w, slot, key);
    if (c) {
        for (int i = 0; i < w->plan.hierarchy_count; i++) {
            if (c->inodes[i] == 0) c->inodes[i] = inodes[i];
        }

        if (!had_memory && !(c->flags & OOM_ARMED)) {
            if (c->oom_kills < 0) c->oom_kills = kills;
            if (memory >= 0 && epoll_set(w, EPOLL_CTL_ADD, memory, EPOLLPRI | EPOLLONESHOT, data_about(w, ABOUT_MEMORY, c)) == 0) {
                c->memory = memory;
                memory = -1;
                w->counts.descriptors++;
                c->flags |= OOM_ARMED;
            } else if (memory < 0 && armed == 0) {
                join_group(w, c);
            } else if (w->plan.memory >= 0 && inodes[w->plan.memory] != 0) {
                w->counts.oom_unarmed++;
            }
        }
    }

    pthread_mutex_unlock(&w->lock);
    if (memory >= 0) close(memory);
    return c ? 0 : -ENOENT;
}

/*
 * Follows a process. `directory` is a descriptor of its /proc/PID: as long as a look-up there succeeds the process has not
 * been reaped, so where one does after pidfd_open, the number meant this process and no later one.
 *
 * Returns 0; -ESRCH where it was reaped; -ENOENT where the container is not in the table; else the -errno of pidfd_open.
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
    container *c = find(w, slot, key);
    if (c) {
        close_held(w, &c->pidfd);
        close_held(w, &c->events);
        stop_lingering(w, c);
        c->flags &= ~(uint32_t)(NAMESPACE_INIT | EXIT_TOLD | IS_EMPTY);
        if (is_namespace_init) c->flags |= NAMESPACE_INIT;
        c->life = life;
        result = epoll_set(w, EPOLL_CTL_ADD, pidfd, EPOLLIN, data_about(w, ABOUT_PROCESS, c));
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

/*
 * Says where the network counters are at the end: in the namespace of this inode number that is mounted at `path` (NULL:
 * nowhere), else in the host's ends of all its interfaces; an inode of 0: nowhere. 0, or -errno.
 */
int32_t nsc_watch_set_network(nsc_watch *w, int32_t slot, int64_t key, uint64_t inode, const char *path,
                              const nsc_watch_peer *peers, int32_t count)
{
    nsc_last_network *network = NULL;
    if (inode != 0) {
        if (count < 0 || count > NSC_WATCH_PEERS) return -E2BIG;
        for (int32_t i = 0; i < count; i++) {
            const char *name = peers[i].name;
            if (!memchr(name, '\0', sizeof peers[i].name) || name[0] == '\0' || name[0] == '.' || strchr(name, '/')) return -EINVAL;
        }

        size_t fixed = sizeof *network + (size_t)count * sizeof *peers;
        size_t length = path ? strlen(path) + 1 : 0;
        if (length > NSC_LAST_PATH) return -ENAMETOOLONG;
        network = malloc(fixed + length);
        if (!network) return -ENOMEM;
        network->inode = inode;
        network->peer_count = count;
        network->path = NULL;
        if (count > 0) memcpy(network->peers, peers, (size_t)count * sizeof *peers);
        if (path) {
            network->path = (char *)network + fixed;
            memcpy(network->path, path, length);
        }
    }

    pthread_mutex_lock(&w->lock);
    container *c = find(w, slot, key);
    nsc_last_network *unused = network;
    if (c) {
        unused = c->network;
        c->network = network;
    }

    pthread_mutex_unlock(&w->lock);
    free(unused);
    return c ? 0 : -ENOENT;
}

/* Lets go of a container. What was not told of it yet still is. 0; -ENOENT where it is not in the table. */
int32_t nsc_watch_remove(nsc_watch *w, int32_t slot, int64_t key)
{
    nsc_last_network *network = NULL;
    pthread_mutex_lock(&w->lock);
    container *c = find(w, slot, key);
    if (c) {
        close_held(w, &c->pidfd);
        close_held(w, &c->events);
        close_held(w, &c->memory);
        stop_lingering(w, c);
        wake_not(w, c, REARMS);
        leave_group(w, c);
        network = c->network;
        c->network = NULL;
        c->flags |= REMOVED;

        /* Events about it that are on their way find another generation. */
        w->generations[slot]++;
        if (c->untold == 0) free_container(w, c);
    }

    pthread_mutex_unlock(&w->lock);
    free(network);
    return c ? 0 : -ENOENT;
}

/* Takes the oldest record: see nsc_arena_take. */
int32_t nsc_watch_take(nsc_watch *w, nsc_watch_record *record, uint8_t *bytes, uint32_t capacity)
{
    pthread_mutex_lock(&w->lock);
    int result = nsc_arena_take(&w->arena, record, bytes, capacity);
    if (result == 1) tell_untold(w);
    wake_taker(w);
    pthread_mutex_unlock(&w->lock);
    return result;
}

void nsc_watch_count(nsc_watch *w, nsc_watch_counts *counts)
{
    pthread_mutex_lock(&w->lock);
    *counts = w->counts;
    pthread_mutex_unlock(&w->lock);
}

/* ---- the thread ---- */

static void handle(nsc_watch *w, uint64_t data)
{
    int about = (int)(data >> 56);
    uint32_t slot = (uint32_t)data;
    if (about == ABOUT_STOP) return;
    pthread_mutex_lock(&w->lock);
    if (about == ABOUT_GROUP) {
        group_event(w, (int)slot);
    } else {
        container *c = w->slots[slot];
        if (c && data_about(w, about, c) == data && !(c->flags & REMOVED)) {
            if (about == ABOUT_PROCESS) process_event(w, c);
            else if (about == ABOUT_EVENTS && c->events >= 0) look_at_events(w, c);
            else if (about == ABOUT_MEMORY) memory_event(w, c);
        }
    }

    wake_taker(w);
    pthread_mutex_unlock(&w->lock);
}

/* Milliseconds until something is due, rounded up; -1: nothing is. */
static int until_due(nsc_watch *w)
{
    pthread_mutex_lock(&w->lock);
    uint64_t first = scan_due(w);
    if (w->heap_count > 0 && (first == 0 || w->heap[1]->due_ns < first)) first = w->heap[1]->due_ns;
    pthread_mutex_unlock(&w->lock);
    if (first == 0) return -1;
    uint64_t now = monotonic_ns();
    return first <= now ? 0 : (int)((first - now + MS - 1) / MS);
}

static void handle_due(nsc_watch *w)
{
    uint64_t now = monotonic_ns();
    for (int handled = 0; handled < EVENTS; handled++) {
        pthread_mutex_lock(&w->lock);
        int any = w->heap_count > 0 && w->heap[1]->due_ns <= now;
        if (any) due(w, w->heap[1]);
        pthread_mutex_unlock(&w->lock);
        if (!any) break;
    }

    pthread_mutex_lock(&w->lock);
    scan(w);
    wake_taker(w);
    pthread_mutex_unlock(&w->lock);
}

void nsc_watch_schedule(int32_t real_time, nsc_watch_scheduling *scheduling)
{
    memset(scheduling, 0, sizeof *scheduling);
    id_t thread = (id_t)syscall(SYS_gettid);
    scheduling->thread = (int32_t)thread;
    if (real_time) {
        struct sched_param first = {.sched_priority = 1};
        if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first) == 0) scheduling->real_time = 1;
        else scheduling->error = -errno;
    }

    if (!scheduling->real_time) {
        for (int nice = -20; nice < 0 && setpriority(PRIO_PROCESS, thread, nice) != 0; nice += 5) continue;
    }

    scheduling->nice = getpriority(PRIO_PROCESS, thread);
}

/*
 * Watches, in the calling thread, until nsc_watch_stop. All signals are blocked meanwhile: they are for threads that have
 * nothing to miss. Returns 0, or the -errno for which nothing can be watched.
 */
int32_t nsc_watch_run(nsc_watch *w, int32_t real_time)
{
    struct epoll_event events[EVENTS];
    sigset_t all;
    sigset_t before;
    int result = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    nsc_watch_schedule(real_time, &w->scheduling);
    sem_post(&w->started);
    for (int stopped = 0; !stopped;) {
        int count = epoll_wait(w->epoll, events, EVENTS, until_due(w));
        if (count < 0 && errno != EINTR) {
            result = -errno;
            break;
        }

        for (int i = 0; i < count; i++) {
            stopped |= events[i].data.u64 >> 56 == ABOUT_STOP;
            handle(w, events[i].data.u64);
        }

        handle_due(w);
    }

    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

/* Waits until the thread runs, and says how it is scheduled. */
void nsc_watch_started(nsc_watch *w, nsc_watch_scheduling *scheduling)
{
    while (sem_wait(&w->started) != 0 && errno == EINTR) continue;
    sem_post(&w->started);
    *scheduling = w->scheduling;
}

void nsc_watch_stop(nsc_watch *w)
{
    static const uint64_t one = 1;
    ssize_t ignored = write(w->stop, &one, sizeof one);
    (void)ignored;
}

/* pidfd_open(2), which the C library has had since glibc 2.36 only. A descriptor, or -errno. */
int32_t nsc_pidfd_open(int32_t pid, uint32_t flags)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, flags);
    return fd < 0 ? -errno : fd;
}

/*
 * How a process ended, as wait(2) would have given it: 0; -EAGAIN before it was reaped; -errno where the kernel does not tell.
 *
 * The kernel looks for the status first and then for the process, so one that is reaped in between has neither: ESRCH. From
 * then on the status is there (seen with 6.18; kernels before 6.15, which do not keep it, say the same again).
 */
int32_t nsc_pidfd_status(int32_t pidfd, int32_t *status)
{
    struct pidfd_info_v0 info = {.mask = PIDFD_INFO_EXIT_BIT};
    int error = ioctl(pidfd, PIDFD_GET_INFO_V0, &info) == 0 ? 0 : errno;
    if (error == ESRCH) {
        info = (struct pidfd_info_v0){.mask = PIDFD_INFO_EXIT_BIT};
        error = ioctl(pidfd, PIDFD_GET_INFO_V0, &info) == 0 ? 0 : errno;
    }

    if (error != 0) return -error;
    if (!(info.mask & PIDFD_INFO_EXIT_BIT)) return -EAGAIN;
    *status = info.exit_code;
    return 0;
}

static char *copy(uint64_t address)
{
    const char *text = (const char *)(uintptr_t)address;
    return text ? strdup(text) : NULL;
}

static int copy_plan(nsc_last_plan *plan, const nsc_watch_plan *from)
{
    const nsc_watch_hierarchy *hierarchies = (const nsc_watch_hierarchy *)(uintptr_t)from->hierarchies;
    const nsc_watch_file *files = (const nsc_watch_file *)(uintptr_t)from->files;
    plan->unified = from->unified;
    plan->memory = from->memory;
    plan->memory_is_v2 = from->memory_is_v2;
    plan->pids = -1;
    if (!(plan->sys = copy(from->sys))) return -ENOMEM;
    for (int i = 0; i < from->hierarchy_count; i++) {
        plan->hierarchies[i].mount = copy(hierarchies[i].mount);
        plan->hierarchies[i].root = copy(hierarchies[i].root);
        plan->hierarchy_count = i + 1;
        if (!plan->hierarchies[i].mount || !plan->hierarchies[i].root) return -ENOMEM;
    }

    for (int i = 0; i < from->file_count; i++) {
        plan->files[i].name = copy(files[i].name);
        plan->files[i].hierarchy = files[i].hierarchy;
        plan->files[i].when = files[i].when;
        plan->file_count = i + 1;
        if (!plan->files[i].name) return -ENOMEM;
        if (strchr(plan->files[i].name, '/') || files[i].hierarchy < 0 || files[i].hierarchy >= plan->hierarchy_count) return -EINVAL;
        if (strcmp(plan->files[i].name, "pids.current") == 0) plan->pids = files[i].hierarchy;
    }

    return plan->unified >= plan->hierarchy_count || plan->memory >= plan->hierarchy_count ? -EINVAL : 0;
}

static int make_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attributes;
    int error = pthread_mutexattr_init(&attributes);
    if (error != 0) return -error;
    error = pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    if (error == 0) error = pthread_mutex_init(lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return -error;
}

static int make(nsc_watch *w, const nsc_watch_plan *plan)
{
    size_t most = (size_t)plan->max_containers;
    int error = copy_plan(&w->plan, plan);
    if (error == 0) error = nsc_arena_open(&w->arena, plan->arena_bytes);
    if (error != 0) return error;
    void *room = mmap(NULL, NSC_LAST_ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) return -errno;
    w->room = room;
    w->slots = calloc(most, sizeof *w->slots);
    w->generations = calloc(most, sizeof *w->generations);
    w->free_slots = calloc(most, sizeof *w->free_slots);
    w->heap = calloc(most + 1, sizeof *w->heap);
    if (!w->slots || !w->generations || !w->free_slots || !w->heap) return -ENOMEM;

    /* The lowest slots are used first, and the pages of the others never. */
    for (int32_t i = 0; i < plan->max_containers; i++) w->free_slots[i] = plan->max_containers - 1 - i;
    w->free_count = w->max_containers = plan->max_containers;
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    w->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->epoll < 0 || w->stop < 0) return -errno;
    error = epoll_set(w, EPOLL_CTL_ADD, w->stop, EPOLLIN, data_of(ABOUT_STOP, 0, 0));
    if (w->plan.memory < 0 || w->plan.memory_is_v2) return error;
    for (uint32_t i = 0; error == 0 && i < GROUPS; i++) {
        w->groups[i].eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (w->groups[i].eventfd < 0) return -errno;
        error = epoll_set(w, EPOLL_CTL_ADD, w->groups[i].eventfd, EPOLLIN, data_of(ABOUT_GROUP, 0, i));
    }

    return error;
}

/*
 * Makes a watch; nothing is watched before nsc_watch_run. 0, or -errno: -EINVAL for a plan beyond NSC_WATCH_..., or whose
 * indices are wrong.
 */
int32_t nsc_watch_create(const nsc_watch_plan *plan, nsc_watch **made)
{
    *made = NULL;
    if (plan->hierarchy_count < 0 || plan->hierarchy_count > NSC_WATCH_HIERARCHIES || plan->file_count < 0 ||
        plan->file_count > NSC_WATCH_FILES || plan->max_containers < 1 || plan->arena_bytes < sizeof(nsc_watch_record)) {
        return -EINVAL;
    }

    nsc_watch *w = calloc(1, sizeof *w);
    if (!w) return -ENOMEM;
    int error = make_lock(&w->lock);
    if (error != 0) {
        free(w);
        return error;
    }

    sem_init(&w->started, 0, 0);
    w->epoll = w->stop = -1;
    w->ready = plan->ready;
    for (int i = 0; i < GROUPS; i++) w->groups[i].eventfd = -1;
    error = make(w, plan);
    if (error != 0) nsc_watch_destroy(w);
    else *made = w;
    return error;
}

/* Closes everything. No thread may be in any of these functions any more. */
void nsc_watch_destroy(nsc_watch *w)
{
    for (int32_t i = 0; w->slots && i < w->max_containers; i++) {
        container *c = w->slots[i];
        if (!c) continue;
        close_held(w, &c->pidfd);
        close_held(w, &c->events);
        close_held(w, &c->memory);
        free(c->network);
        free(c);
    }

    for (int i = 0; i < GROUPS; i++) {
        if (w->groups[i].eventfd >= 0) close(w->groups[i].eventfd);
    }

    for (int i = 0; i < w->plan.hierarchy_count; i++) {
        free(w->plan.hierarchies[i].mount);
        free(w->plan.hierarchies[i].root);
    }

    for (int i = 0; i < w->plan.file_count; i++) free(w->plan.files[i].name);
    free(w->plan.sys);
    if (w->epoll >= 0) close(w->epoll);
    if (w->stop >= 0) close(w->stop);
    if (w->room) munmap(w->room, NSC_LAST_ROOM);
    nsc_arena_close(&w->arena);
    free(w->slots);
    free(w->generations);
    free(w->free_slots);
    free(w->heap);
    sem_destroy(&w->started);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
