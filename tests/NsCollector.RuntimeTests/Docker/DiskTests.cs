using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace NsCollector.RuntimeTests.Docker;

/// <summary>The disks of Docker's containers, beside what du(1) and statfs(2) say.</summary>
public sealed class DiskTests(DockerEngine engine, ITestOutputHelper report) : DockerTests(engine)
{
    // Files in a directory of the walked tree.
    private const int FilesPerDirectory = 1000;

    // filesystem.walk_cpu = 1.
    private const double Share = 0.01;

    private const double WindowNs = 5e9;

    // The reading of the mounts, and the slice at the beginning of a window, are not within the share.
    private const double SlackNs = 20e6;

    [DockerFact]
    public void Root_and_volumes_have_what_du_says()
    {
        using RunningAgent agent = new([.. Engine.Settings, .. DiskUse.Settings]);
        using DockerContainer container = Engine.Start(
            "disk", ["-v", "nsctest-disk:/data", "--tmpfs", "/ram:size=1m"],
            "for d in /usr/d /data/d; do mkdir -p $d; for i in 1 2 3 4 5 6 7 8 9; do echo $i > $d/$i; done; dd if=/dev/zero of=$d/file bs=1k count=700; done; dd if=/dev/zero of=/ram/file bs=1k count=200; rm -f /etc/passwd; echo done; exec sleep 1000");
        try
        {
            container.AwaitLine("done");
            string upper = container.Inspect().GetProperty("GraphDriver").GetProperty("Data").GetProperty("UpperDir").GetString()!;
            string volume = Engine.Docker("volume", "inspect", "-f", "{{.Mountpoint}}", "nsctest-disk").Trim();
            Point root = DiskUse.Await(agent, "disk", "/", DiskUse.Du(upper));
            Assert.Equal(("walk", upper), (root.Text("used_source"), root.Text("directory")));
            Assert.InRange(root.Integer("used_age_ns"), 1, 60_000_000_000);
            Assert.False(root.Has("limit_bytes"));
            Point data = DiskUse.Await(agent, "disk", "/data", DiskUse.Du(volume));
            Assert.Equal(("walk", volume), (data.Text("used_source"), data.Text("directory")));
            Point ram = DiskUse.Await(agent, "disk", "/ram", 200 * 1024);
            Assert.Equal(("statfs", 1L << 20, "tmpfs"), (ram.Text("used_source"), ram.Integer("limit_bytes"), ram.Tags["fstype"]));

            // No file that Docker mounts into each container, and nothing of proc, sys and dev.
            Assert.Equal(["/", "/data", "/ram"], DiskUse.Of(agent, "disk").Select(point => point.Tags["mount_point"]).Distinct().Order());
            Assert.Equal(0, agent.Cycles[^1].Integer("read_errors"));
        }
        finally
        {
            Engine.Docker("rm", "-f", "disk");
            Engine.Docker("volume", "rm", "nsctest-disk");
        }
    }

