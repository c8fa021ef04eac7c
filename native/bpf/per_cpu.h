/*
 * Where the kernel's per-CPU data of each processor are: at a pointer that all processors share, plus an offset of that processor. The offsets
 * are __per_cpu_offset, which programs can only name on kernels with CONFIG_KALLSYMS_ALL. The value of the map `anchor` for a processor is
 * such data too: the kernel says where it is, and the map has the pointer.
 */
#ifndef NSC_BPF_PER_CPU_H
#define NSC_BPF_PER_CPU_H

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} anchor SEC(".maps");

struct cpu_offsets {
	__u64 of[NSC_MAX_CPUS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cpu_offsets);
} offsets SEC(".maps");

/* The offset of a processor, from find_offsets on. Null if there are more processors than NSC_MAX_CPUS. */
static __always_inline __u64 *offset_of(__u32 cpu)
{
	__u32 zero = 0;
	struct cpu_offsets *all = bpf_map_lookup_elem(&offsets, &zero);

	if (!all || cpu >= NSC_MAX_CPUS)
		return 0;
	barrier_var(cpu); /* the verifier has to see the check before the address */
	return &all->of[cpu];
}

/* The address that a pointer of the program has: the verifier lets the program compute with numbers only. */
static __always_inline __u64 address_of(const void *pointer)
{
	const void *volatile spilled = pointer;
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), (const void *)&spilled);
	return address;
}

static long find_offset(__u32 cpu, __u64 *data)
{
	__u64 *offset = offset_of(cpu);
	__u32 zero = 0;
	void *place = bpf_map_lookup_percpu_elem(&anchor, &zero, cpu);

	if (!offset || !place)
		return 1;
	*offset = address_of(place) - *data;
	return 0;
}

/* Returns whether the offset of each processor is known. */
static __noinline bool find_offsets(__u64 nr_cpus)
{
	const struct bpf_array *array = (const struct bpf_array *)address_of(&anchor);
	__u64 data = 0;

	if (!bpf_core_field_exists(array->pptrs) || nr_cpus == 0 || nr_cpus > NSC_MAX_CPUS)
		return false;
	bpf_probe_read_kernel(&data, sizeof(data), (const void *)array + bpf_core_field_offset(array->pptrs));
	return data != 0 && bpf_loop((__u32)nr_cpus, find_offset, &data, 0) == (long)nr_cpus;
}

#endif
