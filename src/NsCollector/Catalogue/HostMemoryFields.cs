using static NsCollector.Catalogue.FieldSource;

namespace NsCollector.Catalogue;

internal static class HostMemoryFields
{
    internal static Measurement Measurement { get; } = new("host_memory", SamplePart.HostMemory, null,
        "host.enabled = on (the default)",
        "Memory of the host.",
        [
            new(Reading.HostMemoryTotalBytes, "total_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Usable memory of the host.",
                Key("meminfo", "MemTotal", 1024, shown: "/proc/meminfo MemTotal"))
            {
                Telegraf = [new("docker", "memory_total"), new("mem", "total")],
                Prometheus = [new("machine_memory_bytes")],
            },
            new(Reading.HostMemoryFreeBytes, "free_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Memory that is not used at all.",
                Key("meminfo", "MemFree", 1024, shown: "/proc/meminfo MemFree"))
            {
                Telegraf = [new("mem", "free")],
            },
            new(Reading.HostMemoryAvailableBytes, "available_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Estimate of the kernel: memory that programs can get without swapping.",
                Key("meminfo", "MemAvailable", 1024, shown: "/proc/meminfo MemAvailable"))
            {
                Telegraf = [new("mem", "available")],
            },
            new(Reading.HostMemoryBuffersBytes, "buffers_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Page cache of block devices.",
                Key("meminfo", "Buffers", 1024, shown: "/proc/meminfo Buffers"))
            {
                Telegraf = [new("mem", "buffered")],
            },
            new(Reading.HostMemoryCachedBytes, "cached_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Page cache of files, with tmpfs and shared memory.",
                Key("meminfo", "Cached", 1024, shown: "/proc/meminfo Cached")),
            new(Reading.HostMemorySwapCachedBytes, "swap_cached_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Swapped memory that is in memory again and still on the swap device.",
                Key("meminfo", "SwapCached", 1024, shown: "/proc/meminfo SwapCached"))
            {
                Telegraf = [new("mem", "swap_cached")],
            },
            new(Reading.HostMemoryActiveAnonBytes, "active_anon_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Recently used anonymous memory.",
                Key("meminfo", "Active(anon)", 1024, shown: "/proc/meminfo Active(anon)")),
            new(Reading.HostMemoryInactiveAnonBytes, "inactive_anon_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Anonymous memory not used recently.",
                Key("meminfo", "Inactive(anon)", 1024, shown: "/proc/meminfo Inactive(anon)")),
            new(Reading.HostMemoryActiveFileBytes, "active_file_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Recently used page cache.",
                Key("meminfo", "Active(file)", 1024, shown: "/proc/meminfo Active(file)")),
            new(Reading.HostMemoryInactiveFileBytes, "inactive_file_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Page cache not used recently.",
                Key("meminfo", "Inactive(file)", 1024, shown: "/proc/meminfo Inactive(file)")),
            new(Reading.HostMemoryUnevictableBytes, "unevictable_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Memory that cannot be reclaimed.",
                Key("meminfo", "Unevictable", 1024, shown: "/proc/meminfo Unevictable")),
            new(Reading.HostMemoryMlockedBytes, "mlocked_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Memory locked by mlock(2).",
                Key("meminfo", "Mlocked", 1024, shown: "/proc/meminfo Mlocked")),
            new(Reading.HostMemoryDirtyBytes, "dirty_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Page cache that must be written to a disk.",
                Key("meminfo", "Dirty", 1024, shown: "/proc/meminfo Dirty"))
            {
                Telegraf = [new("mem", "dirty")],
            },
            new(Reading.HostMemoryWritebackBytes, "writeback_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Page cache being written to a disk.",
                Key("meminfo", "Writeback", 1024, shown: "/proc/meminfo Writeback"))
            {
                Telegraf = [new("mem", "write_back")],
            },
            new(Reading.HostMemoryAnonBytes, "anon_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Anonymous memory mapped by processes.",
                Key("meminfo", "AnonPages", 1024, shown: "/proc/meminfo AnonPages")),
            new(Reading.HostMemoryMappedBytes, "mapped_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Page cache mapped by processes.",
                Key("meminfo", "Mapped", 1024, shown: "/proc/meminfo Mapped"))
            {
                Telegraf = [new("mem", "mapped")],
            },
            new(Reading.HostMemoryShmemBytes, "shmem_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Shared memory and tmpfs.",
                Key("meminfo", "Shmem", 1024, shown: "/proc/meminfo Shmem"))
            {
                Telegraf = [new("mem", "shared")],
            },
            new(Reading.HostMemorySlabReclaimableBytes, "slab_reclaimable_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Slab memory that can be reclaimed, such as dentries and inodes.",
                Key("meminfo", "SReclaimable", 1024, shown: "/proc/meminfo SReclaimable"))
            {
                Telegraf = [new("mem", "sreclaimable")],
            },
            new(Reading.HostMemorySlabUnreclaimableBytes, "slab_unreclaimable_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Slab memory that cannot be reclaimed.",
                Key("meminfo", "SUnreclaim", 1024, shown: "/proc/meminfo SUnreclaim"))
            {
                Telegraf = [new("mem", "sunreclaim")],
            },
            new(Reading.HostMemoryKernelStackBytes, "kernel_stack_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Kernel stacks of all tasks.",
                Key("meminfo", "KernelStack", 1024, shown: "/proc/meminfo KernelStack")),
            new(Reading.HostMemoryPageTablesBytes, "page_tables_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Page tables.",
                Key("meminfo", "PageTables", 1024, shown: "/proc/meminfo PageTables"))
            {
                Telegraf = [new("mem", "page_tables")],
            },
            new(Reading.HostMemoryPercpuBytes, "percpu_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Per-CPU memory of the kernel.",
                Key("meminfo", "Percpu", 1024, shown: "/proc/meminfo Percpu")),
            new(Reading.HostMemoryVmallocUsedBytes, "vmalloc_used_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Memory allocated by vmalloc.",
                Key("meminfo", "VmallocUsed", 1024, shown: "/proc/meminfo VmallocUsed"))
            {
                Telegraf = [new("mem", "vmalloc_used")],
            },
            new(Reading.HostMemorySwapTotalBytes, "swap_total_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Size of all swap devices.",
                Key("meminfo", "SwapTotal", 1024, shown: "/proc/meminfo SwapTotal"))
            {
                Telegraf = [new("mem", "swap_total"), new("swap", "total")],
                Prometheus = [new("machine_swap_bytes")],
            },
            new(Reading.HostMemorySwapFreeBytes, "swap_free_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Unused swap.",
                Key("meminfo", "SwapFree", 1024, shown: "/proc/meminfo SwapFree"))
            {
                Telegraf = [new("mem", "swap_free"), new("swap", "free")],
            },
            new(Reading.HostMemoryCommitLimitBytes, "commit_limit_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Memory that may be committed if vm.overcommit_memory is 2.",
                Key("meminfo", "CommitLimit", 1024, shown: "/proc/meminfo CommitLimit"))
            {
                Telegraf = [new("mem", "commit_limit")],
            },
            new(Reading.HostMemoryCommittedBytes, "committed_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Memory that processes have asked for.",
                Key("meminfo", "Committed_AS", 1024, shown: "/proc/meminfo Committed_AS"))
            {
                Telegraf = [new("mem", "committed_as")],
            },
            new(Reading.HostMemoryAnonHugePagesBytes, "anon_huge_pages_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Anonymous memory in huge pages.",
                Key("meminfo", "AnonHugePages", 1024, shown: "/proc/meminfo AnonHugePages")),
            new(Reading.HostMemoryHugetlbBytes, "hugetlb_bytes", FieldType.Integer, FieldKind.Gauge, "bytes",
                "Memory reserved for huge pages of all sizes.",
                Key("meminfo", "Hugetlb", 1024, shown: "/proc/meminfo Hugetlb")),
            new(Reading.HostMemoryUsagePercent, "usage_percent", FieldType.Float, FieldKind.Gauge, "percent",
                "Percentage of total_bytes that is not in available_bytes.",
                "computed"),
        ]);
}