    /// <summary>
    /// The walk takes many cycles, and its thread never uses more than its share of a core. WALK_FILES sets another number
    /// of files (1000000 takes several minutes).
    /// </summary>
    [DockerFact]
    public void Walk_over_many_cycles_stays_within_its_share_and_has_what_du_says()
    {
        int files = Environment.GetEnvironmentVariable("WALK_FILES") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : 20_000, directories = files / FilesPerDirectory;
        using DockerContainer container = Engine.Start("walk", [], $"mkdir /many && cd /many && for d in $(seq {directories}); do mkdir $d && cd $d && seq {FilesPerDirectory} | xargs touch && cd ..; done; echo x > file; ln file 1/linked; echo done; exec sleep 10000");
        Eventually.True(() => container.Output.Contains("done"), "the files", patience: TimeSpan.FromMinutes(10));
        string upper = container.Inspect().GetProperty("GraphDriver").GetProperty("Data").GetProperty("UpperDir").GetString()!;
        long bytes = DiskUse.Du(upper), inodes = long.Parse(Command.Run("du", "-sx", "--inodes", upper).Split('\t')[0], CultureInfo.InvariantCulture);
        Assert.InRange(inodes, files + directories, files + directories + 20);

        using RunningAgent agent = new([.. Engine.Settings, .. DiskUse.Settings, "filesystem:walk_cpu=1", "filter:include=docker/walk", "agent:interval=1s"]);
        var clock = Stopwatch.StartNew();
        Point[] Roots() => [.. DiskUse.Of(agent, "walk").Where(point => point.Tags["mount_point"] == "/")];
        var used = new List<(double ElapsedNs, double CpuNs)> { (0, agent.ThreadCpuNs("disks")) };
        Eventually.True(
            () =>
            {
                used.Add((clock.Elapsed.TotalNanoseconds, agent.ThreadCpuNs("disks")));
                return Roots().Any(point => point.Has("used_bytes"));
            },
            "the end of the walk", () => agent.Log, TimeSpan.FromMinutes(60));
        int thread = agent.ThreadId("disks");
        Assert.Equal("idle", Command.Run("ionice", "-p", $"{thread}").Split(':')[0].Trim());

        // proc_pid_stat(5): the field nice is the 17th after the name.
        Assert.Equal("19", File.ReadAllText($"/proc/{thread}/stat").Split(") ")[^1].Split(' ')[16]);
        Point result = Roots().First(point => point.Has("used_bytes"));
        double elapsedNs = used[^1].ElapsedNs, cpuNs = used[^1].CpuNs - used[0].CpuNs;
        double highest = Windows(used).DefaultIfEmpty(cpuNs / elapsedNs).Max();
        agent.AwaitCycles(1);
        Point self = agent.Cycles[^1];
        report.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{inodes} inodes: {elapsedNs / 1e9:0.0} s, thread {cpuNs / 1e9:0.000} s = {cpuNs / elapsedNs:0.00%} of a core, at most {highest:0.00%} in 5 s; filesystem_walk_cpu_ns {self.Integer("filesystem_walk_cpu_ns") / 1e9:0.000} s, {Roots().Length} cycles, age {result.Integer("used_age_ns") / 1e9:0.0} s, peak RSS {agent.PeakResidentKib} KiB, anonymous {agent.Resources.AnonymousKib} KiB"));

        Assert.Equal((bytes, inodes, "walk"), (result.Integer("used_bytes"), result.Integer("used_inodes"), result.Text("used_source")));
        Assert.InRange(cpuNs, 0, (Share * elapsedNs) + SlackNs);
        Assert.All(Windows(used), share => Assert.InRange(share, 0, Share + (SlackNs / WindowNs)));
        Assert.Equal((1L, 0L), (self.Integer("filesystem_walks"), self.Integer("filesystem_walks_incomplete")));

        // The cycles went on meanwhile, without a figure: an unfinished sum is not a result. The result is as old as the walk.
        Point[] before = [.. Roots().TakeWhile(point => !point.Has("used_bytes"))];
        Assert.True(before.Length >= 3, $"{before.Length} cycles without a result");
        Assert.DoesNotContain(before, point => point.Has("used_age_ns"));
        Assert.InRange(result.Integer("used_age_ns"), (before.Length - 1) * 1_000_000_000L, (long)elapsedNs + 10_000_000_000);
    }

    /// <summary>The share of a core in each window of this length.</summary>
    private static IEnumerable<double> Windows(List<(double ElapsedNs, double CpuNs)> used)
    {
        int first = 0;
        foreach ((double elapsedNs, double cpuNs) in used)
        {
            if (elapsedNs - used[first].ElapsedNs < WindowNs) continue;
            yield return (cpuNs - used[first].CpuNs) / (elapsedNs - used[first].ElapsedNs);
            while (elapsedNs - used[first].ElapsedNs >= WindowNs) first++;
        }
    }
}
