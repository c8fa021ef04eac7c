using System.Globalization;
using NsCollector.Discover.Watch;
using NsCollector.Linux.Interop;
using NsCollector.Linux.Watch;
using NsCollector.LinuxTests.Fixtures;

namespace NsCollector.LinuxTests.Discover.Watch;

/// <summary>Scheduling and descriptors of the watch, and its behaviour when its ring is full.</summary>
[Collection(NamespaceTests.Name)]
public sealed class WatchThreadTests
{
    private const int SysNice = 23;

    // include/uapi/linux/sched.h
    private const int SchedOther = 0;
    private const int SchedFifo = 1;

    [Fact]
    public void Start_real_time_equals_kernel_scheduling()
    {
        // With SCHED_FIFO, the nice value has no effect. The thread keeps the nice value of the test process.
        int nice = SchedulingOf("/proc/thread-self").Nice;
        using var fixture = new WatchFixture(start: false);
        Assert.Equal(new WatchScheduling(true, nice, 0), fixture.Watch.Start());
        Assert.Equal((SchedFifo, 1, nice), SchedulingOf(fixture.Watch.ThreadId));
        Assert.Equal("watch\n", File.ReadAllText($"/proc/self/task/{fixture.Watch.ThreadId}/comm"));
    }

    [Fact]
    public void Start_without_real_time_has_lowest_nice_value()
    {
        using var fixture = new WatchFixture(new WatchOptions { RealTime = false }, start: false);
        Assert.Equal(new WatchScheduling(false, -20, 0), fixture.Watch.Start());
        Assert.Equal((SchedOther, 0, -20), SchedulingOf(fixture.Watch.ThreadId));
    }

    [Fact]
    public void Start_without_capability_reports_error_and_watches()
    {
        using var fixture = new WatchFixture(start: false);
        ThreadCapabilities.Without([SysNice], () => fixture.Watch.Start());
        Assert.False(fixture.Watch.Scheduling.IsRealTime);
        Assert.Equal(-Errno.EPERM, fixture.Watch.Scheduling.Error);
        Assert.Equal((SchedOther, 0, fixture.Watch.Scheduling.Nice), SchedulingOf(fixture.Watch.ThreadId));
        WatchFixture.Watched watched = fixture.Add("a");
        NamespaceProcess process = fixture.StartIn(watched.Path, NamespaceProcess.StartOnHost());
        Assert.Equal(0, fixture.Follow(watched, process));
        process.Kill();
        fixture.Next(watched, WatchRecordKind.Exited);
    }

    [Fact]
    public void Idle_container_holds_one_descriptor_and_none_after_removal()
    {
        using var fixture = new WatchFixture();
        WatchFixture.Watched watched = fixture.Add("a");
        NamespaceProcess process = fixture.StartIn(watched.Path, NamespaceProcess.StartOnHost());
        _ = process.Directory;
        int before = Descriptors();
        Assert.Equal(0, fixture.Follow(watched, process));
        Assert.Equal(before + 1, Descriptors());
        Assert.Equal(1, fixture.Watch.Counts.Descriptors);
        fixture.Watch.Remove(watched.Handle, watched.Key);
        Assert.Equal(before, Descriptors());
        process.Kill();
        Thread.Sleep(100);
        Assert.Empty(fixture.All(watched));
    }

    [Fact]
    public void Add_and_remove_2000_containers_leaves_no_descriptor()
    {
        using var fixture = new WatchFixture();
        string path = fixture.Cgroups.Make("a");
        NamespaceProcess process = fixture.StartIn(path, NamespaceProcess.StartOnHost());
        int directory = process.Directory.Descriptor;
        int before = Descriptors();
        for (int i = 0; i < 2000; i++)
        {
            int handle = fixture.Watch.Add(1000 + i, path);
            Assert.Equal(0, fixture.Watch.Follow(handle, 1000 + i, 1, process.Pid, directory, false));
            fixture.Watch.SetFinalCounterSource(handle, 1000 + i, new FinalCounterSource(1, "/nowhere", []));
            fixture.Watch.Remove(handle, 1000 + i);
        }

        Assert.Equal(before, Descriptors());
        Assert.Equal(new WatchCounts(0, 0, 0, 0, 0, 0, 0), fixture.Watch.Counts);
    }

    [Fact]
    public void Whole_life_leaves_no_descriptor()
    {
        using var fixture = new WatchFixture();
        int before = 0;
        for (int i = 0; i < 20; i++)
        {
            WatchFixture.Watched watched = fixture.Add("a" + i.ToString(CultureInfo.InvariantCulture));
            using (NamespaceProcess process = NamespaceProcess.StartOnHost())
            {
                fixture.Cgroups.Put(watched.Path, process.Pid);
                Assert.Equal(0, fixture.Follow(watched, process));
                process.Kill();
                WatchRecord exited = fixture.Next(watched, WatchRecordKind.Exited);
                fixture.StatusOf(watched, exited);
                fixture.Watch.Remove(watched.Handle, watched.Key);
            }

            if (i == 2) before = Descriptors();
        }

        Assert.Equal(before, Descriptors());
    }

