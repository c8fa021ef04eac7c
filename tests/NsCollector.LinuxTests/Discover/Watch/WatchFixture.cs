using System.Collections.Immutable;
using System.Globalization;
using NsCollector.Discover.Watch;
using NsCollector.Linux.Cgroup;
using NsCollector.Linux.Watch;
using NsCollector.LinuxTests.Fixtures;

namespace NsCollector.LinuxTests.Discover.Watch;

/// <summary>A watch over the test's own cgroups, and the records dequeued from it.</summary>
internal sealed class WatchFixture : IDisposable
{
    internal const int MaxUsage = 0;
    internal const int OomControl = 1;
    internal const int CpuUsage = 2;
    internal const int CurrentPids = 3;
    internal const int NoSuchFile = 4;
    internal const int EventsFile = 5;

    private readonly List<NamespaceProcess> _processes = [];
    private readonly List<WatchRecord> _records = [];
    private long _key;

    /// <param name="options">Options of the watch.</param>
    /// <param name="unified">Whether the watch knows the unified hierarchy.</param>
    /// <param name="start">Whether to start the watch.</param>
    internal WatchFixture(WatchOptions? options = null, bool unified = true, bool start = true)
    {
        CgroupMounts mounts = CgroupMounts.Parse(File.ReadAllText("/proc/self/mountinfo"));
        List<CgroupHierarchy> hierarchies = [mounts.For("memory")!, mounts.For("cpuacct")!, mounts.For("pids")!];
        if (unified) hierarchies.Add(mounts.Unified!);
        Plan = new WatchPlan(
            [.. hierarchies],
            [
                new WatchedFile(0, "memory.max_usage_in_bytes", AtExit: true, AtOom: true),
                new WatchedFile(0, "memory.oom_control", AtExit: false, AtOom: true),
                new WatchedFile(1, "cpuacct.usage", AtExit: true, AtOom: false),
                new WatchedFile(2, "pids.current", AtExit: true, AtOom: false),
                new WatchedFile(0, "memory.no_such_file", AtExit: true, AtOom: false),
                .. unified ? ImmutableArray.Create(new WatchedFile(3, "cgroup.events", AtExit: true, AtOom: false)) : [],
            ],
            Memory: 0, Unified: unified ? 3 : -1);
        Cgroups = new TestCgroups([.. hierarchies.Select(hierarchy => hierarchy.MountPoint)]);
        Watch = new ContainerWatch(Plan, options ?? new WatchOptions());
        Assert.Equal(0, Watch.Error);
        if (start) Watch.Start();
    }

    internal WatchPlan Plan { get; }

    internal TestCgroups Cgroups { get; }

    internal ContainerWatch Watch { get; }

    /// <summary>The path of a container's file.</summary>
    internal string FileOf(string path, int file) => Plan.Hierarchies[Plan.Files[file].Hierarchy].MountPoint + path + "/" + Plan.Files[file].Name;

    /// <summary>Creates a cgroup and adds it to the watch.</summary>
    internal Watched Add(string name)
    {
        string path = Cgroups.Make(name);
        long key = ++_key;
        int handle = Watch.Add(key, path);
        Assert.True(handle >= 0, $"add: {handle}");
        return new Watched(handle, key, path);
    }

    /// <summary>A shell in a cgroup, which waits for <see cref="NamespaceProcess.Continue"/> wherever it reads.</summary>
    internal NamespaceProcess StartShell(string path, string script) => StartIn(path, NamespaceProcess.StartWithInput("sh", "-c", script));

    internal NamespaceProcess StartIn(string path, NamespaceProcess process)
    {
        _processes.Add(process);
        Cgroups.Put(path, process.Pid);
        return process;
    }

    internal int Follow(Watched watched, NamespaceProcess process, uint life = 1, bool isNamespaceInit = false) =>
        Watch.Follow(watched.Handle, watched.Key, life, process.Pid, process.Directory.Descriptor, isNamespaceInit);

    /// <summary>The next record of this kind of this container; earlier records are kept.</summary>
    internal WatchRecord Next(Watched watched, WatchRecordKind kind)
    {
        WatchRecord? found = null;
        Eventually.True(
            () =>
            {
                Take();
                found = _records.FirstOrDefault(record => record.Key == watched.Key && record.Kind == kind);
                return found is not null;
            },
            $"{kind} of container {watched.Key}", patience: TimeSpan.FromSeconds(60));
        _records.Remove(found!);
        return found!;
    }

    /// <summary>All records of a container that were not returned yet, in order.</summary>
    internal WatchRecord[] All(Watched watched)
    {
        Take();
        return [.. _records.Where(record => record.Key == watched.Key)];
    }

    /// <summary>The wait status, from this record or the one that follows.</summary>
    internal int StatusOf(Watched watched, WatchRecord exited) => exited.Status ?? Next(watched, WatchRecordKind.Status).Status!.Value;

    internal static int[] PidsIn(string file) =>
        [.. File.ReadAllLines(file).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];

    private void Take()
    {
        while (Watch.TryDequeue(out WatchRecord record)) _records.Add(record);
    }

    public void Dispose()
    {
        Watch.Dispose();
        foreach (NamespaceProcess process in _processes) process.Dispose();
        Cgroups.Dispose();
    }

    /// <summary>A watched container.</summary>
    internal sealed record Watched(int Handle, long Key, string Path);
}
