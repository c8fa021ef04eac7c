using System.Globalization;
using Xunit.Abstractions;

namespace NsCollector.GuestTests.Service;

/// <summary>
/// 10,000 containers fit the limits of the unit, memory and open files, and with more memory each costs about what one of 1,000
/// costs. Empty cgroups stand for containers.
/// </summary>
[Collection(GuestCollection.Name)]
public sealed class ManyContainersTests(Guest guest, ITestOutputHelper output) : IDisposable
{
    private const string Parent = "/sys/fs/cgroup/nsc-many";
    private const int Containers = 10_000;
    private const string Configuration = "[discovery]\ncgroup_paths = /nsc-many/*\nmax_containers = 20000\n[filter]\ninclude = cgroup/nsc-many-*\n";

    // Limits are read in every second cycle of a container, so each of two cycles has those of half of them.
    private const string Interval = "20s";
    private const string LimitsInterval = "40s";
    private const int WarmCycles = 3;
    private const int MeasuredCycles = 4;

    public void Dispose()
    {
        if (Guest.SshConfig is not null)
            guest.Run($"[ ! -e {Parent} ] || {{ find {Parent} -mindepth 1 -maxdepth 1 -type d | xargs -r rmdir; rmdir {Parent}; }}");
    }

    [GuestTheory]
    [InlineData(1000)]
    [InlineData(0)]
    [Trait("Selection", "Whole")]
    public void Ten_thousand_cgroups_are_sampled_within_the_limits_of_the_unit(int maxHeldFiles)
    {
        MakeContainers(1, Containers);
        using InstalledAgent agent = new(guest, $"max_held_files = {maxHeldFiles}\n{Configuration}", interval: "60s");
        string started = Unit.MainPid(guest);
        Point[] own = [];
        Guest.Await(
            () => (own = [.. agent.Points.Where(point => point.Measurement == "nscollector" && point.Has("containers"))]).Length >= 4,
            "four cycles", () => agent.Log, TimeSpan.FromMinutes(15));
        Assert.Equal(started, Unit.MainPid(guest));
        Assert.All(own, point => Assert.Equal(Containers, point.Integer("containers")));
        Assert.Equal(512L << 20, own[^1].Integer("cgroup_memory_limit_bytes"));
        string cgroup = "/sys/fs/cgroup" + guest.Run("systemctl show -P ControlGroup nscollector.service");
        Assert.Contains("oom_kill 0", guest.Read(cgroup + "/memory.events"), StringComparison.Ordinal);
        Assert.InRange(guest.Integer($"cat {cgroup}/memory.current"), 100L << 20, 512L << 20);
        long held = own[^1].Integer("files_held");
        Assert.InRange(held, maxHeldFiles == 0 ? 10_000 : 0, maxHeldFiles == 0 ? 200_000 : maxHeldFiles);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"held {held}, charged {own[^1].Integer("cgroup_memory_bytes") >> 20} MiB, kernel {own[^1].Integer("cgroup_kernel_memory_bytes") >> 20} MiB, resident {own[^1].Integer("rss_bytes") >> 20} MiB, cycle {own[^1].Integer("cycle_ns") / 1_000_000} ms"));
    }

    /// <summary>
    /// Every file is held at both numbers of containers, so a difference in cost is something that grows with the number of the
    /// others. The bound only finds work that grows with the square; docs/performance.md has the measured ratio.
    /// </summary>
    [GuestFact]
    [Trait("Selection", "Whole")]
    public void Ten_thousand_cgroups_cost_each_what_one_of_a_thousand_costs()
    {
        using UnitDropIn memory = new(guest, "MemoryMax=1700M");
        const string Controllers = "+cpu +memory +pids +io";
        guest.Run($"mkdir {Parent}; echo '{Controllers}' > /sys/fs/cgroup/cgroup.subtree_control; echo '{Controllers}' > {Parent}/cgroup.subtree_control");
        MakeContainers(1, 1000);
        Cost few = MeasureCost(1000);
        MakeContainers(1001, Containers);
        Cost many = MeasureCost(Containers);

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ratio: process {many.ProcessNs / few.ProcessNs:F2}, sampling {many.SamplingNs / few.SamplingNs:F2}, cgroup {many.CgroupNs / few.CgroupNs:F2}"));
        Assert.Equal(few.HeldFiles, many.HeldFiles);
        Assert.InRange(many.ProcessNs / few.ProcessNs, 0, 2);
    }

    private void MakeContainers(int first, int last) =>
        guest.Run($"mkdir -p {Parent}; seq -f '{Parent}/nsc-many-%.0f' {first} {last} | xargs mkdir", patience: TimeSpan.FromMinutes(10));

    /// <summary>Measures steady cycles, and checks that none is without a point of any container.</summary>
    private Cost MeasureCost(int containers)
    {
        // One thread at both numbers: an emulated processor that waits for another one uses CPU time.
        using InstalledAgent agent = new(guest, $"max_held_files = 0\n[agent]\nsampling_threads = 1\n{Configuration}[file:main]\npath = {Unit.MetricsPath}\nrotate_size = 0\n", Interval, LimitsInterval);
        string cgroup = "/sys/fs/cgroup" + guest.Run("systemctl show -P ControlGroup nscollector.service");

        // Its cgroup's time right after a cycle belongs to that cycle.
        Point begin = AwaitCycle(WarmCycles);
        long beginNs = CpuNs(cgroup);
        Point end = AwaitCycle(WarmCycles + MeasuredCycles);
        long endNs = CpuNs(cgroup);

        Point[] own = [.. Own().Where(point => point.TimestampNs > begin.TimestampNs && point.TimestampNs <= end.TimestampNs)];
        Assert.Equal(MeasuredCycles, own.Length);
        Assert.All(own, point => Assert.Equal(containers, point.Integer("containers")));
        Assert.All(own, point => Assert.Equal(0, point.Integer("containers_missed")));
        Assert.Equal(Enumerable.Repeat($"{containers} {containers}", MeasuredCycles), PointsOfCycles([.. own.Select(point => point.TimestampNs)]));

        double samples = (double)MeasuredCycles * containers;
        Cost cost = new(
            (end.Integer("process_cpu_ns") - begin.Integer("process_cpu_ns")) / samples, own.Sum(point => point.Integer("cycle_cpu_ns")) / samples,
            (endNs - beginNs) / samples, end.Integer("files_held") / containers);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{containers} containers, {cost.HeldFiles} files held of each: process {cost.ProcessNs / 1000:F0} µs a container and cycle, sampling {cost.SamplingNs / 1000:F0} µs, cgroup {cost.CgroupNs / 1000:F0} µs; charged {end.Integer("cgroup_memory_bytes") >> 20} MiB, kernel {end.Integer("cgroup_kernel_memory_bytes") >> 20} MiB, cycle {end.Integer("cycle_ns") / 1_000_000} ms"));
        return cost;

        Point AwaitCycle(int number)
        {
            Point? cycle = null;
            Guest.Await(() => (cycle = Own().FirstOrDefault(point => point.Integer("cycles") == number)) is not null, $"cycle {number}", () => agent.Log, TimeSpan.FromMinutes(15));
            return cycle!;
        }
    }

    // Only whole lines: the last one may be incomplete.
    private Point[] Own() => guest.Run($"grep -E '^nscollector,.*cycles=.* [0-9]{{19}}$' {Unit.MetricsPath} 2> /dev/null || true") is { Length: > 0 } lines
        ? [.. StrictParser.ParseAll(lines + "\n")]
        : [];

    private long CpuNs(string cgroup) => 1000 * guest.Integer($"awk '/^usage_usec/ {{ print $2 }}' {cgroup}/cpu.stat");

    // How many points of container_cpu each cycle has, and of how many containers. The time of a cycle is that of its begin.
    // Counted in the guest: 10,000 containers write 15 MB in each cycle.
    private string[] PointsOfCycles(long[] cycles) => guest.Run(
        $$"""
        grep '^container_cpu,' {{Unit.MetricsPath}} | awk -v cycles='{{string.Join(' ', cycles)}}' '
            BEGIN { count = split(cycles, begin, " ") }
            {
                while (cycle < count && $NF >= begin[cycle + 1]) cycle++
                if (!cycle) next
                points[cycle]++
                if (seen[$1] != cycle) containers[cycle]++
                seen[$1] = cycle
            }
            END { for (i = 1; i <= count; i++) print points[i] + 0, containers[i] + 0 }'
        """).Split('\n');

    private sealed record Cost(double ProcessNs, double SamplingNs, double CgroupNs, long HeldFiles);
}
