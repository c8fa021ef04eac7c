/*
 * A runtime removes the cgroups of a container 5 to 10 milliseconds after its last process has exited, and their last values
 * with them. So they are read here, at the event, before anything else.
 */
#include "watch_exit.h"

#include "watch_oom.h"
#include "watch_pending.h"
#include "watch_timers.h"

#include "kernel_text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

/* Without cgroup.events: 1, 2, 4 ... up to this many ms between two checks whether a process is left. */
#define POLL_WAIT_MS 100

/* With more than this times POLL_WAIT_MS containers waiting, that time grows so that so many are checked in a millisecond. */
#define POLLS_PER_MS 1u

static void stop_waiting(nsc_watch *w, nsc_container *c)
{
    c->flags &= ~(uint32_t)HAS_SURVIVORS;
    nsc_timer_clear(w, c, TIMER_POLL);
}

static void report_emptied(nsc_watch *w, nsc_container *c)
{
    nsc_watch_record record;
    nsc_network_texts network = {.buffer = w->scratch + NSC_FINAL_BYTES};
    nsc_record_init(&record, c, NSC_WATCH_CGROUP_EMPTIED);
    record.flags = NSC_WATCH_IS_EMPTY;
    stop_waiting(w, c);
    c->flags |= IS_EMPTY;

    /* First, because its record uses the scratch buffer and precedes this one. */
    nsc_oom_check(w, c);
    nsc_final_read_files(&w->plan, &c->cgroup, NSC_WATCH_AT_EXIT, w->scratch, &record);
    nsc_final_read_network(&w->plan, c->network, &network, &w->counts.namespaces_open, &record);
    nsc_final_add_network(&w->plan, &network, w->scratch, &record);
    nsc_publish(w, c, &record);
    nsc_oom_expect_removal(w, c);
}

static void poll_later(nsc_watch *w, nsc_container *c)
{
    uint32_t wait_ms = w->timers.polling / POLLS_PER_MS;
    nsc_timer_set(w, c, TIMER_POLL, wait_ms > c->poll_wait_ms ? wait_ms : c->poll_wait_ms);
    c->poll_wait_ms = c->poll_wait_ms * 2 < POLL_WAIT_MS ? c->poll_wait_ms * 2 : POLL_WAIT_MS;
}

void nsc_exit_poll(nsc_watch *w, nsc_container *c)
{
    int occupancy = nsc_cgroup_occupancy(&w->plan, &c->cgroup);
    if (occupancy == NSC_CGROUP_EMPTY || occupancy == NSC_CGROUP_REMOVED) report_emptied(w, c);
    else poll_later(w, c);
}

void nsc_exit_cgroup_event(nsc_watch *w, nsc_container *c)
{
    char text[256];
    ssize_t length;
    if (c->cgroup_events < 0) return;

    /* The read is also what the kernel waits for before it signals the next change (kernfs_generic_poll). */
    do length = pread(c->cgroup_events, text, sizeof text, 0);
    while (length < 0 && errno == EINTR);
    int64_t populated = length < 0 ? -1 : nsc_text_keyed(text, (size_t)length, "populated");
    if (populated < 0) {
        /* ENODEV: the cgroup was removed, so it was empty. */
        nsc_close_held(w, &c->cgroup_events);
        if (c->flags & HAS_SURVIVORS) report_emptied(w, c);
    } else if (populated == 0 && c->flags & HAS_SURVIVORS) {
        report_emptied(w, c);
    } else if (populated == 0) {
        c->flags |= IS_EMPTY;
    } else if (c->flags & IS_EMPTY) {
        nsc_watch_record record;
        c->flags &= ~(uint32_t)IS_EMPTY;
        nsc_record_init(&record, c, NSC_WATCH_CGROUP_POPULATED);
        nsc_publish(w, c, &record);
    }
}

/* Waits for changes of cgroup.events, which v1 does not have. 0, or -errno. */
static int wait_for_cgroup_events(nsc_watch *w, nsc_container *c)
{
    if (w->plan.unified < 0 || c->inodes[w->plan.unified] == 0) return -ENOENT;
    if (c->cgroup_events < 0) {
        int directory = nsc_cgroup_open(&w->plan, &c->cgroup, w->plan.unified);
        if (directory < 0) return directory;
        c->cgroup_events = openat(directory, "cgroup.events", O_RDONLY | O_CLOEXEC);
        int error = c->cgroup_events < 0 ? -errno : 0;
        close(directory);
        if (error != 0) return error;
        w->counts.descriptors++;
        error = nsc_epoll_control(w, EPOLL_CTL_ADD, c->cgroup_events, EPOLLPRI, nsc_source_of(w, SOURCE_CGROUP_EVENTS, c));
        if (error != 0) {
            nsc_close_held(w, &c->cgroup_events);
            return error;
        }
    }

    /* It may have changed before. */
    nsc_exit_cgroup_event(w, c);
    return 0;
}