    [Fact]
    public void Exited_container_holds_no_network_source()
    {
        using var fixture = new WatchFixture();
        WatchFixture.Watched watched = fixture.Add("a");
        NamespaceProcess process = fixture.StartIn(watched.Path, NamespaceProcess.Start());
        string host = process.Connect();
        fixture.Watch.SetFinalCounterSource(watched.Handle, watched.Key, new FinalCounterSource(1, null, []));
        Assert.Equal(0, fixture.Follow(watched, process));
        process.Kill();

        // The kernel removes the pair with the namespace, unless something holds the namespace.
        Eventually.True(() => !Directory.Exists("/sys/class/net/" + host), "the interface to vanish");
        fixture.Next(watched, WatchRecordKind.Exited);
    }

    [Fact]
    public void Full_ring_reports_every_exit_once()
    {
        const int count = 40;
        using var fixture = new WatchFixture(new WatchOptions { BufferBytes = 2048 });
        var watched = new WatchFixture.Watched[count];
        var processes = new NamespaceProcess[count];
        for (int i = 0; i < count; i++)
        {
            watched[i] = fixture.Add("a" + i.ToString(CultureInfo.InvariantCulture));
            processes[i] = fixture.StartIn(watched[i].Path, NamespaceProcess.StartOnHost());
            Assert.Equal(0, fixture.Follow(watched[i], processes[i], life: (uint)i + 1));
        }

        foreach (NamespaceProcess process in processes) process.Kill();
        Eventually.True(() => fixture.Watch.Counts.Pending > count / 2, "records that wait for space");
        Thread.Sleep(200);
        fixture.Watch.Remove(watched[^1].Handle, watched[^1].Key);
        for (int i = 0; i < count; i++)
        {
            WatchRecord exited = fixture.Next(watched[i], WatchRecordKind.Exited);
            Assert.Equal((uint)i + 1, exited.Life);
            Assert.Equal(9, fixture.StatusOf(watched[i], exited));
            Assert.DoesNotContain(fixture.All(watched[i]), record => record.Kind == WatchRecordKind.Exited);
        }

        WatchCounts counts = fixture.Watch.Counts;
        Assert.Equal(0, counts.RecordsLost);
        Assert.Equal(0, counts.Pending);
        Assert.Equal(count - 1, counts.Containers);
        Assert.True(counts.TextsDropped > count / 2, counts.ToString());
    }

    [Fact]
    public void Add_over_limit_fails_and_removed_handles_are_invalid()
    {
        using var fixture = new WatchFixture(new WatchOptions { MaxContainers = 2 });
        WatchFixture.Watched first = fixture.Add("a");
        fixture.Add("b");
        Assert.Equal(-Errno.ENOSPC, fixture.Watch.Add(9, first.Path));
        fixture.Watch.Remove(first.Handle, first.Key);
        int reused = fixture.Watch.Add(10, first.Path);
        Assert.Equal(first.Handle, reused);
        fixture.Watch.Remove(first.Handle, first.Key);
        Assert.Equal(2, fixture.Watch.Counts.Containers);
        Assert.Equal(-Errno.ENOENT, fixture.Watch.Follow(first.Handle, first.Key, 1, Environment.ProcessId, OwnDirectory(), false));
        Assert.Equal(-Errno.EINVAL, fixture.Watch.Add(11, "no/slash"));
        Assert.Equal(-Errno.ENAMETOOLONG, fixture.Watch.Add(11, "/" + new string('x', 5000)));
        Assert.Equal(-Errno.EINVAL, fixture.Watch.Add(11, "/a\0b"));
    }

    [Fact]
    public void Disposed_watch_returns_errors_and_does_not_throw()
    {
        var fixture = new WatchFixture();
        WatchFixture.Watched watched = fixture.Add("a");
        fixture.Dispose();
        Assert.Equal(-Errno.EBADF, fixture.Watch.Add(2, "/x"));
        Assert.Equal(-Errno.EBADF, fixture.Watch.Follow(watched.Handle, watched.Key, 1, 1, 0, false));
        fixture.Watch.Remove(watched.Handle, watched.Key);
        fixture.Watch.Recheck(watched.Handle, watched.Key);
        fixture.Watch.SetFinalCounterSource(watched.Handle, watched.Key, null);
        Assert.False(fixture.Watch.TryDequeue(out _));
        Assert.Equal(default, fixture.Watch.Counts);
        fixture.Watch.Dispose();
    }

    private static int OwnDirectory() => Libc.Openat(Libc.AT_FDCWD, "/proc/self\0"u8, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC);

    private static int Descriptors()
    {
        // Close now what earlier tests left to the finalizer, not between the two counts.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Directory.GetFileSystemEntries("/proc/self/fd").Length;
    }

    /// <summary>Policy, real-time priority and nice value: fields 41, 40 and 19 of proc_pid_stat(5).</summary>
    private static (int Policy, int Priority, int Nice) SchedulingOf(int thread) => SchedulingOf($"/proc/self/task/{thread}");

    private static (int Policy, int Priority, int Nice) SchedulingOf(string directory)
    {
        string stat = File.ReadAllText(directory + "/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        int Field(int number) => int.Parse(fields[number - 3], CultureInfo.InvariantCulture);
        return (Field(41), Field(40), Field(19));
    }
}
