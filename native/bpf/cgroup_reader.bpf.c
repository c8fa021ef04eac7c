/*
 * Reads the numbers of cgroups where the kernel has them: an iterator over the cgroups below one (Linux 6.1), which writes a record of each
 * wanted cgroup into an array that the agent has mapped. Nothing is written for other cgroups.
 */
#include <linux/types.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "cgroup_record.h"
#include "kernel_types.h"

/* How many cgroups above one are followed for the lowest limit of memory. */
#define MAX_LEVELS 24

/* At every so many cgroups the time is checked. */
#define CHECK_TIME_EVERY 8

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* The agent sets max_entries before it loads the program: 1 is only a placeholder. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct nsc_bpf_control);
} control SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct nsc_cgroup_record);
} records SEC(".maps");

/* The wanted cgroups: the index of their record. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct nsc_cgroup_key);
	__type(value, __u32);
} wanted SEC(".maps");

#define READ(to, from) bpf_core_read(&(to), sizeof(to), &(from))

#include "cpuacct.h"


#define FACT(bit, condition) \
	if (condition) \
		facts->fields |= (bit)

#define ITEM(name, type, enumerator) \
	facts->items[NSC_ITEM_##name] = bpf_core_enum_value_exists(enum type, enumerator) ? (__s16)bpf_core_enum_value(enum type, enumerator) : -1;

static __noinline void find_facts(struct nsc_bpf_facts *facts, __u64 nr_cpus)
{
	const struct mem_cgroup *memory = 0;
	const struct memcg_vmstats *vmstats = 0;
	const struct pids_cgroup *pids = 0;
	const struct task_group *group = 0;

	facts->fields = 0;
	FACT(NSC_FIELD_MEMORY, bpf_core_field_exists(memory->memory.usage) && bpf_core_field_exists(memory->memory.watermark)
		&& bpf_core_field_exists(memory->memory.max) && bpf_core_field_exists(memory->memory.parent));
	FACT(NSC_FIELD_MEMORY_FAILCNT, bpf_core_field_exists(memory->memory.failcnt));
	FACT(NSC_FIELD_VMSTATS, bpf_core_field_exists(memory->vmstats) && bpf_core_field_exists(vmstats->state) && bpf_core_field_exists(vmstats->events));
	FACT(NSC_FIELD_MEMORY_EVENTS, bpf_core_field_exists(memory->memory_events));
	FACT(NSC_FIELD_SWAP, bpf_core_field_exists(memory->swap));
	FACT(NSC_FIELD_KMEM, bpf_core_field_exists(memory->kmem));
	FACT(NSC_FIELD_TCP, bpf_core_field_exists(memory->tcpmem));
	FACT(NSC_FIELD_UNDER_OOM, bpf_core_field_exists(memory->under_oom));
	FACT(NSC_FIELD_PIDS, bpf_core_field_exists(pids->counter));
	FACT(NSC_FIELD_PIDS_PEAK, bpf_core_field_exists(pids->watermark));
	FACT(NSC_FIELD_PIDS_LIMIT_EVENTS, bpf_core_field_exists(pids->events_limit));
	FACT(NSC_FIELD_PIDS_EVENTS, bpf_core_field_exists(pids->events) && bpf_core_field_exists(pids->events_local)
		&& bpf_core_enum_value_exists(enum pidcg_event, PIDCG_MAX) && bpf_core_enum_value_exists(enum pidcg_event, PIDCG_FORKFAIL));
	FACT(NSC_FIELD_BANDWIDTH, bpf_core_field_exists(group->cfs_bandwidth.nr_periods) && bpf_core_field_exists(group->cfs_bandwidth.throttled_time));
	FACT(NSC_FIELD_BURST, bpf_core_field_exists(group->cfs_bandwidth.nr_burst) && bpf_core_field_exists(group->cfs_bandwidth.burst_time));
	FACT(NSC_FIELD_CPU_TIME, bpf_core_field_exists(((struct cgroup *)0)->bstat.cputime) && bpf_core_field_exists(((struct cgroup *)0)->prev_cputime));
	FACT(NSC_FIELD_CPUACCT, has_cpuacct() && find_offsets(nr_cpus));

	facts->nr_states = bpf_core_field_exists(vmstats->state) ? bpf_core_field_size(vmstats->state) / sizeof(__s64) : 0;
	facts->nr_events = bpf_core_field_exists(vmstats->events) ? bpf_core_field_size(vmstats->events) / sizeof(__u64) : 0;
	facts->nr_memory_events = bpf_core_field_exists(memory->memory_events) ? bpf_core_field_size(memory->memory_events) / sizeof(__s64) : 0;
	NSC_STATE_ITEMS(ITEM)
	NSC_EVENT_ITEMS(ITEM)
	facts->known = 1;
}

/* The state of a controller in a cgroup; null if the controller is not enabled there, or belongs to another hierarchy. */
static __always_inline void *controller(struct cgroup *cgroup, __u64 id)
{
	void *css = 0;

	bpf_probe_read_kernel(&css, sizeof(css), (void *)cgroup + bpf_core_field_offset(cgroup->subsys) + id * sizeof(css));
	return css;
}

