using System.Diagnostics;

namespace NsCollector.RuntimeTests.Influx;

/// <summary>Faults of the spool's directory and files.</summary>
[Collection(DeliveryCollection.Name)]
public sealed class SpoolDirectoryTests(InfluxServer server, Workload workload) : IDisposable
{
    private readonly List<string> _mounts = [], _directories = [];

    [RequiresFact("influxd", "mount")]
    public void Full_disk_during_an_outage_loses_nothing_that_fits_in_memory()
    {
        string database = server.CreateDatabase();
        string disk = SmallDisk();
        using var proxy = new FaultProxy(server.Port);
        using InfluxAgent agent = Agent(proxy, database);
        agent.Spool = Path.Combine(disk, "spool");
        agent.Start().Collect(3).CatchUp();
        proxy.Always(Fault.Answer("503 Service Unavailable"));
        agent.Collect(3);
        // Fill all but a few pages.
        Fill(disk, leave: 5 * 4096);
        agent.Collect(25);

        // There is no space for another spool file, which takes whole pages of a tmpfs.
        long pages = new DirectoryInfo(agent.Spool).EnumerateFiles("*", SearchOption.AllDirectories).Max(file => (file.Length + 4095) / 4096);
        Assert.True(new DriveInfo(disk).AvailableFreeSpace < pages * 4096, "the disk is not full");
        proxy.Always(Fault.None);
        agent.CatchUp().Collect(3).CatchUp().Stop();
        PointComparison.AssertStored(agent.Points(), server.Points(database));
        Assert.Equal(0, agent.SinkField("dropped_points"));
        Assert.Contains("space", agent.Log, StringComparison.OrdinalIgnoreCase);
    }

    [RequiresFact("influxd", "mount")]
    public void Disk_full_at_start_does_not_stop_delivery()
    {
        string database = server.CreateDatabase();
        string disk = SmallDisk();
        Fill(disk, leave: 0);
        using var proxy = new FaultProxy(server.Port);
        using InfluxAgent agent = Agent(proxy, database);
        agent.Spool = Path.Combine(disk, "spool");
        agent.Start().Collect(5).Stop();
        PointComparison.AssertStored(agent.Points(), server.Points(database));
    }

    [RequiresFact("influxd")]
    public void Full_spool_drops_the_oldest_files_and_counts_them()
    {
        string database = server.CreateDatabase();
        using var proxy = new FaultProxy(server.Port);
        proxy.Always(Fault.Answer("503 Service Unavailable"));
        // A sink that waits for the disk combines several cycles into one file, so do not sync.
        using InfluxAgent agent = Agent(proxy, database, "spool:max_files=10", "spool:sync=never");
        agent.Start().Collect(30);
        proxy.Always(Fault.None);
        agent.CatchUp().Collect(3).Stop();
        List<Point> collected = agent.Points(), stored = server.Points(database);
        List<Point> missing = PointComparison.Missing(collected, stored);
        Assert.NotEmpty(missing);
        Assert.Equal(missing.Count, agent.SinkField("dropped_points"));
        // The oldest files were dropped, except the one being sent, which is never dropped.
        long newest = missing.Where(point => InfluxAgent.Cycle(point) is not null).Max(point => point.TimestampNs);
        Assert.InRange(stored.Count(point => InfluxAgent.Cycle(point) is not null && point.TimestampNs < newest), 0, 1);
        Assert.True(stored.Count(point => InfluxAgent.Cycle(point) is not null) >= 10, "too many cycles were dropped");
        Assert.Contains("dropped", agent.Log, StringComparison.Ordinal);
    }

    [RequiresFact("influxd", "mount")]
    public void Spool_that_becomes_read_only_does_not_stop_delivery()
    {
        string database = server.CreateDatabase();
        using var proxy = new FaultProxy(server.Port);
        using InfluxAgent agent = Agent(proxy, database);
        agent.Start().Collect(3).CatchUp();
        using ReadOnlyMount mount = MountReadOnly(agent);
        agent.Collect(5);
        proxy.Always(Fault.Answer("503 Service Unavailable"));
        agent.Collect(5);
        proxy.Always(Fault.None);
        agent.Collect(3);
        mount.Dispose();
        agent.Collect(3).CatchUp().Stop();
        PointComparison.AssertStored(agent.Points(), server.Points(database));
        Assert.Contains("Read-only", agent.Log, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, agent.SinkField("dropped_points"));
    }

