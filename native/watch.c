/*
 * The watch: reports exits and OOM kills of containers.
 *
 * One thread is in nsc_watch_run. It waits in one epoll for
 *   - the pidfd of each container: EPOLLIN when the process exits, EPOLLHUP when it was reaped (Linux 6.9);
 *   - cgroup.events of containers whose process has exited, in the unified hierarchy: EPOLLPRI when it changes;
 *   - eventfds that memory.oom_control of v1 is bound to;
 *   - memory.events of each container if the memory controller is on v2.
 * It reads a container's last values at once, so nothing may delay it: no garbage collection, which stops managed threads;
 * no wait for a processor, hence real time; no wait for memory, hence no allocation. Each event is a record in a ring, and
 * an eventfd wakes the thread that dequeues it.
 */
#include "watch.h"

#include "watch_exit.h"
#include "watch_oom.h"
#include "watch_pending.h"
#include "watch_table.h"
#include "watch_timers.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#ifndef SCHED_RESET_ON_FORK
#define SCHED_RESET_ON_FORK 0x40000000
#endif

/* Events that are fetched from epoll at once, and timers that are handled before the next fetch. */
#define BATCH 64

int nsc_epoll_control(const nsc_watch *w, int operation, int fd, uint32_t events, uint64_t data)
{
    struct epoll_event event = {.events = events, .data.u64 = data};
    return epoll_ctl(w->epoll, operation, fd, &event) == 0 ? 0 : -errno;
}

void nsc_close_held(nsc_watch *w, int *fd)
{
    if (*fd < 0) return;
    close(*fd);
    *fd = -1;
    w->counts.descriptors--;
}

static void handle_event(nsc_watch *w, uint64_t data)
{
    int source = (int)(data >> 56);
    if (source == SOURCE_STOP) return;
    pthread_mutex_lock(&w->lock);
    if (source == SOURCE_OOM_GROUP) {
        nsc_oom_group_event(w, (uint32_t)data);
    } else {
        nsc_container *c = nsc_table_find_source(w, data);
        if (c && source == SOURCE_PIDFD) nsc_exit_process_event(w, c);
        else if (c && source == SOURCE_CGROUP_EVENTS) nsc_exit_cgroup_event(w, c);
        else if (c && source == SOURCE_MEMORY_EVENTS) nsc_oom_memory_event(w, c);
    }

    nsc_signal_ready(w);
    pthread_mutex_unlock(&w->lock);
}

/* Milliseconds until a timer expires or a scan is due, rounded up; -1: neither is set. */
static int wait_ms(nsc_watch *w)
{
    pthread_mutex_lock(&w->lock);
    uint64_t first = nsc_oom_next_scan_ns(w);
    uint64_t timer = nsc_timers_next_ns(w);
    pthread_mutex_unlock(&w->lock);
    if (timer != 0 && (first == 0 || timer < first)) first = timer;
    if (first == 0) return -1;
    uint64_t now = nsc_monotonic_ns();
    return first <= now ? 0 : (int)((first - now + NS_PER_MS - 1) / NS_PER_MS);
}

static void handle_timers(nsc_watch *w)
{
    uint64_t now = nsc_monotonic_ns();
    for (int handled = 0; handled < BATCH; handled++) {
        pthread_mutex_lock(&w->lock);
        nsc_container *c = nsc_timers_pop(w, now);
        if (c && c->flags & TIMER_REARM) nsc_oom_rearm(w, c);
        if (c && c->flags & TIMER_POLL) nsc_exit_poll(w, c);
        pthread_mutex_unlock(&w->lock);
        if (!c) break;
    }

    pthread_mutex_lock(&w->lock);
    nsc_oom_scan(w);
    nsc_signal_ready(w);
    pthread_mutex_unlock(&w->lock);
}

void nsc_watch_set_scheduling(int32_t real_time, nsc_watch_scheduling *scheduling)
{
    memset(scheduling, 0, sizeof *scheduling);
    id_t thread = (id_t)syscall(SYS_gettid);
    scheduling->thread = (int32_t)thread;
    if (real_time) {
        struct sched_param lowest = {.sched_priority = 1};
        if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &lowest) == 0) scheduling->real_time = 1;
        else scheduling->error = -errno;
    }

    if (!scheduling->real_time) {
        for (int nice = -20; nice < 0 && setpriority(PRIO_PROCESS, thread, nice) != 0; nice += 5) continue;
    }

    scheduling->nice = getpriority(PRIO_PROCESS, thread);
}

/*
 * Watches in the calling thread until nsc_watch_stop. All signals are blocked meanwhile, so that other threads handle them.
 * Returns 0, or the -errno with which epoll_wait failed.
 */
int32_t nsc_watch_run(nsc_watch *w, int32_t real_time)
{
    struct epoll_event events[BATCH];
    sigset_t all;
    sigset_t before;
    int result = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    nsc_watch_set_scheduling(real_time, &w->scheduling);
    sem_post(&w->started);
    for (int stopped = 0; !stopped;) {
        int count = epoll_wait(w->epoll, events, BATCH, wait_ms(w));
        if (count < 0 && errno != EINTR) {
            result = -errno;
            break;
        }

        for (int i = 0; i < count; i++) {
            stopped |= events[i].data.u64 >> 56 == SOURCE_STOP;
            handle_event(w, events[i].data.u64);
        }

        handle_timers(w);
    }

    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

/* Waits until nsc_watch_run watches, and reports how its thread is scheduled. */
void nsc_watch_wait_started(nsc_watch *w, nsc_watch_scheduling *scheduling)
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
