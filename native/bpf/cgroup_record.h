/*
 * What the BPF program and the agent share: the records of cgroups, the control block, and the items of memcg_vmstats. It is the only
 * definition; native/bpf/reader.c exports its sizes and offsets, and a test compares the managed mirror with them.
 */
#ifndef NSC_BPF_CGROUP_RECORD_H
#define NSC_BPF_CGROUP_RECORD_H

#ifndef __bpf__
#include <linux/types.h>
#endif

/*
 * Of memcg_vmstats, that many of the first numbers are kept. Linux 6.18 has 40 states and 31 events. Before 6.10 or so the states are indexed by
 * the kernel's enumerators, up to about 55.
 */
#define NSC_MEMORY_STATES 64
#define NSC_MEMORY_EVENTS 48

/* Mounted cgroup hierarchies. */
#define NSC_MAX_HIERARCHIES 32

/* Possible processors. On a machine with more, numbers that are kept for each processor are read from files. */
#define NSC_MAX_CPUS 512

/* enum memcg_memory_event: low to swap_fail. */
#define NSC_MEMCG_EVENTS 12

/* Parts of a record: bits of the field filled. */
#define NSC_PART_MEMORY 1u
#define NSC_PART_MEMORY_STAT 2u
#define NSC_PART_PIDS 4u
#define NSC_PART_BANDWIDTH 8u
#define NSC_PART_CPU_TIME 16u
#define NSC_PART_CPUACCT 32u

/* No limit was found within the levels that are followed: the field is not known. */
#define NSC_UNKNOWN (~0ull)

/* Numbers as the kernel has them: pages, nanoseconds. All that is not filled is 0. */
struct nsc_cgroup_record {
	__u64 pass;   /* the pass that wrote the record last, see nsc_bpf_control.pass */
	__u64 filled; /* NSC_PART_*, since the pass began */

	/* struct mem_cgroup, in pages */
	__u64 memory_usage;
	__u64 memory_peak; /* watermark */
	__u64 memory_failcnt;
	__u64 memory_lowest_limit; /* of the cgroup and all above it, or NSC_UNKNOWN */
	__u64 swap_usage;          /* v2 swap; v1 memory and swap together */
	__u64 swap_peak;
	__u64 swap_failcnt;
	__u64 kmem_usage; /* v1 */
	__u64 kmem_peak;
	__u64 kmem_failcnt;
	__u64 tcp_usage; /* v1 */
	__u64 tcp_peak;
	__u64 tcp_failcnt;
	__s64 memory_events[NSC_MEMCG_EVENTS]; /* enum memcg_memory_event, this cgroup and those below on v2 */
	__s64 under_oom;                       /* v1 */

	/* struct pids_cgroup */
	__s64 pids_current;
	__s64 pids_peak;
	__s64 pids_limit_events;     /* before 6.11 */
	__s64 pids_max_events;       /* since 6.11: the limit of this cgroup, or one below */
	__s64 pids_fork_fail_events; /* since 6.11: forks of processes of this cgroup that failed */

	/* struct cfs_bandwidth, in nanoseconds */
	__u64 nr_periods;
	__u64 nr_throttled;
	__u64 throttled_ns;
	__u64 nr_bursts;
	__u64 burst_ns;

	/* struct cgroup, v2: bstat.cputime and prev_cputime, in nanoseconds */
	__u64 cpu_ns;
	__u64 cpu_user_ns;
	__u64 cpu_system_ns;
	__u64 previous_user_ns;
	__u64 previous_system_ns;

	__u64 read_ns; /* CLOCK_MONOTONIC, when cpu_ns was read */

	/* struct cpuacct, v1: the sums over all processors, in nanoseconds */
	__u64 cpuacct_ns;
	__u64 cpuacct_user_ns;
	__u64 cpuacct_system_ns;

	/* struct memcg_vmstats, as it is: the index of an item is a rule of the agent. Including the cgroups below. */
	__s64 states[NSC_MEMORY_STATES];
	__u64 events[NSC_MEMORY_EVENTS];
};

/* What a look between two samples has read of a cgroup with a record. */
struct nsc_look {
	__u64 pass; /* the pass that found the cgroup */
	__u64 look; /* the look that wrote the rest, nsc_bpf_control.pass at that time */
	__u64 filled; /* NSC_PART_MEMORY, NSC_PART_BANDWIDTH, NSC_PART_CPUACCT */
	__u64 memory_usage;
	__u32 nr_periods;
	__u32 nr_throttled;
	__u64 cpuacct_ns;
	__u64 from_ns; /* CLOCK_MONOTONIC right before and after cpuacct_ns was read */
	__u64 to_ns;
};

/* A cgroup whose record is wanted. */
struct nsc_cgroup_key {
	__u64 id; /* kernfs_node.id: the inode number of its directory */
	__u64 hierarchy; /* nsc_bpf_control.hierarchy */
};

/*
 * Enumerators whose value is asked: X(name, enum, enumerator). The index of a name is nsc_item. The states come first, in the order in
 * which kernels since about 6.10 store them (memcg_node_stat_items and memcg_stat_items, mm/memcontrol.c), then the events (memcg_vm_event_stat).
 */
