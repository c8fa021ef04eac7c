using System.Text.RegularExpressions;
using NsCollector.Catalogue;
using NsCollector.Encode.Prometheus;
using NsCollector.Host.Configuration;

namespace NsCollector.Tests.Host.Configuration.Mentions;

/// <summary>
/// Finds configuration keys that a text names and that do not exist. A key is recognised by its form:
/// <c>section.key</c>, <c>section:key</c>, <c>section:NAME:key</c>, <c>NSCOLLECTOR_section__key</c>, <c>[section] key</c>,
/// <c>key = value</c>, the word after "raise", or any word with an underscore that is not a metric name.
/// </summary>
internal static partial class KeyMentions
{
    /// <summary>Words that have the form of a key but are something else, with their meaning.</summary>
    internal static readonly Dictionary<string, string> OtherWords = new()
    {
        ["cgroup.controllers"] = "file of the kernel",
        ["cgroup.event_control"] = "file of the kernel",
        ["metrics.md"] = "file name",
        ["metrics.lp"] = "file name",
        ["rule_files"] = "key of Prometheus' configuration",
        ["time_series"] = "result format of Grafana",
        ["compose_project"] = "tag of containers",
        ["compose_service"] = "tag of containers",
        ["swarm_service"] = "tag of containers",
        ["container_env_name"] = "label of the page",
        ["container_label_com_docker_compose_project"] = "label of cAdvisor",
        ["tcp_state"] = "label of cAdvisor",
        ["udp_state"] = "label of cAdvisor",
        ["base_usage"] = "member of cAdvisor's answers",
        ["inodes_free"] = "member of cAdvisor's answers",
        ["load_stats"] = "member of cAdvisor's answers",
        ["load_d_average"] = "member of cAdvisor's answers",
        ["cgroup_mutex"] = "lock of the kernel",
        ["bpf_map_lookup_percpu_elem"] = "function of the kernel",
        ["bpf_iter_css"] = "function of the kernel",
        ["css_rstat_flush"] = "function of the kernel",
        ["btf_type_tag"] = "attribute of the compiler",
        ["inet_diag"] = "part of the kernel",
        ["serial_nr"] = "member of cgroup_subsys_state",
        ["tcp_diag"] = "module of the kernel",
        ["udp_diag"] = "module of the kernel",
        ["netlink_create"] = "function of the kernel",
        ["nfnetlink_rcv_msg"] = "function of the kernel",
        ["nf_conntrack_netlink"] = "module of the kernel",
        ["tcp_info"] = "structure of the kernel",
        ["idiag_retrans"] = "member of the kernel's struct inet_diag_msg",
        ["idiag_rqueue"] = "member of the kernel's struct inet_diag_msg",
        ["idiag_wqueue"] = "member of the kernel's struct inet_diag_msg",
        ["tcpi_bytes_acked"] = "member of the kernel's struct tcp_info",
        ["tcpi_bytes_received"] = "member of the kernel's struct tcp_info",
        ["tcpi_segs_out"] = "member of the kernel's struct tcp_info",
        ["tcpi_segs_in"] = "member of the kernel's struct tcp_info",
        ["tcpi_total_retrans"] = "member of the kernel's struct tcp_info",
        ["tcpi_rtt"] = "member of the kernel's struct tcp_info",
        ["inet_diag_dump_compat"] = "function of the kernel",
        ["inet_diag_dump_icsk"] = "function of the kernel",
        ["sock_load_diag_module"] = "function of the kernel",
        ["host.netfilter"] = "part of a name of OTLP",
        ["nf_tables"] = "module of the kernel",
        ["nfnetlink_acct"] = "module of the kernel",
        ["ip_tables"] = "module of the kernel",
        ["ip_tables_names"] = "file of the kernel",
        ["xt_counters"] = "structure of the kernel",
        ["netlink_create"] = "function of the kernel",
        ["nfnetlink_rcv_msg"] = "function of the kernel",
        ["xt_find_table_lock"] = "function of the kernel",
        ["netlink_net_capable"] = "function of the kernel",
        ["ns_capable"] = "function of the kernel",
        ["rx_queue"] = "column of the kernel's /proc/net/udp",
        ["tx_queue"] = "column of the kernel's /proc/net/udp",
        ["cgroup.events"] = "file of the kernel",
        ["cgroup.procs"] = "file of the kernel",
        ["cgroup.stat"] = "file of the kernel",
        ["container_limits_by_device"] = "array in JSON",
        ["container_memory_detail_by_node"] = "array in JSON",
        ["base_url"] = "argument of docker-py",
        ["docker_api"] = "section",
        ["docker_sd_configs"] = "setting of Prometheus",
        ["header_file"] = "prefix of keys of [otlp:NAME]",
        ["host.name"] = "attribute of OpenTelemetry",
        ["memory_localevents"] = "mount option of cgroup2",
        ["network.interface"] = "beginning of an attribute of OpenTelemetry",
        ["network.io"] = "beginning of an attribute of OpenTelemetry",
        ["nr_descendants"] = "key of the kernel's cgroup.stat",
        ["nr_dying_descendants"] = "key of the kernel's cgroup.stat",
        ["nr_sleeping"] = "member of the kernel's struct cgroupstats",
        ["oom_group_kill"] = "key of the kernel's memory.events",
        ["os_type"] = "key of dockerd's stats",
        ["out_of_order_time_window"] = "setting of Prometheus",
        ["ps_args"] = "parameter of Docker's API",
        ["sev_es"] = "resource of the kernel's misc controller",
        ["throttled_time"] = "key of the kernel's cpu.stat.local on v1",
        ["throttled_usec"] = "key of the kernel's cpu.stat.local",
        ["workingset_activate"] = "key of the kernel's memory.stat",
        ["workingset_refault"] = "key of the kernel's memory.stat",
        ["influx.conf"] = "file name of an example",
        ["influx.token"] = "file name of an example",
        ["container_fs_read_seconds_total"] = "series of cAdvisor",
        ["container_fs_io_current"] = "series of cAdvisor",
        ["container_cpu_load_average_10s"] = "series of cAdvisor",
        ["container_cpu_load_d_average_10s"] = "series of cAdvisor",
        ["container_memory_numa_pages"] = "series of cAdvisor",
        ["container_file_descriptors"] = "series of cAdvisor",
        ["container_sockets"] = "series of cAdvisor",
        ["container_memory_migrate"] = "series of cAdvisor",
        ["machine_thread_siblings_count"] = "series of cAdvisor",
        ["machine_cpu_cache_capacity_bytes"] = "series of cAdvisor",
        ["machine_node_memory_capacity_bytes"] = "series of cAdvisor",
        ["machine_node_hugepages_count"] = "series of cAdvisor",
        ["machine_node_distance"] = "series of cAdvisor",
        ["core_id"] = "label of cAdvisor",
        ["page_size"] = "label of cAdvisor",
        ["container_fs_io_time_seconds_total"] = "series of cAdvisor",
        ["container_fs_io_time_weighted_seconds_total"] = "series of cAdvisor",
        ["container_fs_reads_merged_total"] = "series of cAdvisor",
        ["container_fs_sector_reads_total"] = "series of cAdvisor",
        ["container_fs_sector_writes_total"] = "series of cAdvisor",
        ["container_fs_write_seconds_total"] = "series of cAdvisor",
        ["container_fs_writes_merged_total"] = "series of cAdvisor",
        ["boot_id"] = "label of cAdvisor",
        ["machine_id"] = "label of cAdvisor",
        ["system_uuid"] = "label of cAdvisor",
        ["product_uuid"] = "file of the kernel",
        ["cadvisor_version_info"] = "series of cAdvisor",
        ["machine_cpu_books"] = "series of cAdvisor",
        ["machine_cpu_drawers"] = "series of cAdvisor",
        ["machine_nvm_avg_power_budget_watts"] = "series of cAdvisor",
        ["machine_nvm_capacity"] = "series of cAdvisor",
        ["node_boot_time_seconds"] = "series of node_exporter",
        ["node_uname_info"] = "series of node_exporter",
        ["node_exporter"] = "program",
        ["node_namespace_pod_container"] = "series of kubernetes-mixin",
        ["kube_pod_info"] = "series of kube-state-metrics",
        ["nscollector_build_info"] = "series of the page",
        ["metric_relabel_configs"] = "key of Prometheus' configuration",
        ["relabel_configs"] = "key of Prometheus' configuration",
        ["metrics_path"] = "key of Prometheus' configuration",
        ["scrape_configs"] = "key of Prometheus' configuration",
        ["static_configs"] = "key of Prometheus' configuration",
        ["job_name"] = "key of Prometheus' configuration",
        ["credentials_file"] = "key of Prometheus' configuration",
        ["track_timestamps_staleness"] = "key of Prometheus' configuration",
        ["guest_nice"] = "column of the kernel's /proc/stat",
        ["procs_blocked"] = "key of the kernel's /proc/stat",
        ["procs_running"] = "key of the kernel's /proc/stat",
        ["mount_point"] = "tag of host_filesystem",
        ["st_blocks"] = "member of struct stat",
        ["quotactl_fd"] = "system call",
        ["ovl_getattr"] = "function of the kernel",
        ["project_quota"] = "value of used_source",
        ["btrfs_qgroup"] = "value of used_source",
        ["oom_kill"] = "key of the kernel's memory.events, also alone",
        ["memory_policy"] = "value of the field constraint",
        ["memory_localevents"] = "mount option of the kernel's cgroup2",
        ["log_buf_len"] = "parameter of the kernel's command line",
        ["devkmsg_write"] = "function of the kernel",
        ["oom_kill_allocating_task"] = "sysctl vm.oom_kill_allocating_task",
        ["usage_usec"] = "key of the kernel's cpu.stat",
        ["collect_cpu_time"] = "key of Telegraf",
        ["container_name_include"] = "key of Telegraf",
        ["container_state_include"] = "key of Telegraf",
        ["docker_label_include"] = "key of Telegraf",
        ["influx_uint_support"] = "key of Telegraf",
        ["perdevice_include"] = "key of Telegraf",
        ["report_active"] = "key of Telegraf",
        ["source_tag"] = "key of Telegraf",
        ["tag_env"] = "key of Telegraf",
        ["total_include"] = "key of Telegraf",
        ["container_image"] = "tag of Telegraf's schema",
        ["container_name"] = "tag of Telegraf's schema",
        ["container_status"] = "tag of Telegraf's schema",
        ["container_version"] = "tag of Telegraf's schema",
        ["engine_host"] = "tag of Telegraf's schema",
        ["server_version"] = "tag of Telegraf's schema",
        ["docker_data"] = "measurement of Telegraf",
        ["docker_devicemapper"] = "measurement of Telegraf",
        ["docker_disk_usage"] = "measurement of Telegraf",
        ["docker_metadata"] = "measurement of Telegraf",
        ["docker_swarm"] = "measurement of Telegraf",
        ["failing_streak"] = "field of Telegraf",
        ["finished_at"] = "field of Telegraf",
        ["huge_page"] = "field of Telegraf",
        ["n_containers"] = "field of Telegraf",
        ["n_goroutines"] = "field of Telegraf",
        ["n_images"] = "field of Telegraf",
        ["n_listener_events"] = "field of Telegraf",
        ["n_physical_cpus"] = "field of Telegraf",
        ["n_unique_users"] = "field of Telegraf",
        ["n_used_file_descriptors"] = "field of Telegraf",
        ["n_users"] = "field of Telegraf",
        ["sectors_recursive"] = "field of Telegraf",
        ["uptime_format"] = "field of Telegraf",
        ["usage_system"] = "field of Telegraf",
        ["vmalloc_chunk"] = "field of Telegraf",
        ["io_await"] = "field of Telegraf",
        ["io_svctm"] = "field of Telegraf",
        ["io_util"] = "field of Telegraf",
        ["rx_missed_errors"] = "field of the kernel",
        ["vmalloc_total"] = "field of Telegraf",
        ["write_back_tmp"] = "field of Telegraf",
        ["data_format"] = "key of Telegraf",
        ["watch_method"] = "key of Telegraf",
        ["initial_read_offset"] = "key of Telegraf",
        ["rotate_wait_secs"] = "key of Vector",
        ["xfrm_in_errors"] = "field of an example",
        ["container"] = "variable of an example",
        ["max_user_instances"] = "sysctl fs.inotify.max_user_instances",
        ["pidfd_open"] = "system call",
        ["sched_yield"] = "system call",
        ["cgroup_pidlist_start"] = "function of the kernel",
        ["proc_net_d_revalidate"] = "function of the kernel",
        ["seq_show"] = "function of the kernel",
        ["tcp_orphan_count_sum"] = "function of the kernel",
        ["veth_get_stats64"] = "function of the kernel",
        ["xfrm_statistics_seq_show"] = "function of the kernel",
        ["seq_file"] = "part of the kernel",
        ["slab_reclaimable"] = "key of the kernel's memory.stat",
        ["nsc_visit"] = "function of the native shim",
        ["nsc_watch_run"] = "function of the native shim",
        ["libnscollector_native"] = "library of the native shim",
        ["no_write_workqueue"] = "option of dm-crypt",
        ["http_proxy"] = "environment variable",
        ["https_proxy"] = "environment variable",
        ["all_proxy"] = "environment variable",
        ["no_proxy"] = "environment variable",
        ["container_annotations"] = "key of containerd's configuration",
        ["pod_annotations"] = "key of containerd's configuration",
        ["events_logger"] = "key of podman's configuration",
        ["container_t"] = "type of SELinux",
        ["spc_t"] = "type of SELinux",
        ["container"] = "variable of an example",
        ["datacenter"] = "tag of an example",
        ["shop_web"] = "name of an instance in an example",
        ["opt_args"] = "variable of the completion of zsh",
        ["state_descr"] = "variable of the completion of zsh",
        ["x86_64"] = "architecture",
        ["key"] = "`key = value` as the grammar of the configuration",
        ["num_stats"] = "parameter of cAdvisor's API",
        ["all_events"] = "parameter of cAdvisor's API",
        ["oom_kill_events"] = "parameter of cAdvisor's API",
        ["creation_events"] = "parameter of cAdvisor's API",
        ["deletion_events"] = "parameter of cAdvisor's API",
        ["start_time"] = "parameter of cAdvisor's API",
        ["end_time"] = "parameter of cAdvisor's API",
        ["minute_usage"] = "member in answers of cAdvisor's API",
        ["hour_usage"] = "member in answers of cAdvisor's API",
        ["day_usage"] = "member in answers of cAdvisor's API",
        ["percent_complete"] = "member in answers of cAdvisor's API",
        ["hierarchical_data"] = "member in answers of cAdvisor's API",
        ["task_stats"] = "member in answers of cAdvisor's API",
        ["tcp_advanced"] = "member in answers of cAdvisor's API",
        ["load_average"] = "member in answers of cAdvisor's API",
        ["numa_stats"] = "member in answers of cAdvisor's API",
        ["fd_count"] = "member in answers of cAdvisor's API",
        ["socket_count"] = "member in answers of cAdvisor's API",
        ["memory_by_type"] = "member in answers of cAdvisor's API",
        ["target_info"] = "metric that Prometheus makes of resource attributes",
    };