static void report_reaped(nsc_watch *w, nsc_container *c)
{
    nsc_watch_record record;
    int32_t status;
    int error = nsc_pidfd_status(c->pidfd, &status);
    nsc_close_held(w, &c->pidfd);
    if (error != 0) return;
    nsc_record_init(&record, c, NSC_WATCH_PROCESS_REAPED);
    record.flags = NSC_WATCH_HAS_STATUS;
    record.status = status;
    nsc_publish(w, c, &record);
}

/* Sets the exit status of the record, or waits until the process is reaped, or stops following it. */
static void read_status(nsc_watch *w, nsc_container *c, nsc_watch_record *record)
{
    int32_t status;
    int error = w->no_status ? -ENOTTY : nsc_pidfd_status(c->pidfd, &status);
    if (error == 0) {
        record->flags |= NSC_WATCH_HAS_STATUS;
        record->status = status;
    } else if (error == -ENOTTY || error == -EINVAL) {
        w->no_status = 1;
    }

    /* EAGAIN: not reaped yet. epoll reports EPOLLHUP without being asked, also if it was reaped meanwhile. */
    if (error == -EAGAIN && nsc_epoll_control(w, EPOLL_CTL_MOD, c->pidfd, 0, nsc_source_of(w, SOURCE_PIDFD, c)) == 0) {
        record->flags |= NSC_WATCH_STATUS_FOLLOWS;
    } else {
        nsc_close_held(w, &c->pidfd);
    }
}

static int is_empty(const nsc_watch *w, const nsc_container *c, int occupancy)
{
    if (occupancy == NSC_CGROUP_EMPTY || occupancy == NSC_CGROUP_REMOVED) return 1;

    /* All processes of a pid namespace exit with its process 1; this decides if cgroup.events cannot. */
    int has_unified = w->plan.unified >= 0 && c->inodes[w->plan.unified] != 0;
    return c->flags & NAMESPACE_INIT && (!has_unified || occupancy < 0);
}

static void report_exited(nsc_watch *w, nsc_container *c)
{
    nsc_watch_record record;
    nsc_network_texts network = {.buffer = w->scratch + NSC_FINAL_BYTES};
    nsc_record_init(&record, c, NSC_WATCH_PROCESS_EXITED);
    c->flags |= EXIT_SEEN;

    /*
     * The network first: a namespace that nothing else holds was released before the process became a zombie, and the kernel
     * is already destroying its interfaces. The cgroups remain for milliseconds.
     */
    nsc_final_read_network(&w->plan, c->network, &network, &w->counts.namespaces_open, &record);
    int empty = is_empty(w, c, nsc_cgroup_occupancy(&w->plan, &c->cgroup));
    if (empty) record.flags |= NSC_WATCH_IS_EMPTY;
    nsc_oom_check(w, c);
    nsc_final_read_files(&w->plan, &c->cgroup, NSC_WATCH_AT_EXIT, w->scratch, &record);
    nsc_final_add_network(&w->plan, &network, w->scratch, &record);
    read_status(w, c, &record);
    nsc_publish(w, c, &record);

    if (empty) nsc_oom_expect_removal(w, c);
    c->flags |= empty ? IS_EMPTY : HAS_SURVIVORS;
    c->poll_wait_ms = 1;
    int error = wait_for_cgroup_events(w, c);
    if (error == 0 || empty) return;
    if (error == -ENODEV) report_emptied(w, c);
    else poll_later(w, c);
}

void nsc_exit_process_event(nsc_watch *w, nsc_container *c)
{
    struct pollfd now = {.fd = c->pidfd, .events = POLLIN};
    if (c->pidfd < 0 || poll(&now, 1, 0) <= 0) return;
    if (!(c->flags & EXIT_SEEN)) report_exited(w, c);
    else if (now.revents & POLLHUP) report_reaped(w, c);
}

void nsc_exit_stop(nsc_watch *w, nsc_container *c)
{
    nsc_close_held(w, &c->pidfd);
    nsc_close_held(w, &c->cgroup_events);
    stop_waiting(w, c);
}