#define NSC_NODE_ITEMS(X) \
	X(INACTIVE_ANON, node_stat_item, NR_INACTIVE_ANON) \
	X(ACTIVE_ANON, node_stat_item, NR_ACTIVE_ANON) \
	X(INACTIVE_FILE, node_stat_item, NR_INACTIVE_FILE) \
	X(ACTIVE_FILE, node_stat_item, NR_ACTIVE_FILE) \
	X(UNEVICTABLE, node_stat_item, NR_UNEVICTABLE) \
	X(SLAB_RECLAIMABLE, node_stat_item, NR_SLAB_RECLAIMABLE_B) \
	X(SLAB_UNRECLAIMABLE, node_stat_item, NR_SLAB_UNRECLAIMABLE_B) \
	X(REFAULT_ANON, node_stat_item, WORKINGSET_REFAULT_ANON) \
	X(REFAULT_FILE, node_stat_item, WORKINGSET_REFAULT_FILE) \
	X(ACTIVATE_ANON, node_stat_item, WORKINGSET_ACTIVATE_ANON) \
	X(ACTIVATE_FILE, node_stat_item, WORKINGSET_ACTIVATE_FILE) \
	X(RESTORE_ANON, node_stat_item, WORKINGSET_RESTORE_ANON) \
	X(RESTORE_FILE, node_stat_item, WORKINGSET_RESTORE_FILE) \
	X(NODERECLAIM, node_stat_item, WORKINGSET_NODERECLAIM) \
	X(ANON, node_stat_item, NR_ANON_MAPPED) \
	X(FILE_MAPPED, node_stat_item, NR_FILE_MAPPED) \
	X(FILE, node_stat_item, NR_FILE_PAGES) \
	X(FILE_DIRTY, node_stat_item, NR_FILE_DIRTY) \
	X(WRITEBACK, node_stat_item, NR_WRITEBACK) \
	X(SHMEM, node_stat_item, NR_SHMEM) \
	X(SHMEM_THPS, node_stat_item, NR_SHMEM_THPS) \
	X(FILE_THPS, node_stat_item, NR_FILE_THPS) \
	X(ANON_THPS, node_stat_item, NR_ANON_THPS) \
	X(VMALLOC_NODE, node_stat_item, NR_VMALLOC) \
	X(KERNEL_STACK, node_stat_item, NR_KERNEL_STACK_KB) \
	X(PAGETABLE, node_stat_item, NR_PAGETABLE) \
	X(SECONDARY_PAGETABLE, node_stat_item, NR_SECONDARY_PAGETABLE) \
	X(SWAPCACHE, node_stat_item, NR_SWAPCACHE) \
	X(PROMOTE_SUCCESS, node_stat_item, PGPROMOTE_SUCCESS) \
	X(DEMOTE_KSWAPD, node_stat_item, PGDEMOTE_KSWAPD) \
	X(DEMOTE_DIRECT, node_stat_item, PGDEMOTE_DIRECT) \
	X(DEMOTE_KHUGEPAGED, node_stat_item, PGDEMOTE_KHUGEPAGED) \
	X(DEMOTE_PROACTIVE, node_stat_item, PGDEMOTE_PROACTIVE) \
	X(HUGETLB, node_stat_item, NR_HUGETLB)

#define NSC_MEMCG_ITEMS(X) \
	X(SWAP, memcg_stat_item, MEMCG_SWAP) \
	X(SOCK, memcg_stat_item, MEMCG_SOCK) \
	X(PERCPU, memcg_stat_item, MEMCG_PERCPU_B) \
	X(VMALLOC, memcg_stat_item, MEMCG_VMALLOC) \
	X(KMEM, memcg_stat_item, MEMCG_KMEM) \
	X(ZSWAP, memcg_stat_item, MEMCG_ZSWAP_B) \
	X(ZSWAPPED, memcg_stat_item, MEMCG_ZSWAPPED)

#define NSC_STATE_ITEMS(X) NSC_NODE_ITEMS(X) NSC_MEMCG_ITEMS(X)

