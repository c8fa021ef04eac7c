using System.Globalization;
using NsCollector.GuestTests.Values;
using Xunit.Abstractions;

namespace NsCollector.GuestTests.Disks;

/// <summary>The walk of a directory with many files by the service, which has a memory limit, beside du(1).</summary>
[Collection(GuestCollection.Name)]
public sealed class WalkTests(Guest guest, ITestOutputHelper report) : IDisposable
{
    private const string Directory = "/srv/nsc-walk", Unit = "/sys/fs/cgroup/nscollector.slice/nscollector.service";

    public void Dispose()
    {
        if (Guest.SshConfig is not null) guest.Run($"rm -rf {Directory}");
    }

    /// <summary>
    /// The kernel charges dentries and inodes of these files to the service. The walk takes five minutes: a file that is not in the
    /// kernel's memory costs 150 µs of CPU time in emulation, and the walk may use 1 % of a processor.
    /// </summary>
    [GuestFact]
    [Trait("Selection", "Whole")]
    public void Walk_of_many_files_has_what_du_says_below_the_memory_limit()
    {
        const int Files = 20_000, Directories = 20;
        guest.Run($"mkdir -p {Directory} && cd {Directory} && for i in $(seq {Directories}); do mkdir -p $i/d && seq {Files / Directories} | split -l 1 -a 4 - $i/d/; done; ln 1/d/aaaa linked; sync; echo 3 > /proc/sys/vm/drop_caches",
            patience: TimeSpan.FromMinutes(5));
        using var service = new RootedService(guest, "nsc-walk", WorkloadImage.Root(guest), $"BindPaths={Directory}:/data");
        using var agent = new InstalledAgent(guest, ContainerDisks.ConfigurationOf(service));
        var disks = new ContainerDisks(guest, agent);

        Point data = disks.Await(service.Name, "/data", TimeSpan.FromMinutes(30));
        string peak = guest.Read($"{Unit}/memory.peak");
        Point self = agent.Points.Last(point => point.Measurement == "nscollector" && point.Has("filesystem_walks"));
        report.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Files} files: {data.Integer("used_age_ns") / 1e9:0.0} s, CPU time of all walks {self.Integer("filesystem_walk_cpu_ns") / 1e9:0.00} s, memory.peak {peak}, memory.max {guest.Read($"{Unit}/memory.max")}"));
        Assert.Equal((disks.Du(Directory), disks.Inodes(Directory), "walk", Directory), (data.Integer("used_bytes"), data.Integer("used_inodes"), data.Text("used_source"), data.Text("directory")));
        Assert.Equal(0, self.Integer("filesystem_walks_incomplete"));
        Assert.Equal((0L, 0L), (guest.Integer($"sed -n 's/^oom_kill //p' {Unit}/memory.events"), guest.Integer("systemctl show -P NRestarts nscollector.service")));
        disks.AssertNoErrors();
    }
}
