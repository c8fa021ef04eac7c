using System.Globalization;
using Xunit.Abstractions;

namespace NsCollector.GuestTests.Service;

/// <summary>10,000 containers fit the limits of the unit: memory and open files.</summary>
[Collection(GuestCollection.Name)]
public sealed class ManyContainersTests(Guest guest, ITestOutputHelper output) : IDisposable
{
    private const string Parent = "/sys/fs/cgroup/nsc-many";
    private const int Containers = 10_000;

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
        guest.Run($"mkdir {Parent}; seq -f '{Parent}/nsc-many-%.0f' {Containers} | xargs mkdir", patience: TimeSpan.FromMinutes(10));
        using InstalledAgent agent = new(
            guest, $"max_held_files = {maxHeldFiles}\n[discovery]\ncgroup_paths = /nsc-many/*\nmax_containers = 20000\n[filter]\ninclude = cgroup/nsc-many-*\n", interval: "60s");
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
}
