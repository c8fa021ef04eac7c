/*
 * The few members of the kernel's structures that cgroup_reader.bpf.c reads. The kernel replaces their offsets by those of the running
 * kernel when it loads the program (CO-RE), so the build needs no type information of any kernel. Names are the kernel's; order and
 * other members do not matter.
 */
#ifndef NSC_BPF_KERNEL_TYPES_H
#define NSC_BPF_KERNEL_TYPES_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernfs_node {
	__u64 id;
};

struct task_cputime {
	__u64 stime;
	__u64 utime;
	unsigned long long sum_exec_runtime;
};

struct cgroup_base_stat {
	struct task_cputime cputime;
};

struct prev_cputime {
	__u64 utime;
	__u64 stime;
};

struct cgroup;

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	unsigned int flags;
	__u64 serial_nr;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
	struct cgroup_subsys_state *subsys[1];
	struct cgroup_base_stat bstat;
	struct prev_cputime prev_cputime;
};

struct bpf_iter__cgroup {
	struct cgroup *cgroup;
};

typedef struct {
	long counter;
} atomic_long_t;

typedef struct {
	__s64 counter;
} atomic64_t;

struct page_counter {
	atomic_long_t usage;
	unsigned long watermark;
	unsigned long failcnt;
	unsigned long max;
	struct page_counter *parent;
};

/* Private to mm/memcontrol.c. */
struct memcg_vmstats {
	long state[1];
	unsigned long events[1];
};

struct mem_cgroup {
	struct page_counter memory;
	struct page_counter swap;
	struct page_counter kmem;
	struct page_counter tcpmem;
	struct memcg_vmstats *vmstats;
	atomic_long_t memory_events[1];
	int under_oom;
};

struct pids_cgroup {
	atomic64_t counter;
	__s64 watermark;
	atomic64_t events_limit; /* before 6.11 */
	atomic64_t events[2];
	atomic64_t events_local[2];
};

struct cfs_bandwidth {
	int nr_periods;
	int nr_throttled;
	int nr_burst;
	__u64 throttled_time;
	__u64 burst_time;
};

struct task_group {
	struct cfs_bandwidth cfs_bandwidth;
};

/* Private to kernel/sched/cpuacct.c. Both are pointers to per-CPU data. */
struct cpuacct {
	__u64 *cpuusage;
	void *cpustat;
};

/* Of a map with a value for each processor: a pointer to per-CPU data for each key. */
struct bpf_array {
	void *pptrs[1];
};

#pragma clang attribute pop

/* The kernel's iterator in a program's stack. */
struct bpf_iter_css {
	__u64 opaque[3];
} __attribute__((aligned(8)));

/* Enumerators are found by their names; their values here mean nothing, except that they differ. */
enum cgroup_subsys_id { memory_cgrp_id = 1, pids_cgrp_id, cpu_cgrp_id, cpuacct_cgrp_id };
enum cpu_usage_stat { CPUTIME_USER = 1, CPUTIME_NICE, CPUTIME_SYSTEM, CPUTIME_SOFTIRQ, CPUTIME_IRQ };
enum pidcg_event { PIDCG_MAX = 1, PIDCG_FORKFAIL };

#define NSC_ENUMERATOR(name, type, enumerator) enumerator,
enum node_stat_item { NSC_NODE_ITEMS(NSC_ENUMERATOR) };
enum memcg_stat_item { NSC_MEMCG_ITEMS(NSC_ENUMERATOR) };
enum vm_event_item { NSC_EVENT_ITEMS(NSC_ENUMERATOR) };

#endif
