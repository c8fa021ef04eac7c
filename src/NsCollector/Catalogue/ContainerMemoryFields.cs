using static NsCollector.Catalogue.FieldSource;

namespace NsCollector.Catalogue;

internal static class ContainerMemoryFields
{
    internal static Measurement Measurement { get; } = new("container_memory", SamplePart.Scalars, null,
        "always",
        "Memory in use by kind, and memory limits, of the cgroup and its descendants.",
        [
            new(Reading.MemoryUsageBytes, "usage_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Memory charged to the container, page cache included, in bytes.",
                Number("memory.usage_in_bytes"), Number("memory.current"))
            {
                Otlp = new("container.memory.usage", "By") { IsUpDown = true },
                Prometheus = [new("container_memory_usage_bytes")],
                Cadvisor = ["memory.usage"],
            },
            new(Reading.MemoryUsageBytesMax, "usage_bytes_max", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Highest usage_bytes since the previous sample, read every agent.peaks, in bytes; complete if memory.peak can be reset. Absent if agent.peaks is off.",
                "usage_bytes every agent.peaks", "memory.peak, reset at each sample, else usage_bytes every agent.peaks"),
            new(Reading.MemoryWorkingSetBytes, "working_set_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "usage_bytes minus inactive_file_bytes, at least 0, in bytes: memory that the kernel cannot reclaim easily. An inactive_file_bytes below zero counts as 0.",
                "memory.usage_in_bytes, memory.stat total_inactive_file", "memory.current, memory.stat inactive_file")
            {
                Otlp = new("container.memory.working_set", "By") { IsUpDown = true },
                Prometheus = [new("container_memory_working_set_bytes")],
                Cadvisor = ["memory.working_set"],
            },
            new(Reading.MemoryLimitBytes, "limit_bytes", FieldType.Integer, FieldKind.Property, "bytes",
                "Hard memory limit, in bytes; absent if unlimited.",
                Number("memory.limit_in_bytes"), Number("memory.max"))
            {
                OtlpDerived = new("container.memory.available", "By") { IsUpDown = true, Subtracted = Reading.MemoryWorkingSetBytes },
                Prometheus = [new("container_spec_memory_limit_bytes") { IfAbsent = 0 }],
            },
            new(Reading.MemoryEffectiveLimitBytes, "effective_limit_bytes", FieldType.Integer, FieldKind.Property, "bytes",
                "Lowest memory limit of the container and of the cgroups above it (a slice, a pod), at most the memory of the host, in bytes. On v2, limits above the root of the agent's cgroup namespace are not visible.",
                Key("memory.stat", "hierarchical_memory_limit"), "memory.max of the cgroup and its ancestors")
            {
                Telegraf = [new("docker_container_mem", "limit")],
            },
            new(Reading.MemoryUsagePercent, "usage_percent", FieldType.Float, FieldKind.Gauge, "percent",
                "working_set_bytes as a percentage of effective_limit_bytes.",
                "computed", "computed"),
            new(Reading.MemoryMaxUsageBytes, "max_usage_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Highest usage_bytes so far, in bytes.",
                Number("memory.max_usage_in_bytes"), Number("memory.peak"))
            {
                Telegraf = [new("docker_container_mem", "max_usage")],
                Prometheus = [new("container_memory_max_usage_bytes")],
                Cadvisor = ["memory.max_usage"],
            },
            new(Reading.MemoryAnonBytes, "anon_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Anonymous memory, in bytes.",
                Key("memory.stat", "total_rss"), Key("memory.stat", "anon"))
            {
                Otlp = new("container.memory.rss", "By") { IsUpDown = true },
                Prometheus = [new("container_memory_rss")],
                Cadvisor = ["memory.rss"],
            },
            new(Reading.MemoryFileBytes, "file_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Page cache, tmpfs and shared memory included, in bytes.",
                Key("memory.stat", "total_cache"), Key("memory.stat", "file"))
            {
                Prometheus = [new("container_memory_cache")],
                Cadvisor = ["memory.cache"],
            },
            new(Reading.MemoryShmemBytes, "shmem_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Memory of tmpfs, shared memory and shared anonymous mappings, in bytes.",
                Key("memory.stat", "total_shmem"), Key("memory.stat", "shmem")),
            new(Reading.MemoryMappedFileBytes, "mapped_file_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Page cache mapped by processes, in bytes.",
                Key("memory.stat", "total_mapped_file"), Key("memory.stat", "file_mapped"))
            {
                Prometheus = [new("container_memory_mapped_file")],
                Cadvisor = ["memory.mapped_file"],
            },
            new(Reading.MemorySwapBytes, "swap_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Swap in use, in bytes.",
                Key("memory.stat", "total_swap"), Number("memory.swap.current"))
            {
                Prometheus = [new("container_memory_swap")],
                Cadvisor = ["memory.swap"],
            },
            new(Reading.MemorySwapLimitBytes, "swap_limit_bytes", FieldType.Integer, FieldKind.Property, "bytes",
                "Swap limit, in bytes; absent if unlimited.",
                "memory.memsw.limit_in_bytes less memory.limit_in_bytes", Number("memory.swap.max"))
            {
                // cAdvisor shows the limit of memory and swap together on v1. Only v2 has events_high.
                Prometheus = [new("container_spec_memory_swap_limit_bytes") { IfAbsent = 0, Added = Reading.MemoryLimitBytes, NotAddedWith = Reading.MemoryEventsHigh }],
            },
            new(Reading.MemoryKernelBytes, "kernel_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Kernel memory (stacks, page tables, slabs), in bytes.",
                Number("memory.kmem.usage_in_bytes"), Key("memory.stat", "kernel"))
            {
                Prometheus = [new("container_memory_kernel_usage")],
                Cadvisor = ["memory.kernel"],
            },
            new(Reading.MemoryKernelTcpBytes, "kernel_tcp_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Memory of network transmission buffers, in bytes; on v1 only with cgroup.memory_detail = on, because there the kernel counts them only after a limit for them was set.",
                Number("memory.kmem.tcp.usage_in_bytes"), Key("memory.stat", "sock")),
            new(Reading.MemoryActiveAnonBytes, "active_anon_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Anonymous memory on the active list, in bytes.",
                Key("memory.stat", "total_active_anon"), Key("memory.stat", "active_anon")),
            new(Reading.MemoryInactiveAnonBytes, "inactive_anon_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Anonymous memory on the inactive list, in bytes.",
                Key("memory.stat", "total_inactive_anon"), Key("memory.stat", "inactive_anon")),
            new(Reading.MemoryActiveFileBytes, "active_file_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Page cache on the active list, in bytes.",
                Key("memory.stat", "total_active_file"), Key("memory.stat", "active_file"))
            {
                Prometheus = [new("container_memory_total_active_file_bytes")],
                Cadvisor = ["memory.total_active_file"],
            },
            new(Reading.MemoryInactiveFileBytes, "inactive_file_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Page cache on the inactive list, in bytes.",
                Key("memory.stat", "total_inactive_file"), Key("memory.stat", "inactive_file"))
            {
                Prometheus = [new("container_memory_total_inactive_file_bytes")],
                Cadvisor = ["memory.total_inactive_file"],
            },
            new(Reading.MemoryUnevictableBytes, "unevictable_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Memory that cannot be reclaimed (such as by mlock), in bytes.",
                Key("memory.stat", "total_unevictable"), Key("memory.stat", "unevictable")),
            new(Reading.MemoryDirtyBytes, "dirty_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Page cache that waits to be written to disk, in bytes.",
                Key("memory.stat", "total_dirty"), Key("memory.stat", "file_dirty"))
            {
                Prometheus = [new("container_memory_file_dirty_bytes")],
                Cadvisor = ["memory.file_dirty"],
            },
            new(Reading.MemoryWritebackBytes, "writeback_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Page cache that is being written to disk, in bytes.",
                Key("memory.stat", "total_writeback"), Key("memory.stat", "file_writeback"))
            {
                Prometheus = [new("container_memory_file_writeback_bytes")],
                Cadvisor = ["memory.file_writeback"],
            },
            new(Reading.MemoryPgfault, "pgfault", FieldType.Integer, FieldKind.Counter, "1",
                "Page faults.",
                Key("memory.stat", "total_pgfault"), Key("memory.stat", "pgfault"))
            {
                // The conventions: the sum over the types is the number of all faults.
                Otlp = new("container.paging.faults", "{fault}") { Attributes = [new("system.paging.fault.type", "minor")], Subtracted = Reading.MemoryPgmajfault },
                Prometheus =
                [
                    new("container_memory_failures_total") { Help = "Page faults.", Label = "failure_type=\"pgfault\",scope=\"container\"" },
                    new("container_memory_failures_total") { Help = "Page faults.", Label = "failure_type=\"pgfault\",scope=\"hierarchy\"" },
                ],
                Cadvisor = ["memory.container_data.pgfault", "memory.hierarchical_data.pgfault"],
            },
            new(Reading.MemoryPgmajfault, "pgmajfault", FieldType.Integer, FieldKind.Counter, "1",
                "Page faults that required a read from disk.",
                Key("memory.stat", "total_pgmajfault"), Key("memory.stat", "pgmajfault"))
            {
                Otlp = new("container.paging.faults", "{fault}") { Attributes = [new("system.paging.fault.type", "major")] },
                Prometheus =
                [
                    new("container_memory_failures_total") { Help = "Page faults.", Label = "failure_type=\"pgmajfault\",scope=\"container\"" },
                    new("container_memory_failures_total") { Help = "Page faults.", Label = "failure_type=\"pgmajfault\",scope=\"hierarchy\"" },
                ],
                Cadvisor = ["memory.container_data.pgmajfault", "memory.hierarchical_data.pgmajfault"],
            },
            new(Reading.MemoryPgscan, "pgscan", FieldType.Integer, FieldKind.Counter, "1",
                "Pages scanned for reclaim.",
                "-", Key("memory.stat", "pgscan"))
            {
                Prometheus = [new("container_memory_pgscan_total")],
                Cadvisor = ["memory.pgscan"],
            },
            new(Reading.MemoryPgsteal, "pgsteal", FieldType.Integer, FieldKind.Counter, "1",
                "Pages reclaimed.",
                "-", Key("memory.stat", "pgsteal"))
            {
                Prometheus = [new("container_memory_pgsteal_total")],
                Cadvisor = ["memory.pgsteal"],
            },
            new(Reading.MemoryWorkingsetRefaultAnon, "workingset_refault_anon", FieldType.Integer, FieldKind.Counter, "1",
                "Refaults of anonymous pages that were evicted recently.",
                Key("memory.stat", "total_workingset_refault_anon"), Key("memory.stat", "workingset_refault_anon"))
            {
                Prometheus = [new("container_memory_workingset_refault_anon_total")],
                Cadvisor = ["memory.workingset_refault_anon"],
            },
            new(Reading.MemoryWorkingsetRefaultFile, "workingset_refault_file", FieldType.Integer, FieldKind.Counter, "1",
                "Refaults of pages of the page cache that were evicted recently.",
                Key("memory.stat", "total_workingset_refault_file"), Key("memory.stat", "workingset_refault_file"))
            {
                Prometheus = [new("container_memory_workingset_refault_file_total")],
                Cadvisor = ["memory.workingset_refault_file"],
            },
            new(Reading.MemoryFailcnt, "failcnt", FieldType.Integer, FieldKind.Counter, "1",
                "Times that memory usage reached the limit.",
                Number("memory.failcnt"), Key("memory.events", "max"))
            {
                Telegraf = [new("docker_container_mem", "fail_count") { OmitsZero = true }],
                Prometheus = [new("container_memory_failcnt"), new("container_memory_events_max_total")],
                Cadvisor = ["memory.failcnt", "memory.events.max"],
            },
            new(Reading.MemoryEventsHigh, "events_high", FieldType.Integer, FieldKind.Counter, "1",
                "Times that processes were throttled because memory usage was above memory.high.",
                "-", Key("memory.events", "high"))
            {
                Prometheus = [new("container_memory_events_high_total")],
                Cadvisor = ["memory.events.high"],
            },
            new(Reading.MemoryOomKills, "oom_kills", FieldType.Integer, FieldKind.Counter, "1",
                "Processes of this cgroup killed by the OOM killer.",
                Key("memory.oom_control", "oom_kill"), Key("memory.events", "oom_kill"))
            {
                Telegraf = [new("docker_container_status", "oomkilled") { IsBoolean = true }],
                Prometheus = [new("container_oom_events_total")],
            },
        ]);
}
