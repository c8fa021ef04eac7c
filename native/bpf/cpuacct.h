/* CPU time of cgroup v1, which cpuacct counts on each processor. Needs READ of cgroup_reader.bpf.c. */
#ifndef NSC_BPF_CPUACCT_H
#define NSC_BPF_CPUACCT_H
#include "per_cpu.h"

/* The kinds of time: enumerators of cpu_usage_stat, the first five of them. */
#define CPU_TIMES 5

#define IS_CPU_TIME(enumerator) (bpf_core_enum_value(enum cpu_usage_stat, enumerator) < CPU_TIMES)

static __always_inline bool has_cpuacct(void)
{
	const struct cpuacct *cpuacct = 0;

	return bpf_core_enum_value_exists(enum cgroup_subsys_id, cpuacct_cgrp_id) && bpf_core_field_exists(cpuacct->cpuusage)
		&& bpf_core_field_exists(cpuacct->cpustat) && IS_CPU_TIME(CPUTIME_USER) && IS_CPU_TIME(CPUTIME_NICE)
		&& IS_CPU_TIME(CPUTIME_SYSTEM) && IS_CPU_TIME(CPUTIME_IRQ) && IS_CPU_TIME(CPUTIME_SOFTIRQ);
}

struct cpuacct_sum {
	__u64 usage, times; /* pointers to per-CPU data */
	__u64 ns, user_ns, system_ns;
};

static long add_cpu(__u32 cpu, struct cpuacct_sum *sum)
{
	__u64 ns = 0, times[CPU_TIMES] = {}, *offset = offset_of(cpu);

	if (!offset || bpf_probe_read_kernel(&ns, sizeof(ns), (const void *)(sum->usage + *offset)) < 0
		|| bpf_probe_read_kernel(times, sizeof(times), (const void *)(sum->times + *offset)) < 0)
		return 1;
	sum->ns += ns;
	sum->user_ns += times[bpf_core_enum_value(enum cpu_usage_stat, CPUTIME_USER)] + times[bpf_core_enum_value(enum cpu_usage_stat, CPUTIME_NICE)];
	sum->system_ns += times[bpf_core_enum_value(enum cpu_usage_stat, CPUTIME_SYSTEM)] + times[bpf_core_enum_value(enum cpu_usage_stat, CPUTIME_IRQ)]
		+ times[bpf_core_enum_value(enum cpu_usage_stat, CPUTIME_SOFTIRQ)];
	return 0;
}

/* As cpuacct_cpuusage_read does (kernel/sched/cpuacct.c). */
static __always_inline void read_cpuacct(const struct cpuacct *cpuacct, struct nsc_cgroup_record *record, __u64 nr_cpus)
{
	struct cpuacct_sum sum = {};

	READ(sum.usage, cpuacct->cpuusage);
	READ(sum.times, cpuacct->cpustat);
	if (sum.usage == 0 || sum.times == 0 || bpf_loop((__u32)nr_cpus, add_cpu, &sum, 0) != (long)nr_cpus)
		return;
	record->cpuacct_ns = sum.ns;
	record->cpuacct_user_ns = sum.user_ns;
	record->cpuacct_system_ns = sum.system_ns;
	record->filled |= NSC_PART_CPUACCT;
}

#endif
