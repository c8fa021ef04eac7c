/*
 * The state of a watch, shared by watch.c and the watch_*.c files. Each part's functions are declared in its own header.
 *
 * Invariants
 * - Everything but `plan`, `epoll`, `stop`, `ready` and `scratch` is used under `lock` only. The lock has priority
 *   inheritance, and callers open no file under it, so that the watching thread never waits for long.
 * - The data of an epoll event names the slot and the generation of its container, and each handler reads the state again:
 *   an event that was queued when the container was removed is ignored.
 * - Nothing is allocated after a container was added.
 */
#ifndef NSC_WATCH_H
#define NSC_WATCH_H
#include "cgroup.h"
#include "final_read.h"
#include "ring.h"

#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_MS UINT64_C(1000000)

/* Eventfds for the OOM notifications of cgroup v1. */
#define OOM_GROUPS 64

/* nsc_container.flags */
enum {
    NAMESPACE_INIT = 1, /* the followed process is process 1 of its pid namespace */
    EXIT_SEEN = 2,      /* of the followed process */
    HAS_SURVIVORS = 4,  /* EXIT_SEEN, with processes left */
    IS_EMPTY = 8,       /* no process is left, and that was reported */
    TIMER_POLL = 16,    /* the timer is for a check whether a process is left */
    TIMER_REARM = 32,   /* the timer is for waiting for memory.events again */
    OOM_ARMED = 64,
    REMOVED = 128       /* by the caller; only its pending events are left */
};

/* What an epoll event is about, in the upper byte of its data; below it 24 bits of the generation and 32 of the slot. */
enum { SOURCE_STOP, SOURCE_PIDFD, SOURCE_CGROUP_EVENTS, SOURCE_MEMORY_EVENTS, SOURCE_OOM_GROUP };

typedef struct nsc_container nsc_container;

/* Events of a container that found no space in the ring. */
typedef struct nsc_pending {
    nsc_container *next;
    uint32_t kinds; /* bits 1 << NSC_WATCH_... */
    uint32_t life;  /* that they are about */
    uint32_t exit_flags;
    int32_t status;
    int64_t oom_kills;
    int64_t exited_ns[2]; /* realtime, boottime */
    int64_t emptied_ns[2];
} nsc_pending;

struct nsc_container {
    int64_t key;
    int64_t oom_kills;   /* reported, or from before it was added; -1: unknown */
    uint64_t due_ns;     /* CLOCK_MONOTONIC; of the timer */
    uint32_t heap_index; /* 0: no timer */
    uint32_t slot;
    uint32_t life;
    uint32_t flags;
    uint32_t poll_wait_ms;
    int pidfd;
    int cgroup_events;
    int memory_events; /* v2 */
    nsc_container *oom_next; /* in its nsc_oom_group, v1 */
    nsc_container *oom_previous;
    nsc_pending pending;
    nsc_final_network *network;
    nsc_cgroup cgroup;
    uint64_t *inodes; /* of `cgroup`; they and the path are in the same allocation */
};

/* Containers with a timer: a binary heap from index 1 on, the earliest first. */
typedef struct nsc_timers {
    nsc_container **heap;
    uint32_t count;
    uint32_t polling;  /* with TIMER_POLL */
    uint32_t rearming; /* with TIMER_REARM */
} nsc_timers;

/* The containers of v1 that share an eventfd. */
typedef struct nsc_oom_group {
    int eventfd;
    int scanning;
    nsc_container *first;
    nsc_container *cursor; /* while scanning: the next container */
    uint64_t due_ns;       /* of the next scan; 0: none */
    uint64_t started_ns;   /* when a notification last started the scans */
    uint32_t wait_ms;      /* between two scans */
    uint32_t removals;     /* signals that the removal of cgroups still causes */
    uint64_t emptied_ns;   /* when the last of those cgroups became empty */
} nsc_oom_group;

typedef struct nsc_oom {
    nsc_oom_group groups[OOM_GROUPS];
    int next_group;
    uint64_t scan_allowed_ns;
} nsc_oom;

typedef struct nsc_table {
    nsc_container **slots;
    uint32_t *generations; /* of each slot; counts its additions and removals */
    int32_t *free_slots;
    int32_t free_count;
    int32_t capacity;
} nsc_table;

struct nsc_watch {
    pthread_mutex_t lock;
    nsc_plan plan;
    nsc_ring ring;
    nsc_watch_counts counts;
    nsc_table table;
    nsc_timers timers;
    nsc_oom oom;
    nsc_container *pending_first;
    nsc_container *pending_last;
    int unsignalled; /* records were pushed since `ready` was signalled */
    int no_status;   /* the kernel has no PIDFD_GET_INFO */
    uint8_t *scratch; /* of the watching thread: the texts of the record at hand (NSC_FINAL_BYTES), and those of the network */
    int epoll;
    int stop;
    int ready;
    sem_t started;
    nsc_watch_scheduling scheduling;
};

static inline int64_t nsc_clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline uint64_t nsc_monotonic_ns(void)
{
    return (uint64_t)nsc_clock_ns(CLOCK_MONOTONIC);
}

static inline uint64_t nsc_source(int source, uint32_t generation, uint32_t slot)
{
    return (uint64_t)source << 56 | (uint64_t)(generation & 0xffffff) << 32 | slot;
}

static inline uint64_t nsc_source_of(const nsc_watch *w, int source, const nsc_container *c)
{
    return nsc_source(source, w->table.generations[c->slot], c->slot);
}

/* 0, or -errno. */
int nsc_epoll_control(const nsc_watch *w, int operation, int fd, uint32_t events, uint64_t data);

/* Closes a descriptor that is held for a container, if it is open. */
void nsc_close_held(nsc_watch *w, int *fd);

#endif
