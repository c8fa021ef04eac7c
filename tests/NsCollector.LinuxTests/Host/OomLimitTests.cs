namespace NsCollector.LinuxTests.Host;

/// <summary>An OOM kill because of a limit that is not the container's own, as of a pod or a slice.</summary>
public sealed class OomLimitTests : IDisposable
{
    private const long ParentLimit = 24 << 20;

    private readonly TestCgroups _cgroups = new();
    private readonly TemporaryDirectory _directory = new();

    public void Dispose()
    {
        _cgroups.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(null)]
    [InlineData(64L << 20)]
    public void Oom_kill_by_the_parents_limit_reports_the_effective_limit(long? own)
    {
        const string Memory = "/sys/fs/cgroup/memory";
        string path = _cgroups.Make("a"), output = _directory["metrics.lp"];
        File.WriteAllText($"{Memory}{_cgroups.Parent}/memory.limit_in_bytes", $"{ParentLimit}");

        // Swap would delay the kill.
        if (File.Exists($"{Memory}{_cgroups.Parent}/memory.memsw.limit_in_bytes")) File.WriteAllText($"{Memory}{_cgroups.Parent}/memory.memsw.limit_in_bytes", $"{ParentLimit}");
        if (own is not null) File.WriteAllText($"{Memory}{path}/memory.limit_in_bytes", $"{own}");
        var process = NamespaceProcess.StartWithInput("sh", "-c", "read go; tail /dev/zero; read go");
        _cgroups.MakeWithProcess("a", process);
        using NsCollectorProcess agent = NsCollectorProcess.Start(
            ["run", "--set", "agent:interval=200ms", "--set", $"file:main:path={output}", "--set", $"discovery:cgroup_paths={path}", "--set", "filter:include=cgroup/*"]);
        Eventually.True(() => AgentProgram.ReadFile(output).Exists(point => point.Measurement == "container_memory"), "a sample");
        process.Continue();
        Eventually.True(() => AgentProgram.ReadFile(output).Exists(point => point.Measurement == "container_oom"), "the kill");

        Point oom = AgentProgram.ReadFile(output).First(point => point.Measurement == "container_oom");
        Assert.Equal(ParentLimit, oom.Integer("effective_limit_bytes"));
        Assert.Equal(own, oom.Has("limit_bytes") ? oom.Integer("limit_bytes") : null);
        Assert.InRange(oom.Integer("max_usage_bytes"), ParentLimit / 2, ParentLimit);
    }
}