    private static readonly string[] Sections = [.. ConfigurationKeys.Sections.Select(section => section.Name)];

    private static readonly HashSet<string> Keys = [.. ConfigurationKeys.All.Select(key => key.Name)];

    private static readonly HashSet<string> MetricNames =
        [.. MetricCatalogue.Measurements.SelectMany(measurement => measurement.Fields).SelectMany(field => field.Telegraf).SelectMany(field => new[] { field.Measurement, field.Name }),
            .. MetricCatalogue.Measurements.SelectMany(measurement => measurement.Fields.Select(field => field.Name).Append(measurement.Name)), .. PageFamily.All.Concat(PageFamily.Of(new PageOptions { HasNodeNames = true, HasLimits = true })).Select(family => family.Name)];

    private static readonly string Section = "(?<section>" + string.Join('|', Sections) + ")";

    private static readonly Regex[] Pairs =
    [
        new(@"(?<![\w./:@-])" + Section + @"[.:](?<key>[a-z]\w*)(?![\w(/]|:[a-z])", RegexOptions.ExplicitCapture),
        new(@"(?<![\w./:@-])" + Section + @":[\w-]+:(?<key>[a-z]\w*)", RegexOptions.ExplicitCapture),
        new(@"NSCOLLECTOR_" + Section + @"__([A-Za-z0-9]+__)?(?<key>[a-z]+(_[a-z]+)*)", RegexOptions.ExplicitCapture),
        new(@"\[" + Section + @"(:[\w.-]+)?\] (?<key>[a-z]\w*)(?! sections?)", RegexOptions.ExplicitCapture),
    ];

