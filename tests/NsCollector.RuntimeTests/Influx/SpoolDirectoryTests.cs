using System.Diagnostics;

namespace NsCollector.RuntimeTests.Influx;

/// <summary>What can happen to the spool's directory and files.</summary>
[Collection(DeliveryCollection.Name)]
public sealed class SpoolDirectoryTests(InfluxServer server, Workload workload) : IDisposable
{
    private readonly List<string> _mounts = [], _directories = [];

    [RequiresFact("influxd", "mount")]
    public void Full_disk_during_an_outage_loses_nothing_that_fits_in_memory()
    {
        string database = server.CreateDatabase();
        string disk = SmallDisk();
        using var front = new FaultyFront(server.Port);
        using InfluxAgent agent = Agent(front, database);
        agent.Spool = Path.Combine(disk, "spool");
        agent.Start().Collect(3).CatchUp();
        front.Always(Fault.Answer("503 Service Unavailable"));
        agent.Collect(3);
        // All but a few pages of it.
        Fill(disk, leave: 5 * 4096);
        agent.Collect(25);
        Assert.True(new DriveInfo(disk).AvailableFreeSpace < 4096, "the disk did not get full");
        front.Always(Fault.None);
        agent.CatchUp().Collect(3).CatchUp().Stop();
        Collected.AssertStored(agent.Points(), server.Points(database));
        Assert.Equal(0, agent.Told("dropped_points"));
        Assert.Contains("space", agent.Log, StringComparison.OrdinalIgnoreCase);
    }

    [RequiresFact("influxd", "mount")]
    public void Disk_full_at_start_does_not_stop_delivery()
    {
        string database = server.CreateDatabase();
        string disk = SmallDisk();
        Fill(disk, leave: 0);
        using var front = new FaultyFront(server.Port);
        using InfluxAgent agent = Agent(front, database);
        agent.Spool = Path.Combine(disk, "spool");
        agent.Start().Collect(5).Stop();
        Collected.AssertStored(agent.Points(), server.Points(database));
    }

    [RequiresFact("influxd")]
    public void Full_spool_drops_the_oldest_files_and_counts_them()
    {
        string database = server.CreateDatabase();
        using var front = new FaultyFront(server.Port);
        front.Always(Fault.Answer("503 Service Unavailable"));
        // A sink that waits for the disk takes what was collected meanwhile as one: then one file has several cycles.
        using InfluxAgent agent = Agent(front, database, "spool:max_files=10", "spool:sync=never");
        agent.Start().Collect(30);
        front.Always(Fault.None);
        agent.CatchUp().Collect(3).Stop();
        List<Point> collected = agent.Points(), stored = server.Points(database);
        List<Point> missing = Collected.Missing(collected, stored);
        Assert.NotEmpty(missing);
        Assert.Equal(missing.Count, agent.Told("dropped_points"));
        // The oldest went, but for the one that was being sent at the time, which is never given up.
        long newest = missing.Where(point => InfluxAgent.Cycle(point) is not null).Max(point => point.TimestampNs);
        Assert.InRange(stored.Count(point => InfluxAgent.Cycle(point) is not null && point.TimestampNs < newest), 0, 1);
        Assert.True(stored.Count(point => InfluxAgent.Cycle(point) is not null) >= 10, "more went than had to");
        Assert.Contains("dropped", agent.Log, StringComparison.Ordinal);
    }

    [RequiresFact("influxd", "mount")]
    public void Spool_that_becomes_read_only_does_not_stop_delivery()
    {
        string database = server.CreateDatabase();
        using var front = new FaultyFront(server.Port);
        using InfluxAgent agent = Agent(front, database);
        agent.Start().Collect(3).CatchUp();
        using ReadOnlyMount mount = MountReadOnly(agent);
        agent.Collect(5);
        front.Always(Fault.Answer("503 Service Unavailable"));
        agent.Collect(5);
        front.Always(Fault.None);
        agent.Collect(3);
        mount.Dispose();
        agent.Collect(3).CatchUp().Stop();
        Collected.AssertStored(agent.Points(), server.Points(database));
        Assert.Contains("Read-only", agent.Log, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, agent.Told("dropped_points"));
    }

    [RequiresFact("influxd", "mount")]
    public void Files_of_a_read_only_spool_are_sent_only_once()
    {
        string database = server.CreateDatabase();
        using var front = new FaultyFront(server.Port);
        front.Always(Fault.Answer("503 Service Unavailable"));
        using InfluxAgent agent = Agent(front, database);
        agent.Start().Collect(5);
        using ReadOnlyMount mount = MountReadOnly(agent);
        front.Always(Fault.None);
        agent.Until(() => server.NewestNs(database) >= InfluxAgent.NowNs - 400_000_000, "the present to be stored");
        agent.Collect(5);
        mount.Dispose();
        agent.Collect(2).CatchUp().Stop();
        Collected.AssertStored(agent.Points(), server.Points(database));
        Assert.Empty(front.SentAgain);
    }

    [RequiresFact("influxd", "mount")]
    public void Spool_read_only_at_start_does_not_stop_delivery()
    {
        string database = server.CreateDatabase();
        using var front = new FaultyFront(server.Port);
        using InfluxAgent agent = Agent(front, database);
        Directory.CreateDirectory(agent.Spool);
        using ReadOnlyMount mount = MountReadOnly(agent);
        agent.Start().Collect(5).Stop();
        Collected.AssertStored(agent.Points(), server.Points(database));
    }

