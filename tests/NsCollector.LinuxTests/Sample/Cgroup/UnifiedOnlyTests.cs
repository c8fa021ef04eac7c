using System.Globalization;
using NsCollector.LinuxTests.Fixtures;

namespace NsCollector.LinuxTests.Sample.Cgroup;

/// <summary>A container of a hybrid host that is in the unified hierarchy only, as rootless containers are.</summary>
[Collection(NamespaceTests.Name)]
public sealed class UnifiedOnlyTests : IDisposable
{
    private readonly string _unified = File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' '))
        .First(fields => fields[3] == "/" && fields[Array.IndexOf(fields, "-") + 1] == "cgroup2")[4];

    private readonly TestCgroups _cgroups;

    public UnifiedOnlyTests() => _cgroups = new TestCgroups(_unified);

    public void Dispose() => _cgroups.Dispose();

    [Theory]
    [InlineData("sleep")]
    [InlineData("burn")]
    public void Sample_has_the_cpu_time_of_the_unified_hierarchy(string work)
    {
        NamespaceProcess process = NamespaceProcess.StartWithInput("sh", "-c", work == "burn" ? "read go; while :; do :; done" : "read go; exec sleep infinity");
        string path = _cgroups.MakeWithProcess(work, process);
        process.Continue();
        long before = UsageNs(path);
        Point cpu = AgentProgram.Sample($"discovery:cgroup_paths={path}", "filter:include=cgroup/*").Single(point => point.Measurement == "container_cpu");
        Assert.InRange(Assert.IsType<long>(cpu.Fields["usage_ns"]), before, UsageNs(path));
        Assert.True(cpu.Fields.ContainsKey("usage_percent"));
    }

    private long UsageNs(string path) =>
        long.Parse(File.ReadLines($"{_unified}{path}/cpu.stat").First()["usage_usec ".Length..], CultureInfo.InvariantCulture) * 1000;
}
