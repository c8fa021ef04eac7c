using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using NsCollector.Catalogue;
using NsCollector.Discover;
using NsCollector.Linux;
using NsCollector.Linux.Cgroup;
using NsCollector.Sample;
using NsCollector.Sample.Cgroup;
using NsCollector.Telemetry;

namespace NsCollector.LinuxTests.Sample.Cgroup;

/// <summary>Limits of this kernel's v1 cgroups above the container's own.</summary>
public sealed class EffectiveLimitTests : IDisposable
{
    private const string Cpu = "/sys/fs/cgroup/cpu", Memory = "/sys/fs/cgroup/memory";

    private readonly TestCgroups _cgroups = new();
    private readonly AgentCounters _counters = new();
    private readonly ContainerSample _sample = new();

    private ReadingSet Scalars => _sample.Scalars;

    public void Dispose() => _cgroups.Dispose();

    [Theory]
    [InlineData("max", "-1", "67108864", "50000", null, null, 67108864L, 0.5)]
    [InlineData("33554432", "25000", "67108864", "50000", 33554432L, 0.25, 33554432L, 0.25)]
    [InlineData("134217728", "-1", "100663296", "-1", 134217728L, null, 100663296L, null)]
    public void Limits_of_the_parent_are_effective(
        string memory, string quota, string parentMemory, string parentQuota, long? limit, double? cores, long effectiveLimit, double? effectiveCores)
    {
        string parent = _cgroups.Make("pod"), path = _cgroups.Make("pod/a");
        File.WriteAllText($"{Memory}{parent}/memory.limit_in_bytes", parentMemory);
        if (memory != "max") File.WriteAllText($"{Memory}{path}/memory.limit_in_bytes", memory);

        // The kernel accepts no child with more than its parent, but a parent that gets less later.
        File.WriteAllText($"{Cpu}{parent}/cpu.cfs_quota_us", parentQuota);
        File.WriteAllText($"{Cpu}{path}/cpu.cfs_quota_us", quota);
        Read(path);

        Assert.Equal(limit, Scalars.TryGet(Reading.MemoryLimitBytes, out long bytes) ? bytes : null);
        Assert.Equal(effectiveLimit, Scalars[Reading.MemoryEffectiveLimitBytes]);
        Assert.Equal(cores, Scalars.Has(Reading.CpuLimitCores) ? Scalars.GetDouble(Reading.CpuLimitCores) : null);
        Assert.Equal(effectiveCores, Scalars.Has(Reading.CpuEffectiveLimitCores) ? Scalars.GetDouble(Reading.CpuEffectiveLimitCores) : null);
        Assert.Equal(0, _counters[AgentCounter.ReadErrors]);
    }

    [Fact]
    public void Usage_percent_is_of_the_effective_limit()
    {
        const long Limit = 256L << 20;
        string parent = _cgroups.Make("pod"), path = _cgroups.Make("pod/a");
        File.WriteAllText($"{Memory}{parent}/memory.limit_in_bytes", "268435456");
        using Process process = Process.Start(new ProcessStartInfo("/bin/sh",
            ["-c", $"echo $$ > {Memory}{path}/cgroup.procs; x=$(head -c 33554432 /dev/zero | tr '\\0' x); echo ready; read wait; echo ${{#x}}"])
        { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        (long Usage, long Inactive) before, after;
        try
        {
            Assert.Equal("ready", process.StandardOutput.ReadLine());
            var kernel = new ProcessCgroup(process.Id);
            before = (kernel.MemoryUsageBytes(), kernel.InactiveFileBytes());
            Read(path);
            after = (kernel.MemoryUsageBytes(), kernel.InactiveFileBytes());
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }

        Assert.False(Scalars.Has(Reading.MemoryLimitBytes));
        Assert.InRange(
            Scalars.GetDouble(Reading.MemoryUsagePercent),
            100.0 * (Math.Min(before.Usage, after.Usage) - Math.Max(before.Inactive, after.Inactive)) / Limit,
            100.0 * (Math.Max(before.Usage, after.Usage) - Math.Min(before.Inactive, after.Inactive)) / Limit);
        Assert.InRange(Scalars.GetDouble(Reading.MemoryUsagePercent), 12, 100);
        Assert.Equal(100.0 * Scalars[Reading.MemoryWorkingSetBytes] / Limit, Scalars.GetDouble(Reading.MemoryUsagePercent), 9);
    }

    private void Read(string path)
    {
        var roots = new HostRoots();
        using var sampler = new CgroupSampler(CgroupMounts.Find(roots), roots, new SampleOptions(), _counters, NullLogger.Instance);
        ContainerCgroup cgroup = sampler.Open(new Container(1, new ContainerIdentity(ContainerRuntime.Cgroup, path), path, null));
        _sample.Clear();
        sampler.Read(cgroup, _sample, SystemClock.MonotonicNs());
        sampler.Close(cgroup);
    }
}