#ifdef NSC_WITHOUT_MUTEX
#include "look.h"
#endif

/* min(condition's array, ours), in bytes; a constant when the program is verified. */
#define COPIED(field, to) (bpf_core_field_size(field) < sizeof(to) ? bpf_core_field_size(field) : sizeof(to))

static __always_inline void read_counter(const struct page_counter *counter, __u64 *usage, __u64 *peak, __u64 *failcnt)
{
	READ(*usage, counter->usage.counter);
	READ(*peak, counter->watermark);
	if (bpf_core_field_exists(counter->failcnt))
		READ(*failcnt, counter->failcnt);
}

static __always_inline void read_memory(const struct mem_cgroup *memory, struct nsc_cgroup_record *record)
{
	const struct page_counter *counter = &memory->memory;
	const struct memcg_vmstats *vmstats = 0;
	__u64 lowest = ~0ull, max = 0;
	int level;

	if (!bpf_core_field_exists(memory->memory.max) || !bpf_core_field_exists(memory->memory.watermark))
		return;
	read_counter(&memory->memory, &record->memory_usage, &record->memory_peak, &record->memory_failcnt);
#pragma clang loop unroll(disable)
	for (level = 0; level < MAX_LEVELS && counter; level++) {
		READ(max, counter->max);
		if (max < lowest)
			lowest = max;
		READ(counter, counter->parent);
	}
	record->memory_lowest_limit = counter ? NSC_UNKNOWN : lowest;
	if (bpf_core_field_exists(memory->swap))
		read_counter(&memory->swap, &record->swap_usage, &record->swap_peak, &record->swap_failcnt);
	if (bpf_core_field_exists(memory->kmem))
		read_counter(&memory->kmem, &record->kmem_usage, &record->kmem_peak, &record->kmem_failcnt);
	if (bpf_core_field_exists(memory->tcpmem))
		read_counter(&memory->tcpmem, &record->tcp_usage, &record->tcp_peak, &record->tcp_failcnt);
	if (bpf_core_field_exists(memory->memory_events))
		bpf_probe_read_kernel(record->memory_events, COPIED(memory->memory_events, record->memory_events), &memory->memory_events);
	if (bpf_core_field_exists(memory->under_oom)) {
		int under_oom = 0;

		READ(under_oom, memory->under_oom);
		record->under_oom = under_oom;
	}
	record->filled |= NSC_PART_MEMORY;

	if (!bpf_core_field_exists(memory->vmstats) || !bpf_core_field_exists(vmstats->state))
		return;
	READ(vmstats, memory->vmstats);
	if (!vmstats)
		return;
	if (bpf_probe_read_kernel(record->states, COPIED(vmstats->state, record->states), &vmstats->state) == 0
		&& bpf_probe_read_kernel(record->events, COPIED(vmstats->events, record->events), &vmstats->events) == 0)
		record->filled |= NSC_PART_MEMORY_STAT;
}