    /// <summary>The unknown keys in a text, with their offsets.</summary>
    internal static IEnumerable<(int At, string Word)> Wrong(string text)
    {
        // Font changes of roff, and line feeds of a shell's printf.
        text = Regex.Replace(text, @"\\f[A-Z]", "   ");
        text = text.Replace("\\-", " -", StringComparison.Ordinal).Replace("\\n", " \n", StringComparison.Ordinal);
        return Lookup(text).Where(mention => !OtherWords.ContainsKey(mention.Word));
    }

    /// <summary>The same, including the words of <see cref="OtherWords"/>.</summary>
    internal static IEnumerable<(int At, string Word)> Lookup(string text)
    {
        foreach (Regex pair in Pairs)
        {
            foreach (Match match in pair.Matches(text))
            {
                string section = match.Groups["section"].Value, key = match.Groups["key"].Value;
                // `file:main` is the name of a section.
                bool isName = match.Value == section + ":" + key && ConfigurationKeys.FindSection(section)!.HasInstances;
                if (!isName && !Exists(section, key)) yield return (match.Index, match.Value);
            }
        }

        foreach (Match match in Underscored().Matches(text))
        {
            string word = match.Value;
            if (!Keys.Contains(word) && !MetricNames.Contains(word) && !word.StartsWith("label_", StringComparison.Ordinal)) yield return (match.Index, word);
        }

        // A key of another section, or of a section that does not exist.
        foreach (Match match in Dotted().Matches(text))
        {
            string section = match.Groups["section"].Value, key = match.Groups["key"].Value;
            if (Keys.Contains(key) && !Sections.Contains(section)) yield return (match.Index, match.Value);
        }

        foreach (Match match in SectionOfSeveral().Matches(text))
        {
            if (ConfigurationKeys.FindSection(match.Groups["section"].Value) is not { HasInstances: true }) yield return (match.Index, match.Value);
        }

        foreach (Match match in Raised().Matches(text))
        {
            if (!Keys.Contains(match.Groups["key"].Value)) yield return (match.Groups["key"].Index, match.Groups["key"].Value);
        }

        foreach ((int at, string word) in Assignments(text)) yield return (at, word);
    }

