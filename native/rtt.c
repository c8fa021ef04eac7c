#include "rtt.h"

/*
 * Exact below 64 us, above in 64 steps for each power of two, so that a percentile taken from the middle of
 * a step is at most 0.8 % off.
 */
#define RTT_STEPS 64u
_Static_assert(NSC_RTT_BUCKETS == RTT_STEPS * 27, "steps of the powers of two from 2^6 to 2^31, and those below");

static uint32_t bucket_of(uint32_t us)
{
    if (us < RTT_STEPS) return us;
    uint32_t shift = 31u - (uint32_t)__builtin_clz(us) - 6u; /* us >> shift is from 64 to 127 */
    return RTT_STEPS * (shift + 1u) + (us >> shift) - RTT_STEPS;
}

static uint32_t middle_of(uint32_t bucket)
{
    if (bucket < RTT_STEPS) return bucket;
    uint32_t shift = bucket / RTT_STEPS - 1u;
    uint64_t low = (uint64_t)(bucket % RTT_STEPS + RTT_STEPS) << shift;
    return (uint32_t)(low + (((uint64_t)1 << shift) >> 1));
}

/* By nearest rank. */
static uint32_t percentile(const nsc_rtt_histogram *rtt, uint32_t percent)
{
    uint64_t rank = ((uint64_t)rtt->total * percent + 99) / 100;
    uint64_t passed = 0;
    for (uint32_t i = 0; i < NSC_RTT_BUCKETS; i++) {
        passed += rtt->counts[i];
        if (passed < rank) continue;

        /* The middle of a step may be lower than all measured times, or higher than all. */
        uint32_t us = middle_of(i);
        if (us < rtt->min_us) return rtt->min_us;
        return us > rtt->max_us ? rtt->max_us : us;
    }

    return 0;
}

void nsc_rtt_add(nsc_rtt_histogram *rtt, uint32_t us)
{
    if (rtt->total == 0 || us < rtt->min_us) rtt->min_us = us;
    if (us > rtt->max_us) rtt->max_us = us;
    rtt->total++;
    rtt->counts[bucket_of(us)]++;
}

void nsc_rtt_summarise(nsc_sockets *sockets, const nsc_rtt_histogram *rtt)
{
    sockets->rtt_count = rtt->total;
    if (rtt->total == 0) return;
    sockets->rtt_min_us = rtt->min_us;
    sockets->rtt_median_us = percentile(rtt, 50);
    sockets->rtt_p95_us = percentile(rtt, 95);
}