static __always_inline void read_pids(const struct pids_cgroup *pids, struct nsc_cgroup_record *record)
{
	if (!bpf_core_field_exists(pids->counter))
		return;
	READ(record->pids_current, pids->counter.counter);
	if (bpf_core_field_exists(pids->watermark))
		READ(record->pids_peak, pids->watermark);
	if (bpf_core_field_exists(pids->events_limit))
		READ(record->pids_limit_events, pids->events_limit.counter);
	if (bpf_core_field_exists(pids->events) && bpf_core_enum_value_exists(enum pidcg_event, PIDCG_MAX)) {
		const __u64 each = sizeof(__s64);

		bpf_probe_read_kernel(&record->pids_max_events, each, (void *)&pids->events + bpf_core_enum_value(enum pidcg_event, PIDCG_MAX) * each);
		bpf_probe_read_kernel(&record->pids_fork_fail_events, each,
			(void *)&pids->events_local + bpf_core_enum_value(enum pidcg_event, PIDCG_FORKFAIL) * each);
	}
	record->filled |= NSC_PART_PIDS;
}

static __always_inline void read_bandwidth(const struct task_group *group, struct nsc_cgroup_record *record)
{
	int periods = 0, throttled = 0, bursts = 0;

	if (!bpf_core_field_exists(group->cfs_bandwidth.nr_periods))
		return;
	READ(periods, group->cfs_bandwidth.nr_periods);
	READ(throttled, group->cfs_bandwidth.nr_throttled);
	READ(record->throttled_ns, group->cfs_bandwidth.throttled_time);
	record->nr_periods = (__u64)periods;
	record->nr_throttled = (__u64)throttled;
	if (bpf_core_field_exists(group->cfs_bandwidth.nr_burst)) {
		READ(bursts, group->cfs_bandwidth.nr_burst);
		READ(record->burst_ns, group->cfs_bandwidth.burst_time);
		record->nr_bursts = (__u64)bursts;
	}
	record->filled |= NSC_PART_BANDWIDTH;
}

static __always_inline void read_cpu_time(struct cgroup *cgroup, struct nsc_cgroup_record *record, __u64 now)
{
	if (!bpf_core_field_exists(cgroup->bstat.cputime) || !bpf_core_field_exists(cgroup->prev_cputime))
		return;
	record->cpu_ns = cgroup->bstat.cputime.sum_exec_runtime;
	record->cpu_user_ns = cgroup->bstat.cputime.utime;
	record->cpu_system_ns = cgroup->bstat.cputime.stime;
	record->previous_user_ns = cgroup->prev_cputime.utime;
	record->previous_system_ns = cgroup->prev_cputime.stime;
	record->read_ns = now;
	record->filled |= NSC_PART_CPU_TIME;
}

/* Reads one cgroup, if it is wanted. Returns 1 if the round has to end before it. */
static __noinline int visit(struct cgroup *cgroup, struct nsc_bpf_control *c)
{
	struct nsc_cgroup_record *record;
	struct nsc_cgroup_key key;
	__u32 *index;
	void *css;

	if (c->visited++ < c->skip)
		return 0;
	if (c->visited % CHECK_TIME_EVERY == 0) {
		c->last_ns = bpf_ktime_get_ns();
		if (c->last_ns - c->first_ns > c->max_ns && c->written >= c->min_reads) {
			c->visited--;
			c->is_ended = 1;
			return 1;
		}
	}

	key.id = cgroup->kn->id;
	key.hierarchy = c->hierarchy;
	index = bpf_map_lookup_elem(&wanted, &key);
	if (!index)
		return 0;
	record = bpf_map_lookup_elem(&records, index);
	if (!record)
		return 0;
	if (record->pass != c->pass) {
		record->pass = c->pass;
		record->filled = 0;
	}

	css = controller(cgroup, bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));
	if (css)
		read_memory(css, record);
	css = controller(cgroup, bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id));
	if (css)
		read_pids(css, record);
	css = controller(cgroup, bpf_core_enum_value(enum cgroup_subsys_id, cpu_cgrp_id));
	if (css)
		read_bandwidth(css, record);
	if (has_cpuacct() && (c->facts.fields & NSC_FIELD_CPUACCT)) {
		css = controller(cgroup, bpf_core_enum_value(enum cgroup_subsys_id, cpuacct_cgrp_id));
		if (css)
			read_cpuacct(css, record, c->nr_cpus);
	}
	read_cpu_time(cgroup, record, c->last_ns);
