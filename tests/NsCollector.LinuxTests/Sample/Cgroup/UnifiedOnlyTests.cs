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

    [Fact]
    public void Huge_pages_are_those_of_the_unified_hierarchy_if_it_has_the_controller()
    {
        // A child of the root, which alone enables the controller for it.
        string path = _cgroups.MakeWithProcess("").Path, control = _unified + "/cgroup.subtree_control";
        bool isOffered = Controllers("cgroup.controllers").Contains("hugetlb"), wasOn = Controllers("cgroup.subtree_control").Contains("hugetlb");
        if (isOffered) File.WriteAllText(control, "+hugetlb");
        try
        {
            // Such as hugetlb.2MB.current; hugetlb.2MB.rsvd.current is another file.
            string[] sizes = [.. Directory.GetFiles(_unified + path, "hugetlb.*.current").Select(file => Path.GetFileName(file).Split('.')).Where(parts => parts.Length == 3).Select(parts => parts[1]).Order()];
            Assert.Equal(isOffered, sizes.Length > 0);
            foreach (string size in sizes)
            {
                File.WriteAllText(FileOf(size, "max"), "2147483648");
                File.WriteAllText(FileOf(size, "rsvd.max"), "1073741824");
            }

            List<Point> points = AgentProgram.Sample($"discovery:cgroup_paths={path}", "filter:include=cgroup/*", "cgroup:limits=on", "cgroup:limits_interval=100ms");
            Point[] usage = [.. points.Where(point => point.Measurement == "container_hugetlb")];
            Point[] limits = [.. points.Where(point => point.Measurement == "container_limits" && point.Tags.ContainsKey("pagesize"))];
            Assert.Equal(sizes, usage.Select(point => point.Tags["pagesize"]).Order());
            Assert.Equal(sizes, limits.Select(point => point.Tags["pagesize"]).Order());
            Assert.All(usage, point => Assert.Equal((Number(point, "current"), Number(point, "max")), (point.Integer("usage_bytes"), point.Integer("limit_bytes"))));
            Assert.All(limits, point => Assert.Equal((Number(point, "max"), Number(point, "rsvd.max")), (point.Integer("limit_bytes"), point.Integer("rsvd_limit_bytes"))));
        }
        finally
        {
            if (isOffered && !wasOn) File.WriteAllText(control, "-hugetlb");
        }

        string[] Controllers(string file) => File.ReadAllText($"{_unified}/{file}").Split([' ', '\n']);

        string FileOf(string size, string name) => $"{_unified}{path}/hugetlb.{size}.{name}";

        long Number(Point point, string name) => long.Parse(File.ReadAllText(FileOf(point.Tags["pagesize"], name)), CultureInfo.InvariantCulture);
    }

    private long UsageNs(string path) =>
        long.Parse(File.ReadLines($"{_unified}{path}/cpu.stat").First()["usage_usec ".Length..], CultureInfo.InvariantCulture) * 1000;
}