#define NSC_EVENT_ITEMS(X) \
	X(PGIN, vm_event_item, PGPGIN) \
	X(PGOUT, vm_event_item, PGPGOUT) \
	X(SWAP_IN, vm_event_item, PSWPIN) \
	X(SWAP_OUT, vm_event_item, PSWPOUT) \
	X(SCAN_KSWAPD, vm_event_item, PGSCAN_KSWAPD) \
	X(SCAN_DIRECT, vm_event_item, PGSCAN_DIRECT) \
	X(SCAN_KHUGEPAGED, vm_event_item, PGSCAN_KHUGEPAGED) \
	X(SCAN_PROACTIVE, vm_event_item, PGSCAN_PROACTIVE) \
	X(STEAL_KSWAPD, vm_event_item, PGSTEAL_KSWAPD) \
	X(STEAL_DIRECT, vm_event_item, PGSTEAL_DIRECT) \
	X(STEAL_KHUGEPAGED, vm_event_item, PGSTEAL_KHUGEPAGED) \
	X(STEAL_PROACTIVE, vm_event_item, PGSTEAL_PROACTIVE) \
	X(FAULT, vm_event_item, PGFAULT) \
	X(MAJOR_FAULT, vm_event_item, PGMAJFAULT) \
	X(REFILL, vm_event_item, PGREFILL) \
	X(ACTIVATE, vm_event_item, PGACTIVATE) \
	X(DEACTIVATE, vm_event_item, PGDEACTIVATE) \
	X(LAZY_FREE, vm_event_item, PGLAZYFREE) \
	X(LAZY_FREED, vm_event_item, PGLAZYFREED) \
	X(SWAP_IN_ZERO, vm_event_item, SWPIN_ZERO) \
	X(SWAP_OUT_ZERO, vm_event_item, SWPOUT_ZERO) \
	X(ZSWAP_IN, vm_event_item, ZSWPIN) \
	X(ZSWAP_OUT, vm_event_item, ZSWPOUT) \
	X(ZSWAP_WRITEBACK, vm_event_item, ZSWPWB) \
	X(THP_FAULT, vm_event_item, THP_FAULT_ALLOC) \
	X(THP_COLLAPSE, vm_event_item, THP_COLLAPSE_ALLOC) \
	X(THP_SWAP_OUT, vm_event_item, THP_SWPOUT) \
	X(THP_SWAP_OUT_FALLBACK, vm_event_item, THP_SWPOUT_FALLBACK) \
	X(NUMA_MIGRATE, vm_event_item, NUMA_PAGE_MIGRATE) \
	X(NUMA_UPDATES, vm_event_item, NUMA_PTE_UPDATES) \
	X(NUMA_FAULTS, vm_event_item, NUMA_HINT_FAULTS)

#define NSC_ITEM(name, type, enumerator) NSC_ITEM_##name,
enum nsc_item { NSC_STATE_ITEMS(NSC_ITEM) NSC_ITEM_STATES, NSC_ITEM_BEFORE_EVENTS = NSC_ITEM_STATES - 1, NSC_EVENT_ITEMS(NSC_ITEM) NSC_ITEMS };

/* What the running kernel has, by its BTF. Written once, by the first pass. */
struct nsc_bpf_facts {
	__u64 known;      /* 1 once the rest is set */
	__u64 fields;     /* NSC_FIELD_* */
	__u64 nr_states;  /* length of memcg_vmstats.state */
	__u64 nr_events;  /* length of memcg_vmstats.events */
	__u64 nr_memory_events;
	__s16 items[NSC_ITEMS]; /* value of the enumerator, -1 if the kernel does not have it */
};

#define NSC_FIELD_MEMORY (1ull << 0)         /* the controller, its usage, peak and limit */
#define NSC_FIELD_MEMORY_FAILCNT (1ull << 1)
#define NSC_FIELD_VMSTATS (1ull << 2)
#define NSC_FIELD_MEMORY_EVENTS (1ull << 3)
#define NSC_FIELD_SWAP (1ull << 4)
#define NSC_FIELD_KMEM (1ull << 5)
#define NSC_FIELD_TCP (1ull << 6)
#define NSC_FIELD_UNDER_OOM (1ull << 7)      /* cgroup v1 of the memory controller is built in */
#define NSC_FIELD_PIDS (1ull << 8)
#define NSC_FIELD_PIDS_PEAK (1ull << 9)
#define NSC_FIELD_PIDS_LIMIT_EVENTS (1ull << 10)
#define NSC_FIELD_PIDS_EVENTS (1ull << 11)
#define NSC_FIELD_BANDWIDTH (1ull << 12)
#define NSC_FIELD_BURST (1ull << 13)
#define NSC_FIELD_CPU_TIME (1ull << 14)
#define NSC_FIELD_CPUACCT (1ull << 15)       /* and the place of each processor's data is known */

/* In and out of one round of a walk: one read of the iterator, which holds cgroup_mutex, or one run of read_cgroups. */
struct nsc_bpf_control {
	/* in */
	__u64 pass;
	__u64 hierarchy;
	__u64 skip;      /* that many cgroups, which rounds before have visited */
	__u64 max_ns;    /* ends the round after this time */
	__u64 min_reads; /* but not before that many records were written */

	__u64 nr_cpus;   /* possible processors, numbered from 0 without a gap; 0 if they are not, or more than NSC_MAX_CPUS */
	__u64 notes;     /* 1: note where the numbers of a look are */
	__u64 parts;     /* NSC_PART_* that read_looks reads */
	__u64 capacity;  /* records */
	__u64 keeps;     /* 1: only keep the cgroup as the root of the hierarchy, for read_cgroups */

	/* out */
	__u64 visited; /* including the skipped ones */
	__u64 written;
	__u64 first_ns; /* CLOCK_MONOTONIC at the first cgroup and at the last */
	__u64 last_ns;
	__u64 is_complete; /* 1 if no cgroup is left */
	__u64 is_ended;    /* 1 if the time was over before */

	struct nsc_bpf_facts facts;
};

#endif
