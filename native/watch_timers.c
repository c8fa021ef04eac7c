#include "watch_timers.h"

static void place(nsc_timers *timers, uint32_t index, nsc_container *c)
{
    timers->heap[index] = c;
    c->heap_index = index;
}

static void sift_up(nsc_timers *timers, uint32_t index, nsc_container *c)
{
    for (; index > 1 && timers->heap[index / 2]->due_ns > c->due_ns; index /= 2) place(timers, index, timers->heap[index / 2]);
    place(timers, index, c);
}

static void sift_down(nsc_timers *timers, uint32_t index, nsc_container *c)
{
    for (;;) {
        uint32_t child = index * 2;
        if (child > timers->count) break;
        if (child < timers->count && timers->heap[child + 1]->due_ns < timers->heap[child]->due_ns) child++;
        if (timers->heap[child]->due_ns >= c->due_ns) break;
        place(timers, index, timers->heap[child]);
        index = child;
    }

    place(timers, index, c);
}

static void remove_timer(nsc_timers *timers, nsc_container *c)
{
    uint32_t index = c->heap_index;
    if (index == 0) return;
    c->heap_index = 0;
    nsc_container *last = timers->heap[timers->count--];
    if (last == c) return;
    if (index > 1 && timers->heap[index / 2]->due_ns > last->due_ns) sift_up(timers, index, last);
    else sift_down(timers, index, last);
}

static uint32_t *count_of(nsc_timers *timers, uint32_t flag)
{
    return flag == TIMER_POLL ? &timers->polling : &timers->rearming;
}

void nsc_timer_set(nsc_watch *w, nsc_container *c, uint32_t flag, uint32_t ms)
{
    nsc_timers *timers = &w->timers;
    uint64_t due_ns = nsc_monotonic_ns() + ms * NS_PER_MS;
    if (!(c->flags & flag)) {
        c->flags |= flag;
        ++*count_of(timers, flag);
    }

    if (c->heap_index != 0) {
        if (c->due_ns <= due_ns) return;
        remove_timer(timers, c);
    }

    c->due_ns = due_ns;
    sift_up(timers, ++timers->count, c);
}

void nsc_timer_clear(nsc_watch *w, nsc_container *c, uint32_t flag)
{
    if (!(c->flags & flag)) return;
    c->flags &= ~flag;
    --*count_of(&w->timers, flag);
    if (!(c->flags & (TIMER_POLL | TIMER_REARM))) remove_timer(&w->timers, c);
}

uint64_t nsc_timers_next_ns(const nsc_watch *w)
{
    return w->timers.count > 0 ? w->timers.heap[1]->due_ns : 0;
}

nsc_container *nsc_timers_pop(nsc_watch *w, uint64_t now_ns)
{
    if (w->timers.count == 0 || w->timers.heap[1]->due_ns > now_ns) return NULL;
    nsc_container *c = w->timers.heap[1];
    remove_timer(&w->timers, c);
    return c;
}