    private static bool Exists(string section, string key) =>
        ConfigurationKeys.FindSection(section) is { } known && (ConfigurationKeys.HasFreeKeys(known) || ConfigurationKeys.Find(known, key) is not null);

    /// <summary>`key = value` in code, and INI lines below a section line, whose section is then known.</summary>
    private static IEnumerable<(int At, string Word)> Assignments(string text)
    {
        foreach (Match match in AssignedInCode().Matches(text))
        {
            if (!Keys.Contains(match.Groups["key"].Value)) yield return (match.Index + 1, match.Groups["key"].Value);
        }

        string section = "";
        int at = 0;
        foreach (string line in text.Split('\n'))
        {
            if (SectionLine().Match(line) is { Success: true } heading) section = heading.Groups["section"].Value;
            else if (line.StartsWith("```", StringComparison.Ordinal)) section = "";
            else if (AssignmentLine().Match(line) is { Success: true } assignment)
            {
                string key = assignment.Groups["key"].Value;
                bool exists = section.Length > 0 ? Exists(section, key) : Keys.Contains(key);
                if (!exists) yield return (at, section.Length > 0 ? $"[{section}] {key}" : key);
            }

            at += line.Length + 1;
        }
    }

    // What follows the name of a kernel's file is one of its keys: "memory.stat total_rss".
    [GeneratedRegex(@"(?<![\w./@$%{:-])(?<!\b(?:memory|cpu|cpuacct|io)\.\w+ )[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?![\w(]|[.\-/]\w)")]
    private static partial Regex Underscored();