#ifdef NSC_WITHOUT_MUTEX
	note_places(cgroup, *index, c);
#endif
	c->written++;
	return 0;
}

static __always_inline struct nsc_bpf_control *begin(void)
{
	__u32 zero = 0;
	struct nsc_bpf_control *c = bpf_map_lookup_elem(&control, &zero);

	if (c && c->visited == 0) {
		c->first_ns = bpf_ktime_get_ns();
		c->last_ns = c->first_ns;
		if (!c->facts.known)
			find_facts(&c->facts, c->nr_cpus);
	}
	return c;
}

#ifdef NSC_WITHOUT_MUTEX
/*
 * Since Linux 6.7 a program may itself walk over cgroups, under RCU: nothing waits for it. The root of each hierarchy is kept for that; the
 * iterator below has a pointer to it that the kernel trusts.
 */
struct bpf_iter_css;
int bpf_iter_css_new(struct bpf_iter_css *it, struct cgroup_subsys_state *start, unsigned int flags) __ksym;
struct cgroup_subsys_state *bpf_iter_css_next(struct bpf_iter_css *it) __ksym;
void bpf_iter_css_destroy(struct bpf_iter_css *it) __ksym;
struct cgroup *bpf_cgroup_acquire(struct cgroup *cgroup) __ksym;
void bpf_cgroup_release(struct cgroup *cgroup) __ksym;

struct root {
	struct cgroup __kptr *cgroup;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NSC_MAX_HIERARCHIES);
	__type(key, __u32);
	__type(value, struct root);
} roots SEC(".maps");

static __always_inline int keep(struct cgroup *cgroup, __u32 hierarchy)
{
	struct root *root = bpf_map_lookup_elem(&roots, &hierarchy);
	struct cgroup *kept, *before;

	if (!root)
		return 1;
	kept = bpf_cgroup_acquire(cgroup);
	if (!kept)
		return 1;
	before = bpf_kptr_xchg(&root->cgroup, kept);
	if (before)
		bpf_cgroup_release(before);
	return 1;
}

SEC("syscall")
int read_cgroups(void *context __attribute__((unused)))
{
	struct nsc_bpf_control *c = begin();
	struct cgroup_subsys_state *css;
	struct bpf_iter_css iterator;
	struct cgroup *top;
	struct root *root;
	__u32 hierarchy;

	if (!c)
		return 1;
	hierarchy = (__u32)c->hierarchy;
	root = bpf_map_lookup_elem(&roots, &hierarchy);
	if (!root)
		return 1;
	top = bpf_kptr_xchg(&root->cgroup, 0);
	if (!top)
		return 1;
	bpf_rcu_read_lock();
	bpf_iter_css_new(&iterator, &top->self, BPF_CGROUP_ITER_DESCENDANTS_PRE);
	while ((css = bpf_iter_css_next(&iterator))) {
		if (visit(css->cgroup, c))
			break;
	}
	bpf_iter_css_destroy(&iterator);
	bpf_rcu_read_unlock();
	c->is_complete = !c->is_ended;
	top = bpf_kptr_xchg(&root->cgroup, top);
	if (top)
		bpf_cgroup_release(top);
	return 0;
}
#endif

SEC("iter/cgroup")
int read_cgroup(struct bpf_iter__cgroup *context)
{
	struct cgroup *cgroup = context->cgroup;
	struct nsc_bpf_control *c = begin();

	if (!c)
		return 1;
	if (!cgroup) {
		/* The kernel calls the program so after the last cgroup, and also after one at which the program ended the walk. */
		c->is_complete = !c->is_ended;
		return 0;
	}
#ifdef NSC_WITHOUT_MUTEX
	if (c->keeps)
		return keep(cgroup, (__u32)c->hierarchy);
#endif
	return visit(cgroup, c);
}
