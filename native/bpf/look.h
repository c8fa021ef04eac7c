/*
 * What agent.peaks needs between two samples. A pass over the cgroups notes where the numbers of each wanted one are, so that a look, which
 * comes ten times a second, touches little else: most of its time is waiting for memory. Needs READ and controller() of cgroup_reader.bpf.c.
 */
#ifndef NSC_BPF_LOOK_H
#define NSC_BPF_LOOK_H

void bpf_rcu_read_lock(void) __ksym;
void bpf_rcu_read_unlock(void) __ksym;

/* CSS_ONLINE, an enumerator without a named type. A pass checks that it is set; else nothing is noted. */
#define ONLINE 2u

/* At every so many records the time is checked. */
#define CHECK_LOOK_EVERY 32

/* A controller's state in a cgroup, null if there is none. The kernel gives no two states the same number. */
struct place {
	__u64 css;
	__u64 serial_nr;
};

struct places {
	__u64 pass;
	struct place memory;
	struct place cpu;
	struct place cpuacct;
	__u64 unused;
};

/* Not mapped: addresses of the kernel are nothing that the agent needs. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct places);
} all_places SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct nsc_look);
} looks SEC(".maps");

static __always_inline void note(struct place *place, struct cgroup *cgroup, __u64 id)
{
	const struct cgroup_subsys_state *css = controller(cgroup, id);
	unsigned int flags = 0;
	__u64 serial_nr = 0;

	if (!css)
		return;
	READ(flags, css->flags);
	READ(serial_nr, css->serial_nr);
	if (!(flags & ONLINE))
		return;
	place->css = (__u64)css;
	place->serial_nr = serial_nr;
}

/* Notes the places of a cgroup, beside those of the other hierarchies. */
static __noinline void note_places(struct cgroup *cgroup, __u32 index, struct nsc_bpf_control *c)
{
	struct places *places = bpf_map_lookup_elem(&all_places, &index);

	if (!c->notes || !places)
		return;
	if (places->pass != c->pass) {
		__builtin_memset(places, 0, sizeof(*places));
		places->pass = c->pass;
	}
	note(&places->memory, cgroup, bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));
	note(&places->cpu, cgroup, bpf_core_enum_value(enum cgroup_subsys_id, cpu_cgrp_id));
	if (has_cpuacct())
		note(&places->cpuacct, cgroup, bpf_core_enum_value(enum cgroup_subsys_id, cpuacct_cgrp_id));
}

/*
 * Whether the state is still there. In an RCU section one that is online stays in memory to the end of the section: the kernel clears the bit
 * before it waits for all sections and frees the memory (css_killed_work_fn and css_free_rwork_fn, kernel/cgroup/cgroup.c).
 */
static __always_inline bool is_there(const struct place *place)
{
	const struct cgroup_subsys_state *css = (const void *)place->css;
	unsigned int flags = 0;
	__u64 serial_nr = 0;

	if (!css)
		return false;
	READ(flags, css->flags);
	READ(serial_nr, css->serial_nr);
	return (flags & ONLINE) && serial_nr == place->serial_nr;
}

static __always_inline void look_at_memory(const struct mem_cgroup *memory, struct nsc_look *look)
{
	READ(look->memory_usage, memory->memory.usage.counter);
	look->filled |= NSC_PART_MEMORY;
}

static __always_inline void look_at_bandwidth(const struct task_group *group, struct nsc_look *look)
{
	READ(look->nr_periods, group->cfs_bandwidth.nr_periods);
	READ(look->nr_throttled, group->cfs_bandwidth.nr_throttled);
	look->filled |= NSC_PART_BANDWIDTH;
}

static long add_usage(__u32 cpu, struct cpuacct_sum *sum)
{
	__u64 ns = 0, *offset = offset_of(cpu);

	if (!offset || bpf_probe_read_kernel(&ns, sizeof(ns), (const void *)(sum->usage + *offset)) < 0)
		return 1;
	sum->ns += ns;
	return 0;
}

static __always_inline void look_at_cpuacct(const struct cpuacct *cpuacct, struct nsc_look *look, __u64 nr_cpus)
{
	struct cpuacct_sum sum = {};

	look->from_ns = bpf_ktime_get_ns();
	READ(sum.usage, cpuacct->cpuusage);
	if (sum.usage == 0 || bpf_loop((__u32)nr_cpus, add_usage, &sum, 0) != (long)nr_cpus)
		return;
	look->to_ns = bpf_ktime_get_ns();
	look->cpuacct_ns = sum.ns;
	look->filled |= NSC_PART_CPUACCT;
}

static long look_at(__u32 number, __u64 *from)
{
	__u32 zero = 0, index = (__u32)*from + number;
	struct nsc_bpf_control *c = bpf_map_lookup_elem(&control, &zero);
	const struct places *places = bpf_map_lookup_elem(&all_places, &index);
	struct nsc_look *look = bpf_map_lookup_elem(&looks, &index);

	if (!c || !places || !look)
		return 1;
	if (number % CHECK_LOOK_EVERY == CHECK_LOOK_EVERY - 1) {
		c->last_ns = bpf_ktime_get_ns();
		if (c->last_ns - c->first_ns > c->max_ns)
			return 1;
	}
	c->visited = index + 1;
	if (places->pass == 0)
		return 0;
	look->pass = places->pass;
	look->look = c->pass;
	look->filled = 0;
	if ((c->parts & NSC_PART_MEMORY) && (c->facts.fields & NSC_FIELD_MEMORY) && is_there(&places->memory))
		look_at_memory((const void *)places->memory.css, look);
	if ((c->parts & NSC_PART_BANDWIDTH) && (c->facts.fields & NSC_FIELD_BANDWIDTH) && is_there(&places->cpu))
		look_at_bandwidth((const void *)places->cpu.css, look);
	if ((c->parts & NSC_PART_CPUACCT) && has_cpuacct() && (c->facts.fields & NSC_FIELD_CPUACCT) && is_there(&places->cpuacct))
		look_at_cpuacct((const void *)places->cpuacct.css, look, c->nr_cpus);
	return 0;
}

/* Looks at the records from nsc_bpf_control.skip on, until the time is over. */
SEC("syscall")
int read_looks(void *context __attribute__((unused)))
{
	__u32 zero = 0;
	struct nsc_bpf_control *c = bpf_map_lookup_elem(&control, &zero);
	__u64 from;

	if (!c || c->skip >= c->capacity)
		return 1;
	from = c->skip;
	c->first_ns = bpf_ktime_get_ns();
	c->last_ns = c->first_ns;
	bpf_rcu_read_lock();
	bpf_loop((__u32)(c->capacity - from), look_at, &from, 0);
	bpf_rcu_read_unlock();
	return 0;
}

#endif