    [GeneratedRegex(@"(?<![\w./:@-])(?<section>[a-z_]+)[.:](?<key>[a-z0-9]+(_[a-z0-9]+)+)(?![\w(/.])", RegexOptions.ExplicitCapture)]
    private static partial Regex Dotted();

    [GeneratedRegex(@"\[(?<section>[a-z_]+):[A-Za-z]+\]", RegexOptions.ExplicitCapture)]
    private static partial Regex SectionOfSeveral();

    [GeneratedRegex(@"\b[Rr]aise `?(?!(it|them|the|that|this|its)\b)(?<key>[a-z][a-z_]*)(?![\w.:])", RegexOptions.ExplicitCapture)]
    private static partial Regex Raised();

    [GeneratedRegex(@"[`(](?<key>[a-z][a-z_0-9]*) = [^`=]", RegexOptions.ExplicitCapture)]
    private static partial Regex AssignedInCode();

    [GeneratedRegex(@"^\s*#?\[(?<section>[a-z_]+)(:[\w.-]+)?\]\s*$", RegexOptions.ExplicitCapture)]
    private static partial Regex SectionLine();

    [GeneratedRegex(@"^\s*#?(?<key>[a-z][a-z_0-9]*) = ?\S", RegexOptions.ExplicitCapture)]
    private static partial Regex AssignmentLine();
}
