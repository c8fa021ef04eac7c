using System.Globalization;

namespace NsCollector.RuntimeTests;

/// <summary>The fields of container_limits beside the kernel's files of the same container.</summary>
internal static class KernelLimits
{
    /// <summary>The kernel writes the highest number of pages if v1 has no limit (PAGE_COUNTER_MAX).</summary>
    private const long UnlimitedV1 = long.MaxValue / 4096 * 4096;

    private static readonly (string Field, string Controller, string V1, string? V2)[] Numbers =
    [
        ("cpu_shares", "cpu", "cpu.shares", null),
        ("cpu_burst_us", "cpu", "cpu.cfs_burst_us", "cpu.max.burst"),
        ("memory_limit_bytes", "memory", "memory.limit_in_bytes", "memory.max"),
        ("memory_soft_limit_bytes", "memory", "memory.soft_limit_in_bytes", null),
        ("memory_memsw_limit_bytes", "memory", "memory.memsw.limit_in_bytes", null),
        ("memory_kmem_limit_bytes", "memory", "memory.kmem.limit_in_bytes", null),
        ("memory_kmem_tcp_limit_bytes", "memory", "memory.kmem.tcp.limit_in_bytes", null),
        ("memory_swappiness", "memory", "memory.swappiness", null),
        ("pids_limit", "pids", "pids.max", "pids.max"),
        ("io_bfq_weight", "blkio", "blkio.bfq.weight", null),
    ];

    private static readonly (string Field, string V1, string V2)[] Lists =
    [
        ("cpuset_cpus", "cpuset.cpus", "cpuset.cpus"),
        ("cpuset_mems", "cpuset.mems", "cpuset.mems"),
        ("cpuset_cpus_effective", "cpuset.effective_cpus", "cpuset.cpus.effective"),
        ("cpuset_mems_effective", "cpuset.effective_mems", "cpuset.mems.effective"),
    ];

    /// <summary>The settings with which the second cycle of <c>nscollector sample</c> has the limits.</summary>
    public static string[] Settings => ["cgroup:limits=on", "cgroup:limits_interval=100ms"];

    /// <summary>Compares the point of container_limits without a device with the kernel's files.</summary>
    /// <param name="points">The points of one container.</param>
    /// <param name="pid">Its init process.</param>
    /// <returns>The point.</returns>
    public static Point AssertOf(IEnumerable<Point> points, int pid)
    {
        Point limits = Assert.Single(points, point => point.Measurement == "container_limits" && !point.Tags.ContainsKey("device") && !point.Tags.ContainsKey("pagesize"));
        ProcessCgroup cgroup = new(pid);
        foreach ((string field, string controller, string v1, string? v2) in Numbers)
        {
            string? text = cgroup.Text(controller, v1, v2);
            AssertNumber(text is null or "max" ? null : Number(text.Split(' ')[^1]), limits, field);
        }

        foreach ((string field, string v1, string v2) in Lists)
            Assert.Equal((field, cgroup.Text("cpuset", v1, v2) is { Length: > 0 } list ? list : null), (field, limits.Has(field) ? limits.Text(field) : null));

        string[]? quota = cgroup.Text("cpu", "cpu.cfs_quota_us") is { } onV1 ? [onV1, cgroup.Text("cpu", "cpu.cfs_period_us")!] : cgroup.Text("", "", "cpu.max")?.Split(' ');
        bool isLimited = quota is not null and not ["-1" or "max", _];
        AssertNumber(isLimited ? Number(quota![0]) : null, limits, "cpu_quota_us");
        AssertNumber(isLimited ? Number(quota![1]) : null, limits, "cpu_period_us");

        AssertNumber(Number(File.ReadAllText($"/proc/{pid}/oom_score_adj")), limits, "oom_score_adj");
        foreach ((string name, string field) in new[] { ("Max open files", "rlimit_nofile_#"), ("Max processes", "rlimit_nproc_#"), ("Max stack size", "rlimit_stack_#_bytes"), ("Max core file size", "rlimit_core_#_bytes") })
        {
            string[] words = File.ReadLines($"/proc/{pid}/limits").Single(line => line.StartsWith(name + " ", StringComparison.Ordinal))[25..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            AssertNumber(words[0] == "unlimited" ? null : Number(words[0]), limits, field.Replace("#", "soft", StringComparison.Ordinal));
            AssertNumber(words[1] == "unlimited" ? null : Number(words[1]), limits, field.Replace("#", "hard", StringComparison.Ordinal));
        }

        return limits;
    }

    private static long? Number(string text) => long.Parse(text.AsSpan().Trim(), CultureInfo.InvariantCulture) is var number && number == UnlimitedV1 ? null : number;

    private static void AssertNumber(long? kernel, Point limits, string field) =>
        Assert.Equal((field, kernel), (field, limits.Has(field) ? limits.Integer(field) : null));
}