    [RequiresFact("influxd", "mount")]
    public void Files_of_a_read_only_spool_are_sent_only_once()
    {
        string database = server.CreateDatabase();
        using var proxy = new FaultProxy(server.Port);
        proxy.Always(Fault.Answer("503 Service Unavailable"));
        using InfluxAgent agent = Agent(proxy, database);
        agent.Start().Collect(5);
        using ReadOnlyMount mount = MountReadOnly(agent);
        proxy.Always(Fault.None);
        agent.Until(() => server.NewestNs(database) >= InfluxAgent.NowNs - 400_000_000, "current points are stored");
        agent.Collect(5);
        mount.Dispose();
        agent.Collect(2).CatchUp().Stop();
        PointComparison.AssertStored(agent.Points(), server.Points(database));
        Assert.Empty(proxy.SentAgain);
    }

    [RequiresFact("influxd", "mount")]
    public void Spool_read_only_at_start_does_not_stop_delivery()
    {
        string database = server.CreateDatabase();
        using var proxy = new FaultProxy(server.Port);
        using InfluxAgent agent = Agent(proxy, database);
        Directory.CreateDirectory(agent.Spool);
        using ReadOnlyMount mount = MountReadOnly(agent);
        agent.Start().Collect(5).Stop();
        PointComparison.AssertStored(agent.Points(), server.Points(database));
    }

    [RequiresFact("influxd")]
    public void Removed_spool_loses_only_its_content()
    {
        string database = server.CreateDatabase();
        using var proxy = new FaultProxy(server.Port);
        proxy.Always(Fault.Answer("503 Service Unavailable"));
        using InfluxAgent agent = Agent(proxy, database);
        agent.Start().Collect(5);
        agent.Pause();
        List<Point> removed = agent.SpooledPoints();
        Directory.Delete(agent.Spool, recursive: true);
        agent.Continue();
        agent.Collect(5);
        proxy.Always(Fault.None);
        agent.Until(() => server.NewestNs(database) >= InfluxAgent.NowNs - 400_000_000, "current points are stored");
        agent.CatchUp().Until(() => agent.SinkField("queued_files") <= 1, "the missing files are dropped");
        agent.Collect(2).Stop();

        List<Point> missing = PointComparison.Missing(agent.Points(), server.Points(database));
        Assert.NotEmpty(removed);
        Assert.Empty(PointComparison.Missing(missing, removed));
        Assert.Equal(missing.Count, agent.SinkField("dropped_points"));
        Assert.Empty(proxy.SentAgain);
    }

    [RequiresFact("influxd")]
    public void Spool_removed_while_the_server_works_loses_nothing()
    {
        string database = server.CreateDatabase();
        using var proxy = new FaultProxy(server.Port);
        using InfluxAgent agent = Agent(proxy, database);
        agent.Start();
        for (int i = 0; i < 3; i++)
        {
            agent.Collect(2);
            // Between two cycles, when no file is waiting.
            do
            {
                agent.Continue();
                agent.CatchUp().Until(() => Directory.Exists(agent.SinkSpool), "the spool is created again");
                Thread.Sleep(20);
                agent.Pause();
            }
            while (Directory.GetFiles(agent.SinkSpool).Length > 0);
            Directory.Delete(agent.Spool, recursive: true);
            agent.Continue();
        }

        agent.Collect(2).Stop();
        PointComparison.AssertStored(agent.Points(), server.Points(database));
        Assert.Empty(proxy.SentAgain);
    }

