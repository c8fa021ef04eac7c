/*
 * Invariant: an exit is reported however full the ring is. The container's nsc_pending remembers it until there is space, so
 * the memory for it is bounded by the table.
 */
#include "watch_pending.h"

#include "watch_table.h"

#include <string.h>

void nsc_record_init(nsc_watch_record *record, const nsc_container *c, int32_t kind)
{
    memset(record, 0, offsetof(nsc_watch_record, texts));
    record->key = c->key;
    record->life = c->life;
    record->kind = kind;
    record->realtime_ns = nsc_clock_ns(CLOCK_REALTIME);
    record->boottime_ns = nsc_clock_ns(CLOCK_BOOTTIME);
}

static int push(nsc_watch *w, nsc_watch_record *record)
{
    int had_texts = record->files > 0;
    int fits = nsc_ring_push(&w->ring, record, w->scratch);
    if (!fits && had_texts) {
        record->files = 0;
        record->bytes = 0;
        record->flags &= ~(uint32_t)NSC_WATCH_IS_COMPLETE;
        record->flags |= NSC_WATCH_TEXTS_DROPPED;
        fits = nsc_ring_push(&w->ring, record, NULL);
    }

    if (!fits) return 0;
    if (record->flags & NSC_WATCH_TEXTS_DROPPED) w->counts.texts_dropped++;
    w->unsignalled = 1;
    return 1;
}

static void append(nsc_watch *w, nsc_container *c)
{
    if (w->pending_last) w->pending_last->pending.next = c;
    else w->pending_first = c;
    w->pending_last = c;
    w->counts.pending++;
}

/* Only the first container of the list is ever removed: nsc_publish_pending goes from there. */
static void remove_first(nsc_watch *w)
{
    nsc_container *c = w->pending_first;
    w->pending_first = c->pending.next;
    if (!w->pending_first) w->pending_last = NULL;
    c->pending.next = NULL;
    w->counts.pending--;
}

static void remember(nsc_watch *w, nsc_container *c, const nsc_watch_record *record)
{
    nsc_pending *pending = &c->pending;
    uint32_t kind = 1u << record->kind;
    if (pending->kinds == 0) {
        append(w, c);
        pending->exit_flags = 0;
        pending->oom_kills = 0;
    } else if ((pending->kinds & kind && record->kind != NSC_WATCH_OOM_KILLED) || pending->life != record->life) {
        /* Only the newest life is remembered: its exit decides the container's state. */
        w->counts.records_lost++;
        if (pending->life != record->life) {
            pending->kinds &= 1u << NSC_WATCH_OOM_KILLED;
            pending->exit_flags = 0;
        }
    }

    pending->kinds |= kind;
    pending->life = record->life;
    if (record->flags & NSC_WATCH_HAS_STATUS) pending->status = record->status;
    if (record->kind == NSC_WATCH_OOM_KILLED) {
        pending->oom_kills += record->oom_kills;
    } else if (record->kind == NSC_WATCH_PROCESS_EXITED) {
        pending->exit_flags = record->flags & (NSC_WATCH_IS_EMPTY | NSC_WATCH_HAS_STATUS | NSC_WATCH_STATUS_FOLLOWS);
        pending->exited_ns[0] = record->realtime_ns;
        pending->exited_ns[1] = record->boottime_ns;
    } else if (record->kind == NSC_WATCH_CGROUP_EMPTIED) {
        pending->emptied_ns[0] = record->realtime_ns;
        pending->emptied_ns[1] = record->boottime_ns;
    }
}

void nsc_publish(nsc_watch *w, nsc_container *c, nsc_watch_record *record)
{
    if (c->pending.kinds != 0 || !push(w, record)) remember(w, c, record);
}

/* Makes the record of one pending event again, without its texts. */
static void restore(const nsc_container *c, int32_t kind, nsc_watch_record *record)
{
    const nsc_pending *pending = &c->pending;
    const int64_t *happened_ns = NULL;
    nsc_record_init(record, c, kind);
    record->life = pending->life;
    switch (kind) {
    case NSC_WATCH_OOM_KILLED:
        record->oom_kills = pending->oom_kills;
        record->flags = NSC_WATCH_TEXTS_DROPPED;
        break;
    case NSC_WATCH_PROCESS_EXITED:
        record->flags = pending->exit_flags | NSC_WATCH_TEXTS_DROPPED;
        happened_ns = pending->exited_ns;
        break;
    case NSC_WATCH_CGROUP_EMPTIED:
        record->flags = NSC_WATCH_IS_EMPTY | NSC_WATCH_TEXTS_DROPPED;
        happened_ns = pending->emptied_ns;
        break;
    case NSC_WATCH_PROCESS_REAPED:
        record->flags = NSC_WATCH_HAS_STATUS;
        break;
    default:
        break;
    }

    if (record->flags & NSC_WATCH_HAS_STATUS) record->status = pending->status;
    if (happened_ns) {
        record->realtime_ns = happened_ns[0];
        record->boottime_ns = happened_ns[1];
    }
}

void nsc_publish_pending(nsc_watch *w)
{
    static const int32_t order[] = {
        NSC_WATCH_OOM_KILLED, NSC_WATCH_PROCESS_EXITED, NSC_WATCH_CGROUP_EMPTIED, NSC_WATCH_PROCESS_REAPED,
        NSC_WATCH_CGROUP_POPULATED,
    };
    nsc_watch_record record;
    while (w->pending_first) {
        nsc_container *c = w->pending_first;
        for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
            if (!(c->pending.kinds & (1u << order[i]))) continue;
            restore(c, order[i], &record);
            if (!push(w, &record)) return;
            c->pending.kinds &= ~(1u << order[i]);
        }

        remove_first(w);
        if (c->flags & REMOVED) nsc_table_free(w, c);
    }
}

void nsc_signal_ready(nsc_watch *w)
{
    static const uint64_t one = 1;
    if (!w->unsignalled) return;
    w->unsignalled = 0;
    ssize_t ignored = write(w->ready, &one, sizeof one);
    (void)ignored;
}