    [RequiresFact("influxd")]
    public void Removed_spool_loses_only_its_content()
    {
        string database = server.CreateDatabase();
        using var front = new FaultyFront(server.Port);
        front.Always(Fault.Answer("503 Service Unavailable"));
        using InfluxAgent agent = Agent(front, database);
        agent.Start().Collect(5);
        agent.Pause();
        List<Point> removed = agent.SpooledPoints();
        Directory.Delete(agent.Spool, recursive: true);
        agent.Continue();
        agent.Collect(5);
        front.Always(Fault.None);
        agent.Until(() => server.NewestNs(database) >= InfluxAgent.NowNs - 400_000_000, "the present to be stored");
        agent.CatchUp().Until(() => agent.Told("queued_files") <= 1, "what has no file any more to be given up");
        agent.Collect(2).Stop();

        List<Point> missing = Collected.Missing(agent.Points(), server.Points(database));
        Assert.NotEmpty(removed);
        Assert.Empty(Collected.Missing(missing, removed));
        Assert.Equal(missing.Count, agent.Told("dropped_points"));
        Assert.Empty(front.SentAgain);
    }

    [RequiresFact("influxd")]
    public void Spool_removed_while_the_server_works_loses_nothing()
    {
        string database = server.CreateDatabase();
        using var front = new FaultyFront(server.Port);
        using InfluxAgent agent = Agent(front, database);
        agent.Start();
        for (int i = 0; i < 3; i++)
        {
            agent.Collect(2);
            // Between two cycles, when nothing waits.
            do
            {
                agent.Continue();
                agent.CatchUp().Until(() => Directory.Exists(agent.SinkSpool), "the spool to be made anew");
                Thread.Sleep(20);
                agent.Pause();
            }
            while (Directory.GetFiles(agent.SinkSpool).Length > 0);
            Directory.Delete(agent.Spool, recursive: true);
            agent.Continue();
        }

        agent.Collect(2).Stop();
        Collected.AssertStored(agent.Points(), server.Points(database));
        Assert.Empty(front.SentAgain);
    }

    [RequiresFact("influxd")]
    public void Damaged_spool_files_are_moved_aside_and_counted()
    {
        string database = server.CreateDatabase();
        using var front = new FaultyFront(server.Port);
        front.Always(Fault.Answer("503 Service Unavailable"));
        using InfluxAgent agent = Agent(front, database);
        agent.Start().Until(() => agent.SpoolFiles().Count >= 8, "eight files to wait");
        agent.Stop(leaves: true);
        List<string> files = agent.SpoolFiles();
        List<Point> lost = [.. new[] { files[1], files[3], files[5] }.SelectMany(file => StrictParser.ParseAll(InfluxAgent.Zcat(file)))];
        byte[] bytes = File.ReadAllBytes(files[1]);
        File.WriteAllBytes(files[1], bytes[..(bytes.Length / 2)]);
        byte[] noise = new byte[5000];
        new Random(11).NextBytes(noise);
        File.WriteAllBytes(files[3], noise);
        // One bit, which gzip itself may not notice before the end.
        bytes = File.ReadAllBytes(files[5]);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(files[5], bytes);
        // What bears no name of a spool file is nobody's business.
        File.WriteAllText(Path.Combine(agent.SinkSpool, "README"), "keep out");

        front.Always(Fault.None);
        agent.Start().Collect(3).CatchUp().Collect(2).Stop();
        Collected.AssertStored([.. agent.Points().Where(point => !lost.Exists(other => Collected.Key(other) == Collected.Key(point)))], server.Points(database));
        string[] damaged = [.. Directory.GetFiles(agent.SinkSpool, "*.damaged").Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];
        Assert.Equal([Path.GetFileName(files[1]) + ".damaged", Path.GetFileName(files[3]) + ".damaged", Path.GetFileName(files[5]) + ".damaged"], damaged);
        // The log names the first; a disk that spoils many would fill it.
        Assert.Contains(damaged[0], agent.Log, StringComparison.Ordinal);
        Assert.Equal(3, agent.Told("errors_spool_damaged"));
        Assert.Equal(lost.Count, agent.Told("dropped_points"));
        Assert.True(File.Exists(Path.Combine(agent.SinkSpool, "README")));
    }

    [RequiresFact("influxd")]
    public void Second_agent_on_the_same_spool_is_rejected()
    {
        string database = server.CreateDatabase();
        using var front = new FaultyFront(server.Port);
        using InfluxAgent first = Agent(front, database), second = Agent(front, database);
        first.Start().Collect(2);
        second.Spool = first.Spool;
        using Process process = Command.Start("sh", ["-c", "exec \"$@\" 2>&1", "sh", .. second.Words()]);
        try
        {
            Task<string> said = process.StandardOutput.ReadToEndAsync();
            Assert.True(process.WaitForExit(TimeSpan.FromSeconds(20)), "the second agent runs on the spool of the first");
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
        Collected.AssertStored(first.Points(), server.Points(database));

        // The lock went with its process, also where that was killed.
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

    private InfluxAgent Agent(FaultyFront front, string database, params string[] more) =>
        new(workload, [$"influx:main:url={front.Url}", $"influx:main:database={database}", .. more]);

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

    // Over the directory: the agent has its lock open below, and the mode would not keep root from writing.
    private static ReadOnlyMount MountReadOnly(InfluxAgent agent)
    {
        // What it opened for writing in between would keep the mount from becoming read-only.
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
