using System.Diagnostics;
using System.Globalization;
using System.Text;
using NsCollector.Discover.Watch;
using NsCollector.Linux.Interop;
using NsCollector.LinuxTests.Fixtures;

namespace NsCollector.LinuxTests.Discover.Watch;

/// <summary>Exits of containers made of real cgroups and processes.</summary>
[Collection(NamespaceTests.Name)]
public sealed class ExitTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Exit_code_is_reported(int code)
    {
        using var fixture = new WatchFixture();
        WatchFixture.Watched watched = fixture.Add("a");
        NamespaceProcess process = fixture.StartShell(watched.Path, $"read x; exit {code}");
        Assert.Equal(0, fixture.Follow(watched, process, life: 7));
        long before = RealtimeNs();
        process.Continue();
        WatchRecord exited = fixture.Next(watched, WatchRecordKind.Exited);
        Assert.Equal(code << 8, fixture.StatusOf(watched, exited));
        Assert.Equal(7u, exited.Life);
        Assert.InRange(exited.RealtimeNs, before, RealtimeNs());
        Assert.InRange(exited.BoottimeNs, 1, UptimeNs() + 20_000_000);
    }

    [Fact]
    public void Exit_signal_is_reported()
    {
        using var fixture = new WatchFixture();
        WatchFixture.Watched watched = fixture.Add("a");
        NamespaceProcess process = fixture.StartIn(watched.Path, NamespaceProcess.StartOnHost());
        Assert.Equal(0, fixture.Follow(watched, process));
        process.Kill();
        Assert.Equal(9, fixture.StatusOf(watched, fixture.Next(watched, WatchRecordKind.Exited)) & 0x7f);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Exit_texts_equal_files_after_exit(bool unified)
    {
        using var fixture = new WatchFixture(unified: unified);
        WatchFixture.Watched watched = fixture.Add("a");
        NamespaceProcess process = fixture.StartShell(watched.Path, "read x; dd if=/dev/zero of=/dev/null bs=9M count=20 2>/dev/null; exit 0");
        Assert.Equal(0, fixture.Follow(watched, process));
        process.Continue();
        WatchRecord exited = fixture.Next(watched, WatchRecordKind.Exited);
        WatchTexts texts = (exited.IsEmpty ? exited : fixture.Next(watched, WatchRecordKind.Emptied)).Texts;
        Assert.True(texts.IsComplete);
        string usage = Encoding.ASCII.GetString(texts[WatchFixture.MaxUsage]);
        Assert.True(long.Parse(usage, CultureInfo.InvariantCulture) > 9 << 20, usage);
        Assert.Equal(File.ReadAllText(fixture.FileOf(watched.Path, WatchFixture.MaxUsage)), usage);

        // After its exit was reported, the process uses some more microseconds.
        long cpu = long.Parse(Encoding.ASCII.GetString(texts[WatchFixture.CpuUsage]), CultureInfo.InvariantCulture);
        Assert.InRange(cpu, 1_000_000, long.Parse(File.ReadAllText(fixture.FileOf(watched.Path, WatchFixture.CpuUsage)), CultureInfo.InvariantCulture));

        // A file not requested at the exit and a file that the kernel does not have: neither makes the texts incomplete.
        Assert.False(texts.Has(WatchFixture.OomControl));
        Assert.Equal(0, texts.Error(WatchFixture.OomControl));
        Assert.Equal(-Errno.ENOENT, texts.Error(WatchFixture.NoSuchFile));
        if (unified) Assert.Contains("populated 0\n", Encoding.ASCII.GetString(texts[WatchFixture.EventsFile]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Exit_with_surviving_child_is_emptied_with_the_child(bool unified)
    {
        using var fixture = new WatchFixture(unified: unified);
        WatchFixture.Watched watched = fixture.Add("a");
        NamespaceProcess process = fixture.StartShell(watched.Path, "read x; sleep 1000 & read y; exit 0");
        Assert.Equal(0, fixture.Follow(watched, process));
        process.Continue();
        string procs = fixture.Plan.Hierarchies[0].MountPoint + watched.Path + "/cgroup.procs";
        Eventually.True(() => WatchFixture.PidsIn(procs).Length == 2, "the child");
        int child = Assert.Single(WatchFixture.PidsIn(procs), pid => pid != process.Pid);
        process.Continue();
        Assert.False(fixture.Next(watched, WatchRecordKind.Exited).IsEmpty);
        Thread.Sleep(300);
        Assert.DoesNotContain(fixture.All(watched), record => record.Kind == WatchRecordKind.Emptied);

        long killed = RealtimeNs();
        using (Process last = Process.GetProcessById(child)) last.Kill();
        WatchRecord emptied = fixture.Next(watched, WatchRecordKind.Emptied);
        Assert.True(emptied.IsEmpty);
        Assert.InRange(emptied.RealtimeNs, killed, killed + 1_000_000_000);
        Assert.True(emptied.Texts.IsComplete);
        Assert.Equal(File.ReadAllText(fixture.FileOf(watched.Path, WatchFixture.MaxUsage)), Encoding.ASCII.GetString(emptied.Texts[WatchFixture.MaxUsage]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Exit_of_namespace_init_empties_the_cgroup(bool unified)
    {
        using var fixture = new WatchFixture(unified: unified);
        WatchFixture.Watched watched = fixture.Add("a");
        NamespaceProcess outer = NamespaceProcess.StartWithInput("unshare", "--pid", "--fork", "--", "sh", "-c", "sleep 1000 & sleep 1000 & read x; exit 5");
        int init = 0;
        Eventually.True(() => int.TryParse(File.ReadAllText($"/proc/{outer.Pid}/task/{outer.Pid}/children"), CultureInfo.InvariantCulture, out init), "the init process");
        Eventually.True(() => File.ReadAllText($"/proc/{init}/task/{init}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == 2, "its children");
        string[] members = [init.ToString(CultureInfo.InvariantCulture), .. File.ReadAllText($"/proc/{init}/task/{init}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        foreach (string member in members) fixture.Cgroups.Put(watched.Path, int.Parse(member, CultureInfo.InvariantCulture));
        using (outer)
        {
            Discover.ProcessDirectoryOf(init, directory => Assert.Equal(0, fixture.Watch.Follow(watched.Handle, watched.Key, 1, init, directory, isNamespaceInit: true)));
            outer.Continue();
            WatchRecord exited = fixture.Next(watched, WatchRecordKind.Exited);
            Assert.Equal(5 << 8, fixture.StatusOf(watched, exited));
            if (!exited.IsEmpty) Assert.True(fixture.Next(watched, WatchRecordKind.Emptied).IsEmpty);
            Assert.Empty(File.ReadAllText(fixture.Plan.Hierarchies[0].MountPoint + watched.Path + "/cgroup.procs"));
        }
    }

    [Fact]
    public void Follow_reused_pid_fails()
    {
        using var fixture = new WatchFixture();
        WatchFixture.Watched watched = fixture.Add("a");
        NamespaceProcess ended = NamespaceProcess.StartOnHost();
        int directory = ended.Directory.Descriptor;
        ended.Kill();
        NamespaceProcess living = fixture.StartIn(watched.Path, NamespaceProcess.StartOnHost());

        // A reused pid: the number is a live process's, the directory that of an exited one.
        Assert.Equal(-Errno.ESRCH, fixture.Watch.Follow(watched.Handle, watched.Key, 1, living.Pid, directory, false));
        Assert.Equal(-Errno.ESRCH, fixture.Watch.Follow(watched.Handle, watched.Key, 1, ended.Pid, directory, false));
        living.Kill();
        Thread.Sleep(100);
        Assert.Empty(fixture.All(watched));
        ended.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Exit_reads_nothing_of_removed_or_recreated_directory(bool madeAnew)
    {
        using var fixture = new WatchFixture();
        WatchFixture.Watched watched = fixture.Add("a");

        // Followed but not in the cgroup, so that the cgroup can be removed first.
        using NamespaceProcess process = NamespaceProcess.StartOnHost();
        Assert.Equal(0, fixture.Follow(watched, process));
        fixture.Cgroups.Remove(watched.Path);
        if (madeAnew) fixture.Cgroups.Make("a");
        process.Kill();
        WatchRecord exited = fixture.Next(watched, WatchRecordKind.Exited);
        Assert.False(exited.Texts.IsComplete);
        Assert.All(Enumerable.Range(0, fixture.Plan.Files.Length), file => Assert.False(exited.Texts.Has(file)));
        Assert.Equal(-Errno.ENODEV, exited.Texts.Error(WatchFixture.MaxUsage));
        Assert.Equal(9, fixture.StatusOf(watched, exited));
    }

    [Fact]
    public void Recheck_finds_directory_created_later()
    {
        using var fixture = new WatchFixture();
        string path = fixture.Cgroups.Make("late");
        Directory.Delete(fixture.Plan.Hierarchies[0].MountPoint + path);
        int handle = fixture.Watch.Add(99, path);
        var watched = new WatchFixture.Watched(handle, 99, path);
        Directory.CreateDirectory(fixture.Plan.Hierarchies[0].MountPoint + path);
        fixture.Watch.Recheck(handle, 99);
        NamespaceProcess process = fixture.StartIn(path, NamespaceProcess.StartOnHost());
        Assert.Equal(0, fixture.Follow(watched, process));
        process.Kill();
        WatchTexts texts = fixture.Next(watched, WatchRecordKind.Exited).Texts;
        Assert.True(texts.IsComplete);
        Assert.True(texts.Has(WatchFixture.MaxUsage));
    }

    [Fact]
    public void Restart_in_cgroup_is_reported_and_can_be_followed()
    {
        using var fixture = new WatchFixture();
        WatchFixture.Watched watched = fixture.Add("a");
        for (uint life = 1; life <= 3; life++)
        {
            NamespaceProcess process = fixture.StartIn(watched.Path, NamespaceProcess.StartOnHost());
            if (life > 1) Assert.Equal(life - 1, fixture.Next(watched, WatchRecordKind.Populated).Life);
            Assert.Equal(0, fixture.Follow(watched, process, life));
            process.Kill();
            WatchRecord exited = fixture.Next(watched, WatchRecordKind.Exited);
            Assert.Equal(life, exited.Life);
            if (!exited.IsEmpty) fixture.Next(watched, WatchRecordKind.Emptied);
            fixture.StatusOf(watched, exited);
            Assert.Empty(fixture.All(watched));
        }
    }

    [Fact]
    public void Follow_zombie_reports_exit_at_once()
    {
        using var fixture = new WatchFixture();
        WatchFixture.Watched watched = fixture.Add("a");

        // The shell has become sleep and never waits for its child.
        NamespaceProcess parent = fixture.StartShell(watched.Path, "read x; sh -c 'exit 4' & exec sleep 1000");
        parent.Continue();
        parent.WaitForSleep();
        int zombie = 0;
        Eventually.True(() => int.TryParse(File.ReadAllText($"/proc/{parent.Pid}/task/{parent.Pid}/children"), CultureInfo.InvariantCulture, out zombie)
            && File.ReadAllText($"/proc/{zombie}/stat").Contains(") Z ", StringComparison.Ordinal), "the zombie");
        Discover.ProcessDirectoryOf(zombie, directory => Assert.Equal(0, fixture.Watch.Follow(watched.Handle, watched.Key, 1, zombie, directory, false)));
        WatchRecord exited = fixture.Next(watched, WatchRecordKind.Exited);
        Assert.False(exited.IsEmpty);
        Assert.Null(exited.Status);
        parent.Kill();
        Assert.Equal(4 << 8, fixture.Next(watched, WatchRecordKind.Status).Status);
        fixture.Next(watched, WatchRecordKind.Emptied);
    }

    private static long RealtimeNs() => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;

    private static long UptimeNs() =>
        (long)(double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture) * 1e9);

    private static class Discover
    {
        internal static void ProcessDirectoryOf(int pid, Action<int> use)
        {
            NsCollector.Discover.ProcessDirectory directory = NamespaceProcess.OpenDirectory(pid);
            use(directory.Descriptor);
            directory.Close();
        }
    }
}
