using System.Collections.Frozen;

namespace NsCollector.Encode.Prometheus;

/// <summary>
/// Which families the kubelet's page /metrics/cadvisor has: cAdvisor's sets cpu, memory, cpuLoad, diskIO, disk, network, process, oom_event
/// and pressure, and what does not depend on a set (metrics/prometheus.go of cAdvisor; the sets: pkg/kubelet/server/server.go), without
/// container_file_descriptors and container_sockets, which need a look at every process.
/// </summary>
internal static class KubeletFamilies
{
    private static readonly FrozenSet<string> Names = new[]
    {
        "container_last_seen", "container_creation_time_seconds", "container_start_time_seconds", "container_health_state",
        "container_spec_cpu_period", "container_spec_cpu_quota", "container_spec_cpu_shares", "container_spec_memory_limit_bytes",
        "container_spec_memory_swap_limit_bytes", "container_spec_memory_reservation_limit_bytes",
        "container_cpu_user_seconds_total", "container_cpu_system_seconds_total", "container_cpu_usage_seconds_total",
        "container_cpu_cfs_periods_total", "container_cpu_cfs_throttled_periods_total", "container_cpu_cfs_throttled_seconds_total",
        "container_cpu_cfs_burst_periods_total", "container_cpu_cfs_burst_seconds_total", "container_tasks_state",
        "container_memory_cache", "container_memory_rss", "container_memory_kernel_usage", "container_memory_mapped_file", "container_memory_swap",
        "container_memory_failcnt", "container_memory_usage_bytes", "container_memory_max_usage_bytes", "container_memory_working_set_bytes",
        "container_memory_total_active_file_bytes", "container_memory_total_inactive_file_bytes", "container_memory_failures_total",
        "container_memory_events_high_total", "container_memory_events_max_total", "container_memory_file_dirty_bytes",
        "container_memory_file_writeback_bytes", "container_memory_pgscan_total", "container_memory_pgsteal_total",
        "container_memory_workingset_refault_file_total", "container_memory_workingset_refault_anon_total",
        "container_fs_inodes_free", "container_fs_inodes_total", "container_fs_limit_bytes", "container_fs_usage_bytes",
        "container_fs_reads_bytes_total", "container_fs_reads_total", "container_fs_writes_bytes_total", "container_fs_writes_total",
        "container_blkio_device_usage_total",
        "container_network_receive_bytes_total", "container_network_receive_packets_total", "container_network_receive_packets_dropped_total",
        "container_network_receive_errors_total", "container_network_transmit_bytes_total", "container_network_transmit_packets_total",
        "container_network_transmit_packets_dropped_total", "container_network_transmit_errors_total",
        "container_processes", "container_threads", "container_threads_max", "container_ulimits_soft",
        "container_oom_events_total",
        "container_pressure_cpu_stalled_seconds_total", "container_pressure_cpu_waiting_seconds_total",
        "container_pressure_memory_stalled_seconds_total", "container_pressure_memory_waiting_seconds_total",
        "container_pressure_io_stalled_seconds_total", "container_pressure_io_waiting_seconds_total",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether the kubelet has the family.</summary>
    internal static bool Contains(PageFamily family) =>
        family.Owner == PageOwner.Host ? family.IsOfMachine : Names.Contains(family.Name);
}