    [RequiresFact("influxd")]
    public void Damaged_spool_files_are_moved_aside_and_counted()
    {
        string database = server.CreateDatabase();
        using var proxy = new FaultProxy(server.Port);
        proxy.Always(Fault.Answer("503 Service Unavailable"));
        using InfluxAgent agent = Agent(proxy, database);
        agent.Start().Until(() => agent.SpoolFiles().Count >= 8, "eight files are waiting");
        agent.Stop(leaves: true);
        List<string> files = agent.SpoolFiles();
        List<Point> lost = [.. new[] { files[1], files[3], files[5] }.SelectMany(file => StrictParser.ParseAll(InfluxAgent.Zcat(file)))];
        byte[] bytes = File.ReadAllBytes(files[1]);
        File.WriteAllBytes(files[1], bytes[..(bytes.Length / 2)]);
        byte[] noise = new byte[5000];
        new Random(11).NextBytes(noise);
        File.WriteAllBytes(files[3], noise);
        // Flip one bit; gzip itself may notice it only at the end.
        bytes = File.ReadAllBytes(files[5]);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(files[5], bytes);
        // The agent ignores files without a spool file's name.
        File.WriteAllText(Path.Combine(agent.SinkSpool, "README"), "keep out");

        proxy.Always(Fault.None);
        agent.Start().Collect(3).CatchUp().Collect(2).Stop();
        PointComparison.AssertStored([.. agent.Points().Where(point => !lost.Exists(other => PointComparison.Key(other) == PointComparison.Key(point)))], server.Points(database));
        string[] damaged = [.. Directory.GetFiles(agent.SinkSpool, "*.damaged").Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];
        Assert.Equal([Path.GetFileName(files[1]) + ".damaged", Path.GetFileName(files[3]) + ".damaged", Path.GetFileName(files[5]) + ".damaged"], damaged);
        // The log names only the first, because a bad disk could damage many.
        Assert.Contains(damaged[0], agent.Log, StringComparison.Ordinal);
        Assert.Equal(3, agent.SinkField("errors_spool_damaged"));
        Assert.Equal(lost.Count, agent.SinkField("dropped_points"));
        Assert.True(File.Exists(Path.Combine(agent.SinkSpool, "README")));
    }

    [RequiresFact("influxd")]
    public void Second_agent_on_the_same_spool_is_rejected()
    {
        string database = server.CreateDatabase();
        using var proxy = new FaultProxy(server.Port);
        using InfluxAgent first = Agent(proxy, database), second = Agent(proxy, database);
        first.Start().Collect(2);
        second.Spool = first.Spool;
        using Process process = Command.Start("sh", ["-c", "exec \"$@\" 2>&1", "sh", .. second.Words()]);
        try
        {
            Task<string> said = process.StandardOutput.ReadToEndAsync();
            Assert.True(process.WaitForExit(TimeSpan.FromSeconds(20)), "the second agent still runs on the spool of the first");
            Assert.NotEqual(0, process.ExitCode);
            Assert.Contains(first.Spool, said.Result, StringComparison.Ordinal);
            Assert.Contains($"{first.Pid}", said.Result, StringComparison.Ordinal);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
            process.WaitForExit();
        }

        first.Collect(2).Stop();
        PointComparison.AssertStored(first.Points(), server.Points(database));

        // The lock ends with its process, even if that is killed.
        first.Start().Collect(1);
        first.Kill();
        second.Start().Collect(2).CatchUp().Stop();
    }

    public void Dispose()
    {
        foreach (string disk in _mounts)
            Command.Run("umount", "-l", disk);
        foreach (string directory in _directories)
            Directory.Delete(directory, recursive: true);
    }

    private InfluxAgent Agent(FaultProxy proxy, string database, params string[] more) =>
        new(workload, [$"influx:main:url={proxy.Url}", $"influx:main:database={database}", .. more]);

    private string SmallDisk()
    {
        string directory = Directory.CreateTempSubdirectory("nscollector-disk-").FullName;
        _directories.Add(directory);
        Command.Run("mount", "-t", "tmpfs", "-o", "size=1m", "nscollector-test", directory);
        _mounts.Add(directory);
        return directory;
    }

    private static void Fill(string disk, int leave)
    {
        using FileStream ballast = File.Create(Path.Combine(disk, "ballast"));
        long free = new DriveInfo(disk).AvailableFreeSpace;
        ballast.Write(new byte[Math.Max(0, free - leave)]);
    }

    // Mount over the directory: the agent keeps its lock open below, and permissions would not stop root from writing.
    private static ReadOnlyMount MountReadOnly(InfluxAgent agent)
    {
        // A file that the agent opens for writing in between would prevent the read-only remount.
        if (agent.IsRunning)
            agent.Pause();
        var mount = new ReadOnlyMount(agent.Spool);
        if (agent.IsRunning)
            agent.Continue();
        return mount;
    }

    private sealed class ReadOnlyMount : IDisposable
    {
        private readonly string _directory;
        private bool _isMounted;

        public ReadOnlyMount(string directory)
        {
            _directory = directory;
            Command.Run("mount", "--bind", directory, directory);
            _isMounted = true;
            try
            {
                Command.Run("mount", "-o", "remount,bind,ro", directory);
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        public void Dispose()
        {
            if (_isMounted)
                Command.Run("umount", "-l", _directory);
            _isMounted = false;
        }
    }
}
