namespace NsCollector.Linux.Bpf;

/// <summary>enum nsc_item (native/bpf/cgroup_record.h): the states and events of a memory cgroup, by the kernel's enumerators.</summary>
/// <remarks>States and events are each in the order in which kernels since about 6.10 and 6.1 store them.</remarks>
internal enum MemoryItem
{
    /// <summary>NR_INACTIVE_ANON.</summary>
    InactiveAnon,

    /// <summary>NR_ACTIVE_ANON.</summary>
    ActiveAnon,

    /// <summary>NR_INACTIVE_FILE.</summary>
    InactiveFile,

    /// <summary>NR_ACTIVE_FILE.</summary>
    ActiveFile,

    /// <summary>NR_UNEVICTABLE.</summary>
    Unevictable,

    /// <summary>NR_SLAB_RECLAIMABLE_B.</summary>
    SlabReclaimable,

    /// <summary>NR_SLAB_UNRECLAIMABLE_B.</summary>
    SlabUnreclaimable,

    /// <summary>WORKINGSET_REFAULT_ANON.</summary>
    RefaultAnon,

    /// <summary>WORKINGSET_REFAULT_FILE.</summary>
    RefaultFile,

    /// <summary>WORKINGSET_ACTIVATE_ANON.</summary>
    ActivateAnon,

    /// <summary>WORKINGSET_ACTIVATE_FILE.</summary>
    ActivateFile,

    /// <summary>WORKINGSET_RESTORE_ANON.</summary>
    RestoreAnon,

    /// <summary>WORKINGSET_RESTORE_FILE.</summary>
    RestoreFile,

    /// <summary>WORKINGSET_NODERECLAIM.</summary>
    Nodereclaim,

    /// <summary>NR_ANON_MAPPED.</summary>
    Anon,

    /// <summary>NR_FILE_MAPPED.</summary>
    FileMapped,

    /// <summary>NR_FILE_PAGES.</summary>
    File,

    /// <summary>NR_FILE_DIRTY.</summary>
    FileDirty,

    /// <summary>NR_WRITEBACK.</summary>
    Writeback,

    /// <summary>NR_SHMEM.</summary>
    Shmem,

    /// <summary>NR_SHMEM_THPS.</summary>
    ShmemThps,

    /// <summary>NR_FILE_THPS.</summary>
    FileThps,

    /// <summary>NR_ANON_THPS.</summary>
    AnonThps,

    /// <summary>NR_VMALLOC.</summary>
    VmallocNode,

    /// <summary>NR_KERNEL_STACK_KB.</summary>
    KernelStack,

    /// <summary>NR_PAGETABLE.</summary>
    Pagetable,

    /// <summary>NR_SECONDARY_PAGETABLE.</summary>
    SecondaryPagetable,

    /// <summary>NR_SWAPCACHE.</summary>
    Swapcache,

    /// <summary>PGPROMOTE_SUCCESS.</summary>
    PromoteSuccess,

    /// <summary>PGDEMOTE_KSWAPD.</summary>
    DemoteKswapd,

    /// <summary>PGDEMOTE_DIRECT.</summary>
    DemoteDirect,

    /// <summary>PGDEMOTE_KHUGEPAGED.</summary>
    DemoteKhugepaged,

    /// <summary>PGDEMOTE_PROACTIVE.</summary>
    DemoteProactive,

    /// <summary>NR_HUGETLB.</summary>
    Hugetlb,

    /// <summary>MEMCG_SWAP.</summary>
    Swap,

    /// <summary>MEMCG_SOCK.</summary>
    Sock,

    /// <summary>MEMCG_PERCPU_B.</summary>
    Percpu,

    /// <summary>MEMCG_VMALLOC.</summary>
    Vmalloc,

    /// <summary>MEMCG_KMEM.</summary>
    Kmem,

    /// <summary>MEMCG_ZSWAP_B.</summary>
    Zswap,

    /// <summary>MEMCG_ZSWAPPED.</summary>
    Zswapped,

    /// <summary>PGPGIN.</summary>
    Pgin,

    /// <summary>PGPGOUT.</summary>
    Pgout,

    /// <summary>PSWPIN.</summary>
    SwapIn,

    /// <summary>PSWPOUT.</summary>
    SwapOut,

    /// <summary>PGSCAN_KSWAPD.</summary>
    ScanKswapd,

    /// <summary>PGSCAN_DIRECT.</summary>
    ScanDirect,

    /// <summary>PGSCAN_KHUGEPAGED.</summary>
    ScanKhugepaged,

    /// <summary>PGSCAN_PROACTIVE.</summary>
    ScanProactive,

    /// <summary>PGSTEAL_KSWAPD.</summary>
    StealKswapd,

    /// <summary>PGSTEAL_DIRECT.</summary>
    StealDirect,

    /// <summary>PGSTEAL_KHUGEPAGED.</summary>
    StealKhugepaged,

    /// <summary>PGSTEAL_PROACTIVE.</summary>
    StealProactive,

    /// <summary>PGFAULT.</summary>
    Fault,

    /// <summary>PGMAJFAULT.</summary>
    MajorFault,

    /// <summary>PGREFILL.</summary>
    Refill,

    /// <summary>PGACTIVATE.</summary>
    Activate,

    /// <summary>PGDEACTIVATE.</summary>
    Deactivate,

    /// <summary>PGLAZYFREE.</summary>
    LazyFree,

    /// <summary>PGLAZYFREED.</summary>
    LazyFreed,

    /// <summary>SWPIN_ZERO.</summary>
    SwapInZero,

    /// <summary>SWPOUT_ZERO.</summary>
    SwapOutZero,

    /// <summary>ZSWPIN.</summary>
    ZswapIn,

    /// <summary>ZSWPOUT.</summary>
    ZswapOut,

    /// <summary>ZSWPWB.</summary>
    ZswapWriteback,

    /// <summary>THP_FAULT_ALLOC.</summary>
    ThpFault,

    /// <summary>THP_COLLAPSE_ALLOC.</summary>
    ThpCollapse,

    /// <summary>THP_SWPOUT.</summary>
    ThpSwapOut,

    /// <summary>THP_SWPOUT_FALLBACK.</summary>
    ThpSwapOutFallback,

    /// <summary>NUMA_PAGE_MIGRATE.</summary>
    NumaMigrate,

    /// <summary>NUMA_PTE_UPDATES.</summary>
    NumaUpdates,

    /// <summary>NUMA_HINT_FAULTS.</summary>
    NumaFaults,

    /// <summary>How many there are.</summary>
    Count,
}
